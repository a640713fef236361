//! InfisicalStaticSecret of secrets.infisical.com/v1beta1: several paths, one Secret.
//!
//! All paths are merged, and the first one wins where two hold the same key. `secretFrom` reads a
//! key by its path and fails when it is not there. Data that is one text is a template which
//! prints a mapping in YAML, so that a key can be left out.

use ecow::{EcoString, eco_format};

use super::Lowering;
use super::infisical_secret::{failure, field, quoted, value_template};
use super::rules::INFISICAL_STATIC_SECRET;
use crate::app::{InfisicalSecret, SecretEntry};
use crate::object;
use crate::tree::{Map, Node};

impl Lowering<'_> {
    pub(super) fn infisical_static_secret(&mut self, secret: &InfisicalSecret) -> Node {
        let origin = self.rule(&INFISICAL_STATIC_SECRET);
        let sources = super::list(&secret.paths, origin, |path| {
            object! { origin;
                "projectSlug": &secret.project,
                "environmentSlug": &secret.environment,
                "secretPath": path,
            }
        });
        let refresh = match &secret.resync {
            Some(written) => Node::string(written.value.clone(), written.origin),
            None => Node::string("60s", origin),
        };
        let spec = object! { origin;
            "infisicalAuthRef"?: secret.auth.reference.as_ref().map(|auth| self.object_reference(auth, origin)),
            "syncOptions": object! { origin; "refreshInterval": refresh },
            "sources"?: sources,
            "targets": vec![self.target(secret)],
        };
        object! { origin;
            "apiVersion": "secrets.infisical.com/v1beta1",
            "kind": "InfisicalStaticSecret",
            "metadata": self.shared_metadata(&secret.name, &[], Vec::new()),
            "spec": spec,
        }
    }

    fn target(&mut self, secret: &InfisicalSecret) -> Node {
        let origin = self.rule(&INFISICAL_STATIC_SECRET);
        // The definition requires both, also where one is empty.
        let metadata = object! { origin; "labels": self.shared_labels(), "annotations": Map::default() };
        object! { origin;
            "name": &secret.name,
            "namespace"?: self.app.namespace.as_ref(),
            "kind": "Secret",
            "creationPolicy": "Orphan",
            "secretType": "Opaque",
            "metadata": metadata,
            "template": object! { origin; "engineVersion": "v1", "data": self.template_data(secret) },
        }
    }

    fn template_data(&mut self, secret: &InfisicalSecret) -> Node {
        let origin = self.rule(&INFISICAL_STATIC_SECRET);
        if secret.keys.iter().any(|entry| entry.optional) {
            let lines: Vec<EcoString> = secret.keys.iter().map(|entry| line(entry, secret)).collect();
            return Node::string(lines.concat(), origin);
        }
        let mut data = Map::with_capacity(secret.keys.len());
        for entry in &secret.keys {
            let at = self.rule_at(&INFISICAL_STATIC_SECRET, entry.remote_key.origin);
            let template = value_template(&value(entry, secret), entry);
            data.push(entry.key.value.clone(), entry.key.origin, Node::string(template, at));
        }
        Node::new(data, origin)
    }
}

/// One line of a template that prints a mapping. JSON's texts are YAML's too.
fn line(entry: &SecretEntry, secret: &InfisicalSecret) -> EcoString {
    let value = value(entry, secret);
    let key = quoted(&entry.key);
    match entry.optional {
        true => eco_format!("{{{{- with {value} }}}}\n{key}: {{{{ . | toJson }}}}\n{{{{- end }}}}\n"),
        false => eco_format!(
            "{{{{- with {value} }}}}\n{key}: {{{{ . | toJson }}}}\n{{{{- else }}}}{}{{{{ end }}}}\n",
            failure(entry)
        ),
    }
}

/// The value of a key. One of a further path is read by its path, because an earlier path may hold
/// the same key; an optional one must not fail, so the merged key counts when it is of that path.
fn value(entry: &SecretEntry, secret: &InfisicalSecret) -> EcoString {
    let merged = field(&entry.remote_key);
    if secret.paths.first() == Some(&entry.path) {
        return merged;
    }
    let path = quoted(&entry.path);
    match (entry.optional, merged.strip_suffix(".Value")) {
        (true, Some(key)) => eco_format!("(ternary {merged} \"\" (eq {path} (print {key}.SecretPath)))"),
        _ => eco_format!("(secretFrom {path} {}).Value", quoted(&entry.remote_key)),
    }
}
