//! Network policies: what the pods of each workload may receive and send, from what is declared
//! of dependencies, routes, clients, metrics, Services and tokens.

mod clients;
mod egress;
mod ingress;
mod neighbours;
mod own;

use super::Resolver;
use crate::app::{
    App, Deployment, JobPurpose, NetworkPeer, NetworkPolicies, NetworkPolicy, Pod, PolicyProvider, Scrape, Service,
    StatefulSet,
};
use crate::diagnostic::Diagnostic;
use crate::model::network;
use crate::model::route::PodSelector;
use crate::names;
use crate::origin::Origin;
use crate::tree::{Spanned, Text};

/// A workload, as far as policies are concerned.
#[derive(Clone, Copy)]
struct Workload<'w> {
    name: &'w Text,
    pod: &'w Pod,
    role: Role<'w>,
}

/// What a workload is there for.
#[derive(Clone, Copy)]
enum Role<'w> {
    /// It serves, or works off a queue.
    Deployment(&'w Deployment),
    /// It serves, with volumes.
    StatefulSet(&'w StatefulSet),
    /// It is a backing service, which the other workloads use; with the dependency's key.
    Bundled(&'w StatefulSet, &'w Text),
    /// It runs and ends.
    Task,
    /// It makes databases, and talks to their server alone.
    Setup,
    /// It looks at secrets, and talks to nobody.
    Mute,
}

impl<'w> Workload<'w> {
    fn all(app: &'w App) -> Vec<Self> {
        let deployments =
            app.deployments.iter().map(|one| Self { name: &one.name, pod: &one.pod, role: Role::Deployment(one) });
        let stateful_sets =
            app.stateful_sets.iter().map(|one| Self { name: &one.name, pod: &one.pod, role: Role::StatefulSet(one) });
        let bundled = app.bundled.iter().map(|one| {
            let set = &one.stateful_set;
            Self { name: &set.name, pod: &set.pod, role: Role::Bundled(set, &one.dependency) }
        });
        let jobs = app.jobs.iter().map(|job| {
            let role = match job.purpose {
                JobPurpose::VerifySecrets => Role::Mute,
                JobPurpose::Databases => Role::Setup,
                _ => Role::Task,
            };
            Self { name: &job.name, pod: &job.pod, role }
        });
        let cron_jobs = app.cron_jobs.iter().map(|one| Self { name: &one.name, pod: &one.pod, role: Role::Task });
        bundled.chain(jobs).chain(deployments).chain(stateful_sets).chain(cron_jobs).collect()
    }

    /// Whether it uses the application's dependencies.
    fn uses_dependencies(&self) -> bool {
        !matches!(self.role, Role::Bundled(..) | Role::Mute)
    }

    fn is_bundled_as(&self, key: &str) -> bool {
        matches!(self.role, Role::Bundled(_, dependency) if *dependency == *key)
    }

    /// Whether it is one of those that clients call by their key.
    fn is_callable(&self) -> bool {
        matches!(self.role, Role::Deployment(_) | Role::StatefulSet(_))
    }

    fn services(&self) -> Vec<&'w Service> {
        match self.role {
            Role::Deployment(deployment) => deployment.service.iter().collect(),
            Role::StatefulSet(set) | Role::Bundled(set, _) => set.service.iter().chain([&set.governing]).collect(),
            Role::Task | Role::Setup | Role::Mute => Vec::new(),
        }
    }

    fn scrape(&self) -> Option<&'w Scrape> {
        match self.role {
            Role::Deployment(deployment) => deployment.scrape.as_ref(),
            _ => None,
        }
    }
}

impl Resolver<'_> {
    /// The policies of an application; `None` where nobody enforces any.
    pub(super) fn network_policies(&mut self, app: &App) -> Option<NetworkPolicies> {
        let workloads = Workload::all(app);
        let mut clients = self.clients(&workloads);
        self.let_in_by_neighbours(&workloads);
        let settings = self.context.network;
        self.policy_settings();
        let provider = settings.provider.and_then(|written| {
            let provider = match written.value {
                network::PolicyProvider::Cilium => PolicyProvider::Cilium,
                network::PolicyProvider::Kubernetes => PolicyProvider::Kubernetes,
                network::PolicyProvider::None => return None,
            };
            Some(Spanned::new(provider, written.origin))
        })?;
        clients.extend(self.own_clients(app, &workloads));
        let dependencies = self.dependency_traffic(app, provider);
        let mut policies = Vec::with_capacity(workloads.len());
        for workload in &workloads {
            let mut lost_paths = None;
            let ingress = self.policy_ingress(app, workload, &workloads, &clients, provider, &mut lost_paths);
            policies.push(NetworkPolicy {
                name: workload.name.clone(),
                component: workload.pod.component.clone(),
                selector: workload.pod.selector.clone(),
                ingress,
                egress: self.policy_egress(app, workload, &dependencies, &clients, provider),
                lost_paths,
            });
        }
        Some(NetworkPolicies { provider: provider.value, dns: dns(settings), policies })
    }

    fn policy_settings(&mut self) {
        let settings = self.context.network;
        if let Some(dns) = &settings.dns {
            self.pod_selector(&PodSelector { namespace: Some(dns.namespace.clone()), labels: dns.labels.clone() });
        }
        if let Some(monitoring) = &settings.monitoring {
            self.pod_selector(monitoring);
        }
        let dns = settings.dns.iter().flat_map(|dns| &dns.cidrs);
        for cidr in dns.chain(settings.api_server.iter().flat_map(|server| &server.cidrs)) {
            self.valid(cidr, "invalid-cidr", "a range of addresses", names::cidr);
        }
        if let Some(reason) = settings.accept.path_rules.as_ref().filter(|reason| reason.trim().is_empty()) {
            let message = "what is lost needs a reason, which whoever reads the policy will find there";
            self.say(Diagnostic::error("empty-reason", message).at(reason.origin));
        }
    }

    /// Says that a policy needs to know something that is not written.
    fn unknown_to_policies(&mut self, place: Origin, provider: Origin, message: &str, help: &str) {
        self.say(
            Diagnostic::error("missing-field", message)
                .at(place)
                .related(provider, "who enforces network policies")
                .help(help),
        );
    }
}

/// Where names are resolved.
fn dns(settings: &network::PolicySettings) -> Vec<NetworkPeer> {
    let Some(dns) = &settings.dns else { return Vec::new() };
    let pods = NetworkPeer::Pods { namespace: Some(dns.namespace.clone()), labels: dns.labels.0.clone() };
    let addresses = (!dns.cidrs.is_empty()).then(|| NetworkPeer::Addresses(dns.cidrs.clone()));
    std::iter::once(pods).chain(addresses).collect()
}
