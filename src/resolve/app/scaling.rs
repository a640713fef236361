//! Autoscaling and disruption budgets of deployments and workers.

use super::Resolver;
use crate::app::{Autoscaling, Container, Disruption, Pod};
use crate::diagnostic::Diagnostic;
use crate::model::container::ResourceAmounts;
use crate::model::scalar::IntOrText;
use crate::model::scaling;
use crate::model::workload::{self, Replicas};
use crate::tree::{Spanned, Text};

/// Seconds that a recommendation may be held back at most (Kubernetes: HPAScalingRules).
const LONGEST_STABILIZATION: u32 = 3600;

impl Resolver<'_> {
    pub(super) fn autoscaling(&mut self, key: &Text, spec: &workload::Deployment, pod: &Pod) -> Option<Autoscaling> {
        let written = spec.autoscaling.as_ref()?;
        self.no_number_beside(key, spec, written);
        self.in_range(written);
        let metrics = [("cpu", written.cpu), ("memory", written.memory)];
        for (metric, target) in metrics {
            if let Some(target) = target {
                self.requested(metric, target, pod);
            }
        }
        let place = place(written).unwrap_or(key.origin);
        if metrics.iter().all(|(_, target)| target.is_none()) {
            let message = format!("`autoscaling` of `{key}` follows no load");
            self.say(
                Diagnostic::error("missing-field", message)
                    .at(place)
                    .help("write `cpu: 70`, in percent of the requests"),
            );
        }
        let Some(max) = written.max else {
            let message = format!("`autoscaling` of `{key}` has no `max`");
            self.say(Diagnostic::error("missing-field", message).at(place).help("write the greatest number of pods"));
            return None;
        };
        Some(Autoscaling {
            min: written.min,
            max,
            cpu: written.cpu,
            memory: written.memory,
            scale_up_stabilization_seconds: written.scale_up_stabilization_seconds,
            scale_down_stabilization_seconds: written.scale_down_stabilization_seconds,
        })
    }

    /// Two answers to one question: a number that is written, and one that follows the load.
    fn no_number_beside(&mut self, key: &Text, spec: &workload::Deployment, written: &scaling::Autoscaling) {
        let count = match &spec.replicas {
            Some(Replicas::Count(count)) => Some(*count),
            Some(Replicas::Guard(guard)) => guard.count,
            None => None,
        };
        if let (Some(count), Some(place)) = (count, place(written)) {
            let message = format!("`{key}` has both a number of `replicas` and `autoscaling`");
            self.say(
                Diagnostic::error("conflicting-fields", message)
                    .at(count.origin)
                    .related(place, "the autoscaling")
                    .help("take one of them away, with `null` where a lower layer writes it"),
            );
        }
    }

    fn in_range(&mut self, written: &scaling::Autoscaling) {
        let numbers = [("min", written.min), ("max", written.max), ("cpu", written.cpu), ("memory", written.memory)];
        for (field, number) in numbers {
            if let Some(zero) = number.filter(|number| number.value == 0) {
                let message = format!("`{field}` of `autoscaling` is at least 1");
                self.say(Diagnostic::error("invalid-autoscaling", message).at(zero.origin));
            }
        }
        if let (Some(min), Some(max)) = (written.min, written.max)
            && min.value > max.value
        {
            let message = format!("`min` is {min}, above `max`, which is {max}");
            self.say(Diagnostic::error("conflicting-fields", message).at(min.origin).related(max.origin, "`max`"));
        }
        let seconds = [written.scale_up_stabilization_seconds, written.scale_down_stabilization_seconds];
        for seconds in seconds.into_iter().flatten().filter(|seconds| seconds.value > LONGEST_STABILIZATION) {
            let message = format!("the load is looked back at for {LONGEST_STABILIZATION} seconds at most");
            self.say(Diagnostic::error("invalid-autoscaling", message).at(seconds.origin));
        }
    }

    /// The use is a percentage of what all containers of a pod request; one without a request leaves
    /// the autoscaler without a number.
    fn requested(&mut self, metric: &str, target: Spanned<u32>, pod: &Pod) {
        let amount = |amounts: &ResourceAmounts| match metric {
            "cpu" => amounts.cpu.is_some(),
            _ => amounts.memory.is_some(),
        };
        // Kubernetes takes a limit for the request where nothing else is written.
        let says =
            |container: &&Container| !amount(&container.resources.requests) && !amount(&container.resources.limits);
        let sidecars = pod.init.iter().filter(|container| container.sidecar);
        if let Some(container) = std::iter::once(&pod.main).chain(sidecars).find(says) {
            let name = &container.name;
            let message =
                format!("the container `{name}` requests no {metric}, so there is nothing to take a percentage of");
            self.say(
                Diagnostic::error("autoscaling-without-request", message)
                    .at(target.origin)
                    .related(name.origin, "the container")
                    .help(format!("write `resources: {{requests: {{{metric}: ...}}}}` of the container")),
            );
        }
    }

    pub(super) fn disruption(&mut self, key: &Text, spec: &workload::Deployment) -> Option<Disruption> {
        let written = spec.disruption.as_ref()?;
        for bound in [&written.max_unavailable, &written.min_available].into_iter().flatten() {
            self.number_or_percentage(bound);
        }
        match (&written.max_unavailable, &written.min_available) {
            (Some(bound), None) => Some(Disruption::MaxUnavailable(bound.clone())),
            (None, Some(bound)) => Some(Disruption::MinAvailable(bound.clone())),
            (first, second) => {
                let place = first.as_ref().or(second.as_ref()).map_or(key.origin, |bound| bound.0.origin());
                let message =
                    format!("`disruption` of `{key}` needs exactly one of `maxUnavailable` and `minAvailable`");
                self.say(Diagnostic::error("conflicting-fields", message).at(place));
                None
            }
        }
    }

    fn number_or_percentage(&mut self, bound: &IntOrText) {
        let percent =
            |text: &str| text.strip_suffix('%').is_some_and(|number| number.parse::<u8>().is_ok_and(|p| p <= 100));
        let fits = match bound.0.as_str() {
            Some(text) => percent(text),
            None => bound.0.as_i64().is_some_and(|number| number >= 0),
        };
        if !fits {
            let message = "expected a number of pods, or a percentage such as `25%`";
            self.say(Diagnostic::error("invalid-disruption", message).at(bound.0.origin()));
        }
    }

    /// Globs of files below the repository's root.
    pub(super) fn source_paths(&mut self, paths: &[Text]) {
        for path in paths {
            let outside = path.starts_with('/') || path.split('/').any(|part| part == "..");
            if path.trim().is_empty() || outside || path.contains([';', '\n']) {
                let message = format!("`{path}` is not a path below the repository's root");
                self.say(
                    Diagnostic::error("invalid-source-path", message)
                        .at(path.origin)
                        .help("write a path or glob such as `api/**`, without `;`"),
                );
            }
        }
    }
}

/// Where `autoscaling` is written.
fn place(written: &scaling::Autoscaling) -> Option<crate::origin::Origin> {
    let numbers = [
        written.max,
        written.min,
        written.cpu,
        written.memory,
        written.scale_up_stabilization_seconds,
        written.scale_down_stabilization_seconds,
    ];
    numbers.into_iter().flatten().map(|number| number.origin).next()
}
