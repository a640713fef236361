//! From what is written to what it means: a [`model::app::App`] becomes an [`App`] with every
//! default filled in, every name validated and every reference known.

mod alerts;
mod bundled;
mod config;
mod container;
mod databases;
mod databases_script;
mod dependencies;
mod dependency_fields;
mod infisical;
mod jobs;
mod metrics;
mod namespace;
mod network;
mod numbers;
mod on_boot;
mod order;
mod places;
mod pod;
mod pod_rules;
mod probes;
mod routes;
mod scaling;
mod secret_values;
mod secrets;
mod security;
mod server;
mod service;
mod stateful_sets;
mod verify_dependencies;
mod verify_rollout;
mod verify_secrets;
mod workloads;

use std::collections::HashMap;

use ecow::EcoString;

use crate::app::{App, ConfigData, Contract};
use crate::diagnostic::{Diagnostic, Diagnostics, near_miss};
use crate::model;
use crate::model::monitoring::MonitoringSettings;
use crate::model::network::PolicySettings;
use crate::model::overlay::NamespaceObject;
use crate::model::project::Edition;
use crate::model::release::Order;
use crate::model::route::RoutingSettings;
use crate::model::secret::SecretProvider;
use crate::names;
use crate::tree::{Keyed, Spanned, Text};

use super::reserved::{self, Reach};
use config::ConfigTable;
use dependencies::DependencyTable;
pub use places::{Affixes, Neighbour};
use secrets::SecretTable;

/// What an application is resolved in: the choices of the overlay and its environment.
pub struct Context<'a> {
    /// The edition of the project.
    pub edition: Edition,
    /// The namespace of every object.
    pub namespace: Option<&'a Text>,
    /// Who supplies secrets.
    pub provider: Option<&'a SecretProvider>,
    /// Who watches.
    pub monitoring: &'a MonitoringSettings,
    /// Who serves routes.
    pub routing: Option<&'a RoutingSettings>,
    /// Who enforces network policies.
    pub network: &'a PolicySettings,
    /// The environment's name, when the overlay has one.
    pub environment: Option<&'a Text>,
    /// Whether the environment is a machine of the user's own.
    pub local: bool,
    /// Whether it runs in a cluster, whose names lead to other namespaces; a Docker network has none.
    pub in_cluster: bool,
    /// What the layers put around every name.
    pub affixes: &'a Affixes,
    /// The applications that dependencies name, by the key of the dependency. One that could not
    /// be read is not there, which has been said already.
    pub neighbours: &'a [(Text, Neighbour)],
    /// What the overlay says of a release.
    pub release: Release<'a>,
    /// The content of a file that the application names; `None` when it could not be read, which
    /// has been said already.
    pub file: &'a dyn Fn(&Text) -> Option<ConfigData>,
}

/// What an overlay says of a release.
#[derive(Clone, Debug, Default)]
pub struct Release<'a> {
    /// What keeps its order.
    pub order: Option<Spanned<Order>>,
    /// Whether what runs the pods keeps the order that the application describes, as Compose does:
    /// then no pod has to.
    pub kept_by_runner: bool,
    /// What the namespace is like.
    pub namespace: Option<&'a NamespaceObject>,
}

/// Resolves an application. What is wrong goes to `diagnostics`; the result is `None` when
/// something in it has no meaning at all.
pub fn resolve(spec: &model::app::App, context: &Context<'_>, diagnostics: &mut Diagnostics) -> Option<App> {
    let before = diagnostics.len();
    let mut resolver = Resolver { spec, context, diagnostics };
    let app = resolver.app();
    let failed = diagnostics.iter().skip(before).any(|d| d.level == crate::diagnostic::Level::Error);
    (!failed).then_some(app)
}

/// What a workload is resolved with.
struct Tables<'t> {
    secrets: &'t SecretTable,
    config: &'t ConfigTable,
    dependencies: &'t DependencyTable<'t>,
}

struct Resolver<'a> {
    spec: &'a model::app::App,
    context: &'a Context<'a>,
    diagnostics: &'a mut Diagnostics,
}

