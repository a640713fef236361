//! Network policies end to end: who is let in, what is let out, and what another provider loses.

use serde_json::{Value, json};

use crate::fixture::{Objects, Project, overlay_file};

const APP: &str = "
deployments:
  main:
    ports: {http: {container: 3000, service: 80}, metrics: {container: 9090}}
    metrics: {port: metrics}
workers:
  mail: {serviceAccount: {token: true}}
migrations: {schema: {command: [migrate]}}
cronJobs: {report: {schedule: '@daily'}}
jobs: {seed: {command: [seed]}}
clients:
  pay:
    service: {namespace: pay, labels: {app: pay}}
    port: http
    paths: [/webhooks/payment]
    methods: [POST]
  mail: {workload: mail, port: http}
";

const SETTINGS: &str = "environments:
  prod:
    secrets: {provider: existing}
    networkPolicies:
      provider: cilium
      monitoring: {namespace: monitoring, labels: {app: prometheus}}
      apiServer: {cidrs: [10.1.0.1/32]}
";

fn project(app: &str, overlay: &str) -> Project {
    Project::usual(app, overlay, &[("strata.yaml", SETTINGS)])
}

fn spec<'o>(objects: &'o Objects, name: &str) -> &'o Value {
    let found = objects.0.iter().find(|object| {
        object["kind"].as_str().unwrap().ends_with("NetworkPolicy") && object["metadata"]["name"] == name
    });
    &found.unwrap_or_else(|| panic!("no policy {name} in {:?}", objects.names()))["spec"]
}

fn own(name: &str, component: &str) -> Value {
    json!({"app.kubernetes.io/name": name, "app.kubernetes.io/component": component})
}

fn cilium_port(port: &str) -> Value {
    json!([{"ports": [{"port": port, "protocol": "TCP"}]}])
}

#[test]
fn every_workload_has_a_policy_that_selects_its_pods_and_comes_before_them() {
    for provider in ["cilium", "kubernetes"] {
        let overlay = format!("networkPolicies: {{provider: {provider}, accept: {{pathRules: none yet}}}}\n");
        let objects = project(APP, &overlay).objects();
        for object in &objects.0 {
            let (kind, name) = (object["kind"].as_str().unwrap(), object["metadata"]["name"].as_str().unwrap());
            let template = match kind {
                "Deployment" | "Job" => &object["spec"]["template"],
                "CronJob" => &object["spec"]["jobTemplate"]["spec"]["template"],
                _ => continue,
            };
            let spec = spec(&objects, name);
            let selector = if provider == "cilium" { &spec["endpointSelector"] } else { &spec["podSelector"] };
            let labels = &template["metadata"]["labels"];
            assert!(!selector["matchLabels"].as_object().unwrap().is_empty());
            for (key, value) in selector["matchLabels"].as_object().unwrap() {
                assert_eq!(&labels[key], value, "{kind}/{name}");
            }
        }
        let wave = |object: &Value| -> i32 {
            let text = object["metadata"]["annotations"]["argocd.argoproj.io/sync-wave"].as_str();
            text.map_or(0, |wave| wave.parse().unwrap())
        };
        let is_policy = |object: &&Value| object["kind"].as_str().unwrap().ends_with("NetworkPolicy");
        let policies: Vec<i32> = objects.0.iter().filter(is_policy).map(wave).collect();
        assert_eq!(policies, [-20; 5], "a policy for each of five workloads");
    }
}

#[test]
fn cilium_lets_clients_in_by_path_and_the_prometheus_where_it_scrapes() {
    let objects = project(APP, "").objects();
    let main = spec(&objects, "shop");
    let pay = json!({"k8s:io.kubernetes.pod.namespace": "pay", "app": "pay"});
    let monitoring = json!({"k8s:io.kubernetes.pod.namespace": "monitoring", "app": "prometheus"});
    let expected = json!([
        {
            "fromEndpoints": [{"matchLabels": pay}],
            "toPorts": [{
                "ports": [{"port": "3000", "protocol": "TCP"}],
                "rules": {"http": [{"method": "POST", "path": "^/webhooks/payment([/?].*)?$"}]},
            }],
        },
        {"fromEndpoints": [{"matchLabels": own("shop-worker", "mail")}], "toPorts": cilium_port("3000")},
        {"fromEndpoints": [{"matchLabels": monitoring}], "toPorts": cilium_port("9090")},
    ]);
    assert_eq!(main["ingress"], expected);
    assert_eq!(main["egress"], json!([{}]), "it sends nothing, and resolves no names");
}

