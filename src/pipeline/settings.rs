//! `strata.yaml` in a build: the edition, and the levels of findings.

use crate::diagnostic::{Diagnostics, Level};
use crate::model;
use crate::model::project::{Edition, Environment, FindingLevel, Project as Settings};
use crate::origin::Origin;
use crate::project::Project;
use crate::resolve;
use crate::tree::{Spanned, Text};

use super::ProjectEdition;

/// `strata.yaml`, read and checked against this binary's version.
pub(super) fn settings(project: &Project, diagnostics: &mut Diagnostics) -> Option<Settings> {
    let root = project.get(project.settings?).root()?;
    let settings = model::read::<Settings>(root, diagnostics)?;
    resolve::project::check(&settings, crate::VERSION, diagnostics);
    Some(settings)
}

/// The edition that strata.yaml says, and where.
pub(super) fn edition(project: &Project, settings: Option<&Settings>) -> ProjectEdition {
    let root = project.settings.and_then(|file| project.get(file).root());
    let written = settings.and_then(|settings| settings.edition);
    ProjectEdition {
        edition: written.map(|written| written.value).unwrap_or_default(),
        written: written.map(|written| written.origin),
        beginning: root.map(|root| root.origin()),
    }
}

/// The settings with another edition.
pub(super) fn in_edition(settings: Option<Settings>, edition: Edition) -> Settings {
    Settings { edition: Some(Spanned::new(edition, Origin::source(0))), ..settings.unwrap_or_default() }
}

/// Gives findings the levels that the project asks for.
pub(super) fn set_levels(settings: Option<&Settings>, diagnostics: &mut Diagnostics) {
    for (code, severity) in settings.iter().flat_map(|settings| settings.policy.iter()) {
        diagnostics.set_level(code, level(severity.value));
    }
}

/// The level that is asked for; `None` lets the finding go.
pub(super) fn level(asked: FindingLevel) -> Option<Level> {
    match asked {
        FindingLevel::Error => Some(Level::Error),
        FindingLevel::Warning => Some(Level::Warning),
        FindingLevel::Note => Some(Level::Note),
        FindingLevel::Ignore => None,
    }
}

/// The cluster that an environment is in, by its name, when strata.yaml describes it.
pub(super) fn cluster_of<'s>(
    settings: &'s Settings,
    environment: Option<&Environment>,
) -> Option<(&'s Text, &'s model::project::Cluster)> {
    settings.clusters.entry(&environment?.destination.as_ref()?.cluster)
}

/// The version of Kubernetes that manifests for an environment are made for.
pub(super) fn kubernetes_of<'s>(settings: &'s Settings, environment: Option<&Environment>) -> Option<&'s Text> {
    let cluster = cluster_of(settings, environment).and_then(|(_, cluster)| cluster.kubernetes.as_ref());
    cluster.or(settings.kubernetes.as_ref())
}
