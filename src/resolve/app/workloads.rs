//! Deployments, workers, cron jobs, migrations, one-off jobs and the verification of secrets.

use std::collections::HashSet;

use ecow::{EcoString, eco_format};

use super::config::ConfigTable;
use super::container::Exposed;
use super::pod::default_selector;
use super::secrets::{DeclaredKey, SecretTable};
use super::{Resolver, Tables};
use crate::app::{
    Contract, CronJob, Deployment, EnvSource, Job, JobPurpose, KeyReference, ReplicaBound, Service, ServiceAccount,
    ServicePort, Strategy,
};
use crate::diagnostic::Diagnostic;
use crate::model::container::{Port, Security};
use crate::model::secret::SecretFormat;
use crate::model::workload::{self, JobPhase, PodFields, ReplicaGuard, Replicas, ServiceType};
use crate::names;
use crate::tree::{Keyed, Spanned, Text};

/// The key of the Job that verifies secrets.
const VERIFY_SECRETS: &str = "verify-secrets";

impl Resolver<'_> {
    pub(super) fn deployments(
        &mut self,
        secrets: &SecretTable,
        config: &ConfigTable,
        accounts: &mut Vec<ServiceAccount>,
        contract: &mut Contract,
    ) -> Vec<Deployment> {
        let spec = self.spec;
        let tables = Tables { secrets, config };
        let mut made: Vec<Deployment> = Vec::new();
        let all =
            spec.deployments.iter().map(|entry| (entry, false)).chain(spec.workers.iter().map(|entry| (entry, true)));
        for ((key, deployment), worker) in all {
            let resolved = self.deployment(key, deployment, worker, &tables, accounts, contract);
            if let Some(other) = made.iter().find(|other| other.name == resolved.name) {
                let message = format!("two Deployments are named `{}`", resolved.name);
                self.say(
                    Diagnostic::error("duplicate-name", message)
                        .at(resolved.name.origin)
                        .related(other.name.origin, "the other one"),
                );
            }
            made.push(resolved);
        }
        made
    }

    fn deployment(
        &mut self,
        key: &Text,
        spec: &workload::Deployment,
        worker: bool,
        tables: &Tables<'_>,
        accounts: &mut Vec<ServiceAccount>,
        contract: &mut Contract,
    ) -> Deployment {
        let name = self.object_name("a Deployment", key, spec.name.as_ref(), 63);
        let fields = spec.pod();
        let exposed = Exposed { ports: Some(&spec.ports), probes: Some(&spec.probes) };
        let mut pod = self.pod(key, &name, &fields, &exposed, tables, accounts);
        let selector = match &spec.selector {
            Some(selector) => self.exact_selector(selector),
            None => default_selector(&self.spec.metadata.name, key),
        };
        pod.selector.clone_from(&selector);
        let (replicas, bound) = self.replicas(&name, spec.replicas.as_ref());
        let strategy = strategy(spec, bound.as_ref());
        contract.replicas.extend(bound);
        Deployment {
            replicas,
            strategy,
            revision_history_limit: spec.revision_history_limit,
            progress_deadline_seconds: spec.progress_deadline_seconds,
            min_ready_seconds: spec.min_ready_seconds,
            service: self.service(&name, spec, worker),
            worker,
            selector,
            pod,
            name,
        }
    }

    fn exact_selector(&mut self, selector: &Keyed<Text>) -> Vec<(Text, Text)> {
        for (key, value) in selector.iter() {
            self.valid(key, "invalid-label", "a label key", names::label_key);
            self.valid(value, "invalid-label", "a label value", names::label_value);
        }
        if selector.is_empty() {
            self.say(
                Diagnostic::error("empty-selector", "an empty `selector` selects every pod of the namespace")
                    .at(self.spec.metadata.name.origin)
                    .help("write the labels of the running Deployment's selector, or leave the field out"),
            );
        }
        selector.0.clone()
    }

    /// The number of pods to render, and the bound that the final resources must respect.
    fn replicas(
        &mut self,
        deployment: &Text,
        replicas: Option<&Replicas>,
    ) -> (Option<Spanned<u32>>, Option<ReplicaBound>) {
        match replicas {
            None => (None, None),
            Some(Replicas::Count(count)) => (Some(*count), None),
            Some(Replicas::Guard(guard)) => {
                let Some(bound) = self.bound(deployment, guard) else { return (None, None) };
                let least = bound.min.unwrap_or_else(|| bound.max.map_or(1, |max| max.min(1)));
                let origin = bound.origin;
                let count = guard.count.unwrap_or(Spanned::new(least, origin));
                self.within(&bound, count);
                (Some(count), Some(bound))
            }
        }
    }

    fn bound(&mut self, deployment: &Text, guard: &ReplicaGuard) -> Option<ReplicaBound> {
        let place = [&guard.exactly, &guard.max, &guard.min].into_iter().flatten().next();
        let Some(origin) = place.map(|bound| bound.origin) else {
            let message = "a guard needs `exactly`, `min` or `max`";
            self.say(Diagnostic::error("empty-guard", message).at(guard.because.origin));
            return None;
        };
        if guard.because.trim().is_empty() {
            let message = "a guard needs a reason, which whoever runs into it will read";
            self.say(Diagnostic::error("empty-reason", message).at(guard.because.origin));
        }
        if let (Some(exactly), Some(other)) = (&guard.exactly, guard.min.as_ref().or(guard.max.as_ref())) {
            let message = "`exactly` says both bounds; `min` and `max` do not go with it";
            self.say(
                Diagnostic::error("conflicting-fields", message).at(other.origin).related(exactly.origin, "`exactly`"),
            );
        }
        if let (Some(min), Some(max)) = (&guard.min, &guard.max)
            && min.value > max.value
        {
            let message = format!("`min` is {min}, above `max`, which is {max}");
            self.say(Diagnostic::error("conflicting-fields", message).at(min.origin).related(max.origin, "`max`"));
        }
        let either = |bound: &Option<Spanned<u32>>| guard.exactly.or(*bound).map(|number| number.value);
        Some(ReplicaBound {
            deployment: deployment.value.clone(),
            min: either(&guard.min),
            max: either(&guard.max),
            exactly: guard.exactly.is_some(),
            because: guard.because.clone(),
            origin,
        })
    }

    fn within(&mut self, bound: &ReplicaBound, count: Spanned<u32>) {
        if bound.allows(i64::from(count.value)) {
            return;
        }
        let message = format!(
            "`{}` would run {} pods, but {}, because {}",
            bound.deployment,
            count.value,
            bound.in_words(),
            bound.because
        );
        self.say(
            Diagnostic::error("replicas-guard", message)
                .at(count.origin)
                .related(bound.origin, "the guard")
                .help("write a number within the guard, or change the guard where it is written, with its reason"),
        );
    }

    fn service(&mut self, deployment: &Text, spec: &workload::Deployment, worker: bool) -> Option<Service> {
        let ports: Vec<ServicePort> = spec
            .ports
            .iter()
            .filter_map(|(name, port)| {
                Some(ServicePort {
                    name: name.clone(),
                    port: port.service?,
                    node_port: port.node_port,
                    protocol: port.protocol,
                    app_protocol: port.app_protocol.clone(),
                })
            })
            .collect();
        for port in spec.ports.iter().map(|(_, port)| port).filter(|port| port.service.is_none()) {
            self.without_service(port, "add `service: PORT` to the port");
        }
        let Some(first) = ports.first() else {
            self.unused_service(spec);
            return None;
        };
        self.service_type(spec, &ports);
        self.distinct_service_ports(&ports);
        if worker {
            let message = format!("the worker `{deployment}` has no Service, so its ports have no `service`");
            self.say(
                Diagnostic::error("worker-with-service", message)
                    .at(first.port.origin)
                    .help("declare it under `deployments:`, or take `service` away"),
            );
            return None;
        }
        let name = spec.service.name.clone().unwrap_or_else(|| deployment.clone());
        self.valid(&name, "invalid-name", "the name of a Service", names::service_name);
        self.annotations(&spec.service.annotations);
        Some(Service {
            name,
            service_type: spec.service.service_type,
            headless: spec.service.headless.filter(|headless| headless.value).map(|headless| headless.origin),
            annotations: spec.service.annotations.clone(),
            ports,
        })
    }

    /// Fields of a port that only a Service could use, on one that has none.
    pub(super) fn without_service(&mut self, port: &Port, help: &str) {
        let fields = [
            ("nodePort", port.node_port.as_ref().map(|port| port.origin)),
            ("appProtocol", port.app_protocol.as_ref().map(|text| text.origin)),
        ];
        for (field, origin) in fields {
            if let Some(origin) = origin {
                let message = format!("`{field}` is for the Service, and this port has none");
                self.say(Diagnostic::error("field-without-effect", message).at(origin).help(help));
            }
        }
    }

    /// What the API server refuses: a port on every node of a Service without one, and a Service
    /// of several addresses that should have none (Kubernetes: ValidateService).
    fn service_type(&mut self, spec: &workload::Deployment, ports: &[ServicePort]) {
        let written = spec.service.service_type;
        let outside = written.filter(|kind| kind.value != ServiceType::ClusterIp);
        if let (None, Some(port)) = (outside, ports.iter().find_map(|port| port.node_port)) {
            self.say(
                Diagnostic::error("conflicting-fields", "`nodePort` needs a Service of type NodePort or LoadBalancer")
                    .at(port.origin)
                    .help("write `service: {type: NodePort}`"),
            );
        }
        let headless = spec.service.headless.filter(|headless| headless.value);
        if let (Some(outside), Some(headless)) = (outside, headless) {
            self.say(
                Diagnostic::error("conflicting-fields", "a headless Service is of type ClusterIP")
                    .at(headless.origin)
                    .related(outside.origin, "the type")
                    .help("take one of the two away"),
            );
        }
    }

    /// Options of a Service that is never made would be ignored.
    fn unused_service(&mut self, spec: &workload::Deployment) {
        let origin = spec.service.name.as_ref().map(|name| name.origin);
        let origin = origin.or(spec.service.headless.as_ref().map(|headless| headless.origin));
        let origin = origin.or(spec.service.service_type.map(|kind| kind.origin));
        let origin = origin.or_else(|| spec.service.annotations.keys().next().map(|key| key.origin));
        if let Some(origin) = origin {
            let message = "no port says `service`, so there is no Service for this to apply to";
            self.say(
                Diagnostic::error("field-without-effect", message).at(origin).help("add `service: PORT` to a port"),
            );
        }
    }

    pub(super) fn cron_jobs(
        &mut self,
        secrets: &SecretTable,
        config: &ConfigTable,
        accounts: &mut Vec<ServiceAccount>,
    ) -> Vec<CronJob> {
        let spec = self.spec;
        let tables = Tables { secrets, config };
        let mut made = Vec::with_capacity(spec.cron_jobs.len());
        for (key, cron) in spec.cron_jobs.iter() {
            // The controller appends eleven characters to name the Jobs.
            let name = self.object_name("a CronJob", key, cron.name.as_ref(), 52);
            let Some(schedule) = &cron.schedule else {
                let message = format!("the cron job `{key}` has no `schedule`");
                self.say(
                    Diagnostic::error("missing-field", message)
                        .at(key.origin)
                        .help("write `schedule: \"*/15 * * * *\"` or the like"),
                );
                continue;
            };
            self.valid(schedule, "invalid-schedule", "a schedule", names::cron);
            let pod = self.pod(key, &name, &cron.pod(), &Exposed::default(), &tables, accounts);
            made.push(CronJob {
                name,
                schedule: schedule.clone(),
                time_zone: cron.time_zone.clone(),
                concurrency: cron.concurrency,
                suspend: cron.suspend,
                starting_deadline_seconds: cron.starting_deadline_seconds,
                history: cron.history.clone(),
                backoff_limit: cron.backoff_limit,
                active_deadline_seconds: cron.active_deadline_seconds,
                pod,
            });
        }
        made
    }

    pub(super) fn jobs(
        &mut self,
        secrets: &SecretTable,
        config: &ConfigTable,
        accounts: &mut Vec<ServiceAccount>,
    ) -> Vec<Job> {
        let spec = self.spec;
        let tables = Tables { secrets, config };
        let mut made: Vec<Job> = self.verify_secrets(&tables, accounts).into_iter().collect();
        for (key, migration) in spec.migrations.iter() {
            let limits = (migration.backoff_limit, migration.active_deadline_seconds);
            made.push(self.job(key, &migration.pod(), JobPurpose::Migration, limits, &tables, accounts));
        }
        for (key, job) in spec.jobs.iter() {
            let purpose = match job.run {
                Some(JobPhase::BeforeRollout) => JobPurpose::BeforeRollout,
                Some(JobPhase::AfterSync) => JobPurpose::AfterSync,
                Some(JobPhase::WithRollout) | None => JobPurpose::WithRollout,
            };
            let limits = (job.backoff_limit, job.active_deadline_seconds);
            made.push(self.job(key, &job.pod(), purpose, limits, &tables, accounts));
        }
        made
    }

    fn job(
        &mut self,
        key: &Text,
        fields: &PodFields<'_>,
        purpose: JobPurpose,
        (backoff_limit, active_deadline_seconds): (Option<Spanned<u32>>, Option<Spanned<u32>>),
        tables: &Tables<'_>,
        accounts: &mut Vec<ServiceAccount>,
    ) -> Job {
        let name = self.object_name("a Job", key, fields.name, 63);
        let pod = self.pod(key, &name, fields, &Exposed::default(), tables, accounts);
        Job { name, purpose, backoff_limit, active_deadline_seconds, pod }
    }

    /// The Job that proves that all secrets are there: it gets every key as a variable, and its
    /// script prints names only.
    fn verify_secrets(&mut self, tables: &Tables<'_>, accounts: &mut Vec<ServiceAccount>) -> Option<Job> {
        let spec = self.spec.verify_secrets.as_ref()?;
        if spec.enabled.as_ref().is_some_and(|enabled| !enabled.value) {
            return None;
        }
        let keys: Vec<&DeclaredKey> = tables.secrets.iter().flat_map(|secret| &secret.keys).collect();
        let place = spec.enabled.as_ref().map_or(self.spec.metadata.name.origin, |enabled| enabled.origin);
        let key = Text::new(VERIFY_SECRETS, place);
        let name = self.object_name("a Job", &key, None, 63);
        let command = ["/bin/sh", "-ec"].map(|word| Text::new(word, place)).to_vec();
        let variables = variables(&keys);
        let script = vec![Text::new(verification_script(&keys, &variables), place)];
        let (none, no_env) = (Keyed::default(), Keyed::default());
        let (volumes, extra, scheduling) = (Keyed::default(), Keyed::default(), workload::Scheduling::default());
        let (lifecycle, security) = (crate::model::container::Lifecycle::default(), Security::default());
        let fields = PodFields {
            name: None,
            image: spec.image.as_ref(),
            image_pull_policy: None,
            command: Some(&command),
            args: Some(&script),
            working_dir: None,
            env: &no_env,
            config: Some(&[]),
            resources: &spec.resources,
            volumes: &volumes,
            init_containers: &extra,
            sidecars: &extra,
            scheduling: &scheduling,
            service_account: None,
            lifecycle: &lifecycle,
            termination_grace_period_seconds: None,
            security: &security,
            labels: &none,
            annotations: &none,
            pod_annotations: &none,
            wave: None,
        };
        let mut pod = self.pod(&key, &name, &fields, &Exposed::default(), tables, accounts);
        let named = keys.iter().zip(&variables);
        pod.main.env = named.map(|(key, name)| (Text::new(name.clone(), key.key.origin), verified(key))).collect();
        Some(Job {
            name,
            purpose: JobPurpose::VerifySecrets,
            backoff_limit: None,
            active_deadline_seconds: spec.active_deadline_seconds,
            pod,
        })
    }
}

