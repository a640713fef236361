//! Which resources a patch is for.

use ecow::EcoString;

use super::selector::Selector;
use crate::diagnostic::near_miss;
use crate::resource::{Resource, ResourceId, ResourceSet};
use crate::tree::Node;

/// Which resources a patch is for: those that fit all that is given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Target {
    /// API group.
    pub group: Option<EcoString>,
    /// API version.
    pub version: Option<EcoString>,
    /// Kind.
    pub kind: Option<EcoString>,
    /// Name: the present one, or one that the resource had before.
    pub name: Option<EcoString>,
    /// Namespace, likewise.
    pub namespace: Option<EcoString>,
    /// What the labels must be.
    pub labels: Selector,
    /// What the annotations must be.
    pub annotations: Selector,
}

impl Target {
    /// Whether the patch is for this resource. Name and namespace may be those of any id that the
    /// resource has or had, both of the same one.
    pub fn matches(&self, resource: &Resource) -> bool {
        let metadata = |key| resource.root.at(&["metadata", key]).and_then(Node::as_map);
        self.matches_kind(resource)
            && resource.every_id().any(|id| self.matches_name(id))
            && (self.labels.is_empty() || self.labels.matches(metadata("labels")))
            && (self.annotations.is_empty() || self.annotations.matches(metadata("annotations")))
    }

    fn matches_kind(&self, resource: &Resource) -> bool {
        let gvk = &resource.id().gvk;
        fits(&self.group, &gvk.group) && fits(&self.version, &gvk.version) && fits(&self.kind, &gvk.kind)
    }

    fn matches_name(&self, id: &ResourceId) -> bool {
        fits(&self.name, &id.name) && fits(&self.namespace, &id.namespace)
    }

    /// For a target that matches nothing: up to three resources that it was probably meant for,
    /// the best first. Those are resources of the kind with a name like the target's, then of the
    /// name but another kind, then others of the kind.
    pub fn near_misses<'a>(&self, resources: &'a ResourceSet) -> Vec<&'a Resource> {
        const SHOWN: usize = 3;
        let mut ranked: Vec<_> =
            resources.iter().filter_map(|resource| Some((self.distance(resource)?, resource))).collect();
        ranked.sort_by_key(|(rank, _)| *rank);
        ranked.into_iter().take(SHOWN).map(|(_, resource)| resource).collect()
    }

    /// How far a resource is from the target; `None` when it has nothing to do with it.
    fn distance(&self, resource: &Resource) -> Option<u8> {
        let alike = |wanted: &Option<EcoString>, text: &str| {
            wanted.as_ref().is_some_and(|wanted| near_miss(wanted, [text]).is_some())
        };
        let same_kind = self.kind.is_some() && fits(&self.kind, resource.kind());
        let same_name = self.name.is_some() && fits(&self.name, resource.name());
        let like_kind = alike(&self.kind, resource.kind());
        let like_name = alike(&self.name, resource.name());
        match (same_kind, same_name) {
            // Group, version, namespace or labels make the difference.
            (true, true) => Some(0),
            (true, false) if like_name => Some(1),
            (false, true) if like_kind => Some(1),
            (false, false) if like_kind && (like_name || self.name.is_none()) => Some(2),
            (false, true) => Some(3),
            (true, false) => Some(4),
            (false, false) => None,
        }
    }
}

fn fits(wanted: &Option<EcoString>, text: &str) -> bool {
    wanted.as_ref().is_none_or(|wanted| wanted == text)
}

#[cfg(test)]
mod tests {
    use super::super::oracle::json;
    use super::*;

    fn resources() -> ResourceSet {
        let mut set = ResourceSet::default();
        for (api, kind, name, labels) in [
            ("apps/v1", "Deployment", "web", r#"{"app":"web","env":"prod"}"#),
            ("apps/v1", "Deployment", "worker", r#"{"app":"worker"}"#),
            ("v1", "Service", "web", "{}"),
            ("v1", "ConfigMap", "settings", "{}"),
        ] {
            let text = format!(
                r#"{{"apiVersion":"{api}","kind":"{kind}","metadata":{{"name":"{name}","namespace":"shop","labels":{labels}}}}}"#
            );
            set.insert(Resource::new(json(&text, 0)).unwrap()).unwrap();
        }
        set
    }

    fn target(text: &str) -> Target {
        let node = json(text, 500);
        let field = |key: &str| node.get(key).and_then(Node::as_str).map(EcoString::from);
        Target {
            group: field("group"),
            version: field("version"),
            kind: field("kind"),
            name: field("name"),
            namespace: field("namespace"),
            labels: node.get("labels").map(|labels| Selector::parse(labels).unwrap()).unwrap_or_default(),
            annotations: Selector::default(),
        }
    }

    #[test]
    fn a_target_matches_resources_that_fit_all_it_gives() {
        let set = resources();
        for (text, expected) in [
            (r#"{"kind":"Deployment"}"#, &["Deployment/web", "Deployment/worker"][..]),
            (r#"{"name":"web"}"#, &["Deployment/web", "Service/web"]),
            (r#"{"kind":"Deployment","name":"web"}"#, &["Deployment/web"]),
            (r#"{"group":""}"#, &["Service/web", "ConfigMap/settings"]),
            (r#"{"group":"apps","version":"v2"}"#, &[]),
            (r#"{"namespace":"shop","labels":"app in (web, x)"}"#, &["Deployment/web"]),
            (r#"{"labels":{"app":"worker"}}"#, &["Deployment/worker"]),
            (r#"{"kind":"Deploy.*"}"#, &[]),
            (r#"{"namespace":"other"}"#, &[]),
        ] {
            let target = target(text);
            let found: Vec<_> = set.iter().filter(|r| target.matches(r)).map(|r| r.id().to_string()).collect();
            assert_eq!(found, expected, "{text}");
        }
    }

    #[test]
    fn an_earlier_name_still_matches() {
        let mut set = resources();
        set.update(0, |resource| {
            *resource.root.at_mut(&["metadata", "name"]).unwrap() = json(r#""prod-web""#, 0);
        })
        .unwrap();
        assert!(target(r#"{"name":"web","kind":"Deployment"}"#).matches(set.get(0)));
        assert!(target(r#"{"name":"prod-web"}"#).matches(set.get(0)));
    }

    #[test]
    fn near_misses_name_the_same_kind_and_the_same_name() {
        let set = resources();
        for (text, expected) in [
            (r#"{"kind":"Deployment","name":"wbe"}"#, &["Deployment/web", "Deployment/worker"][..]),
            (r#"{"kind":"StatefulSet","name":"web"}"#, &["Deployment/web", "Service/web"]),
            (r#"{"kind":"Deploymnet"}"#, &["Deployment/web", "Deployment/worker"]),
            (
                r#"{"kind":"Deployment","name":"web","namespace":"prod"}"#,
                &["Deployment/web", "Service/web", "Deployment/worker"],
            ),
            (r#"{"kind":"Job","name":"nothing"}"#, &[]),
        ] {
            let found: Vec<_> = target(text).near_misses(&set).iter().map(|r| r.id().to_string()).collect();
            assert_eq!(found, expected, "{text}");
        }
    }
}
