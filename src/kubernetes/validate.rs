//! Validates objects of built-in kinds against the definitions of a release.
//!
//! What is refused is what the API server refuses with strict field validation, and what
//! `kubectl` refuses before it asks the server: unknown fields, wrong types, missing required
//! fields, numbers out of range, quantities and base64 that do not parse. A field that is null
//! counts as absent, as the API server reads it; a null item or map value is a wrong type, which
//! `kubectl` refuses too.

use super::Definitions;
use super::scalar::{self, Fit};
use super::types::{Format, Kind, Type};
use super::violation::{Findings, Known, Violation, What};
use crate::resource::Gvk;
use crate::tree::{Map, Node};

/// What is wrong with an object of a built-in kind, in written order. `None` when this release
/// does not have the kind, or `apiVersion` or `kind` is missing: [`super::served`] tells which
/// releases have it, if any.
pub fn validate(root: &Node, definitions: Definitions) -> Option<Vec<Violation>> {
    let of = definitions.resource(&Gvk::of(root)?)?;
    Some(validate_as(root, of))
}

/// What is wrong with `root` as a value of type `of`, in written order.
pub fn validate_as(root: &Node, of: Type) -> Vec<Violation> {
    let mut findings = Findings::default();
    check(root, of, &mut findings);
    findings.into_list()
}

/// Checks one value of any type.
pub(super) fn check(node: &Node, of: Type, findings: &mut Findings) {
    let kind = of.kind();
    let fit = match kind {
        Kind::Any => return,
        Kind::Object | Kind::Map => return mapping(node, of, findings),
        Kind::Array => return list(node, of, findings),
        Kind::String => scalar::string(node, of.format()),
        Kind::Integer => scalar::integer(node, of.format()),
        Kind::Number => scalar::number(node),
        Kind::Boolean if node.as_bool().is_some() => Fit::Yes,
        Kind::Boolean => Fit::Type,
        Kind::IntOrString => scalar::int_or_string(node),
        Kind::Quantity => scalar::quantity(node),
    };
    match fit {
        Fit::Yes => {}
        Fit::Type => findings.wrong_type(node, kind.expected()),
        Fit::Content => findings.push(node.origin(), What::Malformed { expected: content(kind, of.format()) }),
    }
}

fn mapping(node: &Node, of: Type, findings: &mut Findings) {
    let Some(map) = node.as_map() else { return findings.wrong_type(node, "a mapping") };
    if let Some(value) = of.additional() {
        for entry in map {
            findings.below_key(&entry.key, |below| check(&entry.node, value, below));
        }
    } else if !of.preserves_unknown_fields() {
        fields(map, of, findings);
        for name in of.required().filter(|name| map.get(name).is_none_or(Node::is_null)) {
            findings.missing(name, node);
        }
    }
}

fn fields(map: &Map, of: Type, findings: &mut Findings) {
    for entry in map {
        match of.field(&entry.key) {
            Some(_) if entry.node.is_null() => {}
            Some(field) => findings.below_key(&entry.key, |below| check(&entry.node, field, below)),
            None => findings.unknown(&entry.key, entry.key_origin, Known::Type(of)),
        }
    }
}

fn list(node: &Node, of: Type, findings: &mut Findings) {
    if node.as_seq().is_none() {
        return findings.wrong_type(node, "a list");
    }
    if let Some(item) = of.items() {
        findings.each_item(node, |below, node| check(node, item, below));
    }
}

/// What a value of the right type fails to be.
pub(super) fn content(kind: Kind, format: Option<Format>) -> &'static str {
    match (kind, format) {
        (Kind::String, _) => "base64",
        (Kind::Quantity, _) => "a quantity such as `500m` or `1Gi`",
        (Kind::IntOrString, _) | (_, Some(Format::Int32)) => "an integer of 32 bits",
        _ => "an integer of 64 bits",
    }
}

#[cfg(test)]
mod tests {
    use super::super::Version;
    use super::super::oracle::tree;
    use super::*;
    use crate::object;
    use crate::origin::Origin;

    const DEPLOYMENT: &str = "
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, labels: {app.kubernetes.io/name: web}, creationTimestamp: null}
spec:
  replicas: 2
  strategy: {rollingUpdate: {maxSurge: 25%, maxUnavailable: 0}}
  selector: {matchLabels: {app.kubernetes.io/name: web}}
  template:
    metadata: {labels: {app.kubernetes.io/name: web}}
    spec:
      nodeSelector:
      containers:
        - name: web
          image: ghcr.io/acme/web:1.0
          env: [{name: PORT, value: '3000'}]
          ports: [{containerPort: 3000, name: http}]
          resources: {requests: {cpu: 1, memory: 64Mi}, limits: {memory: 0.5Gi}}
          livenessProbe: {httpGet: {path: /, port: http}}
      volumes: [{name: tmp, emptyDir: {}}]
