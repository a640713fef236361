//! Metrics and alerts end to end: what is scraped, what is asked, and what is refused.

use serde_json::{Value, json};

use crate::fixture::{Objects, Project};

/// The alerts of a service on metrics of its gateway, on its logs and on its database.
const SALE: &str = r#"
deployments:
  main:
    ports: {http: {container: 3000, service: 80}, metrics: {container: 9090, service: 9090}}
    metrics: {interval: 30s}
workers:
  exporter:
    ports: {http: {container: 9399}}
    metrics: {path: /metrics, timeout: 10s}
    volumes: {queries: {config: orders, mount: /etc/sql_exporter}}
metricSources:
  traefik:
    from: the gateway, port 30800
    metrics: [traefik_service_requests_total, traefik_router_requests_total]
  logs: {from: Loki, logs: {selector: '{namespace="sale", app="sale"}'}}
  orders: {database: {exporter: sql_exporter}, workload: exporter}
alerts:
  SaleHighErrorRate:
    source: traefik
    expr: |
      sum(rate(traefik_service_requests_total{service=~"sale-.*", code=~"5.."}[5m]))
        / sum(rate(traefik_service_requests_total{service=~"sale-.*"}[5m])) > 0.05
    for: 5m
    severity: critical
    summary: More than 5% of the requests fail
    check: kubectl logs deploy/sale | grep level=error
    fix: identify the failing endpoint; roll back the last deploy if it is recent
    escalate: on-call backend
  SaleWebhookFailures:
    source: traefik
    expr: increase(traefik_router_requests_total{router="sale-webhook", code=~"5.."}[10m]) > 0
    severity: critical
    check: grep PaymentWebhookController
    fix: check payload schema drift; check sister-service status
    escalate: on-call backend + payment team
  SaleCheckoutFailures:
    source: traefik
    expr: sum(rate(traefik_router_requests_total{router="sale-checkout", code=~"[45].."}[5m])) > 1
    for: 5m
    keepFiringFor: 10m
    severity: critical
    labels: {team: backend}
    check: grep PricingNetworkService; check pricing service health
    fix: restart pricing; expand pricing replicas
    escalate: on-call backend
  SaleKafkaProduceFailure:
    source: logs
    expr: sum(count_over_time({namespace="sale", app="sale"} |= "KafkaProducer" |= "level=error" [5m])) > 0
    severity: critical
    check: "bun -e 'cluster status'"
    fix: check broker health, SASL credentials
    escalate: on-call SRE
  SaleStuckOrder:
    source: orders
    query: |
      SELECT count(*) AS value FROM "SaleOrder"
      WHERE status = 'PROCESSING' AND "processingAt" < now() - interval '1h'
    severity: warning
    summary: Orders are in PROCESSING for more than an hour
    check: MQ-Pay attempts
    fix: cancel by hand when stale
    escalate: on-call backend
  SaleSessionLeak:
    source: orders
    query: SELECT count(*) AS value FROM "PosSession" WHERE "closedAt" IS NULL AND "openedAt" < now() - interval '24h'
    for: 1h
    severity: warning
    fix: close by hand and reconcile
    escalate: on-call ops
  SaleAllocationStuck:
    source: orders
    metric: sale_stuck_allocations
    expr: max(sale_stuck_allocations) >= 1
    query: SELECT count(*) AS value FROM "AllocationUsage" WHERE status = 'ACTIVE' AND "cancelledAt" < now() - interval '24h'
    severity: warning
    fix: run the cancel cascade by hand
    escalate: on-call backend
    runbook: https://runbooks.example.com/sale
    annotations: {dashboard: https://grafana.example.com/d/sale}
"#;

const WATCHED: &str = "environments: {prod: {secrets: {provider: existing}, monitoring: {labels: {release: prometheus}, loki: {annotations: {k8s-sidecar-target-directory: /rules/fake}}}}}\n";

fn sale() -> Project {
    Project::usual(SALE, "", &[("strata.yaml", WATCHED)])
}

fn rule<'o>(objects: &'o Objects, alert: &str) -> &'o Value {
    let groups = objects.one("PrometheusRule")["spec"]["groups"].as_array().unwrap();
    let rules = groups.iter().flat_map(|group| group["rules"].as_array().unwrap());
    rules.into_iter().find(|rule| rule["alert"] == alert).unwrap()
}