#[test]
fn a_caller_of_the_application_is_let_out_and_a_token_reaches_the_api() {
    let objects = project(APP, "").objects();
    let mail = spec(&objects, "shop-mail");
    let dns = json!({"k8s:io.kubernetes.pod.namespace": "kube-system", "k8s-app": "kube-dns"});
    let expected = json!([
        {"toEndpoints": [{"matchLabels": own("shop", "main")}], "toPorts": cilium_port("3000")},
        {"toEntities": ["kube-apiserver"]},
        {"toEndpoints": [{"matchLabels": dns}], "toPorts": [{"ports": [{"port": "53", "protocol": "ANY"}]}]},
    ]);
    assert_eq!(mail["egress"], expected);
    assert_eq!(mail["ingress"], json!([{}]), "nothing reaches a worker");
    for job in ["shop-schema", "shop-report", "shop-seed"] {
        assert_eq!((&spec(&objects, job)["ingress"], &spec(&objects, job)["egress"]), (&json!([{}]), &json!([{}])));
    }
}

#[test]
fn one_word_in_an_overlay_switches_to_plain_policies_and_what_is_lost_needs_a_reason() {
    let said = project(APP, "networkPolicies: kubernetes\n").refusal();
    assert!(said.contains("error[path-rule-lost]: plain network policies have no paths"), "{said}");
    assert!(said.contains("app/app.yaml:") && said.contains("o/overlay.yaml:6:18"), "both places: {said}");
    let project = project(APP, "networkPolicies: kubernetes\n");
    let accepted = SETTINGS
        .replace("      apiServer", "      accept: {pathRules: the gateway checks the signature}\n      apiServer");
    project.write("strata.yaml", accepted);
    let objects = project.objects();
    let policy = objects.get("NetworkPolicy", "shop");
    let reason = &policy["metadata"]["annotations"]["strata.dev/accepted-loss-of-path-rules"];
    assert_eq!(reason, "the gateway checks the signature");
    assert!(objects.get("NetworkPolicy", "shop-mail")["metadata"]["annotations"].as_object().unwrap().len() == 1);
    let namespace = |name: &str| json!({"matchLabels": {"kubernetes.io/metadata.name": name}});
    let port = |number: u16| json!([{"protocol": "TCP", "port": number}]);
    let expected = json!({
        "podSelector": {"matchLabels": own("shop", "main")},
        "policyTypes": ["Ingress", "Egress"],
        "ingress": [
            {"from": [{"namespaceSelector": namespace("pay"), "podSelector": {"matchLabels": {"app": "pay"}}}], "ports": port(3000)},
            {"from": [{"podSelector": {"matchLabels": own("shop-worker", "mail")}}], "ports": port(3000)},
            {"from": [{"namespaceSelector": namespace("monitoring"), "podSelector": {"matchLabels": {"app": "prometheus"}}}], "ports": port(9090)},
        ],
    });
    assert_eq!(policy["spec"], expected);
    let dns = json!({
        "to": [{"namespaceSelector": namespace("kube-system"), "podSelector": {"matchLabels": {"k8s-app": "kube-dns"}}}],
        "ports": [{"protocol": "UDP", "port": 53}, {"protocol": "TCP", "port": 53}],
    });
    let expected = json!([
        {"to": [{"podSelector": {"matchLabels": own("shop", "main")}}], "ports": port(3000)},
        {"to": [{"ipBlock": {"cidr": "10.1.0.1/32"}}], "ports": port(6443)},
        dns,
    ]);
    assert_eq!(spec(&objects, "shop-mail")["egress"], expected);
    project.write("o/overlay.yaml", overlay_file("../app", "networkPolicies: none\n"));
    assert!(!project.objects().names().iter().any(|name| name.contains("NetworkPolicy")));
}

