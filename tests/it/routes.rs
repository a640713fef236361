//! Routes end to end: said once, rendered for the provider that one word names.

use serde_json::{Value, json};

use crate::fixture::{Objects, Project};

const MAIN: &str = "deployments: {main: {ports: {http: {container: 3000, service: 80}}}}\n";

/// What every provider can be told.
const SETTINGS: &str = "
environments:
  prod:
    secrets: {provider: existing}
    routing:
      provider: traefik
      traefik: {certResolver: le}
      ingress: {class: nginx, controller: nginx}
      gateway:
        parents:
          http: [{name: public, namespace: gateways, section: http}]
          https: [{name: public, namespace: gateways, section: https}]
        accept: {rateLimit: the limit is a policy of the gateway, certificate: the listener has one}
";

const SALE: &str = "
deployments: {main: {ports: {http: {container: 3000, service: 80}}}}
routes:
  main:
    hosts: [shop.example.com, www.example.com]
    paths: [/v1/api]
    exclude: [/v1/api/webhooks]
    tls: true
    websocket: true
    rateLimit: {requestsPerSecond: 100}
";

fn project(app: &str, overlay: &str) -> Project {
    Project::usual(app, overlay, &[("strata.yaml", SETTINGS)])
}

/// `Kind/name` of what is not a workload, its Service or its account.
fn routing(objects: &Objects) -> Vec<String> {
    let own = |name: &String| !["ServiceAccount/", "Deployment/", "Service/"].iter().any(|kind| name.starts_with(kind));
    objects.names().into_iter().filter(own).collect()
}

/// Asserts that an application with these routes is refused, with all these parts.
#[track_caller]
fn refused(app: &str, overlay: &str, parts: &[&str]) {
    let said = project(app, overlay).refusal();
    for part in parts {
        assert!(said.contains(part), "`{part}` in {said}");
    }
}

#[test]
fn one_word_in_an_overlay_switches_the_provider() {
    let rendered = |overlay: &str| routing(&project(SALE, overlay).objects());
    let traefik =
        ["IngressRoute/shop", "Middleware/shop-rate-limit", "IngressRoute/shop-redirect", "Middleware/shop-redirect"];
    assert_eq!(rendered(""), traefik);
    assert_eq!(rendered("routing: traefik\n"), traefik);
    assert_eq!(rendered("routing: ingress\n"), ["Ingress/shop", "Ingress/shop-closed"]);
    assert_eq!(rendered("routing: gateway\n"), ["HTTPRoute/shop", "HTTPRoute/shop-redirect"]);
    assert_eq!(rendered("routing: none\n"), [""; 0]);
}

#[test]
fn traefik_gets_a_rule_for_each_host_and_middlewares() {
    let objects = project(SALE, "").objects();
    let route = objects.get("IngressRoute", "shop");
    assert_eq!(route["metadata"]["annotations"]["argocd.argoproj.io/sync-wave"], "20");
    assert_eq!(route["spec"]["entryPoints"], json!(["websecure"]));
    assert_eq!(route["spec"]["tls"], json!({"certResolver": "le"}));
    let rule = |host: &str| {
        json!({
            "kind": "Rule",
            "match": format!("Host(`{host}`) && PathPrefix(`/v1/api`) && !PathPrefix(`/v1/api/webhooks`)"),
            "priority": format!("Host(`{host}`) && PathPrefix(`/v1/api`)").len(),
            "middlewares": [{"name": "shop-rate-limit"}],
            "services": [{"kind": "Service", "name": "shop", "port": 80}],
        })
    };
    assert_eq!(route["spec"]["routes"], json!([rule("shop.example.com"), rule("www.example.com")]));
    let limit = &objects.get("Middleware", "shop-rate-limit")["spec"];
    assert_eq!(limit, &json!({"rateLimit": {"average": 100, "burst": 100}}));
    let redirect = &objects.get("IngressRoute", "shop-redirect")["spec"];
    assert_eq!(redirect["entryPoints"], json!(["web"]));
    assert_eq!(redirect["routes"][0]["services"], json!([{"kind": "TraefikService", "name": "noop@internal"}]));
    let redirect = &objects.get("Middleware", "shop-redirect")["spec"];
    assert_eq!(redirect, &json!({"redirectScheme": {"scheme": "https", "permanent": true}}));
}

