//! Secrets: declared keys meet the provider of the environment.

use ecow::{EcoString, eco_format};

use super::Resolver;
use crate::app::{
    Contract, DeclaredSecret, ExternalSecret, InfisicalSecret, KeyReference, LocalSecret, SecretEntry, SecretSource,
};
use crate::diagnostic::{Diagnostic, SECRET_VALUE};
use crate::model::secret::{InfisicalVersion, ProviderKind, Secret, SecretFormat, SecretKey, SecretProvider};
use crate::names;
use crate::origin::Origin;
use crate::tree::{Keyed, Text};

/// The secrets of an application, as workloads refer to them.
pub(super) struct SecretTable {
    /// The objects that supply them.
    pub sources: Vec<SecretSource>,
    secrets: Vec<Declared>,
}

/// One declared secret.
pub(super) struct Declared {
    /// Its key under `secrets:`.
    pub key: Text,
    /// The name of the main Secret.
    pub name: Text,
    /// Its keys, and the Secret that holds each.
    pub keys: Vec<DeclaredKey>,
    forbidden: Vec<Text>,
}

/// One key of a declared secret.
pub(super) struct DeclaredKey {
    /// The key.
    pub key: Text,
    /// The Secret that holds it.
    pub holder: Text,
    /// Whether it may be missing, and where that is said.
    pub optional: Option<Origin>,
    /// How its value is written.
    pub format: Option<SecretFormat>,
    /// The allowed values.
    pub allowed: Vec<Text>,
}

impl SecretTable {
    pub fn get(&self, key: &str) -> Option<&Declared> {
        self.secrets.iter().find(|secret| secret.key == *key)
    }

    pub fn iter(&self) -> impl Iterator<Item = &Declared> {
        self.secrets.iter()
    }

    /// The secret that declares this key, when one does.
    pub fn secret_of_key(&self, key: &str) -> Option<&Text> {
        self.secrets.iter().find(|secret| secret.keys.iter().any(|known| known.key == *key)).map(|secret| &secret.key)
    }
}