#[test]
fn a_metrics_port_with_path_rules_is_scraped_by_path() {
    let app = APP.replace("metrics: {port: metrics}", "metrics: {port: http, path: /internal/metrics}");
    let objects = project(&app, "").objects();
    let scraped = &spec(&objects, "shop")["ingress"][2]["toPorts"][0];
    let rule = json!({"http": [{"path": "^/internal/metrics([/?].*)?$"}]});
    assert_eq!((&scraped["ports"][0]["port"], &scraped["rules"]), (&json!("3000"), &rule));
}

#[test]
fn a_service_of_the_nodes_lets_everybody_in() {
    let app = "deployments: {main: {ports: {http: {container: 3000, service: 80}, admin: {container: 4000}}, service: {type: NodePort}}}\n";
    let objects = project(app, "").objects();
    assert_eq!(
        spec(&objects, "shop")["ingress"],
        json!([{"fromEntities": ["world", "remote-node"], "toPorts": cilium_port("3000")}])
    );
    let objects = project(app, "networkPolicies: kubernetes\n").objects();
    assert_eq!(spec(&objects, "shop")["ingress"], json!([{"ports": [{"protocol": "TCP", "port": 3000}]}]));
    let limited = format!("{app}clients: {{pay: {{service: {{namespace: pay}}, port: http, paths: [/pay]}}}}\n");
    let said = project(&limited, "").refusal();
    assert!(said.contains("error[path-rule-lost]: this lets everybody ask for every path"), "{said}");
}

#[test]
fn addresses_and_other_places_of_dns_are_said_in_the_environment() {
    let app = "workers: {mail: {ports: {http: {container: 1}}}, other: {}}\nclients: {office: {cidrs: [10.0.0.0/8], deployment: mail}, other: {workload: other, deployment: mail}}\n";
    let overlay = "networkPolicies: {dns: {namespace: dns, labels: {app: dns}, cidrs: [169.254.20.10/32]}}\n";
    let objects = project(app, overlay).objects();
    assert_eq!(spec(&objects, "shop-mail")["ingress"][0]["fromCIDR"], json!(["10.0.0.0/8"]));
    let egress = spec(&objects, "shop-other")["egress"].as_array().unwrap();
    assert_eq!(egress[1]["toEndpoints"][0]["matchLabels"]["app"], "dns");
    assert_eq!(egress[2]["toCIDR"], json!(["169.254.20.10/32"]));
    let objects =
        project(app, &format!("{}\n", overlay.replace("{dns", "{provider: kubernetes, dns").trim())).objects();
    let dns = &spec(&objects, "shop-other")["egress"][1]["to"];
    assert_eq!(dns[1], json!({"ipBlock": {"cidr": "169.254.20.10/32"}}));
}

#[test]
fn what_a_policy_cannot_know_is_asked_for() {
    let scraped = "deployments: {main: {ports: {m: {container: 1}}, metrics: {}}}\n";
    let plain = "environments: {prod: {networkPolicies: kubernetes}}\n";
    let said = Project::usual(scraped, "", &[("strata.yaml", plain)]).refusal();
    assert!(said.contains("error[missing-field]: network policies do not know who scrapes these metrics"), "{said}");
    let token = "deployments: {main: {serviceAccount: {token: true}}}\n";
    let said = Project::usual(token, "", &[("strata.yaml", plain)]).refusal();
    assert!(said.contains("talk to the Kubernetes API") && said.contains("apiServer: {cidrs"), "{said}");
    assert!(said.contains("app/app.yaml:"), "{said}");
}

