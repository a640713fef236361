//! The layers of one overlay, base first, and everything that they say together.

use crate::diagnostic::{Diagnostic, Diagnostics, near_miss};
use crate::image::ImageRef;
use crate::model;
use crate::model::argocd::ArgoCd;
use crate::model::compose::Compose;
use crate::model::exception::Exception;
use crate::model::monitoring::MonitoringSettings;
use crate::model::network::PolicySettings;
use crate::model::overlay::{Component, Image, Names, Namespace, NamespaceObject, Overlay, Parameter, Patch, Target};
use crate::model::project::{Environment, FindingLevel, Tags};
use crate::model::release::Order;
use crate::model::route::RoutingSettings;
use crate::model::secret::SecretProvider;
use crate::origin::{Origin, Origins};
use crate::project::{FileId, Kind, Project, Role};
use crate::tree::{Keyed, Node, Spanned, Text};

use super::project::excepted;
use super::values::{Values, interpolate, not_interpolated};
use super::{choice, diamond, exceptions, layer_rules, like, parameters, values};

/// What one overlay renders: the application as merged tree, and the transforms by layer.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The layers, base first.
    pub layers: Vec<Layer>,
    /// The application: all typed layers merged, values put in. `None` when nothing is one.
    pub app: Option<Node>,
    /// The values of this overlay.
    pub values: Values,
    /// The environment's name.
    pub environment: Option<Text>,
    /// The environment in strata.yaml.
    pub settings: Option<Environment>,
    /// The namespace.
    pub namespace: Option<Text>,
    /// What the namespace is like, where the layers say more than its name.
    pub namespace_object: Option<NamespaceObject>,
    /// What keeps the order of a release.
    pub order: Option<Spanned<Order>>,
    /// Which image tags are allowed.
    pub tags: Option<Tags>,
    /// Who supplies secrets.
    pub provider: Option<SecretProvider>,
    /// Who watches.
    pub monitoring: MonitoringSettings,
    /// Who serves routes, with the settings of all providers.
    pub routing: Option<RoutingSettings>,
    /// What the layers say about Docker Compose.
    pub compose: Compose,
    /// Who enforces network policies.
    pub network: PolicySettings,
    /// The Argo CD application.
    pub argocd: Option<ArgoCd>,
    /// Levels of findings, by code; the last layer's count.
    pub policy: Vec<(Text, FindingLevel)>,
    /// What is let pass, with whether the overlay that is built says it itself.
    pub exceptions: Vec<(Exception, bool)>,
    /// Whether rendering nothing is fine.
    pub allow_empty: bool,
}

/// One layer: the file and what it does to resources.
#[derive(Clone, Debug)]
pub struct Layer {
    /// The file.
    pub file: FileId,
    /// What the file is.
    pub kind: Kind,
    /// Labels to add.
    pub labels: Keyed<Text>,
    /// Annotations to add.
    pub annotations: Keyed<Text>,
    /// Images to change.
    pub images: Keyed<Image>,
    /// Patches, in order.
    pub patches: Vec<Patch>,
    /// Resources to take away.
    pub remove: Vec<Spanned<Target>>,
    /// Manifests to add.
    pub resources: Vec<Text>,
    /// Templates to render.
    pub templates: Vec<Text>,
    /// Prefix and suffix.
    pub names: Option<Names>,
}

/// What a build sets from outside: name, value, and the place of the pair in the sources.
pub type Setting = (String, String, Origin);

/// Where the name of a setting is; its origin is that of the value behind the `=`.
pub fn name_of((name, _, value): &Setting) -> Origin {
    let before = u32::try_from(name.len() + 1).unwrap_or(u32::MAX);
    value.position().map_or(*value, |position| Origin::source(position.saturating_sub(before)))
}

