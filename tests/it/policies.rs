//! Policies of the organisation: what they mean, what they find and where, what is wrong with them.

use serde_json::Value;
use strata::cli::ExitCode;

use crate::fixture::Project;

const DEPLOYMENT: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  namespace: shop
  labels: {app: web, team: a}
spec:
  replicas: 3
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - name: web
          image: ghcr.io/acme/web:v1.0.0
          resources: {limits: {memory: 1Gi}}
        - name: side
          image: docker.io/library/side:latest
          ports: [{containerPort: 80}]
";

const SERVICE: &str = "\
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {selector: {app: web}, ports: [{port: 80}]}
";

fn project(policies: &str) -> Project {
    Project::new(&[
        ("strata.yaml", ""),
        ("kustomization.yaml", "resources: [deployment.yaml, service.yaml]\n"),
        ("deployment.yaml", DEPLOYMENT),
        ("service.yaml", SERVICE),
        ("policies/p.yaml", policies),
    ])
}

/// The codes of findings that are about policies.
const OWN: [&str; 6] =
    ["policy", "unchecked-policy", "unused-params", "invalid-policy", "invalid-cel", "policy-too-costly"];

/// What is found about policies, as `level[code] file:line:column message`, and the help of errors of files.
#[track_caller]
fn said(project: &Project, more: &[&str]) -> Vec<String> {
    let ran = project.strata(&[&["check", "--format", "json"], more].concat());
    let report: Value = serde_json::from_str(&ran.out).unwrap_or_else(|_| panic!("{}{}", ran.out, ran.err));
    let text = |found: &Value, key: &str| found[key].as_str().unwrap_or_default().to_owned();
    let found = report["diagnostics"].as_array().unwrap().iter();
    let found = found.filter(|found| OWN.contains(&found["code"].as_str().unwrap()));
    found
        .map(|found| {
            let place = format!("{}:{}:{}", text(found, "file"), found["line"], found["column"]);
            let help = if text(found, "code").starts_with("invalid") {
                format!(" [{}]", text(found, "help"))
            } else {
                String::new()
            };
            format!("{}[{}] {place} {}{help}", text(found, "level"), text(found, "code"), text(found, "message"))
        })
        .collect()
}

fn own(fields: &str) -> String {
    format!("apiVersion: strata.dev/v1alpha1\nkind: Policy\nmetadata: {{name: p}}\n{fields}")
}

fn admission(resources: &str, spec: &str) -> String {
    format!(
        "apiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingAdmissionPolicy\nmetadata: {{name: p}}\nspec:\n  \
         matchConstraints:\n    resourceRules: [{{apiGroups: [apps, ''], apiVersions: [v1], operations: [CREATE, UPDATE], \
         resources: {resources}}}]\n{spec}"
    )
}

fn binding(spec: &str) -> String {
    format!(
        "---\napiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingAdmissionPolicyBinding\nmetadata: {{name: b}}\n\
         spec: {{policyName: p, {spec}}}\n"
    )
}

#[test]
fn a_policy_of_strata_is_held_against_the_objects_that_it_means() {
    for (fields, expected) in [
        (
            "match: {kinds: [Deployment]}\nexpression: object.spec.replicas <= 2\nmessage: At most two.\n",
            vec!["error[policy] deployment.yaml:8:13 `Deployment/web` breaks the policy `p`: At most two"],
        ),
        ("match: {kinds: [StatefulSet]}\nexpression: 'false'\n", vec![]),
        ("match: {kinds: [Deployment.example.com]}\nexpression: 'false'\n", vec![]),
        ("match: {namespaces: [other]}\nexpression: 'false'\n", vec![]),
        ("match: {labels: {team: b}}\nexpression: 'false'\n", vec![]),
        ("match: {environments: [prod]}\nexpression: 'false'\n", vec![]),
        ("match: {when: object.kind == 'Job'}\nexpression: 'false'\n", vec![]),
        (
            "match: {labels: {team: a}, namespaces: [shop]}\nexpression: \"'owner' in object.metadata.labels\"\nlevel: note\n",
            vec![
                "note[policy] deployment.yaml:6:11 `Deployment/web` breaks the policy `p`: `'owner' in object.metadata.labels` is false",
            ],
        ),
        (
            "match: {kinds: [Service]}\nvariables: {type: object.spec.type}\nexpression: variables.type != 'ClusterIP'\n\
             messageExpression: \"'no ' + variables.type\"\nlevel: warning\n",
            vec!["warning[policy] service.yaml:4:7 `Service/web` breaks the policy `p`: no ClusterIP"],
        ),
        (
            "match: {kinds: [Pod]}\nexpression: object.spec.containers.all(c, !c.image.endsWith(':latest'))\nmessage: the tag moves\n",
            vec![
                "error[policy] deployment.yaml:18:18 the pods of `Deployment/web` break the policy `p`: the tag moves",
            ],
        ),
        (
            "match: {kinds: [Deployment]}\nexpression: object.spec.paused == false\n",
            vec![
                "error[policy] deployment.yaml:8:3 `Deployment/web` breaks the policy `p`: the expression has no result: \
                 there is no `paused` here; ask with `has(...)` first, or write `.?` and `orValue(...)`",
            ],
        ),
    ] {
        assert_eq!(said(&project(&own(fields)), &[]), expected, "{fields}");
    }
}

