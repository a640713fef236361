//! What makes Argo CD find a difference for ever: fields that only the cluster writes, values that
//! the API server drops or spells in another way, objects that are too big, or that it leaves out.

use std::collections::HashSet;

use super::Build;
use super::argocd_hooks::{annotation, listed};
use super::sync_options::SYNC_OPTIONS;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::kubernetes;
use crate::names;
use crate::origin::Origin;
use crate::resource::Resource;
use crate::tree::{Entry, Node, Value};

const TRACKING: &str = "argocd.argoproj.io/tracking-id";

/// The annotation in which kubectl keeps what it applied.
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// All annotations together, of which kubectl makes one with the whole object.
const ANNOTATIONS: usize = 262_144;

/// What Argo CD never applies (its `resource.exclusions`).
const EXCLUDED: [(&str, &str); 6] = [
    ("", "Endpoints"),
    ("discovery.k8s.io", "EndpointSlice"),
    ("coordination.k8s.io", "Lease"),
    ("certificates.k8s.io", "CertificateSigningRequest"),
    ("cert-manager.io", "CertificateRequest"),
    ("authentication.k8s.io", "TokenReview"),
];

pub(super) fn check(build: &Build<'_>, diagnostics: &mut Diagnostics) {
    if build.policy.without_argo_cd {
        return;
    }
    let known = |d: &&Diagnostic| d.code == "live-field";
    let said: HashSet<Origin> =
        diagnostics.iter().filter(known).filter_map(|d| Some(d.primary.as_ref()?.origin)).collect();
    let mut spelled = HashSet::new();
    for resource in build.resources {
        let mut one = Look { build, resource, spelled: &mut spelled, diagnostics: &mut *diagnostics };
        one.live(&said);
        one.tracking();
        one.size();
        one.excluded();
        one.metrics();
        one.application();
        one.subjects();
        if resource.kind() == "CustomResourceDefinition" {
            continue;
        }
        // OpenShift keeps the nulls of its security context constraints.
        if resource.id().gvk.group == "security.openshift.io" {
            continue;
        }
        let custom = kubernetes::is_namespaced(&resource.id().gvk).is_none();
        if custom {
            one.empty_metadata();
        }
        one.values(&resource.root, "", custom);
    }
}

struct Look<'a, 'b> {
    build: &'b Build<'a>,
    resource: &'a Resource,
    /// What was said already: kind, field and value, or kind, name and field.
    spelled: &'b mut HashSet<(&'a str, &'a str, &'a str)>,
    diagnostics: &'b mut Diagnostics,
}

