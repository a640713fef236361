//! A resolved application becomes resources, one file per kind. It cannot fail: what it relies on
//! is established when the application is resolved.
//!
//! Every node of the result leads to where it is written, or to a named rule of [`rules`].

mod alerts;
mod autoscaler;
mod certificate;
mod cilium;
mod config_map;
mod container;
mod cron_job;
mod defaults;
mod deployment;
mod disruption_budget;
mod external_secret;
mod http_route;
mod infisical_secret;
mod infisical_static_secret;
mod ingress;
mod ingress_route;
mod job;
mod local_secret;
mod metadata;
mod monitor;
mod namespace;
mod network;
mod network_policy;
mod pod;
mod probe;
mod proof;
mod route;
mod rules;
mod security;
mod service;
mod service_account;
mod stateful_set;
mod text;
mod volume;
mod waves;

use crate::app::{App, SecretSource};
use crate::origin::{Cause, Derived, Origin, Origins, Rule};
use crate::resource::Resource;
use crate::tree::{IntoNode, Map, Node, Spanned, Text};
use defaults::Defaults;
use waves::Waves;

/// The resources of `app`, in the order in which they are applied: the namespace, accounts,
/// ConfigMaps, secret sources, network policies, claims, bundled services, Jobs, Deployments each
/// followed by its Service,
/// disruption budget, autoscaler and monitor, StatefulSets each followed by its Services, CronJobs,
/// alerts, routes.
pub fn lower(app: &App, origins: &mut Origins) -> Vec<Resource> {
    let mut lowering = Lowering { app, origins, waves: Waves::of(app), defaults: Defaults::of(app.edition) };
    let mut resources = Vec::new();
    resources.extend(app.namespace_object.as_ref().and_then(|one| Resource::new(lowering.namespace(one))));
    for account in &app.service_accounts {
        resources.extend(lowering.service_account(account).into_iter().filter_map(Resource::new));
    }
    for map in &app.config_maps {
        resources.extend(Resource::new(lowering.config_map(map)).map(|mut resource| {
            resource.needs_hash = map.hash;
            resource
        }));
    }
    for source in &app.secrets {
        resources.extend(Resource::new(lowering.secret_source(source)));
    }
    resources.extend(lowering.network_policies().into_iter().filter_map(Resource::new));
    for claim in &app.claims {
        resources.extend(Resource::new(lowering.claim(claim)));
    }
    for bundled in &app.bundled {
        resources.extend(lowering.bundled(bundled).into_iter().filter_map(Resource::new));
    }
    for job in &app.jobs {
        resources.extend(Resource::new(lowering.job(job)));
    }
    for deployment in &app.deployments {
        resources.extend(Resource::new(lowering.deployment(deployment)));
        let service = deployment.service.as_ref().map(|service| {
            let wave = lowering.waves.of_workload(&deployment.pod);
            lowering.service(service, &deployment.pod, &deployment.selector, wave)
        });
        resources.extend(service.and_then(Resource::new));
        let budget = deployment.disruption.as_ref().map(|budget| lowering.disruption_budget(budget, deployment));
        resources.extend(budget.and_then(Resource::new));
        let scaler = deployment.autoscaling.as_ref().map(|scaling| lowering.autoscaler(scaling, deployment));
        resources.extend(scaler.and_then(Resource::new));
        resources.extend(lowering.monitor(deployment).and_then(Resource::new));
    }
    for stateful_set in &app.stateful_sets {
        let wave = lowering.waves.of_workload(&stateful_set.pod);
        let made = lowering.stateful_set_and_services(stateful_set, wave);
        resources.extend(made.into_iter().filter_map(Resource::new));
    }
    for cron_job in &app.cron_jobs {
        resources.extend(Resource::new(lowering.cron_job(cron_job)));
    }
    let alerts = [lowering.prometheus_rule(), lowering.log_alerts()];
    resources.extend(alerts.into_iter().flatten().filter_map(Resource::new));
    for route in &app.routes {
        resources.extend(lowering.route(route).into_iter().filter_map(Resource::new));
    }
    resources
}

/// Every rule of the lowering.
pub fn rules() -> &'static [&'static Rule] {
    rules::ALL
}

/// What every kind is lowered with.
struct Lowering<'a> {
    app: &'a App,
    origins: &'a mut Origins,
    waves: Waves<'a>,
    defaults: Defaults,
}

impl Lowering<'_> {
    fn rule(&mut self, rule: &'static Rule) -> Origin {
        self.origins.rule(rule)
    }

    /// The origin of what `rule` makes because of what is written at `at`.
    fn rule_at(&mut self, rule: &'static Rule, at: Origin) -> Origin {
        self.origins.derive(Derived { cause: Cause::Rule(rule), at: Some(at), replaced: None, old: None })
    }

    /// The value that is written, or the default of `rule`.
    fn or_rule<T: Copy + IntoNode>(&mut self, written: Option<Spanned<T>>, rule: &'static Rule, default: T) -> Node {
        let origin = self.rule(rule);
        written.map_or_else(|| default.into_node(origin), |written| written.into_node(origin))
    }

    fn secret_source(&mut self, source: &SecretSource) -> Node {
        match source {
            SecretSource::Infisical(secret) => self.infisical_secret(secret),
            SecretSource::InfisicalStatic(secret) => self.infisical_static_secret(secret),
            SecretSource::External(secret) => self.external_secret(secret),
            SecretSource::Local(secret) => self.local_secret(secret),
        }
    }
}

/// A mapping of texts; keys and values bring their origins.
fn texts<'t>(pairs: impl IntoIterator<Item = (&'t Text, &'t Text)>, origin: Origin) -> Node {
    let mut map = Map::default();
    for (key, value) in pairs {
        map.push(key.value.clone(), key.origin, value);
    }
    Node::new(map, origin)
}

/// `pairs` as the pairs of references that [`texts`] takes.
fn pairs(pairs: &[(Text, Text)]) -> impl Iterator<Item = (&Text, &Text)> {
    pairs.iter().map(|(key, value)| (key, value))
}

/// A list of what `each` makes; `None` when there is nothing, for the API server drops empty lists.
fn list<T>(items: &[T], origin: Origin, mut each: impl FnMut(&T) -> Node) -> Option<Node> {
    let nodes: Vec<Node> = items.iter().map(&mut each).collect();
    (!nodes.is_empty()).then(|| Node::new(nodes, origin))
}

/// A mapping, unless it is empty: the API server drops empty ones.
fn unless_empty(node: Node) -> Option<Node> {
    let empty = node.as_map().is_some_and(Map::is_empty);
    (!empty).then_some(node)
}

#[cfg(test)]
mod tests;
