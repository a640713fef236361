//! StatefulSets of the application's own, and volumes that outlive pods.

use std::collections::HashMap;

use ecow::eco_format;

use super::container::Exposed;
use super::pod::default_selector;
use super::{Resolver, Tables};
use crate::app::{Claim, ClaimRequest, ClaimTemplate, Service, ServiceAccount, StatefulSet};
use crate::diagnostic::Diagnostic;
use crate::model::container;
use crate::model::scalar::Quantity;
use crate::model::workload::{self, AccessMode, ServiceType};
use crate::names;
use crate::origin::Origin;
use crate::tree::{Keyed, Spanned, Text};

impl Resolver<'_> {
    pub(super) fn stateful_sets(
        &mut self,
        tables: &Tables<'_>,
        accounts: &mut Vec<ServiceAccount>,
    ) -> Vec<StatefulSet> {
        let spec = self.spec;
        let mut made: Vec<StatefulSet> = Vec::with_capacity(spec.stateful_sets.len());
        for (key, stateful_set) in spec.stateful_sets.iter() {
            made.push(self.stateful_set(key, stateful_set, tables, accounts));
        }
        made
    }

    fn stateful_set(
        &mut self,
        key: &Text,
        spec: &workload::StatefulSet,
        tables: &Tables<'_>,
        accounts: &mut Vec<ServiceAccount>,
    ) -> StatefulSet {
        // The controller appends a hash of up to ten characters to name revisions.
        let name = self.object_name("a StatefulSet", key, spec.name.as_ref(), 52);
        let fields = spec.pod();
        let exposed = Exposed { ports: Some(&spec.ports), probes: Some(&spec.probes) };
        let mut pod = self.pod(key, &name, &fields, &exposed, tables, accounts);
        let selector = match &spec.selector {
            Some(selector) => self.exact_selector(selector),
            None => default_selector(&self.spec.metadata.name, key),
        };
        pod.selector.clone_from(&selector);
        let (governing, service) = self.services(&name, spec);
        let templates =
            fields.volumes.iter().filter_map(|(name, volume)| Some((name, volume.claim_template.as_ref()?)));
        let claim_templates: Vec<ClaimTemplate> =
            templates.map(|(name, template)| claim_template(name, template)).collect();
        let delete_claims = spec.retain.filter(|retain| !retain.value).map(|retain| retain.origin);
        self.retained(&claim_templates, spec.retain);
        StatefulSet {
            replicas: spec.replicas,
            pod_management: spec.pod_management,
            revision_history_limit: spec.revision_history_limit,
            min_ready_seconds: spec.min_ready_seconds,
            restarted_by: self.restarted_by(key, spec.restart_on_secret_change, &pod),
            claim_templates,
            delete_claims,
            bundled: None,
            governing,
            service,
            selector,
            pod,
            name,
        }
    }

    fn retained(&mut self, templates: &[ClaimTemplate], retain: Option<Spanned<bool>>) {
        if let Some(retain) = retain.filter(|_| templates.is_empty()) {
            let message = "no volume of it has a `claimTemplate`, so there is nothing to retain";
            self.say(Diagnostic::error("field-without-effect", message).at(retain.origin));
        }
    }

    /// The Service that gives the pods their names, and the one with an address where one is asked
    /// for. A StatefulSet needs the first one, whether or not it has ports.
    fn services(&mut self, name: &Text, spec: &workload::StatefulSet) -> (Service, Option<Service>) {
        let options = &spec.service;
        let has_ports = spec.ports.iter().any(|(_, port)| port.service.is_some());
        let front = match has_ports {
            true => self.service(name, &spec.ports, options, false),
            false => None,
        };
        let outside = options.service_type.is_some_and(|kind| kind.value != ServiceType::ClusterIp);
        let addressed = outside || options.headless.is_some_and(|headless| !headless.value);
        match front {
            Some(front) if addressed => {
                let ports = front.ports.iter().cloned().map(|port| crate::app::ServicePort { node_port: None, ..port });
                let own = Text::new(eco_format!("{}-headless", front.name), name.origin);
                self.valid(&own, "invalid-name", "the name of a Service", names::service_name);
                (headless(own, Keyed::default(), ports.collect()), Some(front))
            }
            Some(front) => (headless(front.name, front.annotations, front.ports), None),
            None => {
                if let Some(origin) = addressed_at(options) {
                    let message = "no port says `service`, so there is no Service with an address";
                    self.say(
                        Diagnostic::error("field-without-effect", message)
                            .at(origin)
                            .help("add `service: PORT` to a port"),
                    );
                }
                let own = options.name.clone().unwrap_or_else(|| name.clone());
                self.valid(&own, "invalid-name", "the name of a Service", names::service_name);
                self.annotations(&options.annotations);
                (headless(own, options.annotations.clone(), Vec::new()), None)
            }
        }
    }

    pub(super) fn claims(&mut self) -> Vec<Claim> {
        let spec = self.spec;
        let mut named: HashMap<Text, Origin> = HashMap::new();
        let mut made = Vec::with_capacity(spec.claims.len());
        for (key, claim) in spec.claims.iter() {
            self.valid(key, "invalid-key", "the key of a claim", names::dns_label);
            let name = self.object_name("a PersistentVolumeClaim", key, claim.name.as_ref(), 63);
            if let Some(other) = named.insert(name.clone(), name.origin) {
                let message = format!("two claims are named `{name}`");
                self.say(Diagnostic::error("duplicate-name", message).at(name.origin).related(other, "the other one"));
            }
            made.push(Claim {
                request: request(&claim.size, claim.storage_class.as_ref(), &claim.access_modes),
                retain: claim.retain.is_none_or(|retain| retain.value),
                name,
            });
        }
        made
    }

    /// The name of the PersistentVolumeClaim that a volume names: one of `claims:`, or one that exists.
    pub(super) fn claim_name(&mut self, claim: &Text) -> Text {
        let app = &self.spec.metadata.name;
        match self.spec.claims.get(claim) {
            Some(declared) => match &declared.name {
                Some(exact) => Text::new(exact.value.clone(), claim.origin),
                None if *claim == "main" => Text::new(app.value.clone(), claim.origin),
                None => Text::new(eco_format!("{app}-{claim}"), claim.origin),
            },
            None => claim.clone(),
        }
    }
}

/// What asks for an address of the Service.
fn addressed_at(options: &workload::ServiceOptions) -> Option<Origin> {
    let kind = options.service_type.map(|kind| kind.origin);
    kind.or(options.headless.filter(|headless| !headless.value).map(|headless| headless.origin))
}

fn headless(name: Text, annotations: Keyed<Text>, ports: Vec<crate::app::ServicePort>) -> Service {
    Service { service_type: None, headless: Some(name.origin), name, annotations, ports }
}

fn claim_template(name: &Text, template: &container::ClaimTemplate) -> ClaimTemplate {
    let request = request(&template.size, template.storage_class.as_ref(), &template.access_modes);
    ClaimTemplate { name: name.clone(), request }
}

fn request(size: &Quantity, storage_class: Option<&Text>, access_modes: &[Spanned<AccessMode>]) -> ClaimRequest {
    ClaimRequest { size: size.clone(), storage_class: storage_class.cloned(), access_modes: access_modes.to_vec() }
}
