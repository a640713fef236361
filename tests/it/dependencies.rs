//! Dependencies: said once, bundled, external, a Service or another application by the overlay.

use serde_json::{Value, json};

use crate::fixture::{Objects, Project, overlay_file};

pub const APP: &str = "\
secrets: {s: {path: /s, keys: {URL: {format: url, dependency: db}, PASSWORD: {dependency: db, part: password}}}}
dependencies: {db: {type: postgres, version: '16', database: orders, url: {secret: s, key: URL}}}
deployments: {main: {env: {URL: {secret: s}, HOST: {dependency: db, part: host}, ADDRESS: {dependency: db, part: address}}}}
migrations: {schema: {command: [migrate]}}
";
const LOCAL: &str = "environments: {prod: {local: true, tags: semver, secrets: {provider: local}}}\n";
const BUNDLED: &str = "app: {dependencies: {db: {bundled: {storage: 1Gi}}}}\n";

/// Another application, whose overlay runs a PostgreSQL with two databases.
pub const SHARED: &str = "apiVersion: strata.dev/v1alpha1\nkind: App\nmetadata: {name: shared}\n\
    secrets: {pw: {path: /p, keys: {ADMIN: {}, ONE: {}, TWO: {}}}}\n\
    dependencies: {main: {type: postgres, version: '16', bundled: {storage: 1Gi, credentials: {secret: pw, key: ADMIN}, databases: \
    {orders: {user: clerk, password: {secret: pw, key: ONE}}, reports: {password: {secret: pw, key: TWO}}}}}}\n";

fn local(overlay: &str) -> Objects {
    Project::usual(APP, overlay, &[("strata.yaml", LOCAL)]).objects()
}

fn refused(overlay: &str) -> String {
    Project::usual(APP, overlay, &[]).refusal()
}

fn beside_shared(overlay: &str) -> Project {
    let theirs = overlay_file("../base", "names: {prefix: x-}\n").replace("namespace: ns", "namespace: data");
    Project::usual(APP, overlay, &[("shared/base/app.yaml", SHARED), ("shared/prod/overlay.yaml", &theirs)])
}

fn secret(objects: &Objects, name: &str, key: &str) -> String {
    let data = objects.get("Secret", name)["data"][key].as_str().unwrap().to_owned();
    String::from_utf8(strata::base64::decode(&data).unwrap()).unwrap()
}

fn wave(object: &Value) -> i64 {
    object["metadata"]["annotations"]["argocd.argoproj.io/sync-wave"].as_str().map_or(0, |wave| wave.parse().unwrap())
}

#[test]
fn a_local_environment_makes_the_passwords_and_the_urls_that_hold_them() {
    let objects = local(BUNDLED);
    let password = secret(&objects, "shop-db-credentials", "orders-password");
    assert_eq!(secret(&objects, "s", "URL"), format!("postgres://orders:{password}@shop-db:5432/orders"));
    assert_eq!(secret(&objects, "s", "PASSWORD"), password);
    assert_eq!(
        objects.get("Secret", "shop-db-credentials")["metadata"]["annotations"]["strata.dev/local-only"],
        "true"
    );
    assert_eq!(objects.variable("shop", "HOST"), "shop-db");
    assert_eq!(objects.variable("shop", "ADDRESS"), "shop-db:5432");
    let elsewhere = Project::usual(APP, BUNDLED, &[("strata.yaml", LOCAL)]);
    elsewhere.write("o/overlay.yaml", overlay_file("../app", BUNDLED).replace("namespace: ns", "namespace: other"));
    assert_ne!(secret(&elsewhere.objects(), "shop-db-credentials", "orders-password"), password);
}

#[test]
fn a_literal_wins_over_a_password_that_is_made() {
    let overlay = "secrets: {provider: local, literals: {s: {PASSWORD: 'p/w'}}}\n\
        app: {dependencies: {db: {password: {secret: s, key: PASSWORD}, bundled: {storage: 1Gi}}}}\n";
    let objects = local(overlay);
    assert_eq!(secret(&objects, "s", "URL"), "postgres://orders:p%2Fw@shop-db:5432/orders");
    let job = objects.get("Job", "shop-db-databases");
    let env = &job["spec"]["template"]["spec"]["containers"][0]["env"];
    assert_eq!(env[3]["valueFrom"]["secretKeyRef"], json!({"name": "s", "key": "PASSWORD"}));
}

#[test]
fn what_is_bundled_comes_before_its_databases_and_those_before_migrations() {
    let objects = local(BUNDLED);
    let waves = [
        wave(objects.get("Secret", "shop-db-credentials")),
        wave(objects.get("StatefulSet", "shop-db")),
        wave(objects.get("Job", "shop-db-databases")),
        wave(objects.get("Job", "shop-schema")),
    ];
    assert_eq!(waves, [-20, -13, -12, -10]);
    assert_eq!(wave(objects.get("Service", "shop-db")), -13);
    let moved = local("app: {dependencies: {db: {bundled: {storage: 1Gi}}}, migrations: {schema: {wave: -30}}}\n");
    assert_eq!(wave(moved.get("StatefulSet", "shop-db")), -32);
    assert!(wave(moved.get("Secret", "shop-db-credentials")) < -32);
}

