//! What a project and its overlays say of findings: their levels, and which may pass.

use std::collections::BTreeMap;

use super::environments::is_of_several;
use super::{Build, Checking, policies, settings};
use crate::date::Date;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::model::exception::Exception;
use crate::model::project::FindingLevel;
use crate::origin::Origin;
use crate::resource::Resource;
use crate::tree::{Node, Text};

/// What became of one exception in one build.
#[derive(Clone, Debug)]
pub(super) struct Verdict {
    /// Where the exception names its code.
    place: Origin,
    code: Text,
    object: Text,
    /// Whether a finding passed by it.
    used: bool,
    /// Whether the file that is built holds it.
    own: bool,
    /// Where its last day is written, when that has passed.
    expired: Option<(Origin, Date)>,
}

impl Build<'_> {
    /// Takes away what exceptions let pass and gives the rest its levels, for good. `policy` and
    /// `exceptions` are those of the overlay; the project's come from strata.yaml.
    pub(super) fn judge(&mut self, policy: &[(Text, FindingLevel)], exceptions: &[(Exception, bool)]) {
        let of_project = self.run.settings.into_iter().flat_map(|settings| &settings.exceptions);
        let all = of_project.map(|exception| (exception, false));
        let all = all.chain(exceptions.iter().map(|(exception, own)| (exception, *own)));
        for (exception, own) in all.filter(|(exception, _)| !is_of_several(&exception.code)) {
            let verdict = self.let_pass(exception, own);
            self.verdicts.push(verdict);
        }
        if let Some(check) = self.run.check {
            let names = policy.iter().map(|(name, _)| name);
            policies::unknown(names, self.run.policies, check, &mut self.diagnostics);
        }
        let mut levels: BTreeMap<&str, FindingLevel> = BTreeMap::new();
        let of_project = self.run.settings.into_iter().flat_map(|settings| settings.policy.iter());
        levels.extend(of_project.map(|(code, level)| (code.as_str(), level.value)));
        levels.extend(policy.iter().map(|(code, level)| (code.as_str(), *level)));
        // What is said of one policy (`policy/NAME`) comes before what is said of all (`policy`).
        for (code, level) in levels.into_iter().rev() {
            self.diagnostics.set_level(code, settings::level(level));
        }
        self.diagnostics.judge();
    }

    fn let_pass(&mut self, exception: &Exception, own: bool) -> Verdict {
        let expired = passed(exception, self.run.check);
        let mut used = false;
        if expired.is_none() && self.diagnostics.iter().any(|d| d.is_named(&exception.code)) {
            let about: Vec<&Resource> = self.resources.iter().filter(|one| names(exception, one)).collect();
            let meant = |d: &Diagnostic| {
                d.is_named(&exception.code) && !d.judged && about.iter().any(|one| is_about(d, one, exception))
            };
            let before = self.diagnostics.len();
            self.diagnostics.retain(|diagnostic| !meant(diagnostic));
            used = self.diagnostics.len() < before;
        }
        let place = self.origins.settle(exception.code.origin).unwrap_or(exception.code.origin);
        let (code, object) = (exception.code.clone(), exception.object.clone());
        Verdict { place, code, object, used, own, expired }
    }
}

impl Verdict {
    /// That of an exception for what only several builds together show; its place is settled.
    pub(super) fn of_several(exception: &Exception, used: bool, own: bool, check: &Checking) -> Self {
        let (code, object) = (exception.code.clone(), exception.object.clone());
        Self { place: code.origin, code, object, used, own, expired: passed(exception, Some(check)) }
    }
}

/// The last day of an exception and where it is written, when `check` knows a later day.
pub(super) fn passed(exception: &Exception, check: Option<&Checking>) -> Option<(Origin, Date)> {
    let (until, today) = (exception.until.as_ref()?, check?.today?);
    let last: Date = until.parse().ok()?;
    (last < today).then_some((until.origin, last))
}

fn names(exception: &Exception, resource: &Resource) -> bool {
    let id = resource.id();
    exception.object.split_once('/') == Some((&id.gvk.kind, &id.name))
        && exception.namespace.as_ref().is_none_or(|namespace| **namespace == *id.namespace)
}

/// Whether a finding is about this object, and about the field where the exception names one.
fn is_about(diagnostic: &Diagnostic, resource: &Resource, exception: &Exception) -> bool {
    if diagnostic.about.as_ref().is_some_and(|about| **about != *resource.id()) {
        return false;
    }
    let Some(origin) = diagnostic.primary.as_ref().map(|label| label.origin) else { return false };
    match &exception.field {
        Some(field) => field_origins(&resource.root, field).contains(&origin),
        None => diagnostic.about.is_some() || holds(&resource.root, origin),
    }
}