/// A guard that allows exactly so many pods holds during a rollout too: no surge.
fn strategy(spec: &workload::Deployment, bound: Option<&ReplicaBound>) -> Strategy {
    match (&spec.strategy, bound) {
        (Some(workload::Strategy::Recreate(written)), _) => {
            Strategy::Recreate { because: written.origin, by_guard: false }
        }
        (Some(workload::Strategy::Rolling(rolling)), _) => Strategy::Rolling(rolling.clone()),
        (None, Some(bound)) if bound.exactly => Strategy::Recreate { because: bound.origin, by_guard: true },
        (None, _) => Strategy::Default,
    }
}

/// Optional keys stay optional; a required one that is missing keeps the pod from starting, and the
/// deadline of the Job ends the wait.
fn verified(key: &DeclaredKey) -> EnvSource {
    let optional = key.optional;
    EnvSource::Secret(KeyReference { name: key.holder.clone(), key: key.key.clone(), optional })
}

/// The variable in which the script finds each key: the key's own name where that is a name in the
/// shell which the script does not use itself and which no other secret's key has.
fn variables(keys: &[&DeclaredKey]) -> Vec<EcoString> {
    let mut names: Vec<EcoString> = Vec::with_capacity(keys.len());
    let mut taken: HashSet<&str> = HashSet::from(["IFS", "PATH"]);
    for (index, key) in keys.iter().enumerate() {
        let usable = names::c_identifier(&key.key).is_ok() && !key.key.contains(|c: char| c.is_ascii_lowercase());
        names.push(match usable && taken.insert(&key.key) {
            true => key.key.value.clone(),
            false => eco_format!("secret_{index}"),
        });
    }
    names
}