/// Reads the layers of the overlay (or application) in `entry`. What is wrong goes to
/// `diagnostics`; `None` when nothing useful can follow.
pub fn plan(
    project: &Project,
    settings: &model::project::Project,
    entry: FileId,
    set: &[Setting],
    origins: &mut Origins,
    diagnostics: &mut Diagnostics,
) -> Option<Plan> {
    let chain = chain(project, entry);
    let roots: Vec<(FileId, Kind, &Node)> =
        chain.iter().filter_map(|id| Some((*id, project.get(*id).kind?, project.get(*id).root()?))).collect();
    // Two applications differ in everything; that is said once.
    if one_application(&roots, diagnostics) {
        diamond::check(project, &chain, diagnostics);
    }
    layer_rules::application(&roots, diagnostics);
    let (environment, environment_settings) = environment(&roots, settings, diagnostics);
    let mut values = Values::default();
    if let Some(environment) = &environment_settings {
        environment.values.iter().for_each(|(_, value)| not_interpolated(&value.0, "a value", diagnostics));
        set_values(&mut values, &environment.values, origins);
    }
    for (_, _, root) in &roots {
        for entry in root.get("values").into_iter().flat_map(Node::entries) {
            not_interpolated(&entry.node, "a value", diagnostics);
            values.set(&entry.key, entry.key_origin, entry.node.clone(), origins);
        }
    }
    let declared = declared_parameters(&roots, diagnostics);
    let before = diagnostics.len();
    parameters::apply(&declared, set, &mut values, origins, diagnostics);
    if diagnostics.len() > before {
        // A parameter without a value would be reported again wherever it is used.
        return None;
    }

    let plan = Plan {
        layers: Vec::with_capacity(roots.len()),
        app: None,
        values,
        environment,
        provider: None,
        monitoring: MonitoringSettings::default(),
        routing: None,
        compose: Compose::default(),
        network: PolicySettings::default(),
        order: environment_settings.as_ref().and_then(|environment| environment.order),
        tags: environment_settings.as_ref().and_then(|environment| environment.tags.clone()),
        settings: environment_settings,
        namespace: None,
        namespace_object: None,
        argocd: None,
        policy: Vec::new(),
        exceptions: Vec::new(),
        allow_empty: false,
    };
    let choices = Choices::default();
    let mut planner = Planner { plan, parts: Vec::new(), choices, project, entry, origins, diagnostics };
    planner.environment_choices();
    for (id, kind, root) in roots {
        planner.layer(id, kind, root);
    }
    let Planner { mut plan, parts, choices, origins, diagnostics, .. } = planner;
    plan.app = like::fold(&parts, origins, diagnostics);
    plan.provider = choices.secrets.and_then(|node| model::read(&node, diagnostics));
    plan.network = choices.network.and_then(|node| model::read(&node, diagnostics)).unwrap_or_default();
    plan.monitoring = choices.monitoring.and_then(|node| model::read(&node, diagnostics)).unwrap_or_default();
    plan.routing = choices.routing.and_then(|node| model::read(&node, diagnostics));
    plan.compose = choices.compose.and_then(|node| model::read(&node, diagnostics)).unwrap_or_default();
    if diagnostics.has_errors() {
        also_read(plan.app.as_ref(), diagnostics);
        return None;
    }
    Some(plan)
}

/// Reads the application for what else is wrong, so that one run shows all. Where an interpolation
/// has failed, a text stands in the place of a value of any type, and reading would be misled.
fn also_read(app: Option<&Node>, diagnostics: &mut Diagnostics) {
    if let Some(app) = app.filter(|app| !values::mentions(app)) {
        drop(model::read::<model::app::App>(app, diagnostics));
    }
}

/// The choices of providers, as the environment and the layers write them together.
#[derive(Default)]
struct Choices {
    secrets: Option<Node>,
    monitoring: Option<Node>,
    routing: Option<Node>,
    compose: Option<Node>,
    network: Option<Node>,
}

/// A plan in the making.
struct Planner<'a> {
    plan: Plan,
    /// What each layer says of the application.
    parts: Vec<Node>,
    choices: Choices,
    project: &'a Project,
    /// The file of the overlay that is built.
    entry: FileId,
    origins: &'a mut Origins,
    diagnostics: &'a mut Diagnostics,
}