#[test]
fn clients_that_cannot_be_are_refused_whoever_enforces_policies() {
    let head = "deployments: {main: {ports: {http: {container: 1}, m: {container: 2}}}}\nworkers: {mail: {}}\n";
    for (client, code, says) in [
        ("{}", "conflicting-fields", "exactly one of `service`, `workload` and `cidrs`"),
        ("{service: {}, workload: mail}", "conflicting-fields", "exactly one of"),
        ("{workload: mial}", "unknown-workload", "did you mean `mail`?"),
        ("{workload: mail, deployment: mian}", "unknown-workload", "did you mean `main`?"),
        ("{workload: mail, port: htp}", "unknown-port", "did you mean `http`?"),
        ("{workload: mail, paths: [/a]}", "missing-field", "which port of `main`"),
        ("{workload: main, deployment: mail}", "missing-field", "which port of `mail`"),
        ("{workload: mail, port: http, paths: [a]}", "invalid-path", "`a` is not a prefix"),
        ("{workload: mail, port: http, paths: ['/a?b']}", "invalid-path", "`/a?b`"),
        ("{workload: mail, port: http, methods: [post]}", "invalid-method", "`post`"),
        ("{cidrs: [10.0.0.1/8]}", "invalid-cidr", "bits are set behind the prefix"),
        ("{service: {namespace: A b}}", "invalid-namespace", "`A b`"),
        ("{service: {labels: {a/b/c: d}}}", "invalid-label", "`a/b/c`"),
    ] {
        let said = Project::usual(&format!("{head}clients: {{c: {client}}}\n"), "", &[]).refusal();
        assert!(said.contains(&format!("error[{code}]")) && said.contains(says), "{client}: {said}");
    }
    let said =
        Project::usual("workers: {a: {ports: {p: {container: 1}}}}\nclients: {c: {workload: a}}\n", "", &[]).refusal();
    assert!(said.contains("does not say which deployment it calls"), "{said}");
    let reason = "networkPolicies: {provider: cilium, accept: {pathRules: ' '}}\n";
    assert!(Project::usual("", reason, &[]).refusal().contains("error[empty-reason]"));
}

#[test]
fn another_kind_of_client_in_a_later_layer_replaces_the_first() {
    let app = "deployments: {main: {ports: {http: {container: 1}}}}\nclients: {c: {service: {namespace: a}, port: http, paths: [/a]}}\n";
    let objects = project(app, "app: {clients: {c: {cidrs: [10.0.0.0/8]}}}\n").objects();
    assert_eq!(spec(&objects, "shop")["ingress"], json!([{"fromCIDR": ["10.0.0.0/8"], "toPorts": cilium_port("1")}]));
}

const ROUTED: &str = "
deployments: {main: {ports: {http: {container: 3000, service: 80}}}}
routes:
  main:
    paths: [/v1/api/sale]
    exclude: [/v1/api/sale/webhooks]
    allowed: [/v1/api/sale/orders, /v1/api/sale/healthz]
clients:
  pay: {service: {namespace: pay}, port: http, paths: [/v1/api/sale/webhooks/payment], methods: [POST]}
";

const TRAEFIK: &str = "routing: {provider: traefik, traefik: {pods: {namespace: traefik, labels: {app: traefik}}}}\n";

fn paths(traffic: &Value) -> Vec<&str> {
    let rules = traffic["toPorts"][0]["rules"]["http"].as_array();
    rules.into_iter().flatten().map(|rule| rule["path"].as_str().unwrap()).collect()
}

#[test]
fn a_route_lets_the_gateway_ask_for_what_is_listed() {
    let objects = project(ROUTED, TRAEFIK).objects();
    let ingress = &spec(&objects, "shop")["ingress"];
    let gateway = json!({"k8s:io.kubernetes.pod.namespace": "traefik", "app": "traefik"});
    assert_eq!(ingress[0]["fromEndpoints"][0]["matchLabels"], gateway);
    assert_eq!(paths(&ingress[0]), ["^/v1/api/sale/orders([/?].*)?$", "^/v1/api/sale/healthz([/?].*)?$"]);
    assert_eq!(paths(&ingress[1]), ["^/v1/api/sale/webhooks/payment([/?].*)?$"]);
    let said = project(&ROUTED.replace("    allowed:", "    hosts: [a.example.com]\n    #"), TRAEFIK).refusal();
    assert!(said.contains("error[path-rule-lost]: rules of a network policy only allow"), "{said}");
    assert!(said.contains("as `allowed` of the route"), "{said}");
    let accepted = "networkPolicies: {accept: {pathRules: the gateway excludes it}}\n";
    let app = ROUTED.replace("    allowed:", "    hosts: [a.example.com]\n    #");
    let objects = project(&app, &format!("{TRAEFIK}{accepted}")).objects();
    assert_eq!(paths(&spec(&objects, "shop")["ingress"][0]), [""; 0]);
}