/// Policies as the documentation of Kubernetes and public collections have them.
#[test]
fn admission_policies_of_clusters_work_unchanged() {
    let containers = "  variables:\n    - {name: containers, expression: object.spec.template.spec.containers}\n";
    for (resources, spec, count) in [
        ("[deployments]", "  validations: [{expression: object.spec.replicas <= 5}]\n", 0),
        ("[deployments]", "  validations: [{expression: 'object.spec.replicas <= 2', reason: Invalid}]\n", 1),
        ("['*']", "  validations: [{expression: object.metadata.namespace == 'shop'}]\n", 0),
        ("[services]", "  validations: [{expression: object.spec.type != 'NodePort'}]\n", 0),
        (
            "[services]",
            "  validations: [{expression: \"object.spec.ports.all(p, p.protocol == 'TCP' && p.targetPort == 80)\"}]\n",
            0,
        ),
        (
            "[pods]",
            "  validations: [{expression: 'object.spec.containers.all(c, has(c.securityContext) && has(c.securityContext.runAsNonRoot))'}]\n",
            1,
        ),
        (
            "[pods]",
            "  validations: [{expression: '!has(object.spec.hostNetwork) || object.spec.hostNetwork == false'}]\n",
            0,
        ),
        ("[pods]", "  validations: [{expression: 'object.spec.?securityContext.?runAsNonRoot.orValue(false)'}]\n", 1),
        (
            "[pods]",
            "  validations: [{expression: 'object.spec.containers.all(c, has(c.resources.limits) && ''memory'' in c.resources.limits)'}]\n",
            1,
        ),
        ("[pods/exec]", "  validations: [{expression: 'false'}]\n", 0),
        (
            "[deployments]",
            "  matchConditions: [{name: c, expression: \"!('team' in object.metadata.labels)\"}]\n  validations: [{expression: 'false'}]\n",
            0,
        ),
        (
            "[deployments]",
            "  matchConditions: [{name: c, expression: \"request.operation == 'CREATE' && request.resource.resource == 'deployments'\"}]\n  validations: [{expression: 'false'}]\n",
            1,
        ),
        ("[deployments]", "  failurePolicy: Ignore\n  validations: [{expression: object.spec.nothing == 1}]\n", 0),
        ("[deployments]", "  validations: [{expression: 'oldObject == null'}]\n", 0),
        (
            "[deployments]",
            "  validations: [{expression: \"request.namespace == 'shop' && request.name == 'web'\"}]\n",
            0,
        ),
    ] {
        let found = said(&project(&admission(resources, spec)), &[]);
        assert_eq!(found.len(), count, "{resources} {spec}: {found:?}");
    }
    for (validation, expected) in [
        ("variables.containers.all(c, c.image.contains('@sha256:'))", "deployment.yaml:15:18"),
        ("variables.containers.exists(c, c.name == 'proxy')", "deployment.yaml:14:9"),
        (
            "variables.containers.all(c, c.name != 'side' || quantity(c.resources.limits.memory).isLessThan(quantity('1Gi')))",
            "deployment.yaml:17:11",
        ),
        (
            "variables.containers.all(c, !has(c.resources.limits) || quantity(c.resources.limits.memory).isLessThan(quantity('1Gi')))",
            "deployment.yaml:16:40",
        ),
    ] {
        let spec = format!("{containers}  validations:\n    - expression: >-\n        {validation}\n");
        let found = said(&project(&admission("[deployments]", &spec)), &[]);
        assert!(found.len() == 1 && found[0].contains(expected), "{validation}: {found:?}");
    }
}

