//! References by name follow renames.
//!
//! One walk over the resources looks at the fields that the [`Table`] lists for their kinds. Every
//! name found there is looked up among all names that the resources of the target kind ever had,
//! and replaced by the present one.

mod table;

use std::collections::{HashMap, HashSet};

use ecow::EcoString;
use foldhash::fast::FixedState;

use super::fields;
use crate::origin::{Cause, Origin, Origins};
use crate::resource::{Gvk, Resource, ResourceId, ResourceSet};
use crate::tree::{Map, Node, Value};

pub use table::{Guard, Rule, Rules, Table};

/// A reference that could mean several resources whose names now differ; it stays as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ambiguity {
    /// The resource that holds the reference.
    pub referrer: usize,
    /// Where the name is.
    pub origin: Origin,
    /// The kind that is referred to.
    pub kind: EcoString,
    /// The name that is written.
    pub name: EcoString,
    /// The resources that it could mean.
    pub candidates: Vec<usize>,
}

/// Makes every reference follow. A name that no resource of the build ever had stays as it is: it
/// means something outside of the build, such as a Secret that an operator makes.
pub fn apply(set: &mut ResourceSet, table: &Table, origins: &mut Origins) -> Vec<Ambiguity> {
    let moved = moved_kinds(set, table.rules);
    if moved.is_empty() {
        return Vec::new();
    }
    let mut namespaces = Names::default();
    for resource in set.iter() {
        note(&mut namespaces, effective(&resource.original_id().namespace));
    }
    // Selected by the kind that the referrer had first, as kustomize does.
    let mut rules_of: HashMap<Gvk, Vec<Rule>, FixedState> = HashMap::default();
    for gvk in set.iter().map(|resource| &resource.original_id().gvk) {
        if !rules_of.contains_key(gvk) {
            let rules = table.of(gvk).filter(|rule| rule.target.kind.is_empty() || moved.contains(&rule.target.kind));
            rules_of.insert(gvk.clone(), rules.collect());
        }
    }
    let follow = |set: &ResourceSet, index: usize, origins: &mut Origins| {
        let rules = rules_of.get(&set.get(index).original_id().gvk).map_or(&[][..], Vec::as_slice);
        follow_all(set, (table.rules, rules), &namespaces, index, origins)
    };
    let mut ambiguities = Vec::new();
    let mut write = |set: &mut ResourceSet, index: usize, (root, found): (Option<Node>, Vec<Ambiguity>)| {
        ambiguities.extend(found);
        if let Some(root) = root {
            // Should a custom rule point at a field of the id, a taken id is left alone.
            let _ = set.update(index, |resource| resource.root = root);
        }
    };
    let mut indexes: Vec<usize> = (0..set.len()).collect();
    // What a rule makes of an id, the referrers behind it are to see.
    if rules_of.values().flatten().any(|rule| is_of_id(&rule.path)) {
        for index in indexes {
            let followed = follow(set, index, origins);
            write(set, index, followed);
        }
    } else {
        let followed = origins.each(&mut indexes, |index, origins| follow(set, *index, origins));
        followed.into_iter().enumerate().for_each(|(index, followed)| write(set, index, followed));
    }
    ambiguities
}

/// Texts to look up, with a fast hash that is the same in every run.
type Names = HashSet<EcoString, FixedState>;

fn note(names: &mut Names, name: &EcoString) {
    if !names.contains(name) {
        names.insert(name.clone());
    }
}

/// Whether a field is part of an id, or holds parts of it.
fn is_of_id(path: &str) -> bool {
    let mut steps = path.trim_start_matches('/').split('/').map(|step| step.trim_end_matches("[]"));
    match steps.next() {
        Some("metadata") => steps.next().is_none_or(|step| matches!(step, "name" | "namespace")),
        first => matches!(first, Some("apiVersion" | "kind")),
    }
}

/// The manifest of one referrer after all of its rules, when they changed something, and what they
/// could not tell.
fn follow_all(
    set: &ResourceSet,
    (kinds, rules): (Rules, &[Rule]),
    namespaces: &Names,
    index: usize,
    origins: &mut Origins,
) -> (Option<Node>, Vec<Ambiguity>) {
    let mut ambiguities = Vec::new();
    let mut changed: Option<Resource> = None;
    for rule in rules {
        let referrer = changed.as_ref().unwrap_or_else(|| set.get(index));
        let mut lookup = Lookup { set, rules: kinds, namespaces, referrer, index, rule, ambiguities: &mut ambiguities };
        let changes = lookup.changes(origins);
        if changes.is_empty() {
            continue;
        }
        let resource = changed.get_or_insert_with(|| set.get(index).clone());
        changes.into_iter().for_each(|(place, node)| fields::replace(&mut resource.root, &place, node));
    }
    (changed.map(|resource| resource.root), ambiguities)
}

