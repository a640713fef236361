//! The form of what is written.

use super::Code;

pub(super) const CODES: &[Code] = &[
    Code::error(
        "wrong-shape",
        "a field that has several forms has one of them",
        "write one of the forms that the message names",
    ),
    Code::error(
        "unknown-value",
        "a field with a list of values holds one of them",
        "write one of the values; the help line names near ones",
    ),
    Code::error("out-of-range", "a number lies within the bounds of its field", "write a number within the bounds"),
    Code::error("invalid-value", "a value can be read as what its field holds", "write the value as the message says"),
    Code::error("unknown-kind", "`kind` is App, Overlay or Component", "write one of the kinds"),
    Code::error(
        "unknown-api-version",
        "`apiVersion` is one that this binary knows",
        "write `apiVersion: strata.dev/v1alpha1`",
    ),
    Code::error("wrong-kind", "a file is of the kind that its use asks for", "name a file of that kind"),
    Code::error("misplaced-field", "a field stands in the file of its kind", "move it where the message says"),
    Code::error(
        "not-a-resource",
        "a manifest is a Kubernetes object",
        "write `apiVersion`, `kind` and `metadata.name` in each document",
    ),
    Code::error(
        "reserved-label",
        "labels that Strata or Argo CD sets are set by nobody else",
        "choose another label; `selector` and `name` adopt a running object",
    ),
    Code::error(
        "reserved-annotation",
        "annotations that Strata, Argo CD or the cluster's tools set are set by nobody else",
        "use the field that the message names",
    ),
];
