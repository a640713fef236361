//! The final objects against the definitions of Kubernetes.

use super::Code;
use crate::diagnostic::Level;

pub(super) const CODES: &[Code] = &[
    Code::finding(
        "unknown-field",
        Level::Warning,
        "every field of an object is one that its kind has; in a file of the model an unknown field is an error",
        "the API server drops a field that it does not know, so a misspelt `resources` runs a pod without limits",
        "write the field that was meant; the help line names near ones",
    )
    .example("containers: [{name: web, imagePullPolcy: Always}]", "containers: [{name: web, imagePullPolicy: Always}]"),
    Code::finding(
        "wrong-type",
        Level::Warning,
        "every value has the type that its field asks for; in a file of the model another type is an error",
        "the API server refuses the whole object, in the middle of a sync",
        "write the value as the message says, in quotes where text is asked for",
    )
    .example("env: [{name: PORT, value: 3000}]", "env: [{name: PORT, value: \"3000\"}]"),
    Code::finding(
        "missing-field",
        Level::Warning,
        "every field that a kind requires is there; in a file of the model a missing one is an error",
        "the API server refuses the object",
        "write the field",
    )
    .example("spec: {template: {}}", "spec: {selector: {matchLabels: {app: web}}, template: {}}"),
    Code::finding(
        "value-not-allowed",
        Level::Warning,
        "a field with a list of values holds one of them",
        "the API server refuses the object",
        "write one of the values that the message lists",
    )
    .example("imagePullPolicy: always", "imagePullPolicy: Always"),
    Code::finding(
        "malformed-value",
        Level::Warning,
        "a quantity, a date, an address or a text with a pattern has its form",
        "the API server refuses the object",
        "write the value in the form that the message names",
    )
    .example("requests: {memory: 512 MB}", "requests: {memory: 512Mi}"),
    Code::finding(
        "out-of-bounds",
        Level::Warning,
        "a number, a length or a count lies within the bounds of its field",
        "the API server refuses the object",
        "write a value within the bounds",
    )
    .example("containerPort: 70000", "containerPort: 7000"),
    Code::finding(
        "removed-api",
        Level::Error,
        "every object has an API version that the release of Kubernetes serves",
        "the API server does not know the object, and the sync stops at it",
        "write the API version that the help line names; its fields may differ",
    )
    .example(
        "apiVersion: policy/v1beta1\nkind: PodDisruptionBudget",
        "apiVersion: policy/v1\nkind: PodDisruptionBudget",
    )
    .by_check(),
    Code::finding(
        "deprecated-api",
        Level::Warning,
        "no object has an API version that a later release takes away",
        "the next upgrade of the cluster takes the object's API away",
        "write the API version that the help line names",
    )
    .example("apiVersion: autoscaling/v2beta2   # on Kubernetes 1.25", "apiVersion: autoscaling/v2")
    .by_check(),
    Code::finding(
        "unserved-kind",
        Level::Warning,
        "a kind in a group of Kubernetes, or of a definition at hand, is one that it serves",
        "a misspelt kind, or one that came with a later release, stops the sync",
        "write the kind that was meant, or name the version of the cluster with `kubernetes:`",
    )
    .example("apiVersion: apps/v1\nkind: Deploymnt", "apiVersion: apps/v1\nkind: Deployment")
    .by_check(),
    Code::error(
        "missing-name",
        "every object has a name, or a `generateName` where nothing tracks it",
        "write `metadata.name`",
    ),
    Code::error(
        "annotations-too-long",
        "the annotations of one object take at most 256 KiB together",
        "keep large data in a ConfigMap",
    ),
    Code::error(
        "invalid-name",
        "a name is one that Kubernetes takes for its kind: mostly lower case letters, digits and `-`",
        "write the name as the message says",
    )
    .example("metadata: {name: My_App}", "metadata: {name: my-app}"),
    Code::error(
        "invalid-label",
        "the key and the value of a label have the form of Kubernetes: at most 63 letters, digits, `-`, `_` and `.`",
        "shorten or rewrite the label",
    )
    .example("labels: {team: \"web & shop\"}", "labels: {team: web-and-shop}"),
    Code::error(
        "invalid-annotation",
        "the key of an annotation has the form of Kubernetes: a prefix and `/`, then at most 63 characters",
        "rewrite the key",
    ),
    Code::error(
        "invalid-namespace",
        "a namespace is a DNS label: at most 63 lower case letters, digits and `-`",
        "write the namespace as the message says",
    ),
    Code::error(
        "name-too-long",
        "a name, with what Kubernetes adds to it (the hash of a pod, the time of a Job), is not too long",
        "shorten the key or the application's name, or give an exact `name`",
    ),
];