/// The kinds of which a resource changed its id: references to others cannot change.
fn moved_kinds(set: &ResourceSet, rules: Rules) -> Names {
    let moved = set.iter().filter(|resource| !resource.previous_ids().is_empty());
    let mut kinds = Names::default();
    for resource in moved {
        resource.every_id().for_each(|id| note(&mut kinds, &id.gvk.kind));
        if rules == Rules::Typed && makes_secret_of_its_name(resource) {
            note(&mut kinds, &EcoString::inline("Secret"));
        }
    }
    kinds
}

/// One rule applied to one referrer.
struct Lookup<'a> {
    set: &'a ResourceSet,
    rules: Rules,
    /// The namespaces that resources of the build had at first.
    namespaces: &'a Names,
    /// The resource that refers, as the rules before this one left it.
    referrer: &'a Resource,
    /// Which resource that is.
    index: usize,
    rule: &'a Rule,
    ambiguities: &'a mut Vec<Ambiguity>,
}

impl Lookup<'_> {
    fn changes(&mut self, origins: &mut Origins) -> Vec<(Vec<usize>, Node)> {
        let mut changes = Vec::new();
        let mut found = Vec::new();
        fields::visit(&self.referrer.root, &self.rule.path, &mut |leaf| {
            found.push((leaf.place.to_vec(), leaf.node, leaf.parent));
        });
        for (place, node, parent) in found {
            self.reference(node, parent, &place, origins, &mut changes);
        }
        changes
    }

    /// A name, a mapping with one, or a list of such.
    fn reference(
        &mut self,
        node: &Node,
        parent: &Map,
        place: &[usize],
        origins: &mut Origins,
        changes: &mut Vec<(Vec<usize>, Node)>,
    ) {
        let new = match node.value() {
            Value::Seq(items) => {
                for (index, item) in items.iter().enumerate() {
                    let place = [place, &[index]].concat();
                    self.reference(item, parent, &place, origins, changes);
                }
                None
            }
            Value::Map(map) => self.mapping(node, map, origins),
            Value::Str(name) => self.scalar(node, name, parent, origins),
            _ => None,
        };
        changes.extend(new.map(|new| (place.to_vec(), new)));
    }

    fn scalar(&mut self, node: &Node, name: &str, parent: &Map, origins: &mut Origins) -> Option<Node> {
        if !self.guard_holds(parent) {
            return None;
        }
        let target = self.set.get(self.select(name, None, false, node.origin())?);
        (target.name() != name).then(|| follow(target, &["metadata", "name"], node, origins))
    }

    fn mapping(&mut self, node: &Node, map: &Map, origins: &mut Origins) -> Option<Node> {
        let name_node = map.get("name")?;
        let name = name_node.as_str()?;
        if !self.guard_holds(map) {
            return None;
        }
        let namespace = map.get("namespace").map(|node| node.as_str().unwrap_or_default());
        let target = self.set.get(self.select(name, namespace, true, name_node.origin())?);
        let (same_name, target_namespace) = (target.name() == name, target.id().namespace.as_str());
        let same_namespace = target_namespace.is_empty() || namespace == Some(target_namespace);
        if same_name && same_namespace {
            return None;
        }
        let mut new = node.clone();
        let entries = new.as_map_mut()?;
        if !same_name {
            entries.insert("name", follow(target, &["metadata", "name"], name_node, origins));
        }
        if !same_namespace {
            let old = map.get("namespace").cloned().unwrap_or_else(|| Node::null(name_node.origin()));
            entries.insert("namespace", follow(target, &["metadata", "namespace"], &old, origins));
        }
        Some(new)
    }

    fn guard_holds(&self, map: &Map) -> bool {
        let kind = || map.get("kind").and_then(Node::as_str);
        let target = self.rule.target.kind.as_str();
        match (self.rules, self.rule.guard) {
            (_, Guard::None) => true,
            (Rules::Kustomize, Guard::Kind) if self.rule.path.ends_with("roleRef/name") => self.role_ref_fits(map),
            (Rules::Kustomize, _) => true,
            (Rules::Typed, Guard::Kind) => kind() == Some(target),
            (Rules::Typed, Guard::KindOrMissing) => kind().is_none_or(|kind| kind == target),
            (Rules::Typed, Guard::Resource(plural)) => {
                let named = |node: &Node| node.as_str().is_some_and(|text| text == plural || text == "*");
                map.get("resources").is_some_and(|resources| resources.items().any(named))
            }
        }
    }

    /// Kustomize looks at kind and group of a `roleRef` only when both are there.
    fn role_ref_fits(&self, map: &Map) -> bool {
        let text = |key| map.get(key).and_then(Node::as_str);
        match (text("apiGroup"), text("kind")) {
            (Some(group), Some(kind)) => {
                kind == self.rule.target.kind && (group.is_empty() || group == self.rule.target.group)
            }
            _ => true,
        }
    }

    /// The resource that a name means (in a mapping: name and namespace); `None` when there is none
    /// whose id changed, or it cannot be told.
    fn select(&mut self, name: &str, namespace: Option<&str>, mapping: bool, origin: Origin) -> Option<usize> {
        let candidates = self.candidates(name, namespace);
        if let [only] = candidates[..] {
            let moved = !self.set.get(only).previous_ids().is_empty();
            return moved.then_some(only);
        }
        let nearest = self.nearest(&candidates, name);
        let Some(first) = nearest.first().copied() else {
            let unclear =
                self.rules == Rules::Typed && candidates.iter().all(|index| self.set.get(*index).name() != name);
            if unclear && !candidates.is_empty() {
                self.report(name, origin, candidates);
            }
            return None;
        };
        let id = |index: &usize| self.set.get(*index).id();
        let alike =
            |index| id(index).name == id(&first).name && (!mapping || id(index).namespace == id(&first).namespace);
        if nearest.iter().all(alike) {
            return Some(first);
        }
        self.report(name, origin, nearest);
        None
    }

    fn report(&mut self, name: &str, origin: Origin, candidates: Vec<usize>) {
        let kind = self.rule.target.kind.clone();
        self.ambiguities.push(Ambiguity { referrer: self.index, origin, kind, name: name.into(), candidates });
    }

    /// The candidates that went through the layers of the referrer. In typed overlays, one that
    /// had the name from the start comes before one that got it by a rename: `app` and `p-app`
    /// with the prefix `p-` are `p-app` and `p-p-app`, and what said `p-app` means the second.
    fn nearest(&self, candidates: &[usize], name: &str) -> Vec<usize> {
        let with = |or_none| {
            let same = move |index: &usize| same_affixes(self.set.get(*index), self.referrer, or_none);
            candidates.iter().copied().filter(same).collect::<Vec<_>>()
        };
        let mut nearest = with(true);
        if nearest.len() > 1 {
            nearest = with(false);
        }
        let original = |index: &usize| self.set.get(*index).original_id().name == name;
        if self.rules == Rules::Typed && nearest.iter().any(original) {
            nearest.retain(original);
        }
        nearest
    }

    fn candidates(&self, name: &str, namespace: Option<&str>) -> Vec<usize> {
        let target = &self.rule.target;
        let mut candidates: Vec<usize> = self.set.find_by_any_name(&target.kind, name).to_vec();
        if self.rules == Rules::Typed && target.kind == "Secret" && target.group.is_empty() {
            for kind in SECRET_MAKERS {
                let makers = self.set.find_by_any_name(kind, name).iter().copied();
                candidates.extend(makers.filter(|index| makes_secret_of_its_name(self.set.get(*index))));
            }
        }
        candidates.retain(|index| {
            let candidate = self.set.get(*index);
            self.had_name(candidate, name)
                && self.is_of_target(candidate)
                && self.within_reach(self.referrer, candidate)
                && namespace.is_none_or(|namespace| self.in_namespace(candidate, name, namespace))
        });
        candidates
    }

    /// The ids that count: kustomize looks at earlier ids alone.
    fn ids<'r>(&self, resource: &'r Resource) -> impl Iterator<Item = &'r ResourceId> + use<'r> {
        resource.every_id().skip(usize::from(self.rules == Rules::Kustomize))
    }

    fn had_name(&self, candidate: &Resource, name: &str) -> bool {
        self.ids(candidate).any(|id| id.name == name)
    }

    fn is_of_target(&self, candidate: &Resource) -> bool {
        let target = &self.rule.target;
        match self.rules {
            Rules::Typed => {
                makes_secret_of_its_name(candidate) || candidate.every_id().any(|id| id.gvk.group == target.group)
            }
            Rules::Kustomize => {
                // Its entries for workloads name no group.
                let any_group = matches!(target.kind.as_str(), "Deployment" | "StatefulSet" | "ReplicaSet");
                let fits = |selector: &EcoString, value: &EcoString| selector.is_empty() || selector == value;
                self.ids(candidate).any(|ResourceId { gvk, .. }| {
                    gvk.kind == target.kind
                        && (any_group || fits(&target.group, &gvk.group))
                        && fits(&target.version, &gvk.version)
                })
            }
        }
    }

    /// Objects refer to objects of their own namespace and to cluster-scoped ones. Those without
    /// a namespace refer to any, and bindings to accounts of the namespaces that they name.
    fn within_reach(&self, referrer: &Resource, candidate: &Resource) -> bool {
        let scoped = |resource: &Resource| {
            let gvk: &Gvk = &resource.id().gvk;
            match self.rules {
                Rules::Typed => crate::scope::is_cluster_scoped(&gvk.group, &gvk.kind),
                Rules::Kustomize => crate::scope::is_cluster_scoped_for_kustomize(gvk),
            }
        };
        let namespace = &candidate.id().namespace;
        let same = || effective(namespace) == effective(&referrer.id().namespace);
        scoped(referrer) || scoped(candidate) || same() || subject_namespaces(referrer).any(|named| named == namespace)
    }

    /// Whether a candidate is in the namespace that is written beside the name.
    fn in_namespace(&self, candidate: &Resource, name: &str, namespace: &str) -> bool {
        let is = |id: &ResourceId| effective(&id.namespace) == namespace;
        match self.rules {
            Rules::Typed => candidate.every_id().any(|id| is(id) && (id.name == name || id == candidate.id())),
            Rules::Kustomize if self.namespaces.contains(namespace) => is(candidate.original_id()),
            Rules::Kustomize => is(candidate.id()),
        }
    }
}

