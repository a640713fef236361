//! Secrets whose keys the application declares: pods use declared keys only, a Secret with
//! forbidden keys at its source is not read whole, and what the build supplies has every
//! required key.

use std::collections::{HashMap, HashSet};

use ecow::EcoString;

use super::Build;
use super::needs::{self, Kind, Need, Use};
use super::secrets::{self, Made};
use crate::app::DeclaredSecret;
use crate::diagnostic::{Diagnostic, Diagnostics, near_miss};
use crate::resource::Resource;
use crate::tree::Text;

pub(super) fn check(build: &Build<'_>, diagnostics: &mut Diagnostics) {
    let Some(app) = build.app.filter(|app| !app.contract.declared.is_empty()) else { return };
    let declared: Vec<Declared<'_>> = app.contract.declared.iter().map(Declared::new).collect();
    let by_name = by_final_name(build, &declared);
    for resource in build.resources {
        for made in secrets::made_by(resource) {
            if let Some(secret) = by_name.get(made.name) {
                supplied(build, resource, &made, secret, diagnostics);
            }
        }
        let spec = resource.pod_template().and_then(|template| template.get("spec"));
        for need in spec.map(needs::of_pod).unwrap_or_default() {
            if need.kind == Kind::Secret
                && let Some(secret) = need.name.as_str().and_then(|name| by_name.get(name))
            {
                used(build, resource, &need, secret, diagnostics);
            }
        }
    }
}

/// A declared Secret with an index of its keys.
struct Declared<'a> {
    secret: &'a DeclaredSecret,
    keys: HashSet<&'a str>,
    optional: HashSet<&'a str>,
}

impl<'a> Declared<'a> {
    fn new(secret: &'a DeclaredSecret) -> Self {
        let keys = secret.keys.iter().map(Text::as_str).collect();
        Self { secret, keys, optional: secret.optional.iter().map(EcoString::as_str).collect() }
    }
}

/// The declared Secrets by the names that they have in the final resources: a resource that
/// supplies one may have been renamed.
fn by_final_name<'a>(build: &Build<'a>, declared: &'a [Declared<'a>]) -> HashMap<&'a str, &'a Declared<'a>> {
    let mut known: HashMap<&str, &Declared<'_>> =
        declared.iter().map(|declared| (declared.secret.name.as_str(), declared)).collect();
    let mut renamed = Vec::new();
    for resource in build.resources {
        let old = resource.every_id().skip(1).find_map(|id| known.get(id.name.as_str()));
        if let (Some(secret), [made]) = (old, secrets::made_by(resource).as_slice()) {
            renamed.push((made.name, *secret));
        }
    }
    for (name, secret) in renamed {
        known.entry(name).or_insert(secret);
    }
    known
}

fn used(build: &Build<'_>, user: &Resource, need: &Need<'_>, declared: &Declared<'_>, diagnostics: &mut Diagnostics) {
    let DeclaredSecret { name, guarded, origin, .. } = declared.secret;
    let id = user.id();
    match need.usage {
        Use::Key(node) => {
            let Some(key) = node.as_str().filter(|key| !declared.keys.contains(key)) else { return };
            let message = format!("`{id}` uses the key `{key}` of the Secret `{name}`, which is not declared");
            let help = match near_miss(key, declared.keys.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => "declare it under `keys:` of the secret".to_owned(),
            };
            let diagnostic = Diagnostic::error("unknown-secret-key", message).about(user.id()).at(build.at(user, node));
            diagnostics.push(diagnostic.related(*origin, "the keys are declared here").help(help));
        }
        Use::Env if *guarded => {
            let message = format!("`{id}` takes every key of the Secret `{name}`, whose source has forbidden keys");
            diagnostics.push(
                Diagnostic::error("secret-read-whole", message)
                    .about(user.id())
                    .at(build.at(user, need.name))
                    .related(*origin, "declared here")
                    .help("the operator may copy the whole path: refer to each key by name, with `secretKeyRef`"),
            );
        }
        Use::Env | Use::Whole => {}
    }
}

/// Reports the required keys that a Secret of the build lacks.
fn supplied(
    build: &Build<'_>,
    resource: &Resource,
    made: &Made<'_>,
    declared: &Declared<'_>,
    diagnostics: &mut Diagnostics,
) {
    let Some(keys) = &made.keys else { return };
    let held: HashSet<&str> =
        keys.iter().map(|entry| entry.key.as_str()).chain(made.named_keys.iter().copied()).collect();
    let is_missing = |key: &&str| !declared.optional.contains(key) && !held.contains(key);
    let missing: Vec<&str> = declared.secret.keys.iter().map(Text::as_str).filter(is_missing).collect();
    let Some(first) = missing.first() else { return };
    let undeclared = held.iter().copied().filter(|key| !declared.keys.contains(key));
    let help = match near_miss(first, undeclared) {
        Some(near) => format!("it has `{near}`: did you mean `{first}`?"),
        None => "add the key to it, or say `optional: true` where the key is declared".to_owned(),
    };
    let list = missing.iter().take(8).map(|key| format!("`{key}`")).collect::<Vec<_>>().join(", ");
    let more = missing.len().checked_sub(8).filter(|more| *more > 0).map(|more| format!(" and {more} more"));
    let list = list + &more.unwrap_or_default();
    let message = format!("`{}` supplies the Secret `{}` without the required {list}", resource.id(), made.name);
    diagnostics.push(
        Diagnostic::error("secret-key-not-supplied", message)
            .about(resource.id())
            .at(build.place_of(resource))
            .related(declared.secret.origin, "declared here")
            .help(help),
    );
}