impl<'a> Resolver<'a> {
    fn app(&mut self) -> App {
        let spec = self.spec;
        self.name("an application", &spec.metadata.name, 63);
        if let Some(namespace) = self.context.namespace {
            self.valid(namespace, "invalid-namespace", "a namespace", names::dns_label);
        }
        self.labels(&spec.metadata.labels);
        reserved::annotations(&spec.metadata.annotations, Reach::All, self.diagnostics);
        self.unique_workload_keys();
        let mut contract = Contract::default();
        let table = self.dependency_table();
        let mut secrets = self.secret_table(&table, &mut contract);
        let config = self.config_table(&secrets);
        let mut accounts = Vec::new();
        let tables = Tables { secrets: &secrets, config: &config, dependencies: &table };
        self.order_of_workloads();
        let mut deployments = self.deployments(&tables, &mut accounts, &mut contract);
        let mut stateful_sets = self.stateful_sets(&tables, &mut accounts);
        let cron_jobs = self.cron_jobs(&tables, &mut accounts);
        let mut jobs = self.jobs(&tables, &mut accounts);
        let dependencies = self.dependencies(&table, &secrets);
        jobs.extend(self.verify_dependencies(&dependencies, &tables, &mut accounts));
        jobs.extend(self.verify_rollout(&deployments, &tables, &mut accounts));
        let monitoring = self.monitoring(&mut contract);
        let routes = self.routes(&deployments, &secrets);
        contract.numbers = self.numbers(&deployments, &stateful_sets);
        let claims = self.claims();
        let made = self.bundled(&table, &secrets, &mut accounts);
        self.restarts_something(&deployments, &stateful_sets);
        self.order_in_pods(&dependencies, &mut deployments, &mut stateful_sets, &mut jobs);
        contract.main_containers = main_containers(&deployments, &stateful_sets, &cron_jobs, &jobs);
        jobs.extend(made.jobs);
        secrets.sources.extend(made.secrets);
        let mut app = App {
            edition: self.context.edition,
            name: spec.metadata.name.clone(),
            part_of: spec.metadata.part_of.clone(),
            namespace: self.context.namespace.cloned(),
            namespace_object: self.namespace_object(),
            order: self.context.release.order.map(|order| order.value).unwrap_or_default(),
            labels: spec.metadata.labels.0.clone(),
            annotations: spec.metadata.annotations.0.clone(),
            service_accounts: accounts,
            config_maps: config.maps,
            secrets: secrets.sources,
            deployments,
            stateful_sets,
            claims,
            dependencies,
            bundled: made.bundled,
            cron_jobs,
            jobs,
            monitoring,
            routes,
            gateway_pods: self.gateway_pods(),
            network: None,
            contract,
        };
        app.network = self.network_policies(&app);
        app
    }

