//! Which resource is meant: `Deployment/web`, `deployment.apps/web`, `ConfigMap/shop/settings`.

use super::path::list;
use crate::diagnostic::near_miss;
use crate::error::{Error, Result};
use crate::resource::{Resource, ResourceId};

/// What kubectl takes for kinds of Kubernetes.
const SHORT_NAMES: [(&str, &str); 20] = [
    ("cj", "CronJob"),
    ("cm", "ConfigMap"),
    ("crd", "CustomResourceDefinition"),
    ("deploy", "Deployment"),
    ("ds", "DaemonSet"),
    ("hpa", "HorizontalPodAutoscaler"),
    ("ing", "Ingress"),
    ("limits", "LimitRange"),
    ("netpol", "NetworkPolicy"),
    ("ns", "Namespace"),
    ("pc", "PriorityClass"),
    ("pdb", "PodDisruptionBudget"),
    ("po", "Pod"),
    ("pv", "PersistentVolume"),
    ("pvc", "PersistentVolumeClaim"),
    ("quota", "ResourceQuota"),
    ("rs", "ReplicaSet"),
    ("sa", "ServiceAccount"),
    ("sts", "StatefulSet"),
    ("svc", "Service"),
];

/// The resources of one overlay.
#[derive(Clone, Copy, Debug)]
pub struct Group<'a> {
    /// The overlay's name.
    pub overlay: &'a str,
    /// Its resources.
    pub resources: &'a [Resource],
}

/// A resource as it is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    written: String,
    kind: String,
    group: Option<String>,
    namespace: Option<String>,
    name: String,
}

impl Wanted {
    /// Reads `KIND/NAME`, `KIND.GROUP/NAME` or `KIND/NAMESPACE/NAME`.
    pub fn parse(text: &str) -> Result<Self> {
        let parts: Vec<&str> = text.split('/').collect();
        let (kind, namespace, name) = match parts[..] {
            [kind, name] => (kind, None, name),
            [kind, namespace, name] => (kind, Some(namespace.to_owned()), name),
            _ => ("", None, ""),
        };
        if kind.is_empty() || name.is_empty() {
            let error = Error::new("unknown-resource", format!("`{text}` does not name a resource"));
            return Err(
                error.help("write KIND/NAME, such as `Deployment/web`; without a resource, `explain` lists them")
            );
        }
        let (kind, group) = match kind.split_once('.') {
            Some((kind, group)) => (kind, Some(group.to_owned())),
            None => (kind, None),
        };
        let long = SHORT_NAMES.iter().find(|(short, _)| short.eq_ignore_ascii_case(kind)).map(|(_, long)| *long);
        let kind = long.unwrap_or(kind).to_owned();
        Ok(Self { written: text.to_owned(), kind, group, namespace, name: name.to_owned() })
    }

    /// The one resource that is meant, as the index of its group and its own.
    pub fn find(&self, groups: &[Group]) -> Result<(usize, usize)> {
        let all = || {
            let indexed = groups.iter().enumerate();
            indexed.flat_map(|(group, of)| (0..of.resources.len()).map(move |index| (group, index)))
        };
        let id = |(group, index): (usize, usize)| groups[group].resources[index].id();
        let found: Vec<(usize, usize)> = all().filter(|place| self.is(id(*place))).collect();
        match found[..] {
            [one] => Ok(one),
            [] => Err(self.unknown(groups)),
            _ => Err(self.ambiguous(groups, &found)),
        }
    }

    /// Whether it is what is meant.
    pub(super) fn is(&self, id: &ResourceId) -> bool {
        let group = |group: &String| group.eq_ignore_ascii_case(&id.gvk.group) || is_version(group, id);
        self.kind_is(id)
            && self.name == id.name
            && self.namespace.as_ref().is_none_or(|namespace| *namespace == id.namespace)
            && self.group.as_ref().is_none_or(group)
    }

    /// Letter case does not count, and neither does the plural.
    fn kind_is(&self, id: &ResourceId) -> bool {
        let (asked, kind) = (self.kind.to_lowercase(), id.gvk.kind.to_lowercase());
        let plural = [format!("{kind}s"), format!("{kind}es"), format!("{}ies", kind.trim_end_matches('y'))];
        asked == kind || plural.contains(&asked)
    }

    fn unknown(&self, groups: &[Group]) -> Error {
        let all: Vec<&Resource> = groups.iter().flat_map(|group| group.resources).collect();
        let error = Error::new("unknown-resource", format!("no resource is called `{}`", self.written));
        let names: Vec<String> = all.iter().map(|resource| resource.id().to_string()).collect();
        let had = |resource: &&&Resource| {
            let ids = resource.every_id().chain([resource.original_id()]);
            ids.into_iter().any(|id| self.kind_is(id) && self.name == id.name)
        };
        let same_name: Vec<String> =
            all.iter().filter(|resource| self.name == resource.name()).map(|r| longest(r.id(), &names)).collect();
        let of_kind = || all.iter().filter(|resource| self.kind_is(resource.id())).map(|resource| resource.name());
        let asked = format!("{}/{}", self.kind, self.name);
        error.help(if let Some(resource) = all.iter().find(had) {
            format!("it is called `{}` in the output", resource.id())
        } else if let Some(near) = near_miss(&asked, names.iter().map(String::as_str)) {
            format!("did you mean `{near}`?")
        } else if !same_name.is_empty() {
            format!("of that name there is {}", list(same_name.iter().map(String::as_str)))
        } else if of_kind().next().is_some() {
            format!("of that kind there is {}", list(of_kind()))
        } else if names.is_empty() {
            "nothing is rendered here".to_owned()
        } else {
            format!("there is {}", list(names.iter().map(String::as_str)))
        })
    }

