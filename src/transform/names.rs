//! Prefix and suffix of names, and renames.

use super::ids::{Conflict, change_all};
use crate::origin::{Cause, Origin, Origins};
use crate::resource::{Resource, ResourceSet, UpdateError};
use crate::tree::Node;

/// What goes before and after `metadata.name`; an empty text adds nothing.
#[derive(Clone, Copy, Debug)]
pub struct Affixes<'a> {
    /// Goes before the name.
    pub prefix: &'a str,
    /// Goes after the name.
    pub suffix: &'a str,
    /// Where the user wrote them.
    pub origin: Origin,
}

/// Whether names of this kind get no prefix and no suffix: Namespace (others share it),
/// CustomResourceDefinition and APIService (their names are made of other fields). As kustomize's
/// PrefixTransformer, the kind is the one that the resource had first.
pub fn keeps_its_name(resource: &Resource) -> bool {
    let gvk = &resource.original_id().gvk;
    match gvk.kind.as_str() {
        "Namespace" | "CustomResourceDefinition" => true,
        "APIService" => gvk.group == "apiregistration.k8s.io",
        _ => false,
    }
}

/// Puts prefix and suffix around the name of every resource that has one. References follow only
/// when the references transform runs. Returns the renames that would have made two objects one.
pub fn affix(set: &mut ResourceSet, affixes: &Affixes<'_>, origins: &mut Origins) -> Vec<Conflict> {
    let Affixes { prefix, suffix, origin } = affixes;
    if prefix.is_empty() && suffix.is_empty() {
        return Vec::new();
    }
    let wanted = |resource: &Resource| !keeps_its_name(resource) && !resource.name().is_empty();
    change_all(
        set,
        wanted,
        |set, index| {
            let name = [*prefix, set.get(index).name(), *suffix].concat();
            rename(set, index, &name, *origin, origins)
        },
        |resource| {
            resource.prefixes.extend((!prefix.is_empty()).then(|| (*prefix).into()));
            resource.suffixes.extend((!suffix.is_empty()).then(|| (*suffix).into()));
        },
    )
}

/// Gives one resource another name.
pub fn rename(
    set: &mut ResourceSet,
    index: usize,
    name: &str,
    origin: Origin,
    origins: &mut Origins,
) -> Result<(), UpdateError> {
    set.rename(index, |old| Node::string(name, origins.replace(Cause::Transform("names"), origin, old)))
}

#[cfg(test)]
mod tests {
    use super::super::test::{entry, names, origins, resource, set};
    use super::*;

    fn check(
        resources: &[(&str, &str)],
        prefix: &str,
        suffix: &str,
        expected: &[&str],
        conflicts: usize,
    ) -> ResourceSet {
        let mut set = set(resources.iter().map(|(kind, name)| resource(kind, name, "{}")));
        let found = affix(&mut set, &Affixes { prefix, suffix, origin: entry() }, &mut origins());
        assert_eq!((names(&set), found.len()), (expected.iter().map(|s| s.to_string()).collect(), conflicts));
        set
    }

    #[test]
    fn names_get_prefix_and_suffix_but_not_those_that_others_share() {
        let resources = [
            ("v1 Namespace", "n"),
            ("apiextensions.k8s.io/v1 CustomResourceDefinition", "a.b.c"),
            ("apiregistration.k8s.io/v1 APIService", "v1.x"),
            ("example.com/v1 APIService", "own"),
            ("v1 Service", "s"),
        ];
        let set = check(&resources, "p-", "-s", &["n", "a.b.c", "v1.x", "p-own-s", "p-s-s"], 0);
        assert_eq!((&set.get(4).prefixes[..], &set.get(4).suffixes[..]), (&["p-".into()][..], &["-s".into()][..]));
        assert_eq!(set.get(4).original_id().name, "s");
    }

    #[test]
    fn a_new_name_may_be_one_that_another_resource_gives_up() {
        let chain = [("v1 Service", "a"), ("v1 Service", "p-a"), ("v1 Service", "p-p-a")];
        let set = check(&chain, "p-", "", &["p-a", "p-p-a", "p-p-p-a"], 0);
        assert!(set.iter().all(|resource| resource.prefixes.len() == 1));
        assert_eq!(set.find_by_any_name("Service", "p-a"), [0, 1]);
    }

    #[test]
    fn a_rename_says_what_it_replaced() {
        let mut set = set([resource("v1 Service", "a", "{}"), resource("v1 Service", "b", "{}")]);
        let mut origins = origins();
        assert_eq!(rename(&mut set, 0, "b", entry(), &mut origins), Err(UpdateError::Taken(1)));
        rename(&mut set, 0, "c", entry(), &mut origins).unwrap();
        let node = set.get(0).root.at(&["metadata", "name"]).unwrap();
        let step = origins.get(node.origin()).unwrap();
        assert_eq!(step.old.as_ref().and_then(Node::as_str), Some("a"));
        assert_eq!(origins.place(node.origin()), entry().position());
    }
}
