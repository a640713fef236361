//! Security settings that the API server or the kubelet would refuse, said before they do.

use super::Resolver;
use crate::app::Container;
use crate::diagnostic::Diagnostic;
use crate::model::container::Security;
use crate::tree::Spanned;

impl Resolver<'_> {
    /// Checks the containers of one pod, alone and together.
    pub(super) fn security<'c>(&mut self, containers: impl Iterator<Item = &'c Container>) {
        let mut group: Option<Spanned<u32>> = None;
        for container in containers {
            self.container_security(&container.security);
            let Some(own) = container.security.fs_group else { continue };
            if let Some(other) = group.filter(|other| *other != own) {
                let message = "a pod has one `fsGroup`, but two of its containers name different ones";
                self.say(
                    Diagnostic::error("conflicting-fields", message)
                        .at(own.origin)
                        .related(other.origin, "the other one")
                        .help("write it once, in the `security` of the workload"),
                );
            }
            group = group.or(Some(own));
        }
    }

    fn container_security(&mut self, security: &Security) {
        let may_be_root = security.run_as_non_root.is_some_and(|non_root| !non_root.value);
        if let Some(user) = security.run_as_user.filter(|user| user.value == 0)
            && !may_be_root
        {
            let message = "user 0 is root, which `runAsNonRoot` forbids: the container would never start";
            let diagnostic = Diagnostic::error("conflicting-fields", message)
                .at(user.origin)
                .help("choose another user, or write `runAsNonRoot: false` beside it");
            self.say(match security.run_as_non_root {
                Some(non_root) => diagnostic.related(non_root.origin, "`runAsNonRoot`"),
                None => diagnostic,
            });
        }
        let forbids = security.allow_privilege_escalation.filter(|allowed| !allowed.value);
        if let (Some(forbids), Some(privileged)) = (forbids, security.privileged.filter(|privileged| privileged.value))
        {
            let message =
                "a privileged container may gain privileges: Kubernetes refuses `allowPrivilegeEscalation: false`";
            self.say(
                Diagnostic::error("conflicting-fields", message)
                    .at(forbids.origin)
                    .related(privileged.origin, "`privileged`")
                    .help("take one of the two away"),
            );
        }
    }
}
