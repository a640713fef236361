//! Who may do what in the cluster.

use super::{Case, Effect, Found, Rule};
use crate::tree::Node;

pub(super) const RULE: Rule = Rule {
    name: "access",
    effect: Effect::Security,
    text: "a Role or ClusterRole permits more, or a binding has a subject more",
    source: "https://kubernetes.io/docs/concepts/security/rbac-good-practices/",
    find,
};

fn find(case: &Case, found: &mut Found) {
    if case.group != "rbac.authorization.k8s.io" {
        return;
    }
    let Some(new) = case.new else { return };
    let list = if case.kind.ends_with("Binding") { "subjects" } else { "rules" };
    let items = |root: Option<&Node>| -> Vec<Node> {
        root.and_then(|root| root.get(list)).map(|items| items.items().cloned().collect()).unwrap_or_default()
    };
    let before = items(case.old);
    for item in items(Some(new)).iter().filter(|item| !before.iter().any(|known| covers(known, item))) {
        let what = match list {
            "subjects" => format!("`{} {}` gets it", super::text(item, &["kind"]), super::text(item, &["name"])),
            _ => format!("permits {} on {}", words(item, "verbs"), words(item, "resources")),
        };
        found.push(what, Some(list.into()));
    }
}

/// Whether a rule permits all that another one does.
fn covers(known: &Node, item: &Node) -> bool {
    let holds = |key: &str| {
        let wide: Vec<&Node> = known.get(key).into_iter().flat_map(Node::items).collect();
        let all = wide.iter().any(|word| word.as_str() == Some("*"));
        all || item.get(key).into_iter().flat_map(Node::items).all(|word| wide.contains(&word))
    };
    let unnamed = known.get("resourceNames").is_none_or(|names| names.items().next().is_none());
    let names = unnamed || item.get("resourceNames").is_some() && holds("resourceNames");
    known == item
        || known.get("verbs").is_some()
            && ["apiGroups", "resources", "verbs", "nonResourceURLs"].into_iter().all(holds)
            && names
}

fn words(rule: &Node, key: &str) -> String {
    let words: Vec<String> =
        rule.get(key).into_iter().flat_map(Node::items).filter_map(|word| word.scalar_text().map(Into::into)).collect();
    if words.is_empty() { "URLs".into() } else { format!("`{}`", words.join(", ")) }
}