/// A POSIX shell script that checks each variable and prints the names of the bad ones. A value
/// that the Infisical operator could not find arrives as the text `<no value>`.
fn verification_script(keys: &[&DeclaredKey], variables: &[EcoString]) -> String {
    let mut script = String::from(
        "bad=0\n\
         fail() { echo \"secret key $1 $2\" >&2; bad=1; }\n\
         filled() { case \"$2\" in '<no value>') return 1;; *[![:space:]]*) ;; *) return 1;; esac; }\n",
    );
    for (key, variable) in keys.iter().zip(variables) {
        let name = &key.key;
        let value = eco_format!("\"${{{variable}-}}\"");
        let check = shape_check(name, variable, key.format.unwrap_or(SecretFormat::Text), &key.allowed);
        let missing = match key.optional {
            Some(_) => String::new(),
            None => format!("else fail {name} 'is missing or empty'; "),
        };
        script.push_str(&format!("if filled {name} {value}; then {check}; {missing}fi\n"));
    }
    script.push_str("[ \"$bad\" = 0 ] && echo 'all secret keys are there and well formed'\nexit \"$bad\"\n");
    script
}

fn shape_check(name: &str, variable: &str, format: SecretFormat, allowed: &[Text]) -> String {
    let value = eco_format!("\"${{{variable}-}}\"");
    let among: Vec<String> = allowed.iter().map(|word| format!("'{}'", word.replace('\'', "'\\''"))).collect();
    match format {
        SecretFormat::Text if among.is_empty() => ":".to_owned(),
        SecretFormat::Text => {
            format!("case {value} in {}) ;; *) fail {name} 'is not one of the allowed values';; esac", among.join("|"))
        }
        SecretFormat::Url => format!("case {value} in *[!:]://[!/]*) ;; *) fail {name} 'is not a URL';; esac"),
        SecretFormat::Integer => {
            format!("case \"${{{variable}#-}}\" in ''|*[!0-9]*) fail {name} 'is not a whole number';; esac")
        }
        SecretFormat::Pairs => {
            let right = match among.is_empty() {
                true => "?*".to_owned(),
                false => among.join("|?*:").to_string(),
            };
            format!(
                "(IFS=,; set -f; case {value} in ,*|*,|*,,*) exit 1;; esac; \
                 for pair in ${{{variable}}}; do case \"$pair\" in ?*:{right}) ;; *) exit 1;; esac; done) \
                 || fail {name} 'is not a list of name:value pairs with allowed values'"
            )
        }
    }
}
