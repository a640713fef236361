//! The lists of a pod that Kubernetes reads by a key: each volume that a container mounts is there,
//! and no entry is there twice.

use std::collections::{HashMap, HashSet};

use super::Build;
use super::needs;
use super::pods;
use crate::diagnostic::{Diagnostic, Diagnostics, near_miss};
use crate::resource::Resource;
use crate::tree::Node;

pub(super) fn check(build: &Build<'_>, diagnostics: &mut Diagnostics) {
    for resource in build.resources {
        if resource.id().gvk.group.is_empty() && resource.kind() == "Service" {
            lists_of_service(build, resource, diagnostics);
        }
        let Some(spec) = pods::spec(resource) else { continue };
        mounts(build, resource, spec, diagnostics);
        let mut lists = Lists { build, resource, diagnostics: &mut *diagnostics };
        lists.refused(pods::list(spec, "volumes"), &["name"], "the volume");
        let containers = || needs::containers(spec);
        lists.refused(containers(), &["name"], "the container");
        for container in containers() {
            lists.refused(pods::list(container, "volumeMounts"), &["mountPath"], "a mount at");
            lists.accepted(pods::list(container, "env"), &["name"], "the variable");
            lists.accepted(pods::list(container, "ports"), &["containerPort", "protocol"], "the port");
        }
    }
}

fn lists_of_service(build: &Build<'_>, service: &Resource, diagnostics: &mut Diagnostics) {
    let mut lists = Lists { build, resource: service, diagnostics };
    if let Some(spec) = service.root.get("spec") {
        lists.refused(pods::list(spec, "ports"), &["port", "protocol"], "the port");
        lists.refused(pods::list(spec, "ports"), &["name"], "the port");
    }
}

/// The volumes of a pod; the claims of a StatefulSet are volumes too.
fn mounts(build: &Build<'_>, resource: &Resource, spec: &Node, diagnostics: &mut Diagnostics) {
    let claims = resource.root.at(&["spec", "volumeClaimTemplates"]).into_iter().flat_map(Node::items);
    let claims = claims.filter_map(|claim| claim.at(&["metadata", "name"])?.as_str());
    let own = pods::list(spec, "volumes").filter_map(|volume| pods::text(volume, "name"));
    let volumes: HashSet<&str> = own.chain(claims).collect();
    let mut used = HashSet::new();
    for container in needs::containers(spec) {
        for (field, what) in [("volumeMounts", "mounts"), ("volumeDevices", "uses the device")] {
            for mount in pods::list(container, field) {
                let Some(name) = mount.get("name") else { continue };
                let Some(text) = name.as_str() else { continue };
                used.insert(text);
                if !volumes.contains(text) {
                    let message = format!(
                        "the container `{}` of `{}` {what} `{text}`, and the pod has no such volume",
                        pods::name(container),
                        resource.id()
                    );
                    let help = match near_miss(text, volumes.iter().copied()) {
                        Some(near) => format!("did you mean `{near}`?"),
                        None => "add the volume under `volumes`".to_owned(),
                    };
                    let diagnostic = Diagnostic::error("volume-not-found", message)
                        .about(resource.id())
                        .at(build.at(resource, name));
                    diagnostics.push(diagnostic.help(help));
                }
            }
        }
    }
    // What a typed application declares is said where it is declared.
    if build.app.is_some() {
        return;
    }
    for volume in pods::list(spec, "volumes") {
        let Some(name) = volume.get("name") else { continue };
        let Some(text) = name.as_str().filter(|text| !used.contains(text)) else { continue };
        let message = format!("no container of `{}` mounts the volume `{text}`", resource.id());
        let diagnostic =
            Diagnostic::warning("unmounted-volume", message).about(resource.id()).at(build.at(resource, name));
        diagnostics.push(diagnostic.help("mount it, or take it out"));
    }
}

struct Lists<'a, 'b> {
    build: &'b Build<'a>,
    resource: &'b Resource,
    diagnostics: &'b mut Diagnostics,
}

impl Lists<'_, '_> {
    /// A list in which the API server refuses an entry that is there twice.
    fn refused<'n>(&mut self, items: impl Iterator<Item = &'n Node>, keys: &[&str], what: &str) {
        for (node, key, first) in repeated(items, keys) {
            let message = format!("`{}` has {what} `{key}` twice, which Kubernetes refuses", self.resource.id());
            let diagnostic = Diagnostic::error("duplicate-in-list", message);
            self.say(diagnostic, node, first, "keep one of the two, or give one another name");
        }
    }

    /// A list in which the last entry wins, unless it is applied by the server.
    fn accepted<'n>(&mut self, items: impl Iterator<Item = &'n Node>, keys: &[&str], what: &str) {
        for (node, key, first) in repeated(items, keys) {
            let message = format!("`{}` has {what} `{key}` twice, and only the last one counts", self.resource.id());
            let diagnostic = Diagnostic::warning("repeated-in-list", message);
            self.say(diagnostic, node, first, "keep one of the two: a server-side apply refuses both");
        }
    }

    fn say(&mut self, diagnostic: Diagnostic, node: &Node, first: &Node, help: &str) {
        let place = |node| self.build.at(self.resource, node);
        self.diagnostics.push(
            diagnostic.about(self.resource.id()).at(place(node)).related(place(first), "the first one").help(help),
        );
    }
}

