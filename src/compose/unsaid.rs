//! What a Compose file cannot say: a note each, so that nothing is dropped in silence.

use std::collections::BTreeMap;

use ecow::EcoString;

use super::Composer;
use crate::app::{JobPurpose, Peer, Trigger};
use crate::diagnostic::Diagnostic;
use crate::origin::Origin;
use crate::resource::Resource;
use crate::tree::Node;

/// Kinds that a Compose file has other words for.
const SAID: [&str; 9] = [
    "Deployment",
    "StatefulSet",
    "Job",
    "CronJob",
    "Service",
    "ServiceAccount",
    "ConfigMap",
    "Secret",
    "PersistentVolumeClaim",
];
/// Kinds that supply Secrets: the env file does.
const SECRET_SOURCES: [&str; 5] =
    ["ExternalSecret", "InfisicalSecret", "InfisicalStaticSecret", "SealedSecret", "SopsSecret"];
/// Kinds that routes are rendered as; what they say is told route by route.
const ROUTING: [&str; 5] = ["Ingress", "IngressRoute", "Middleware", "HTTPRoute", "Certificate"];

impl Composer<'_> {
    pub(super) fn unsaid(&mut self) {
        self.say_env_file();
        self.routes();
        self.dependencies();
        self.schedules();
        self.proofs();
        self.sidecars();
        self.kinds();
        self.patches();
        self.registries();
        self.health_tools();
    }

    /// What the images need for the health checks, by tool.
    fn health_tools(&mut self) {
        let mut by_tool: BTreeMap<&str, Vec<(EcoString, Origin)>> = BTreeMap::new();
        for (tool, container, at) in std::mem::take(&mut self.tools) {
            by_tool.entry(tool).or_default().push((container, at));
        }
        for (tool, users) in by_tool {
            let Some((_, at)) = users.first() else { continue };
            let names: Vec<String> = users.iter().map(|(name, _)| format!("`{name}`")).collect();
            let message = format!("health checks need a shell and {tool} in the images of {}", names.join(", "));
            let help = "an `exec` probe needs only what it names";
            self.note("compose-health-tool", message, *at, help);
        }
    }

    /// Routes are the business of whatever proxy stands before the project.
    fn routes(&mut self) {
        let app = self.app;
        for route in &app.routes {
            let Some(service) = self.final_name("Deployment", &route.backend.deployment) else { continue };
            let hosts = match route.hosts.is_empty() {
                true => "every host".to_owned(),
                false => route.hosts.iter().map(|host| format!("`{host}`")).collect::<Vec<_>>().join(", "),
            };
            let mut message = format!("a proxy has to send requests for {hosts}");
            if !route.paths.is_empty() {
                let paths: Vec<String> = route.paths.iter().map(|path| format!("`{path}`")).collect();
                message += &format!(" below {}", paths.join(", "));
            }
            message += &format!(" to `{service}:{}`", route.backend.container_port);
            let extras = [
                route.tls.as_ref().map(|tls| if tls.forced.0 { "with TLS forced" } else { "with TLS" }),
                route.websocket.map(|_| "with WebSockets"),
                route.rate_limit.map(|_| "with a rate limit"),
                (!route.exclude.is_empty()).then_some("without the excluded paths"),
            ];
            for extra in extras.into_iter().flatten() {
                message += &format!(", {extra}");
            }
            self.note("compose-route", message, route.name.origin, "Compose has no routes: say it to the proxy");
        }
    }

    /// Dependencies that are reached by a network of the cluster.
    fn dependencies(&mut self) {
        let app = self.app;
        for dependency in &app.dependencies {
            let (key, host) = (&dependency.key, &dependency.host);
            match &dependency.peer {
                Peer::Bundled { .. } | Peer::External { .. } | Peer::Public { .. } => {}
                Peer::Application { name, .. } if self.given.settings.network.is_none() => {
                    let message = format!("`{key}` is `{host}` of the application `{name}`, on a network of its own");
                    let help = "name a network that both join: `compose: {network: NAME}` in both overlays";
                    self.note("not-in-compose", message, host.origin, help);
                }
                Peer::Application { .. } => {}
                Peer::Service { .. } => {
                    let message = format!("`{key}` is a Service of the cluster, and nothing is called `{host}` here");
                    let help = "say `external: {host: ...}` of it for this environment";
                    self.note("not-in-compose", message, host.origin, help);
                }
            }
        }
    }

    /// Nobody starts a CronJob.
    fn schedules(&mut self) {
        let app = self.app;
        for cron_job in &app.cron_jobs {
            // What is started by hand in the cluster is so here.
            let Trigger::Schedule(schedule) = &cron_job.trigger else { continue };
            let Some(service) = self.final_name("CronJob", &cron_job.name) else { continue };
            let message = format!("Compose has no schedules: `{service}` runs when somebody starts it");
            let help =
                format!("run `docker compose run --rm {service}`, by the machine's cron where it should be regular");
            self.note("not-in-compose", message, schedule.origin, &help);
        }
    }

    /// Proofs have no Argo CD to stop.
    fn proofs(&mut self) {
        let app = self.app;
        for job in &app.jobs {
            let message = match job.purpose {
                JobPurpose::VerifySecrets => "Compose does not prove secrets before it starts",
                JobPurpose::VerifyDependencies => "Compose does not prove dependencies before it starts",
                JobPurpose::VerifyRollout => "Compose does not prove what it has started",
                _ => continue,
            };
            self.note("not-in-compose", message.to_owned(), job.pod.component.origin, "");
        }
    }

    /// A sidecar is in the network of one container, whichever that is.
    fn sidecars(&mut self) {
        let app = self.app;
        for deployment in app.deployments.iter().filter(|one| one.replicas.is_some_and(|count| count.value > 1)) {
            for sidecar in deployment.pod.init.iter().filter(|container| container.sidecar) {
                let message = format!("the sidecar `{}` runs beside one of several containers only", sidecar.name);
                self.note("not-in-compose", message, sidecar.name.origin, "");
            }
        }
    }

    /// Objects of other kinds, by kind; and workloads that are not the application's.
    fn kinds(&mut self) {
        let mut left: BTreeMap<&str, Vec<&Resource>> = BTreeMap::new();
        let given = self.given;
        for resource in given.resources {
            let kind = resource.kind();
            let known = SAID.contains(&kind) || SECRET_SOURCES.contains(&kind);
            let routed = ROUTING.contains(&kind) && self.is_made(resource);
            if !(routed || known && (resource.pod_template().is_none() || self.is_workload(resource))) {
                left.entry(kind).or_default().push(resource);
            }
        }
        for (kind, resources) in left {
            let names: Vec<String> = resources.iter().map(|resource| format!("`{}`", resource.name())).collect();
            let at = resources.first().map_or(self.app.name.origin, |resource| place(&resource.root));
            let message = format!("Compose has no word for {kind} {}, which is left out", names.join(", "));
            self.note("not-in-compose", message, at, "");
        }
    }

    /// Whether lowering made an object of a route.
    fn is_made(&self, resource: &Resource) -> bool {
        self.origins.rule_of(resource.root.origin()).is_some()
    }

    fn is_workload(&self, resource: &Resource) -> bool {
        let name = resource.original_id().name.as_str();
        let app = self.app;
        match resource.kind() {
            "Deployment" => app.deployments.iter().any(|one| one.name == name),
            "StatefulSet" => {
                let bundled = app.bundled.iter().map(|one| &one.stateful_set);
                app.stateful_sets.iter().chain(bundled).any(|one| one.name == name)
            }
            "Job" => app.jobs.iter().any(|one| one.name == name),
            _ => app.cron_jobs.iter().any(|one| one.name == name),
        }
    }

    fn patches(&mut self) {
        let Some(at) = self.given.patches.first().copied() else { return };
        let message = match self.given.patches.len() {
            1 => "a patch changes Kubernetes objects, and nothing here".to_owned(),
            count => format!("{count} patches change Kubernetes objects, and nothing here"),
        };
        self.note("not-in-compose", message, at, "say it with a field of the model, which holds here too");
    }

    fn registries(&mut self) {
        let app = self.app;
        let secrets = app.deployments.iter().flat_map(|deployment| &deployment.pod.image_pull_secrets);
        if let Some(secret) = secrets.into_iter().next() {
            let message = format!("the machine has to be logged in to the registry of `{secret}`");
            self.note("not-in-compose", message, secret.origin, "run `docker login` there");
        }
    }

    fn note(&mut self, code: &'static str, message: String, at: Origin, help: &str) {
        let note = Diagnostic::note(code, message).at(at);
        self.diagnostics.push(if help.is_empty() { note } else { note.help(help) });
    }
}

fn place(root: &Node) -> Origin {
    root.at(&["metadata", "name"]).unwrap_or(root).origin()
}