#[test]
fn without_paths_of_clients_a_route_opens_its_port() {
    let app = "deployments: {main: {ports: {http: {container: 3000, service: 80}}}}\nroutes: {main: {paths: [/a], exclude: [/a/b]}, more: {paths: [/c]}}\n";
    let objects = project(app, TRAEFIK).objects();
    let ingress = spec(&objects, "shop")["ingress"].as_array().unwrap();
    assert_eq!((ingress.len(), &ingress[0]["toPorts"]), (1, &cilium_port("3000")));
    let objects = project(app, &format!("{TRAEFIK}networkPolicies: kubernetes\n")).objects();
    assert_eq!(spec(&objects, "shop")["ingress"][0]["ports"], json!([{"protocol": "TCP", "port": 3000}]));
    let objects = project(app, "routing: none\n").objects();
    assert_eq!(spec(&objects, "shop")["ingress"], json!([{}]), "nobody serves the route");
    let said = project(app, "routing: traefik\n").refusal();
    assert!(
        said.contains("error[missing-field]: network policies do not know where the requests of this route come from"),
        "{said}"
    );
}

#[test]
fn several_routes_to_one_port_are_one_list_and_a_port_of_the_nodes_follows_it() {
    let more = "    rateLimit: {requestsPerSecond: 5}\n  hooks: {hosts: [hooks.example.com], paths: [/v1/api/sale/webhooks/payment]}\nclients:";
    let app = ROUTED.replace("clients:", more).replace("service: 80}}", "service: 80}}, service: {type: NodePort}");
    let objects = project(&app, TRAEFIK).objects();
    let ingress = spec(&objects, "shop")["ingress"].as_array().unwrap();
    let listed = ["orders", "healthz", "webhooks/payment"].map(|path| format!("^/v1/api/sale/{path}([/?].*)?$"));
    assert_eq!(ingress.len(), 3);
    assert_eq!(paths(&ingress[0]), listed);
    assert_eq!(ingress[1]["fromEntities"], json!(["world", "remote-node"]));
    assert_eq!(paths(&ingress[1]), listed);
}

#[test]
fn what_is_allowed_lies_beside_what_is_excluded() {
    for (allowed, code, says) in [
        ("[/v1/api/sale/webhooks/payment]", "allowed-and-excluded", "lets `/v1/api/sale/webhooks` through"),
        ("[/v1/api/sale]", "allowed-and-excluded", "excluded here"),
        ("[/other]", "allowed-outside-paths", "`/other` is allowed on a route that does not serve it"),
        ("[other]", "invalid-path", "a path starts with `/`"),
    ] {
        let app = ROUTED.replace("[/v1/api/sale/orders, /v1/api/sale/healthz]", allowed);
        let said = project(&app, TRAEFIK).refusal();
        assert!(said.contains(&format!("error[{code}]")) && said.contains(says), "{allowed}: {said}");
    }
}

const DEPENDING: &str = "
deployments: {main: {ports: {http: {container: 3000, service: 80}}}}
workers: {mail: {}}
migrations: {schema: {command: [migrate]}}
dependencies:
  postgres: {type: postgres, external: {host: db.example.com, cidrs: [10.0.0.0/24]}}
  redis: {type: redis, optional: true}
  pricing: {type: http, service: {name: pricing, namespace: nx, podPort: 3000}}
  broker: {type: tcp, port: 9092, external: {host: 10.1.2.3}}
verifySecrets: {enabled: true}
secrets: {s: {keys: {KEY: {}}}}
";