#[test]
fn traefik_counts_clients_behind_trusted_proxies_and_speaks_on_the_entry_points_that_are_named() {
    let overlay = "routing: {traefik: {trustedHops: 1, entryPoints: {http: [internal], https: [outside]}}}\n";
    let objects = project(SALE, overlay).objects();
    let limit = &objects.get("Middleware", "shop-rate-limit")["spec"]["rateLimit"];
    assert_eq!(limit["sourceCriterion"], json!({"ipStrategy": {"depth": 1}}));
    assert_eq!(objects.get("IngressRoute", "shop")["spec"]["entryPoints"], json!(["outside"]));
    assert_eq!(objects.get("IngressRoute", "shop-redirect")["spec"]["entryPoints"], json!(["internal"]));
    let overlay = format!("{overlay}app: {{routes: {{main: {{tls: false}}}}}}\n");
    let objects = project(SALE, &overlay).objects();
    let route = &objects.one("IngressRoute")["spec"];
    assert_eq!((&route["entryPoints"], &route["tls"]), (&json!(["internal"]), &Value::Null));
}

#[test]
fn nginx_is_told_by_annotations_and_closes_excluded_paths() {
    let objects = project(SALE, "routing: ingress\n").objects();
    let ingress = objects.get("Ingress", "shop");
    let expected = json!({
        "argocd.argoproj.io/sync-wave": "20",
        "nginx.ingress.kubernetes.io/ssl-redirect": "true",
        "nginx.ingress.kubernetes.io/proxy-read-timeout": "3600",
        "nginx.ingress.kubernetes.io/proxy-send-timeout": "3600",
        "nginx.ingress.kubernetes.io/limit-rps": "100",
        "nginx.ingress.kubernetes.io/limit-burst-multiplier": "1",
    });
    assert_eq!(ingress["metadata"]["annotations"], expected);
    let path = |path: &str| {
        let service = json!({"name": "shop", "port": {"number": 80}});
        json!({"paths": [{"path": path, "pathType": "Prefix", "backend": {"service": service}}]})
    };
    let hosts = ["shop.example.com", "www.example.com"];
    let rules = |at: &str| json!(hosts.map(|host| json!({"host": host, "http": path(at)})));
    let tls = json!([{"hosts": hosts}]);
    assert_eq!(ingress["spec"], json!({"ingressClassName": "nginx", "tls": tls, "rules": rules("/v1/api")}));
    let closed = objects.get("Ingress", "shop-closed");
    assert_eq!(closed["spec"]["rules"], rules("/v1/api/webhooks"));
    let denied = &closed["metadata"]["annotations"]["nginx.ingress.kubernetes.io/denylist-source-range"];
    assert_eq!(denied, "0.0.0.0/0,::/0");
}

#[test]
fn the_gateway_api_gets_every_default_a_rule_to_nowhere_and_a_redirect() {
    let objects = project(SALE, "routing: gateway\n").objects();
    let route = &objects.get("HTTPRoute", "shop")["spec"];
    let parent = |section: &str| json!([{"group": "gateway.networking.k8s.io", "kind": "Gateway", "name": "public", "namespace": "gateways", "sectionName": section}]);
    let at = |path: &str| json!([{"path": {"type": "PathPrefix", "value": path}}]);
    let backend = json!({"group": "", "kind": "Service", "name": "shop", "port": 80, "weight": 1});
    let rules = json!([
        {"matches": at("/v1/api"), "timeouts": {"request": "0s"}, "backendRefs": [backend]},
        {"matches": at("/v1/api/webhooks")},
    ]);
    let hosts = json!(["shop.example.com", "www.example.com"]);
    assert_eq!(route, &json!({"parentRefs": parent("https"), "hostnames": hosts, "rules": rules}));
    let redirect = &objects.get("HTTPRoute", "shop-redirect")["spec"];
    assert_eq!(redirect["parentRefs"], parent("http"));
    let filter = json!({"type": "RequestRedirect", "requestRedirect": {"scheme": "https", "statusCode": 301}});
    assert_eq!(redirect["rules"], json!([{"matches": at("/v1/api"), "filters": [filter]}]));
}

