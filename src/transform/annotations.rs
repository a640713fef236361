//! Annotations on every resource, and where asked on pod templates.

use super::fields::FieldSpec;
use super::labels::{Pair, add, spec, with};
use crate::origin::Origins;
use crate::resource::{Gvk, ResourceSet};

/// Where annotations go beside `metadata.annotations`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options<'a> {
    /// To the templates of pods and of jobs (kustomize's `commonAnnotations` does).
    pub templates: bool,
    /// More fields that get the annotations.
    pub fields: &'a [FieldSpec<'a>],
}

const METADATA: FieldSpec<'static> = spec("", "", "", "metadata/annotations", true);

/// Templates of pods and jobs, as in kustomize's `commonAnnotations`.
const TEMPLATES: &[FieldSpec<'static>] = &[
    spec("", "v1", "ReplicationController", "spec/template/metadata/annotations", true),
    spec("", "", "Deployment", "spec/template/metadata/annotations", true),
    spec("", "", "ReplicaSet", "spec/template/metadata/annotations", true),
    spec("", "", "DaemonSet", "spec/template/metadata/annotations", true),
    spec("", "", "StatefulSet", "spec/template/metadata/annotations", true),
    spec("batch", "", "Job", "spec/template/metadata/annotations", true),
    spec("batch", "", "CronJob", "spec/jobTemplate/metadata/annotations", true),
    spec("batch", "", "CronJob", "spec/jobTemplate/spec/template/metadata/annotations", true),
];

/// Adds annotations to the given fields alone.
pub fn apply_to(set: &mut ResourceSet, annotations: &[Pair], fields: &[FieldSpec<'_>], origins: &mut Origins) {
    let fields_of = |gvk: &Gvk| fields.iter().filter(|field| field.selects(gvk)).copied().collect();
    add(set, annotations, "annotations", fields_of, origins);
}

/// Adds annotations; one that is there gets the new value.
pub fn apply(set: &mut ResourceSet, annotations: &[Pair], options: &Options<'_>, origins: &mut Origins) {
    let fields = |gvk: &Gvk| {
        let templates = if options.templates { TEMPLATES } else { &[] };
        let known = std::iter::once(&METADATA).chain(templates).copied().collect();
        with(known, options.fields).into_iter().filter(|field| field.selects(gvk)).collect()
    };
    add(set, annotations, "annotations", fields, origins);
}

#[cfg(test)]
mod tests {
    use super::super::test::{entry, field, origins, resource, set};
    use super::*;

    #[test]
    fn annotations_go_to_metadata_and_where_asked_to_templates() {
        let keys = ["spec", "template", "metadata", "annotations"];
        for (templates, expected) in [(false, "-"), (true, r#"{"k":"v"}"#)] {
            let mut set = set([resource("apps/v1 Deployment", "d", r#"{"metadata":{"annotations":{"k":"x"}}}"#)]);
            let pair = Pair { key: "k".into(), value: "v".into(), origin: entry() };
            apply(&mut set, &[pair], &Options { templates, fields: &[] }, &mut origins());
            assert_eq!(field(&set, 0, &["metadata", "annotations"]), r#"{"k":"v"}"#);
            assert_eq!(field(&set, 0, &keys), expected);
        }
    }
}
