//! ServiceMonitors and PodMonitors: what a Prometheus scrapes.

use super::rules::{POD_MONITOR, SERVICE_MONITOR, STABLE_SELECTORS};
use super::{Lowering, pairs, texts};
use crate::app::{Deployment, Scrape};
use crate::object;
use crate::origin::Origin;
use crate::tree::Node;

impl Lowering<'_> {
    /// What scrapes the pods of a deployment: found through its Service, where that has the port.
    pub(super) fn monitor(&mut self, deployment: &Deployment) -> Option<Node> {
        let scrape = deployment.scrape.as_ref()?;
        Some(if scrape.by_service {
            self.service_monitor(deployment, scrape)
        } else {
            self.pod_monitor(deployment, scrape)
        })
    }

    fn service_monitor(&mut self, deployment: &Deployment, scrape: &Scrape) -> Node {
        let origin = self.rule(&SERVICE_MONITOR);
        let metadata = self.watched_metadata(&deployment.name, Some(&deployment.pod.component));
        let app = self.app;
        // The labels of the Service that no other Service of the application has all of.
        let labels = object! { origin;
            "app.kubernetes.io/name": &app.name,
            "app.kubernetes.io/component": &deployment.pod.component,
        };
        let spec = object! { origin;
            "selector": object! { origin; "matchLabels": labels },
            "endpoints": vec![endpoint(scrape, origin)],
        };
        object! { origin;
            "apiVersion": "monitoring.coreos.com/v1", "kind": "ServiceMonitor", "metadata": metadata, "spec": spec,
        }
    }

    fn pod_monitor(&mut self, deployment: &Deployment, scrape: &Scrape) -> Node {
        let origin = self.rule(&POD_MONITOR);
        let selecting = self.rule(&STABLE_SELECTORS);
        let metadata = self.watched_metadata(&deployment.name, Some(&deployment.pod.component));
        let labels = texts(pairs(&deployment.selector), selecting);
        let spec = object! { origin;
            "selector": object! { selecting; "matchLabels": labels },
            "podMetricsEndpoints": vec![endpoint(scrape, origin)],
        };
        object! { origin;
            "apiVersion": "monitoring.coreos.com/v1", "kind": "PodMonitor", "metadata": metadata, "spec": spec,
        }
    }
}

/// The port and how it is scraped. What is not written is the choice of the Prometheus.
fn endpoint(scrape: &Scrape, origin: Origin) -> Node {
    object! { origin;
        "port": &scrape.port,
        "path"?: scrape.path.as_ref(),
        "interval"?: scrape.interval.as_ref(),
        "scrapeTimeout"?: scrape.timeout.as_ref(),
    }
}
