//! The application: what of each build is typed.

use std::collections::BTreeMap;

use ecow::{EcoString, eco_format};

use super::container::{self, Names, filled, put};
use super::cron_job::{cron_job, template};
use super::draft::API;
use super::plan::{Facts, Plan};
use super::route::{self, Shape};
use super::stateful_set::{self, Services};
use super::workload::{self, Workload, group_key};
use super::{Choice, here, job, scaling, text};
use crate::object;
use crate::resource::pod_template_path;
use crate::tree::{Map, Node};

/// The application as one build has it.
#[derive(Default)]
pub(super) struct App {
    deployments: Map,
    stateful_sets: Map,
    cron_jobs: Map,
    jobs: Map,
    routes: Map,
    config: Map,
    config_maps: Map,
    claims: Map,
    secrets: Map,
}

impl App {
    /// The application of an environment, or of the base.
    pub fn read(plan: &Plan, choice: &Choice, place: Option<usize>) -> Self {
        let facts = place.map(|place| plan.facts(place, choice.fields)).unwrap_or_default();
        let mut app = Self::default();
        let mut names = Names::default();
        for index in plan.of_kind("", "ConfigMap").filter(|index| choice.typed.contains(index)) {
            app.group(plan, index, place, &mut names);
        }
        app.names_of_others(plan, place, &facts, &mut names);
        app.made_for_pods(plan, choice, (place, &facts), &mut names);
        let keys = keys(plan, choice);
        for (index, key) in &keys {
            app.workload(plan, choice, (*index, key, place), (&facts, &mut names));
        }
        for index in plan.of_kind("networking.k8s.io", "Ingress").filter(|index| choice.typed.contains(index)) {
            app.route(plan, choice, (index, place), (&keys, &facts));
        }
        app.declare(plan, place, &facts, &names);
        app
    }

    fn workload(
        &mut self,
        plan: &Plan,
        choice: &Choice,
        (index, key, place): (usize, &EcoString, Option<usize>),
        (facts, names): (&Facts, &mut Names),
    ) {
        let Some(root) = plan.seen(index, place) else { return };
        let subject = &plan.subjects[index];
        let root = with_images_of_base(&root, subject.base.as_ref(), facts);
        let plain = Workload { key, name: &subject.name, root: &root, service: None };
        let (section, node) = match subject.kind.as_str() {
            "CronJob" => (&mut self.cron_jobs, cron_job(&plain, &plan.app, facts, names)),
            "Job" => (&mut self.jobs, job::job(plan, &plain, facts, names)),
            "StatefulSet" => {
                let services = Services::of(plan, choice, &root, place);
                (&mut self.stateful_sets, stateful_set::stateful_set(plan, (&plain, &services), facts, names))
            }
            _ => {
                let behind = service_of(plan, choice, &root, place);
                let service = behind.as_ref().map(|(index, root)| (plan.subjects[*index].name.as_str(), root));
                let mut node = workload::deployment(&Workload { service, ..plain }, &plan.app, facts, names);
                beside(plan, choice, (index, place), &mut node);
                (&mut self.deployments, node)
            }
        };
        section.push(key.clone(), here(), node);
    }

    /// Claims and accounts, which pods name.
    fn made_for_pods(
        &mut self,
        plan: &Plan,
        choice: &Choice,
        (place, facts): (Option<usize>, &Facts),
        names: &mut Names,
    ) {
        for index in choice.typed.iter().copied() {
            let subject = &plan.subjects[index];
            let Some(root) = plan.seen(index, place) else { continue };
            let name: EcoString = text(&root, &["metadata", "name"]).unwrap_or_default().into();
            match (subject.group.as_str(), subject.kind.as_str()) {
                ("", "PersistentVolumeClaim") => {
                    let key = stateful_set::key_of(&plan.app, &subject.name);
                    let Some(claim) = stateful_set::claim(&plan.app, &key, &subject.name, &root) else { continue };
                    names.claims.insert(name, key.clone());
                    self.claims.push(key, here(), claim);
                }
                ("", "ServiceAccount") => _ = names.accounts.insert(name, stateful_set::account(&root, facts)),
                _ => {}
            }
        }
    }

