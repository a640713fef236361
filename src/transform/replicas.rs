//! The number of replicas of workloads, by name.

use ecow::EcoString;

use super::fields::{self, FieldSpec, Missing};
use super::labels::spec;
use crate::origin::{Cause, Origin, Origins};
use crate::resource::{ResourceId, ResourceSet};
use crate::tree::Node;

/// The replicas of the workloads of one name.
#[derive(Clone, Debug)]
pub struct ReplicasEntry {
    /// The name, present or earlier.
    pub name: EcoString,
    /// The kind; any kind that has replicas when none is given.
    pub kind: Option<EcoString>,
    /// How many.
    pub count: i64,
    /// Where the user wrote it.
    pub origin: Origin,
}

/// The kinds that have `spec.replicas` (kustomize's `replicas` configuration).
pub const FIELDS: &[FieldSpec<'static>] = &[
    spec("", "", "Deployment", "spec/replicas", true),
    spec("", "", "ReplicationController", "spec/replicas", true),
    spec("", "", "ReplicaSet", "spec/replicas", true),
    spec("", "", "StatefulSet", "spec/replicas", true),
];

/// Sets the replicas; `more` are fields of other kinds. Returns for each entry, in order, the
/// number of resources that it means.
pub fn apply(
    set: &mut ResourceSet,
    entries: &[ReplicasEntry],
    more: &[FieldSpec<'_>],
    origins: &mut Origins,
) -> Vec<usize> {
    entries.iter().map(|entry| apply_one(set, entry, more, origins)).collect()
}

/// Sets the replicas at `fields` alone. Returns the number of resources that are meant.
pub fn apply_to(
    set: &mut ResourceSet,
    entry: &ReplicasEntry,
    fields: &[FieldSpec<'_>],
    origins: &mut Origins,
) -> usize {
    let mut meant = 0;
    for field in fields {
        for index in 0..set.len() {
            let is_meant = |id: &ResourceId| id.name == entry.name && field.selects(&id.gvk);
            if set.get(index).every_id().any(is_meant) {
                meant += 1;
                set_at(set, index, field, entry, origins);
            }
        }
    }
    meant
}

fn apply_one(set: &mut ResourceSet, entry: &ReplicasEntry, more: &[FieldSpec<'_>], origins: &mut Origins) -> usize {
    let mut meant = 0;
    let asked = |field: &&FieldSpec<'_>| entry.kind.as_ref().is_none_or(|kind| *kind == field.kind);
    for field in FIELDS.iter().chain(more).filter(asked) {
        for index in set.find_by_any_name(field.kind, &entry.name).to_vec() {
            if !field.selects(&set.get(index).id().gvk) {
                continue;
            }
            meant += 1;
            set_at(set, index, field, entry, origins);
        }
    }
    meant
}

fn set_at(set: &mut ResourceSet, index: usize, field: &FieldSpec<'_>, entry: &ReplicasEntry, origins: &mut Origins) {
    if !field.selects(&set.get(index).id().gvk) {
        return;
    }
    // Replicas are no part of an id, so this cannot fail.
    let _ = set.update(index, |resource| {
        let missing = match field.create {
            true => Missing::Create(origins.transform("replicas", Some(entry.origin))),
            false => Missing::Skip,
        };
        let mut write = |node: &mut Node| write(node, entry, origins);
        let _ = fields::upsert(&mut resource.root, field.path, missing, &mut write);
    });
}

fn write(node: &mut Node, entry: &ReplicasEntry, origins: &mut Origins) {
    if node.as_i64() == Some(entry.count) {
        return;
    }
    let origin = match node.is_null() {
        true => origins.transform("replicas", Some(entry.origin)),
        false => origins.replace(Cause::Transform("replicas"), entry.origin, node),
    };
    *node = Node::new(entry.count, origin);
}

#[cfg(test)]
mod tests {
    use super::super::test::{entry, field, origins, resource, set};
    use super::*;

    #[test]
    fn replicas_are_set_by_name_and_made_where_missing() {
        let mut set = set([
            resource("apps/v1 Deployment", "a", r#"{"spec":{"replicas":1}}"#),
            resource("apps/v1 StatefulSet", "a", "{}"),
            resource("apps/v1 DaemonSet", "a", "{}"),
            resource("apps/v1 Deployment", "b", "{}"),
        ]);
        let entry = |name: &str, kind: Option<&str>, count| ReplicasEntry {
            name: name.into(),
            kind: kind.map(Into::into),
            count,
            origin: entry(),
        };
        let entries = [entry("a", None, 3), entry("a", Some("StatefulSet"), 5), entry("c", None, 1)];
        assert_eq!(apply(&mut set, &entries, &[], &mut origins()), [2, 1, 0]);
        let found: Vec<_> = (0..4).map(|index| field(&set, index, &["spec"])).collect();
        assert_eq!(found, [r#"{"replicas":3}"#, r#"{"replicas":5}"#, "-", "-"]);
    }
}
