//! The provider `infisical`: the objects that its operator reads.

use ecow::{EcoString, eco_format};

use super::Resolver;
use super::secrets::Wanted;
use crate::app::{InfisicalSecret, SecretEntry, SecretSource};
use crate::diagnostic::Diagnostic;
use crate::model::secret::{InfisicalAuth, InfisicalVersion, SecretKey, SecretProvider};
use crate::names;
use crate::tree::Text;

impl Resolver<'_> {
    /// The objects of the Infisical operator, and for each key the Secret that holds it.
    pub(super) fn infisical(&mut self, wanted: &Wanted<'_>, sources: &mut Vec<SecretSource>) -> Vec<Text> {
        let Wanted { name, secret, provider, .. } = *wanted;
        let entries = self.entries(wanted);
        for entry in &entries {
            self.absolute_path(&entry.path);
        }
        let Some((project, environment, auth)) = self.infisical_settings(provider) else { return wanted.held_by_one() };
        let version = version(provider);
        let object = |name: Text, paths: Vec<Text>, keys: Vec<SecretEntry>| InfisicalSecret {
            version,
            name,
            host_api: provider.host_api.clone(),
            project: project.clone(),
            environment: environment.clone(),
            auth: auth.clone(),
            resync: provider.resync.clone(),
            paths,
            keys,
        };
        let mut paths: Vec<Text> = Vec::new();
        for path in secret.path.iter().chain(entries.iter().map(|entry| &entry.path)) {
            if !paths.contains(path) && entries.iter().any(|entry| entry.path == *path) {
                paths.push(path.clone());
            }
        }
        if version == InfisicalVersion::V1beta1 {
            sources.push(SecretSource::InfisicalStatic(object(name.clone(), paths, entries)));
            return wanted.held_by_one();
        }
        // An InfisicalSecret reads one path, so each further path has an object and a Secret of its own.
        let holder = |path: &Text| match secret.path.as_ref().or(paths.first()) == Some(path) {
            true => name.clone(),
            false => Text::new(eco_format!("{name}-{}", slug(path)), path.origin),
        };
        for path in &paths {
            let keys: Vec<SecretEntry> = entries.iter().filter(|entry| entry.path == *path).cloned().collect();
            let name = holder(path);
            self.valid(&name, "invalid-name", "the name of a Secret", names::dns_subdomain);
            sources.push(SecretSource::Infisical(object(name, vec![path.clone()], keys)));
        }
        let path_of = |spec: &SecretKey| spec.from.clone().or_else(|| secret.path.clone());
        secret.keys.iter().map(|(_, spec)| path_of(spec).map_or_else(|| name.clone(), |path| holder(&path))).collect()
    }

    fn absolute_path(&mut self, path: &Text) {
        if !path.starts_with('/') {
            self.say(
                Diagnostic::error("invalid-secret-path", format!("`{path}` is not an absolute path of the provider"))
                    .at(path.origin)
                    .help(format!("write `/{path}`")),
            );
        }
    }

    /// Project, environment and sign-in of the provider, checked.
    fn infisical_settings(&mut self, provider: &SecretProvider) -> Option<(Text, Text, InfisicalAuth)> {
        let missing = |field: &str, help: &str| {
            Diagnostic::error("missing-field", format!("the provider `infisical` needs `{field}`"))
                .at(provider.provider.origin)
                .help(help)
        };
        if let Some(resync) = &provider.resync
            && !is_infisical_interval(resync)
        {
            self.say(
                Diagnostic::error(
                    "invalid-interval",
                    format!("`{resync}` is not an interval of the Infisical operator"),
                )
                .at(resync.origin)
                .help("one number and one unit, at least 5s: `60s`, `5m`, `1h`"),
            );
        }
        if provider.project.is_none() {
            self.say(missing("project", "write the slug of the project"));
        }
        if provider.environment.is_none() {
            self.say(missing("environment", "write the slug of the environment, such as `prod`"));
        }
        let Some(auth) = &provider.auth else {
            self.say(missing("auth", "write how the operator signs in: `kubernetes`, `universal` or `ref`"));
            return None;
        };
        let version = version(provider);
        if let Err(help) = fits(version, &auth.value) {
            let message = "`auth` does not fit the version of the Infisical operator's API";
            let diagnostic = Diagnostic::error("conflicting-fields", message).at(auth.origin).help(help);
            self.say(match &provider.version {
                Some(version) => diagnostic.related(version.origin, "the version"),
                None => diagnostic,
            });
            return None;
        }
        if let (InfisicalVersion::V1beta1, Some(host)) = (version, &provider.host_api) {
            let message = "`hostAPI` has no effect with version v1beta1: the InfisicalAuth object names the connection";
            self.say(
                Diagnostic::error("field-without-effect", message)
                    .at(host.origin)
                    .help("set the address in the InfisicalConnection object"),
            );
        }
        if self.context.namespace.is_none() {
            self.say(
                Diagnostic::error(
                    "missing-namespace",
                    "the provider `infisical` needs to know the namespace of the Secret",
                )
                .at(provider.provider.origin)
                .help("set `namespace` in the overlay"),
            );
        }
        Some((provider.project.clone()?, provider.environment.clone()?, auth.value.clone()))
    }
}

/// The version of the operator's API, v1alpha1 where none is written.
fn version(provider: &SecretProvider) -> InfisicalVersion {
    provider.version.as_ref().map_or(InfisicalVersion::V1alpha1, |version| version.value)
}

/// Whether a version of the operator's API knows this way to sign in; otherwise what it takes.
fn fits(version: InfisicalVersion, auth: &InfisicalAuth) -> Result<(), &'static str> {
    let given = [auth.kubernetes.is_some(), auth.universal.is_some(), auth.reference.is_some()];
    match (version, given) {
        (InfisicalVersion::V1alpha1, [true, false, false] | [false, true, false])
        | (InfisicalVersion::V1beta1, [false, false, true]) => Ok(()),
        (InfisicalVersion::V1alpha1, _) => Err("version v1alpha1 takes exactly one of `kubernetes` and `universal`"),
        (InfisicalVersion::V1beta1, _) => Err("version v1beta1 takes `ref`, the name of an InfisicalAuth object"),
    }
}

/// A path as part of a name: `/dependencies/pos` is `dependencies-pos`.
fn slug(path: &str) -> EcoString {
    let words: Vec<String> = path
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_ascii_lowercase)
        .collect();
    words.join("-").into()
}

/// One number and one unit, at least five seconds: what the Infisical operator reads.
fn is_infisical_interval(text: &str) -> bool {
    let Some(unit) = text.chars().last().filter(|unit| "smhdw".contains(*unit)) else { return false };
    match text[..text.len() - 1].parse::<u32>() {
        Ok(number) => number > 0 && (unit != 's' || number >= 5),
        Err(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_are_one_number_and_one_unit() {
        for good in ["5s", "60s", "1m", "2h", "1d"] {
            assert!(is_infisical_interval(good), "{good}");
        }
        for bad in ["", "s", "4s", "1h0m0s", "60", "1.5h", "0m", "é"] {
            assert!(!is_infisical_interval(bad), "{bad}");
        }
    }

    #[test]
    fn a_path_becomes_part_of_a_name() {
        assert_eq!(slug("/dependencies/mca-v1-za-db"), "dependencies-mca-v1-za-db");
    }
}
