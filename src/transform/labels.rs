//! Labels on every resource, and where asked on pod templates and selectors.

use std::collections::HashMap;

use ecow::EcoString;
use foldhash::fast::FixedState;

use super::fields::{self, FieldSpec, Missing};
use super::twins::write;
use crate::origin::{Cause, Origin, Origins};
use crate::resource::{Gvk, Identity, Resource, ResourceSet, Twins};
use crate::tree::{Map, Node};

/// A label or an annotation to add.
#[derive(Clone, Debug)]
pub struct Pair {
    /// The key.
    pub key: EcoString,
    /// The value.
    pub value: EcoString,
    /// Where the user wrote it.
    pub origin: Origin,
}

/// Where labels go beside `metadata.labels`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options<'a> {
    /// To the templates of pods and of jobs, and (with `selectors`) of volume claims.
    pub templates: bool,
    /// To selectors, and to templates with them. Never in typed overlays: the selector of a
    /// running workload cannot be changed.
    pub selectors: bool,
    /// To the templates of volume claims of StatefulSets.
    pub volume_claims: bool,
    /// More fields that get the labels.
    pub fields: &'a [FieldSpec<'a>],
}

/// `metadata.labels` of everything.
const METADATA: FieldSpec<'static> = spec("", "", "", "metadata/labels", true);

/// Templates of pods and jobs (kustomize's `templateLabels`).
const TEMPLATES: &[FieldSpec<'static>] = &[
    spec("", "v1", "ReplicationController", "spec/template/metadata/labels", true),
    spec("", "", "Deployment", "spec/template/metadata/labels", true),
    spec("", "", "ReplicaSet", "spec/template/metadata/labels", true),
    spec("", "", "DaemonSet", "spec/template/metadata/labels", true),
    spec("apps", "", "StatefulSet", "spec/template/metadata/labels", true),
    spec("batch", "", "Job", "spec/template/metadata/labels", true),
    spec("batch", "", "CronJob", "spec/jobTemplate/metadata/labels", true),
    spec("batch", "", "CronJob", "spec/jobTemplate/spec/template/metadata/labels", true),
];

/// Templates of volume claims (kustomize's `volumeClaimTemplateLabels`).
const VOLUME_CLAIMS: FieldSpec<'static> =
    spec("apps", "", "StatefulSet", "spec/volumeClaimTemplates[]/metadata/labels", true);

const POD_AFFINITY: [&str; 5] = [
    "spec/template/spec/affinity/podAffinity/preferredDuringSchedulingIgnoredDuringExecution/podAffinityTerm/labelSelector/matchLabels",
    "spec/template/spec/affinity/podAffinity/requiredDuringSchedulingIgnoredDuringExecution/labelSelector/matchLabels",
    "spec/template/spec/affinity/podAntiAffinity/preferredDuringSchedulingIgnoredDuringExecution/podAffinityTerm/labelSelector/matchLabels",
    "spec/template/spec/affinity/podAntiAffinity/requiredDuringSchedulingIgnoredDuringExecution/labelSelector/matchLabels",
    "spec/template/spec/topologySpreadConstraints/labelSelector/matchLabels",
];

/// Selectors (kustomize's `commonLabels` without metadata and templates).
const SELECTORS: &[FieldSpec<'static>] = &[
    spec("", "v1", "Service", "spec/selector", true),
    spec("", "v1", "ReplicationController", "spec/selector", true),
    spec("", "", "Deployment", "spec/selector/matchLabels", true),
    spec("", "", "ReplicaSet", "spec/selector/matchLabels", true),
    spec("", "", "DaemonSet", "spec/selector/matchLabels", true),
    spec("apps", "", "StatefulSet", "spec/selector/matchLabels", true),
    spec("batch", "", "Job", "spec/selector/matchLabels", false),
    spec("batch", "", "CronJob", "spec/jobTemplate/spec/selector/matchLabels", false),
    spec("policy", "", "PodDisruptionBudget", "spec/selector/matchLabels", false),
    spec("networking.k8s.io", "", "NetworkPolicy", "spec/podSelector/matchLabels", false),
    spec("networking.k8s.io", "", "NetworkPolicy", "spec/ingress/from/podSelector/matchLabels", false),
    spec("networking.k8s.io", "", "NetworkPolicy", "spec/egress/to/podSelector/matchLabels", false),
];

pub(super) const fn spec<'a>(
    group: &'a str,
    version: &'a str,
    kind: &'a str,
    path: &'a str,
    create: bool,
) -> FieldSpec<'a> {
    FieldSpec { group, version, kind, path, create }
}

/// Adds labels; one that is there gets the new value.
pub fn apply(set: &mut ResourceSet, labels: &[Pair], options: &Options<'_>, origins: &mut Origins) {
    add(set, labels, "labels", |gvk| fields_of(gvk, options), origins);
}