#[test]
fn bindings_choose_levels_objects_and_parameters() {
    let plain = admission("[deployments]", "  validations: [{expression: 'false', message: no}]\n");
    for (more, expected) in [
        ("validationActions: [Deny]", "error[policy]"),
        ("validationActions: [Warn, Audit]", "warning[policy]"),
        ("validationActions: [Audit]", "note[policy]"),
        ("validationActions: [Deny], matchResources: {objectSelector: {matchLabels: {team: b}}}", ""),
        (
            "validationActions: [Deny], matchResources: {namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: shop}}}",
            "error[policy]",
        ),
        (
            "validationActions: [Deny], matchResources: {namespaceSelector: {matchExpressions: [{key: kubernetes.io/metadata.name, operator: NotIn, values: [shop]}]}}",
            "",
        ),
        (
            "validationActions: [Deny], matchResources: {namespaceSelector: {matchLabels: {environment: prod}}}",
            "note[unchecked-policy]",
        ),
    ] {
        let found = said(&project(&(plain.clone() + &binding(more))), &[]);
        let levels: Vec<&str> = found.iter().map(|found| found.split(' ').next().unwrap()).collect();
        assert_eq!(levels.join(" "), expected, "{more}: {found:?}");
    }
    let with_params = admission(
        "[deployments]",
        "  paramKind: {apiVersion: v1, kind: ConfigMap}\n  validations: [{expression: object.spec.replicas <= int(params.data.most)}]\n",
    );
    let params = "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: most}\ndata: {most: '2'}\n";
    let bound = |reference: &str| {
        binding(&format!("validationActions: [Deny], paramRef: {{{reference}, parameterNotFoundAction: Deny}}"))
    };
    assert_eq!(said(&project(&format!("{with_params}{}{params}", bound("name: most"))), &[]).len(), 1);
    let absent = said(&project(&format!("{with_params}{}", bound("name: most"))), &[]);
    assert_eq!(
        absent,
        [
            "note[unchecked-policy] policies/p.yaml:3:18 the policy `p` needs the `ConfigMap` `most` as its parameters, which only a cluster knows"
        ]
    );
    let unused = said(&project(&format!("{plain}{params}")), &[]);
    assert!(unused.iter().any(|found| found.starts_with("warning[unused-params] policies/p.yaml:")), "{unused:?}");
}

#[test]
fn labels_of_a_namespace_that_is_rendered_are_known() {
    let namespace = "---\napiVersion: v1\nkind: Namespace\nmetadata: {name: shop, labels: {environment: prod}}\n";
    let policy = admission(
        "[deployments]",
        "  validations: [{expression: \"namespaceObject.metadata.labels.environment != 'prod'\"}]\n",
    );
    let bound = "validationActions: [Deny], matchResources: {namespaceSelector: {matchLabels: {environment: prod}}}";
    let project = project(&(policy + &binding(bound)));
    project.write("service.yaml", format!("{SERVICE}{namespace}"));
    assert!(said(&project, &[])[0].starts_with("error[policy] deployment.yaml"), "{:?}", said(&project, &[]));
}

#[test]
fn what_only_a_cluster_knows_is_said() {
    for (spec, expected) in [
        (
            "  validations: [{expression: \"authorizer.group('').resource('pods').check('get').allowed()\"}]\n",
            "`authorizer`",
        ),
        ("  validations: [{expression: request.userInfo.username == 'x'}]\n", "`request.userInfo`"),
        ("  validations: [{expression: \"namespaceObject.metadata.name == 'x'\"}]\n", "`namespaceObject`"),
    ] {
        let found = said(&project(&admission("[deployments]", spec)), &[]);
        let message = format!(
            "note[unchecked-policy] policies/p.yaml:3:18 the policy `p` needs {expected}, which only a cluster knows"
        );
        assert_eq!(found, [message]);
    }
    let deletes =
        admission("[deployments]", "  validations: [{expression: 'false'}]\n").replace("CREATE, UPDATE", "DELETE");
    assert!(said(&project(&deletes), &[])[0].contains("updates and deletions alone"));
    let mutating = "apiVersion: admissionregistration.k8s.io/v1beta1\nkind: MutatingAdmissionPolicy\nmetadata: {name: m}\nspec: {}\n";
    assert!(said(&project(mutating), &[])[0].starts_with("note[unchecked-policy] policies/p.yaml:2:7"));
}

