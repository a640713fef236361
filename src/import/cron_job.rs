//! CronJobs as fields of an application.

use super::container::{filled, put};
use super::plan::Facts;
use super::workload::{Workload, is_usual, metadata, pod};
use super::{Names, here, text};
use crate::resource::pod_template_path;
use crate::tree::{Map, Node};

/// A CronJob as an entry of `cronJobs`.
pub(super) fn cron_job(workload: &Workload, app: &str, facts: &Facts, names: &mut Names) -> Node {
    let Workload { name, root, .. } = workload;
    let none = Node::map(here());
    let spec = root.get("spec").unwrap_or(&none);
    let job = spec.at(&["jobTemplate", "spec"]).unwrap_or(&none);
    let mut map = Map::default();
    put(&mut map, "name", (!is_usual(workload, app)).then(|| Node::string(*name, here())));
    for (from, to) in [
        ("schedule", "schedule"),
        ("timeZone", "timeZone"),
        ("concurrencyPolicy", "concurrency"),
        ("suspend", "suspend"),
        ("startingDeadlineSeconds", "startingDeadlineSeconds"),
    ] {
        put(&mut map, to, spec.get(from).cloned());
    }
    let mut history = Map::default();
    put(&mut history, "successful", spec.get("successfulJobsHistoryLimit").cloned());
    put(&mut history, "failed", spec.get("failedJobsHistoryLimit").cloned());
    put(&mut map, "history", filled(history));
    for field in ["backoffLimit", "activeDeadlineSeconds"] {
        put(&mut map, field, job.get(field).cloned());
    }
    pod(&mut map, root, names);
    metadata(&mut map, root, facts);
    Node::new(map, here())
}

/// Where the pod template of an object is.
pub(super) fn template(root: &Node) -> Option<&Node> {
    root.at(pod_template_path(text(root, &["kind"])?)?)
}