    fn route(
        &mut self,
        plan: &Plan,
        choice: &Choice,
        (index, place): (usize, Option<usize>),
        (keys, facts): (&[(usize, EcoString)], &Facts),
    ) {
        let Some(root) = plan.seen(index, place) else { return };
        let Ok(shape) = Shape::of(&root) else { return };
        let leads = keys.iter().find_map(|(deployment, key)| {
            let of = plan.seen(*deployment, place).filter(|_| plan.subjects[*deployment].kind == "Deployment")?;
            let (_, service) = service_of(plan, choice, &of, place)?;
            (text(&service, &["metadata", "name"]) == Some(shape.service)).then_some((key, of, service))
        });
        let Some((key, deployment, service)) = leads else { return };
        let ports = service.at(&["spec", "ports"]).into_iter().flat_map(Node::items);
        let port = container::port_behind(&deployment, &service, shape.port).filter(|_| ports.count() > 1);
        if let Some(node) = route::route(plan, index, &root, (key, port.as_deref()), facts) {
            self.routes.push(route::route_key(&plan.app, &plan.subjects[index].name), here(), node);
        }
    }

    fn group(&mut self, plan: &Plan, index: usize, place: Option<usize>, names: &mut Names) {
        let subject = &plan.subjects[index];
        let Some(root) = plan.seen(index, place) else { return };
        let key = group_key(plan, index);
        names.groups.insert(text(&root, &["metadata", "name"]).unwrap_or_default().into(), key.clone());
        let usual = eco_format!("{}-{key}", plan.app);
        let name = (subject.name != usual).then(|| Node::string(subject.name.clone(), here()));
        let unhashed = (!subject.hashed).then_some(false);
        self.config_maps.push(key.clone(), here(), object! { here(); "name"?: name, "hash"?: unhashed, "env": false });
        self.config.push(key, here(), root.get("data").cloned().unwrap_or_else(|| Node::map(here())));
    }

    fn names_of_others(&self, plan: &Plan, place: Option<usize>, facts: &Facts, names: &mut Names) {
        for (index, subject) in plan.subjects.iter().enumerate() {
            let Some(root) = plan.seen(index, place) else { continue };
            let name: EcoString = text(&root, &["metadata", "name"]).unwrap_or_default().into();
            let kind = match subject.kind.as_str() {
                "ServiceAccount" => "ServiceAccount",
                "PersistentVolumeClaim" => "PersistentVolumeClaim",
                "Secret" => {
                    names.secrets.insert(name, subject.name.clone());
                    continue;
                }
                _ => continue,
            };
            let local = facts.local(&name);
            names.others.insert((kind, name), local);
        }
    }

    fn declare(&mut self, plan: &Plan, place: Option<usize>, facts: &Facts, names: &Names) {
        let of_build: BTreeMap<&EcoString, &EcoString> = names.secrets.iter().map(|(name, key)| (key, name)).collect();
        for (key, used) in &names.used {
            let made = plan.subjects.iter().enumerate().any(|(index, subject)| {
                subject.kind == "Secret" && subject.name == *key && plan.seen(index, place).is_some()
            });
            let name = of_build.get(key).map(|name| if made { facts.local(name) } else { (*name).clone() });
            let name = name.filter(|name| name != key).map(|name| Node::string(name, here()));
            let mut keys = Map::default();
            used.iter().for_each(|key| keys.push(key.clone(), here(), Node::map(here())));
            let secret = object! { here(); "name"?: name, "keys": Node::new(keys, here()) };
            self.secrets.push(key.clone(), here(), secret);
        }
    }

    /// Whether secrets are referred to.
    pub fn has_secrets(&self) -> bool {
        !self.secrets.is_empty()
    }

    /// What layers change.
    pub fn sections(&self) -> Node {
        let mut map = Map::default();
        for (key, section) in [
            ("config", &self.config),
            ("configMaps", &self.config_maps),
            ("secrets", &self.secrets),
            ("claims", &self.claims),
            ("deployments", &self.deployments),
            ("statefulSets", &self.stateful_sets),
            ("cronJobs", &self.cron_jobs),
            ("jobs", &self.jobs),
            ("routes", &self.routes),
        ] {
            put(&mut map, key, filled(section.clone()));
        }
        Node::new(map, here())
    }

