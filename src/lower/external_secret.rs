//! ExternalSecret of external-secrets.io/v1.
//!
//! The API server adds defaults that differ between versions of the operator; the values written
//! here are those that all of them (0.16 to 2.9) would add or take.

use ecow::{EcoString, eco_format};

use super::rules::EXTERNAL_SECRET;
use super::{Lowering, list};
use crate::app::{ExternalSecret, SecretEntry};
use crate::model::secret::SecretStoreKind;
use crate::object;
use crate::tree::{Map, Node};

impl Lowering<'_> {
    pub(super) fn external_secret(&mut self, secret: &ExternalSecret) -> Node {
        let origin = self.rule(&EXTERNAL_SECRET);
        let kind = secret.store.kind.map(|kind| kind.map(kind_word));
        let refresh = match &secret.refresh {
            Some(written) => Node::string(written.value.clone(), written.origin),
            None => Node::string("1h0m0s", origin),
        };
        let store = object! { origin;
            "name": &secret.store.name,
            "kind": self.or_rule(kind, &EXTERNAL_SECRET, kind_word(SecretStoreKind::ClusterSecretStore)),
        };
        let (optional, required): (Vec<_>, Vec<_>) = secret.keys.iter().partition(|entry| entry.optional);
        let spec = object! { origin;
            "refreshInterval": refresh,
            "secretStoreRef": store,
            "target": self.external_target(secret),
            "data"?: list(&required, origin, |entry| self.data_entry(entry)),
            "dataFrom"?: list(&optional, origin, |entry| self.search(entry)),
        };
        object! { origin;
            "apiVersion": "external-secrets.io/v1",
            "kind": "ExternalSecret",
            "metadata": self.shared_metadata(&secret.name, &[], Vec::new()),
            "spec": spec,
        }
    }

    fn external_target(&mut self, secret: &ExternalSecret) -> Node {
        let origin = self.rule(&EXTERNAL_SECRET);
        let template = object! { origin;
            "engineVersion": "v2",
            "mergePolicy": "Replace",
            "metadata": object! { origin; "labels": self.shared_labels() },
        };
        object! { origin;
            "name": &secret.name,
            "creationPolicy": "Owner",
            "deletionPolicy": "Retain",
            "template": template,
        }
    }

    fn data_entry(&mut self, entry: &SecretEntry) -> Node {
        let origin = self.rule(&EXTERNAL_SECRET);
        let reference = object! { origin;
            "key": Node::string(full_path(entry), entry.remote_key.origin),
            "conversionStrategy": "Default",
            "decodingStrategy": "None",
            "metadataPolicy": "None",
        };
        object! { origin; "secretKey": &entry.key, "remoteRef": reference }
    }

    /// A search that finds exactly one key, or nothing, and gives it its name in the Secret.
    /// Providers name what they find by the key alone or by its full path.
    fn search(&mut self, entry: &SecretEntry) -> Node {
        let origin = self.rule(&EXTERNAL_SECRET);
        let at = entry.remote_key.origin;
        let pattern = eco_format!("^(.*/)?{}$", escaped(&entry.remote_key));
        let find = object! { origin;
            "path": &entry.path,
            "name": object! { origin; "regexp": Node::string(pattern.clone(), at) },
            "conversionStrategy": "Default",
            "decodingStrategy": "None",
        };
        let rename = object! { origin; "source": Node::string(pattern, at), "target": &entry.key };
        let mut rewrite = Map::default();
        rewrite.push("regexp", origin, rename);
        object! { origin; "find": find, "rewrite": vec![Node::new(rewrite, origin)] }
    }
}

/// The path and the key as one. At the root the bare key is the spelling that every provider reads.
fn full_path(entry: &SecretEntry) -> EcoString {
    match entry.path.trim_end_matches('/') {
        "" => entry.remote_key.value.clone(),
        path => eco_format!("{path}/{}", entry.remote_key),
    }
}

/// A text as a regular expression of Go that matches only it.
fn escaped(text: &str) -> EcoString {
    let mut pattern = EcoString::new();
    for character in text.chars() {
        if r"\.+*?()|[]{}^$".contains(character) {
            pattern.push('\\');
        }
        pattern.push(character);
    }
    pattern
}

fn kind_word(kind: SecretStoreKind) -> &'static str {
    match kind {
        SecretStoreKind::SecretStore => "SecretStore",
        SecretStoreKind::ClusterSecretStore => "ClusterSecretStore",
    }
}
