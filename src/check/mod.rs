//! Rules that `build` enforces on the final resources, whatever door a value came through: a typed
//! field, a patch, a raw resource, a template, an autoscaler, a parameter.
//!
//! What stands in [`ADVISED`] is for `strata check` alone: it says what is probably wrong, and a
//! build goes on without it.
//!
//! [`capacity`], [`numbers`], [`shared_objects`] and [`drift`] are about the whole project: they compare
//! what several builds came to.
//!
//! A check reads and never changes. Each takes time in proportion to the size of the build: what
//! it looks up more than once is an index.

mod amounts;
mod api_versions;
mod argocd_hooks;
mod autoscaled;
mod backends;
pub mod capacity;
mod claims;
mod custom_resources;
mod declared_keys;
mod default_namespace;
mod demand;
mod disruption;
pub mod drift;
mod duplicates;
mod empty;
mod forbidden;
mod hook_objects;
mod host_access;
mod labels;
mod local_only;
mod metrics;
mod monitors;
mod mounts;
mod moving_tags;
mod names;
mod needs;
pub mod numbers;
mod objects;
mod ordering;
mod organisation;
mod perpetual;
mod plain_jobs;
mod plain_secrets;
mod pod_security;
mod pods;
mod policies;
mod policy_selectors;
mod rbac;
mod readiness;
mod references;
mod registries;
mod replicas_guard;
mod scalers;
mod schema;
mod secrets;
mod selectors;
mod services;
pub mod shared_objects;
mod sops;
mod sync_options;
mod tags;
mod targets;
#[cfg(test)]
mod test;
mod wave_needs;
mod waves;

pub use demand::Demand;

use std::sync::Arc;

use crate::app::App;
use crate::diagnostic::Diagnostics;
use crate::kubernetes::{CustomKinds, Version};
use crate::model::overlay::PodSecurity;
use crate::model::project::Tags;
use crate::origin::{Origin, Origins};
use crate::policy::Policies;
use crate::resource::{Resource, ResourceSet};
use crate::tree::{Node, Spanned, Text};

/// What one overlay renders, ready to be emitted.
#[derive(Clone, Copy)]
pub struct Build<'a> {
    /// The application; `None` for a build that no typed application is part of.
    pub app: Option<&'a App>,
    /// The final resources.
    pub resources: &'a ResourceSet,
    /// What the environment and the overlay ask for.
    pub policy: &'a Policy,
    /// Why values are what they are, to find the best place to point at.
    pub origins: &'a Origins,
}

/// What the environment and the overlay ask for.
#[derive(Clone, Debug, Default)]
pub struct Policy {
    /// The image tags that the environment allows.
    pub tags: Option<Tags>,
    /// Whether the environment is a machine of the user's own.
    pub local: bool,
    /// The environment's name.
    pub environment: Option<Text>,
    /// The namespace of the overlay and the level of the Pod Security Standards that it enforces.
    pub pod_security: Option<(Text, Spanned<PodSecurity>)>,
    /// The stage that decrypts SOPS ciphertext between Strata and the cluster.
    pub decrypted_by: Option<Text>,
    /// Whether a build may render nothing.
    pub allow_empty: bool,
    /// The version of Kubernetes that manifests are made for.
    pub kubernetes: Option<Version>,
    /// The custom resources that the project defines beside what is rendered.
    pub custom: Arc<CustomKinds>,
    /// The policies of the organisation.
    pub organisation: Arc<Policies>,
    /// The registries that images may come from; `None` for any.
    pub registries: Option<Vec<Text>>,
    /// Whether Argo CD does not apply the result, so that hooks and waves mean nothing.
    pub without_argo_cd: bool,
}

