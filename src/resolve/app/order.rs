//! What comes after what: `after` leads to workloads that are there, and in no circle; and where no
//! Argo CD keeps the order, pods wait for what comes before them.

use std::collections::HashMap;

use ecow::{EcoString, eco_format};

use super::Resolver;
use crate::app::{Container, Dependency, Deployment, EnvSource, Job, JobPurpose, Pod, Service, StatefulSet};
use crate::diagnostic::Diagnostic;
use crate::model::container::{Lifecycle, Protocol, Resources, Security};
use crate::model::release::Order;
use crate::model::workload::JobPhase;
use crate::origin::Origin;
use crate::tree::{Spanned, Text};

/// The image of containers that wait: any with `sh` and BusyBox's `nc`.
const WAIT_IMAGE: &str = "docker.io/library/busybox:1.37";

/// Tries until a connection succeeds; `-e true` ends it at once. A Service without a ready pod
/// refuses connections.
const WAIT_SCRIPT: &str =
    "until nc -w 2 \"$HOST\" \"$PORT\" -e true; do echo \"waiting for $HOST:$PORT\"; sleep 2; done";

/// What pods do first.
struct First<'a> {
    /// Where the order is said.
    order: Origin,
    dependencies: &'a [Dependency],
    migrations: &'a [Job],
    /// The hosts and ports of Services, by the keys of their deployments.
    served: &'a HashMap<EcoString, (EcoString, u16)>,
}

impl First<'_> {
    /// Containers that wait for the required dependencies.
    fn connections(&self) -> impl Iterator<Item = Container> {
        let required = self.dependencies.iter().filter(|dependency| dependency.required);
        required.map(|one| wait(&one.key, &one.host, one.port.value, self.order))
    }
}

/// What a workload comes after, for every one that may say it or be named.
type After<'a> = HashMap<&'a str, &'a [Text]>;