impl Planner<'_> {
    fn layer(&mut self, file: FileId, kind: Kind, root: &Node) {
        let root = self.interpolated(root);
        let layer = match kind {
            Kind::Kustomization => Some(Layer::nothing(file, kind)),
            Kind::App => {
                self.lay(&root);
                Some(Layer::nothing(file, kind))
            }
            Kind::Component => model::read::<Component>(&root, self.diagnostics).map(|component| {
                self.lay_part(component.app.as_deref(), &component.images);
                Layer::of_component(file, component)
            }),
            Kind::Overlay => model::read::<Overlay>(&root, self.diagnostics).map(|overlay| {
                self.overlay(&overlay, &root, file);
                Layer::of_overlay(file, overlay)
            }),
        };
        if let Some(layer) = &layer {
            layer_rules::check(layer, self.diagnostics);
        }
        self.plan.layers.extend(layer);
    }

    fn overlay(&mut self, overlay: &Overlay, root: &Node, file: FileId) {
        self.lay_part(overlay.app.as_deref(), &overlay.images);
        let (plan, choices) = (&mut self.plan, &mut self.choices);
        if let Some(namespace) = &overlay.namespace {
            (plan.namespace, plan.namespace_object) = match namespace {
                Namespace::Name(name) => (Some(name.clone()), None),
                Namespace::Object(object) => (Some(object.name.clone()), Some(object.clone())),
            };
        }
        plan.order = overlay.order.or(plan.order);
        excepted(overlay.tags.as_ref(), self.diagnostics);
        plan.tags = overlay.tags.clone().or_else(|| plan.tags.take());
        if let Some(over) = root.get("secrets") {
            choices.secrets = choice::lay_secrets(choices.secrets.take(), over);
        }
        if let Some(over) = root.get("monitoring") {
            choices.monitoring = choice::lay(choices.monitoring.take(), over);
        }
        if let Some(over) = root.get("routing") {
            choices.routing = choice::lay(choices.routing.take(), over);
        }
        if let Some(over) = root.get("compose") {
            choices.compose = choice::lay(choices.compose.take(), over);
        }
        if let Some(over) = root.get("networkPolicies") {
            choices.network = choice::lay(choices.network.take(), over);
        }
        exceptions::policy(&overlay.policy, self.diagnostics);
        exceptions::exceptions(&overlay.exceptions, self.diagnostics);
        plan.policy.extend(overlay.policy.iter().map(|(code, level)| (code.clone(), level.value)));
        let own = file == self.entry;
        plan.exceptions.extend(overlay.exceptions.iter().map(|exception| (exception.clone(), own)));
        if own {
            plan.argocd.clone_from(&overlay.argocd);
            plan.allow_empty = overlay.allow_empty.as_ref().is_some_and(|allow| allow.value);
        }
    }

    /// The choices of providers that the environment of strata.yaml makes.
    fn environment_choices(&mut self) {
        self.choices.secrets = self.of_environment("secrets").and_then(|node| choice::lay_secrets(None, &node));
        self.choices.monitoring = self.of_environment("monitoring").and_then(|node| choice::lay(None, &node));
        self.choices.routing = self.of_environment("routing").and_then(|node| choice::lay(None, &node));
        self.choices.network = self.of_environment("networkPolicies").and_then(|node| choice::lay(None, &node));
    }

    /// A field of the environment of strata.yaml, with values put in.
    fn of_environment(&mut self, field: &str) -> Option<Node> {
        let (plan, project) = (&self.plan, self.project);
        let settings = project.get(project.settings?).root()?;
        let node = settings.at(&["environments", plan.environment.as_ref()?, field]).filter(|node| !node.is_null())?;
        Some(interpolate(node, &plan.values, project.sources(), self.origins, self.diagnostics))
    }

    /// The document with its values put in. Values and parameters themselves are taken as they are.
    fn interpolated(&mut self, root: &Node) -> Node {
        let mut root = root.clone();
        let kept: Vec<_> =
            ["values", "parameters"].into_iter().filter_map(|key| root.as_map_mut()?.remove(key)).collect();
        let sources = self.project.sources();
        let mut root = interpolate(&root, &self.plan.values, sources, self.origins, self.diagnostics);
        if let Some(map) = root.as_map_mut() {
            kept.into_iter().for_each(|entry| map.push(entry.key, entry.key_origin, entry.node));
        }
        root
    }

    fn lay_part(&mut self, part: Option<&Node>, images: &Keyed<Image>) {
        let Some(part) = part else { return };
        layer_rules::check_part(part, self.diagnostics);
        if let Some(image) = part.get("image")
            && let Some(name) = image.as_str().map(|text| ImageRef::split(text).name)
            && let Some((key, _)) = images.entry(name)
        {
            let message = format!("this layer sets the image `{name}` in `app.image` and in `images`");
            self.diagnostics.push(
                Diagnostic::error("conflicting-image", message)
                    .at(image.origin())
                    .related(key.origin, "the other one")
                    .help("say it in one of them: `images` for a tag or digest, `app.image` for another image"),
            );
        }
        self.lay(part);
    }

    fn lay(&mut self, part: &Node) {
        if part.as_map().is_none() {
            let message = format!("`app` is a mapping of an application's fields, and this is {}", part.kind());
            self.diagnostics.push(Diagnostic::error("wrong-type", message).at(part.origin()));
            return;
        }
        self.parts.push(part.clone());
    }
}

