//! A changed pod template replaces all pods, one after the other.

use super::{Case, Effect, Found, Rule};

pub(super) const RULE: Rule = Rule {
    name: "pod-template",
    effect: Effect::Restart,
    text: "a field of the pod template of a Deployment, StatefulSet or DaemonSet changes",
    source: "https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#updating-a-deployment",
    find,
};

fn find(case: &Case, found: &mut Found) {
    if !case.is("apps", &["Deployment", "StatefulSet", "DaemonSet"]) || case.both().is_none() {
        return;
    }
    let by_hand = case.new.is_some_and(|new| super::text(new, &["spec", "updateStrategy", "type"]) == "OnDelete");
    let mut fields = case.below(&["spec", "template"]);
    if let Some(first) = fields.next() {
        let more = match fields.count() {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let path = first.shown_path();
        match by_hand {
            true => found.push(
                format!("`{path}`{more}: with `OnDelete`, pods are replaced when somebody deletes them"),
                Some(path),
            ),
            false => found.push(format!("`{path}`{more}: all pods are replaced"), Some(path)),
        }
    }
}