    fn ambiguous(&self, groups: &[Group], found: &[(usize, usize)]) -> Error {
        let error =
            Error::new("ambiguous-resource", format!("{} resources are called `{}`", found.len(), self.written));
        let first = found.first().map(|(group, _)| *group);
        if found.iter().any(|(group, _)| Some(*group) != first) {
            let overlays: Vec<&str> = found.iter().map(|(group, _)| groups[*group].overlay).collect();
            return error.help(format!("name one overlay: {}", list(overlays)));
        }
        let ids: Vec<&ResourceId> = found.iter().map(|(group, index)| groups[*group].resources[*index].id()).collect();
        let namespaces_differ = ids.iter().any(|id| id.namespace != ids[0].namespace);
        let ways: Vec<String> = ids
            .iter()
            .map(|id| match namespaces_differ {
                true => format!("{}/{}/{}", id.gvk.kind, id.namespace, id.name),
                false => format!("{}.{}/{}", id.gvk.kind, group_and_version(id), id.name),
            })
            .collect();
        error.help(format!("write {}", list(ways.iter().map(String::as_str))))
    }
}

/// `KIND/NAME`, with the namespace where it tells two apart.
fn longest(id: &ResourceId, names: &[String]) -> String {
    let short = id.to_string();
    match names.iter().filter(|name| **name == short).count() > 1 && !id.namespace.is_empty() {
        true => format!("{}/{}/{}", id.gvk.kind, id.namespace, id.name),
        false => short,
    }
}

/// `v1.apps`: what kubectl takes behind a kind.
fn group_and_version(id: &ResourceId) -> String {
    match id.gvk.group.is_empty() {
        true => id.gvk.version.to_string(),
        false => format!("{}.{}", id.gvk.version, id.gvk.group),
    }
}

fn is_version(written: &str, id: &ResourceId) -> bool {
    written.eq_ignore_ascii_case(&group_and_version(id))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object;
    use crate::origin::Origin;

    fn resource(api_version: &str, kind: &str, namespace: &str, name: &str) -> Resource {
        let o = Origin::source(0);
        let metadata = object! { o; "name": name, "namespace": namespace };
        Resource::new(object! { o; "apiVersion": api_version, "kind": kind, "metadata": metadata }).unwrap()
    }

    #[track_caller]
    fn check(wanted: &str, expected: &str) {
        let resources = [
            resource("apps/v1", "Deployment", "a", "web"),
            resource("v1", "Service", "a", "web"),
            resource("v1", "ConfigMap", "a", "settings"),
            resource("v1", "ConfigMap", "b", "settings"),
            resource("traefik.io/v1", "IngressRoute", "a", "r"),
            resource("traefik.io/v2", "IngressRoute", "a", "r"),
            resource("networking.k8s.io/v1", "NetworkPolicy", "a", "all"),
        ];
        let groups = [
            Group { overlay: "o/one", resources: &resources },
            Group {
                overlay: "o/two",
                resources: &[resource("v1", "Service", "a", "db"), resource("v1", "Pod", "a", "p")],
            },
            Group { overlay: "o/three", resources: &[resource("v1", "Service", "a", "db")] },
        ];
        let found = Wanted::parse(wanted).and_then(|wanted| wanted.find(&groups));
        let said = match found {
            Ok((group, index)) => format!("{} {}", groups[group].overlay, groups[group].resources[index].id()),
            Err(error) => {
                let said = error.diagnostic();
                format!("{}: {}; {}", said.code, said.message, said.help.clone().unwrap_or_default())
            }
        };
        assert_eq!(said, expected, "{wanted}");
    }

    #[test]
    fn a_resource_is_found_by_kind_and_name() {
        for wanted in [
            "Deployment/web",
            "deployment/web",
            "deployments/web",
            "deployment.apps/web",
            "Deployment/a/web",
            "deploy/web",
        ] {
            check(wanted, "o/one Deployment/web");
        }
        check("ConfigMap/b/settings", "o/one ConfigMap/settings");
        check("IngressRoute.v2.traefik.io/r", "o/one IngressRoute/r");
        check("networkpolicies/all", "o/one NetworkPolicy/all");
        check("Pod/p", "o/two Pod/p");
    }

    #[test]
    fn what_is_not_there_is_named_with_what_is() {
        check(
            "web",
            "unknown-resource: `web` does not name a resource; write KIND/NAME, such as `Deployment/web`; without a resource, `explain` lists them",
        );
        check(
            "Deploymnet/web",
            "unknown-resource: no resource is called `Deploymnet/web`; did you mean `Deployment/web`?",
        );
        check("deploy/wep", "unknown-resource: no resource is called `deploy/wep`; did you mean `Deployment/web`?");
        check(
            "Job/web",
            "unknown-resource: no resource is called `Job/web`; of that name there is `Deployment/web`, `Service/web`",
        );
        check(
            "ConfigMap/nothing-here",
            "unknown-resource: no resource is called `ConfigMap/nothing-here`; of that kind there is `settings`, `settings`",
        );
        check(
            "ConfigMap/settings",
            "ambiguous-resource: 2 resources are called `ConfigMap/settings`; write `ConfigMap/a/settings`, `ConfigMap/b/settings`",
        );
        check(
            "IngressRoute/r",
            "ambiguous-resource: 2 resources are called `IngressRoute/r`; write `IngressRoute.v1.traefik.io/r`, `IngressRoute.v2.traefik.io/r`",
        );
        check(
            "Service/db",
            "ambiguous-resource: 2 resources are called `Service/db`; name one overlay: `o/two`, `o/three`",
        );
    }
}