/// The namespace `default` where none is written.
fn effective(namespace: &EcoString) -> &EcoString {
    static DEFAULT: EcoString = EcoString::inline("default");
    if namespace.is_empty() { &DEFAULT } else { namespace }
}

/// The namespaces of the accounts that a RoleBinding names.
fn subject_namespaces(referrer: &Resource) -> impl Iterator<Item = &str> {
    let subjects = (referrer.kind() == "RoleBinding").then(|| referrer.root.get("subjects")).flatten();
    let accounts = subjects.into_iter().flat_map(Node::items);
    let accounts = accounts.filter(|subject| subject.get("kind").and_then(Node::as_str) == Some("ServiceAccount"));
    accounts.filter_map(|subject| subject.get("namespace")?.as_str())
}

/// Custom kinds from which an operator makes a Secret.
const SECRET_MAKERS: [&str; 3] = ["SealedSecret", "ExternalSecret", "Certificate"];

/// Whether an operator makes a Secret of the same name from this resource: a SealedSecret, an
/// ExternalSecret that names no target, or a Certificate that is named like its Secret.
fn makes_secret_of_its_name(resource: &Resource) -> bool {
    let gvk = &resource.id().gvk;
    match (gvk.group.as_str(), gvk.kind.as_str()) {
        ("bitnami.com", "SealedSecret") => true,
        ("external-secrets.io", "ExternalSecret") => {
            resource.root.at(&["spec", "target", "name"]).is_none_or(Node::is_null)
        }
        ("cert-manager.io", "Certificate") => {
            let secret = resource.root.at(&["spec", "secretName"]).and_then(Node::as_str);
            secret.is_some_and(|secret| resource.every_id().any(|id| id.name == secret))
        }
        _ => false,
    }
}

