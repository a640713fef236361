//! The namespace of an overlay as an object.

use super::Resolver;
use crate::app::Namespace;
use crate::diagnostic::Diagnostic;

/// The label with the level that a namespace enforces (Kubernetes: Pod Security Admission).
const ENFORCE: &str = "pod-security.kubernetes.io/enforce";

impl Resolver<'_> {
    /// The namespace, when the overlay makes it.
    pub(super) fn namespace_object(&mut self) -> Option<Namespace> {
        let written = self.context.release.namespace?;
        if !written.create.is_some_and(|create| create.value) {
            let own = written.labels.keys().chain(written.annotations.keys()).next();
            if let Some(key) = own {
                let message =
                    format!("the namespace `{}` is not made here, so it gets no labels or annotations", written.name);
                self.say(
                    Diagnostic::error("field-without-effect", message).at(key.origin).help("write `create: true`"),
                );
            }
            return None;
        }
        self.labels(&written.labels);
        self.annotations(&written.annotations);
        if let (Some((key, _)), Some(level)) = (written.labels.entry(ENFORCE), written.pod_security) {
            let message = format!("the label `{key}` and `podSecurity` say the same thing");
            self.say(
                Diagnostic::error("conflicting-fields", message)
                    .at(key.origin)
                    .related(level.origin, "`podSecurity`")
                    .help("take the label away"),
            );
        }
        Some(Namespace {
            name: written.name.clone(),
            pod_security: written.pod_security,
            labels: written.labels.clone(),
            annotations: written.annotations.clone(),
        })
    }
}