#[test]
fn an_issuer_gives_a_certificate_and_references_follow_renames() {
    let app = format!(
        "{MAIN}routes: {{main: {{hosts: [a.example.com], tls: {{issuer: letsencrypt}}, rateLimit: {{requestsPerSecond: 5}}}}}}\n"
    );
    let objects = project(&app, "names: {prefix: eu-}\n").objects();
    let certificate = objects.one("Certificate");
    assert_eq!(certificate["metadata"]["name"], "eu-shop-tls");
    let issuer = json!({"group": "cert-manager.io", "kind": "ClusterIssuer", "name": "letsencrypt"});
    let expected = json!({"secretName": "eu-shop-tls", "dnsNames": ["a.example.com"], "issuerRef": issuer});
    assert_eq!(certificate["spec"], expected);
    let route = &objects.get("IngressRoute", "eu-shop")["spec"];
    assert_eq!(route["tls"], json!({"secretName": "eu-shop-tls"}));
    assert_eq!(route["routes"][0]["services"][0]["name"], "eu-shop");
    assert_eq!(route["routes"][0]["middlewares"], json!([{"name": "eu-shop-rate-limit"}]));
    let redirect = &objects.get("IngressRoute", "eu-shop-redirect")["spec"]["routes"][0];
    assert_eq!(redirect["middlewares"], json!([{"name": "eu-shop-redirect"}]));
    assert_eq!(redirect["services"][0]["name"], "noop@internal");
    let objects = project(&app, "names: {prefix: eu-}\nrouting: ingress\n").objects();
    let ingress = &objects.one("Ingress")["spec"];
    assert_eq!(ingress["tls"], json!([{"hosts": ["a.example.com"], "secretName": "eu-shop-tls"}]));
    assert_eq!(ingress["rules"][0]["http"]["paths"][0]["backend"]["service"]["name"], "eu-shop");
    let objects = project(&app, "names: {prefix: eu-}\nrouting: gateway\n").objects();
    assert_eq!(objects.get("HTTPRoute", "eu-shop")["spec"]["rules"][0]["backendRefs"][0]["name"], "eu-shop");
}

#[test]
fn a_declared_secret_may_hold_the_certificate_and_is_named_as_it_is_rendered() {
    let app = |keys: &str| {
        format!(
            "{MAIN}routes: {{main: {{hosts: [a.example.com], tls: {{secret: cert}}}}}}\nsecrets: {{cert: {{name: exact, keys: {keys}}}}}\n"
        )
    };
    let objects = project(&app("{tls.crt: {}, tls.key: {}}"), "").objects();
    assert_eq!(objects.get("IngressRoute", "shop")["spec"]["tls"], json!({"secretName": "exact"}));
    refused(&app("{tls.crt: {}}"), "", &["error[unknown-secret-key]", "has no key `tls.key`"]);
    let issuer = app("{tls.crt: {}, tls.key: {}}").replace("{secret: cert}", "{secret: cert, issuer: le}");
    refused(&issuer, "", &["error[conflicting-fields]", "its provider fills it"]);
}

