//! Names, labels and annotations of the final resources, as the API server validates them: a
//! prefix, a patch or a raw resource can break what the typed fields promise.

use super::Build;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::names;
use crate::origin::Origin;
use crate::resource::{Gvk, Resource};
use crate::tree::{Entry, Node};

/// All annotations of an object together (apimachinery `TotalAnnotationSizeLimitB`).
const ANNOTATIONS: usize = 256 * 1024;

type Rule = fn(&str) -> Result<(), String>;

pub(super) fn check(build: &Build<'_>, diagnostics: &mut Diagnostics) {
    for resource in build.resources {
        let mut names = Names { build, resource, diagnostics: &mut *diagnostics };
        names.name();
        names.namespace();
        names.metadata(&resource.root);
        if let Some(template) = resource.pod_template().filter(|_| resource.kind() != "Pod") {
            names.metadata(template);
        }
        if let Some(template) = resource.root.at(&["spec", "jobTemplate"]) {
            names.metadata(template);
        }
        names.selector();
    }
}

struct Names<'a, 'b> {
    build: &'b Build<'a>,
    resource: &'a Resource,
    diagnostics: &'b mut Diagnostics,
}

impl Names<'_, '_> {
    fn name(&mut self) {
        let root = &self.resource.root;
        let node = root.at(&["metadata", "name"]).filter(|node| !node.is_null());
        let Some(node) = node else {
            if root.at(&["metadata", "generateName"]).is_none_or(Node::is_null) {
                let message = format!("a `{}` has no name", self.resource.kind());
                self.say("missing-name", message, self.build.place_of(self.resource), "write `metadata.name`");
            }
            return;
        };
        let Some(name) = node.as_str() else {
            return self.wrong_type("the name", node);
        };
        let gvk = &self.resource.id().gvk;
        let (rule, limit) = rule(gvk);
        let length = name.len();
        if length > limit {
            let kind = self.resource.kind();
            let message =
                format!("the name `{name}` has {length} characters, but the name of a {kind} has at most {limit}");
            self.say("name-too-long", message, node.origin(), "shorten the name, or the prefix and suffix around it");
        } else if let Err(reason) = rule(name) {
            let message = format!("`{name}` is no name of a {}: {reason}", self.resource.kind());
            self.say("invalid-name", message, node.origin(), "rename it where it is written");
        }
    }

    fn namespace(&mut self) {
        let Some(node) = self.resource.root.at(&["metadata", "namespace"]).filter(|node| !node.is_null()) else {
            return;
        };
        match node.as_str() {
            None => self.wrong_type("the namespace", node),
            Some("") => {}
            Some(namespace) => {
                if let Err(reason) = names::dns_label(namespace) {
                    let message = format!("`{}` is in no valid namespace: {reason}", self.resource.id());
                    self.say("invalid-namespace", message, node.origin(), "set `namespace` of the overlay");
                }
            }
        }
    }

    /// The labels and annotations under `metadata` of `holder`.
    fn metadata(&mut self, holder: &Node) {
        for entry in holder.at(&["metadata", "labels"]).into_iter().flat_map(Node::entries) {
            self.label(entry);
        }
        let annotations = holder.at(&["metadata", "annotations"]);
        let mut size = 0usize;
        for entry in annotations.into_iter().flat_map(Node::entries) {
            if let Err(reason) = names::annotation_key(&entry.key) {
                let message = format!("`{}` is no annotation key: {reason}", entry.key);
                self.say("invalid-annotation", message, entry.key_origin, "correct the key");
            }
            match entry.node.as_str() {
                Some(value) => size = size.saturating_add(entry.key.len()).saturating_add(value.len()),
                None => self.wrong_type(&format!("the annotation `{}`", entry.key), &entry.node),
            }
        }
        if let Some(annotations) = annotations.filter(|_| size > ANNOTATIONS) {
            let id = self.resource.id();
            let message = format!("the annotations of `{id}` have {size} bytes, at most {ANNOTATIONS} are allowed");
            self.say("annotations-too-long", message, annotations.origin(), "keep large data in a ConfigMap");
        }
    }

    fn label(&mut self, entry: &Entry) {
        let Entry { key, key_origin, node } = entry;
        if let Err(reason) = names::label_key(key) {
            self.say("invalid-label", format!("`{key}` is no label key: {reason}"), *key_origin, "correct the key");
        }
        let Some(value) = node.as_str() else {
            return self.wrong_type(&format!("the label `{key}`"), node);
        };
        if let Err(reason) = names::label_value(value) {
            let message = format!("`{value}` is no value of the label `{key}`: {reason}");
            self.say("invalid-label", message, node.origin(), "correct the value, or make it an annotation");
        }
    }

    /// The labels that a workload or a Service selects by.
    fn selector(&mut self) {
        let selector = self.resource.root.at(&["spec", "selector"]);
        let labels = match (self.resource.id().gvk.group.as_str(), self.resource.kind()) {
            ("", "Service" | "ReplicationController") => selector,
            ("apps" | "batch" | "policy", _) => selector.and_then(|selector| selector.get("matchLabels")),
            _ => None,
        };
        for entry in labels.into_iter().flat_map(Node::entries) {
            self.label(entry);
        }
    }

