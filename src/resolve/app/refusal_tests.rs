//! What an API server would refuse, and what would have no effect, is refused at its place.

use serde_json::{Value as Json, json};

use super::{Affixes, Context, resolve};
use crate::diagnostic::Diagnostics;
use crate::model;
use crate::model::monitoring::MonitoringSettings;
use crate::model::network::PolicySettings;
use crate::model::project::Edition;
use crate::model::secret::SecretProvider;
use crate::origin::Origin;
use crate::tree::{Map, Node, Text};

/// A tree whose nodes are all at one place, which is not that of the application's name.
fn tree(json: &Json, origin: Origin) -> Node {
    match json {
        Json::Null => Node::null(origin),
        Json::Bool(truth) => Node::new(*truth, origin),
        Json::Number(number) => Node::new(number.as_i64().unwrap(), origin),
        Json::String(text) => Node::string(text.as_str(), origin),
        Json::Array(items) => Node::new(items.iter().map(|item| tree(item, origin)).collect::<Vec<_>>(), origin),
        Json::Object(entries) => {
            let mut map = Map::default();
            entries.iter().for_each(|(key, value)| map.push(key.as_str(), origin, tree(value, origin)));
            Node::new(map, origin)
        }
    }
}

/// The codes of what is said about a deployment with these fields.
fn said(deployment: Json, provider: Option<Json>) -> Vec<&'static str> {
    let head = json!({"apiVersion": "strata.dev/v1alpha1", "kind": "App", "metadata": {"name": "a"}, "image": "i"});
    let mut root = tree(&head, Origin::source(0));
    let at = Origin::source(7);
    let map = root.as_map_mut().unwrap();
    map.push("deployments", at, tree(&json!({ "main": deployment }), at));
    map.push("secrets", at, tree(&json!({"s": {"path": "/s", "keys": {"K": {}}}}), at));
    let mut diagnostics = Diagnostics::default();
    let spec: model::app::App = model::read(&root, &mut diagnostics).unwrap();
    let provider = provider.unwrap_or(json!({"provider": "existing"}));
    let provider: SecretProvider = model::read(&tree(&provider, at), &mut diagnostics).unwrap();
    let namespace = Text::new("n", at);
    let context = Context {
        edition: Edition::default(),
        namespace: Some(&namespace),
        provider: Some(&provider),
        monitoring: &MonitoringSettings::default(),
        routing: None,
        network: &PolicySettings::default(),
        environment: None,
        local: false,
        in_cluster: true,
        affixes: &Affixes::default(),
        neighbours: &[],
        release: Default::default(),
        file: &|_| None,
    };
    let resolved = resolve(&spec, &context, &mut diagnostics);
    assert_eq!(resolved.is_none(), diagnostics.has_errors());
    for diagnostic in diagnostics.iter() {
        assert_eq!(diagnostic.primary.as_ref().unwrap().origin, at, "{}", diagnostic.message);
    }
    diagnostics.iter().map(|diagnostic| diagnostic.code).collect()
}

#[test]
fn security_settings_that_contradict_each_other_are_refused() {
    let security = |security: Json| said(json!({ "security": security }), None);
    assert_eq!(security(json!({"runAsUser": 0})), ["conflicting-fields"]);
    assert_eq!(security(json!({"runAsUser": 0, "runAsNonRoot": false})), [""; 0]);
    assert_eq!(security(json!({"privileged": true, "allowPrivilegeEscalation": false})), ["conflicting-fields"]);
    let groups = |other: u32| {
        let init = json!({"i": {"security": {"fsGroup": other}}});
        said(json!({"security": {"fsGroup": 1}, "initContainers": init}), None)
    };
    assert_eq!((groups(1), groups(2)), (vec![], vec!["conflicting-fields"]));
}

#[test]
fn what_only_a_service_could_use_is_refused_without_one() {
    let port = |port: Json, service: Json| said(json!({"ports": {"p": port}, "service": service}), None);
    assert_eq!(port(json!({"container": 1, "appProtocol": "http"}), json!({})), ["field-without-effect"]);
    assert_eq!(port(json!({"container": 1, "nodePort": 30000}), json!({})), ["field-without-effect"]);
    assert_eq!(port(json!({"container": 1}), json!({"type": "NodePort"})), ["field-without-effect"]);
    let with_node_port = json!({"container": 1, "service": 1, "nodePort": 30000});
    assert_eq!(port(with_node_port.clone(), json!({})), ["conflicting-fields"]);
    assert_eq!(port(with_node_port, json!({"type": "NodePort"})), [""; 0]);
    let headless = json!({"type": "LoadBalancer", "headless": true});
    assert_eq!(port(json!({"container": 1, "service": 1}), headless), ["conflicting-fields"]);
    let extra = json!({"x": {"ports": {"p": {"container": 1, "service": 1}}}});
    assert_eq!(said(json!({ "sidecars": extra }), None), ["field-without-effect"]);
}

#[test]
fn init_containers_have_no_probes_and_sidecars_do() {
    let extra = json!({"x": {"probes": {"liveness": {"exec": ["true"]}}}});
    assert_eq!(said(json!({ "initContainers": extra }), None), ["field-without-effect"]);
    assert_eq!(said(json!({ "sidecars": extra }), None), [""; 0]);
    let handler = json!({"x": {"lifecycle": {"preStop": {"sleep": 1}}}});
    assert_eq!(said(json!({ "initContainers": handler }), None), ["field-without-effect"]);
}

#[test]
fn a_container_can_come_after_any_other_but_not_after_itself() {
    let init = |containers: Json| said(json!({ "initContainers": containers }), None);
    assert_eq!(init(json!({"y": {"after": "x"}, "z": {"after": "y"}, "x": {}})), [""; 0]);
    assert_eq!(init(json!({"y": {"after": "z"}, "x": {}})), ["unknown-container"]);
    assert_eq!(init(json!({"y": {"after": "y"}})), ["unknown-container"]);
    assert_eq!(init(json!({"y": {"after": "x"}, "x": {"after": "y"}})), ["container-cycle", "container-cycle"]);
}

#[test]
fn two_mounts_at_one_path_are_refused() {
    let volumes = json!({"a": {"emptyDir": {}, "mount": "/x"}, "b": {"emptyDir": {}, "mount": "/x"}});
    assert_eq!(said(json!({ "volumes": volumes }), None), ["duplicate-mount"]);
}

#[test]
fn an_address_that_the_successor_of_infisical_secret_cannot_use_is_refused() {
    let provider = json!({
        "provider": "infisical", "version": "v1beta1", "project": "p", "environment": "e",
        "hostAPI": "https://infisical.example.com", "auth": {"ref": {"name": "auth"}},
    });
    assert_eq!(said(json!({}), Some(provider)), ["field-without-effect"]);
}
