//! The other objects of both renders, as far as rules ask for them.

use crate::resource::Resource;
use crate::tree::Node;

/// The other objects.
pub struct World<'a> {
    /// The disruption budgets that are there now.
    budgets: Vec<&'a Resource>,
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
        Self { budgets, registries }
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
