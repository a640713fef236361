//! The other objects of both renders, as far as rules ask for them.

use crate::resource::Resource;
use crate::tree::Node;

/// The other objects.
pub struct World<'a> {
    /// The disruption budgets that are there now.
    budgets: Vec<&'a Resource>,
    /// What has pods, before and now.
    workloads: (Vec<&'a Resource>, Vec<&'a Resource>),
    /// The image registries that something was taken from before.
    registries: std::collections::BTreeSet<String>,
}

impl<'a> World<'a> {
    /// Looks at all objects once.
    pub fn new(old: &'a [Resource], new: &'a [Resource]) -> Self {
        let budgets = new.iter().filter(|resource| resource.kind() == "PodDisruptionBudget").collect();
        let pods = old.iter().filter_map(|resource| resource.pod_template()?.get("spec"));
        let images = pods.flat_map(|pod| super::containers(Some(pod)).map(|(_, container)| container));
        let registries = images.map(|container| super::registry::of(super::text(container, &["image"]))).collect();
        let with_pods = |side: &'a [Resource]| side.iter().filter(|one| one.pod_template().is_some()).collect();
        Self { budgets, workloads: (with_pods(old), with_pods(new)), registries }
    }

    /// What has pods now that a selector takes in; an empty selector takes in all.
    pub(super) fn workloads_of(&self, namespace: &str, selector: Option<&Node>) -> impl Iterator<Item = &'a Resource> {
        selected(&self.workloads.1, namespace, selector)
    }

    /// What had pods before that a selector takes in.
    pub(super) fn earlier_workloads_of(
        &self,
        namespace: &str,
        selector: Option<&Node>,
    ) -> impl Iterator<Item = &'a Resource> {
        selected(&self.workloads.0, namespace, selector)
    }

    /// The disruption budgets whose selector takes in pods with these labels.
    pub(super) fn budgets_of(&self, namespace: &str, labels: &Node) -> impl Iterator<Item = &'a Resource> {
        self.budgets.iter().copied().filter(move |budget| {
            let wanted = budget.root.at(&["spec", "selector", "matchLabels"]);
            budget.id().namespace == namespace
                && wanted
                    .is_some_and(|wanted| wanted.entries().all(|entry| labels.get(&entry.key) == Some(&entry.node)))
        })
    }

    pub(super) fn knows_registry(&self, registry: &str) -> bool {
        self.registries.contains(registry)
    }
}

/// Of `workloads` those whose pods a selector takes in, as far as its labels say it: one with expressions
/// takes in nothing that could be told.
fn selected<'a>(
    workloads: &[&'a Resource],
    namespace: &str,
    selector: Option<&Node>,
) -> impl Iterator<Item = &'a Resource> {
    let is_plain = selector.is_some_and(|selector| selector.get("matchExpressions").is_none());
    let wanted = selector.filter(|_| is_plain).and_then(|selector| selector.get("matchLabels"));
    let takes_in = |workload: &&&Resource| {
        let labels = workload.pod_template().and_then(|template| template.at(&["metadata", "labels"]));
        let has = |entry: &crate::tree::Entry| labels.and_then(|labels| labels.get(&entry.key)) == Some(&entry.node);
        is_plain && workload.id().namespace == namespace && wanted.into_iter().flat_map(Node::entries).all(has)
    };
    workloads.iter().filter(takes_in).copied().collect::<Vec<_>>().into_iter()
}