type Check = fn(&Build<'_>, &mut Diagnostics);

/// What `build` enforces, in one list.
const ENFORCED: [Check; 21] = [
    names::check,
    replicas_guard::check,
    autoscaled::check,
    forbidden::check,
    declared_keys::check,
    sops::check,
    local_only::check,
    tags::check,
    registries::check,
    numbers::shared,
    moving_tags::check,
    selectors::check,
    disruption::check,
    monitors::check,
    metrics::check,
    policies::check,
    claims::check,
    argocd_hooks::check,
    pod_security::check,
    ordering::check,
    schema::check,
];

/// What `check` says beside that, in one list.
const ADVISED: [Check; 22] = [
    api_versions::check,
    custom_resources::check,
    references::check,
    mounts::check,
    services::check,
    backends::check,
    targets::check,
    policy_selectors::check,
    sync_options::check,
    waves::check,
    hook_objects::check,
    plain_jobs::check,
    perpetual::check,
    duplicates::check,
    plain_secrets::check,
    host_access::check,
    amounts::check,
    readiness::check,
    rbac::check,
    default_namespace::check,
    moving_tags::without_app,
    organisation::check,
];

/// Runs every check on what no typed overlay says: a kustomization.
pub fn review(build: &Build<'_>, diagnostics: &mut Diagnostics) {
    for check in ENFORCED.into_iter().chain(ADVISED) {
        check(build, diagnostics);
    }
}

/// Runs every check that only `check` asks for.
pub fn advise(build: &Build<'_>, diagnostics: &mut Diagnostics) {
    for check in ADVISED {
        check(build, diagnostics);
    }
}

/// Runs every check that `build` enforces; what is wrong goes to `diagnostics`, which holds what
/// the build found before (an empty render is no finding of its own after an error).
pub fn enforce(build: &Build<'_>, diagnostics: &mut Diagnostics) {
    empty::check(build, diagnostics);
    for check in ENFORCED {
        check(build, diagnostics);
    }
}

impl Build<'_> {
    /// The first of `candidates` that stands somewhere in the sources; the first one when none does.
    fn place(&self, candidates: &[Origin]) -> Option<Origin> {
        let found = candidates.iter().find(|origin| self.origins.place(**origin).is_some());
        found.or(candidates.first()).copied()
    }

    /// Where to point at for `node` of `resource`: the node, else the resource.
    fn at(&self, resource: &Resource, node: &Node) -> Origin {
        self.or_resource(resource, node.origin())
    }

    /// `origin` when it stands somewhere in the sources, else the best place of `resource`.
    fn or_resource(&self, resource: &Resource, origin: Origin) -> Origin {
        self.place(&[origin, self.place_of(resource)]).unwrap_or(origin)
    }

    /// Where to point at for a resource as a whole: its name, its kind, its start.
    fn place_of(&self, resource: &Resource) -> Origin {
        let root = &resource.root;
        let fields = [root.at(&["metadata", "name"]), root.get("kind"), Some(root)];
        let candidates: Vec<Origin> = fields.into_iter().flatten().map(Node::origin).collect();
        self.place(&candidates).unwrap_or(root.origin())
    }
}

#[cfg(test)]
mod tests {
    use super::test::{Case, codes, resources};
    use super::*;
    use crate::origin::Rule;

    #[test]
    fn a_value_that_a_rule_made_is_shown_at_its_resource() {
        static RULE: Rule = Rule { name: "r", text: "t", change: "c" };
        let mut origins = Origins::default();
        let made = Node::null(origins.rule(&RULE));
        let set = resources("{kind: X, apiVersion: v1, metadata: {name: x}}");
        let policy = Policy::default();
        let build = Build { app: None, resources: &set, policy: &policy, origins: &origins };
        let name = set.get(0).root.at(&["metadata", "name"]).unwrap();
        assert_eq!(build.at(set.get(0), &made), name.origin());
        assert_eq!(build.at(set.get(0), name), name.origin());
    }

    #[test]
    fn everything_is_enforced_at_once() {
        let yaml = "{apiVersion: v1, kind: Service, metadata: {name: 0, annotations: {argocd.argoproj.io/hook: x}}}";
        assert_eq!(codes(enforce, &Case { yaml, ..Case::default() }), ["wrong-type", "unknown-hook"]);
    }
}