#[test]
fn every_workload_that_may_is_let_out_to_all_dependencies_and_to_dns() {
    let objects = project(DEPENDING, "").objects();
    let pricing = json!({"k8s:io.kubernetes.pod.namespace": "nx", "app.kubernetes.io/name": "pricing"});
    let kube_dns = json!({"k8s:io.kubernetes.pod.namespace": "kube-system", "k8s-app": "kube-dns"});
    let expected = json!([
        {"toFQDNs": [{"matchName": "db.example.com"}], "toPorts": cilium_port("5432")},
        {"toCIDR": ["10.0.0.0/24"], "toPorts": cilium_port("5432")},
        {"toEndpoints": [{"matchLabels": pricing}], "toPorts": cilium_port("3000")},
        {"toCIDR": ["10.1.2.3/32"], "toPorts": cilium_port("9092")},
        {
            "toEndpoints": [{"matchLabels": kube_dns}],
            "toPorts": [{"ports": [{"port": "53", "protocol": "ANY"}], "rules": {"dns": [{"matchPattern": "*"}]}}],
        },
    ]);
    for workload in ["shop", "shop-mail", "shop-schema"] {
        assert_eq!(spec(&objects, workload)["egress"], expected, "{workload}");
    }
    assert_eq!(spec(&objects, "shop-verify-secrets")["egress"], json!([{}]), "it looks at secrets alone");
}

