//! Service accounts, with a Role and a RoleBinding where they have rules.

use super::rules::{SERVICE_ACCOUNT, SERVICE_ACCOUNT_RULES};
use super::{Lowering, list};
use crate::app::ServiceAccount;
use crate::model::workload::PolicyRule;
use crate::object;
use crate::origin::Origin;
use crate::tree::{Node, Text};

const RBAC: &str = "rbac.authorization.k8s.io";
const RBAC_VERSION: &str = "rbac.authorization.k8s.io/v1";

impl Lowering<'_> {
    pub(super) fn service_account(&mut self, account: &ServiceAccount) -> Vec<Node> {
        let origin = self.rule(&SERVICE_ACCOUNT);
        let root = object! { origin;
            "apiVersion": "v1",
            "kind": "ServiceAccount",
            "metadata": self.shared_metadata(&account.name, &account.annotations.0, Vec::new()),
            "automountServiceAccountToken": false,
            "imagePullSecrets"?: pull_secrets(&account.image_pull_secrets, origin),
        };
        let mut objects = vec![root];
        if !account.rules.is_empty() {
            objects.push(self.role(account));
            objects.push(self.role_binding(account));
        }
        objects
    }

    fn role(&mut self, account: &ServiceAccount) -> Node {
        let origin = self.rule(&SERVICE_ACCOUNT_RULES);
        object! { origin;
            "apiVersion": RBAC_VERSION,
            "kind": "Role",
            "metadata": self.shared_metadata(&account.name, &[], Vec::new()),
            "rules"?: list(&account.rules, origin, |rule| policy_rule(rule, origin)),
        }
    }

    fn role_binding(&mut self, account: &ServiceAccount) -> Node {
        let origin = self.rule(&SERVICE_ACCOUNT_RULES);
        // An `apiGroup: ""` of a subject would be dropped by the API server.
        let subject = object! { origin;
            "kind": "ServiceAccount",
            "name": &account.name,
            "namespace"?: self.app.namespace.as_ref(),
        };
        object! { origin;
            "apiVersion": RBAC_VERSION,
            "kind": "RoleBinding",
            "metadata": self.shared_metadata(&account.name, &[], Vec::new()),
            "roleRef": object! { origin; "apiGroup": RBAC, "kind": "Role", "name": &account.name },
            "subjects": vec![subject],
        }
    }
}

fn policy_rule(rule: &PolicyRule, origin: Origin) -> Node {
    object! { origin;
        "apiGroups": &rule.api_groups,
        "resources": &rule.resources,
        "resourceNames"?: Some(&rule.resource_names).filter(|names| !names.is_empty()),
        "verbs": &rule.verbs,
    }
}

/// References to pull secrets.
pub(super) fn pull_secrets(names: &[Text], origin: Origin) -> Option<Node> {
    list(names, origin, |name| object! { origin; "name": name })
}