#[test]
fn what_is_wrong_with_a_policy_is_said_where_it_stands() {
    for (fields, expected) in [
        ("expression: objct.spec\n", "4:13 there is nothing called `objct` [did you mean `object`?]"),
        (
            "expression: |\n  object.kind == 'x' &&\n    objct.spec\n",
            "6:5 there is nothing called `objct` [did you mean `object`?]",
        ),
        (
            "expression: >-\n  object.kind == 'x'\n\n  && object.name.startWith('a')\n",
            "7:18 there is no function `startWith` [did you mean `startsWith`?]",
        ),
        (
            "expression: 'object.kind == ''x'' && objct'\n",
            "4:38 there is nothing called `objct` [did you mean `object`?]",
        ),
        (
            "expression: \"object.kind == \\\"x\\\" && objct\"\n",
            "4:38 there is nothing called `objct` [did you mean `object`?]",
        ),
        ("expression: object.spec.replicas =< 5\n", "4:34 `=` is no operator of CEL [write `==` to compare]"),
        ("expression: object.spec.(\n", "4:25 `(` cannot stand here []"),
        (
            "expression: variables.x\n",
            "4:23 there is no variable `x` before this expression [a variable can name those that stand before it]",
        ),
        (
            "expression: params.x == 1\n",
            "4:13 the policy has no `params` [write `paramKind`, and a binding with `paramRef`]",
        ),
        ("expression: object.kind.matches('[')\n", "4:33 this is no regular expression: unclosed character class []"),
    ] {
        let found = said(&project(&own(fields)), &[]);
        assert_eq!(found, [format!("error[invalid-cel] policies/p.yaml:{expected}")], "{fields}");
    }
    for (policies, expected) in [
        (
            own("expression: 'true'\nmessage: a\nmessageExpression: \"'b'\"\n"),
            "6:20 a policy has either `message` or `messageExpression` []",
        ),
        (own("expression: 'true'\n").replace("name: p", "name: P_x"), "3:18"),
        (own("expression: 'true'\n---\n") + &own("expression: 'true'\n"), "8:18 there are two policies `p`"),
        (
            "apiVersion: strata.dev/v1alpha1\nkind: Polcy\n".to_owned(),
            "1:1 `Polcy` of `strata.dev/v1alpha1` is no policy",
        ),
        ("a: 1\n".to_owned(), "1:1 a file of policies holds objects"),
        (binding("validationActions: [Deny]"), "there is no policy `p` to bind"),
        (admission("[deployments]", "  validatoins: []\n"), "validatoins"),
    ] {
        let found = said(&project(&policies), &[]);
        assert!(
            found.iter().any(|found| found.starts_with("error[invalid-policy]") && found.contains(expected)),
            "{policies}: {found:?}"
        );
    }
    let ran = project(&own("expression: objct\n")).strata(&["check"]);
    assert_eq!(ran.code, ExitCode::Failed, "a policy that cannot be read was not held against anything");
}

#[test]
fn levels_and_exceptions_name_a_policy() {
    let policy = own("match: {kinds: [Deployment]}\nexpression: object.spec.replicas <= 2\n");
    let project = project(&policy);
    let level = |project: &Project| {
        said(project, &[]).iter().map(|found| found.split(' ').next().unwrap().to_owned()).collect::<Vec<_>>()
    };
    for (settings, expected) in [
        ("policy: {policy: warning}\n", "warning[policy]"),
        ("policy: {policy/p: note}\n", "note[policy]"),
        ("policy: {policy: ignore, policy/p: note}\n", "note[policy]"),
        ("policy: {policy/p: ignore}\n", ""),
        ("exceptions: [{code: policy/p, object: Deployment/web, field: spec.replicas, reason: because}]\n", ""),
        ("exceptions: [{code: policy/p, object: Deployment/web, reason: because}]\n", ""),
        ("exceptions: [{code: policy/other, object: Deployment/web, reason: because}]\n", "error[policy]"),
        (
            "exceptions: [{code: policy/p, object: Deployment/web, field: spec.paused, reason: because}]\n",
            "error[policy]",
        ),
    ] {
        project.write("strata.yaml", settings);
        assert_eq!(level(&project).join(" "), expected, "{settings}");
    }
    project.write("strata.yaml", "policy: {policy/q: note}\n");
    let ran = project.strata(&["check"]);
    assert!(ran.code == ExitCode::Failed && ran.out.contains("did you mean `policy/p`?"), "{}", ran.out);
    project.write("strata.yaml", "exceptions: [{code: policy, object: Deployment/web, reason: because}]\n");
    assert!(project.strata(&["check"]).out.contains("names the policy that may be broken"));
    project.write("strata.yaml", "");
    let sarif: Value = serde_json::from_str(&project.strata(&["check", "--format", "sarif"]).out).unwrap();
    let found = sarif["runs"][0]["results"].as_array().unwrap();
    assert!(found.iter().any(|found| found["ruleId"] == "policy/p"), "{found:?}");
    let json: Value = serde_json::from_str(&project.strata(&["check", "--format", "json"]).out).unwrap();
    let of_policy = json["diagnostics"].as_array().unwrap().iter().find(|found| found["code"] == "policy").unwrap();
    assert_eq!(of_policy["policy"], "p");
    let explained = project.strata(&["check", "--explain", "policy/p"]);
    assert!(explained.out.starts_with("policy (project;"), "{}{}", explained.out, explained.err);
}