    fn wrong_type(&mut self, what: &str, node: &Node) {
        let message =
            format!("{what} of `{}` is {}, but Kubernetes takes only strings", self.resource.id(), node.kind());
        self.say("wrong-type", message, node.origin(), "put the value in quotes");
    }

    fn say(&mut self, code: &'static str, message: String, origin: Origin, help: &str) {
        let origin = self.build.or_resource(self.resource, origin);
        self.diagnostics.push(Diagnostic::error(code, message).about(self.resource.id()).at(origin).help(help));
    }
}

/// The rule of names of a kind, and the number of characters where it is less than the rule's.
fn rule(gvk: &Gvk) -> (Rule, usize) {
    match (gvk.group.as_str(), gvk.kind.as_str()) {
        ("", "Namespace") => (names::dns_label, 63),
        ("", "Service") => (names::service_name, 63),
        // The controller appends eleven characters to name the Jobs.
        ("batch", "CronJob") => (names::dns_subdomain, 52),
        // The name becomes the value of a label of the pods.
        ("batch", "Job") => (names::dns_subdomain, 63),
        ("rbac.authorization.k8s.io", _) => (names::path_segment, 253),
        // Names with `:` are theirs by design.
        ("certificates.k8s.io", _) | ("networking.k8s.io", "IPAddress") => (names::path_segment, 253),
        _ => (names::dns_subdomain, 253),
    }
}

#[cfg(test)]
mod tests {
    use super::super::test::{Case, findings};
    use super::*;

    fn found(yaml: &str) -> Vec<String> {
        findings(check, &Case { yaml, ..Case::default() })
    }

    fn named(kind: &str, name: &str) -> Vec<String> {
        let (version, kind) = kind.split_once(' ').unwrap();
        found(&format!("{{apiVersion: {version}, kind: {kind}, metadata: {{name: {name}}}}}"))
    }

    #[test]
    fn each_kind_has_its_rule_of_names() {
        let long = |length: usize| "a".repeat(length);
        for (kind, name) in [
            ("v1 ConfigMap", "a.b-c"),
            ("apps/v1 Deployment", &long(253)),
            ("batch/v1 CronJob", &long(52)),
            ("batch/v1 Job", &long(63)),
            ("v1 Service", "a0"),
            ("rbac.authorization.k8s.io/v1 Role", "'a:B'"),
        ] {
            assert_eq!(named(kind, name), Vec::<String>::new());
        }
        for (kind, name, code) in [
            ("v1 ConfigMap", "A", "invalid-name [A}}]"),
            ("v1 ConfigMap", &long(254), "name-too-long"),
            ("batch/v1 CronJob", &long(53), "name-too-long"),
            ("batch/v1 Job", &long(64), "name-too-long"),
            ("v1 Service", "0a", "invalid-name"),
            ("v1 Namespace", "a.b", "invalid-name"),
            ("rbac.authorization.k8s.io/v1 Role", "a/b", "invalid-name"),
            ("v1 ConfigMap", "12", "wrong-type [12}}]"),
            ("v1 ConfigMap", "null", "missing-name"),
        ] {
            let found = named(kind, name);
            assert_eq!(found.len(), 1, "{found:?}");
            assert!(found[0].starts_with(code), "{found:?}");
        }
    }

    #[test]
    fn labels_and_annotations_are_valid_strings() {
        for (metadata, expected) in [
            ("labels: {a b: x}", "invalid-label [a b: x"),
            ("labels: {a: 'x y'}", "invalid-label ['x y'"),
            ("labels: {a: 1}", "wrong-type [1}"),
            ("labels: {a: true}", "wrong-type [true}"),
            ("annotations: {a b: x}", "invalid-annotation [a b: x"),
            ("annotations: {argocd.argoproj.io/sync-wave: -1}", "wrong-type [-1}"),
            ("namespace: A", "invalid-namespace [A}"),
        ] {
            let found_root = found(&format!("{{apiVersion: v1, kind: X, metadata: {{name: x, {metadata}}}}}"));
            // The annotations of a manifest are text as written; those of a pod template are not.
            let is_text = metadata.starts_with("annotations") && expected.starts_with("wrong-type");
            assert_eq!(found_root.len(), usize::from(!is_text), "{found_root:?}");
            assert!(found_root.iter().all(|found| found.starts_with(expected)), "{found_root:?}");
            if metadata.starts_with("namespace") {
                continue;
            }
            let template = format!(
                "{{apiVersion: apps/v1, kind: Deployment, metadata: {{name: x}}, spec: {{template: {{metadata: {{{metadata}}}}}}}}}"
            );
            assert!(found(&template)[0].starts_with(expected));
        }
        let selector =
            "{apiVersion: apps/v1, kind: Deployment, metadata: {name: x}, spec: {selector: {matchLabels: {a: 1}}}}";
        assert!(found(selector)[0].starts_with("wrong-type [1}"));
        let size = format!(
            "{{apiVersion: v1, kind: X, metadata: {{name: x, annotations: {{a: {}}}}}}}",
            "b".repeat(ANNOTATIONS)
        );
        assert!(found(&size)[0].starts_with("annotations-too-long [{a:"));
    }
}