/// The file of a ConfigMap, read as YAML.
fn file(objects: &Objects, config_map: &str, name: &str) -> Value {
    let has = |object: &&Value| {
        object["kind"] == "ConfigMap" && object["metadata"]["name"].as_str().unwrap().starts_with(config_map)
    };
    let text = objects.0.iter().find(has).unwrap()["data"][name].as_str().unwrap();
    serde_yaml::from_str(text).unwrap()
}

#[test]
fn alerts_on_metrics_are_one_rule_object_with_a_group_for_each_source() {
    let objects = sale().objects();
    let rules = objects.one("PrometheusRule");
    assert_eq!(rules["metadata"]["name"], "shop");
    assert_eq!(rules["metadata"]["labels"]["release"], "prometheus");
    let groups = rules["spec"]["groups"].as_array().unwrap();
    let names: Vec<&str> = groups.iter().map(|group| group["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["shop-traefik", "shop-orders"]);
    assert_eq!(groups.iter().map(|group| group["rules"].as_array().unwrap().len()).collect::<Vec<_>>(), [3, 3]);
    let high = rule(&objects, "SaleHighErrorRate");
    assert_eq!(high["for"], "5m");
    assert_eq!(high["labels"], json!({"severity": "critical"}));
    let annotations = json!({
        "summary": "More than 5% of the requests fail",
        "check": "kubectl logs deploy/sale | grep level=error",
        "fix": "identify the failing endpoint; roll back the last deploy if it is recent",
        "escalation": "on-call backend",
        "source": "the gateway, port 30800",
    });
    assert_eq!(high["annotations"], annotations);
    let checkout = rule(&objects, "SaleCheckoutFailures");
    assert_eq!((&checkout["keep_firing_for"], &checkout["labels"]["team"]), (&json!("10m"), &json!("backend")));
}

#[test]
fn alerts_on_logs_are_rules_of_lokis_ruler() {
    let objects = sale().objects();
    let map = objects.get("ConfigMap", "shop-log-alerts");
    assert_eq!(map["metadata"]["labels"]["loki_rule"], "1");
    assert_eq!(map["metadata"]["annotations"], json!({"k8s-sidecar-target-directory": "/rules/fake"}));
    let rules = file(&objects, "shop-log-alerts", "ns-shop-log-alerts.yaml");
    let rule = &rules["groups"][0]["rules"][0];
    assert_eq!(rules["groups"][0]["name"], "shop-logs");
    assert_eq!((&rule["alert"], &rule["labels"]["severity"]), (&json!("SaleKafkaProduceFailure"), &json!("critical")));
    assert!(rule["expr"].as_str().unwrap().contains("|= \"KafkaProducer\""));
}

#[test]
fn alerts_on_a_database_bring_the_query_of_its_exporter() {
    let objects = sale().objects();
    assert_eq!(rule(&objects, "SaleStuckOrder")["expr"], "sale_stuck_order > 0");
    let stuck = rule(&objects, "SaleAllocationStuck");
    assert_eq!(stuck["expr"], "max(sale_stuck_allocations) >= 1");
    assert_eq!(stuck["annotations"]["runbook_url"], "https://runbooks.example.com/sale");
    assert_eq!(stuck["annotations"]["dashboard"], "https://grafana.example.com/d/sale");
    let collector = file(&objects, "shop-orders-", "orders.collector.yml");
    assert_eq!(collector["collector_name"], "orders");
    let metrics = collector["metrics"].as_array().unwrap();
    assert_eq!(metrics.len(), 3);
    let expected = json!({
        "metric_name": "sale_stuck_order",
        "type": "gauge",
        "help": "Orders are in PROCESSING for more than an hour",
        "values": ["value"],
        "query": "SELECT count(*) AS value FROM \"SaleOrder\"\nWHERE status = 'PROCESSING' AND \"processingAt\" < now() - interval '1h'\n",
    });
    assert_eq!(metrics[0], expected);
    let exporter = &objects.pod("shop-exporter")["spec"];
    let map = exporter["volumes"][0]["configMap"]["name"].as_str().unwrap();
    assert!(
        map.starts_with("shop-orders-") && map.len() > "shop-orders-".len(),
        "{map}: a changed query rolls the exporter"
    );
    assert!(exporter["containers"][0].get("envFrom").is_none(), "the file is no variable");
}

#[test]
fn the_exporter_of_postgres_appends_the_column_to_the_metric() {
    let app = SALE
        .replace("sql_exporter", "postgres_exporter")
        .replace("max(sale_stuck_allocations)", "max(sale_stuck_allocations_value)");
    let objects = Project::usual(&app, "", &[("strata.yaml", WATCHED)]).objects();
    assert_eq!(rule(&objects, "SaleStuckOrder")["expr"], "sale_stuck_order_value > 0");
    let queries = file(&objects, "shop-orders-", "queries.yaml");
    let usage = json!({"usage": "GAUGE", "description": "Orders are in PROCESSING for more than an hour"});
    assert_eq!(queries["sale_stuck_order"]["metrics"], json!([{"value": usage}]));
}

#[test]
fn a_group_of_the_sources_name_keeps_its_own_entries() {
    let app = format!("{SALE}config: {{orders: {{sql_exporter.yml: {{file: e.yml}}}}}}\n");
    let objects = Project::usual(&app, "", &[("strata.yaml", WATCHED), ("app/e.yml", "target: {}\n")]).objects();
    assert_eq!(file(&objects, "shop-orders-", "sql_exporter.yml"), json!({"target": {}}));
    assert_eq!(file(&objects, "shop-orders-", "orders.collector.yml")["collector_name"], "orders");
}

#[test]
fn a_deployment_is_scraped_through_its_service_and_a_worker_by_its_pods() {
    let objects = sale().objects();
    let labels = |name: &str| json!({"app.kubernetes.io/name": "shop", "app.kubernetes.io/component": name});
    let service = objects.one("ServiceMonitor");
    assert_eq!(service["spec"]["selector"]["matchLabels"], labels("main"));
    assert_eq!(service["spec"]["endpoints"], json!([{"port": "metrics", "interval": "30s"}]));
    assert_eq!(service["metadata"]["labels"]["release"], "prometheus");
    let pods = objects.one("PodMonitor");
    assert_eq!(pods["metadata"]["name"], "shop-exporter");
    assert_eq!(
        pods["spec"]["selector"]["matchLabels"],
        objects.get("Deployment", "shop-exporter")["spec"]["selector"]["matchLabels"]
    );
    let endpoint = json!([{"port": "http", "path": "/metrics", "scrapeTimeout": "10s"}]);
    assert_eq!(pods["spec"]["podMetricsEndpoints"], endpoint);
}

#[test]
fn one_word_in_an_overlay_takes_monitoring_away_and_the_settings_stay() {
    let project = sale();
    let overlay = |fields: &str| crate::fixture::overlay_file("../app", fields);
    project.write("o/overlay.yaml", overlay("monitoring: none\n"));
    let kinds: Vec<String> = project.objects().names();
    let monitored = |name: &&String| {
        ["ServiceMonitor", "PodMonitor", "PrometheusRule"].iter().any(|kind| name.starts_with(kind))
            || name.contains("log-alerts")
    };
    assert_eq!(kinds.iter().filter(monitored).collect::<Vec<_>>(), [""; 0]);
    assert!(kinds.iter().any(|name| name.starts_with("ConfigMap/shop-orders")), "the exporter still has its queries");
    project.write("p/overlay.yaml", overlay("monitoring: prometheusOperator\n").replace("../app", "../o"));
    assert_eq!(project.objects_of("p", &[]).one("PrometheusRule")["metadata"]["labels"]["release"], "prometheus");
    project.write("p/overlay.yaml", overlay("monitoring: {labels: {release: other}}\n").replace("../app", "../o"));
    assert!(!project.objects_of("p", &[]).names().iter().any(|name| name.starts_with("PrometheusRule")), "still none");
}

#[test]
fn an_alert_on_a_metric_that_no_source_provides_is_refused() {
    let said = Project::usual(
        &SALE.replace("increase(traefik_router_requests_total", "increase(traefik_router_request_total"),
        "",
        &[],
    )
    .refusal();
    assert!(
        said.contains("error[unknown-metric]: no source provides the metric `traefik_router_request_total`"),
        "{said}"
    );
    assert!(said.contains("did you mean `traefik_router_requests_total`?") && said.contains("app/app.yaml:"), "{said}");
    let patch = "patches: [{target: {kind: PrometheusRule}, json6902: [{op: replace, path: /spec/groups/0/rules/0/expr, value: nowhere > 1}]}]\n";
    let said = Project::usual(SALE, patch, &[]).refusal();
    assert!(said.contains("`nowhere`") && said.contains("o/overlay.yaml:"), "whatever the door: {said}");
}

#[test]
fn what_cannot_alert_is_refused_at_its_place() {
    let source = "metricSources: {m: {metrics: [up]}, l: {logs: {selector: '{app=\"x\"}'}}, d: {database: {exporter: sql_exporter}}}\n";
    for (fields, code, says) in [
        ("alerts: {A: {source: x, expr: up, severity: info}}", "unknown-source", "the source `x` is not declared"),
        ("alerts: {A: {expr: up, severity: info}}", "missing-field", "the alert `A` has no `source`"),
        ("alerts: {A: {source: m, severity: info}}", "missing-field", "the alert `A` has no `expr`"),
        ("alerts: {A: {source: m, expr: up}}", "missing-field", "the alert `A` has no `severity`"),
        ("alerts: {A: {source: d, severity: info}}", "missing-field", "the alert `A` has no `query`"),
        ("alerts: {A: {source: d, query: SELECT 1, severity: info}}", "invalid-query", "gives no column `value`"),
        ("alerts: {A: {source: d, query: SELECT value, metric: a b, severity: info}}", "invalid-metric", "`a b`"),
        (
            "alerts: {A: {source: d, query: SELECT value, metric: up, severity: info}}",
            "duplicate-name",
            "the metric `up` of `A`",
        ),
        (
            "alerts: {A: {source: m, expr: up, query: x, severity: info}}",
            "field-without-effect",
            "`query` goes with a source",
        ),
        ("alerts: {A: {source: m, expr: 'sum(up', severity: info}}", "invalid-expression", "`(` is never closed"),
        ("alerts: {A: {source: l, expr: 'sum(up', severity: info}}", "invalid-expression", "`(` is never closed"),
        (
            "alerts: {A: {source: l, expr: '{app=\"x\"} |= \"y\"', severity: info}}",
            "invalid-expression",
            "it counts no lines",
        ),
        (
            "alerts: {A: {source: l, expr: 'rate({ap=\"x\"}[5m]) > 0', severity: info}}",
            "unknown-log-label",
            "did you mean `app`?",
        ),
        ("alerts: {A: {source: m, expr: up, for: 1.5h, severity: info}}", "invalid-interval", "`1.5h`"),
        ("alerts: {A: {source: m, expr: up, severity: info, labels: {severity: x}}}", "reserved-label", "`severity`"),
        ("alerts: {'a b': {source: m, expr: up, severity: info}}", "invalid-name", "`a b`"),
        ("alerts: {A: {source: m, expr: up, severity: bad}}", "unknown-value", "`critical`"),
        ("deployments: {main: {metrics: {}}}", "missing-field", "which of its ports has the metrics"),
        (
            "deployments: {main: {ports: {a: {container: 1}, b: {container: 2}}, metrics: {}}}",
            "missing-field",
            "which of its ports",
        ),
        (
            "deployments: {main: {ports: {http: {container: 1}}, metrics: {port: htp}}}",
            "unknown-port",
            "did you mean `http`?",
        ),
        (
            "deployments: {main: {ports: {http: {container: 1, protocol: UDP}}, metrics: {}}}",
            "conflicting-fields",
            "over TCP",
        ),
        (
            "deployments: {main: {ports: {http: {container: 1}}, metrics: {path: metrics}}}",
            "invalid-path",
            "write `/metrics`",
        ),
        (
            "deployments: {main: {ports: {http: {container: 1}}, metrics: {interval: 10s, timeout: 15s}}}",
            "conflicting-fields",
            "longer than the interval",
        ),
    ] {
        let said = Project::usual(&format!("{source}{fields}\n"), "", &[]).refusal();
        assert!(said.contains(&format!("error[{code}]")) && said.contains(says), "{fields}: {said}");
        assert!(said.contains("app/app.yaml:"), "{fields}: {said}");
    }
    for (sources, code, says) in [
        ("{m: {}}", "conflicting-fields", "exactly one of `metrics`, `logs` and `database`"),
        ("{d: {database: {exporter: sql_exporter, dependency: db}}}", "unknown-dependency", "the database `db`"),
        ("{l: {logs: {selector: app}}}", "invalid-expression", "it asks for no label"),
        ("{l: {logs: {selector: '{a=}'}}}", "invalid-expression", "it asks for no label"),
        ("{l: {logs: {selector: '{a'}}}", "invalid-expression", "`{` is never closed"),
        ("{m: {metrics: [a b]}}", "invalid-metric", "`a b` is not the name of a metric"),
        ("{m: {metrics: [up], workload: main}}", "unscraped-source", "nothing scrapes `main`"),
        ("{m: {metrics: [up], workload: mian}}", "unknown-workload", "did you mean `main`?"),
    ] {
        let said =
            Project::usual(&format!("deployments: {{main: {{}}}}\nmetricSources: {sources}\n"), "", &[]).refusal();
        assert!(said.contains(&format!("error[{code}]")) && said.contains(says), "{sources}: {said}");
    }
}

#[test]
fn another_kind_of_source_in_a_later_layer_replaces_the_first() {
    let app = "metricSources: {s: {metrics: [a], from: x}}\nalerts: {A: {source: s, expr: a, severity: info}}\n";
    let overlay = "app: {metricSources: {s: {logs: {selector: '{app=\"x\"}'}}}, alerts: {A: {expr: 'rate({app=\"x\"}[5m]) > 0'}}}\n";
    let objects = Project::usual(app, overlay, &[]).objects();
    assert_eq!(objects.names(), ["ConfigMap/shop-log-alerts"]);
}

#[test]
fn a_monitor_that_is_widened_to_a_worker_is_refused() {
    let patch = "patches: [{target: {kind: PodMonitor}, json6902: [{op: replace, path: /spec/selector/matchLabels, value: {app.kubernetes.io/managed-by: strata}}]}]\n";
    let app = "deployments: {main: {ports: {m: {container: 1}}, metrics: {}}}\nworkers: {w: {}}\n";
    let said = Project::usual(app, patch, &[]).refusal();
    assert!(
        said.contains(
            "error[monitor-catches-other-pods]: the PodMonitor `shop` also scrapes the pods of `Deployment/shop-w`"
        ),
        "{said}"
    );
}
