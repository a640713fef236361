//! What is worth a try.

use std::collections::BTreeSet;

use ecow::{EcoString, eco_format};

use super::app::service_of;
use super::plan::Plan;
use super::stateful_set::Services;
use super::workload::{interpolates, is_group};
use super::{Choice, Subject, scaling};

impl Plan {
    /// Groups of objects that are worth a try as fields: what pods name, then workloads with their
    /// Services, then without, what stands beside a Deployment, and what leads to a Service. What
    /// one environment alone has is a field of its layer.
    pub fn candidates(&self) -> Vec<Vec<usize>> {
        let plain = |index: &usize| {
            let subject = &self.subjects[*index];
            !subject.base.iter().chain(subject.built.iter().flatten()).any(interpolates)
        };
        let groups = self.of_kind("", "ConfigMap");
        let groups = groups.filter(|index| plain(index) && self.first(*index).is_some_and(is_group));
        let mut found: Vec<Vec<usize>> = groups.map(|index| vec![index]).collect();
        let alone = |group, kind| self.of_kind(group, kind).filter(plain).map(|index| vec![index]);
        found.extend(alone("", "Namespace"));
        found.extend(alone("", "PersistentVolumeClaim"));
        let services: Choice =
            Choice { typed: self.of_kind("", "Service").filter(plain).collect(), ..Choice::default() };
        for index in self.of_kind("apps", "StatefulSet").filter(plain) {
            found.extend(self.with_services(index, &services));
        }
        for index in self.of_kind("apps", "Deployment").filter(plain) {
            let service =
                self.place_of(index).and_then(|place| service_of(self, &services, self.at(index, place)?, place));
            found.extend(service.map(|(service, _)| vec![index, service]));
            found.push(vec![index]);
        }
        for (group, kind) in scaling::KINDS {
            found.extend(alone(group, kind));
        }
        found.extend(alone("batch", "CronJob"));
        found.extend(alone("batch", "Job"));
        found.extend(alone("", "ServiceAccount"));
        found.extend(alone("networking.k8s.io", "Ingress"));
        found
    }

    /// A StatefulSet with both of its Services, and with the one that it cannot be without.
    fn with_services(&self, index: usize, services: &Choice) -> Vec<Vec<usize>> {
        let place = self.place_of(index);
        let found = place.and_then(|place| Some(Services::of(self, services, self.at(index, place)?, place)));
        let Some(Services { governing: Some((governing, _)), front }) = found else { return vec![vec![index]] };
        let both = front.map(|(front, _)| vec![index, governing, front]);
        both.into_iter().chain([vec![index, governing]]).collect()
    }

    /// The first build that has the object.
    fn place_of(&self, index: usize) -> Option<Option<usize>> {
        let mut places = std::iter::once(None).chain((0..self.environments.len()).map(Some));
        places.find(|place| self.at(index, *place).is_some())
    }

    /// The objects whose fields say this object, when it is of such a kind: one of them must be typed.
    pub fn belongs_to(&self, index: usize) -> Option<(Vec<usize>, &'static str)> {
        let subject = &self.subjects[index];
        match (subject.group.as_str(), subject.kind.as_str()) {
            ("", "ServiceAccount") => Some((self.users_of(index), "no typed workload runs as it")),
            kind if scaling::KINDS.contains(&kind) => {
                let of = scaling::deployment_of(self, index);
                Some((of.into_iter().collect(), "no typed Deployment is what it is for"))
            }
            _ => None,
        }
    }

    /// The objects that must be manifests of each environment: what Strata would take for an
    /// interpolation cannot stand in a patch, nor can the values of a Secret, and a hash is another
    /// one everywhere.
    pub fn own(&self) -> BTreeSet<usize> {
        let own = |(index, subject): (usize, &Subject)| {
            let mut roots = subject.base.iter().chain(subject.built.iter().flatten());
            (subject.hashed || subject.kind == "Secret" || roots.any(interpolates)).then_some(index)
        };
        self.subjects.iter().enumerate().filter_map(own).collect()
    }

    /// The name of an object in messages, such as `Deployment/web`.
    pub fn name(&self, index: usize) -> EcoString {
        eco_format!("{}", self.subjects[index])
    }
}