#[test]
fn a_bundled_image_is_not_governed_by_the_policy_for_tags_and_can_be_replaced() {
    let objects = local(
        "app: {dependencies: {db: {bundled: {storage: 1Gi}}}}\nimages: {docker.io/library/postgres: {newName: mirror.example.com/postgres}}\n",
    );
    let spec = &objects.get("StatefulSet", "shop-db")["spec"];
    assert_eq!(spec["template"]["spec"]["containers"][0]["image"], "mirror.example.com/postgres:16-alpine");
    assert_eq!(spec["volumeClaimTemplates"][0]["kind"], "PersistentVolumeClaim");
    assert_eq!(spec["template"]["spec"]["securityContext"]["fsGroup"], 70);
}

#[test]
fn the_labels_of_what_is_bundled_are_its_own() {
    let objects = local(BUNDLED);
    let labels = &objects.get("StatefulSet", "shop-db")["spec"]["template"]["metadata"]["labels"];
    assert_eq!(labels["app.kubernetes.io/name"], "shop-db");
    assert_eq!(objects.get("Service", "shop-db")["spec"]["selector"]["app.kubernetes.io/name"], "shop-db");
}

#[test]
fn a_prefix_of_names_reaches_the_host() {
    let objects = local(&format!("{BUNDLED}names: {{prefix: a-, suffix: -z}}\n"));
    objects.get("Service", "a-shop-db-z");
    assert_eq!(objects.variable("a-shop-z", "HOST"), "a-shop-db-z");
    assert_eq!(objects.get("StatefulSet", "a-shop-db-z")["spec"]["serviceName"], "a-shop-db-z");
}

#[test]
fn the_place_is_one_word_of_the_overlay() {
    let host = |place: &str| {
        let overlay = format!("app: {{dependencies: {{db: {{{place}}}}}}}\n");
        Project::usual(APP, &overlay, &[]).objects().variable("shop", "HOST")
    };
    assert_eq!(host("external: {host: db.example.com}"), "db.example.com");
    assert_eq!(host("service: {name: postgres, namespace: data}"), "postgres.data.svc");
    assert_eq!(host("service: {name: postgres}"), "postgres");
    assert_eq!(host("service: {name: postgres, namespace: ns}"), "postgres");
}

#[test]
fn another_application_gives_host_database_and_user() {
    let project = beside_shared(
        "app: {dependencies: {db: {application: {overlay: ../shared/prod}}}, deployments: {main: {env: {USER: {dependency: db, part: user}}}}}\n",
    );
    let objects = project.objects();
    assert_eq!(objects.variable("shop", "HOST"), "x-shared.data.svc");
    assert_eq!(objects.variable("shop", "USER"), "clerk");
    let all = project.strata(&["build", "shared/prod", "o"]);
    assert_eq!(all.err, "");
}

#[test]
fn a_missing_application_database_or_user_is_said_at_its_place() {
    let said = |fields: &str| beside_shared(&format!("app: {{dependencies: {{db: {{{fields}}}}}}}\n")).refusal();
    let missing = said("application: {overlay: ../shared/prd}");
    assert!(missing.contains("error[file-not-found]") && missing.contains("o/overlay.yaml:6:"), "{missing}");
    let database = said("database: order, application: {overlay: ../shared/prod}");
    assert!(
        database.contains("the database `order` is not declared") && database.contains("did you mean `orders`?"),
        "{database}"
    );
    let user = said("user: clark, application: {overlay: ../shared/prod}");
    assert!(
        user.contains("`clark` is not the owner of the database `orders`") && user.contains("did you mean `clerk`?"),
        "{user}"
    );
    let none = said("database: null, application: {overlay: ../shared/prod}");
    assert!(none.contains("`shared` has several databases") && none.contains("`orders`, `reports`"), "{none}");
    let other = said("application: {overlay: ../shared/prod, dependency: mian}");
    assert!(other.contains("did you mean `main`?"), "{other}");
}