#[test]
fn tls_without_a_redirect_is_said_and_plain_http_is_the_default() {
    let app = format!("{MAIN}routes: {{main: {{hosts: [a.example.com], tls: true, forceTls: false}}}}\n");
    assert_eq!(routing(&project(&app, "").objects()), ["IngressRoute/shop"]);
    let ingress = project(&app, "routing: ingress\n").objects();
    assert_eq!(ingress.one("Ingress")["metadata"]["annotations"]["nginx.ingress.kubernetes.io/ssl-redirect"], "false");
    assert_eq!(routing(&project(&app, "routing: gateway\n").objects()), ["HTTPRoute/shop"]);
    let plain = project(&format!("{MAIN}routes: {{main: {{}}}}\n"), "").objects();
    let spec = &plain.one("IngressRoute")["spec"];
    assert_eq!(spec["entryPoints"], json!(["web"]));
    assert_eq!(spec["routes"][0]["match"], "PathPrefix(`/`)");
}

#[test]
fn an_excluded_path_that_another_route_serves_is_not_closed() {
    let app = format!(
        "{MAIN}routes:\n  main: {{hosts: [a.example.com], paths: [/v1], exclude: [/v1/hooks]}}\n  hooks: {{hosts: [a.example.com], paths: [/v1/hooks], rateLimit: {{requestsPerSecond: 5, burst: 20}}}}\n"
    );
    let objects = project(&app, "routing: ingress\n").objects();
    assert_eq!(routing(&objects), ["Ingress/shop", "Ingress/shop-hooks"]);
    let annotations = &objects.get("Ingress", "shop-hooks")["metadata"]["annotations"];
    assert_eq!(annotations["nginx.ingress.kubernetes.io/limit-burst-multiplier"], "4");
    let objects = project(&app, "routing: gateway\n").objects();
    assert_eq!(objects.get("HTTPRoute", "shop")["spec"]["rules"].as_array().unwrap().len(), 1);
    let partly = app.replace("main: {hosts: [a.example.com]", "main: {hosts: [a.example.com, b.example.com]");
    refused(&partly, "", &["error[partly-excluded]", "`hooks` serves it on some of its hosts only"]);
}

#[test]
fn what_a_provider_cannot_say_is_an_error_until_it_is_accepted_with_a_reason() {
    let other = "routing: {provider: ingress, ingress: {controller: other}}\n";
    refused(
        SALE,
        other,
        &["an Ingress without the annotations of its controller cannot say excluded paths", "app/app.yaml:11:15"],
    );
    refused(
        SALE,
        other,
        &["cannot say a rate limit", "cannot say how long connections may stay", "a redirect of plain HTTP"],
    );
    refused(SALE, other, &["routing: {ingress: {accept: {websocket: REASON}}}", "the provider"]);
    let accepted = "routing: {provider: ingress, ingress: {controller: other, accept: {exclude: it is internal, rateLimit: none, websocket: fine, forceTls: fine}}}\n";
    let objects = project(SALE, accepted).objects();
    assert_eq!(routing(&objects), ["Ingress/shop"]);
    let annotations = objects.one("Ingress")["metadata"]["annotations"].as_object().unwrap().clone();
    assert_eq!(annotations.keys().collect::<Vec<_>>(), ["argocd.argoproj.io/sync-wave"]);
    refused(SALE, &accepted.replace("websocket: fine", "websocket: \" \""), &["error[empty-reason]"]);
    let gateway = "routing: {provider: gateway, gateway: {accept: {rateLimit: null}}}\n";
    refused(
        SALE,
        gateway,
        &["error[route-loss]: an HTTPRoute cannot say a rate limit", "gateway: {accept: {rateLimit: REASON}}"],
    );
    let uneven = SALE.replace("requestsPerSecond: 100", "requestsPerSecond: 100, burst: 150");
    refused(&uneven, "routing: ingress\n", &["ingress-nginx cannot say a burst that is no multiple"]);
}

