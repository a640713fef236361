//! SOPS ciphertext in a core Secret: without a stage that decrypts it, the cluster would store
//! the ciphertext as the value.

use super::Build;
use crate::base64;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::origin::Origin;
use crate::resource::Resource;
use crate::tree::Node;

/// How SOPS writes an encrypted value (getsops.io, "Encryption protocol").
const CIPHERTEXT: &str = "ENC[AES256_GCM,";

pub(super) fn check(build: &Build<'_>, diagnostics: &mut Diagnostics) {
    if build.policy.decrypted_by.is_some() {
        return;
    }
    for resource in build.resources {
        if !(resource.kind() == "Secret" && resource.id().gvk.group.is_empty()) {
            continue;
        }
        if let Some((origin, what)) = ciphertext(resource) {
            let message = format!("`{}` {what}; the cluster would store the ciphertext as it is", resource.id());
            diagnostics
                .push(Diagnostic::error("sops-ciphertext", message).about(resource.id()).at(build.or_resource(resource, origin)).help(
                "name the stage that decrypts it with `decryptedBy` of the provider `existing`, or use a SopsSecret",
            ));
        }
    }
}

/// The first place that shows SOPS at work, and what is there. Never the value.
pub(super) fn ciphertext(resource: &Resource) -> Option<(Origin, String)> {
    let root = &resource.root;
    let values = ["data", "stringData"].into_iter().filter_map(|field| root.get(field)).flat_map(Node::entries);
    for entry in values {
        let Some(text) = entry.node.as_str() else { continue };
        let encoded = || base64::decode(text).is_some_and(|bytes| bytes.starts_with(CIPHERTEXT.as_bytes()));
        if text.starts_with(CIPHERTEXT) || encoded() {
            return Some((entry.node.origin(), format!("holds SOPS ciphertext under `{}`", entry.key)));
        }
    }
    let sops = root.as_map()?.entry("sops")?;
    Some((sops.key_origin, "is encrypted with SOPS".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::super::test::{Case, findings, text};
    use super::*;
    use crate::check::Policy;

    fn found(fields: &str, policy: Policy) -> Vec<String> {
        let yaml = format!("{{apiVersion: v1, kind: Secret, metadata: {{name: s}}, {fields}}}");
        findings(check, &Case { yaml: &yaml, policy, ..Case::default() })
    }

    #[test]
    fn ciphertext_in_a_core_secret_is_an_error() {
        for (fields, at) in [
            ("sops: {mac: x}", "[sops: {mac: x}}] `Secret/s` is encrypted with SOPS; the cluster"),
            (
                "stringData: {a: b, x: 'ENC[AES256_GCM,data:y]'}",
                "['ENC[AES256_GCM,data:y]'}}] `Secret/s` holds SOPS ciphertext under `x`",
            ),
            ("data: {x: RU5DW0FFUzI1Nl9HQ00sZGF0YTp5XQ==}", "[RU5DW0FFUzI1Nl9HQ00sZGF0YTp5XQ==}}] `Secret/s` holds"),
        ] {
            let found_one = found(fields, Policy::default());
            assert!(found_one[0].starts_with(&format!("sops-ciphertext {at}")), "{found_one:?}");
            assert!(found(fields, Policy { decrypted_by: Some(text("ksops")), ..Policy::default() }).is_empty());
        }
        assert!(found("data: {x: eA==}", Policy::default()).is_empty());
    }
}
