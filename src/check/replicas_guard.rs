//! Guards on the number of pods: whatever sets it, the final number is within the bound, and
//! where a bound says `exactly`, a rollout adds no pod either. A migration that runs when a pod
//! starts bounds it likewise.

use std::collections::HashSet;

use super::Build;
use super::labels::{PodIndex, Selector};
use super::scalers::Scalers;
use crate::app::{App, BoundReason, ReplicaBound};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::origin::Origin;
use crate::resource::Resource;
use crate::tree::Node;

/// The code of a finding about a bound, what to call the bound, and what to do.
fn words(bound: &ReplicaBound) -> (&'static str, &'static str, &'static str) {
    match bound.reason {
        BoundReason::Guard => {
            ("replicas-guard", "the guard", "stay within the guard, or change it where it is written, with its reason")
        }
        BoundReason::Migration => (
            "migration-on-boot-scaled",
            "the migration runs on boot",
            "run one pod, or let the migration run before the rollout: `mode: job`",
        ),
    }
}

/// Pauses autoscaling at a fixed number (KEDA, concepts/scaling-deployments).
const PAUSED: &str = "autoscaling.keda.sh/paused-replicas";

pub(super) fn check(build: &Build<'_>, diagnostics: &mut Diagnostics) {
    let Some(app) = build.app.filter(|app| !app.contract.replicas.is_empty()) else { return };
    let mut guards = Guards {
        build,
        app,
        scalers: Scalers::new(build.resources),
        pods: PodIndex::new(build.resources),
        diagnostics,
    };
    for bound in &app.contract.replicas {
        guards.check(bound);
    }
}

/// A number of pods that something asks for.
struct Count<'a> {
    resource: &'a Resource,
    /// `None` where a default of Kubernetes or KEDA applies.
    node: Option<&'a Node>,
    /// `None` when what is written is no whole number.
    number: Option<i64>,
    field: &'static str,
}

struct Guards<'a, 'b> {
    build: &'b Build<'a>,
    app: &'a App,
    scalers: Scalers<'a>,
    pods: PodIndex<'a>,
    diagnostics: &'b mut Diagnostics,
}

