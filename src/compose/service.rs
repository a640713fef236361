//! Services: the containers of workloads.

use ecow::{EcoString, eco_format};

use super::order::Condition;
use super::rules::SERVICE;
use super::text::{cores, memory, seconds, taken, words};
use super::workload::{Role, Workload};
use super::{Composer, unless_empty};
use crate::app::Container;
use crate::diagnostic::Diagnostic;
use crate::model::container::{LifecycleHandler, Protocol, PullPolicy, Resources, SeccompProfile};
use crate::model::workload::ServiceType;
use crate::object;
use crate::origin::Origin;
use crate::tree::{IntoNode, Map, Node};

/// What a service is part of.
struct Part<'w> {
    workload: &'w Workload<'w>,
    /// The services that it starts after.
    before: Vec<(EcoString, Condition)>,
    /// Whether it is the main container.
    main: bool,
    /// The name of the service.
    name: EcoString,
}

impl Composer<'_> {
    /// The services of a workload: its init containers one after the other, the main container,
    /// and its sidecars beside that.
    pub(super) fn services(&mut self, workload: &Workload<'_>, all: &[Workload<'_>], services: &mut Map) {
        let pod = workload.pod;
        let mut before = Self::before(workload, all);
        for init in pod.init.iter().filter(|container| !container.sidecar) {
            let name = eco_format!("{}.{}", workload.service, init.name);
            let part = Part { workload, before: before.clone(), main: false, name: name.clone() };
            let service = self.service(&part, init, false);
            services.push(name.clone(), init.name.origin, service);
            before.push((name, Condition::Completed));
        }
        let part = Part { workload, before, main: true, name: workload.service.clone() };
        let main = self.service(&part, &pod.main, false);
        services.push(workload.service.clone(), workload.name.origin, main);
        for sidecar in pod.init.iter().filter(|container| container.sidecar) {
            let name = eco_format!("{}.{}", workload.service, sidecar.name);
            let before = vec![(workload.service.clone(), Condition::Started)];
            let part = Part { workload, before, main: false, name: name.clone() };
            let service = self.service(&part, sidecar, true);
            services.push(name, sidecar.name.origin, service);
        }
    }

    fn service(&mut self, part: &Part<'_>, container: &Container, sidecar: bool) -> Node {
        let origin = self.rule(&SERVICE);
        let Part { workload, before, main, name } = part;
        let serves = matches!(workload.role, Role::Serves | Role::Backs) && (*main || sidecar);
        let environment = self.environment(container);
        let mounts = self.mounts(workload, container);
        let beside = sidecar.then(|| Node::string(eco_format!("service:{}", workload.service), origin));
        let list = |items: Vec<Node>| (!items.is_empty()).then(|| Node::new(items, origin));
        let grace = workload.pod.termination_grace_period_seconds;
        let mut root = object! { origin;
            "image": self.image(workload, container),
            "container_name"?: self.container_name(workload, *main),
            "pull_policy"?: container.image_pull_policy.map(|policy| policy.map(policy_word)),
            "entrypoint"?: container.command.as_deref().map(words),
            "command"?: container.args.as_deref().map(words),
            "working_dir"?: container.working_dir.as_ref().map(taken),
            "environment"?: environment.variables,
            "env_file"?: environment.files,
            "depends_on"?: self.depends_on(before),
            "healthcheck"?: self.health(name, container, workload.role),
            "restart": if serves { "unless-stopped" } else { "no" },
            "profiles"?: (workload.role == Role::ByHand).then(|| Node::new(vec![Node::string("by-hand", origin)], origin)),
            "ports"?: if *main { self.ports(workload) } else { None },
            "networks"?: if sidecar { None } else { self.networks(workload, *main) },
            "network_mode"?: beside,
            "volumes"?: list(mounts.volumes),
            "configs"?: list(mounts.configs),
            "secrets"?: list(mounts.secrets),
            "deploy"?: self.deploy(workload, container, *main),
            "stop_grace_period"?: grace.map(|grace| Node::string(seconds(grace.value), grace.origin)),
        };
        self.security(container, workload, &mut root);
        self.hooks(container, &mut root);
        root
    }

    fn container_name(&self, workload: &Workload<'_>, main: bool) -> Option<Node> {
        let wanted = self.given.settings.container_names.filter(|wanted| wanted.value)?;
        let one = workload.replicas.is_none_or(|replicas| replicas.value == 1);
        (main && one && matches!(workload.role, Role::Serves | Role::Backs))
            .then(|| Node::string(workload.service.clone(), wanted.origin))
    }

    /// Ports of the machine, for a Service that has ports outside of the cluster.
    fn ports(&mut self, workload: &Workload<'_>) -> Option<Node> {
        let front = workload.front?;
        let kind = front.service_type.filter(|kind| kind.value != ServiceType::ClusterIp)?;
        let mut published = Vec::new();
        for port in &front.ports {
            let behind = workload.pod.main.ports.iter().find(|known| known.name == port.name);
            let inside = behind.map_or(port.port, |behind| behind.port);
            let protocol = match port.protocol.map(|protocol| protocol.value) {
                Some(Protocol::Udp) => "/udp",
                Some(Protocol::Sctp) => "/sctp",
                Some(Protocol::Tcp) | None => "",
            };
            let outside = match kind.value {
                ServiceType::LoadBalancer => Some(port.port),
                _ => port.node_port,
            };
            let text = match outside {
                Some(outside) => eco_format!("{outside}:{inside}{protocol}"),
                None => eco_format!("{inside}{protocol}"),
            };
            published.push(Node::string(text, outside.unwrap_or(inside).origin));
        }
        Some(Node::new(published, kind.origin))
    }

    /// The network that is named; under the name of the Service too, where that is another one.
    fn networks(&mut self, workload: &Workload<'_>, main: bool) -> Option<Node> {
        let network = self.given.settings.network.as_ref();
        let alias = workload.front.filter(|_| main).and_then(|front| self.final_name("Service", &front.name));
        let alias = alias.filter(|alias| *alias != workload.service);
        let origin = self.rule(&SERVICE);
        let (name, at) = network.map_or(("default", origin), |network| (network.as_str(), network.origin));
        let Some(alias) = alias else {
            return network.map(|network| Node::new(vec![Node::string(network.value.clone(), at)], at));
        };
        let at_alias = workload.front.map_or(origin, |front| front.name.origin);
        let options = object! { origin; "aliases": vec![Node::string(alias, at_alias)] };
        let mut map = Map::default();
        map.push(name, at, options);
        Some(Node::new(map, at))
    }

    fn deploy(&mut self, workload: &Workload<'_>, container: &Container, main: bool) -> Option<Node> {
        let origin = self.rule(&SERVICE);
        let several = workload.replicas.filter(|replicas| main && replicas.value != 1);
        let resources = unless_empty(resources(&container.resources, origin));
        unless_empty(object! { origin; "replicas"?: several, "resources"?: resources })
    }

    /// As in Kubernetes: capabilities are dropped, privileges are not gained, ids hold for the
    /// containers of one image.
    fn security(&mut self, container: &Container, workload: &Workload<'_>, root: &mut Node) {
        let origin = self.rule(&SERVICE);
        let security = &container.security;
        let like_main = Some(&workload.pod.main.security).filter(|_| container.image == workload.pod.main.image);
        let user = security.run_as_user.or(like_main.and_then(|main| main.run_as_user));
        let group = security.run_as_group.or(like_main.and_then(|main| main.run_as_group));
        let user = user.map(|user| match group {
            Some(group) => Node::string(eco_format!("{user}:{group}"), user.origin),
            None => Node::string(eco_format!("{user}"), user.origin),
        });
        let containers = std::iter::once(&workload.pod.main).chain(&workload.pod.init);
        let fs_group = containers.filter_map(|container| container.security.fs_group).next();
        let privileged = security.privileged.filter(|privileged| privileged.value);
        let escalates =
            security.allow_privilege_escalation.is_some_and(|allowed| allowed.value) || privileged.is_some();
        let mut options = Vec::new();
        if !escalates {
            options.push(Node::string("no-new-privileges:true", origin));
        }
        if let Some(profile) = security.seccomp.filter(|profile| profile.value == SeccompProfile::Unconfined) {
            options.push(Node::string("seccomp:unconfined", profile.origin));
        }
        let dropped = privileged.is_none().then(|| Node::new(vec![Node::string("ALL", origin)], origin));
        let more = object! { origin;
            "user"?: user,
            "group_add"?: fs_group.map(|group| vec![Node::string(eco_format!("{group}"), group.origin)]),
            "read_only"?: security.read_only_root_filesystem.filter(|written| written.value),
            "privileged"?: privileged,
            "cap_drop"?: dropped,
            "cap_add"?: Some(&security.add_capabilities).filter(|add| !add.is_empty()),
            "security_opt"?: (!options.is_empty()).then_some(options),
        };
        extend(root, &more);
    }

    /// Start and stop handlers that run a command.
    fn hooks(&mut self, container: &Container, root: &mut Node) {
        let origin = self.rule(&SERVICE);
        let lifecycle = &container.lifecycle;
        let mut hook = |handler: Option<&LifecycleHandler>| {
            let handler = handler?;
            let Some(command) = &handler.exec else {
                let place = handler.http.as_ref().map(|http| http.path.origin);
                let place = place.or(handler.sleep.map(|sleep| sleep.origin)).unwrap_or(container.name.origin);
                let message = "start and stop handlers of Compose run commands, so this one is left out";
                self.diagnostics.push(Diagnostic::note("not-in-compose", message).at(place));
                return None;
            };
            let entry = object! { command.origin; "command": words(&command.value) };
            Some(Node::new(vec![entry], command.origin))
        };
        let (start, stop) = (hook(lifecycle.post_start.as_ref()), hook(lifecycle.pre_stop.as_ref()));
        extend(root, &object! { origin; "post_start"?: start, "pre_stop"?: stop });
    }
}

fn resources(resources: &Resources, origin: Origin) -> Node {
    let (limits, requests) = (&resources.limits, &resources.requests);
    let node = |text: EcoString, at: Origin| Node::string(text, at);
    let limits = object! { origin;
        "cpus"?: limits.cpu.as_ref().and_then(|cpu| Some(node(cores(&cpu.0)?, cpu.0.origin))),
        "memory"?: limits.memory.as_ref().and_then(|amount| Some(node(memory(&amount.0)?, amount.0.origin))),
    };
    let reserved = object! { origin;
        "memory"?: requests.memory.as_ref().and_then(|amount| Some(node(memory(&amount.0)?, amount.0.origin))),
    };
    object! { origin; "limits"?: unless_empty(limits), "reservations"?: unless_empty(reserved) }
}

fn policy_word(policy: PullPolicy) -> &'static str {
    match policy {
        PullPolicy::Always => "always",
        PullPolicy::IfNotPresent => "missing",
        PullPolicy::Never => "never",
    }
}

fn extend(root: &mut Node, more: &Node) {
    let Some(map) = root.as_map_mut() else { return };
    more.entries().for_each(|entry| {
        map.push(entry.key.clone(), entry.key_origin, entry.node.clone().into_node(entry.key_origin))
    });
}
