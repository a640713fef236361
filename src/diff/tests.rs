//! Which fields differ, and which spellings are one.

use super::*;
use crate::diagnostic::Diagnostics;
use crate::load::yaml::{self, Dialect};

/// The objects in a text.
pub(super) fn resources(text: &str) -> Vec<Resource> {
    let documents = yaml::read(text, 0, Dialect::Resource, &mut Diagnostics::default()).unwrap();
    documents.into_iter().filter_map(Resource::new).collect()
}

/// Each object that differs and its fields, a line each.
fn told(old: &str, new: &str) -> Vec<String> {
    let (old, new) = (resources(old), resources(new));
    let mut lines = Vec::new();
    for object in compare(&old, &new, Matching::SameObjects) {
        lines.push(format!("{} {}", object.change.as_str(), object.title()));
        for field in &object.fields {
            let text = |node: &Option<Node>| match node {
                None => "nothing".to_owned(),
                Some(_) if field.secret => "secret".to_owned(),
                Some(node) => node.scalar_text().map_or_else(|| node.kind().to_owned(), |text| text.to_string()),
            };
            let order = if field.order { " (order)" } else { "" };
            lines.push(format!("{}: {} -> {}{order}", field.shown_path(), text(&field.old), text(&field.new)));
        }
    }
    lines
}

fn deployment(spec: &str) -> String {
    format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: a, namespace: n}}\nspec:\n  template:\n    spec:\n{spec}"
    )
}

#[test]
fn items_are_matched_by_their_merge_keys() {
    let old = "      containers:\n      - {name: a, image: 'x:1', env: [{name: A, value: '1'}, {name: B, value: '2'}], ports: [{containerPort: 80}]}\n      - {name: b, image: 'y:1'}\n";
    let new = "      containers:\n      - {name: a, image: 'x:2', env: [{name: C, value: '3'}, {name: A, value: '1'}, {name: B, value: '4'}], ports: [{containerPort: 81}]}\n";
    let path = "spec.template.spec.containers";
    assert_eq!(
        told(&deployment(old), &deployment(new)),
        [
            "changed Deployment/a in n".to_owned(),
            format!("{path}[a].image: x:1 -> x:2"),
            format!("{path}[a].env[B].value: 2 -> 4"),
            format!("{path}[a].env[C]: nothing -> a mapping"),
            format!("{path}[a].ports[80]: a mapping -> nothing"),
            format!("{path}[a].ports[81]: nothing -> a mapping"),
            format!("{path}[b]: a mapping -> nothing"),
        ]
    );
}

#[test]
fn another_order_of_items_is_a_change_and_of_keys_is_none() {
    let one = "      containers: [{name: a, image: x}, {name: b, image: y}]\n";
    let two = "      containers: [{image: y, name: b}, {image: x, name: a}]\n";
    let told = told(&deployment(one), &deployment(two));
    assert_eq!(told[1..], ["spec.template.spec.containers: a, b -> b, a (order)"]);
}

#[test]
fn what_argo_cd_takes_for_the_same_is_no_difference() {
    let old = "      volumes: []\n      securityContext: null\n      containers: [{name: a, image: x, args: [], resources: {requests: {cpu: 1000m, memory: 1024Mi}}}]\n";
    let new = "      containers: [{name: a, image: x, env: null, resources: {limits: {}, requests: {cpu: 1, memory: 1Gi}}}]\n";
    assert_eq!(told(&deployment(old), &deployment(new)), [""; 0]);
    // What is empty and means something.
    let old = "      volumes: [{name: v}]\n";
    let new = "      volumes: [{name: v, emptyDir: {}}]\n";
    let told = told(&deployment(old), &deployment(new));
    assert_eq!(told[1..], ["spec.template.spec.volumes[v].emptyDir: nothing -> a mapping"]);
}

#[test]
fn lists_without_keys_are_told_where_they_differ() {
    let with = |args: &str| deployment(&format!("      containers: [{{name: a, image: x, args: [{args}]}}]\n"));
    let told = |old: &str, new: &str| told(&with(old), &with(new))[1..].to_vec();
    let path = "spec.template.spec.containers[a].args";
    assert_eq!(told("a, b, c", "a, x, b, c"), [format!("{path}[1]: nothing -> x")]);
    assert_eq!(told("a, b, c", "a, c"), [format!("{path}[1]: b -> nothing")]);
    assert_eq!(told("a, b", "a, c"), [format!("{path}[1]: b -> c")]);
}

#[test]
fn a_content_hash_in_a_name_is_a_change_of_the_content() {
    let of = |hash: &str, value: &str| {
        let config =
            format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: c-{hash}}}\ndata: {{A: {value}}}\n---\n");
        config + &deployment(&format!("      volumes: [{{name: v, configMap: {{name: c-{hash}}}}}]\n"))
    };
    assert_eq!(
        told(&of("bcdfghkmt2", "x"), &of("2456789bcd", "y")),
        [
            "changed Deployment/a in n",
            "spec.template.spec.volumes[v].configMap.name: c-bcdfghkmt2 -> c-2456789bcd",
            "changed ConfigMap/c-2456789bcd",
            "data.A: x -> y",
        ]
    );
}