impl<'a> Look<'a, '_> {
    fn warn(&mut self, code: &'static str, message: String, origin: Origin, help: &str) {
        let at = self.build.or_resource(self.resource, origin);
        self.diagnostics.push(Diagnostic::warning(code, message).about(self.resource.id()).at(at).help(help));
    }

    fn note(&mut self, code: &'static str, message: String, origin: Origin, help: &str) {
        let at = self.build.or_resource(self.resource, origin);
        self.diagnostics.push(Diagnostic::note(code, message).about(self.resource.id()).at(at).help(help));
    }

    /// A field that the cluster writes; what is said of the file already is not said again.
    fn live(&mut self, said: &HashSet<Origin>) {
        let root = &self.resource.root;
        let fields = ["uid", "resourceVersion", "generation", "managedFields", "selfLink"];
        let of_metadata = fields.iter().find_map(|field| root.get("metadata")?.as_map()?.entry(field));
        let created = || {
            let created = root.get("metadata")?.as_map()?.entry("creationTimestamp")?;
            Some(created).filter(|entry| !entry.node.is_null())
        };
        let applied = || {
            let annotations = root.at(&["metadata", "annotations"])?.as_map()?;
            annotations.entry(LAST_APPLIED)
        };
        // Argo CD leaves the status of definitions out.
        let status = || {
            let status = root.as_map()?.entry("status")?;
            let is_written =
                status.node.entries().next().is_some() && self.resource.kind() != "CustomResourceDefinition";
            Some(status).filter(|_| is_written)
        };
        let Some(entry) = of_metadata.or_else(created).or_else(applied).or_else(status) else { return };
        if !said.contains(&entry.key_origin) && !said.contains(&entry.node.origin()) {
            let message =
                format!("`{}` of `{}` is what the cluster writes, not what is applied", entry.key, self.resource.id());
            self.warn("live-field", message, entry.key_origin, "take it out: each sync finds it different");
        }
    }

    fn tracking(&mut self) {
        let own = self.resource.root.at(&["metadata", "annotations", TRACKING]);
        let template =
            self.resource.pod_template().and_then(|template| template.at(&["metadata", "annotations", TRACKING]));
        let Some(node) = own.or(template) else { return };
        let message = format!(
            "`{}` says to which application Argo CD counts it, which Argo CD itself writes",
            self.resource.id()
        );
        self.warn(
            "tracking-id",
            message,
            node.origin(),
            "take the annotation out: another application would delete it",
        );
    }

    fn size(&mut self) {
        let options = annotation(self.resource, SYNC_OPTIONS).map(|(_, text)| text).unwrap_or_default();
        if listed(options).any(|one| matches!(one, "ServerSideApply=true" | "Replace=true")) {
            return;
        }
        let bytes = size(&self.resource.root);
        if bytes + LAST_APPLIED.len() > ANNOTATIONS {
            let message = format!(
                "`{}` has about {} KiB, and kubectl keeps a copy of an object in an annotation, which holds 256",
                self.resource.id(),
                bytes / 1024
            );
            let place = self.build.place_of(self.resource);
            self.warn(
                "needs-server-side-apply",
                message,
                place,
                "annotate it with `argocd.argoproj.io/sync-options: ServerSideApply=true`, or apply it with `--server-side`",
            );
        }
    }

    fn excluded(&mut self) {
        let gvk = &self.resource.id().gvk;
        if EXCLUDED.contains(&(gvk.group.as_str(), gvk.kind.as_str())) {
            let message = format!("Argo CD leaves every {} out, so `{}` is not applied", gvk.kind, self.resource.id());
            let place = self.build.place_of(self.resource);
            self.warn("left-out-by-argo-cd", message, place, "let a controller make it, or apply it in another way");
        }
    }

    /// The API server keeps the metrics of an autoscaler in an order of its own.
    fn metrics(&mut self) {
        if self.resource.kind() != "HorizontalPodAutoscaler" {
            return;
        }
        let metrics = self.resource.root.at(&["spec", "metrics"]).into_iter().flat_map(Node::items);
        let named = metrics.filter_map(|metric| Some((metric, metric.at(&["resource", "name"])?.as_str()?)));
        let named: Vec<(&Node, &str)> = named.collect();
        if let [(first, "cpu"), (_, "memory")] = named.as_slice() {
            let message = format!(
                "`{}` names cpu before memory, which a cluster may keep the other way round",
                self.resource.id()
            );
            self.note("metric-order", message, first.origin(), "write memory first");
        }
    }

    /// The fields of an Application that its controller drops.
    fn application(&mut self) {
        let gvk = &self.resource.id().gvk;
        let spec = match (gvk.group.as_str(), gvk.kind.as_str()) {
            ("argoproj.io", "Application") => self.resource.root.get("spec"),
            ("argoproj.io", "ApplicationSet") => self.resource.root.at(&["spec", "template", "spec"]),
            _ => return,
        };
        let Some(spec) = spec else { return };
        let sources = spec.get("source").into_iter().chain(spec.get("sources").into_iter().flat_map(Node::items));
        let mut holders = vec![(spec.at(&["syncPolicy", "automated"]), ["prune", "selfHeal", "allowEmpty"].as_slice())];
        for source in sources {
            holders.push((source.get("directory"), &["recurse", "include", "exclude"]));
            holders.push((
                source.get("helm"),
                &["valueFiles", "parameters", "values", "passCredentials", "skipCrds", "releaseName"],
            ));
            holders.push((source.get("kustomize"), &["images", "namePrefix", "nameSuffix", "commonLabels"]));
        }
        for (holder, fields) in holders {
            for field in fields {
                if let Some(entry) =
                    holder.and_then(|holder| holder.as_map()?.entry(field)).filter(|one| is_default(&one.node))
                {
                    self.dropped(entry.key.as_str(), entry.key_origin);
                }
            }
        }
    }

    fn dropped(&mut self, what: &'a str, origin: Origin) {
        // Once for each field of an object: a list may have it in every item.
        if !self.spelled.insert((self.resource.kind(), self.resource.name(), what)) {
            return;
        }
        let message =
            format!("the cluster drops `{what}` of `{}`, and Argo CD finds it missing for ever", self.resource.id());
        self.warn("dropped-by-server", message, origin, "leave it out: it says what is true without it");
    }

    fn subjects(&mut self) {
        for subject in self.resource.root.get("subjects").into_iter().flat_map(Node::items) {
            let entry = subject.as_map().and_then(|map| map.entry("apiGroup"));
            if let Some(entry) = entry.filter(|entry| entry.node.as_str() == Some("")) {
                self.dropped("apiGroup", entry.key_origin);
            }
        }
    }

    fn empty_metadata(&mut self) {
        for field in ["labels", "annotations", "finalizers"] {
            let entry = self.resource.root.get("metadata").and_then(|metadata| metadata.as_map()?.entry(field));
            let empty = |entry: &&Entry| match entry.node.value() {
                Value::Map(map) => map.is_empty(),
                Value::Seq(items) => items.is_empty(),
                _ => false,
            };
            if let Some(entry) = entry.filter(empty) {
                self.dropped(field, entry.key_origin);
            }
        }
    }

    /// Nulls, and in custom resources amounts and durations that are spelled in another way than
    /// a cluster does. What is below `values` is the input of another program.
    fn values(&mut self, node: &'a Node, key: &str, custom: bool) {
        match node.value() {
            Value::Map(map) => {
                for entry in map.iter() {
                    let name = entry.key.as_str();
                    if matches!(name, "values" | "valuesObject" | "status") && custom || name == "creationTimestamp" {
                        continue;
                    }
                    if entry.node.is_null() {
                        self.dropped(name, entry.key_origin);
                    } else if custom {
                        self.spelling(key, entry);
                    }
                    self.values(&entry.node, name, custom);
                }
            }
            Value::Seq(items) => items.iter().for_each(|item| self.values(item, key, custom)),
            _ => {}
        }
    }

    fn spelling(&mut self, key: &str, entry: &'a Entry) {
        let Some(text) = entry.node.as_str() else { return };
        let name = entry.key.as_str();
        let counted =
            matches!(key, "requests" | "limits") && matches!(name, "cpu" | "memory" | "storage" | "ephemeral-storage");
        let timed = match self.resource.id().gvk.group.as_str() {
            "cert-manager.io" => matches!(name, "duration" | "renewBefore"),
            "external-secrets.io" => name == "refreshInterval",
            _ => false,
        };
        let canonical = match (counted, timed) {
            (true, _) => names::canonical_quantity(text),
            (_, true) => names::canonical_duration(text),
            _ => return,
        };
        if canonical != text && self.spelled.insert((self.resource.kind(), name, text)) {
            let message =
                format!("`{name}` of `{}` is `{text}`, which a cluster writes as `{canonical}`", self.resource.id());
            self.note(
                "non-canonical-value",
                message,
                entry.node.origin(),
                &format!("write `{canonical}`: a controller that writes the object back does"),
            );
        }
    }
}

