//! What a container may do on its node.

use super::{Case, Effect, Found, Rule, container, containers};
use crate::tree::Node;

pub(super) const RULE: Rule = Rule {
    name: "privileged",
    effect: Effect::Security,
    text: "a container becomes privileged, may gain privileges, runs as root, gets capabilities or a writable root, or loses its seccomp profile; a Namespace asks for less Pod Security",
    source: "https://kubernetes.io/docs/concepts/security/pod-security-standards/",
    find,
};

const LEVELS: [&str; 3] = ["privileged", "baseline", "restricted"];

fn find(case: &Case, found: &mut Found) {
    let (old, new) = case.pods();
    if let Some(new) = new {
        for (name, after) in containers(Some(new)) {
            let before = container(old, name).map(|before| (before, old));
            of_container(name, before, (after, Some(new)), found);
        }
    }
    if case.is("", &["Namespace"])
        && let Some((old, new)) = case.both()
    {
        const KEY: &str = "pod-security.kubernetes.io/enforce";
        let level = |root: &Node| {
            let text = super::text(root, &["metadata", "labels", KEY]).to_owned();
            LEVELS.iter().position(|known| *known == text).unwrap_or(0)
        };
        if level(new) < level(old) {
            found.push(
                format!("pods are held to `{}` alone", LEVELS[level(new)]),
                Some(format!("metadata.labels[{KEY:?}]")),
            );
        }
    }
}

/// A container and the pod that it is in.
type Placed<'n> = (&'n Node, Option<&'n Node>);

fn of_container(name: &str, before: Option<Placed>, after: Placed, found: &mut Found) {
    let path = |field: &str| Some(format!("containers[{name}].securityContext.{field}"));
    let was = |keys: &[&str], value: bool| before.and_then(|before| truth(before, keys)) == Some(value);
    if truth(after, &["privileged"]) == Some(true) && !was(&["privileged"], true) {
        found.push(format!("`{name}` becomes privileged"), path("privileged"));
    }
    // What is left out holds, too: each is told when the container was told otherwise before.
    if before.is_some() {
        for (field, good, what) in [
            ("allowPrivilegeEscalation", false, "may gain privileges"),
            ("runAsNonRoot", true, "may run as root"),
            ("readOnlyRootFilesystem", true, "can write to its root file system"),
        ] {
            if was(&[field], good) && truth(after, &[field]) != Some(good) {
                found.push(format!("`{name}` {what}"), path(field));
            }
        }
        let profile = |placed: Placed| {
            value(placed, &["seccompProfile", "type"]).and_then(Node::as_str).is_some_and(|kind| kind != "Unconfined")
        };
        if before.is_some_and(profile) && !profile(after) {
            found.push(format!("`{name}` loses its seccomp profile"), path("seccompProfile"));
        }
    }
    let user = |placed: Placed| value(placed, &["runAsUser"]).and_then(Node::as_i64);
    if user(after) == Some(0) && before.and_then(user) != Some(0) {
        found.push(format!("`{name}` runs as root"), path("runAsUser"));
    }
    let added = |placed: Placed| -> Vec<String> {
        let list = placed.0.at(&["securityContext", "capabilities", "add"]);
        list.into_iter().flat_map(Node::items).filter_map(|one| one.as_str().map(str::to_owned)).collect()
    };
    let known = before.map(added).unwrap_or_default();
    for capability in added(after).into_iter().filter(|capability| !known.contains(capability)) {
        found.push(format!("`{name}` gets the capability `{capability}`"), path("capabilities"));
    }
}

/// A field of the security context of a container, or of its pod.
fn value<'n>((container, pod): Placed<'n>, keys: &[&str]) -> Option<&'n Node> {
    let own = container.get("securityContext").and_then(|context| context.at(keys));
    own.or_else(|| pod?.get("securityContext")?.at(keys))
}

fn truth(placed: Placed, keys: &[&str]) -> Option<bool> {
    value(placed, keys)?.as_bool()
}
