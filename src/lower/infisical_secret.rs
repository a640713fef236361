//! InfisicalSecret of secrets.infisical.com/v1alpha1: one path, one Secret.
//!
//! The templates run in Go's text/template with sprig. There, `.KEY.Value` of a missing key prints
//! `<no value>` without an error, and so does nothing else that only reads; `with` takes a missing
//! key and an empty text for false, and `fail` ends the synchronisation, which leaves the Secret
//! as it was. `with .KEY` alone would not do: a key's entry is a struct, which is always true, and
//! `index` gives an empty struct for a missing key.

use ecow::{EcoString, eco_format};

use super::rules::INFISICAL_SECRET;
use super::{Lowering, unless_empty};
use crate::app::{InfisicalSecret, SecretEntry};
use crate::model::secret::{InfisicalKubernetesAuth, ObjectReference};
use crate::names;
use crate::object;
use crate::origin::Origin;
use crate::tree::{Map, Node};

impl Lowering<'_> {
    pub(super) fn infisical_secret(&mut self, secret: &InfisicalSecret) -> Node {
        let origin = self.rule(&INFISICAL_SECRET);
        let sync = unless_empty(object! { origin; "resyncInterval"?: secret.resync.as_ref() });
        let spec = object! { origin;
            "hostAPI"?: secret.host_api.as_ref(),
            "syncConfig"?: sync,
            "authentication": self.authentication(secret),
            "managedKubeSecretReferences": vec![self.managed_secret(secret)],
        };
        object! { origin;
            "apiVersion": "secrets.infisical.com/v1alpha1",
            "kind": "InfisicalSecret",
            "metadata": self.shared_metadata(&secret.name, &[], Vec::new()),
            "spec": spec,
        }
    }

    fn authentication(&mut self, secret: &InfisicalSecret) -> Node {
        let origin = self.rule(&INFISICAL_SECRET);
        let scope = object! { origin;
            "projectSlug": &secret.project,
            "envSlug": &secret.environment,
            "secretsPath"?: secret.paths.first(),
        };
        let kubernetes = secret.auth.kubernetes.as_ref().map(|auth| self.kubernetes_auth(auth, scope.clone()));
        let universal = secret.auth.universal.as_ref().map(|auth| {
            let credentials = object! { origin; "secretName": &auth.secret, "secretNamespace": &auth.namespace };
            object! { origin; "credentialsRef": credentials, "secretsScope": scope.clone() }
        });
        object! { origin; "kubernetesAuth"?: kubernetes, "universalAuth"?: universal }
    }

    fn kubernetes_auth(&mut self, auth: &InfisicalKubernetesAuth, scope: Node) -> Node {
        let origin = self.rule(&INFISICAL_SECRET);
        object! { origin;
            "identityId": &auth.identity_id,
            "autoCreateServiceAccountToken": true,
            "serviceAccountRef": self.object_reference(&auth.service_account, origin),
            "secretsScope": scope,
        }
    }

    /// A reference to an object, in the application's namespace unless it says another.
    pub(super) fn object_reference(&self, reference: &ObjectReference, origin: Origin) -> Node {
        let namespace = reference.namespace.as_ref().or(self.app.namespace.as_ref());
        object! { origin; "name": &reference.name, "namespace"?: namespace }
    }

    fn managed_secret(&mut self, secret: &InfisicalSecret) -> Node {
        let origin = self.rule(&INFISICAL_SECRET);
        let mut data = Map::with_capacity(secret.keys.len());
        for entry in &secret.keys {
            let at = self.rule_at(&INFISICAL_SECRET, entry.remote_key.origin);
            let template = value_template(&field(&entry.remote_key), entry);
            data.push(entry.key.value.clone(), entry.key.origin, Node::string(template, at));
        }
        let template = object! { origin;
            "includeAllSecrets": false,
            "data": data,
            "metadata": object! { origin; "labels": self.shared_labels() },
        };
        object! { origin;
            "secretName": &secret.name,
            "secretNamespace"?: self.app.namespace.as_ref(),
            "creationPolicy": "Orphan",
            "secretType": "Opaque",
            "template": template,
        }
    }

    /// The labels of an object that belongs to the whole application.
    pub(super) fn shared_labels(&mut self) -> Node {
        let app = self.app;
        self.labels(None, &app.labels)
    }
}

/// The template of one key: its value, or a failure where it is required.
pub(super) fn value_template(value: &str, entry: &SecretEntry) -> EcoString {
    match entry.optional {
        true => eco_format!("{{{{ with {value} }}}}{{{{ . }}}}{{{{ end }}}}"),
        false => eco_format!("{{{{ with {value} }}}}{{{{ . }}}}{{{{ else }}}}{}{{{{ end }}}}", failure(entry)),
    }
}

/// Ends the synchronisation with a message that names the key and where it should be.
pub(super) fn failure(entry: &SecretEntry) -> EcoString {
    let message = format!("the key {} at {} is missing or empty", entry.remote_key, entry.path);
    eco_format!("{{{{ fail {} }}}}", quoted(&message))
}

/// The value of a key in a template. A key that is no identifier of Go needs `index`.
pub(super) fn field(key: &str) -> EcoString {
    match names::c_identifier(key) {
        Ok(()) => eco_format!(".{key}.Value"),
        Err(_) => eco_format!("(index . {}).Value", quoted(key)),
    }
}

/// A text as a string of Go, which JSON's is too.
pub(super) fn quoted(text: &str) -> String {
    // A text cannot fail to be written.
    serde_json::to_string(text).unwrap_or_default()
}