/// Whether a value is what is there without it.
fn is_default(node: &Node) -> bool {
    match node.value() {
        Value::Map(map) => map.is_empty(),
        Value::Seq(items) => items.is_empty(),
        _ => node.as_bool() == Some(false) || node.as_str() == Some(""),
    }
}

/// The length of an object as kubectl writes it: JSON without spaces, in which `<`, `>` and `&` take six
/// characters.
fn size(node: &Node) -> usize {
    match node.value() {
        Value::Map(map) => {
            commas(map.len()) + map.iter().map(|entry| text(&entry.key) + 1 + size(&entry.node)).sum::<usize>()
        }
        Value::Seq(items) => commas(items.len()) + items.iter().map(size).sum::<usize>(),
        Value::Str(value) => text(value),
        Value::Null => 4,
        _ => node.scalar_text().map_or(0, |text| text.len()),
    }
}

/// The brackets around so many entries, and the commas between them.
fn commas(entries: usize) -> usize {
    2 + entries.saturating_sub(1)
}

fn text(value: &str) -> usize {
    let more = |byte: u8| match byte {
        b'"' | b'\\' | b'\n' | b'\t' | b'\r' => 1,
        b'<' | b'>' | b'&' | 0..=31 => 5,
        _ => 0,
    };
    2 + value.len() + value.bytes().map(more).sum::<usize>()
}

#[cfg(test)]
mod tests {
    use super::super::test::{Case, findings};
    use super::*;

    fn found(yaml: &str) -> Vec<String> {
        findings(check, &Case { yaml, ..Case::default() })
    }

    #[track_caller]
    fn starts(yaml: &str, expected: &str) {
        let said = found(yaml);
        assert!(said.len() == 1 && said[0].starts_with(expected), "{said:?}");
    }

