//! Numbers that are unique in a project, and the pods that get them.

use super::Resolver;
use crate::app::{Deployment, EnvSource, UniqueNumber};
use crate::names;
use crate::origin::Origin;
use crate::tree::Text;

impl Resolver<'_> {
    /// The numbers that the application declares, each with the Deployments that use it.
    pub(super) fn numbers(&mut self, deployments: &[Deployment]) -> Vec<UniqueNumber> {
        let declared = &self.spec.unique_numbers;
        for name in declared.keys() {
            self.valid(name, "invalid-key", "the name of a number", names::dns_label);
        }
        let number = |(name, value): (&Text, &_)| UniqueNumber {
            name: name.clone(),
            value: *value,
            users: deployments.iter().filter_map(|one| Some((one.name.value.clone(), asks_for(one, name)?))).collect(),
        };
        declared.iter().map(number).collect()
    }
}

/// Where the pods of `deployment` ask for the number `name`.
fn asks_for(deployment: &Deployment, name: &Text) -> Option<Origin> {
    let containers = deployment.pod.init.iter().chain([&deployment.pod.main]);
    containers.flat_map(|container| &container.env).find_map(|(_, source)| match source {
        EnvSource::Number(number, _) if number == name => Some(number.origin),
        _ => None,
    })
}