/// Adds labels to the given fields alone.
pub fn apply_to(set: &mut ResourceSet, labels: &[Pair], fields: &[FieldSpec<'_>], origins: &mut Origins) {
    let fields_of = |gvk: &Gvk| fields.iter().filter(|field| field.selects(gvk)).copied().collect();
    add(set, labels, "labels", fields_of, origins);
}

fn fields_of<'a>(gvk: &Gvk, options: &Options<'a>) -> Vec<FieldSpec<'a>> {
    let mut specs = vec![METADATA];
    if options.templates || options.selectors {
        specs.extend(TEMPLATES);
    }
    if options.volume_claims || options.selectors {
        specs.push(VOLUME_CLAIMS);
    }
    if options.selectors {
        specs.extend(SELECTORS);
        let affinity = |kind| POD_AFFINITY.map(|path| spec("apps", "", kind, path, false));
        specs.extend(affinity("Deployment"));
        specs.extend(affinity("StatefulSet"));
    }
    let mut specs = with(specs, options.fields);
    specs.retain(|field| field.selects(gvk));
    specs
}

/// The fields of the user's, and those of `known` that they do not narrow: as in kustomize, a field
/// of the user's for one kind takes the place of the known field of the same path for any kind. A
/// field that both name is created when either asks for it.
pub(super) fn with<'a>(known: Vec<FieldSpec<'a>>, own: &[FieldSpec<'a>]) -> Vec<FieldSpec<'a>> {
    if own.is_empty() {
        return known;
    }
    let mut specs = own.to_vec();
    for field in known {
        let fits = |selector: &str, value: &str| selector.is_empty() || selector == value;
        let narrows = |own: &&mut FieldSpec<'_>| {
            own.path == field.path
                && fits(field.kind, own.kind)
                && fits(field.group, own.group)
                && fits(field.version, own.version)
        };
        match specs.iter_mut().find(narrows) {
            Some(own) => own.create |= field.create,
            None => specs.push(field),
        }
    }
    specs
}

/// Writes pairs into the mappings at the fields of each resource. One origin stands for all that
/// a pair adds; what it replaces is recorded place by place.
pub(super) fn add<'a>(
    set: &mut ResourceSet,
    pairs: &[Pair],
    transform: &'static str,
    fields: impl Fn(&Gvk) -> Vec<FieldSpec<'a>>,
    origins: &mut Origins,
) {
    let Some(first) = pairs.first() else { return };
    let made = origins.transform(transform, Some(first.origin));
    let added: Vec<Origin> = pairs.iter().map(|pair| origins.transform(transform, Some(pair.origin))).collect();
    let mut known: HashMap<Gvk, Vec<FieldSpec<'a>>, FixedState> = HashMap::default();
    for gvk in set.iter().map(|resource| &resource.id().gvk) {
        if !known.contains_key(gvk) {
            known.insert(gvk.clone(), fields(gvk));
        }
    }
    let is_kustomize = set.identity() == Identity::Kustomize;
    // Labels and annotations are no part of an id.
    origins.each(set.as_mut_slice(), |resource, origins| {
        let specs = known.get(&resource.id().gvk).map_or(&[][..], Vec::as_slice);
        let mut written = Written::new(pairs.len());
        for field in specs {
            let missing = if field.create { Missing::Create(made) } else { Missing::Skip };
            let mut write = |node: &mut Node| {
                if node.is_null() && field.create {
                    *node = Node::map(made);
                }
                if let Some(map) = node.as_map_mut() {
                    let places = map.positions(pairs.iter().map(|pair| pair.key.as_str()));
                    for (number, ((pair, added), place)) in pairs.iter().zip(&added).zip(places).enumerate() {
                        let put = put(map, place, pair, *added, transform, origins);
                        written.note(number, put, field.path);
                    }
                }
            };
            // Where a list or text blocks the path there is nothing to add to.
            let _ = fields::upsert(&mut resource.root, field.path, missing, &mut write);
        }
        if is_kustomize {
            written.settle(resource, pairs);
        }
    });
}

/// What became of a pair in a mapping.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Put {
    Same,
    Replaced,
    Added,
}

/// Writes a pair at the place of its key, or behind the others.
fn put(
    map: &mut Map,
    place: Option<usize>,
    pair: &Pair,
    added: Origin,
    transform: &'static str,
    origins: &mut Origins,
) -> Put {
    match place.and_then(|place| Some((place, &map.as_slice().get(place)?.node))) {
        Some((_, old)) if old.as_str() == Some(&pair.value) => Put::Same,
        Some((place, old)) => {
            let origin = origins.replace(Cause::Transform(transform), pair.origin, old);
            if let Some(entry) = map.at_mut(place) {
                entry.node = Node::string(pair.value.clone(), origin);
            }
            Put::Replaced
        }
        None => {
            map.push(pair.key.clone(), added, Node::string(pair.value.clone(), added));
            Put::Added
        }
    }
}

/// Where the pairs of one transform were written in one resource; see [`super::twins`].
struct Written<'a> {
    added: Vec<Vec<&'a str>>,
    replaced: Vec<Option<&'a str>>,
}

