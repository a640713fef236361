//! Which parameters the form of an Application shows.

use serde_json::json;

use super::{Server, shop};
use crate::fixture::Project;

#[test]
fn declared_parameters_come_first_then_images_and_replicas() {
    let announced = Server::of(shop().path()).parameters("o", &[]).unwrap();
    let expected = json!([
        {"name": "log-level", "title": "Log level", "tooltip": "How much is logged; one of debug, info",
         "required": false, "itemType": "string", "string": "info"},
        {"name": "workers", "title": "Workers", "tooltip": "1 to 4", "required": false, "itemType": "number", "string": "2"},
        {"name": "images", "title": "Images", "tooltip": "the tag, digest or TAG@DIGEST of each image",
         "required": false, "itemType": "string", "collectionType": "map", "map": {"ghcr.io/acme/shop": "v1.0.0"}},
        {"name": "replicas", "title": "Replicas", "tooltip": "the number of pods of each workload that no autoscaler changes",
         "required": false, "itemType": "number", "collectionType": "map", "map": {"shop": "2"}},
    ]);
    assert_eq!(serde_json::Value::from(announced), expected);
}

#[test]
fn a_form_is_shown_for_an_overlay_that_needs_a_parameter_or_has_a_wrong_one() {
    let project = Project::usual(
        "deployments: {main: {}}\n",
        "parameters: {replicas: {type: integer, max: 3}}\napp: {deployments: {main: {replicas: '${{ values.replicas }}'}}}\n",
        &[],
    );
    let server = Server::of(project.path());
    for given in ["null", r#"[{"name":"replicas","string":"9"}]"#, "{", r#"[{"name":"nope","string":""}]"#] {
        let announced = server.parameters("o", &[("ARGOCD_APP_PARAMETERS", given)]).unwrap();
        assert_eq!((&announced[0]["name"], &announced[0]["required"]), (&"replicas".into(), &true.into()), "{given}");
    }
    let given = r#"[{"name":"replicas","string":"3"}]"#;
    let announced = server.parameters("o", &[("ARGOCD_APP_PARAMETERS", given)]).unwrap();
    // The overlay's own `replicas` takes the name.
    assert_eq!(announced.iter().map(|one| one["name"].as_str().unwrap()).collect::<Vec<_>>(), ["replicas", "images"]);
    let error = server.generate("o", &[]).unwrap_err();
    assert!(
        error.starts_with(
            "error[invalid-parameter]: the parameter `replicas` has no default, and nobody sets it (o/overlay.yaml:"
        ),
        "{error}"
    );
}

#[test]
fn an_overlay_that_cannot_be_read_announces_nothing() {
    let project = shop();
    project.write("o/overlay.yaml", "kind: [");
    let error = Server::of(project.path()).parameters("o", &[]).unwrap_err();
    assert!(error.starts_with("error[yaml-syntax]"), "{error}");
}