const ANYWHERE: &str = "
deployments: {main: {ports: {http: {container: 3000, service: 80}}}}
dependencies: {hooks: {type: http, port: 443, external: {host: \"*\", cidrs: [10.9.0.0/16]}}}
";

#[test]
fn hosts_that_only_the_application_knows_are_all_public_addresses_and_the_private_ones_that_are_named() {
    let private = json!(["10.0.0.0/8", "100.64.0.0/10", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16"]);
    let ranges = json!([{"cidr": "0.0.0.0/0", "except": private}, {"cidr": "2000::/3"}]);
    let objects = project(ANYWHERE, "").objects();
    let egress = &spec(&objects, "shop")["egress"];
    assert_eq!(egress[0], json!({"toCIDRSet": ranges, "toPorts": cilium_port("443")}));
    assert_eq!(egress[1], json!({"toCIDR": ["10.9.0.0/16"], "toPorts": cilium_port("443")}));
    assert!(egress[2]["toPorts"][0].get("rules").is_none(), "no rule is on a name");
    let objects = project(ANYWHERE, "networkPolicies: kubernetes\n").objects();
    let to = &spec(&objects, "shop")["egress"][0]["to"];
    assert_eq!(*to, json!([{"ipBlock": ranges[0]}, {"ipBlock": ranges[1]}]));
    let said = project(ANYWHERE, "app: {verifyDependencies: {enabled: true}}\n").refusal();
    assert!(said.contains("nothing to prove: no dependency is required"), "{said}");
    let asked = "app: {env: {HOST: {dependency: hooks, part: host}}}\n";
    assert!(project(ANYWHERE, asked).refusal().contains("error[unknown-part]"));
    let asked = "app: {verifyRollout: {dependencies: [hooks]}}\n";
    assert!(project(ANYWHERE, asked).refusal().contains("error[unknown-part]"));
}

#[test]
fn plain_policies_need_the_addresses_of_what_is_outside() {
    let objects = project(DEPENDING, "networkPolicies: kubernetes\n").objects();
    let egress = spec(&objects, "shop-schema")["egress"].as_array().unwrap();
    let to: Vec<&Value> = egress.iter().map(|rule| &rule["to"][0]).collect();
    assert_eq!(to[0], &json!({"ipBlock": {"cidr": "10.0.0.0/24"}}));
    assert_eq!(to[1]["podSelector"]["matchLabels"], json!({"app.kubernetes.io/name": "pricing"}));
    assert_eq!(egress[1]["ports"], json!([{"protocol": "TCP", "port": 3000}]));
    assert_eq!(to[2], &json!({"ipBlock": {"cidr": "10.1.2.3/32"}}));
    let said = project(&DEPENDING.replace(", cidrs: [10.0.0.0/24]", ""), "networkPolicies: kubernetes\n").refusal();
    assert!(said.contains("error[missing-field]: plain network policies know no names"), "{said}");
    assert_eq!(said.matches("error[").count(), 1, "once for all workloads: {said}");
}

const BUNDLING: &str = "
deployments: {main: {ports: {http: {container: 3000, service: 80}}}}
workers: {mail: {}}
secrets: {s: {keys: {KEY: {}}}}
dependencies:
  postgres: {type: postgres, bundled: {storage: 1Gi, credentials: {secret: s, key: KEY}, databases: {shop: {password: {secret: s, key: KEY}}}}}
  other: {type: http, service: {name: other}}
clients:
  report: {service: {namespace: report}, dependency: postgres}
";

#[test]
fn a_bundled_service_lets_in_the_applications_pods_and_its_clients() {
    let objects = project(BUNDLING, "").objects();
    let from = |labels: Value| json!({"fromEndpoints": [{"matchLabels": labels}], "toPorts": cilium_port("5432")});
    let expected = json!([
        from(json!({"k8s:io.kubernetes.pod.namespace": "report"})),
        // The Job that makes databases goes by the name of the service.
        from(json!({"app.kubernetes.io/name": "shop-postgres"})),
        from(json!({"app.kubernetes.io/name": "shop"})),
        from(json!({"app.kubernetes.io/name": "shop-worker"})),
    ]);
    let postgres = spec(&objects, "shop-postgres");
    assert_eq!(postgres["ingress"], expected);
    assert_eq!(postgres["egress"], json!([{}]));
    let pods = &objects.one("StatefulSet")["spec"]["template"]["metadata"]["labels"];
    let selector = postgres["endpointSelector"]["matchLabels"].as_object().unwrap();
    assert!(selector.iter().all(|(key, value)| &pods[key] == value), "{selector:?} {pods}");
    let to = &spec(&objects, "shop-mail")["egress"][0];
    assert!(to["toEndpoints"][0]["matchLabels"].as_object().unwrap().iter().all(|(key, value)| &pods[key] == value));
    for job in objects.0.iter().filter(|object| object["kind"] == "Job") {
        let name = job["metadata"]["name"].as_str().unwrap();
        assert_eq!(&spec(&objects, name)["egress"][0], to, "{name} makes databases");
        assert_eq!(spec(&objects, name)["egress"].as_array().unwrap().len(), 2, "its server, and DNS");
        let labels = &job["spec"]["template"]["metadata"]["labels"];
        assert!(["shop", "shop-postgres"].contains(&labels["app.kubernetes.io/name"].as_str().unwrap()), "{labels}");
    }
    let said = project(&BUNDLING.replace("dependency: postgres", "dependency: postgers"), "").refusal();
    assert!(said.contains("error[unknown-dependency]") && said.contains("did you mean `postgres`?"), "{said}");
    let said =
        project(&BUNDLING.replace("dependency: postgres", "dependency: postgres, deployment: main"), "").refusal();
    assert!(said.contains("calls a deployment or a dependency, not both"), "{said}");
}

#[test]
fn an_application_must_be_let_in_by_the_one_whose_database_it_uses() {
    let shared = "apiVersion: strata.dev/v1alpha1\nkind: App\nmetadata: {name: data}\nsecrets: {s: {keys: {KEY: {}}}}\n\
        dependencies: {main: {type: postgres, bundled: {storage: 1Gi, credentials: {secret: s, key: KEY}, databases: {shop: {password: {secret: s, key: KEY}}}}}}\n";
    let app = "deployments: {main: {}}\nworkers: {mail: {}}\ndependencies: {postgres: {type: postgres, application: {overlay: ../data}}}\n";
    let project = project(app, "");
    let with = |clients: &str| {
        project.write("base/app.yaml", format!("{shared}clients: {clients}\n"));
        project.write("data/overlay.yaml", overlay_file("../base", "").replace("namespace: ns", "namespace: data"));
    };
    with("{}");
    let said = project.refusal();
    assert!(said.contains("error[not-let-in]: `data` does not let the pods of `shop` in"), "{said}");
    assert!(said.contains("add to its `clients`: `shop: {service: {namespace: ns}, dependency: main}`"), "{said}");
    with("{shop: {service: {namespace: ns, labels: {app.kubernetes.io/name: shop}}, dependency: main}}");
    assert!(project.refusal().contains("does not let the pods of `shop-mail` in"), "workers have another name");
    with("{shop: {service: {namespace: elsewhere}, dependency: main}}");
    assert!(project.refusal().contains("error[not-let-in]"));
    with("{shop: {service: {namespace: ns}, dependency: main}}");
    let objects = project.objects();
    let to = &spec(&objects, "shop")["egress"][0]["toEndpoints"][0]["matchLabels"];
    assert_eq!(to["k8s:io.kubernetes.pod.namespace"], "data");
    let let_in = project.objects_of("data", &[]);
    let from = &spec(&let_in, "data")["ingress"][0];
    assert_eq!(from["fromEndpoints"][0]["matchLabels"], json!({"k8s:io.kubernetes.pod.namespace": "ns"}));
    with("{}");
    project.write("strata.yaml", SETTINGS.replace("provider: cilium", "provider: none"));
    project.objects();
}

#[test]
fn the_proof_of_a_rollout_reaches_what_it_asks() {
    let app = "
deployments: {main: {ports: {http: {container: 3000, service: 80}}}}
secrets: {s: {keys: {CALLBACK: {format: url}}}}
dependencies: {queue: {type: tcp, port: 5672, external: {host: 10.1.2.3}}}
verifyRollout:
  http: {health: {path: /health}}
  dependencies: [queue]
  urls: {public: 'https://hooks.example.com/in', callback: {secret: s, key: CALLBACK}}
";
    let objects = project(app, TRAEFIK).objects();
    let proof = own("shop", "verify-rollout");
    let from = json!([{"fromEndpoints": [{"matchLabels": proof}], "toPorts": cilium_port("3000")}]);
    assert_eq!(spec(&objects, "shop")["ingress"], from);
    let egress = spec(&objects, "shop-verify-rollout")["egress"].as_array().unwrap();
    let ports = json!([{"ports": [{"port": "443", "protocol": "TCP"}, {"port": "80", "protocol": "TCP"}]}]);
    let gateway = json!({"k8s:io.kubernetes.pod.namespace": "traefik", "app": "traefik"});
    let expected = json!([
        {"toCIDR": ["10.1.2.3/32"], "toPorts": cilium_port("5672")},
        {"toEndpoints": [{"matchLabels": own("shop", "main")}], "toPorts": cilium_port("3000")},
        {"toFQDNs": [{"matchName": "hooks.example.com"}], "toPorts": cilium_port("443")},
        {"toEntities": ["world"], "toPorts": ports},
        {"toEndpoints": [{"matchLabels": gateway}]},
    ]);
    assert_eq!(egress[..5], expected.as_array().unwrap()[..]);
    assert_eq!(egress.len(), 6, "and DNS");
    let objects = project(app, "networkPolicies: kubernetes\n").objects();
    let outside = &spec(&objects, "shop-verify-rollout")["egress"][2];
    assert_eq!(outside, &json!({"ports": [{"protocol": "TCP", "port": 443}]}), "everybody, on this port");
}

#[test]
fn pods_that_wait_for_a_workload_may_reach_it() {
    let app =
        "deployments: {main: {ports: {http: {container: 3000, service: 80}}}}\nworkers: {mail: {after: [main]}}\n";
    let objects = project(app, "order: initContainers\n").objects();
    let waits =
        json!([{"fromEndpoints": [{"matchLabels": own("shop-worker", "mail")}], "toPorts": cilium_port("3000")}]);
    assert_eq!(spec(&objects, "shop")["ingress"], waits);
    let to = &spec(&objects, "shop-mail")["egress"][0];
    assert_eq!(to, &json!({"toEndpoints": [{"matchLabels": own("shop", "main")}], "toPorts": cilium_port("3000")}));
    assert_eq!(spec(&project(app, "").objects(), "shop")["ingress"], json!([{}]), "Argo CD keeps the order");
}
