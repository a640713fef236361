//! The systems of this repository under wrong hands: what each must refuse, and what one word changes,
//! said by an overlay over one of theirs.

use std::collections::BTreeMap;

use strata::cli::ExitCode;

use crate::cli::{Ran, strata};
use crate::repository::{files, repository};

/// A copy of the repository's project, in which overlays are laid over those that are there.
struct Copy(tempfile::TempDir);

impl Copy {
    fn new() -> Self {
        let copy = tempfile::tempdir().unwrap();
        let parts = ["base/", "components/", "overlays/", "strata.yaml"];
        for path in files(&repository(), |path| parts.iter().any(|part| path.starts_with(part))) {
            let to = copy.path().join(&path);
            std::fs::create_dir_all(to.parent().unwrap()).unwrap();
            std::fs::copy(repository().join(&path), to).unwrap();
        }
        Self(copy)
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.0.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    /// Builds an overlay with `fields` over the one of `system`.
    fn over(&self, system: &str, fields: &str) -> Ran {
        let folder = format!("overlays/{system}/over");
        let text = format!("apiVersion: strata.dev/v1alpha1\nkind: Overlay\nbase: ..\n{fields}\n");
        self.write(&format!("{folder}/overlay.yaml"), &text);
        let ran = strata(self.0.path(), &["build", &folder]);
        std::fs::remove_dir_all(self.0.path().join(folder)).unwrap();
        ran
    }
}

#[test]
fn what_a_system_must_not_do_is_refused_whoever_writes_it() {
    let copy = Copy::new();
    for (system, fields, code) in [
        ("pos-partner-api/prod", "app: {deployments: {main: {replicas: 2}}}", "replicas-guard"),
        (
            "pos-partner-api/uat",
            "patches: [{target: {kind: Deployment, name: pos-partner-api}, merge: {spec: {replicas: 2}}}]",
            "replicas-guard",
        ),
        ("pos-partner-api/prod", "app: {deployments: {main: {env: {MCA_V2_POSTGRES_URL: x}}}}", "forbidden-key"),
        (
            "pos-partner-api/prod",
            "app: {deployments: {main: {env: {POS_PARTNER_MEMBER_SOURCE_DEFAULT: mca_v3}}}}",
            "invalid-secret-value",
        ),
        ("webhook-platform/prod", "app: {dependencies: {redis: {external: null}}}", "unplaced-dependency"),
        (
            "webhook-platform/prod",
            "app: {workers: {worker: {disruption: {minAvailable: 3}}}}",
            "disruption-blocks-drain",
        ),
        ("nx-seller-sale/dev", "app: {deployments: {main: {replicas: 2}}}", "migration-on-boot-scaled"),
        ("nx-seller-sale/prod", "app: {deployments: {main: {replicas: 3}}}", "conflicting-fields"),
        ("nx-seller-sale/prod", "networkPolicies: kubernetes", "path-rule-lost"),
        (
            "nx-seller-sale/prod",
            "app: {alerts: {SaleHighErrorRate: {expr: \"rate(sale_errors[5m]) > 1\"}}}",
            "unknown-metric",
        ),
        (
            "kiwari-pos/production",
            "app: {deployments: {api: {replicas: 4, resources: {requests: {memory: 400Mi}, limits: {memory: 400Mi}}}}}",
            "capacity-exceeded",
        ),
        (
            "kiwari-pos/production",
            "app: {dependencies: {postgres: {application: {overlay: ../../../kiwari-postgres/prod}}}}",
            "file-not-found",
        ),
        ("kiwari-pos/production", "app: {dependencies: {postgres: {database: pos_prod}}}", "unknown-database"),
        ("kiwari-pos/production", "images: {ghcr.io/acme/kiwari-api: {tag: latest}}", "tag-policy"),
        ("dealbot/production", "images: {ghcr.io/acme/dealbot: {tag: sha-1842-9c3f1ab}}", "tag-policy"),
        ("dealbot/staging", "images: {ghcr.io/acme/dealbot: {tag: v0.9.2}}", "tag-policy"),
        (
            "dealbot/production-workers",
            "patches: [{target: {kind: Service, name: dealbot}, json6902: [{op: replace, path: /spec/selector, value: {app.kubernetes.io/part-of: dealbot}}]}]",
            "service-catches-other-pods",
        ),
    ] {
        let ran = copy.over(system, fields);
        assert_eq!((ran.code, ran.out.as_str()), (ExitCode::Failed, ""), "{system}: {fields}");
        assert!(ran.err.contains(&format!("error[{code}]")), "{system}: {fields}: {}", ran.err);
    }
}

#[test]
fn a_tag_that_moves_and_a_number_that_two_applications_have_are_told() {
    let copy = Copy::new();
    let ran = copy.over("kiwari-pos/staging", "images: {ghcr.io/acme/kiwari-api: {tag: staging}}");
    assert!(ran.code == ExitCode::Fine && ran.err.contains("warning[moving-tag]"), "{}", ran.err);
    let head =
        "apiVersion: strata.dev/v1alpha1\nkind: App\nmetadata: {name: other}\nimage: ghcr.io/acme/other:v1.0.0\n";
    copy.write(
        "base/other/app.yaml",
        &format!(
            "{head}uniqueNumbers: {{snowflake: 3}}\ndeployments: {{main: {{env: {{ID: {{number: snowflake}}}}}}}}\n"
        ),
    );
    let overlay = "apiVersion: strata.dev/v1alpha1\nkind: Overlay\nbase: ../../../base/other\nenvironment: prod\nnamespace: other\n";
    copy.write("overlays/other/prod/overlay.yaml", overlay);
    let ran = strata(copy.0.path(), &["build", "overlays/other/prod"]);
    assert!(ran.err.contains("error[duplicate-number]: `other` and `nx-seller-sale`"), "{}", ran.err);
}

/// How many objects of each kind that begins so there are.
fn kinds(ran: &Ran, wanted: &[&str]) -> Vec<usize> {
    let mut found: BTreeMap<&str, usize> = BTreeMap::new();
    ran.out
        .lines()
        .filter_map(|line| line.strip_prefix("kind: "))
        .for_each(|kind| *found.entry(kind).or_default() += 1);
    wanted.iter().map(|kind| found.get(kind).copied().unwrap_or_default()).collect()
}

#[test]
fn one_word_changes_who_serves_routes_guards_the_network_and_supplies_secrets() {
    let copy = Copy::new();
    let objects = [
        "IngressRoute",
        "Ingress",
        "HTTPRoute",
        "CiliumNetworkPolicy",
        "NetworkPolicy",
        "InfisicalSecret",
        "ExternalSecret",
    ];
    for (fields, expected) in [
        ("labels: {a: b}", [4, 0, 0, 3, 0, 1, 0]),
        ("routing: ingress", [0, 3, 0, 3, 0, 1, 0]),
        ("routing: gateway", [0, 0, 4, 3, 0, 1, 0]),
        ("networkPolicies: {provider: kubernetes, accept: {pathRules: nobody else is there}}", [4, 0, 0, 0, 3, 1, 0]),
        ("secrets: externalSecrets", [4, 0, 0, 3, 0, 0, 1]),
        ("secrets: existing", [4, 0, 0, 3, 0, 0, 0]),
    ] {
        let ran = copy.over("nx-seller-sale/prod", fields);
        assert_eq!(ran.code, ExitCode::Fine, "{fields}: {}", ran.err);
        assert_eq!(kinds(&ran, &objects), expected, "{fields}");
    }
}