    #[test]
    fn what_the_cluster_writes_is_told() {
        for (fields, at) in [
            ("metadata: {name: x, uid: a}", "live-field [uid: a"),
            ("metadata: {name: x, creationTimestamp: '2024'}", "live-field [creationTimestamp: '2024'"),
            ("metadata: {name: x}, status: {a: b}", "live-field [status: {a: b}"),
            (
                "metadata: {name: x, annotations: {kubectl.kubernetes.io/last-applied-configuration: '{}'}}",
                "live-field [kubectl",
            ),
            ("metadata: {name: x, annotations: {argocd.argoproj.io/tracking-id: a}}", "tracking-id [a}"),
        ] {
            starts(&format!("{{apiVersion: v1, kind: ConfigMap, {fields}}}"), at);
        }
        assert_eq!(
            found("{apiVersion: v1, kind: ConfigMap, metadata: {name: x, creationTimestamp: null}, status: {}}"),
            [""; 0]
        );
    }

    #[test]
    fn what_is_dropped_is_told() {
        starts(
            "{apiVersion: v1, kind: Pod, metadata: {name: x}, spec: {nodeName: null}}",
            "dropped-by-server [nodeName: null",
        );
        starts("{apiVersion: x/v1, kind: X, metadata: {name: x, labels: {}}}", "dropped-by-server [labels: {}");
        assert_eq!(found("{apiVersion: v1, kind: Pod, metadata: {name: x, labels: {}}}"), [""; 0]);
        assert_eq!(
            found("{apiVersion: x/v1, kind: HelmRelease, metadata: {name: x}, spec: {values: {a: null}}}"),
            [""; 0]
        );
        let binding = |group: &str| {
            format!(
                "{{apiVersion: v1, kind: RoleBinding, metadata: {{name: x}}, subjects: [{{kind: User, apiGroup: {group}}}]}}"
            )
        };
        starts(&binding("''"), "dropped-by-server [apiGroup: ''");
        assert_eq!(found(&binding("rbac.authorization.k8s.io")), [""; 0]);
        let application = |automated: &str| {
            format!(
                "{{apiVersion: argoproj.io/v1alpha1, kind: Application, metadata: {{name: x}}, spec: {{syncPolicy: {{automated: {automated}}}}}}}"
            )
        };
        starts(&application("{selfHeal: false}"), "dropped-by-server [selfHeal: false");
        assert_eq!(found(&application("{selfHeal: true}")), [""; 0]);
    }

    #[test]
    fn amounts_of_custom_resources_are_spelled_as_a_cluster_does() {
        let with = |version: &str, memory: &str| {
            found(&format!(
                "{{apiVersion: {version}, kind: X, metadata: {{name: x}}, spec: {{resources: {{limits: {{memory: {memory}}}}}}}}}"
            ))
        };
        assert!(with("x/v1", "1024Mi")[0].starts_with("non-canonical-value [1024Mi"));
        assert_eq!(with("x/v1", "1Gi"), [""; 0]);
        let certificate = |duration: &str| {
            found(&format!(
                "{{apiVersion: cert-manager.io/v1, kind: Certificate, metadata: {{name: x}}, spec: {{duration: {duration}}}}}"
            ))
        };
        assert!(certificate("24h")[0].starts_with("non-canonical-value [24h"));
        assert_eq!(certificate("24h0m0s"), [""; 0]);
    }

    #[test]
    fn a_big_object_is_applied_by_the_server() {
        let with = |options: &str| {
            format!(
                "{{apiVersion: v1, kind: ConfigMap, metadata: {{name: x, annotations: {{argocd.argoproj.io/sync-options: {options}}}}}, data: {{a: '{}'}}}}",
                "a".repeat(ANNOTATIONS)
            )
        };
        let said = found(&with("Prune=false"));
        assert!(said[0].starts_with("needs-server-side-apply [x, "), "{}", said[0].len());
        assert_eq!(found(&with("ServerSideApply=true")), [""; 0]);
    }

    #[test]
    fn what_argo_cd_leaves_out_and_the_order_of_metrics_are_told() {
        starts("{apiVersion: v1, kind: Endpoints, metadata: {name: x}}", "left-out-by-argo-cd [x}");
        let hpa = |a: &str, b: &str| {
            found(&format!(
                "{{apiVersion: autoscaling/v2, kind: HorizontalPodAutoscaler, metadata: {{name: x}}, spec: {{metrics: [{{resource: {{name: {a}}}}}, {{resource: {{name: {b}}}}}]}}}}"
            ))
        };
        assert!(hpa("cpu", "memory")[0].starts_with("metric-order"));
        assert_eq!(hpa("memory", "cpu"), [""; 0]);
    }
}
