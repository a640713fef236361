//! Objects that two overlays render to one cluster: each sync of the one undoes what the other did.

use std::collections::BTreeMap;

use ecow::{EcoString, eco_format};

use super::Build;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::model::exception::Exception;
use crate::model::project::FindingLevel;
use crate::origin::Origin;
use crate::resource::Resource;

/// The code of what is found.
pub const CODE: &str = "object-of-two-overlays";

/// What one overlay renders to its cluster. Its places are settled.
#[derive(Clone, Debug)]
pub struct Rendering {
    /// The overlay.
    pub overlay: String,
    /// The cluster that it goes to.
    pub cluster: EcoString,
    /// The Argo CD application that it is.
    pub application: Option<EcoString>,
    /// What the overlay says of findings of this code.
    pub level: Option<FindingLevel>,
    /// The objects.
    pub objects: Vec<Object>,
}

/// An object of a cluster.
#[derive(Clone, Debug)]
pub struct Object {
    /// What tells it from others: group, kind, namespace and name.
    key: (EcoString, EcoString, EcoString, EcoString),
    place: Origin,
}

impl Object {
    /// Whether an exception names it.
    pub fn is_named(&self, exception: &Exception) -> bool {
        let (_, kind, namespace, name) = &self.key;
        let wanted = exception.namespace.as_ref().is_none_or(|wanted| **wanted == **namespace);
        wanted && exception.object.split_once('/') == Some((kind, name))
    }

    fn shown(&self) -> EcoString {
        let (_, kind, namespace, name) = &self.key;
        match namespace.is_empty() {
            true => eco_format!("`{kind}/{name}`"),
            false => eco_format!("`{kind}/{name}` in `{namespace}`"),
        }
    }
}

/// The objects of a build; `settle` settles a place.
pub fn objects(build: &Build<'_>, settle: impl Fn(Origin) -> Origin) -> Vec<Object> {
    let named = build.resources.iter().filter(|resource| !resource.name().is_empty());
    let object = |resource: &Resource| {
        let (group, kind, namespace, name) = resource.id().object_key();
        Object { key: (group, kind, namespace, name), place: settle(build.place_of(resource)) }
    };
    named.map(object).collect()
}

/// Finds the objects that two overlays render to one cluster, but those of which `expected` says that
/// this is meant. Two overlays that are one Argo CD application are never there at the same time.
pub fn check(
    renderings: &[Rendering],
    mut expected: impl FnMut(&Object, [&str; 2]) -> bool,
    diagnostics: &mut Diagnostics,
) {
    let mut holders: BTreeMap<_, Vec<(&Rendering, &Object)>> = BTreeMap::new();
    for rendering in renderings.iter().filter(|one| one.level != Some(FindingLevel::Ignore)) {
        for object in &rendering.objects {
            holders.entry((&rendering.cluster, &object.key)).or_default().push((rendering, object));
        }
    }
    // One finding for two overlays, however much they share.
    let mut pairs: BTreeMap<(&str, &str), (usize, Diagnostic)> = BTreeMap::new();
    for ((cluster, _), found) in &holders {
        // Each is held against the first one: that leaves no more findings than overlays.
        let Some(((first, of_first), rest)) = found.split_first() else { continue };
        for (second, object) in rest {
            let one_application = first.application.is_some() && first.application == second.application;
            if one_application || expected(object, [&first.overlay, &second.overlay]) {
                continue;
            }
            let new = || {
                let (shown, a, b) = (object.shown(), &first.overlay, &second.overlay);
                let message = format!("`{a}` and `{b}` both render {shown} of the cluster `{cluster}`");
                Diagnostic::error(CODE, message)
                    .at(object.place)
                    .related(of_first.place, format!("the one of `{a}`"))
                    .help("give one of them another namespace, or let one overlay alone render it")
            };
            let pair = pairs.entry((&first.overlay, &second.overlay)).or_insert_with(|| (0, new()));
            pair.0 += 1;
        }
    }
    for (count, mut finding) in pairs.into_values() {
        match count - 1 {
            0 => {}
            1 => finding.message += ", and another object",
            more => finding.message += &format!(", and {more} other objects"),
        }
        diagnostics.push(finding);
    }
}

#[cfg(test)]
mod tests {
    use super::super::Policy;
    use super::super::test::resources;
    use super::*;
    use crate::origin::Origins;

    fn rendering(overlay: &str, yaml: &str) -> Rendering {
        let (set, policy, origins) = (resources(yaml), Policy::default(), Origins::default());
        let build = Build { app: None, resources: &set, policy: &policy, origins: &origins };
        Rendering {
            overlay: overlay.into(),
            cluster: "one".into(),
            application: None,
            level: None,
            objects: objects(&build, |origin| origin),
        }
    }

    const MAP: &str = "{apiVersion: v1, kind: ConfigMap, metadata: {name: settings, namespace: ns}}";

    fn said(renderings: &[Rendering], expected: bool) -> Vec<String> {
        let mut diagnostics = Diagnostics::default();
        check(renderings, |_, _| expected, &mut diagnostics);
        diagnostics.iter().map(|found| found.message.clone()).collect()
    }

    #[test]
    fn one_object_of_one_cluster_belongs_to_one_overlay() {
        let pair = || [rendering("a", MAP), rendering("b", MAP)];
        assert_eq!(said(&pair(), false), ["`a` and `b` both render `ConfigMap/settings` in `ns` of the cluster `one`"]);
        assert_eq!(said(&pair(), true), [""; 0]);
        let mut elsewhere = pair();
        elsewhere[1].cluster = "two".into();
        assert_eq!(said(&elsewhere, false), [""; 0]);
        let mut one_application = pair();
        one_application.iter_mut().for_each(|one| one.application = Some("shop".into()));
        assert_eq!(said(&one_application, false), [""; 0]);
        let other = MAP.replace("ns", "other");
        assert_eq!(said(&[rendering("a", MAP), rendering("b", &other)], false), [""; 0]);
    }

    #[test]
    fn much_that_two_overlays_share_is_one_finding() {
        let two = format!("{MAP}\n---\n{}", MAP.replace("settings", "other"));
        let found = said(&[rendering("a", &two), rendering("b", &two)], false);
        assert_eq!(
            found,
            ["`a` and `b` both render `ConfigMap/other` in `ns` of the cluster `one`, and another object"]
        );
    }
}