#[test]
fn policies_are_where_strata_yaml_or_the_command_says() {
    let policy = own("expression: object.kind != 'Service'\n");
    let project = project(&policy);
    assert_eq!(said(&project, &[]).len(), 1);
    project.write("strata.yaml", "policies: []\n");
    assert_eq!(said(&project, &[]).len(), 0);
    project.write("rules/q.yaml", policy.replace("name: p", "name: q"));
    project.write("strata.yaml", "policies: [rules/q.yaml, policies]\n");
    assert_eq!(said(&project, &[]).len(), 2);
    assert_eq!(said(&project, &["--policies", "rules"]).len(), 1);
    std::fs::remove_file(project.path().join("strata.yaml")).unwrap();
    assert_eq!(said(&project, &[]).len(), 0, "without a strata.yaml nobody says that the folder holds policies");
    assert_eq!(said(&project, &["--policies", "policies"]).len(), 1);
    assert_eq!(said(&project, &["--policies", "policies/p.yaml"]).len(), 1);
    for wrong in ["../..", "nowhere"] {
        let ran = project.strata(&["check", "--policies", wrong]);
        assert_eq!(ran.code, ExitCode::Failed, "{wrong}: {}{}", ran.out, ran.err);
    }
    assert_eq!(project.strata(&["build", "."]).code, ExitCode::Fine, "a build looks at no policy");
}

#[test]
fn nothing_of_a_secret_is_told() {
    let secret =
        "apiVersion: v1\nkind: Secret\nmetadata: {name: s, namespace: shop}\nstringData: {password: hunter2}\n";
    let policy = own("match: {kinds: [Secret]}\nexpression: quantity(object.stringData.password).isInteger()\n");
    let made = own(
        "match: {kinds: [Secret]}\nexpression: object.stringData.password == 'x'\nmessageExpression: object.stringData.password\n",
    );
    for policy in [policy, made] {
        let project = project(&policy);
        project.write("service.yaml", secret);
        let ran = project.strata(&["check"]);
        assert!(ran.out.contains("policy/p") && !ran.out.contains("hunter2"), "{}", ran.out);
    }
}

#[test]
fn a_policy_that_costs_too_much_is_stopped() {
    let range = format!("[{}]", vec!["1"; 200].join(","));
    let policy = own(&format!(
        "expression: '{range}.all(a, {range}.all(b, {range}.all(c, {range}.all(d, a + b + c + d == 4))))'\n"
    ));
    let begin = std::time::Instant::now();
    let found = said(&project(&policy), &[]);
    assert!(found.len() == 1 && found[0].starts_with("error[policy-too-costly] policies/p.yaml:3:18"), "{found:?}");
    assert!(begin.elapsed().as_secs() < 20);
}

#[test]
fn a_typed_overlay_is_held_against_policies_of_its_environment() {
    let project = Project::usual(
        "deployments: {main: {replicas: 1}}\n",
        "",
        &[
            ("strata.yaml", "environments: {prod: {secrets: {provider: existing}}, dev: {}}\n"),
            (
                "policies/p.yaml",
                &own("match: {kinds: [Deployment], environments: [prod]}\nexpression: object.spec.replicas > 1\n"),
            ),
        ],
    );
    let found = said(&project, &[]);
    assert!(found.len() == 1 && found[0].contains("app.yaml:"), "{found:?}");
}