impl Layer {
    fn nothing(file: FileId, kind: Kind) -> Self {
        Self {
            file,
            kind,
            labels: Keyed::default(),
            annotations: Keyed::default(),
            images: Keyed::default(),
            patches: Vec::new(),
            remove: Vec::new(),
            resources: Vec::new(),
            templates: Vec::new(),
            names: None,
        }
    }

    fn of_component(file: FileId, component: Component) -> Self {
        Self {
            file,
            kind: Kind::Component,
            labels: component.labels,
            annotations: component.annotations,
            images: component.images,
            patches: component.patches,
            remove: component.remove,
            resources: component.resources,
            templates: component.templates,
            names: None,
        }
    }

    fn of_overlay(file: FileId, overlay: Overlay) -> Self {
        Self {
            file,
            kind: Kind::Overlay,
            labels: overlay.labels,
            annotations: overlay.annotations,
            images: overlay.images,
            patches: overlay.patches,
            remove: overlay.remove,
            resources: overlay.resources,
            templates: overlay.templates,
            names: overlay.names,
        }
    }
}

/// The files of the layers, base first: an overlay comes after its bases and its components. A
/// file that several bases share comes once. Cycles have been reported by load; here a file that
/// is being visited is not visited again.
fn chain(project: &Project, entry: FileId) -> Vec<FileId> {
    let mut order = Vec::new();
    let mut seen = std::collections::HashSet::new();
    // Each step is a file to visit, or one whose layers below are done. An explicit stack: chains may be long.
    let mut open = vec![(entry, false)];
    while let Some((id, below_done)) = open.pop() {
        if below_done {
            order.push(id);
        } else if seen.insert(id) {
            open.push((id, true));
            let links = project.links(id).iter();
            let below: Vec<FileId> = links
                .filter(|link| matches!(link.reference.role, Role::Base | Role::Component))
                .flat_map(|link| link.files.iter().copied())
                .collect();
            open.extend(below.into_iter().rev().map(|id| (id, false)));
        }
    }
    order
}

/// The name of the environment that the overlay in `entry` is for, as its layers write it.
pub fn environment_of(project: &Project, entry: FileId) -> Option<&str> {
    let mut layers = chain(project, entry).into_iter().rev().filter_map(|id| project.get(id).root());
    layers.find_map(|root| root.get("environment"))?.as_str()
}

