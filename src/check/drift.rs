//! What one environment of an application has and another one lacks: objects, containers, variables,
//! ports, keys of configuration and secrets, dependencies, routes. `strata check --drift` asks.
//!
//! What is expected to differ is left out, by the rules of `diff --between`: sizes (autoscalers,
//! disruption budgets, quotas), names (prefix, suffix, hash, the words of an environment), values. So is
//! what a provider that the environment chose makes of a route or a secret: the route and the secret
//! themselves are compared.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use ecow::{EcoString, eco_format};

use super::{Build, pods, secrets};
use crate::diagnostic::{Diagnostic, Diagnostics, Level};
use crate::diff::Words;
use crate::model::exception::Exception;
use crate::model::project::FindingLevel;
use crate::names::without_hash;
use crate::origin::Origin;
use crate::resource::{Resource, pod_template_path};
use crate::tree::Node;

/// The code of what is found.
pub const CODE: &str = "environment-drift";

/// Kinds whose being there says how big an environment is.
const SIZES: [&str; 6] = [
    "HorizontalPodAutoscaler",
    "PodDisruptionBudget",
    "ResourceQuota",
    "LimitRange",
    "ScaledObject",
    "VerticalPodAutoscaler",
];
/// Of what an application is lowered to, the kinds that no provider chooses.
const LOWERED: [&str; 7] =
    ["Deployment", "StatefulSet", "CronJob", "Job", "ConfigMap", "Service", "PersistentVolumeClaim"];
/// The field of an object that stands for all others: nobody knows its keys.
const UNKNOWN: &str = "*";

/// One overlay, as those of other environments are compared with it. Its places are settled.
#[derive(Clone, Debug)]
pub struct Side {
    /// The overlay.
    pub overlay: String,
    /// Where it begins.
    pub place: Origin,
    /// Whose environment it is: the application, or what kustomizations have in common.
    pub of: EcoString,
    /// The environment.
    pub environment: EcoString,
    /// What the overlay says of findings of this code.
    pub level: Option<FindingLevel>,
    /// The words of its namespaces.
    pub words: BTreeSet<EcoString>,
    /// What it has.
    pub parts: Vec<Part>,
}

/// Something that an environment has: an object, or a part of one.
#[derive(Clone, Debug)]
pub struct Part {
    kind: EcoString,
    /// The name before prefixes, suffixes and hashes.
    name: EcoString,
    /// The name as it is rendered.
    rendered: EcoString,
    /// The way to the part of the object; empty for the object as a whole.
    field: EcoString,
    /// What the part is, in words.
    what: EcoString,
    place: Origin,
}

impl Part {
    /// Whether an exception names it.
    pub fn is_named(&self, exception: &Exception) -> bool {
        let object = exception.object.split_once('/');
        let is_object = |name: &EcoString| object == Some((self.kind.as_str(), name.as_str()));
        let field = exception.field.as_ref().is_none_or(|field| **field == *self.field);
        field && (is_object(&self.rendered) || is_object(&self.name))
    }
}

/// What a build has; `settle` settles a place.
pub fn parts(build: &Build<'_>, settle: impl Fn(Origin) -> Origin) -> Vec<Part> {
    let mut parts = Vec::new();
    for resource in build.resources {
        of_resource(build, resource, &settle, &mut parts);
    }
    if let Some(app) = build.app {
        let mut add = |kind: &str, name: &EcoString, origin: Origin| {
            let part = Part::whole(kind, name, name, settle(origin));
            parts.push(part);
        };
        app.dependencies.iter().for_each(|one| add("Dependency", &one.key.value, one.key.origin));
        app.routes.iter().for_each(|one| add("Route", &one.name.value, one.name.origin));
        for secret in &app.contract.declared {
            // In how many Secrets its keys come is the provider's business.
            let whole = Part::whole("Secret", &secret.declared_as.value, &secret.name.value, settle(secret.origin));
            parts.extend(secret.keys.iter().map(|key| whole.key(key, settle(key.origin))));
            parts.push(whole);
        }
    }
    parts
}

/// The words of the namespaces of a build.
pub fn words(build: &Build<'_>) -> BTreeSet<EcoString> {
    build.resources.iter().flat_map(|resource| resource.id().namespace.split('-')).map(EcoString::from).collect()
}

impl Part {
    fn whole(kind: &str, name: &str, rendered: &str, place: Origin) -> Self {
        let (kind, name, rendered) = (kind.into(), name.into(), rendered.into());
        Self { kind, name, rendered, field: EcoString::new(), what: EcoString::new(), place }
    }