#[test]
fn values_of_a_secret_are_marked_wherever_they_stand() {
    let old = "apiVersion: v1\nkind: Secret\nmetadata: {name: s, labels: {a: b}}\ndata: {A: eA==, B: eA==}\n";
    let new = "apiVersion: v1\nkind: Secret\nmetadata: {name: s, labels: {a: c}}\nstringData: {A: x, B: y, C: z}\n";
    assert_eq!(
        told(old, new),
        ["changed Secret/s", "metadata.labels.a: b -> c", "data.B: secret -> secret", "data.C: nothing -> secret"]
    );
    let template = |value: &str| {
        format!(
            "apiVersion: x.io/v1\nkind: Maker\nmetadata: {{name: m}}\nspec: {{template: {{kind: Secret, data: {{A: {value}}}}}}}\n"
        )
    };
    assert_eq!(told(&template("a"), &template("b"))[1..], ["spec.template.data.A: secret -> secret"]);
}

#[test]
fn objects_come_and_go_and_an_api_version_is_a_field() {
    let old = "apiVersion: autoscaling/v2beta2\nkind: HorizontalPodAutoscaler\nmetadata: {name: h}\n---\napiVersion: v1\nkind: Service\nmetadata: {name: s}\n";
    let new = "apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: h}\n---\napiVersion: v1\nkind: Service\nmetadata: {name: t}\n";
    assert_eq!(
        told(old, new),
        [
            "removed Service/s",
            "changed HorizontalPodAutoscaler/h",
            "apiVersion: autoscaling/v2beta2 -> autoscaling/v2",
            "added Service/t",
        ]
    );
}

#[test]
fn of_environments_objects_meet_across_namespaces_and_what_is_expected_has_a_reason() {
    let of = |namespace: &str, tag: &str, host: &str, replicas: u8, flag: &str| {
        format!(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: a, namespace: {namespace}}}\nspec:\n  replicas: {replicas}\n  template:\n    spec:\n      containers:\n      - name: a\n        image: x:{tag}\n        env: [{{name: URL, value: 'https://{host}/x'}}, {{name: FLAG, value: '{flag}'}}]\n"
        )
    };
    let old = resources(&of("shop-staging", "v2", "shop.staging.example.com", 1, "on"));
    let new = resources(&of("shop-prod", "v1", "shop.example.com", 3, "off"));
    let objects = compare(&old, &new, Matching::Environments);
    assert_eq!(objects.len(), 1);
    let why: Vec<Option<&str>> =
        objects[0].fields.iter().map(|field| Expected::of(&objects[0], field).map(Expected::as_str)).collect();
    assert_eq!(why, [Some("names"), Some("sizes"), Some("tags"), Some("hosts"), None]);
    assert!(objects[0].findings.is_empty());
}

#[test]
fn of_environments_items_with_the_name_of_a_renamed_object_are_one_item() {
    let of = |environment: &str, prefix: &str| {
        format!(
            "apiVersion: traefik.io/v1alpha1\nkind: IngressRoute\nmetadata: {{name: web, namespace: shop-{environment}}}\nspec:\n  routes:\n  - match: x\n    services: [{{name: {prefix}api, port: 80}}, {{name: web-{environment}, port: 81}}]\n---\napiVersion: v1\nkind: Service\nmetadata: {{name: {prefix}api, namespace: shop-{environment}, labels: {{app: api}}}}\n---\napiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {{name: web, namespace: shop-{environment}}}\nspec: {{rules: [{{host: {environment}.example.com}}]}}\n"
        )
    };
    let (old, new) = (resources(&of("staging", "staging-")), resources(&of("prod", "")));
    let objects = compare(&old, &new, Matching::Environments);
    let fields: Vec<String> = objects
        .iter()
        .flat_map(|object| object.fields.iter().map(move |field| (object, field)))
        .filter(|(_, field)| !field.is_below(&["metadata"]))
        .map(|(object, field)| format!("{} {:?}", field.shown_path(), Expected::of(object, field)))
        .collect();
    assert_eq!(
        fields,
        [
            "spec.rules[0].host Some(Host)",
            "spec.routes[0].services[api].name Some(Name)",
            "spec.routes[0].services[web].name Some(Name)",
        ]
    );
}

#[test]
fn of_environments_objects_meet_whose_names_hold_the_word_of_their_environment() {
    let of = |namespace: &str, name: &str| {
        format!(
            "apiVersion: v1\nkind: Service\nmetadata: {{name: {name}, namespace: {namespace}}}\nspec: {{type: {namespace}}}\n"
        )
    };
    let (old, new) = (resources(&of("shop-staging", "api-staging")), resources(&of("shop-prod", "api")));
    let objects = compare(&old, &new, Matching::Environments);
    assert_eq!(objects.len(), 1);
    assert!(objects[0].old.is_some() && objects[0].new.is_some());
    let other = resources(&of("shop-prod", "web"));
    assert_eq!(compare(&old, &other, Matching::Environments).len(), 2);
}