impl<'a> Guards<'a, '_> {
    fn check(&mut self, bound: &ReplicaBound) {
        let guarded = self.guarded(bound);
        for &deployment in &guarded {
            for count in self.counts(deployment) {
                self.within(bound, &count);
            }
            if bound.exactly && bound.max != Some(0) {
                self.no_surge(bound, deployment);
            }
        }
        self.no_other_workload(bound, &guarded);
    }

    /// The Deployment that the bound is about, whatever its name is now. One of another namespace
    /// only shares the name.
    fn guarded(&self, bound: &ReplicaBound) -> Vec<&'a Resource> {
        let resources = self.build.resources;
        let all = resources.find_by_any_name("Deployment", &bound.deployment).iter().map(|index| resources.get(*index));
        let all: Vec<&Resource> = all.filter(|resource| resource.kind() == "Deployment").collect();
        let namespace = self.app.namespace.as_deref().unwrap_or_default();
        let own = |resource: &&Resource| resource.id().namespace == namespace;
        match all.len() > 1 && all.iter().any(own) {
            true => all.into_iter().filter(own).collect(),
            false => all,
        }
    }

    /// Every number of pods that is written for a workload, or that a default gives.
    fn counts(&self, workload: &'a Resource) -> Vec<Count<'a>> {
        let scalers = self.scalers.of(workload);
        let mut counts = Vec::new();
        // Where an autoscaler rules, a missing number is what it should be.
        counts.extend(count(workload, "replicas", scalers.is_empty().then_some(1)));
        for &scaler in scalers {
            let (least, most, least_default, most_default) = match scaler.kind() {
                "ScaledObject" => ("minReplicaCount", "maxReplicaCount", 0, 100),
                _ => ("minReplicas", "maxReplicas", 1, 1),
            };
            counts.extend(count(scaler, least, Some(least_default)));
            counts.extend(count(scaler, most, Some(most_default)));
            counts.extend(count(scaler, "idleReplicaCount", None));
            let fallback = scaler.root.at(&["spec", "fallback", "replicas"]);
            counts.extend(fallback.map(|node| written(scaler, node, "replicas")));
            let paused = scaler.root.at(&["metadata", "annotations", PAUSED]);
            counts.extend(paused.map(|node| Count {
                number: node.scalar_text().and_then(|text| text.parse().ok()),
                ..written(scaler, node, PAUSED)
            }));
        }
        counts
    }

    fn within(&mut self, bound: &ReplicaBound, count: &Count<'_>) {
        let Count { resource, field, .. } = count;
        let says = match (count.number, count.node) {
            (Some(number), _) if bound.allows(number) => return,
            (Some(number), Some(_)) => format!("sets `{field}` to {number}"),
            (Some(number), None) => format!("has no `{field}`, which means {number}"),
            (None, node) => format!("has {} as `{field}`", node.map_or("nothing", Node::kind)),
        };
        let origin = self.origin(count);
        self.report(bound, origin, &format!("`{resource}` {says}", resource = resource.id()));
    }

    fn origin(&self, count: &Count<'_>) -> Origin {
        match count.node {
            Some(node) => self.build.at(count.resource, node),
            None => self.build.place_of(count.resource),
        }
    }

    /// A rolling update runs up to `maxSurge` pods more (by default 25%, rounded up).
    fn no_surge(&mut self, bound: &ReplicaBound, deployment: &Resource) {
        let build = self.build;
        let strategy = deployment.root.at(&["spec", "strategy"]);
        let kind = strategy.and_then(|strategy| strategy.get("type"));
        if kind.and_then(Node::as_str) == Some("Recreate") {
            return;
        }
        let surge = strategy.and_then(|strategy| strategy.at(&["rollingUpdate", "maxSurge"]));
        let surge = surge.filter(|surge| !surge.is_null());
        let (origin, says) = match surge {
            Some(surge) if is_zero(surge) => return,
            Some(surge) => (
                build.at(deployment, surge),
                format!("sets `maxSurge` to {}", surge.scalar_text().unwrap_or_else(|| surge.kind().into())),
            ),
            None => {
                let place =
                    kind.or(strategy).map_or_else(|| build.place_of(deployment), |node| build.at(deployment, node));
                (place, "has no `maxSurge`, which means 25%, at least one".to_owned())
            }
        };
        let id = deployment.id();
        let message = format!("`{id}` {says}, so a rollout runs one pod too many; {}", reason(bound));
        let (code, label, _) = words(bound);
        self.diagnostics.push(
            Diagnostic::error(code, message)
                .about(id)
                .at(origin)
                .related(bound.origin, label)
                .help("use the strategy `Recreate`, or set `maxSurge: 0`"),
        );
    }

    /// Pods with the labels of the guarded Deployment's selector count, whatever runs them.
    fn no_other_workload(&mut self, bound: &ReplicaBound, guarded: &[&'a Resource]) {
        let Some(max) = bound.max.map(i64::from) else { return };
        let lowered = self.app.deployments.iter().find(|deployment| deployment.name == *bound.deployment);
        let lowered = lowered.map(|d| Selector::of_pairs(d.selector.iter().map(|(k, v)| (k.as_str(), v.as_str()))));
        let last = guarded.iter().filter_map(|deployment| deployment.root.at(&["spec", "selector"])).map(Selector::of);
        let selectors: Vec<Selector<'_>> = lowered.into_iter().chain(last).filter(|s| !s.is_empty()).collect();
        let mut total: i64 = guarded.iter().map(|deployment| self.most(deployment)).fold(0, i64::saturating_add);
        let mut seen: HashSet<usize> = HashSet::new();
        for selector in &selectors {
            let others: Vec<(usize, &'a Resource)> =
                self.pods.selected_anywhere(selector).map(|pods| (pods.index, pods.resource)).collect();
            for (index, other) in others {
                if guarded.iter().any(|deployment| std::ptr::eq(*deployment, other)) || !seen.insert(index) {
                    continue;
                }
                let more = self.most(other);
                total = total.saturating_add(more);
                if more > 0 && total > max {
                    self.another(bound, other, total);
                }
            }
        }
    }

    fn another(&mut self, bound: &ReplicaBound, other: &Resource, total: i64) {
        let id = other.id();
        let runs = match other.kind() {
            "DaemonSet" => "one on every node".to_owned(),
            _ => format!("{total} in all"),
        };
        let says = format!("`{id}` runs pods with the labels of `Deployment/{}` too, {runs}", bound.deployment);
        let place = other.root.at(number_path(other.kind()));
        let origin = place.map_or_else(|| self.build.place_of(other), |node| self.build.at(other, node));
        self.report(bound, origin, &says);
    }

    /// The greatest number of pods that a workload may come to.
    fn most(&self, workload: &'a Resource) -> i64 {
        match workload.kind() {
            "DaemonSet" => i64::MAX,
            "Pod" => 1,
            // Runs of a CronJob may overlap where it allows that; one run is the least to count.
            kind @ ("Job" | "CronJob") => workload.root.at(number_path(kind)).and_then(Node::as_i64).unwrap_or(1),
            _ => self.counts(workload).iter().filter_map(|count| count.number).max().unwrap_or(1),
        }
    }

    fn report(&mut self, bound: &ReplicaBound, origin: Origin, says: &str) {
        let (code, label, help) = words(bound);
        self.diagnostics.push(
            Diagnostic::error(code, format!("{says}; {}", reason(bound)))
                .at(origin)
                .related(bound.origin, label)
                .help(help),
        );
    }
}

/// The field that says how many pods of a workload run at once.
fn number_path(kind: &str) -> &'static [&'static str] {
    match kind {
        "Job" => &["spec", "parallelism"],
        "CronJob" => &["spec", "jobTemplate", "spec", "parallelism"],
        _ => &["spec", "replicas"],
    }
}

fn reason(bound: &ReplicaBound) -> String {
    format!("{} in `{}`, because {}", bound.in_words(), bound.deployment, bound.because)
}

/// The number under `spec.<field>`; where nothing is written: the default, when there is one.
fn count<'a>(resource: &'a Resource, field: &'static str, default: Option<i64>) -> Option<Count<'a>> {
    match resource.root.at(&["spec", field]).filter(|node| !node.is_null()) {
        Some(node) => Some(written(resource, node, field)),
        None => default.map(|number| Count { resource, node: None, number: Some(number), field }),
    }
}

fn written<'a>(resource: &'a Resource, node: &'a Node, field: &'static str) -> Count<'a> {
    Count { resource, node: Some(node), number: node.as_i64(), field }
}