impl Resolver<'_> {
    /// Checks every `after`, and what else asks for a place in the order.
    pub(super) fn order_of_workloads(&mut self) {
        self.boots_are_known();
        let spec = self.spec;
        let deployments: Vec<_> = spec.deployments.iter().chain(spec.workers.iter()).collect();
        let mut after: After<'_> = deployments.iter().map(|(key, one)| (key.as_str(), one.after.as_slice())).collect();
        after.extend(spec.jobs.iter().map(|(key, job)| (key.as_str(), job.after.as_slice())));
        after.extend(spec.stateful_sets.keys().map(|key| (key.as_str(), [].as_slice())));
        for (key, deployment) in deployments {
            self.wave_said_once(key, &deployment.after, deployment.wave);
        }
        for (key, job) in spec.jobs.iter() {
            self.wave_said_once(key, &job.after, job.wave);
            if let (Some(first), Some(JobPhase::BeforeRollout | JobPhase::AfterSync)) = (job.after.first(), job.run) {
                let message = format!("`after` of `{key}` is for jobs that run with the rollout");
                self.say(
                    Diagnostic::error("conflicting-fields", message)
                        .at(first.origin)
                        .help("take `run` or `after` away"),
                );
            }
        }
        for (key, names) in &after {
            names.iter().for_each(|name| self.comes_after(key, name, &after));
        }
        self.no_circle(&after);
    }

    fn wave_said_once(&mut self, key: &Text, after: &[Text], wave: Option<Spanned<i32>>) {
        if let (Some(first), Some(wave)) = (after.first(), wave) {
            let message = format!("`after` of `{key}` says the wave already");
            self.say(
                Diagnostic::error("conflicting-fields", message)
                    .at(wave.origin)
                    .related(first.origin, "`after`")
                    .help("take one of the two away"),
            );
        }
    }

    fn comes_after(&mut self, key: &str, name: &Text, after: &After<'_>) {
        if !after.contains_key(name.as_str()) {
            let mut known: Vec<&str> = after.keys().copied().filter(|other| *other != key).collect();
            known.sort_unstable();
            self.unknown(
                "unknown-workload",
                "the workload",
                name,
                &known,
                "`after` names a deployment, worker, StatefulSet or job",
            );
            return;
        }
        let run = self.spec.jobs.get(name).and_then(|job| job.run);
        if run == Some(JobPhase::AfterSync) {
            let message = format!("`{name}` runs when the sync is over, so nothing comes after it");
            self.say(Diagnostic::error("conflicting-fields", message).at(name.origin));
        }
    }

    /// Takes away, again and again, what comes after nothing that is left; a circle stays.
    fn no_circle(&mut self, after: &After<'_>) {
        let mut left: Vec<(&str, &[Text])> = after.iter().map(|(key, names)| (*key, *names)).collect();
        left.sort_unstable_by_key(|(key, _)| *key);
        let mut before = usize::MAX;
        while left.len() < before {
            before = left.len();
            let keys: Vec<&str> = left.iter().map(|(key, _)| *key).collect();
            left.retain(|(_, names)| names.iter().any(|name| keys.contains(&name.as_str())));
        }
        let keys: Vec<&str> = left.iter().map(|(key, _)| *key).collect();
        // What only comes after a circle stays too; a workload that others left come after is in one
        // or leads into one, and the first of them is enough to say.
        let first = left.iter().find_map(|(key, names)| {
            let name = names.iter().find(|name| keys.contains(&name.as_str()))?;
            leads_back(key, after).then_some((*key, name))
        });
        if let Some((key, name)) = first {
            let message = format!("`{key}` comes after `{name}`, which comes after `{key}`");
            self.say(Diagnostic::error("after-cycle", message).at(name.origin).help("take one `after` away"));
        }
    }

    /// Without waves and hooks, pods keep the order: each waits for what it comes after, and those
    /// that come after nothing wait for the required dependencies and run the migrations first.
    pub(super) fn order_in_pods(
        &mut self,
        dependencies: &[Dependency],
        deployments: &mut [Deployment],
        stateful_sets: &mut [StatefulSet],
        jobs: &mut Vec<Job>,
    ) {
        let release = &self.context.release;
        let in_pods = |order: &Spanned<Order>| order.value == Order::InitContainers && !release.kept_by_runner;
        let Some(order) = release.order.filter(in_pods) else { return };
        let (migrations, others): (Vec<Job>, Vec<Job>) =
            std::mem::take(jobs).into_iter().partition(|job| job.purpose == JobPurpose::Migration);
        *jobs = others;
        let doors = deployments.iter().map(|one| (&one.pod.component, one.service.as_ref()));
        let sets = stateful_sets.iter().map(|one| (&one.pod.component, one.service.as_ref().or(Some(&one.governing))));
        let served: HashMap<EcoString, (EcoString, u16)> =
            doors.chain(sets).filter_map(|(key, service)| self.door(key, service?)).collect();
        let first = First { order: order.origin, dependencies, migrations: &migrations, served: &served };
        for deployment in deployments {
            self.after_all(&mut deployment.pod, &deployment.after, &first);
        }
        for set in stateful_sets {
            let waits = first.connections().collect();
            self.first(&mut set.pod, waits, &[]);
        }
        for job in jobs {
            match job.purpose {
                JobPurpose::BeforeRollout => self.needs_waves(job, order.origin),
                JobPurpose::WithRollout => self.after_all(&mut job.pod, &job.after, &first),
                purpose if purpose.is_after_sync() => {
                    let mut all: Vec<_> = served.iter().collect();
                    all.sort_unstable();
                    let waits = all.into_iter().map(|(key, (host, port))| wait(key, host, *port, order.origin));
                    self.first(&mut job.pod, waits.collect(), &[]);
                }
                _ => {}
            }
        }
    }

    fn after_all(&mut self, pod: &mut Pod, after: &[Text], first: &First<'_>) {
        match after.is_empty() {
            true => self.first(pod, first.connections().collect(), first.migrations),
            false => {
                let waits = self.waits(&pod.component, after, first.served);
                self.first(pod, waits, &[]);
            }
        }
    }

    /// The key of a workload with the host and port of its Service.
    fn door(&self, key: &Text, service: &Service) -> Option<(EcoString, (EcoString, u16))> {
        let port = tcp_port(service)?;
        Some((key.value.clone(), (self.final_name(&service.name), port)))
    }

    fn waits(&mut self, key: &Text, after: &[Text], served: &HashMap<EcoString, (EcoString, u16)>) -> Vec<Container> {
        let mut waits = Vec::with_capacity(after.len());
        for name in after {
            match served.get(&name.value) {
                Some((host, port)) => waits.push(wait(name, host, *port, name.origin)),
                None => {
                    let message = format!("`{key}` cannot wait for `{name}`, which has no Service");
                    self.say(
                        Diagnostic::error("after-without-service", message)
                            .at(name.origin)
                            .help("give it a port with `service`, or let Argo CD keep the order: `order: waves`"),
                    );
                }
            }
        }
        waits
    }

    fn needs_waves(&mut self, job: &Job, order: Origin) {
        let message = format!("nothing makes the workloads wait for the job `{}`", job.pod.component);
        self.say(
            Diagnostic::error("order-needs-waves", message)
                .at(job.pod.component.origin)
                .related(order, "the order is kept by init containers")
                .help("write `run: withRollout`, or `order: waves` where Argo CD is"),
        );
    }

    /// Puts containers before the init containers of a pod, behind its sidecars, on which both rely.
    fn first(&mut self, pod: &mut Pod, waits: Vec<Container>, migrations: &[Job]) {
        let mut added = waits;
        for migration in migrations {
            let (containers, volumes) = of_migration(&migration.pod);
            added.extend(containers);
            pod.volumes.extend(volumes);
        }
        for container in &added {
            let taken = pod.init.iter().chain([&pod.main]).find(|other| other.name == container.name);
            if let Some(other) = taken {
                let message = format!("two containers of the pod are named `{}`", container.name);
                self.say(
                    Diagnostic::error("duplicate-container", message)
                        .at(other.name.origin)
                        .related(container.name.origin, "the other one"),
                );
            }
        }
        let place = pod.init.iter().position(|container| !container.sidecar).unwrap_or(pod.init.len());
        pod.init.splice(place..place, added);
    }
}

