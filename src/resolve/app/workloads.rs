//! Deployments with their guards on replicas, and workers.

use std::collections::HashMap;

use ecow::EcoString;

use super::container::Exposed;
use super::pod::default_selector;
use super::{Resolver, Tables};
use crate::app::{
    BoundReason, Contract, Deployment, EnvSource, Pod, RecreateFor, ReplicaBound, Restarter, ServiceAccount, Strategy,
    VolumeSource,
};
use crate::diagnostic::Diagnostic;
use crate::model::secret::ProviderKind;
use crate::model::workload::{self, ReplicaGuard, Replicas};
use crate::names;
use crate::origin::Origin;
use crate::tree::{Keyed, Spanned, Text};

impl Resolver<'_> {
    pub(super) fn deployments(
        &mut self,
        tables: &Tables<'_>,
        accounts: &mut Vec<ServiceAccount>,
        contract: &mut Contract,
    ) -> Vec<Deployment> {
        let spec = self.spec;
        let mut made: Vec<Deployment> = Vec::with_capacity(spec.deployments.len() + spec.workers.len());
        let mut named: HashMap<EcoString, Origin> = HashMap::new();
        let all =
            spec.deployments.iter().map(|entry| (entry, false)).chain(spec.workers.iter().map(|entry| (entry, true)));
        for ((key, deployment), worker) in all {
            let resolved = self.deployment(key, deployment, worker, tables, accounts, contract);
            if let Some(other) = named.insert(resolved.name.value.clone(), resolved.name.origin) {
                let message = format!("two Deployments are named `{}`", resolved.name);
                self.say(
                    Diagnostic::error("duplicate-name", message)
                        .at(resolved.name.origin)
                        .related(other, "the other one"),
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
        let boot = self.boot_migration(key, worker);
        let env = boot.as_ref().map(|boot| boot.env_over(&spec.env));
        let mut fields = spec.pod();
        fields.env = env.as_ref().unwrap_or(fields.env);
        let exposed = Exposed { ports: Some(&spec.ports), probes: Some(&spec.probes) };
        let mut pod = self.pod(key, &name, &fields, &exposed, tables, accounts);
        if worker {
            pod.name_label = self.worker_name(key);
        }
        let selector = match &spec.selector {
            Some(selector) => self.exact_selector(selector),
            None => default_selector(&pod.name_label, key),
        };
        pod.selector.clone_from(&selector);
        let (replicas, bound) = self.replicas(&name, spec.replicas.as_ref());
        let autoscaling = self.autoscaling(key, spec, &pod);
        let boot = boot.map(|boot| boot.bound(&name));
        let strategy = strategy(spec, bound.as_ref().filter(|bound| bound.exactly).or(boot.as_ref()));
        contract.replicas.extend(bound.into_iter().chain(boot));
        Deployment {
            replicas: replicas.filter(|_| autoscaling.is_none()),
            autoscaling,
            disruption: self.disruption(key, spec),
            strategy,
            revision_history_limit: spec.revision_history_limit,
            progress_deadline_seconds: spec.progress_deadline_seconds,
            min_ready_seconds: spec.min_ready_seconds,
            service: self.service(&name, &spec.ports, &spec.service, worker),
            after: spec.after.clone(),
            restarted_by: self.restarted_by(key, spec.restart_on_secret_change, &pod),
            scrape: self.scrape(key, spec),
            worker,
            selector,
            pod,
            name,
        }
    }

    /// Who restarts the pods when a Secret that they use changes. The application's word is for the
    /// workloads that use one.
    pub(super) fn restarted_by(
        &mut self,
        key: &Text,
        own: Option<Spanned<bool>>,
        pod: &Pod,
    ) -> Option<Spanned<Restarter>> {
        let asked = own.or(self.spec.restart_on_secret_change).filter(|asked| asked.value)?;
        if !uses_secrets(pod) {
            if own.is_some() {
                let message = format!("the pods of `{key}` use no Secret, so none restarts them");
                self.say(Diagnostic::error("field-without-effect", message).at(asked.origin));
            }
            return None;
        }
        let provider = self.context.provider.map(|provider| provider.provider.value);
        let by = match provider {
            Some(ProviderKind::Infisical) => Restarter::Infisical,
            _ => Restarter::Reloader,
        };
        Some(Spanned::new(by, asked.origin))
    }

    /// The name that pods of workers carry: another one than that of the pods behind the Service, so
    /// that what selects by the application's name does not reach them.
    fn worker_name(&mut self, key: &Text) -> Text {
        let name = &self.spec.metadata.name;
        let worker = Text::new(ecow::eco_format!("{name}-worker"), name.origin);
        if let Err(reason) = names::label_value(&worker) {
            let message = format!("pods of the worker `{key}` cannot carry the label value `{worker}`: {reason}");
            self.say(
                Diagnostic::error("name-too-long", message).at(name.origin).help("shorten the application's name"),
            );
        }
        worker
    }

    pub(super) fn exact_selector(&mut self, selector: &Keyed<Text>) -> Vec<(Text, Text)> {
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
            reason: BoundReason::Guard,
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
}

/// How pods are replaced. A guard of `exactly` holds during a rollout too, and so does the bound of a
/// migration on boot, so without a word on it the old pod goes first: a rolling update would run one
/// more for a while.
fn strategy(spec: &workload::Deployment, single: Option<&ReplicaBound>) -> Strategy {
    match (&spec.strategy, single) {
        (Some(workload::Strategy::Recreate(written)), _) => {
            Strategy::Recreate { because: written.origin, asked_by: RecreateFor::Itself }
        }
        (Some(workload::Strategy::Rolling(rolling)), _) => Strategy::Rolling(rolling.clone()),
        (None, Some(bound)) => {
            let asked_by = match bound.reason {
                BoundReason::Guard => RecreateFor::Guard,
                BoundReason::Migration => RecreateFor::Migration,
            };
            Strategy::Recreate { because: bound.origin, asked_by }
        }
        (None, None) => Strategy::Default,
    }
}

fn uses_secrets(pod: &Pod) -> bool {
    let env = pod.init.iter().chain([&pod.main]).flat_map(|container| &container.env);
    let mut volumes = pod.volumes.iter().map(|volume| &volume.source);
    env.into_iter().any(|(_, source)| matches!(source, EnvSource::Secret(_)))
        || volumes.any(|source| matches!(source, VolumeSource::Secret(..)))
}