/// `0`, or a text such as `0%`.
fn is_zero(surge: &Node) -> bool {
    match surge.as_str() {
        Some(text) => text.strip_suffix('%').is_some_and(|digits| digits.parse::<u32>() == Ok(0)),
        None => surge.as_i64() == Some(0),
    }
}

#[cfg(test)]
mod tests {
    use super::super::test::{CONTRACT, Case, app, bound, findings, resources, run, shown};
    use super::*;
    use crate::app::Contract;
    use crate::check::Policy;

    const GUARDED: &str = "apiVersion: apps/v1
kind: Deployment
metadata: {name: main}
spec:
  replicas: REPLICAS
  selector: {matchLabels: {app: main}}
  strategy: STRATEGY
  template: {metadata: {labels: {app: main}}}
";

    fn deployment(replicas: &str, strategy: &str) -> String {
        GUARDED.replace("REPLICAS", replicas).replace("STRATEGY", strategy)
    }

    fn findings_of(yaml: &str, bound: ReplicaBound) -> Vec<String> {
        let contract = Contract { replicas: vec![bound], ..Contract::default() };
        findings(check, &Case { yaml, contract, ..Case::default() })
    }

    #[track_caller]
    fn allows(yaml: &str, bound: ReplicaBound) {
        assert_eq!(findings_of(yaml, bound), Vec::<String>::new());
    }

