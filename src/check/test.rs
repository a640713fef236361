//! What the tests of the checks share: a build from YAML text, and what a check says about it.

use std::fmt::Write as _;

use super::{Build, Check, Policy};
use crate::app::{App, BoundReason, Contract, DeclaredSecret, Monitoring, ReplicaBound};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::load::yaml;
use crate::model::project::Edition;
use crate::model::release::Order;
use crate::origin::{Origin, Origins};
use crate::resource::{Resource, ResourceSet};
use crate::tree::Text;

/// The place of everything in a contract: behind every text of a test.
pub const CONTRACT: u32 = 1_000_000;

/// A build: the manifests, and what they must respect.
#[derive(Default)]
pub struct Case<'a> {
    pub yaml: &'a str,
    pub contract: Contract,
    pub policy: Policy,
}

/// A text of a contract.
pub fn text(value: &str) -> Text {
    Text::new(value, Origin::source(CONTRACT))
}

/// A bound on the Deployment `main`.
pub fn bound(min: Option<u32>, max: Option<u32>, exactly: bool) -> ReplicaBound {
    let because = text("it has a single writer");
    ReplicaBound {
        reason: BoundReason::Guard,
        deployment: "main".into(),
        min,
        max,
        exactly,
        because,
        origin: Origin::source(CONTRACT),
    }
}

/// A declared Secret with required keys.
pub fn declared(name: &str, keys: &[&str], guarded: bool) -> DeclaredSecret {
    let keys = keys.iter().map(|key| text(key)).collect();
    let origin = Origin::source(CONTRACT);
    DeclaredSecret { name: text(name), declared_as: text(name), keys, optional: Vec::new(), guarded, origin }
}

/// An app that is nothing but its contract.
pub fn app(contract: Contract) -> App {
    App {
        edition: Edition::default(),
        name: text("app"),
        part_of: None,
        namespace: None,
        namespace_object: None,
        order: Order::default(),
        labels: Vec::new(),
        annotations: Vec::new(),
        service_accounts: Vec::new(),
        config_maps: Vec::new(),
        secrets: Vec::new(),
        deployments: Vec::new(),
        stateful_sets: Vec::new(),
        claims: Vec::new(),
        dependencies: Vec::new(),
        bundled: Vec::new(),
        cron_jobs: Vec::new(),
        jobs: Vec::new(),
        monitoring: Monitoring::default(),
        routes: Vec::new(),
        gateway_pods: None,
        network: None,
        contract,
    }
}

/// The resources of a YAML text.
pub fn resources(yaml: &str) -> ResourceSet {
    let mut diagnostics = Diagnostics::default();
    let documents = yaml::read(yaml, 0, yaml::Dialect::Resource, &mut diagnostics).unwrap_or_default();
    assert!(diagnostics.is_empty(), "{diagnostics:?}");
    let mut set = ResourceSet::default();
    for document in documents.into_iter().filter(|document| !document.is_null()) {
        set.insert(Resource::new(document).unwrap()).unwrap();
    }
    set
}

/// What a check finds in resources.
pub fn run(check: Check, app: Option<&App>, resources: &ResourceSet, policy: &Policy) -> Vec<Diagnostic> {
    let mut diagnostics = Diagnostics::default();
    let origins = Origins::default();
    check(&Build { app, resources, policy, origins: &origins }, &mut diagnostics);
    diagnostics.into_iter().collect()
}

fn diagnostics(check: Check, case: &Case<'_>) -> Vec<Diagnostic> {
    run(check, Some(&app(case.contract.clone())), &resources(case.yaml), &case.policy)
}

/// The codes of what a check finds.
pub fn codes(check: Check, case: &Case<'_>) -> Vec<&'static str> {
    diagnostics(check, case).iter().map(|diagnostic| diagnostic.code).collect()
}

/// What a check finds, a line each: the code, the text at the primary label up to the end of its
/// line, and the message.
pub fn findings(check: Check, case: &Case<'_>) -> Vec<String> {
    shown(&diagnostics(check, case), case.yaml)
}

/// Diagnostics as [`findings`] shows them.
pub fn shown(diagnostics: &[Diagnostic], yaml: &str) -> Vec<String> {
    let line = |d: &Diagnostic| {
        let position = d.primary.as_ref().and_then(|label| label.origin.position()).map(|p| p as usize);
        let at = position.and_then(|position| yaml.get(position..)).and_then(|rest| rest.lines().next());
        let mut line = format!("{} [{}] {}", d.code, at.unwrap_or("contract"), d.message);
        if let Some(help) = d.help.as_ref().filter(|help| help.starts_with("did you mean")) {
            let _ = write!(line, " ({help})");
        }
        line
    };
    diagnostics.iter().map(line).collect()
}
