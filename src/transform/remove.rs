//! Resources taken out by target.

use ecow::EcoString;

use crate::resource::{Resource, ResourceId, ResourceSet};

/// What to take out: every part that is given must fit, exactly. A name or namespace fits when
/// the resource has it or ever had it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Target {
    /// API group; the core group is the empty text.
    pub group: Option<EcoString>,
    /// Kind.
    pub kind: Option<EcoString>,
    /// Name.
    pub name: Option<EcoString>,
    /// Namespace.
    pub namespace: Option<EcoString>,
}

impl Target {
    /// Whether the resource is one that the target means. A target without any part means none.
    pub fn selects(&self, resource: &Resource) -> bool {
        *self != Self::default() && resource.every_id().any(|id| self.fits(id))
    }

    fn fits(&self, id: &ResourceId) -> bool {
        let fits = |part: &Option<EcoString>, value: &EcoString| part.as_ref().is_none_or(|part| part == value);
        fits(&self.group, &id.gvk.group)
            && fits(&self.kind, &id.gvk.kind)
            && fits(&self.name, &id.name)
            && fits(&self.namespace, &id.namespace)
    }
}

/// Takes out what the targets mean. Returns for each target, in order, the number of resources
/// that it means; one that two targets mean counts for both.
pub fn apply(set: &mut ResourceSet, targets: &[Target]) -> Vec<usize> {
    let mut matched = vec![0; targets.len()];
    if targets.is_empty() {
        return matched;
    }
    set.remove(|resource| {
        let mut gone = false;
        for (target, count) in targets.iter().zip(&mut matched) {
            if target.selects(resource) {
                *count += 1;
                gone = true;
            }
        }
        gone
    });
    matched
}

#[cfg(test)]
mod tests {
    use super::super::names::rename;
    use super::super::test::{entry, names, origins, resource, set};
    use super::*;

    #[test]
    fn a_removal_finds_any_name_that_a_resource_had_and_counts() {
        let build =
            [resource("v1 Service", "a", "{}"), resource("v1 Secret", "a", "{}"), resource("v1 Service", "b", "{}")];
        let mut set = set(build);
        rename(&mut set, 0, "c", entry(), &mut origins()).unwrap();
        let target =
            |kind: &str, name: &str| Target { kind: Some(kind.into()), name: Some(name.into()), ..Target::default() };
        let targets = [target("Service", "a"), target("Service", "c"), target("Service", "zz"), Target::default()];
        assert_eq!(apply(&mut set, &targets), [1, 1, 0, 0]);
        assert_eq!(names(&set), ["a", "b"]);
    }
}