/// The parameters that the layers of `entry` declare, as far as they can be read.
pub fn parameters(project: &Project, entry: FileId) -> Vec<(Text, Parameter)> {
    let roots: Vec<(FileId, Kind, &Node)> = chain(project, entry)
        .into_iter()
        .filter_map(|id| Some((id, project.get(id).kind?, project.get(id).root()?)))
        .collect();
    declared_parameters(&roots, &mut Diagnostics::default())
}

/// The files below `id`, itself included.
pub(super) fn below(project: &Project, id: FileId) -> Vec<FileId> {
    chain(project, id)
}

/// Whether the layers hold no more than one application.
fn one_application(roots: &[(FileId, Kind, &Node)], diagnostics: &mut Diagnostics) -> bool {
    let name = |root: &Node| root.at(&["metadata", "name"]).unwrap_or(root).origin();
    let mut apps = roots.iter().filter(|(_, kind, _)| *kind == Kind::App).map(|(_, _, root)| name(root));
    let (first, second) = (apps.next(), apps.next());
    if let (Some(first), Some(second)) = (first, second) {
        diagnostics.push(
            Diagnostic::error("several-applications", "the bases of one overlay lead to two applications")
                .at(second)
                .related(first, "the other one")
                .help("an overlay renders one application; build two overlays, or mix parts in as components"),
        );
    }
    second.is_none()
}

/// The environment that the last layer names, and its settings.
fn environment(
    roots: &[(FileId, Kind, &Node)],
    settings: &model::project::Project,
    diagnostics: &mut Diagnostics,
) -> (Option<Text>, Option<Environment>) {
    let Some(node) = roots.iter().rev().find_map(|(_, _, root)| root.get("environment")) else { return (None, None) };
    let Some(name) = node.as_str() else { return (None, None) };
    let name = Text::new(name, node.origin());
    let found = settings.environments.get(&name).cloned();
    if found.is_none() {
        let known: Vec<&str> = settings.environments.keys().map(Text::as_str).collect();
        let help = match near_miss(&name, known.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None if known.is_empty() => "declare it in strata.yaml under `environments:`".to_owned(),
            None => format!(
                "strata.yaml declares {}",
                known.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
            ),
        };
        diagnostics.push(
            Diagnostic::error("unknown-environment", format!("strata.yaml declares no environment `{name}`"))
                .at(name.origin)
                .help(help),
        );
    }
    (Some(name), found)
}

fn set_values(values: &mut Values, layer: &Keyed<crate::tree::Raw>, origins: &mut Origins) {
    for (key, value) in layer.iter() {
        values.set(key, key.origin, value.0.clone(), origins);
    }
}

/// The parameters that the layers declare; a later declaration replaces an earlier one.
fn declared_parameters(roots: &[(FileId, Kind, &Node)], diagnostics: &mut Diagnostics) -> Vec<(Text, Parameter)> {
    let mut declared: Vec<(Text, Parameter)> = Vec::new();
    for (_, kind, root) in roots {
        if *kind != Kind::Overlay {
            continue;
        }
        for entry in root.get("parameters").into_iter().flat_map(Node::entries) {
            not_interpolated(&entry.node, "a parameter", diagnostics);
            // A parameter that cannot be read is reported once, when the overlay is read.
            let Ok(parameter) = crate::tree::de::from_node::<Parameter>(&entry.node) else { continue };
            let name = Text::new(entry.key.clone(), entry.key_origin);
            if let Err(reason) = crate::names::c_identifier(&name.replace('-', "_")) {
                diagnostics.push(
                    Diagnostic::error("invalid-name", format!("`{name}` is not the name of a parameter: {reason}"))
                        .at(name.origin),
                );
            }
            match declared.iter_mut().find(|(known, _)| *known == name) {
                Some(slot) => *slot = (name, parameter),
                None => declared.push((name, parameter)),
            }
        }
    }
    declared
}
