//! What Kubernetes knows about its own kinds, offline: the fields of every built-in kind in every
//! supported release, with the merge keys that strategic-merge patches use.
//!
//! The definitions lie in `schemas/kubernetes/definitions.pack` and are read in place: look-ups
//! are binary searches, and nothing is done at start-up. They are Kubernetes' own OpenAPI
//! definitions; the README beside the pack names source and version. Definitions of custom
//! resources lie in `schemas/crds/definitions.pack`, and become trees when their kind is met.

mod custom;
mod custom_pack;
#[cfg(test)]
mod oracle;
mod pack;
mod scalar;
mod schema;
mod types;
mod validate;
mod version;
mod violation;

pub use custom::{CustomKind, CustomKinds, Pinned};
pub use types::{Field, Format, Kind, ListType, PatchStrategy, Type};
pub use validate::{validate, validate_as};
pub use version::{InvalidVersion, Version};
pub use violation::{Known, Violation, What};

use std::ops::RangeInclusive;

use crate::resource::Gvk;
use pack::{KindRecord, PACK};

/// The definitions of one release.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Definitions {
    index: u8,
}

impl Definitions {
    /// The definitions of the nearest supported release.
    pub fn of(version: Version) -> Self {
        Self { index: version.index() }
    }

    /// The release that the definitions are of.
    pub fn version(self) -> Version {
        Version::at(self.index)
    }

    /// The type of a built-in kind; `None` when this release does not have it.
    pub fn resource(&self, gvk: &Gvk) -> Option<Type> {
        let mut records = records_of(gvk);
        let record = records.find(|record| record.versions.contains(self.index))?;
        Type::new(record.type_id, self.index)
    }

    /// The type of `metadata` in every kind.
    pub fn object_meta(&self) -> Option<Type> {
        self.resource(&Gvk::new("v1", "ConfigMap"))?.field("metadata")
    }

    /// The kinds that this release has, sorted by kind, group and version.
    pub fn kinds(&self) -> impl Iterator<Item = Gvk> + use<> {
        let index = self.index;
        PACK.kinds().filter(move |record| record.versions.contains(index)).map(gvk_of)
    }
}

/// The first and the last supported release that has a kind (the last is [`Version::NEWEST`] when
/// it is still there); `None` when no supported release has it.
pub fn served(gvk: &Gvk) -> Option<RangeInclusive<Version>> {
    let runs = || records_of(gvk).map(|record| record.versions);
    let first = runs().map(|run| run.first()).min()?;
    let last = runs().map(|run| run.last()).max()?;
    Some(Version::at(first)..=Version::at(last))
}

/// Whether objects of a kind live in a namespace; `None` when the kind is not built in, or is no
/// resource of its own (`DeploymentList`, `Status`). The API version does not count: a resource
/// never changed its scope between versions.
pub fn is_namespaced(gvk: &Gvk) -> Option<bool> {
    match PACK.kinds_of(&gvk.kind, &gvk.group).map(|record| record.scope).max()? {
        1 => Some(true),
        2 => Some(false),
        _ => None,
    }
}

fn records_of(gvk: &Gvk) -> impl Iterator<Item = KindRecord> {
    let of_version = |record: &KindRecord| PACK.string(record.version) == gvk.version;
    PACK.kinds_of(&gvk.kind, &gvk.group).filter(of_version)
}

fn gvk_of(record: KindRecord) -> Gvk {
    let text = |id| PACK.string(id).into();
    Gvk { group: text(record.group), version: text(record.version), kind: text(record.kind) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(version: &str) -> Definitions {
        Definitions::of(version.parse().unwrap())
    }

    #[test]
    fn kinds_come_and_go_with_releases() {
        let autoscaler = Gvk::new("autoscaling/v2beta2", "HorizontalPodAutoscaler");
        assert!(at("1.25").resource(&autoscaler).is_some());
        assert!(at("1.26").resource(&autoscaler).is_none());
        assert_eq!(served(&autoscaler).map(|range| range.end().to_string()).as_deref(), Some("1.25"));
        let policy = Gvk::new("admissionregistration.k8s.io/v1", "ValidatingAdmissionPolicy");
        assert!(at("1.29").resource(&policy).is_none());
        assert!(at("1.30").resource(&policy).is_some());
        assert!(at("1.30").kinds().any(|gvk| gvk == policy));
        assert_eq!(served(&Gvk::new("example.com/v1", "Deployment")), None);
    }

    #[test]
    fn fields_come_with_releases() {
        let has = |version: &str, gvk: &Gvk, path: &[&str]| {
            let root = at(version).resource(gvk).unwrap();
            path.iter().try_fold(root, |of, name| of.field(name)).is_some()
        };
        let job = Gvk::new("batch/v1", "Job");
        assert!(!has("1.29", &job, &["spec", "managedBy"]));
        assert!(has("1.30", &job, &["spec", "managedBy"]));
        let set = Gvk::new("apps/v1", "StatefulSet");
        assert!(!has("1.25", &set, &["spec", "ordinals"]));
        assert!(has("1.26", &set, &["spec", "ordinals", "start"]));
    }

    #[test]
    fn every_kind_of_every_release_is_found_and_has_metadata_or_is_no_resource() {
        for version in Version::supported() {
            let definitions = Definitions::of(version);
            assert_eq!(definitions.version(), version);
            for gvk in definitions.kinds() {
                let root = definitions.resource(&gvk).unwrap();
                assert_eq!(root.kind(), Kind::Object, "{gvk:?}");
                let of_object = root.field("metadata").is_some_and(|of| of.field("namespace").is_some());
                assert!(of_object || is_namespaced(&gvk).is_none(), "{gvk:?} in {version}");
            }
        }
    }

    #[test]
    fn scopes_are_known_for_built_in_resources_alone() {
        let scope = |api_version: &str, kind: &str| is_namespaced(&Gvk::new(api_version, kind));
        assert_eq!(scope("apps/v1", "Deployment"), Some(true));
        assert_eq!(scope("v1", "Namespace"), Some(false));
        assert_eq!(scope("rbac.authorization.k8s.io/v1", "ClusterRole"), Some(false));
        assert_eq!(scope("rbac.authorization.k8s.io/v1", "Role"), Some(true));
        assert_eq!(scope("apiextensions.k8s.io/v1", "CustomResourceDefinition"), Some(false));
        assert_eq!(scope("apps/v1beta1", "Deployment"), Some(true), "an API version from before the oldest release");
        assert_eq!(scope("apps/v1", "DeploymentList"), None);
        assert_eq!(scope("example.com/v1", "Namespace"), None);
    }
}
