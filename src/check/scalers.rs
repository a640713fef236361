//! Autoscalers, by what they scale.

use std::collections::HashMap;

use crate::resource::{Resource, ResourceSet};
use crate::tree::Node;

/// Autoscalers by namespace, kind and name of what they scale.
pub(super) struct Scalers<'a>(HashMap<(&'a str, &'a str, &'a str), Vec<&'a Resource>>);

impl<'a> Scalers<'a> {
    pub fn new(resources: &'a ResourceSet) -> Self {
        let mut found: HashMap<_, Vec<_>> = HashMap::new();
        for resource in resources {
            if !matches!(resource.kind(), "HorizontalPodAutoscaler" | "ScaledObject") {
                continue;
            }
            let target = |field| resource.root.at(&["spec", "scaleTargetRef", field]).and_then(Node::as_str);
            let Some(name) = target("name") else { continue };
            // KEDA scales a Deployment where no kind is written.
            let key = (resource.id().namespace.as_str(), target("kind").unwrap_or("Deployment"), name);
            found.entry(key).or_default().push(resource);
        }
        Self(found)
    }

    /// Those that scale `workload`.
    pub fn of<'s>(&'s self, workload: &'s Resource) -> &'s [&'a Resource] {
        let key = (workload.id().namespace.as_str(), workload.kind(), workload.name());
        self.0.get(&key).map_or(&[], Vec::as_slice)
    }
}