    fn say(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    /// Checks a text against a rule of Kubernetes; the rule's reason becomes the message.
    fn valid(&mut self, text: &Text, code: &'static str, what: &str, rule: fn(&str) -> Result<(), String>) -> bool {
        let verdict = rule(text);
        if let Err(reason) = &verdict {
            self.say(Diagnostic::error(code, format!("`{text}` is not {what}: {reason}")).at(text.origin));
        }
        verdict.is_ok()
    }

    /// Checks the name of an object: a DNS label of at most `limit` characters.
    fn name(&mut self, what: &str, name: &Text, limit: usize) {
        let length = name.chars().count();
        if length > limit {
            let message =
                format!("the name `{name}` has {length} characters, but the name of {what} has at most {limit}");
            self.say(
                Diagnostic::error("name-too-long", message)
                    .at(name.origin)
                    .help("shorten the key or the application's name, or give an exact `name`"),
            );
        } else {
            self.valid(name, "invalid-name", &format!("the name of {what}"), names::dns_label);
        }
    }

    /// The name of the object that the entry `key` makes: `<app>` for `main`, else `<app>-<key>`,
    /// or the exact name that is written.
    fn object_name(&mut self, what: &str, key: &Text, exact: Option<&Text>, limit: usize) -> Text {
        let app = &self.spec.metadata.name;
        let name = match exact {
            Some(exact) => exact.clone(),
            None if *key == "main" => Text::new(app.value.clone(), key.origin),
            None => Text::new(ecow::eco_format!("{app}-{key}"), key.origin),
        };
        self.name(what, &name, limit);
        name
    }

    /// The application's word on restarts is for the workloads that use a Secret; one has to.
    fn restarts_something(
        &mut self,
        deployments: &[crate::app::Deployment],
        stateful_sets: &[crate::app::StatefulSet],
    ) {
        let none = deployments.iter().all(|one| one.restarted_by.is_none())
            && stateful_sets.iter().all(|one| one.restarted_by.is_none());
        let asked = self.spec.restart_on_secret_change.filter(|asked| asked.value);
        if let Some(asked) = asked.filter(|_| none) {
            let message = "no pods use a Secret and are restarted by a change of it";
            self.say(Diagnostic::error("field-without-effect", message).at(asked.origin));
        }
    }

    /// The name that an object has when all layers have put their prefixes and suffixes around it:
    /// what stands in a script or a variable, where no reference is followed.
    fn final_name(&self, name: &str) -> EcoString {
        self.context.affixes.around(name)
    }

    fn labels(&mut self, labels: &Keyed<Text>) {
        reserved::labels(labels, self.diagnostics);
    }

    fn annotations(&mut self, annotations: &Keyed<Text>) {
        reserved::annotations(annotations, Reach::One, self.diagnostics);
    }

    /// Pods are selected by application and key, so no two workloads may share a key.
    fn unique_workload_keys(&mut self) {
        let spec = self.spec;
        let sections: [(&str, Vec<&Text>); 6] = [
            ("deployments", spec.deployments.keys().collect()),
            ("workers", spec.workers.keys().collect()),
            ("statefulSets", spec.stateful_sets.keys().collect()),
            ("cronJobs", spec.cron_jobs.keys().collect()),
            ("migrations", spec.migrations.keys().collect()),
            ("jobs", spec.jobs.keys().collect()),
        ];
        let mut seen: HashMap<&Text, (&str, &Text)> = HashMap::new();
        for (section, keys) in sections {
            for key in keys {
                self.valid(key, "invalid-key", "the key of a workload", names::dns_label);
                if let Some((other, first)) = seen.get(key) {
                    let message = format!("`{other}.{first}` and `{section}.{key}` would carry the same labels");
                    self.diagnostics.push(
                        Diagnostic::error("duplicate-workload-key", message)
                            .at(key.origin)
                            .related(first.origin, "the other one")
                            .help("pods are selected by application and key: give one of them another key"),
                    );
                }
                seen.entry(key).or_insert((section, key));
            }
        }
    }

    /// Says that `name` is not among `known`, with a near miss.
    fn unknown(&mut self, code: &'static str, what: &str, name: &Text, known: &[&str], help: &str) {
        let help = match near_miss(name, known.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None if known.is_empty() => help.to_owned(),
            None => format!("known here: {}; {help}", quoted(known)),
        };
        self.say(Diagnostic::error(code, format!("{what} `{name}` is not declared")).at(name.origin).help(help));
    }
}

/// At most twelve names in backticks, for a message.
fn quoted(names: &[&str]) -> String {
    let shown: Vec<String> = names.iter().take(12).map(|name| format!("`{name}`")).collect();
    let more = names.len().saturating_sub(12);
    match more {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

fn main_containers(
    deployments: &[crate::app::Deployment],
    stateful_sets: &[crate::app::StatefulSet],
    cron_jobs: &[crate::app::CronJob],
    jobs: &[crate::app::Job],
) -> Vec<(&'static str, ecow::EcoString, ecow::EcoString)> {
    let entry = |kind, name: &Text, pod: &crate::app::Pod| (kind, name.value.clone(), pod.main.name.value.clone());
    let deployments = deployments.iter().map(|d| entry("Deployment", &d.name, &d.pod));
    let stateful_sets = stateful_sets.iter().map(|s| entry("StatefulSet", &s.name, &s.pod));
    let cron_jobs = cron_jobs.iter().map(|c| entry("CronJob", &c.name, &c.pod));
    let jobs = jobs.iter().filter(|j| !j.purpose.is_proof());
    deployments.chain(stateful_sets).chain(cron_jobs).chain(jobs.map(|j| entry("Job", &j.name, &j.pod))).collect()
}

#[cfg(test)]
mod refusal_tests;
