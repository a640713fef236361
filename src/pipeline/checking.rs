//! What `check` asks for beside a build: the checks that advise, and kustomizations held against
//! the same rules.

use std::path::PathBuf;
use std::sync::Arc;

use super::given::Placed;
use super::{Build, Run};
use crate::check;
use crate::date::Date;
use crate::diagnostic::{Diagnostics, Level, levels};
use crate::kubernetes::Version;
use crate::project::FileId;
use crate::resource::{Identity, Resource, ResourceSet};

/// What `check` asks for beside a build.
#[derive(Clone, Debug, Default)]
pub struct Checking {
    /// The version of Kubernetes to check against, whatever strata.yaml says.
    pub kubernetes: Option<Version>,
    /// The day that exceptions are held against; without it they have no end.
    pub today: Option<Date>,
    /// The policies to check against, whatever strata.yaml says: a file or a folder.
    pub policies: Option<PathBuf>,
    /// Whether all of the project is checked, so that what nobody needs can be told.
    pub whole: bool,
    /// Whether the environments of an application are compared.
    pub drift: bool,
}

impl Run<'_> {
    /// The policy of a layer, with what `check` says instead of strata.yaml.
    pub(super) fn checked(&self, policy: check::Policy) -> check::Policy {
        let asked = self.check.and_then(|check| check.kubernetes);
        check::Policy { kubernetes: asked.or(policy.kubernetes), ..policy }
    }
}

impl Build<'_> {
    /// Builds a kustomization, and holds it against the rules when that is asked for.
    pub(super) fn kustomization(&mut self, file: FileId, given: &Placed) -> Option<Vec<Resource>> {
        self.refuse_parameters(given);
        let rendered = self.kustomize(file)?;
        let resources = self.over_kustomization(given, rendered);
        if self.run.check.is_some() {
            self.hold_against_rules(&resources, file);
        }
        Some(resources)
    }

    /// No typed file says what these resources are for, so nothing there could open a guard: what
    /// breaks one is a warning.
    fn hold_against_rules(&mut self, resources: &[Resource], file: FileId) {
        let mut set = ResourceSet::with_identity(Identity::Kustomize);
        for resource in resources {
            // Two of one id have been refused already, unless kustomize tells them apart by their version.
            let _ = set.insert(resource.clone());
        }
        self.resources = set;
        let settings = self.run.settings;
        let kubernetes = settings.and_then(|settings| settings.kubernetes.as_ref()?.parse().ok());
        let registries = settings.and_then(|settings| settings.registries.as_ref());
        let registries = registries.map(|registries| registries.allowed.clone());
        let policy = self.run.checked(check::Policy {
            kubernetes,
            registries,
            custom: Arc::clone(self.run.custom),
            organisation: Arc::clone(self.run.policies),
            ..check::Policy::default()
        });
        let build = check::Build { app: None, resources: &self.resources, policy: &policy, origins: &self.origins };
        let mut found = Diagnostics::default();
        check::review(&build, &mut found);
        self.facts.beside = self.beside(&build, file, None);
        for mut finding in found {
            if levels::is_guard(finding.code) {
                finding.level = Level::Warning;
            }
            self.diagnostics.push(finding);
        }
        self.judge(&[], &[]);
    }
}