#[test]
fn a_route_without_a_provider_or_a_listener_is_refused() {
    let said = Project::usual(SALE, "", &[]).refusal();
    assert!(said.contains("error[no-routing-provider]") && said.contains("app/app.yaml:8:3"), "{said}");
    let only_http = "routing: {provider: gateway, gateway: {parents: {https: []}}}\n";
    refused(SALE, only_http, &["error[missing-field]", "gateway: {parents: {https: [{name: GATEWAY}]}}"]);
    refused(SALE, "routing: treafik\n", &["overlay.yaml:6:10", "did you mean `traefik`?"]);
}

#[test]
fn what_a_route_leads_to_must_be_there() {
    let app = |deployments: &str, route: &str| format!("deployments: {deployments}\nroutes: {{web: {route}}}\n");
    let two = "{api: {ports: {http: {container: 1, service: 1}, admin: {container: 2, service: 2}}}, web: {ports: {http: {container: 1, service: 1}}}, back: {}}";
    refused(&app(two, "{}"), "", &["does not say which deployment answers", "`api`, `web`"]);
    refused(&app(two, "{deployment: wep}"), "", &["the deployment `wep` is not declared", "did you mean `web`?"]);
    refused(&app(two, "{deployment: back}"), "", &["error[route-without-service]", "add `service: PORT`"]);
    refused(&app(two, "{deployment: api}"), "", &["has 2 ports that speak TCP", "`http`, `admin`"]);
    refused(&app(two, "{deployment: api, port: amdin}"), "", &["error[unknown-port]", "did you mean `admin`?"]);
    refused(&app("{api: {}}", "{}"), "", &["no deployment has a Service that the route `web` could lead to"]);
    let objects = project(&app(two, "{deployment: api, port: admin}"), "").objects();
    let route = objects.get("IngressRoute", "shop-web");
    assert_eq!(route["spec"]["routes"][0]["services"][0], json!({"kind": "Service", "name": "shop-api", "port": 2}));
    assert_eq!(route["metadata"]["labels"]["app.kubernetes.io/component"], "api");
}

#[test]
fn what_routes_say_is_checked() {
    let main = |route: &str| format!("{MAIN}routes: {{main: {route}}}\n");
    refused(&main("{tls: true}"), "", &["error[tls-without-hosts]", "app/app.yaml:6:22"]);
    refused(&main("{hosts: [a.com], tls: {}}"), "", &["needs `secret` or `issuer`"]);
    refused(&main("{hosts: [a.com], forceTls: true}"), "", &["error[field-without-effect]", "no TLS"]);
    refused(&main("{hosts: [\"https://a.com\"]}"), "", &["error[invalid-host]", "no scheme"]);
    refused(&main("{paths: [v1]}"), "", &["error[invalid-path]", "a path starts with `/`"]);
    refused(&main("{paths: [/v1/]}"), "", &["has no `/` at its end"]);
    refused(&main("{paths: [/v1], exclude: [/v2]}"), "", &["error[exclude-outside-paths]", "below `/v1`"]);
    refused(&main("{paths: [/v1], exclude: [/v1]}"), "", &["error[exclude-outside-paths]"]);
    refused(&main("{rateLimit: {requestsPerSecond: 0}}"), "", &["error[invalid-rate-limit]"]);
    refused(&main("{paths: [/v1, /v1]}"), "", &["error[duplicate-route]", "says `/v1` on every host twice"]);
    let two = "{hosts: [a.com], paths: [/v1]}, other: {hosts: [b.com, a.com], paths: [/, /v1]}";
    refused(&main(two), "", &["the routes `main` and `other` both serve `/v1` on `a.com`", "the other one"]);
}

#[test]
fn a_node_port_is_for_environments_without_routes() {
    let overlay =
        "routing: none\napp: {deployments: {main: {ports: {http: {nodePort: 31030}}, service: {type: NodePort}}}}\n";
    let objects = project(SALE, overlay).objects();
    let spec = &objects.one("Service")["spec"];
    assert_eq!((&spec["type"], &spec["ports"][0]["nodePort"]), (&json!("NodePort"), &json!(31030)));
    assert_eq!(routing(&objects), [""; 0]);
}
