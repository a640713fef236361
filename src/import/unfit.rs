//! What stands against an object as fields, whatever a build would say.

use super::route::Shape;
use super::{Plan, job, text};
use crate::resource::pod_template_path;
use crate::tree::Node;

/// Why an object is no field of the application.
#[derive(Clone, Debug, PartialEq)]
pub struct Unfit {
    /// The reason.
    pub reason: String,
    /// The environment whose object it is about; the base's for none.
    pub place: Option<usize>,
    /// The JSON pointer to the field.
    pub path: String,
}

impl Plan {
    /// The first thing about an object that no field can say; of the base, then of environments.
    pub fn unfit(&self, index: usize) -> Option<Unfit> {
        let places = std::iter::once(None).chain((0..self.environments.len()).map(Some));
        places.into_iter().find_map(|place| {
            let root = self.at(index, place)?;
            let (reason, path) = self.elsewhere(root, place).or_else(|| self.against(root, place))?;
            Some(Unfit { reason, place, path })
        })
    }

    /// An overlay has one namespace for all of its objects.
    fn elsewhere(&self, root: &Node, place: Option<usize>) -> Option<(String, String)> {
        let environment = self.environments.get(place?)?;
        let inside = text(root, &["metadata", "namespace"]).is_some() && self.facts(place?, true).namespace.is_none();
        let reason =
            || format!("the objects of `{environment}` have several namespaces or none, and an overlay has one");
        inside.then(|| (reason(), "/metadata/namespace".into()))
    }

    /// The object as one environment has it, or the base.
    pub fn at(&self, index: usize, place: Option<usize>) -> Option<&Node> {
        match place {
            Some(place) => self.subjects[index].built[place].as_ref(),
            None => self.subjects[index].base.as_ref(),
        }
    }

    fn against(&self, root: &Node, place: Option<usize>) -> Option<(String, String)> {
        let with = |(reason, path): (&'static str, String)| (reason.to_owned(), path);
        match text(root, &["kind"])? {
            "Ingress" => Shape::of(root).err().map(with),
            "Job" => job::phase(root).err().map(with),
            "StatefulSet" => self.without_service(root, place),
            _ => None,
        }
    }

    /// A StatefulSet of the model makes the Service that names its pods.
    fn without_service(&self, root: &Node, place: Option<usize>) -> Option<(String, String)> {
        let Some(name) = text(root, &["spec", "serviceName"]).filter(|name| !name.is_empty()) else {
            return Some(("it names no Service for its pods (`spec.serviceName`)".into(), "/spec".into()));
        };
        let at = || "/spec/serviceName".to_owned();
        let service = self.of_kind("", "Service").find_map(|index| {
            let service = self.at(index, place)?;
            (text(service, &["metadata", "name"]) == Some(name)).then_some(service)
        });
        let Some(service) = service else {
            return Some((format!("the Service `{name}` that names its pods is not there"), at()));
        };
        let same = service.at(&["spec", "selector"]) == root.at(&["spec", "selector", "matchLabels"]);
        (!same).then(|| (format!("the Service `{name}` that names its pods has another selector"), at()))
    }

    /// The workloads whose pods run as this ServiceAccount, in the build that has both.
    pub(super) fn users_of(&self, index: usize) -> Vec<usize> {
        let places: Vec<Option<usize>> = std::iter::once(None).chain((0..self.environments.len()).map(Some)).collect();
        let runs_as = |other: &usize| {
            places.iter().any(|place| {
                let pod = self.at(*other, *place).and_then(|root| {
                    let path = [pod_template_path(text(root, &["kind"])?)?, &["spec", "serviceAccountName"]].concat();
                    text(root, &path)
                });
                let name = self.at(index, *place).and_then(|root| text(root, &["metadata", "name"]));
                pod.is_some() && pod == name
            })
        };
        let workloads = super::app::WORKLOADS.iter().flat_map(|(group, kind)| self.of_kind(group, kind));
        workloads.filter(runs_as).collect()
    }
}