impl Resolver<'_> {
    pub(super) fn secret_table(&mut self, contract: &mut Contract) -> SecretTable {
        let mut table = SecretTable { sources: Vec::new(), secrets: Vec::new() };
        let provider = self.context.provider;
        if let Some(provider) = provider {
            self.provider_fields(provider);
        }
        for (key, secret) in self.spec.secrets.iter() {
            self.secret_keys(secret);
            contract.forbidden.extend(secret.forbidden.iter().cloned());
            let name = secret.name.clone().unwrap_or_else(|| key.clone());
            self.valid(&name, "invalid-name", "the name of a Secret", names::dns_subdomain);
            let Some(provider) = provider else {
                self.no_provider(key);
                continue;
            };
            let holders = self.sources(&name, key, secret, provider, &mut table.sources);
            let declared = declared(key, name, secret, holders);
            declare(&declared, secret, contract);
            table.secrets.push(declared);
        }
        table
    }

    fn no_provider(&mut self, key: &Text) {
        self.say(
            Diagnostic::error("no-secret-provider", format!("no layer says who supplies the secret `{key}`"))
                .at(key.origin)
                .help("set `secrets: {provider: ...}` in the environment of strata.yaml or in the overlay"),
        );
    }

    fn secret_keys(&mut self, secret: &Secret) {
        for (key, spec) in secret.keys.iter() {
            self.valid(key, "invalid-secret-key", "a key of a Secret", names::config_key);
            if let Some(forbidden) = secret.forbidden.iter().find(|forbidden| *forbidden == key) {
                self.say(
                    Diagnostic::error("forbidden-key", format!("the key `{key}` is declared, but it is forbidden"))
                        .at(key.origin)
                        .related(forbidden.origin, "forbidden here")
                        .help("remove the key, or the entry under `forbidden:`"),
                );
            }
            if !spec.allowed.is_empty() && matches!(spec.format, Some(SecretFormat::Url | SecretFormat::Integer)) {
                self.say(
                    Diagnostic::error("conflicting-fields", "`allowed` goes with the formats `text` and `pairs`")
                        .at(spec.allowed[0].origin),
                );
            }
        }
    }

    /// Refuses fields that belong to another provider: they would be ignored.
    fn provider_fields(&mut self, provider: &SecretProvider) {
        use ProviderKind::{Existing, ExternalSecrets, Infisical, Local};
        let written: [(&str, Option<Origin>, ProviderKind); 10] = [
            ("hostAPI", provider.host_api.as_ref().map(|text| text.origin), Infisical),
            ("project", provider.project.as_ref().map(|text| text.origin), Infisical),
            ("environment", provider.environment.as_ref().map(|text| text.origin), Infisical),
            ("version", provider.version.as_ref().map(|version| version.origin), Infisical),
            ("auth", provider.auth.as_ref().map(|auth| auth.origin), Infisical),
            ("resync", provider.resync.as_ref().map(|text| text.origin), Infisical),
            ("store", provider.store.as_ref().map(|store| store.name.origin), ExternalSecrets),
            ("refresh", provider.refresh.as_ref().map(|text| text.origin), ExternalSecrets),
            ("literals", provider.literals.as_ref().and_then(|l| l.keys().next().map(|key| key.origin)), Local),
            ("decryptedBy", provider.decrypted_by.as_ref().map(|text| text.origin), Existing),
        ];
        for (field, origin, owner) in written {
            if let Some(origin) = origin
                && owner != provider.provider.value
            {
                let message = format!(
                    "`{field}` belongs to the provider `{}`, but the provider is `{}`",
                    owner.as_str(),
                    provider.provider.as_str()
                );
                self.say(
                    Diagnostic::error("field-of-another-provider", message)
                        .at(origin)
                        .related(provider.provider.origin, "the provider")
                        .help("remove the field, or name the other provider"),
                );
            }
        }
        if provider.provider.value == Local && !self.context.local {
            let place = match self.context.environment {
                Some(environment) => format!("the environment `{environment}` is not `local: true`"),
                None => "the overlay has no environment that is `local: true`".to_owned(),
            };
            let message = format!("fixed secrets are for a local environment only, but {place}");
            let diagnostic = Diagnostic::error("local-secrets", message)
                .at(provider.provider.origin)
                .help("choose another provider; set `local: true` only for an environment on a machine of your own");
            self.say(match self.context.environment {
                Some(environment) => diagnostic.related(environment.origin, "the environment"),
                None => diagnostic,
            });
        }
    }

    /// Makes the objects that supply one secret, and tells for each key which Secret holds it.
    fn sources(
        &mut self,
        name: &Text,
        key: &Text,
        secret: &Secret,
        provider: &SecretProvider,
        sources: &mut Vec<SecretSource>,
    ) -> Vec<Text> {
        match provider.provider.value {
            ProviderKind::Infisical => self.infisical(name, secret, key, provider, sources),
            ProviderKind::ExternalSecrets => self.external(name, secret, key, provider, sources),
            // Where the values come from is the business of whoever supplies the Secret, so `path`,
            // `from` and `remoteKey` are for the other providers, and the choice stays one word.
            ProviderKind::Existing => vec![name.clone(); secret.keys.len()],
            ProviderKind::Local => self.local(name, key, secret, provider, sources),
        }
    }

    fn entries(&mut self, key: &Text, secret: &Secret) -> Vec<SecretEntry> {
        let mut entries = Vec::with_capacity(secret.keys.len());
        for (name, spec) in secret.keys.iter() {
            let Some(path) = spec.from.as_ref().or(secret.path.as_ref()) else {
                self.say(
                    Diagnostic::error(
                        "missing-path",
                        format!("the secret `{key}` does not say where the provider keeps `{name}`"),
                    )
                    .at(name.origin)
                    .help("set `path` of the secret, or `from` of the key"),
                );
                continue;
            };
            entries.push(SecretEntry {
                key: name.clone(),
                path: path.clone(),
                remote_key: spec.remote_key.clone().unwrap_or_else(|| name.clone()),
                optional: is_optional(spec),
            });
        }
        entries
    }

    fn infisical(
        &mut self,
        name: &Text,
        secret: &Secret,
        key: &Text,
        provider: &SecretProvider,
        sources: &mut Vec<SecretSource>,
    ) -> Vec<Text> {
        let entries = self.entries(key, secret);
        for entry in &entries {
            self.absolute_path(&entry.path);
        }
        let all_main = || vec![name.clone(); secret.keys.len()];
        let Some((project, environment, auth)) = self.infisical_settings(provider) else { return all_main() };
        let version = provider.version.as_ref().map_or(InfisicalVersion::V1alpha1, |version| version.value);
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
            return all_main();
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

    fn infisical_settings(
        &mut self,
        provider: &SecretProvider,
    ) -> Option<(Text, Text, crate::model::secret::InfisicalAuth)> {
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
        let version = provider.version.as_ref().map_or(InfisicalVersion::V1alpha1, |version| version.value);
        let given = [auth.kubernetes.is_some(), auth.universal.is_some(), auth.reference.is_some()];
        let help = match version {
            InfisicalVersion::V1alpha1 => "version v1alpha1 takes exactly one of `kubernetes` and `universal`",
            InfisicalVersion::V1beta1 => "version v1beta1 takes `ref`, the name of an InfisicalAuth object",
        };
        let fits = match version {
            InfisicalVersion::V1alpha1 => matches!(given, [true, false, false] | [false, true, false]),
            InfisicalVersion::V1beta1 => given == [false, false, true],
        };
        if !fits {
            let message = "`auth` does not fit the version of the Infisical operator's API";
            self.say(Diagnostic::error("conflicting-fields", message).at(provider.provider.origin).help(help));
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

    fn external(
        &mut self,
        name: &Text,
        secret: &Secret,
        key: &Text,
        provider: &SecretProvider,
        sources: &mut Vec<SecretSource>,
    ) -> Vec<Text> {
        let holders = vec![name.clone(); secret.keys.len()];
        let keys = self.entries(key, secret);
        let Some(store) = provider.store.clone() else {
            self.say(
                Diagnostic::error("missing-field", "the provider `externalSecrets` needs `store`")
                    .at(provider.provider.origin)
                    .help("write `store: {name: NAME}`, the SecretStore or ClusterSecretStore"),
            );
            return holders;
        };
        let refresh = provider.refresh.as_ref().map(|refresh| {
            self.valid(refresh, "invalid-interval", "a duration", names::duration);
            Text::new(names::canonical_duration(refresh), refresh.origin)
        });
        sources.push(SecretSource::External(ExternalSecret { name: name.clone(), store, refresh, keys }));
        holders
    }

    /// Somebody else fills the Secret, so what only a provider could do is refused.
    fn local(
        &mut self,
        name: &Text,
        key: &Text,
        secret: &Secret,
        provider: &SecretProvider,
        sources: &mut Vec<SecretSource>,
    ) -> Vec<Text> {
        let none = Keyed::default();
        let literals = provider.literals.as_ref().and_then(|literals| literals.get(key)).unwrap_or(&none);
        let known: Vec<&str> = secret.keys.keys().map(Text::as_str).collect();
        for (literal, value) in literals.iter() {
            match secret.keys.get(literal) {
                Some(spec) => self.visible_value(literal, value, spec),
                None => self.unknown(
                    "unknown-secret-key",
                    "the key",
                    literal,
                    &known,
                    "declare it under `keys:` of the secret",
                ),
            }
        }
        for (required, spec) in secret.keys.iter() {
            if !literals.contains(required) && !is_optional(spec) {
                let message = format!("the local value of `{required}` of the secret `{key}` is missing");
                self.say(
                    Diagnostic::error("missing-local-value", message)
                        .at(provider.provider.origin)
                        .related(required.origin, "declared here")
                        .help(format!("add it under `literals: {{{key}: {{{required}: ...}}}}`")),
                );
            }
        }
        sources.push(SecretSource::Local(LocalSecret { name: name.clone(), data: literals.0.clone() }));
        vec![name.clone(); secret.keys.len()]
    }

    /// Checks a value that can be seen. The message names the key and never the value.
    pub(super) fn visible_value(&mut self, key: &Text, value: &Text, spec: &SecretKey) {
        if let Err(reason) = well_formed(value, spec.format.unwrap_or(SecretFormat::Text), &spec.allowed) {
            self.say(Diagnostic::error(SECRET_VALUE, format!("the value of `{key}` {reason}")).at(value.origin));
        }
    }

    /// A reference to a key of a declared secret, checked.
    pub(super) fn secret_reference(
        &mut self,
        secrets: &SecretTable,
        secret: &Text,
        key: &Text,
        optional: Option<Origin>,
    ) -> Option<KeyReference> {
        if self.context.provider.is_none() && self.spec.secrets.contains(secret) {
            return None; // The missing provider has been said.
        }
        let Some(declared) = secrets.get(secret) else {
            let known: Vec<&str> = secrets.iter().map(|secret| secret.key.as_str()).collect();
            self.unknown("unknown-secret", "the secret", secret, &known, "declare it under `secrets:`");
            return None;
        };
        if let Some(forbidden) = declared.forbidden.iter().find(|forbidden| *forbidden == key) {
            self.say(
                Diagnostic::error("forbidden-key", format!("the key `{key}` of the secret `{secret}` is forbidden"))
                    .at(key.origin)
                    .related(forbidden.origin, "forbidden here"),
            );
            return None;
        }
        let Some(found) = declared.keys.iter().find(|known| known.key == *key) else {
            let known: Vec<&str> = declared.keys.iter().map(|known| known.key.as_str()).collect();
            let what = format!("in the secret `{secret}`, the key");
            self.unknown("unknown-secret-key", &what, key, &known, "declare it under `keys:` of the secret");
            return None;
        };
        Some(KeyReference { name: found.holder.clone(), key: key.clone(), optional: optional.or(found.optional) })
    }
}

fn declared(key: &Text, name: Text, secret: &Secret, holders: Vec<Text>) -> Declared {
    let keys = secret.keys.iter().zip(holders).map(|((key, spec), holder)| DeclaredKey {
        key: key.clone(),
        holder,
        optional: spec.optional.as_ref().filter(|optional| optional.value).map(|optional| optional.origin),
        format: spec.format,
        allowed: spec.allowed.clone(),
    });
    Declared { key: key.clone(), name, keys: keys.collect(), forbidden: secret.forbidden.clone() }
}

/// Tells the contract which keys each Secret holds.
fn declare(declared: &Declared, secret: &Secret, contract: &mut Contract) {
    for key in &declared.keys {
        let known = contract.declared.iter_mut().find(|known| known.name == key.holder);
        match known {
            Some(known) => known.keys.push(key.key.value.clone()),
            None => contract.declared.push(DeclaredSecret {
                name: key.holder.clone(),
                keys: vec![key.key.value.clone()],
                optional: Vec::new(),
                guarded: !secret.forbidden.is_empty(),
                origin: declared.key.origin,
            }),
        }
        let holder = contract.declared.iter_mut().find(|known| known.name == key.holder);
        if let Some(holder) = holder.filter(|_| key.optional.is_some()) {
            holder.optional.push(key.key.value.clone());
        }
    }
}

fn is_optional(spec: &SecretKey) -> bool {
    spec.optional.as_ref().is_some_and(|optional| optional.value)
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

/// Whether a value is written as its format says, by the rules of the script that verifies secrets
/// in the cluster; the reason never holds the value.
fn well_formed(value: &str, format: SecretFormat, allowed: &[Text]) -> Result<(), String> {
    let among = |value: &str| allowed.is_empty() || allowed.iter().any(|known| *known == value);
    let list = || {
        let names: Vec<&str> = allowed.iter().map(Text::as_str).collect();
        super::quoted(&names)
    };
    match format {
        _ if value.trim().is_empty() => Err("is empty".to_owned()),
        SecretFormat::Text if !among(value) => Err(format!("is none of {}", list())),
        SecretFormat::Text => Ok(()),
        SecretFormat::Url => match value.split_once("://") {
            Some((scheme, rest)) if !scheme.is_empty() && !rest.is_empty() && !rest.starts_with('/') => Ok(()),
            _ => Err("is not a URL with scheme and host".to_owned()),
        },
        SecretFormat::Integer => match value.strip_prefix('-').unwrap_or(value) {
            digits if !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()) => Ok(()),
            _ => Err("is not a whole number".to_owned()),
        },
        SecretFormat::Pairs => value.split(',').try_for_each(|pair| match pair.rsplit_once(':') {
            Some((name, value)) if !name.is_empty() && !value.is_empty() && among(value) => Ok(()),
            Some(_) => Err(format!("has a pair whose right side is none of {}", list())),
            None => Err("is not a list of `name:value` pairs with commas between them".to_owned()),
        }),
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
    fn values_are_checked_without_being_shown() {
        let allowed = [Text::new("scl", Origin::source(0)), Text::new("mca_v1_za", Origin::source(0))];
        let check = |value, format| well_formed(value, format, &allowed);
        assert!(check("scl", SecretFormat::Text).is_ok());
        assert!(check("club1:scl,club2:mca_v1_za", SecretFormat::Pairs).is_ok());
        assert!(well_formed("postgres://host/db", SecretFormat::Url, &[]).is_ok());
        for (value, format) in [
            ("hunter2", SecretFormat::Text),
            ("hunter2", SecretFormat::Pairs),
            ("club:hunter2", SecretFormat::Pairs),
            ("hunter2", SecretFormat::Url),
            ("hunter2", SecretFormat::Integer),
            (" ", SecretFormat::Text),
        ] {
            let reason = check(value, format).unwrap_err();
            assert!(!reason.contains("hunter2"), "{reason}");
        }
    }

    #[test]
    fn a_path_becomes_part_of_a_name() {
        assert_eq!(slug("/dependencies/mca-v1-za-db"), "dependencies-mca-v1-za-db");
    }
}
