//! The rest of the project, where it matters to what is built: the overlays that share a cluster
//! whose capacity is known, and the applications that have unique numbers. What is wrong with
//! them for themselves is said when they are built.

use std::collections::{BTreeSet, HashSet};

use rayon::prelude::*;

use crate::check::capacity::{self, Asked};
use crate::check::numbers::{self, Claim};
use crate::diagnostic::Diagnostics;
use crate::model::project::{Capacity, Project as Settings};
use crate::origin::Origins;
use crate::project::{Entry, File, Kind, Project};
use crate::resolve::layers;
use crate::tree::Node;

use super::environments::Beside;
use super::given::Placed;
use super::{PARALLEL_FROM, Run, apply};

/// What one build says to the rest of the project.
#[derive(Clone, Debug, Default)]
pub(super) struct Facts {
    /// What it asks of its cluster, where the capacity is known. A kustomization asks for what the
    /// overlays ask for that it lists.
    pub asked: Vec<Asked>,
    /// The numbers that its application has.
    pub claims: Vec<Claim>,
    /// What `check` compares with other builds.
    pub beside: Beside,
}

impl Facts {
    /// Adds the facts of an overlay that a kustomization lists.
    pub(super) fn take_in(&mut self, more: Self) {
        self.asked.extend(more.asked);
        self.claims.extend(more.claims);
    }
}

/// Whether what was read so far can be said to be right only with the rest of the project: a
/// number must be unique, or a cluster has to hold all of its overlays. Told from the trees as
/// they are written, which is enough to know what to read.
pub(super) fn matter(project: &Project) -> bool {
    let settings = project.settings.and_then(|file| project.get(file).root());
    let capacity = |file: &File| {
        let name = file.root().and_then(|root| root.get("environment")).and_then(Node::as_str);
        let cluster = name.and_then(|name| settings?.at(&["environments", name, "destination", "cluster"])?.as_str());
        cluster
            .is_some_and(|cluster| settings.is_some_and(|root| root.at(&["clusters", cluster, "capacity"]).is_some()))
    };
    project.files().any(|(_, file)| match file.kind {
        Some(Kind::App) => has_numbers(file, &["uniqueNumbers"]),
        Some(Kind::Overlay) => has_numbers(file, &["app", "uniqueNumbers"]) || capacity(file),
        Some(Kind::Component) => has_numbers(file, &["app", "uniqueNumbers"]),
        _ => false,
    })
}

fn has_numbers(file: &File, path: &[&str]) -> bool {
    file.root().is_some_and(|root| root.at(path).is_some())
}

/// Which amounts of a capacity are known.
pub(super) fn known(capacity: &Capacity) -> [bool; 2] {
    [capacity.cpu.is_some(), capacity.memory.is_some()]
}

impl Run<'_> {
    /// Holds what was built against the rest of the project.
    pub(super) fn with_others(&self, built: Vec<Facts>, diagnostics: &mut Diagnostics) {
        let none = Settings::default();
        let settings = self.settings.unwrap_or(&none);
        let broken = self.project.broken(diagnostics);
        let usable = |entry: &&Entry| entry.file.is_some() && !self.project.depends_on(entry, &broken);
        let (others, unusable): (Vec<&Entry>, Vec<&Entry>) = self.project.others.iter().partition(usable);
        let claims: Vec<Claim> = built.iter().flat_map(|facts| facts.claims.iter().cloned()).collect();
        if !claims.is_empty() {
            numbers::check(&claims, &self.claims_of(&others, settings), diagnostics);
        }
        let mut asked: Vec<Asked> = built.into_iter().flat_map(|facts| facts.asked).collect();
        let clusters: HashSet<_> = asked.iter().map(|asked| asked.cluster.clone()).collect();
        if clusters.is_empty() {
            return;
        }
        for cluster in clusters.iter().collect::<BTreeSet<_>>() {
            // Whether a broken overlay is for this cluster, nobody can tell.
            let overlays = unusable.iter().filter(|entry| entry.path.ends_with("overlay.yaml"));
            asked.extend(overlays.map(|entry| Asked {
                cluster: cluster.clone(),
                overlay: apply::name(self.project, entry),
                demand: None,
            }));
        }
        asked.extend(self.asked_by(&others, settings, &clusters));
        let demands = asked.iter_mut().filter_map(|asked| asked.demand.as_mut());
        demands.for_each(|demand| demand.forget_places_from(self.sources.end()));
        asked.sort_by(|a, b| (&a.cluster, &a.overlay).cmp(&(&b.cluster, &b.overlay)));
        capacity::check(&settings.clusters, &asked, diagnostics);
    }

    /// What the other overlays of these clusters ask for: they are rendered, too.
    fn asked_by(&self, others: &[&Entry], settings: &Settings, clusters: &HashSet<ecow::EcoString>) -> Vec<Asked> {
        let cluster = |entry: &Entry| {
            let name = layers::environment_of(self.project, entry.file?)?;
            let cluster = &settings.environments.get(name)?.destination.as_ref()?.cluster;
            clusters.get(&cluster.value).cloned()
        };
        let here: Vec<(&Entry, ecow::EcoString)> =
            others.iter().filter_map(|entry| Some((*entry, cluster(entry)?))).collect();
        let given = Placed::default();
        let run = Run { given: &given, ..*self };
        let ask = |(entry, cluster): &(&Entry, ecow::EcoString)| {
            let built = run.entry(entry);
            let demand = built.facts.asked.into_iter().next().filter(|_| built.rendered.is_some());
            let demand = demand.and_then(|asked| asked.demand);
            Asked { cluster: cluster.clone(), overlay: apply::name(self.project, entry), demand }
        };
        match here.len() < PARALLEL_FROM || self.helm.is_some() {
            true => here.iter().map(ask).collect(),
            false => here.par_iter().map(ask).collect(),
        }
    }

    /// The numbers of the other applications: as each application writes them, and as its overlays
    /// change them.
    fn claims_of(&self, others: &[&Entry], settings: &Settings) -> Vec<Claim> {
        let mut claims = Vec::new();
        for file in others.iter().filter_map(|entry| entry.file) {
            let mut origins = Origins::default();
            let (said, project) = (&mut Diagnostics::default(), self.project);
            let app = match project.get(file).kind {
                Some(Kind::App) => project.get(file).root().cloned(),
                _ => layers::plan(project, settings, file, &[], &mut origins, said).and_then(|plan| plan.app),
            };
            claims.extend(app.iter().flat_map(|app| claims_in(app, &origins)));
        }
        claims
    }
}

/// The numbers in the tree of an application.
fn claims_in(app: &Node, origins: &Origins) -> Vec<Claim> {
    let name = app.at(&["metadata", "name"]).and_then(Node::as_str).unwrap_or_default();
    let numbers = app.get("uniqueNumbers").into_iter().flat_map(Node::entries);
    let claim = |entry: &crate::tree::Entry| {
        let value = u32::try_from(entry.node.as_i64()?).ok()?;
        let origin = origins.settle(entry.node.origin())?;
        Some(Claim { app: name.into(), name: entry.key.clone(), value, origin })
    };
    numbers.filter_map(claim).collect()
}