/// The entries of a list whose keys are those of an earlier one: where, the key, the earlier one. A
/// protocol that is not written is TCP; an entry without the first key has none.
fn repeated<'n>(items: impl Iterator<Item = &'n Node>, keys: &[&str]) -> Vec<(&'n Node, String, &'n Node)> {
    let mut seen: HashMap<String, &Node> = HashMap::new();
    let mut found = Vec::new();
    for item in items {
        let Some(node) = keys.first().and_then(|key| item.get(key)) else { continue };
        let Some(first) = node.scalar_text().filter(|text| !text.is_empty()) else { continue };
        let mut key = first.to_string();
        for more in keys.iter().skip(1) {
            let value = item.get(more).and_then(Node::as_str).unwrap_or("TCP");
            key = format!("{key}/{value}");
        }
        match seen.get(&key) {
            Some(earlier) => found.push((node, key, *earlier)),
            None => {
                seen.insert(key, node);
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::test::{resources, run, shown};
    use super::*;
    use crate::check::Policy;

    fn found(yaml: &str) -> Vec<String> {
        shown(&run(check, None, &resources(yaml), &Policy::default()), yaml)
    }

    fn pod(spec: &str) -> Vec<String> {
        found(&format!("{{apiVersion: v1, kind: Pod, metadata: {{name: p}}, spec: {spec}}}"))
    }

    #[test]
    fn a_container_mounts_volumes_of_its_pod() {
        let spec = |name: &str| {
            format!(
                "{{volumes: [{{name: data}}], containers: [{{name: c, volumeMounts: [{{mountPath: /a, name: {name}}}]}}]}}"
            )
        };
        assert_eq!(pod(&spec("data")), [""; 0]);
        let said = pod(&spec("dta"));
        assert_eq!(
            said,
            [
                "volume-not-found [dta}]}]}}] the container `c` of `Pod/p` mounts `dta`, and the pod has no such volume (did you mean `data`?)",
                "unmounted-volume [data}], containers: [{name: c, volumeMounts: [{mountPath: /a, name: dta}]}]}}] no container of `Pod/p` mounts the volume `data`",
            ]
        );
    }

    #[test]
    fn the_claims_of_a_stateful_set_are_volumes() {
        let yaml = "{apiVersion: apps/v1, kind: StatefulSet, metadata: {name: s}, spec: {volumeClaimTemplates: [{metadata: {name: data}}], \
                    template: {spec: {containers: [{volumeMounts: [{name: data, mountPath: /}]}]}}}}";
        assert_eq!(found(yaml), [""; 0]);
    }

    #[test]
    fn an_entry_stands_in_a_list_once() {
        for (spec, expected) in [
            (
                "{containers: [{name: a}, {name: a}]}",
                "duplicate-in-list [a}]}}] `Pod/p` has the container `a` twice, which Kubernetes refuses",
            ),
            (
                "{containers: [{name: a, volumeMounts: [{mountPath: /x}, {mountPath: /x}]}]}",
                "duplicate-in-list [/x}]}]}}] `Pod/p` has a mount at `/x` twice, which Kubernetes refuses",
            ),
            (
                "{containers: [{name: a, env: [{name: A}, {name: A}]}]}",
                "repeated-in-list [A}]}]}}] `Pod/p` has the variable `A` twice, and only the last one counts",
            ),
            (
                "{containers: [{name: a, ports: [{containerPort: 1}, {containerPort: 1, protocol: TCP}]}]}",
                "repeated-in-list [1, protocol: TCP}]}]}}] `Pod/p` has the port `1/TCP` twice, and only the last one counts",
            ),
        ] {
            assert_eq!(pod(spec), [expected]);
        }
        assert_eq!(
            pod("{containers: [{name: a, ports: [{containerPort: 1}, {containerPort: 1, protocol: UDP}]}, {name: b}]}"),
            [""; 0]
        );
        let service = |ports: &str| {
            found(&format!("{{apiVersion: v1, kind: Service, metadata: {{name: s}}, spec: {{ports: [{ports}]}}}}"))
        };
        assert_eq!(service("{port: 1, name: a}, {port: 2, name: b}"), [""; 0]);
        assert_eq!(service("{port: 1, name: a}, {port: 1, name: b}").len(), 1);
        assert_eq!(service("{port: 1, name: a}, {port: 2, name: a}").len(), 1);
    }
}