/// The containers of a migration as init containers of another pod, and its volumes; those beside the
/// migration itself under names that the pod's own do not have.
fn of_migration(pod: &Pod) -> (Vec<Container>, Vec<crate::app::Volume>) {
    let renamed = |name: &Text| Text::new(eco_format!("{}-{name}", pod.component), name.origin);
    let volumes = pod.volumes.iter().map(|volume| {
        let mut volume = volume.clone();
        volume.name = renamed(&volume.name);
        volume
    });
    let own = pod.init.iter().filter(|container| !container.sidecar);
    let own = own.map(|container| Container { name: renamed(&container.name), ..container.clone() });
    let containers = own.chain([pod.main.clone()]).map(|mut container| {
        container.mounts.iter_mut().for_each(|mount| mount.volume = renamed(&mount.volume));
        container
    });
    (containers.collect(), volumes.collect())
}

fn leads_back(key: &str, after: &After<'_>) -> bool {
    let (mut open, mut seen) = (vec![key], Vec::new());
    while let Some(next) = open.pop() {
        for name in after.get(next).into_iter().flat_map(|names| names.iter()) {
            if *name == key {
                return true;
            }
            if !seen.contains(&name.as_str()) {
                seen.push(name.as_str());
                open.push(name.as_str());
            }
        }
    }
    false
}

/// The first port of a Service that takes connections.
pub(super) fn tcp_port(service: &Service) -> Option<u16> {
    let tcp = |protocol: Option<Spanned<Protocol>>| protocol.is_none_or(|protocol| protocol.value == Protocol::Tcp);
    service.ports.iter().find(|port| tcp(port.protocol)).map(|port| port.port.value)
}

/// A container that waits until `host` takes connections; `at` is where the order is said.
fn wait(key: &str, host: &str, port: u16, at: Origin) -> Container {
    let text = |text: &str| Text::new(text, at);
    let env = [("HOST", text(host)), ("PORT", text(&port.to_string()))];
    Container {
        name: Text::new(eco_format!("wait-{key}"), at),
        sidecar: false,
        waits: Some(at),
        image: text(WAIT_IMAGE),
        image_pull_policy: None,
        command: Some(vec![text("/bin/sh"), text("-ec")]),
        args: Some(vec![text(WAIT_SCRIPT)]),
        working_dir: None,
        env_from: Vec::new(),
        env: env.map(|(name, value)| (text(name), EnvSource::Literal(value))).into(),
        ports: Vec::new(),
        liveness: None,
        readiness: None,
        startup: None,
        resources: Resources::default(),
        mounts: Vec::new(),
        lifecycle: Lifecycle::default(),
        security: Security::default(),
    }
}