impl<'a> Written<'a> {
    fn new(pairs: usize) -> Self {
        Self { added: vec![Vec::new(); pairs], replaced: vec![None; pairs] }
    }

    fn note(&mut self, number: usize, put: Put, path: &'a str) {
        match put {
            Put::Added if !self.added[number].contains(&path) => self.added[number].push(path),
            Put::Replaced => self.replaced[number] = Some(path),
            _ => {}
        }
    }

    /// Writes what was replaced at the other places of its value, and notes which values are new.
    fn settle(self, resource: &mut Resource, pairs: &[Pair]) {
        for ((pair, replaced), added) in pairs.iter().zip(self.replaced).zip(self.added) {
            if let Some(path) = replaced {
                let node = Node::string(pair.value.clone(), pair.origin);
                let of_path = |twins: &&Twins| twins.key == pair.key && twins.paths.iter().any(|own| own == path);
                resource.twins.iter().filter(of_path).for_each(|twins| write(&mut resource.root, twins, &node));
            }
            if added.len() > 1 {
                let paths = added.into_iter().map(EcoString::from).collect();
                resource.twins.push(Twins { key: pair.key.clone(), paths });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::test::{entry, field, origins, resource, set};
    use super::*;

    fn check(options: &Options<'_>, kind: &str, fields: &str, keys: &[&str], expected: &str) {
        let mut set = set([resource(kind, "r", fields)]);
        let pair = Pair { key: "k".into(), value: "v".into(), origin: entry() };
        apply(&mut set, &[pair], options, &mut origins());
        assert_eq!(field(&set, 0, keys), expected, "{kind}");
    }

    const PLAIN: Options<'static> = Options { templates: false, selectors: false, volume_claims: false, fields: &[] };
    const DEPLOYMENT: &str =
        r#"{"spec":{"selector":{"matchLabels":{"a":"b"}},"template":{"metadata":{"labels":{"a":"b"}}}}}"#;

    #[test]
    fn labels_go_to_metadata_alone_unless_asked() {
        let kind = "apps/v1 Deployment";
        check(&PLAIN, kind, DEPLOYMENT, &["metadata", "labels"], r#"{"k":"v"}"#);
        check(&PLAIN, kind, DEPLOYMENT, &["spec", "selector"], r#"{"matchLabels":{"a":"b"}}"#);
        check(&PLAIN, kind, DEPLOYMENT, &["spec", "template", "metadata", "labels"], r#"{"a":"b"}"#);
        check(
            &PLAIN,
            "v1 Service",
            r#"{"metadata":{"labels":{"k":"old","x":"y"}}}"#,
            &["metadata", "labels"],
            r#"{"k":"v","x":"y"}"#,
        );
        check(&PLAIN, "v1 Service", r#"{"metadata":{"labels":null}}"#, &["metadata", "labels"], r#"{"k":"v"}"#);
    }

    #[test]
    fn templates_get_labels_without_selectors() {
        let options = Options { templates: true, ..PLAIN };
        check(
            &options,
            "apps/v1 Deployment",
            DEPLOYMENT,
            &["spec", "template", "metadata", "labels"],
            r#"{"a":"b","k":"v"}"#,
        );
        check(&options, "apps/v1 Deployment", DEPLOYMENT, &["spec", "selector", "matchLabels"], r#"{"a":"b"}"#);
        let keys = ["spec", "jobTemplate", "spec", "template", "metadata", "labels"];
        check(&options, "batch/v1 CronJob", "{}", &keys, r#"{"k":"v"}"#);
    }

    #[test]
    fn selectors_get_labels_where_kustomize_includes_them() {
        let options = Options { selectors: true, ..PLAIN };
        check(&options, "apps/v1 Deployment", DEPLOYMENT, &["spec", "selector", "matchLabels"], r#"{"a":"b","k":"v"}"#);
        check(&options, "v1 Service", "{}", &["spec", "selector"], r#"{"k":"v"}"#);
        check(&options, "batch/v1 Job", "{}", &["spec", "selector"], "-");
        let claims = r#"{"spec":{"volumeClaimTemplates":[{"metadata":{"name":"x"}}]}}"#;
        let expected = r#"[{"metadata":{"name":"x","labels":{"k":"v"}}}]"#;
        check(&options, "apps/v1 StatefulSet", claims, &["spec", "volumeClaimTemplates"], expected);
    }

    #[test]
    fn one_origin_stands_for_all_that_a_label_adds() {
        let mut set = set([resource("v1 Service", "a", "{}"), resource("v1 Service", "b", "{}")]);
        let pair = Pair { key: "k".into(), value: "v".into(), origin: entry() };
        let mut origins = origins();
        apply(&mut set, &[pair], &PLAIN, &mut origins);
        let origin = |index| set.get(index).root.at(&["metadata", "labels", "k"]).unwrap().origin();
        assert_eq!(origin(0), origin(1));
        assert_eq!(origins.place(origin(0)), entry().position());
    }
}
