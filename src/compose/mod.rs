//! A resolved application becomes a Docker Compose file, as `lower` makes Kubernetes resources of
//! it. Like that it cannot fail; what a Compose file cannot say is a note.
//!
//! Names and images are those of the final resources, so that `names:` and `images:` of every
//! layer count here too.

mod environment;
mod health;
mod mounts;
mod order;
mod rules;
mod service;
mod text;
mod unsaid;
mod workload;

use ecow::EcoString;

use crate::app::App;
use crate::diagnostic::Diagnostics;
use crate::model::compose::Compose;
use crate::object;
use crate::origin::{Cause, Derived, Origin, Origins, Rule};
use crate::resource::ResourceSet;
use crate::tree::{Map, Node};
use environment::Variables;
use mounts::Files;
use rules::PROJECT;

/// What a Compose file is made from, beside the application.
pub struct Given<'a> {
    /// What the overlay says about Compose.
    pub settings: &'a Compose,
    /// The final resources.
    pub resources: &'a ResourceSet,
    /// Where patches are written, which change Kubernetes resources alone.
    pub patches: Vec<Origin>,
}

/// The Compose file of `app`; what it cannot say goes to `diagnostics` as notes.
pub fn compose(app: &App, given: &Given<'_>, origins: &mut Origins, diagnostics: &mut Diagnostics) -> Node {
    let variables = Variables::of(app);
    let mut composer =
        Composer { app, given, origins, diagnostics, variables, files: Files::default(), tools: Vec::new() };
    composer.file()
}

/// Every rule of Compose files.
pub fn rules() -> &'static [&'static Rule] {
    rules::ALL
}

/// A Compose file in the making.
struct Composer<'a> {
    app: &'a App,
    given: &'a Given<'a>,
    origins: &'a mut Origins,
    diagnostics: &'a mut Diagnostics,
    /// The values of secrets that services need.
    variables: Variables<'a>,
    /// Configs, secrets and volumes that services mount.
    files: Files,
    /// What health checks need in images: the tool, the service, and where the probe is.
    tools: Vec<(&'static str, EcoString, Origin)>,
}

impl Composer<'_> {
    fn file(&mut self) -> Node {
        let origin = self.rule(&PROJECT);
        let mut services = Map::default();
        let workloads = self.workloads();
        for workload in &workloads {
            self.services(workload, &workloads, &mut services);
        }
        let settings = self.given.settings;
        let project = settings.project.as_ref().or(self.app.namespace.as_ref()).unwrap_or(&self.app.name);
        let network = settings.network.as_ref().map(|network| {
            let mut networks = Map::default();
            networks.push(network.value.clone(), network.origin, object! { network.origin; "external": true });
            Node::new(networks, network.origin)
        });
        let Files { configs, secrets, volumes } = std::mem::take(&mut self.files);
        self.unsaid();
        let section = |map: Map| (!map.is_empty()).then(|| Node::new(map, origin));
        object! { origin;
            "name": project,
            "services": services,
            "networks"?: network,
            "volumes"?: section(volumes),
            "configs"?: section(configs),
            "secrets"?: section(secrets),
        }
    }

    fn rule(&mut self, rule: &'static Rule) -> Origin {
        self.origins.rule(rule)
    }

    /// The origin of what `rule` makes because of what is written at `at`.
    fn rule_at(&mut self, rule: &'static Rule, at: Origin) -> Origin {
        self.origins.derive(Derived { cause: Cause::Rule(rule), at: Some(at), replaced: None, old: None })
    }
}

/// A mapping, unless it is empty.
fn unless_empty(node: Node) -> Option<Node> {
    let empty = node.as_map().is_some_and(Map::is_empty);
    (!empty).then_some(node)
}