/// Whether two resources went through layers with the same prefixes and suffixes, the outermost
/// first; the shorter list decides. With `or_none`, a resource without any fits all.
fn same_affixes(a: &Resource, b: &Resource, or_none: bool) -> bool {
    let same = |a: &[EcoString], b: &[EcoString]| match a.is_empty() || b.is_empty() {
        true => or_none || a.len() == b.len(),
        false => a.ends_with(b) || b.ends_with(a),
    };
    same(&a.prefixes, &b.prefixes) && same(&a.suffixes, &b.suffixes)
}

/// The text at `keys` of the target, with an origin that leads to it and keeps what it replaced.
fn follow(target: &Resource, keys: &[&str], old: &Node, origins: &mut Origins) -> Node {
    let new = target.root.at(keys);
    let origin = origins.replace(Cause::Transform("references"), new.map_or(old.origin(), Node::origin), old);
    Node::string(new.and_then(Node::as_str).unwrap_or_default(), origin)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::names::{Affixes, affix, rename};
    use super::super::namespace;
    use super::super::test::{entry, field, origins, resource, set};
    use super::*;

    fn prefixed(set: &mut ResourceSet, prefix: &str) {
        assert_eq!(affix(set, &Affixes { prefix, suffix: "", origin: entry() }, &mut origins()), []);
    }

    /// A target and a referrer get the prefix `p-`; then the field of the referrer is `expected`
    /// under the typed and under kustomize's rules.
    fn check(target: &str, kind: &str, fields: &str, expected: [&str; 2]) {
        for (table, expected) in [Table::typed(), Table::kustomize()].iter().zip(expected) {
            let mut set = set([resource(target, "t", "{}"), resource(kind, "r", fields)]);
            prefixed(&mut set, "p-");
            assert_eq!(apply(&mut set, table, &mut origins()), []);
            let mut root = set.get(1).root.clone();
            let map = root.as_map_mut().unwrap();
            map.retain(|entry| !matches!(entry.key.as_str(), "apiVersion" | "kind" | "metadata"));
            assert_eq!(super::super::test::json(&root), expected, "{kind} -> {target}");
        }
    }

    fn follows(target: &str, kind: &str, fields: &str) {
        let new = fields.replace(r#""t""#, r#""p-t""#);
        check(target, kind, fields, [&new, &new]);
    }

    fn stays(target: &str, kind: &str, fields: &str) {
        check(target, kind, fields, [fields, fields]);
    }

    fn only_typed(target: &str, kind: &str, fields: &str) {
        check(target, kind, fields, [&fields.replace(r#""t""#, r#""p-t""#), fields]);
    }

    #[test]
    fn every_way_of_a_pod_to_name_configuration_follows() {
        for pod in [
            r#"{"volumes":[{"name":"t","configMap":{"name":"t"}}]}"#,
            r#"{"containers":[{"env":[{"valueFrom":{"configMapKeyRef":{"name":"t","key":"k"}}}]}]}"#,
            r#"{"initContainers":[{"envFrom":[{"configMapRef":{"name":"t"}}]}]}"#,
            r#"{"volumes":[{"projected":{"sources":[{"configMap":{"name":"t"}}]}}]}"#,
        ] {
            // The name of a volume is none of a resource.
            let new = pod
                .replace(r#""name":"t""#, r#""name":"p-t""#)
                .replace(r#"{"name":"p-t","configMap""#, r#"{"name":"t","configMap""#);
            for (kind, before, after) in [
                ("v1 Pod", r#"{"spec":"#, "}"),
                ("apps/v1 Deployment", r#"{"spec":{"template":{"spec":"#, "}}}"),
                ("batch/v1 CronJob", r#"{"spec":{"jobTemplate":{"spec":{"template":{"spec":"#, "}}}}}"),
            ] {
                let (old, new) = (format!("{before}{pod}{after}"), format!("{before}{new}{after}"));
                check("v1 ConfigMap", kind, &old, [&new, &new]);
            }
        }
        follows(
            "v1 Secret",
            "apps/v1 StatefulSet",
            r#"{"spec":{"template":{"spec":{"volumes":[{"secret":{"secretName":"t"}}]}}}}"#,
        );
        follows("v1 Secret", "v1 ServiceAccount", r#"{"imagePullSecrets":[{"name":"t"}]}"#);
        follows("v1 ServiceAccount", "batch/v1 Job", r#"{"spec":{"template":{"spec":{"serviceAccountName":"t"}}}}"#);
        let ephemeral = r#"{"spec":{"ephemeralContainers":[{"envFrom":[{"secretRef":{"name":"t"}}]}]}}"#;
        only_typed("v1 Secret", "v1 Pod", ephemeral);
    }

    #[test]
    fn services_roles_and_classes_follow() {
        let ingress = r#"{"spec":{"rules":[{"http":{"paths":[{"backend":{"service":{"name":"t"}}}]}}]}}"#;
        follows("v1 Service", "networking.k8s.io/v1 Ingress", ingress);
        follows("v1 Secret", "networking.k8s.io/v1 Ingress", r#"{"spec":{"tls":[{"secretName":"t"}]}}"#);
        follows("storage.k8s.io/v1 StorageClass", "v1 PersistentVolumeClaim", r#"{"spec":{"storageClassName":"t"}}"#);
        only_typed(
            "networking.k8s.io/v1 IngressClass",
            "networking.k8s.io/v1 Ingress",
            r#"{"spec":{"ingressClassName":"t"}}"#,
        );
        let role = "rbac.authorization.k8s.io/v1 Role";
        let binding = "rbac.authorization.k8s.io/v1 RoleBinding";
        follows(role, binding, r#"{"roleRef":{"apiGroup":"rbac.authorization.k8s.io","kind":"Role","name":"t"}}"#);
        stays(role, binding, r#"{"roleRef":{"apiGroup":"rbac.authorization.k8s.io","kind":"ClusterRole","name":"t"}}"#);
        follows(
            "v1 Service",
            "admissionregistration.k8s.io/v1 ValidatingWebhookConfiguration",
            r#"{"webhooks":[{"clientConfig":{"service":{"name":"t"}}}]}"#,
        );
    }

    #[test]
    fn a_kind_beside_the_name_counts() {
        let hpa = "autoscaling/v2 HorizontalPodAutoscaler";
        follows("apps/v1 Deployment", hpa, r#"{"spec":{"scaleTargetRef":{"kind":"Deployment","name":"t"}}}"#);
        let rollout = r#"{"spec":{"scaleTargetRef":{"kind":"Rollout","name":"t"}}}"#;
        check("apps/v1 Deployment", hpa, rollout, [rollout, &rollout.replace(r#""t""#, r#""p-t""#)]);
        let role = r#"{"rules":[{"resources":["secrets"],"resourceNames":["t","x"]}]}"#;
        follows("v1 Secret", "rbac.authorization.k8s.io/v1 Role", role);
        check("v1 ConfigMap", "rbac.authorization.k8s.io/v1 Role", role, [role, &role.replace(r#""t""#, r#""p-t""#)]);
        let user = r#"{"subjects":[{"kind":"User","name":"t"}]}"#;
        check(
            "v1 ServiceAccount",
            "rbac.authorization.k8s.io/v1 RoleBinding",
            user,
            [user, &user.replace(r#""t""#, r#""p-t""#)],
        );
    }

    #[test]
    fn secrets_that_an_operator_makes_follow_their_maker() {
        let pod = r#"{"spec":{"containers":[{"envFrom":[{"secretRef":{"name":"t"}}]}]}}"#;
        only_typed("bitnami.com/v1alpha1 SealedSecret", "v1 Pod", pod);
        only_typed("external-secrets.io/v1 ExternalSecret", "v1 Pod", pod);
        let build = [
            resource("external-secrets.io/v1 ExternalSecret", "t", r#"{"spec":{"target":{"name":"t"}}}"#),
            resource("v1 Pod", "r", pod),
        ];
        let mut set = set(build);
        prefixed(&mut set, "p-");
        apply(&mut set, &Table::typed(), &mut origins());
        assert!(field(&set, 1, &["spec"]).contains(r#""name":"t""#), "the name of the Secret is written, so it stays");
    }

    #[test]
    fn names_of_every_layer_lead_to_the_present_one() {
        for name in ["c", "b-c", "a-b-c"] {
            let pod = format!(r#"{{"spec":{{"volumes":[{{"configMap":{{"name":"{name}"}}}}]}}}}"#);
            let mut map = resource("v1 ConfigMap", "c", "{}");
            map.needs_hash = true;
            let mut set = set([map]);
            prefixed(&mut set, "b-");
            prefixed(&mut set, "a-");
            set.insert(resource("v1 Pod", "r", &pod)).unwrap();
            super::super::hash::apply(&mut set, &mut origins());
            apply(&mut set, &Table::typed(), &mut origins());
            assert!(field(&set, 1, &["spec"]).contains("a-b-c-6ct58987ht"), "{name}");
        }
    }

    #[test]
    fn of_two_layers_with_one_name_the_referrer_means_its_own() {
        let pod = |name| resource("v1 Pod", name, r#"{"spec":{"volumes":[{"secret":{"secretName":"s"}}]}}"#);
        let mut all = ResourceSet::default();
        for prefix in ["a-", "b-"] {
            let mut layer = set([resource("v1 Secret", "s", "{}"), pod("p")]);
            prefixed(&mut layer, prefix);
            for resource in &layer {
                all.insert(resource.clone()).unwrap();
            }
        }
        assert_eq!(apply(&mut all, &Table::typed(), &mut origins()), []);
        assert!(field(&all, 1, &["spec"]).contains("a-s") && field(&all, 3, &["spec"]).contains("b-s"));
    }

    #[test]
    fn a_reference_from_outside_of_both_layers_is_reported() {
        let mut all = ResourceSet::default();
        for prefix in ["a-", "b-"] {
            let mut layer = set([resource("v1 Secret", "s", "{}")]);
            prefixed(&mut layer, prefix);
            all.insert(layer.get(0).clone()).unwrap();
        }
        all.insert(resource("v1 ServiceAccount", "x", r#"{"imagePullSecrets":[{"name":"s"}]}"#)).unwrap();
        let found = apply(&mut all, &Table::typed(), &mut origins());
        assert_eq!(
            found.iter().map(|found| (found.name.as_str(), found.candidates.len())).collect::<Vec<_>>(),
            [("s", 2)]
        );
        assert_eq!(apply(&mut all, &Table::kustomize(), &mut origins()), []);
    }

    #[test]
    fn the_same_name_in_another_namespace_is_another_resource() {
        let pod = r#"{"spec":{"volumes":[{"secret":{"secretName":"s"}}]}}"#;
        let mut set = set([
            resource("v1 Secret", "x/s", "{}"),
            resource("v1 Secret", "y/s", "{}"),
            resource("v1 Pod", "y/p", pod),
        ]);
        rename(&mut set, 0, "wrong", entry(), &mut origins()).unwrap();
        rename(&mut set, 1, "right", entry(), &mut origins()).unwrap();
        assert_eq!(apply(&mut set, &Table::typed(), &mut origins()), []);
        assert!(field(&set, 2, &["spec"]).contains("right"));
    }

    #[test]
    fn subjects_follow_accounts_in_name_and_namespace() {
        let binding = r#"{"subjects":[{"kind":"ServiceAccount","name":"a","namespace":"old"}]}"#;
        let kind = "rbac.authorization.k8s.io/v1 ClusterRoleBinding";
        let mut set = set([resource("v1 ServiceAccount", "old/a", "{}"), resource(kind, "b", binding)]);
        prefixed(&mut set, "p-");
        namespace::apply(&mut set, "new", entry(), &namespace::Options::TYPED, &mut origins());
        let mut origins = origins();
        assert_eq!(apply(&mut set, &Table::typed(), &mut origins), []);
        assert_eq!(field(&set, 1, &["subjects"]), r#"[{"kind":"ServiceAccount","name":"p-a","namespace":"new"}]"#);
    }

    #[test]
    fn a_reference_that_could_mean_two_resources_is_reported_and_stays() {
        let kind = "rbac.authorization.k8s.io/v1 ClusterRoleBinding";
        let binding = resource(kind, "b", r#"{"subjects":[{"kind":"ServiceAccount","name":"sa"}]}"#);
        for table in [Table::typed(), Table::kustomize()] {
            let mut set = set([
                resource("v1 ServiceAccount", "sa", "{}"),
                resource("v1 ServiceAccount", "x/sa", "{}"),
                binding.clone(),
            ]);
            for (index, namespace) in [(0, "a"), (1, "b")] {
                let moved = set.update(index, |resource| {
                    resource
                        .root
                        .map_under("metadata", entry())
                        .unwrap()
                        .insert("namespace", Node::string(namespace, entry()));
                });
                moved.unwrap();
            }
            let found = apply(&mut set, &table, &mut origins());
            assert_eq!(
                found.iter().map(|found| (found.referrer, &found.candidates[..])).collect::<Vec<_>>(),
                [(2, &[0, 1][..])]
            );
            assert_eq!(field(&set, 2, &["subjects"]), r#"[{"kind":"ServiceAccount","name":"sa"}]"#);
        }
    }

    #[test]
    fn a_reference_says_what_it_replaced_and_where_the_name_comes_from() {
        let mut set = set([
            resource("v1 Secret", "s", "{}"),
            resource("v1 ServiceAccount", "a", r#"{"imagePullSecrets":[{"name":"s"}]}"#),
        ]);
        let mut origins = origins();
        affix(&mut set, &Affixes { prefix: "p-", suffix: "", origin: entry() }, &mut origins);
        apply(&mut set, &Table::typed(), &mut origins);
        let name = set.get(1).root.get("imagePullSecrets").unwrap().items().next().unwrap().get("name").unwrap();
        assert_eq!(origins.place(name.origin()), entry().position());
        assert_eq!(origins.get(name.origin()).unwrap().old.as_ref().and_then(Node::as_str), Some("s"));
    }

    /// The expected values are what `kubectl kustomize` (5.5.0) prints for the same resources with
    /// `namespace: new` and `namePrefix: p-`.
    #[test]
    fn namespace_and_prefix_together_give_what_kustomize_prints() {
        let rbac = "rbac.authorization.k8s.io/v1 RoleBinding";
        let mut set = set([
            resource("v1 Service", "svc", "{}"),
            resource("v1 ServiceAccount", "old/acct", "{}"),
            resource(
                "apiextensions.k8s.io/v1 CustomResourceDefinition",
                "c",
                r#"{"spec":{"conversion":{"webhook":{"clientConfig":{"service":{"name":"svc","namespace":"x"}}}}}}"#,
            ),
            resource(
                "admissionregistration.k8s.io/v1 ValidatingWebhookConfiguration",
                "w",
                r#"{"webhooks":[{"clientConfig":{"service":{"name":"svc"}}}]}"#,
            ),
            resource(
                rbac,
                "b",
                r#"{"roleRef":{"apiGroup":"rbac.authorization.k8s.io","kind":"Role","name":"r"},"subjects":[{"kind":"ServiceAccount","name":"acct","namespace":"old"},{"kind":"User","name":"default"},{"kind":"User","name":"acct"}]}"#,
            ),
        ]);
        namespace::apply(&mut set, "new", entry(), &namespace::Options::KUSTOMIZE, &mut origins());
        prefixed(&mut set, "p-");
        assert_eq!(apply(&mut set, &Table::kustomize(), &mut origins()), []);
        assert_eq!(super::super::test::names(&set), ["new/p-svc", "new/p-acct", "c", "p-w", "new/p-b"]);
        let conversion = ["spec", "conversion", "webhook", "clientConfig", "service"];
        assert_eq!(field(&set, 2, &conversion), r#"{"name":"svc","namespace":"new"}"#);
        let webhooks = r#"[{"clientConfig":{"service":{"name":"p-svc","namespace":"new"}}}]"#;
        assert_eq!(field(&set, 3, &["webhooks"]), webhooks);
        assert_eq!(
            field(&set, 4, &["subjects"]),
            r#"[{"kind":"ServiceAccount","name":"p-acct","namespace":"new"},{"kind":"User","name":"default","namespace":"new"},{"kind":"User","name":"p-acct","namespace":"new"}]"#
        );
    }

    proptest! {
        #[test]
        fn references_lead_to_the_resource_that_had_the_name(
            targets in proptest::collection::btree_set("[a-c]{1,3}", 1..5),
            steps in proptest::collection::vec(("[a-c-]{0,2}", "[a-c-]{0,2}"), 1..4),
            picks in proptest::collection::vec(0usize..5, 1..6),
        ) {
            let targets: Vec<_> = targets.into_iter().collect();
            let names: Vec<_> = picks.iter().map(|pick| targets[pick % targets.len()].clone()).collect();
            let volumes: Vec<_> = names.iter().map(|name| format!(r#"{{"secret":{{"secretName":"{name}"}}}}"#)).collect();
            let pod = resource("v1 Pod", "pod", &format!(r#"{{"spec":{{"volumes":[{}]}}}}"#, volumes.join(",")));
            let secrets = targets.iter().map(|name| resource("v1 Secret", name, "{}"));
            let mut set = set(secrets.chain([pod]));
            let pod = set.len() - 1;
            for (prefix, suffix) in &steps {
                affix(&mut set, &Affixes { prefix, suffix, origin: entry() }, &mut origins());
            }
            prop_assert_eq!(apply(&mut set, &Table::typed(), &mut origins()), []);
            for (name, volume) in names.iter().zip(set.get(pod).root.at(&["spec", "volumes"]).unwrap().items()) {
                let written = volume.at(&["secret", "secretName"]).unwrap().as_str().unwrap();
                let meant = set.iter().find(|resource| resource.original_id().name == *name).unwrap();
                prop_assert_eq!(written, meant.name(), "{}", name);
            }
        }
    }
}