#[cfg(test)]
mod tests {
    use super::super::test::{Case, declared, findings};
    use super::*;
    use crate::app::Contract;

    fn found(yaml: &str) -> Vec<String> {
        let mut secret = declared("db", &["URL", "USER_NAME", "EXTRA"], true);
        secret.optional.push("EXTRA".into());
        let contract = Contract { declared: vec![secret, declared("free", &["A"], false)], ..Contract::default() };
        findings(check, &Case { yaml, contract, ..Case::default() })
    }

    fn pod(spec: &str) -> String {
        format!("apiVersion: batch/v1\nkind: Job\nmetadata: {{name: j}}\nspec: {{template: {{spec: {spec}}}}}\n")
    }

    #[test]
    fn pods_use_declared_keys_only() {
        let env = |name: &str, key: &str| {
            pod(&format!("{{containers: [{{env: [{{valueFrom: {{secretKeyRef: {{key: {key}, name: {name}}}}}}}]}}]}}"))
        };
        for good in [env("db", "URL"), env("other", "X"), env("db", "EXTRA")] {
            assert!(found(&good).is_empty());
        }
        let message = "`Job/j` uses the key `USERNAME` of the Secret `db`, which is not declared";
        let found_one = found(&env("db", "USERNAME"));
        assert!(found_one[0].contains(message), "{found_one:?}");
        assert!(found_one[0].starts_with("unknown-secret-key [USERNAME, name: db"));
        assert!(found_one[0].ends_with("(did you mean `USER_NAME`?)"));
        let volume = pod("{volumes: [{secret: {secretName: db, items: [{key: URL}, {key: NO}]}}]}");
        assert!(found(&volume)[0].starts_with("unknown-secret-key [NO}]"));
        let projected = pod("{volumes: [{projected: {sources: [{secret: {name: db, items: [{key: NO}]}}]}}]}");
        assert!(found(&projected)[0].starts_with("unknown-secret-key [NO}]"));
    }

    #[test]
    fn a_guarded_secret_is_not_read_whole() {
        let from = |name: &str| pod(&format!("{{initContainers: [{{envFrom: [{{secretRef: {{name: {name}}}}}]}}]}}"));
        assert!(found(&from("free")).is_empty());
        assert!(found(&from("db"))[0].starts_with("secret-read-whole [db}}]"));
    }

    #[test]
    fn what_supplies_a_secret_has_every_required_key() {
        for (kind, good, bad) in [
            ("v1 Secret", "data: {URL: eA==}, stringData: {USER_NAME: x}", "stringData: {URL: x}"),
            (
                "bitnami.com/v1alpha1 SealedSecret",
                "spec: {encryptedData: {URL: x, USER_NAME: y}}",
                "spec: {encryptedData: {URL: x, USERNAME: y}}",
            ),
            (
                "isindir.github.com/v1alpha3 SopsSecret",
                "spec: {secretTemplates: [{name: db, data: {URL: x}, stringData: {USER_NAME: y}}]}",
                "spec: {secretTemplates: [{name: db, data: {URL: x}}]}",
            ),
            (
                "external-secrets.io/v1 ExternalSecret",
                "spec: {data: [{secretKey: URL}, {secretKey: USER_NAME}]}",
                "spec: {target: {name: db}, data: [{secretKey: URL}]}",
            ),
            (
                "external-secrets.io/v1 ExternalSecret",
                "spec: {dataFrom: [{extract: {key: x}}]}",
                "spec: {target: {template: {data: {URL: x}}}, data: [{secretKey: USER_NAME}]}",
            ),
        ] {
            let (version, kind) = kind.split_once(' ').unwrap();
            let yaml = |fields| format!("{{apiVersion: {version}, kind: {kind}, metadata: {{name: db}}, {fields}}}");
            assert_eq!(found(&yaml(good)), Vec::<String>::new());
            let found = found(&yaml(bad));
            assert!(found[0].starts_with("secret-key-not-supplied [db}"), "{found:?}");
            assert!(found[0].contains("without the required `USER_NAME`"), "{found:?}");
        }
    }
}
