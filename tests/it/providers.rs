//! Secrets end to end: one declaration, and the provider is the environment's or the overlay's choice.

use serde_json::json;

use crate::fixture::{Objects, Project};

const APP: &str = "deployments: {main: {env: {KEY: {secret: s}, MAY: {secret: s}, FAR: {secret: s}}, volumes: {v: {secret: s, mount: /s}}}}\n\
    secrets: {s: {path: /shop, keys: {KEY: {}, MAY: {optional: true}, FAR: {from: /other, remoteKey: REMOTE}}}}\n";
const V1ALPHA1: &str =
    "{provider: infisical, project: p, environment: e, auth: {universal: {secret: i, namespace: infisical}}}";
const LOCAL: &str = "{provider: local, literals: {s: {KEY: \"1\", FAR: \"2\"}}}";

/// The project of [`APP`] with this provider in its environment.
fn project(provider: &str, overlay: &str) -> Project {
    let settings = format!("environments: {{prod: {{local: {}, secrets: {provider}}}}}\n", provider == LOCAL);
    Project::usual(APP, overlay, &[("strata.yaml", &settings)])
}

/// Where each variable comes from: the Secret's name and its key.
fn sources(objects: &Objects) -> Vec<(String, String)> {
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    let source = |reference: &serde_json::Value| (text(&reference["name"]), text(&reference["key"]));
    objects.env("shop").iter().map(|(_, from)| source(&from["secretKeyRef"])).collect()
}

#[test]
fn infisical_v1alpha1_reads_one_path_for_each_object_and_references_follow() {
    let objects = project(V1ALPHA1, "").objects();
    let main = &objects.get("InfisicalSecret", "s")["spec"];
    let universal = &main["authentication"]["universalAuth"];
    assert_eq!(universal["secretsScope"], json!({"projectSlug": "p", "envSlug": "e", "secretsPath": "/shop"}));
    assert_eq!(main["managedKubeSecretReferences"][0]["secretName"], "s");
    let other = &objects.get("InfisicalSecret", "s-other")["spec"]["managedKubeSecretReferences"][0];
    assert!(other["template"]["data"]["FAR"].as_str().unwrap().contains(".REMOTE.Value"));
    let expected = [("s", "KEY"), ("s", "MAY"), ("s-other", "FAR")];
    assert_eq!(sources(&objects), expected.map(|(name, key)| (name.to_owned(), key.to_owned())));
    let env = objects.env("shop");
    assert_eq!(env[1].1["secretKeyRef"]["optional"], true);
    assert_eq!(env[0].1["secretKeyRef"]["optional"], json!(null));
}

#[test]
fn infisical_v1beta1_reads_all_paths_into_one_secret() {
    let provider = "{provider: infisical, version: v1beta1, project: p, environment: e, resync: 60s, auth: {ref: {name: a, namespace: b}}}";
    let objects = project(provider, "").objects();
    assert_eq!(objects.one("InfisicalStaticSecret")["metadata"]["name"], "s");
    assert_eq!(sources(&objects)[2], ("s".to_owned(), "FAR".to_owned()));
}

#[test]
fn external_secrets_read_each_key_and_search_for_optional_ones() {
    let objects =
        project("{provider: externalSecrets, store: {name: vault, kind: SecretStore}, refresh: 30m}", "").objects();
    let spec = &objects.one("ExternalSecret")["spec"];
    assert_eq!(spec["secretStoreRef"], json!({"name": "vault", "kind": "SecretStore"}));
    assert_eq!(spec["refreshInterval"], "30m0s");
    let keys: Vec<_> =
        spec["data"].as_array().unwrap().iter().map(|item| (&item["secretKey"], &item["remoteRef"]["key"])).collect();
    assert_eq!(keys, [(&json!("KEY"), &json!("/shop/KEY")), (&json!("FAR"), &json!("/other/REMOTE"))]);
    assert_eq!(spec["dataFrom"][0]["find"]["path"], "/shop");
}

#[test]
fn the_provider_is_switched_by_one_word_whatever_the_application_declares() {
    let objects = project(V1ALPHA1, "secrets: existing\n").objects();
    assert_eq!(objects.names(), ["ServiceAccount/shop", "Deployment/shop"]);
    assert!(sources(&objects).iter().all(|(name, _)| name == "s"));
    assert_eq!(objects.pod("shop")["spec"]["volumes"][0]["secret"]["secretName"], "s");
}

