//! Numbers that are unique in a project, and the pods that get them.

use super::Resolver;
use crate::app::{Deployment, EnvSource, Pod, StatefulSet, UniqueNumber};
use crate::names;
use crate::origin::Origin;
use crate::tree::Text;

impl Resolver<'_> {
    /// The numbers that the application declares, each with what runs for long and uses it.
    pub(super) fn numbers(&mut self, deployments: &[Deployment], sets: &[StatefulSet]) -> Vec<UniqueNumber> {
        let declared = &self.spec.unique_numbers;
        for name in declared.keys() {
            self.valid(name, "invalid-key", "the name of a number", names::dns_label);
        }
        let deployments = deployments.iter().map(|one| ("Deployment", &one.name, &one.pod));
        let all: Vec<(&'static str, &Text, &Pod)> =
            deployments.chain(sets.iter().map(|one| ("StatefulSet", &one.name, &one.pod))).collect();
        let user = |(kind, of, pod): &(&'static str, &Text, &Pod), name: &Text| {
            Some((*kind, of.value.clone(), asks_for(pod, name)?))
        };
        let number = |(name, value): (&Text, &_)| UniqueNumber {
            name: name.clone(),
            value: *value,
            users: all.iter().filter_map(|one| user(one, name)).collect(),
        };
        declared.iter().map(number).collect()
    }
}

/// Where `pod` asks for the number `name`.
fn asks_for(pod: &Pod, name: &Text) -> Option<Origin> {
    let containers = pod.init.iter().chain([&pod.main]);
    containers.flat_map(|container| &container.env).find_map(|(_, source)| match source {
        EnvSource::Number(number, _) if number == name => Some(number.origin),
        _ => None,
    })
}