    fn part(&self, field: EcoString, what: EcoString, place: Origin) -> Self {
        Self { field, what, place, ..self.clone() }
    }

    /// Whether it is a key of configuration or of a secret.
    fn is_key(&self) -> bool {
        self.field.starts_with("data")
    }

    fn key(&self, key: &str, place: Origin) -> Self {
        let plain = key.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-'));
        let field = if plain { eco_format!("data.{key}") } else { eco_format!("data[{key:?}]") };
        self.part(field, eco_format!("the key `{key}`"), place)
    }
}

fn of_resource(build: &Build<'_>, resource: &Resource, settle: &impl Fn(Origin) -> Origin, parts: &mut Vec<Part>) {
    let (kind, root) = (resource.kind(), &resource.root);
    let is_lowered = root.get("kind").is_some_and(|node| build.origins.rule_of(node.origin()).is_some());
    if resource.name().is_empty() || SIZES.contains(&kind) || is_lowered && !LOWERED.contains(&kind) {
        return;
    }
    let at = |origin: Origin| settle(build.or_resource(resource, origin));
    let made = secrets::made_by(resource);
    for made in &made {
        let name = if made.name == resource.name() { &resource.original_id().name } else { made.name };
        let whole = Part::whole("Secret", name, made.name, at(root.origin()));
        let keys = made.keys.iter().flatten().map(|entry| whole.key(&entry.key, at(entry.key_origin)));
        parts.extend(keys);
        parts.extend(made.named_keys.iter().map(|key| whole.key(key, at(root.origin()))));
        if made.keys.is_none() {
            parts.push(whole.part(UNKNOWN.into(), EcoString::new(), whole.place));
        }
        parts.push(whole);
    }
    if !made.is_empty() {
        return;
    }
    let whole = Part::whole(kind, &resource.original_id().name, resource.name(), at(root.origin()));
    if kind == "ConfigMap" {
        for field in ["data", "binaryData"] {
            let entries = root.get(field).into_iter().flat_map(Node::entries);
            parts.extend(entries.map(|entry| whole.key(&entry.key, at(entry.key_origin))));
        }
    }
    for port in root.get("spec").into_iter().flat_map(|spec| pods::list(spec, "ports")).filter(|_| kind == "Service") {
        if let Some(name) = port.get("name").filter(|name| name.as_str().is_some()) {
            let port = name.as_str().unwrap_or_default();
            parts.push(whole.part(
                eco_format!("spec.ports[{port}]"),
                eco_format!("the port `{port}`"),
                at(name.origin()),
            ));
        }
    }
    of_pod(resource, &whole, at, parts);
    parts.push(whole);
}

/// Containers and their variables.
fn of_pod(resource: &Resource, whole: &Part, at: impl Fn(Origin) -> Origin, parts: &mut Vec<Part>) {
    let (Some(spec), Some(path)) = (pods::spec(resource), pod_template_path(resource.kind())) else { return };
    for list in ["containers", "initContainers"] {
        for container in pods::list(spec, list) {
            let name = pods::name(container);
            let way = eco_format!("{}.spec.{list}[{name}]", path.join("."));
            if list == "containers" {
                parts.push(whole.part(way.clone(), eco_format!("the container `{name}`"), at(container.origin())));
            }
            for variable in pods::list(container, "env") {
                let Some(node) = variable.get("name") else { continue };
                let Some(variable) = node.as_str() else { continue };
                let what = eco_format!("the variable `{variable}` of the container `{name}`");
                parts.push(whole.part(eco_format!("{way}.env[{variable}]"), what, at(node.origin())));
            }
        }
    }
}

/// An object by its kind and its name without what environments put around it.
type Object<'a> = (&'a str, EcoString);

/// The overlays of one environment together.
struct Environment<'a> {
    name: &'a str,
    sides: Vec<&'a Side>,
    objects: HashMap<Object<'a>, HashMap<EcoString, (&'a Part, &'a Side)>>,
}

/// Finds what one environment of an application has and another lacks, unless `expected` says that this
/// is meant. Says how many applications had two environments to compare.
pub fn check(
    sides: &[Side],
    mut expected: impl FnMut(&Part, &[&Side]) -> bool,
    diagnostics: &mut Diagnostics,
) -> usize {
    let mut by_app: BTreeMap<&str, Vec<&Side>> = BTreeMap::new();
    let compared = sides.iter().filter(|side| side.level != Some(FindingLevel::Ignore));
    compared.for_each(|side| by_app.entry(&side.of).or_default().push(side));
    let mut count = 0;
    for (app, sides) in by_app {
        let environments = environments(&sides);
        if environments.len() > 1 {
            count += 1;
            of_application(app, &environments, &mut expected, diagnostics);
        }
    }
    count
}