#[test]
fn what_is_wrong_with_a_dependency_is_refused() {
    let said = |fields: &str| refused(&format!("app: {{dependencies: {{{fields}}}}}\n"));
    for (fields, message) in [
        (
            "db: {bundled: {storage: 1Gi}}",
            "error[missing-credentials]: `credentials` of the bundled dependency `db` is missing",
        ),
        ("other: {type: redis}", "error[unplaced-dependency]: no layer says where the dependency `other` is"),
        ("db: {bundled: {storage: 1Gi}, external: {host: h}}", "is at two places, `bundled` and `external`"),
        ("db: {external: {host: 'http://h'}}", "error[invalid-host]: `http://h` is not a host"),
        ("db: {external: {host: h, cidrs: [10.0.0.0]}}", "error[invalid-cidr]"),
        ("db: {external: {host: h}, schemas: ['a\"; DROP']}", "error[invalid-database-name]"),
        ("k: {type: kafka, bundled: {storage: 1Gi}}", "error[local-only]: a bundled Kafka asks nobody for a password"),
        (
            "r: {type: redis, schemas: [a], external: {host: h}}",
            "`schemas` has no meaning for the dependency `r` of type `redis`",
        ),
        ("t: {type: tcp, external: {host: h}}", "the dependency `t` of type `tcp` needs a `port`"),
        (
            "db: {bundled: {storage: 1Gi, image: 'postgres:17', credentials: {secret: s, key: PASSWORD}}, password: {secret: s, key: PASSWORD}}",
            "the image is version 17, but the application needs 16",
        ),
    ] {
        let said = said(fields);
        assert!(said.contains(message), "{fields}:\n{said}");
    }
    let secret =
        refused("app: {dependencies: {db: {external: {host: h}}}, secrets: {s: {keys: {URL: {dependency: bd}}}}}\n");
    assert!(
        secret.contains("the dependency `bd` is not declared") && secret.contains("did you mean `db`?"),
        "{secret}"
    );
}

#[test]
fn an_optional_dependency_needs_no_place_until_somebody_asks_for_a_part() {
    let place = "db: {external: {host: h}}";
    let overlay =
        |more: &str| format!("app: {{dependencies: {{{place}, cache: {{type: redis, optional: true}}}}{more}}}\n");
    Project::usual(APP, &overlay(""), &[]).objects();
    let said = refused(&overlay(", env: {CACHE: {dependency: cache, part: host}}"));
    assert!(said.contains("error[unplaced-dependency]"), "{said}");
}

#[test]
fn no_value_of_a_password_is_printed_in_messages() {
    let overlay = "secrets: {provider: local, literals: {s: {PASSWORD: hunter2, NONE: x}}}\n\
        app: {dependencies: {db: {password: {secret: s, key: PASSWORD}, bundled: {storage: 1Gi}}}}\n";
    let said = Project::usual(APP, overlay, &[("strata.yaml", LOCAL)]).refusal();
    assert!(!said.contains("hunter2"), "{said}");
}

#[test]
fn a_claim_comes_with_the_first_pods_that_use_it_and_stays() {
    let app = "claims: {data: {size: 1Gi}, own: {size: 1Gi, retain: false}}\n\
        deployments: {main: {strategy: recreate, volumes: {own: {claim: own, mount: /o}}}}\n\
        migrations: {schema: {command: [m], volumes: {data: {claim: data, mount: /d}}}}\n";
    let objects = Project::usual(app, "", &[]).objects();
    let data = objects.get("PersistentVolumeClaim", "shop-data");
    assert_eq!(wave(data), -10);
    assert_eq!(data["metadata"]["annotations"]["argocd.argoproj.io/sync-options"], "Prune=false,Delete=false");
    assert_eq!(objects.get("PersistentVolumeClaim", "shop-own")["metadata"]["annotations"], Value::Null);
    assert_eq!(objects.pod("shop")["spec"]["volumes"][0]["persistentVolumeClaim"]["claimName"], "shop-own");
}

#[test]
fn a_claim_of_one_node_is_not_for_pods_on_several() {
    let app = "claims: {data: {size: 1Gi}}\ndeployments: {main: &m {strategy: recreate, volumes: {d: {claim: data, mount: /d}}}}\nworkers: {queue: *m}\n";
    let said = Project::usual(app, "", &[]).refusal();
    let message = "error[claim-not-shareable]: `Deployment/shop` and `Deployment/shop-queue` mount the claim `shop-data`, which is ReadWriteOnce";
    assert!(said.starts_with(message), "{said}");
    Project::usual(&app.replace("size: 1Gi", "size: 1Gi, accessModes: [ReadWriteMany]"), "", &[]).objects();
}

#[test]
fn a_stateful_set_has_the_service_that_names_its_pods() {
    let app = "statefulSets: {store: {ports: {http: {container: 1, service: 2}}, volumes: {d: {claimTemplate: {size: 1Gi}, mount: /d}}}}\n";
    let headless = Project::usual(app, "", &[]).objects();
    assert_eq!(headless.one("Service")["spec"]["clusterIP"], "None");
    assert_eq!(headless.one("StatefulSet")["spec"]["serviceName"], "shop-store");
    let both = Project::usual(app, "app: {statefulSets: {store: {service: {headless: false}}}}\n", &[]).objects();
    assert_eq!(both.one("StatefulSet")["spec"]["serviceName"], "shop-store-headless");
    assert_eq!(both.get("Service", "shop-store")["spec"]["clusterIP"], Value::Null);
    let said = Project::usual(&app.replace("statefulSets", "deployments"), "", &[]).refusal();
    assert!(said.contains("which only a StatefulSet has"), "{said}");
}