fn holds(node: &Node, origin: Origin) -> bool {
    node.origin() == origin
        || node.entries().any(|entry| entry.key_origin == origin || holds(&entry.node, origin))
        || node.items().any(|item| holds(item, origin))
}

/// The places of the value at `path` and of its key; none when there is no such field.
fn field_origins(root: &Node, path: &str) -> Vec<Origin> {
    let mut node = root;
    let mut key = None;
    for step in steps(path) {
        let below = match step {
            Step::Key(name) => node.as_map().and_then(|map| map.entry(name)).map(|entry| {
                key = Some(entry.key_origin);
                &entry.node
            }),
            Step::Item(which) => {
                key = None;
                let is_named = |item: &&Node| item.get("name").and_then(Node::as_str) == Some(which);
                which.parse().map_or_else(|_| node.items().find(is_named), |index: usize| node.items().nth(index))
            }
        };
        let Some(below) = below else { return Vec::new() };
        node = below;
    }
    std::iter::once(node.origin()).chain(key).collect()
}

enum Step<'p> {
    Key(&'p str),
    Item(&'p str),
}

/// The steps of `spec.containers[web].image`; a key in quotes stands in brackets as well.
fn steps(path: &str) -> Vec<Step<'_>> {
    let mut steps = Vec::new();
    let mut rest = path;
    while !rest.is_empty() {
        if let Some((inside, behind)) = rest.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            let quoted = inside.strip_prefix('"').and_then(|inside| inside.strip_suffix('"'));
            steps.push(quoted.map_or(Step::Item(inside), Step::Key));
            rest = behind;
        } else {
            let end = rest.find(['.', '[']).unwrap_or(rest.len());
            let (key, behind) = rest.split_at(end.max(usize::from(rest.starts_with('['))));
            steps.push(Step::Key(key));
            rest = behind;
        }
        rest = rest.strip_prefix('.').unwrap_or(rest);
    }
    steps
}

/// Says which exceptions let nothing pass any more, and which have passed their last day. One that
/// a base or strata.yaml holds may be for an overlay that was not checked: it is said only when
/// everything was.
pub(super) fn exceptions(verdicts: &[Verdict], checking: &Checking, diagnostics: &mut Diagnostics) {
    let mut by_place: BTreeMap<Origin, (&Verdict, bool)> = BTreeMap::new();
    for verdict in verdicts {
        let (first, used) = by_place.entry(verdict.place).or_insert((verdict, false));
        *used |= verdict.used;
        if verdict.own {
            *first = verdict;
        }
    }
    for (place, (verdict, used)) in by_place {
        let Verdict { code, object, .. } = verdict;
        if let Some((until, day)) = verdict.expired {
            let message = format!("the exception of `{code}` on `{object}` ended on {day}");
            let help = "correct what it let pass, or agree on another day";
            diagnostics.push(Diagnostic::error("exception-expired", message).at(until).help(help));
        } else if !used && (verdict.own || checking.whole) {
            let message = format!("no `{code}` is found on `{object}`, so there is nothing to let pass");
            let help = "take the exception away, or name the object and field as they are rendered";
            diagnostics.push(Diagnostic::warning("unused-exception", message).at(place).help(help));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object;

    #[test]
    fn a_field_is_found_by_keys_names_and_numbers() {
        let at = Origin::source;
        let item = object! { at(3); "name": "web", "image": Node::string("x", at(4)) };
        let list = Node::new(vec![item], at(2));
        let labels = object! { at(5); "a.b/c": Node::string("y", at(6)) };
        let root = object! { at(0); "spec": object! { at(1); "containers": list }, "labels": labels };
        let found = |path: &str| field_origins(&root, path).first().copied();
        assert_eq!(found("spec.containers[web].image"), Some(at(4)));
        assert_eq!(found("spec.containers[0]"), Some(at(3)));
        assert_eq!(found("labels[\"a.b/c\"]"), Some(at(6)));
        assert_eq!(found("spec.containers[api].image"), None);
        for path in ["spec..containers", "[", "spec[", "]", ".", "spec.containers[9]"] {
            assert!(field_origins(&root, path).is_empty() || path == ".", "{path}");
        }
    }
}