    /// The file of the application.
    pub fn root(&self, plan: &Plan) -> Node {
        let name = Node::string(plan.app.clone(), here());
        let mut root =
            object! { here(); "apiVersion": API, "kind": "App", "metadata": object! { here(); "name": name } };
        if let Some(map) = root.as_map_mut() {
            self.sections().entries().for_each(|entry| map.push(entry.key.clone(), here(), entry.node.clone()));
        }
        root
    }
}

/// Puts what stands beside a Deployment into its fields.
fn beside(plan: &Plan, choice: &Choice, (deployment, place): (usize, Option<usize>), node: &mut Node) {
    for (group, kind) in scaling::KINDS {
        let mut typed = plan.of_kind(group, kind).filter(|index| choice.typed.contains(index));
        let index = typed.find(|index| scaling::deployment_of(plan, *index) == Some(deployment));
        let root = index.and_then(|index| plan.seen(index, place));
        if let (Some((field, said)), Some(map)) = (root.as_ref().and_then(scaling::field), node.as_map_mut()) {
            map.push(field, here(), said);
        }
    }
}

/// The kinds whose pods the model says, by group.
pub(super) const WORKLOADS: [(&str, &str); 4] =
    [("apps", "Deployment"), ("apps", "StatefulSet"), ("batch", "CronJob"), ("batch", "Job")];

/// The typed workloads with their keys: the name of the main container, which Strata gives by
/// the key, unless two have the same.
fn keys(plan: &Plan, choice: &Choice) -> Vec<(usize, EcoString)> {
    let main = |index: usize| -> EcoString {
        let template = plan.first(index).and_then(template);
        let list = template.and_then(|template| template.at(&["spec", "containers"]));
        list.and_then(|list| text(list.items().next()?, &["name"])).unwrap_or_default().into()
    };
    let all: Vec<usize> = WORKLOADS.iter().flat_map(|(group, kind)| plan.of_kind(group, kind)).collect();
    let typed = all.iter().filter(|index| choice.typed.contains(index));
    typed
        .map(|index| {
            let container = main(*index);
            let alone = all.iter().filter(|other| main(**other) == container).count() == 1;
            let key = if alone { container } else { plan.subjects[*index].name.clone() };
            (*index, if key == plan.app.as_str() { "main".into() } else { key })
        })
        .collect()
}

/// The typed Service that selects exactly by the Deployment's selector.
pub(super) fn service_of(
    plan: &Plan,
    choice: &Choice,
    deployment: &Node,
    place: Option<usize>,
) -> Option<(usize, Node)> {
    let selector = deployment.at(&["spec", "selector", "matchLabels"])?;
    let mut services = plan.of_kind("", "Service").filter(|index| choice.typed.contains(index));
    services.find_map(|index| {
        let root = plan.seen(index, place)?;
        (root.at(&["spec", "selector"]) == Some(selector)).then_some((index, root))
    })
}

/// The workload with the images of the base where the overlay's `images` change them.
fn with_images_of_base(root: &Node, base: Option<&Node>, facts: &Facts) -> Node {
    let mut root = root.clone();
    let Some(template) = text(&root, &["kind"]).and_then(pod_template_path) else { return root };
    for list in ["initContainers", "containers"] {
        let path = [template, &["spec", list]].concat();
        let before = base.and_then(|base| base.at(&path)).cloned();
        let Some(containers) = root.at_mut(&path).and_then(Node::as_seq_mut) else { continue };
        for container in containers.make_mut() {
            let mut others = before.iter().flat_map(Node::items);
            let same = others.find(|other| text(other, &["name"]) == text(container, &["name"]));
            let image = same.and_then(|same| text(same, &["image"])).filter(|image| facts.image_before(image));
            if let (Some(image), Some(map)) = (image.map(EcoString::from), container.as_map_mut()) {
                map.insert("image", Node::string(image, here()));
            }
        }
    }
    root
}