";

    fn read(text: &str) -> Node {
        tree(&serde_yaml::from_str::<serde_json::Value>(text).unwrap())
    }

    /// What is said about the manifest, as `message | help`.
    fn said(text: &str) -> Vec<String> {
        let violations = validate(&read(text), Definitions::of(Version::NEWEST)).expect("a known kind");
        let line =
            |v: &Violation| format!("{}{}", v.message(), v.help().map_or(String::new(), |help| format!(" | {help}")));
        violations.iter().map(line).collect()
    }

    #[track_caller]
    fn check_deployment(from: &str, to: &str, expected: &[&str]) {
        assert!(DEPLOYMENT.contains(from), "{from}");
        assert_eq!(said(&DEPLOYMENT.replacen(from, to, 1)), expected);
    }

    #[test]
    fn a_usual_deployment_is_valid_in_every_release() {
        let root = read(DEPLOYMENT);
        for version in Version::supported() {
            let violations = validate(&root, Definitions::of(version)).unwrap();
            assert!(violations.is_empty(), "{version}: {violations:?}");
        }
    }

    #[test]
    fn messages_name_the_field_and_say_what_to_do() {
        check_deployment("replicas: 2", "replcias: 2", &["unknown field `spec.replcias` | did you mean `replicas`?"]);
        check_deployment("replicas: 2", "zzz: null", &["unknown field `spec.zzz`"]);
        let quotes = "must be a string, not an integer | write the value in quotes";
        let env = format!("`spec.template.spec.containers[0].env[0].value` {quotes}");
        check_deployment("'3000'", "3000", &[&env]);
        let label = format!("`spec.template.metadata.labels[\"app.kubernetes.io/name\"]` {quotes}");
        check_deployment(
            "template:\n    metadata: {labels: {app.kubernetes.io/name: web",
            "template:\n    metadata: {labels: {app.kubernetes.io/name: 1",
            &[&label],
        );
        let replicas = "`spec.replicas` must be an integer, not a string | write a number, without quotes";
        check_deployment("replicas: 2", "replicas: '2'", &[replicas]);
        check_deployment("replicas: 2", "replicas: 3000000000", &["`spec.replicas` must be an integer of 32 bits"]);
        let memory =
            "`spec.template.spec.containers[0].resources.requests.memory` must be a quantity such as `500m` or `1Gi`";
        check_deployment("64Mi", "64 MB", &[memory]);
        let port = "`spec.template.spec.containers[0].livenessProbe.httpGet.port` must be an integer or a string, not a boolean";
        check_deployment("port: http", "port: true", &[port]);
        check_deployment(
            "[{name: tmp, emptyDir: {}}]",
            "{}",
            &["`spec.template.spec.volumes` must be a list, not a mapping"],
        );
        check_deployment(
            "emptyDir: {}",
            "emptyDir: ''",
            &["`spec.template.spec.volumes[0].emptyDir` must be a mapping, not a string"],
        );
        let item = "`spec.template.spec.volumes[0]` must be a mapping, not null";
        check_deployment("[{name: tmp, emptyDir: {}}]", "[null]", &[item]);
    }

    #[test]
    fn null_counts_as_absent() {
        check_deployment("replicas: 2", "replicas: null", &[]);
        let missing = "`spec.selector` is required and missing";
        check_deployment("selector: {matchLabels: {app.kubernetes.io/name: web}}", "selector: null", &[missing]);
        check_deployment("  selector: {matchLabels: {app.kubernetes.io/name: web}}\n", "", &[missing]);
    }

    #[test]
    fn several_violations_come_in_written_order() {
        let text = "{apiVersion: v1, kind: Service, metadata: {nam: x}, spec: {type: 1, ports: [{port: a}, {}]}}";
        let expected = [
            "unknown field `metadata.nam` | did you mean `name`?",
            "`spec.type` must be a string, not an integer | write the value in quotes",
            "`spec.ports[0].port` must be an integer, not a string | write a number, without quotes",
            "`spec.ports[1].port` is required and missing",
        ];
        assert_eq!(said(text), expected);
    }

    #[test]
    fn a_secret_value_is_never_in_a_message() {
        let said = said("{apiVersion: v1, kind: Secret, data: {password: hunter2!}, stringData: {pin: 4711}}");
        let expected = [
            "`data.password` must be base64",
            "`stringData.pin` must be a string, not an integer | write the value in quotes",
        ];
        assert_eq!(said, expected);
    }

    #[test]
    fn free_form_content_is_not_looked_into() {
        let crd =
            "{apiVersion: apiextensions.k8s.io/v1, kind: CustomResourceDefinition, spec: {group: a.b, scope: Cluster,
          names: {plural: cs, kind: C}, versions: [{name: v1, served: true, storage: true, schema: {openAPIV3Schema:
          {type: object, default: {x: [1, null]}, properties: {a: {propertees: {}}}}}}]}}";
        let path = "spec.versions[0].schema.openAPIV3Schema.properties.a";
        assert_eq!(said(crd), [format!("unknown field `{path}.propertees` | did you mean `properties`?")]);
    }

    #[test]
    fn an_unknown_kind_is_no_violation() {
        for text in
            ["{apiVersion: a.b/v1, kind: Deployment}", "{apiVersion: v1}", "[]", "null", "{apiVersion: 1, kind: 2}"]
        {
            assert!(validate(&read(text), Definitions::of(Version::NEWEST)).is_none(), "{text}");
        }
    }

    #[test]
    fn each_violation_points_at_its_own_place() {
        let at = Origin::source;
        let mut data = Map::default();
        data.push("a", at(20), Node::new(1, at(21)));
        let mut root = object! { at(0); "apiVersion": "v1", "kind": "ConfigMap", "data": Node::new(data, at(11)) };
        root.as_map_mut().unwrap().push("dat", at(30), Node::null(at(31)));
        let policy = object! { at(40); "apiVersion": "policy/v1", "kind": "PodDisruptionBudget" };
        let origins = |root: &Node| -> Vec<_> {
            let violations = validate(root, Definitions::of(Version::OLDEST)).unwrap();
            violations.iter().map(|violation| (violation.code(), violation.origin)).collect()
        };
        assert_eq!(origins(&root), [("wrong-type", at(21)), ("unknown-field", at(30))]);
        assert_eq!(origins(&policy), []);
        let job = object! { at(40); "apiVersion": "batch/v1", "kind": "Job", "spec": Node::map(at(47)) };
        assert_eq!(origins(&job), [("missing-field", at(47))]);
    }
}
