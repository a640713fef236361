//! What the policy of a deployment lets in.

use super::clients::{Client, container_ports, pods, policy_port};
use super::{Resolver, Role, Workload};
use crate::app::{
    App, ContainerPort, HttpRule, NetworkPeer, PolicyPort, PolicyProvider, Route, RouteProvider, Traffic,
};
use crate::diagnostic::Diagnostic;
use crate::model::workload::ServiceType;
use crate::origin::Origin;
use crate::resolve::reserved::NAME_LABEL;
use crate::tree::{Spanned, Text};

/// What whoever comes from outside may ask for on one port.
enum Public {
    /// Everything.
    All,
    /// This.
    Rules(Vec<HttpRule>),
}

/// What is known when a workload's policy is made.
struct Doors<'d> {
    workload: &'d Workload<'d>,
    /// The routes that lead to it.
    routes: Vec<&'d Route>,
    /// Its clients.
    clients: Vec<&'d Client>,
    /// The ports on which not everybody may ask for everything.
    guarded: Vec<PolicyPort>,
    provider: Spanned<PolicyProvider>,
}

impl Resolver<'_> {
    /// What a workload lets in: who comes by its routes and ports of nodes, its clients, the
    /// application's own pods where they use it, and whoever scrapes it. `lost_paths` becomes the
    /// reason for which path rules are lost, if some are.
    pub(super) fn policy_ingress(
        &mut self,
        app: &App,
        workload: &Workload<'_>,
        workloads: &[Workload<'_>],
        clients: &[Client],
        provider: Spanned<PolicyProvider>,
        lost_paths: &mut Option<Text>,
    ) -> Vec<Traffic> {
        let clients: Vec<&Client> = clients.iter().filter(|client| client.called == workload.pod.component).collect();
        let serves = |route: &&Route| {
            route.backend.component == workload.pod.component && !matches!(route.provider, RouteProvider::None)
        };
        let routes: Vec<&Route> = app.routes.iter().filter(serves).collect();
        let limited = clients.iter().filter(|client| !client.http.is_empty()).flat_map(|client| client.ports.clone());
        let listed = routes.iter().filter(|route| !route.allowed.is_empty()).map(|route| route_port(route));
        let guarded = limited.chain(listed).collect();
        let doors = Doors { workload, routes, clients, guarded, provider };
        let mut ingress = self.by_routes(app, &doors, lost_paths);
        ingress.extend(self.by_nodes(&doors, lost_paths));
        for client in &doors.clients {
            let (peer, ports) = (client.peer.clone(), client.ports.clone());
            ingress.push(Traffic { origin: client.origin, peer, ports, http: client.http.clone() });
        }
        ingress.extend(by_users(workload, workloads));
        ingress.extend(self.by_scrapes(&doors));
        if provider.value == PolicyProvider::Kubernetes {
            self.without_paths(&mut ingress, provider, lost_paths);
        }
        ingress
    }

    /// Whoever serves routes, to the ports that they lead to.
    fn by_routes(&mut self, app: &App, doors: &Doors<'_>, lost_paths: &mut Option<Text>) -> Vec<Traffic> {
        let Some(first) = doors.routes.first() else { return Vec::new() };
        let Some(gateway) = &app.gateway_pods else {
            let message = "network policies do not know where the requests of this route come from";
            let provider = self
                .context
                .routing
                .and_then(|routing| routing.provider)
                .map_or("traefik", |provider| provider.value.as_str());
            let help = format!("say which pods serve routes: `routing: {{{provider}: {{pods: {{namespace: NAME}}}}}}`");
            self.unknown_to_policies(first.name.origin, doors.provider.origin, message, &help);
            return Vec::new();
        };
        let mut made: Vec<Traffic> = Vec::new();
        for route in &doors.routes {
            let port = route_port(route);
            if made.iter().any(|traffic| traffic.ports.contains(&port)) {
                continue;
            }
            let http = match self.public(doors, port, lost_paths) {
                Public::All => Vec::new(),
                Public::Rules(rules) => rules,
            };
            made.push(Traffic { origin: route.name.origin, peer: pods(gateway), ports: vec![port], http });
        }
        made
    }

    /// Whoever reaches a Service of type NodePort or LoadBalancer.
    fn by_nodes(&mut self, doors: &Doors<'_>, lost_paths: &mut Option<Text>) -> Vec<Traffic> {
        let services = doors.workload.services();
        let outside = |kind: &Spanned<ServiceType>| kind.value != ServiceType::ClusterIp;
        let Some((written, service)) =
            services.iter().find_map(|service| Some((service.service_type.filter(outside)?, service)))
        else {
            return Vec::new();
        };
        let behind = |port: &&ContainerPort| service.ports.iter().any(|known| known.name == port.name);
        let ports = container_ports(doors.workload.pod).filter(behind).map(policy_port);
        let (guarded, open): (Vec<_>, Vec<_>) = ports.partition(|port| doors.guarded.contains(port));
        let to = |ports, http| Traffic { origin: written.origin, peer: NetworkPeer::Outside, ports, http };
        let mut made: Vec<Traffic> = (!open.is_empty()).then(|| to(open, Vec::new())).into_iter().collect();
        for port in guarded {
            let public = self.public(doors, port, lost_paths);
            made.push(match public {
                Public::Rules(rules) => to(vec![port], rules),
                Public::All => {
                    let message = "this lets everybody ask for every path, also for those that are for one client";
                    let help = "list what everybody may ask for as `allowed` of a route";
                    self.lost(written.origin, message, help, doors.provider, lost_paths);
                    to(vec![port], Vec::new())
                }
            });
        }
        made
    }

    /// What the routes to a port let everybody ask for. Rules only allow, so what a route excludes
    /// must be left out of a list.
    fn public(&mut self, doors: &Doors<'_>, port: PolicyPort, lost_paths: &mut Option<Text>) -> Public {
        if !doors.guarded.contains(&port) {
            return Public::All;
        }
        let mut rules: Vec<HttpRule> = Vec::new();
        for route in doors.routes.iter().filter(|route| route_port(route) == port) {
            if let (Some(excluded), true) = (route.exclude.first(), route.allowed.is_empty()) {
                let message = "rules of a network policy only allow, and what is left beside this path is not listed";
                let help = "list the prefixes that may be asked for as `allowed` of the route";
                self.lost(excluded.origin, message, help, doors.provider, lost_paths);
                return Public::All;
            }
            let paths = if route.allowed.is_empty() { &route.paths } else { &route.allowed };
            if paths.is_empty() || paths.iter().any(|path| *path == "/") {
                return Public::All;
            }
            rules.extend(paths.iter().map(|path| HttpRule { path: path.clone(), method: None }));
        }
        if rules.is_empty() { Public::All } else { Public::Rules(rules) }
    }

    /// Whoever scrapes the metrics.
    fn by_scrapes(&mut self, doors: &Doors<'_>) -> Option<Traffic> {
        let scrape = doors.workload.scrape()?;
        let Some(monitoring) = &self.context.network.monitoring else {
            let message = "network policies do not know who scrapes these metrics";
            let help = "write `networkPolicies: {monitoring: {namespace: NAME, labels: {...}}}` in the environment";
            self.unknown_to_policies(scrape.origin, doors.provider.origin, message, help);
            return None;
        };
        let port = PolicyPort::tcp(scrape.number);
        let path = scrape.path.clone().unwrap_or_else(|| Text::new("/metrics", scrape.origin));
        let rule = HttpRule { path, method: None };
        let http = if doors.guarded.contains(&port) { vec![rule] } else { Vec::new() };
        Some(Traffic { origin: scrape.origin, peer: pods(monitoring), ports: vec![port], http })
    }

    /// Takes the path rules away, which plain policies do not have.
    fn without_paths(
        &mut self,
        ingress: &mut [Traffic],
        provider: Spanned<PolicyProvider>,
        lost_paths: &mut Option<Text>,
    ) {
        for traffic in ingress.iter_mut().filter(|traffic| !traffic.http.is_empty()) {
            let place = traffic.http.first().map_or(traffic.origin, |rule| rule.path.origin);
            let message = "plain network policies have no paths: whoever may use the port may ask for everything";
            self.lost(place, message, "choose `cilium`", provider, lost_paths);
            traffic.http.clear();
        }
    }

    /// Says that path rules are lost, unless that is accepted with a reason.
    fn lost(
        &mut self,
        place: Origin,
        message: &str,
        help: &str,
        provider: Spanned<PolicyProvider>,
        lost_paths: &mut Option<Text>,
    ) {
        if let Some(reason) = &self.context.network.accept.path_rules {
            *lost_paths = Some(reason.clone());
            return;
        }
        self.say(
            Diagnostic::error("path-rule-lost", message)
                .at(place)
                .related(provider.origin, "who enforces network policies")
                .help(format!("{help}, or accept it: `networkPolicies: {{accept: {{pathRules: REASON}}}}`")),
        );
    }
}

/// The application's own pods, for a backing service that runs beside them: those with each name that
/// pods of the application go by.
fn by_users(workload: &Workload<'_>, workloads: &[Workload<'_>]) -> Vec<Traffic> {
    let Role::Bundled(_, dependency) = workload.role else { return Vec::new() };
    let mut names: Vec<&Text> = Vec::new();
    for user in workloads.iter().filter(|workload| workload.uses_dependencies()) {
        if !names.contains(&&user.pod.name_label) {
            names.push(&user.pod.name_label);
        }
    }
    let ports: Vec<PolicyPort> = container_ports(workload.pod).map(policy_port).collect();
    let traffic = |name: &&Text| {
        let labels = vec![(Text::new(NAME_LABEL, name.origin), (*name).clone())];
        let peer = NetworkPeer::Pods { namespace: None, labels };
        Traffic { origin: dependency.origin, peer, ports: ports.clone(), http: Vec::new() }
    };
    names.iter().map(traffic).collect()
}

/// The port of the pods that a route leads to.
fn route_port(route: &Route) -> PolicyPort {
    PolicyPort::tcp(route.backend.container_port)
}
