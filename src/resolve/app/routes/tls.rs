//! TLS of a route, and its certificate.

use super::super::Resolver;
use super::super::secrets::SecretTable;
use crate::app::RouteTls;
use crate::diagnostic::Diagnostic;
use crate::model::route::{Certificate, Route, Tls};
use crate::names;
use crate::tree::Text;

impl Resolver<'_> {
    pub(super) fn route_tls(
        &mut self,
        name: &Text,
        key: &Text,
        spec: &Route,
        secrets: &SecretTable,
    ) -> Option<RouteTls> {
        let forced = spec.force_tls;
        let (origin, certificate) = match &spec.tls {
            Some(Tls::Switch(on)) if on.value => (on.origin, None),
            Some(Tls::Certificate(certificate)) => {
                let place = certificate.issuer.as_ref().or(certificate.secret.as_ref());
                (place.map_or(key.origin, |text| text.origin), Some(certificate))
            }
            _ => {
                if let Some(forced) = forced.filter(|forced| forced.value) {
                    let message = format!("the route `{key}` has no TLS that plain HTTP could be redirected to");
                    let help = "write `tls: true`, or a certificate such as `tls: {issuer: NAME}`";
                    self.say(Diagnostic::error("field-without-effect", message).at(forced.origin).help(help));
                }
                return None;
            }
        };
        if spec.hosts.as_ref().is_none_or(Vec::is_empty) {
            let message = format!("the route `{key}` has TLS but no `hosts`, and a certificate is for names");
            self.say(Diagnostic::error("tls-without-hosts", message).at(origin).help("write `hosts: [NAME]`"));
        }
        let (secret, issuer) = certificate.map_or((None, None), |own| self.certificate(name, key, own, secrets));
        let forced = (forced.is_none_or(|forced| forced.value), forced.map(|forced| forced.origin));
        Some(RouteTls { origin, secret, issuer, forced })
    }

    /// The Secret with the certificate, and who fills it.
    fn certificate(
        &mut self,
        name: &Text,
        key: &Text,
        own: &Certificate,
        secrets: &SecretTable,
    ) -> (Option<Text>, Option<Text>) {
        let Some(secret) = &own.secret else {
            let Some(issuer) = &own.issuer else {
                let message = format!("the certificate of the route `{key}` needs `secret` or `issuer`");
                let help = "write `tls: true` for the certificate of whoever serves the route";
                self.say(Diagnostic::error("missing-field", message).at(key.origin).help(help));
                return (None, None);
            };
            return (Some(Text::new(ecow::eco_format!("{name}-tls"), issuer.origin)), own.issuer.clone());
        };
        let Some(declared) = secrets.get(secret) else {
            self.valid(secret, "invalid-name", "the name of a Secret", names::dns_subdomain);
            return (Some(secret.clone()), own.issuer.clone());
        };
        let holder = Text::new(declared.name.value.clone(), secret.origin);
        if let Some(issuer) = &own.issuer {
            let message = format!("the secret `{secret}` is declared, so its provider fills it, and no issuer");
            self.say(
                Diagnostic::error("conflicting-fields", message)
                    .at(issuer.origin)
                    .related(declared.key.origin, "declared here"),
            );
        }
        for wanted in ["tls.crt", "tls.key"] {
            if !declared.keys.iter().any(|known| known.key == *wanted) {
                let message = format!("the secret `{secret}` of a certificate has no key `{wanted}`");
                self.say(
                    Diagnostic::error("unknown-secret-key", message)
                        .at(secret.origin)
                        .related(declared.key.origin, "declared here")
                        .help("declare `tls.crt` and `tls.key` under `keys:` of the secret"),
                );
            }
        }
        (Some(holder), None)
    }
}
