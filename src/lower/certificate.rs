//! Certificate of cert-manager.io/v1.

use super::Lowering;
use super::metadata::{Metadata, WAVE};
use super::rules::ROUTE_CERTIFICATE;
use crate::app::Route;
use crate::object;
use crate::tree::Node;

impl Lowering<'_> {
    /// The certificate of a route that has an issuer.
    pub(super) fn certificate(&mut self, route: &Route) -> Option<Node> {
        let tls = route.tls.as_ref()?;
        let (secret, issuer) = (tls.secret.as_ref()?, tls.issuer.as_ref()?);
        let origin = self.rule(&ROUTE_CERTIFICATE);
        let wave = self.wave(self.waves.last, None);
        let app = self.app;
        let metadata = self.metadata(Metadata {
            name: secret,
            component: Some(&route.backend.component),
            labels: &app.labels,
            annotations: &[],
            by_rule: vec![(WAVE, wave)],
        });
        let spec = object! { origin;
            "secretName": secret,
            "dnsNames": &route.hosts,
            "issuerRef": object! { origin; "group": "cert-manager.io", "kind": "ClusterIssuer", "name": issuer },
        };
        Some(object! { origin;
            "apiVersion": "cert-manager.io/v1",
            "kind": "Certificate",
            "metadata": metadata,
            "spec": spec,
        })
    }
}