fn environments<'a>(sides: &[&'a Side]) -> Vec<Environment<'a>> {
    let of_side = |side: &Side| -> BTreeSet<EcoString> {
        let of_environment = side.environment.split('-').map(EcoString::from);
        side.words.iter().cloned().chain(of_environment).collect()
    };
    let words = Words::between(sides.iter().map(|side| of_side(side)));
    let mut by_name: BTreeMap<&str, Environment<'a>> = BTreeMap::new();
    for side in sides {
        let new = || Environment { name: &side.environment, sides: Vec::new(), objects: HashMap::new() };
        let environment = by_name.entry(&side.environment).or_insert_with(new);
        environment.sides.push(side);
        for part in &side.parts {
            let name = words.without(without_hash(&part.name).unwrap_or(&part.name));
            let fields = environment.objects.entry((&part.kind, name)).or_default();
            let field = if part.is_key() { words.without(&part.field) } else { part.field.clone() };
            fields.entry(field).or_insert((part, side));
        }
    }
    by_name.into_values().collect()
}

fn of_application(
    app: &str,
    environments: &[Environment<'_>],
    expected: &mut impl FnMut(&Part, &[&Side]) -> bool,
    diagnostics: &mut Diagnostics,
) {
    let mut said: HashSet<(&Object<'_>, &str)> = HashSet::new();
    for having in environments {
        for (object, fields) in &having.objects {
            for (field, (part, side)) in fields.iter().filter(|(field, _)| *field != UNKNOWN) {
                let lacks = |other: &&Environment<'_>| match other.objects.get(object) {
                    None => field.is_empty(),
                    Some(fields) => {
                        let container = field.split_once(".env[").map(|(container, _)| container);
                        let is_in = |field: &str| fields.contains_key(field);
                        // What is not there at all lacks no parts.
                        let whole = container.is_none_or(|way| is_in(way) || way.contains("initContainers["));
                        !is_in(field) && !is_in(UNKNOWN) && whole
                    }
                };
                let lacking: Vec<&Environment<'_>> = environments.iter().filter(lacks).collect();
                if lacking.is_empty() || !said.insert((object, field)) {
                    continue;
                }
                let involved: Vec<&Side> =
                    std::iter::once(*side).chain(lacking.iter().flat_map(|one| one.sides.iter().copied())).collect();
                if !expected(part, &involved) {
                    diagnostics.push(finding(app, part, side, &lacking));
                }
            }
        }
    }
}

fn finding(app: &str, part: &Part, having: &Side, lacking: &[&Environment<'_>]) -> Diagnostic {
    let object = match part.kind.as_str() {
        "Dependency" => format!("the dependency `{}` of `{app}`", part.name),
        "Route" => format!("the route `{}` of `{app}`", part.name),
        kind => format!("`{kind}/{}` of `{app}`", part.name),
    };
    let names: Vec<String> = lacking.iter().map(|one| format!("`{}`", one.name)).collect();
    let names = names.join(", ");
    let message = match part.field.is_empty() {
        true => format!("{object} is in `{}` and not in {names}", having.environment),
        false => format!("{object} has {} in `{}` and not in {names}", part.what, having.environment),
    };
    let mut found = Diagnostic::warning(CODE, message).at(part.place);
    let overlays = lacking.iter().flat_map(|one| one.sides.iter());
    for side in overlays.clone().take(3) {
        found = found.related(side.place, "lacks it");
    }
    let levels = overlays.filter_map(|side| match side.level? {
        FindingLevel::Error => Some(Level::Error),
        FindingLevel::Warning => Some(Level::Warning),
        FindingLevel::Note => Some(Level::Note),
        FindingLevel::Ignore => None,
    });
    if let Some(level) = levels.min() {
        (found.level, found.judged) = (level, true);
    }
    let field = if part.field.is_empty() { String::new() } else { format!("field: '{}', ", part.field) };
    found.help(format!(
        "write it there too, or say that it is meant: \
         `exceptions: [{{code: {CODE}, object: {}/{}, {field}reason: ...}}]`",
        part.kind, part.rendered
    ))
}

#[cfg(test)]
mod tests {
    use super::super::Policy;
    use super::super::test::resources;
    use super::*;
    use crate::origin::Origins;

    fn side(environment: &str, yaml: &str) -> Side {
        let (set, policy, origins) = (resources(yaml), Policy::default(), Origins::default());
        let build = Build { app: None, resources: &set, policy: &policy, origins: &origins };
        Side {
            overlay: format!("shop/{environment}"),
            place: Origin::source(0),
            of: "shop".into(),
            environment: environment.into(),
            level: None,
            words: words(&build),
            parts: parts(&build, |origin| origin),
        }
    }

    fn map(namespace: &str, keys: &str) -> String {
        format!(
            "{{apiVersion: v1, kind: ConfigMap, metadata: {{name: settings, namespace: {namespace}}}, data: {{{keys}}}}}"
        )
    }

    fn said(sides: &[Side], expected: impl Fn(&Part) -> bool) -> Vec<String> {
        let mut diagnostics = Diagnostics::default();
        assert_eq!(check(sides, |part, _| expected(part), &mut diagnostics), usize::from(sides.len() > 1));
        let mut said: Vec<String> = diagnostics.iter().map(|found| found.message.clone()).collect();
        said.sort();
        said
    }

    #[test]
    fn a_key_that_one_environment_lacks_is_drift_unless_it_is_expected() {
        let sides = [side("dev", &map("a-dev", "A: x, B: x")), side("prod", &map("a", "A: y"))];
        let expected = "`ConfigMap/settings` of `shop` has the key `B` in `dev` and not in `prod`";
        assert_eq!(said(&sides, |_| false), [expected]);
        assert_eq!(said(&sides, |part| part.field == "data.B"), [""; 0]);
        let same = [side("dev", &map("a", "A: x")), side("prod", &map("a", "A: y"))];
        assert_eq!(said(&same, |_| false), [""; 0]);
        assert_eq!(said(&same[..1], |_| false), [""; 0]);
    }

    #[test]
    fn an_object_that_is_not_there_lacks_no_parts() {
        let sides = [side("dev", &map("a", "A: x")), side("prod", "")];
        assert_eq!(said(&sides, |_| false), ["`ConfigMap/settings` of `shop` is in `dev` and not in `prod`"]);
    }

    #[test]
    fn names_of_environments_and_hashes_are_no_difference() {
        let named =
            |name: &str| format!("{{apiVersion: v1, kind: ConfigMap, metadata: {{name: {name}}}, data: {{A: x}}}}");
        let sides = [side("dev", &named("dev-app-settings")), side("prod", &named("app-settings-prod"))];
        assert_eq!(said(&sides, |_| false), [""; 0]);
        let sides = [side("dev", &named("app-7dgtkbmbf5")), side("prod", &named("app-fmb2bkt56k"))];
        assert_eq!(said(&sides, |_| false), [""; 0]);
    }

    #[test]
    fn a_variable_is_missed_in_a_container_that_is_there() {
        let with = |containers: &str| {
            format!(
                "{{apiVersion: apps/v1, kind: Deployment, metadata: {{name: web}}, spec: {{template: {{spec: {{containers: [{containers}]}}}}}}}}"
            )
        };
        let sides = [
            side("dev", &with("{name: web, env: [{name: A}, {name: B}]}, {name: log, env: [{name: C}]}")),
            side("prod", &with("{name: web, env: [{name: A}]}")),
        ];
        let expected = [
            "`Deployment/web` of `shop` has the container `log` in `dev` and not in `prod`",
            "`Deployment/web` of `shop` has the variable `B` of the container `web` in `dev` and not in `prod`",
        ];
        assert_eq!(said(&sides, |_| false), expected);
    }

    #[test]
    fn a_secret_is_compared_whoever_makes_it() {
        let external = "{apiVersion: external-secrets.io/v1, kind: ExternalSecret, metadata: {name: s}, spec: {data: [{secretKey: A}, {secretKey: B}]}}";
        let plain = "{apiVersion: v1, kind: Secret, metadata: {name: s}, stringData: {A: x}}";
        let expected = "`Secret/s` of `shop` has the key `B` in `dev` and not in `prod`";
        assert_eq!(said(&[side("dev", external), side("prod", plain)], |_| false), [expected]);
        let all = "{apiVersion: external-secrets.io/v1, kind: ExternalSecret, metadata: {name: s}, spec: {dataFrom: [{extract: {key: x}}]}}";
        assert_eq!(said(&[side("dev", plain), side("prod", all)], |_| false), [""; 0]);
    }

    #[test]
    fn an_environment_that_is_not_compared_lacks_nothing() {
        let mut sides = [side("dev", &map("a", "A: x")), side("prod", ""), side("test", &map("a", "A: x"))];
        sides[1].level = Some(FindingLevel::Ignore);
        assert_eq!(said(&sides, |_| false), [""; 0]);
    }
}
