//! Which secrets a pod gets, and who it is in the cluster.

use std::collections::BTreeSet;

use super::{Case, Effect, Found, Rule, containers, is_true, text};
use crate::names::without_hash;
use crate::tree::Node;

pub(super) const RULE: Rule = Rule {
    name: "secret-access",
    effect: Effect::Security,
    text: "a pod gets a Secret more, another service account, or the token of its service account",
    source: "https://kubernetes.io/docs/concepts/security/secrets-good-practices/",
    find,
};

fn find(case: &Case, found: &mut Found) {
    let (Some(old), Some(new)) = case.pods() else { return };
    let known = secrets(old);
    for secret in secrets(new).difference(&known) {
        found.push(format!("pods get the Secret `{secret}`"), None);
    }
    let account = |pod| text(pod, &["serviceAccountName"]).to_owned();
    if account(old) != account(new) {
        let name = Some(account(new)).filter(|name| !name.is_empty()).unwrap_or("default".into());
        found.push(format!("pods run as the service account `{name}`"), Some("serviceAccountName".into()));
    }
    let token = "automountServiceAccountToken";
    if old.get(token).and_then(Node::as_bool) == Some(false) && (is_true(new, &[token]) || new.get(token).is_none()) {
        found.push("pods get the token of their service account", Some(token.into()));
    }
}

/// The names of the Secrets that a pod uses, without hashes of their content.
fn secrets(pod: &Node) -> BTreeSet<String> {
    let mut names: Vec<&str> = Vec::new();
    for (_, container) in containers(Some(pod)) {
        let items = |key: &str| container.get(key).map(|list| list.items().collect::<Vec<_>>()).unwrap_or_default();
        names.extend(items("envFrom").iter().map(|from| text(from, &["secretRef", "name"])));
        names.extend(items("env").iter().map(|variable| text(variable, &["valueFrom", "secretKeyRef", "name"])));
    }
    for volume in pod.get("volumes").into_iter().flat_map(Node::items) {
        names.push(text(volume, &["secret", "secretName"]));
        let sources = volume.at(&["projected", "sources"]).into_iter().flat_map(Node::items);
        names.extend(sources.map(|source| text(source, &["secret", "name"])));
    }
    let plain = |name: &str| without_hash(name).unwrap_or(name).to_owned();
    names.into_iter().filter(|name| !name.is_empty()).map(plain).collect()
}
