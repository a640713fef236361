//! Security contexts of pods and containers.
//!
//! What is safe for every container stands at the pod (no root, the runtime's seccomp profile);
//! a container says what Kubernetes knows only there, and where it differs from the pod.

use super::rules::SECURITY_DEFAULTS;
use super::{Lowering, unless_empty};
use crate::app::{Container, Pod};
use crate::model::container::{SeccompProfile, Security};
use crate::object;
use crate::origin::Origin;
use crate::tree::{IntoNode, Node, Spanned};

impl Lowering<'_> {
    pub(super) fn pod_security(&mut self, pod: &Pod) -> Node {
        let origin = self.rule(&SECURITY_DEFAULTS);
        let main = &pod.main.security;
        let containers = std::iter::once(&pod.main).chain(&pod.init);
        let non_root = main.run_as_non_root.filter(|written| written.value);
        let seccomp = main.seccomp.filter(|profile| profile.value == SeccompProfile::RuntimeDefault);
        object! { origin;
            "runAsNonRoot": non_root.unwrap_or(Spanned::new(true, origin)),
            // There is one group of the volumes, whichever container names it.
            "fsGroup"?: containers.map(|container| container.security.fs_group).find_map(|group| group),
            "seccompProfile": seccomp_profile(seccomp.unwrap_or(Spanned::new(SeccompProfile::RuntimeDefault, origin))),
        }
    }

    pub(super) fn container_security(&mut self, container: &Container, pod: &Pod) -> Option<Node> {
        let origin = self.rule(&SECURITY_DEFAULTS);
        let security = &container.security;
        // One image has one set of users, so its ids hold for each container that runs it.
        let like_main = Some(&pod.main.security).filter(|_| container.image == pod.main.image);
        let user = security.run_as_user.or(like_main.and_then(|main| main.run_as_user));
        let group = security.run_as_group.or(like_main.and_then(|main| main.run_as_group));
        let unconfined = security.seccomp.filter(|profile| profile.value == SeccompProfile::Unconfined);
        unless_empty(object! { origin;
            "runAsUser"?: user,
            "runAsGroup"?: group,
            "runAsNonRoot"?: security.run_as_non_root.filter(|written| !written.value),
            "readOnlyRootFilesystem"?: security.read_only_root_filesystem,
            "privileged"?: security.privileged,
            "allowPrivilegeEscalation"?: privilege_escalation(security, origin),
            "capabilities"?: capabilities(security, origin),
            "seccompProfile"?: unconfined.map(seccomp_profile),
        })
    }
}

/// The API server refuses `false` beside `privileged` and CAP_SYS_ADMIN, so nothing is said there.
fn privilege_escalation(security: &Security, origin: Origin) -> Option<Node> {
    if let Some(written) = security.allow_privilege_escalation {
        return Some(written.into_node(origin));
    }
    let admin = |capability: &str| matches!(capability, "SYS_ADMIN" | "CAP_SYS_ADMIN");
    let implied = is_privileged(security) || security.add_capabilities.iter().any(|capability| admin(capability));
    (!implied).then(|| Node::new(false, origin))
}

/// A privileged container has all capabilities, whatever is dropped.
fn capabilities(security: &Security, origin: Origin) -> Option<Node> {
    let all = Node::new(vec![Node::string("ALL", origin)], origin);
    unless_empty(object! { origin;
        "drop"?: (!is_privileged(security)).then_some(all),
        "add"?: Some(&security.add_capabilities).filter(|add| !add.is_empty()),
    })
}

fn is_privileged(security: &Security) -> bool {
    security.privileged.is_some_and(|privileged| privileged.value)
}

fn seccomp_profile(profile: Spanned<SeccompProfile>) -> Node {
    let word = match profile.value {
        SeccompProfile::RuntimeDefault => "RuntimeDefault",
        SeccompProfile::Unconfined => "Unconfined",
    };
    object! { profile.origin; "type": word }
}