    #[track_caller]
    fn refuses(yaml: &str, bound: ReplicaBound, expected: &str) {
        let found = findings_of(yaml, bound);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].starts_with(&format!("replicas-guard {expected}")), "{}", found[0]);
    }

    fn exactly(number: u32) -> ReplicaBound {
        bound(Some(number), Some(number), true)
    }

    #[test]
    fn the_final_number_is_within_the_bound() {
        let recreate = "{type: Recreate}";
        allows(&deployment("1", recreate), exactly(1));
        refuses(
            &deployment("3", recreate),
            exactly(1),
            "[3] `Deployment/main` sets `replicas` to 3; exactly 1 is allowed in `main`, because it has a single writer",
        );
        refuses(&deployment("0", recreate), exactly(1), "[0] `Deployment/main` sets `replicas` to 0");
        refuses(&deployment("\"1\"", recreate), exactly(1), "[\"1\"] `Deployment/main` has a string as `replicas`");
        refuses(&deployment("4", recreate), bound(None, Some(3), false), "[4] `Deployment/main` sets");
        allows(&deployment("3", "{}"), bound(None, Some(3), false));
    }

    #[test]
    fn a_missing_number_means_one() {
        let yaml = deployment("null", "{type: Recreate}");
        allows(&yaml, exactly(1));
        refuses(
            &yaml,
            bound(Some(2), None, false),
            "[main}] `Deployment/main` has no `replicas`, which means 1; at least 2 are needed",
        );
    }

    #[test]
    fn a_rollout_runs_no_extra_pod() {
        for strategy in ["{type: Recreate}", "{rollingUpdate: {maxSurge: 0}}", "{rollingUpdate: {maxSurge: 0%}}"] {
            allows(&deployment("1", strategy), exactly(1));
        }
        let one = "{type: RollingUpdate, rollingUpdate: {maxSurge: 1}}";
        refuses(&deployment("1", one), exactly(1), "[1}}] `Deployment/main` sets `maxSurge` to 1, so");
        refuses(&deployment("1", "{rollingUpdate: {maxSurge: 1%}}"), exactly(1), "[1%}}] `Deployment/main` sets");
        let none = "{type: RollingUpdate}";
        refuses(&deployment("1", none), exactly(1), "[RollingUpdate}] `Deployment/main` has no `maxSurge`, which");
        refuses(&deployment("1", "null"), exactly(1), "[");
        allows(&deployment("1", one), bound(Some(1), Some(1), false));
    }

    #[test]
    fn autoscalers_are_held_to_the_bound() {
        let scaled = |kind: &str, rest: &str| {
            let head = deployment("1", "{type: Recreate}");
            format!(
                "{head}---\napiVersion: x/v1\nkind: {kind}\nmetadata: {{name: s}}\nspec:\n  scaleTargetRef: {{kind: Deployment, name: main}}\n{rest}"
            )
        };
        let hpa = |rest| scaled("HorizontalPodAutoscaler", rest);
        allows(&hpa("  maxReplicas: 1\n"), exactly(1));
        let message = "[3] `HorizontalPodAutoscaler/s` sets `maxReplicas` to 3; exactly 1";
        refuses(&hpa("  minReplicas: 1\n  maxReplicas: 3\n"), exactly(1), message);
        let keda = |rest| scaled("ScaledObject", rest);
        let message = "[s}] `ScaledObject/s` has no `minReplicaCount`, which means 0";
        refuses(&keda("  maxReplicaCount: 1\n"), exactly(1), message);
        let message = "[s}] `ScaledObject/s` has no `maxReplicaCount`, which means 100";
        refuses(&keda("  minReplicaCount: 1\n"), exactly(1), message);
        let message = "[5}] `ScaledObject/s` sets `replicas` to 5";
        refuses(&keda("  minReplicaCount: 1\n  maxReplicaCount: 1\n  fallback: {replicas: 5}\n"), exactly(1), message);
    }

    #[test]
    fn a_second_workload_with_the_same_pods_counts() {
        let second = |kind: &str, replicas: &str| {
            let head = deployment("1", "{type: Recreate}");
            format!(
                "{head}---\napiVersion: apps/v1\nkind: {kind}\nmetadata: {{name: raw, namespace: other}}\nspec:\n  replicas: {replicas}\n  template: {{metadata: {{labels: {{app: main, x: y}}}}}}\n"
            )
        };
        let message = "[2] `ReplicaSet/raw` runs pods with the labels of `Deployment/main` too, 3 in all; exactly 1";
        refuses(&second("ReplicaSet", "2"), exactly(1), message);
        refuses(&second("StatefulSet", "1"), exactly(1), "[1] `StatefulSet/raw` runs pods");
        refuses(&second("DaemonSet", "null"), exactly(1), "[null] `DaemonSet/raw` runs pods");
        allows(&second("ReplicaSet", "0"), exactly(1));
        allows(&second("ReplicaSet", "2"), bound(Some(1), Some(3), false));
        allows(&second("ReplicaSet", "2").replace("app: main, x", "app: other, x"), exactly(1));
    }

    #[test]
    fn a_job_with_the_same_pods_counts_all_that_run_at_once() {
        let job = |parallelism: &str| {
            let head = deployment("1", "{type: Recreate}");
            format!(
                "{head}---\napiVersion: batch/v1\nkind: Job\nmetadata: {{name: raw}}\nspec:\n  parallelism: {parallelism}\n  template: {{metadata: {{labels: {{app: main}}}}}}\n"
            )
        };
        allows(&job("1"), bound(None, Some(2), false));
        refuses(
            &job("2"),
            bound(None, Some(2), false),
            "[2] `Job/raw` runs pods with the labels of `Deployment/main` too, 3 in all",
        );
    }

    #[test]
    fn a_renamed_deployment_is_still_guarded() {
        let yaml = deployment("2", "{type: Recreate}");
        let mut set = resources(&yaml);
        set.update(0, |resource| {
            let name = resource.root.at_mut(&["metadata", "name"]).unwrap();
            *name = Node::string("eu-main", name.origin());
        })
        .unwrap();
        let contract = Contract { replicas: vec![exactly(1)], ..Contract::default() };
        let found = run(check, Some(&app(contract)), &set, &Policy::default());
        assert!(shown(&found, &yaml)[0].starts_with("replicas-guard [2] `Deployment/eu-main` sets"));
        assert_eq!(found[0].related[0].origin, Origin::source(CONTRACT));
    }
}