#[test]
fn the_word_alone_takes_the_settings_of_an_alternative() {
    let provider = "{provider: infisical, project: p, environment: prod, auth: {universal: {secret: a, namespace: b}}, alternatives: [{provider: externalSecrets, store: {name: vault}}, {provider: existing}]}";
    let objects = project(provider, "secrets: externalSecrets\n").objects();
    assert_eq!(objects.one("ExternalSecret")["spec"]["secretStoreRef"]["name"], "vault");
    let objects = project(provider, "secrets: {provider: externalSecrets, refresh: 2m}\n").objects();
    assert_eq!(objects.one("ExternalSecret")["spec"]["secretStoreRef"]["name"], "vault");
    assert_eq!(objects.one("ExternalSecret")["spec"]["refreshInterval"], "2m0s");
    let said = project(provider, "secrets: external\n").refusal();
    assert!(said.contains("overlay.yaml:") && said.contains("`externalSecrets`"), "{said}");
    // An overlay over that one goes back by the word.
    let files = [(
        "prod/eu/overlay.yaml",
        "apiVersion: strata.dev/v1alpha1\nkind: Overlay\nbase: ../../o\nsecrets: infisical\n",
    )];
    let back = Project::usual(APP, "secrets: existing\n", &files);
    back.write("strata.yaml", format!("environments: {{prod: {{secrets: {provider}}}}}\n"));
    let back = back.objects_of("prod/eu", &[]);
    let scope = &back.get("InfisicalSecret", "s")["spec"]["authentication"]["universalAuth"]["secretsScope"];
    assert_eq!(scope["projectSlug"], "p");
}

#[test]
fn a_layer_that_names_the_same_provider_changes_only_what_it_says() {
    let objects = project(V1ALPHA1, "secrets: {provider: infisical, environment: staging}\n").objects();
    let scope = &objects.get("InfisicalSecret", "s")["spec"]["authentication"]["universalAuth"]["secretsScope"];
    assert_eq!(scope, &json!({"projectSlug": "p", "envSlug": "staging", "secretsPath": "/shop"}));
}

#[test]
fn values_reach_the_provider_of_an_environment() {
    let provider = "{provider: externalSecrets, store: {name: \"store-${{ values.region }}\"}}";
    let objects = project(provider, "values: {region: eu}\n").objects();
    assert_eq!(objects.one("ExternalSecret")["spec"]["secretStoreRef"]["name"], "store-eu");
    let said = project(provider, "").refusal();
    assert!(said.contains("no layer sets the value `region`") && said.contains("strata.yaml:1:"), "{said}");
}

#[test]
fn fixed_values_are_for_a_local_environment_only() {
    let objects = project(LOCAL, "").objects();
    assert_eq!(objects.one("Secret")["metadata"]["name"], "s");
    let settings = format!("environments: {{prod: {{secrets: {LOCAL}}}}}\n");
    let said = Project::usual(APP, "", &[("strata.yaml", &settings)]).refusal();
    assert!(said.contains("error[local-secrets]"), "{said}");
    assert!(!said.contains("\"2\""), "a value is never shown: {said}");
}

#[test]
fn what_the_provider_has_no_use_for_is_refused() {
    for (provider, field) in [
        ("{provider: existing, project: p}", "project"),
        ("{provider: existing, auth: {ref: {name: a}}}", "auth"),
        ("{provider: existing, store: {name: a}}", "store"),
        ("{provider: existing, literals: {s: {KEY: x}}}", "literals"),
        ("{provider: externalSecrets, store: {name: a}, resync: 60s}", "resync"),
        ("{provider: externalSecrets, store: {name: a}, decryptedBy: ksops}", "decryptedBy"),
    ] {
        let said = project(provider, "").refusal();
        assert!(said.contains(&format!("`{field}` belongs to the provider")), "{provider}: {said}");
    }
}

#[test]
fn sealed_and_sops_secrets_pass_through_as_they_are() {
    let sealed = "apiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\nmetadata: {name: s}\nspec: {encryptedData: {KEY: a, MAY: b, FAR: c}}\n---\napiVersion: isindir.github.com/v1alpha3\nkind: SopsSecret\nmetadata: {name: t}\nspec: {secretTemplates: [{name: q, stringData: {A: x}}]}\n";
    let project = project("{provider: existing}", "resources: [sealed.yaml]\n");
    project.write("o/sealed.yaml", sealed);
    let objects = project.objects();
    assert_eq!(objects.one("SealedSecret")["spec"]["encryptedData"], json!({"KEY": "a", "MAY": "b", "FAR": "c"}));
    assert_eq!(objects.one("SopsSecret")["metadata"]["namespace"], "ns");
}
