//! What a build holds, by kind, name and namespace, and what a name that it lacks may have meant.

use std::collections::{HashMap, HashSet};

use super::Build;
use super::secrets;
use crate::diagnostic::{Diagnostic, Diagnostics, near_miss};
use crate::kubernetes;
use crate::resource::Resource;
use crate::tree::{Node, Value};

/// How many names a near miss is looked for among.
const NEAR: usize = 500;

/// Groups whose kinds refer to objects and make none.
const READERS: [&str; 12] = [
    "argoproj.io",
    "cilium.io",
    "extensions",
    "gateway.networking.k8s.io",
    "keda.sh",
    "monitoring.coreos.com",
    "networking.istio.io",
    "policy.networking.k8s.io",
    "projectcontour.io",
    "security.istio.io",
    "traefik.containo.us",
    "traefik.io",
];

/// An object of the build, or one that an operator makes from one.
pub(super) struct Held<'a> {
    pub namespace: &'a str,
    /// The resource that is or makes it.
    pub resource: &'a Resource,
    /// The keys of its data; `None` when only the cluster knows them.
    pub keys: Option<HashSet<&'a str>>,
}

/// Group and kind.
pub(super) type Kind<'a> = (&'a str, &'a str);

/// The objects of one kind by name.
type Names<'a> = HashMap<&'a str, Vec<Held<'a>>>;

/// The objects of a build by group and kind.
pub(super) struct Objects<'a> {
    held: HashMap<&'a str, HashMap<&'a str, Names<'a>>>,
    /// The texts of custom resources, and their names: an operator may make what is called so.
    mentioned: HashSet<&'a str>,
    namespaces: HashSet<&'a str>,
}

/// What became of a name.
pub(super) enum Found<'o, 'a> {
    /// It is there.
    Here(&'o Held<'a>),
    /// It is there, in another namespace.
    Elsewhere(&'a str),
    /// What was called so before a transform renamed it.
    Renamed(&'a str),
    /// Something has nearly that name.
    Near(&'a str),
    /// A custom resource names it.
    Mentioned,
    /// Nothing is known of it.
    Absent,
}

impl<'a> Objects<'a> {
    pub fn new(build: &Build<'a>) -> Self {
        let mut made = Self { held: HashMap::new(), mentioned: HashSet::new(), namespaces: HashSet::new() };
        for resource in build.resources {
            let id = resource.id();
            made.add((&id.gvk.group, &id.gvk.kind), resource.name(), &id.namespace, resource, keys(resource));
            let group = id.gvk.group.as_str();
            let makes = kubernetes::is_namespaced(&id.gvk).is_none() && !READERS.contains(&group);
            for secret in secrets::made_by(resource).into_iter().filter(|secret| secret.by_operator) {
                made.add(("", "Secret"), secret.name, secret.namespace, resource, None);
            }
            if makes {
                made.mentioned.insert(resource.name());
                made.mention(&resource.root);
            }
        }
        if let Some(app) = build.app {
            made.mentioned.extend(app.contract.declared.iter().map(|secret| secret.name.as_str()));
        }
        made
    }

    fn add(
        &mut self,
        kind: Kind<'a>,
        name: &'a str,
        namespace: &'a str,
        resource: &'a Resource,
        keys: Option<HashSet<&'a str>>,
    ) {
        let names = self.held.entry(kind.0).or_default().entry(kind.1).or_default();
        self.namespaces.insert(namespace);
        names.entry(name).or_default().push(Held { namespace, resource, keys });
    }

    fn mention(&mut self, node: &'a Node) {
        match node.value() {
            Value::Str(text) => {
                self.mentioned.insert(text);
            }
            Value::Seq(items) => items.iter().for_each(|item| self.mention(item)),
            Value::Map(map) => map.iter().for_each(|entry| self.mention(&entry.node)),
            _ => {}
        }
    }

    /// Whether a custom resource of the build has this text.
    pub fn is_mentioned(&self, text: &str) -> bool {
        self.mentioned.contains(text)
    }

    /// Whether something of the build is in this namespace, or no namespace is meant.
    pub fn reaches(&self, namespace: &str) -> bool {
        namespace.is_empty() || self.namespaces.contains(namespace)
    }

    /// The object of this kind and name that an object of `namespace` means. No namespace may become
    /// any: the destination of the application says it.
    pub fn find<'o>(&'o self, build: &Build<'a>, kind: Kind<'_>, namespace: &str, name: &str) -> Found<'o, 'a> {
        let names = self.held.get(kind.0).and_then(|kinds| kinds.get(kind.1));
        let Some(names) = names else { return self.unknown(build, kind, name) };
        if let Some(all) = names.get(name) {
            let fits =
                |held: &&Held<'_>| namespace.is_empty() || held.namespace.is_empty() || held.namespace == namespace;
            return match all.iter().find(fits) {
                Some(held) => Found::Here(held),
                None => all.first().map_or(Found::Absent, |held| Found::Elsewhere(held.namespace)),
            };
        }
        match self.unknown(build, kind, name) {
            Found::Absent => {
                let near =
                    near_miss(name, names.keys().copied().filter(|other| !same_but_digits(other, name)).take(NEAR));
                near.map_or(Found::Absent, Found::Near)
            }
            found => found,
        }
    }

    fn unknown(&self, build: &Build<'a>, kind: Kind<'_>, name: &str) -> Found<'_, 'a> {
        let resources = build.resources;
        let renamed = resources.find_by_any_name(kind.1, name).iter().map(|index| resources.get(*index));
        let renamed = renamed.filter(|one| one.id().gvk.group == kind.0).find(|one| one.name() != name);
        match renamed {
            Some(renamed) => Found::Renamed(renamed.name()),
            None if self.mentioned.contains(name) => Found::Mentioned,
            None => Found::Absent,
        }
    }
}

/// Names of a row, such as `db-0` and `db-1`: neither is the other misspelt.
fn same_but_digits(a: &str, b: &str) -> bool {
    let letters = |text: &str| text.chars().filter(|c| !c.is_ascii_digit()).collect::<String>();
    a.len().abs_diff(b.len()) < 3 && letters(a) == letters(b)
}

/// The keys of a ConfigMap or Secret of the build. One without any is filled in the cluster, and so
/// is one that a controller is asked to write to.
fn keys(resource: &Resource) -> Option<HashSet<&str>> {
    if !(resource.id().gvk.group.is_empty() && matches!(resource.kind(), "ConfigMap" | "Secret")) {
        return None;
    }
    let root = &resource.root;
    let is_token = root.get("type").and_then(Node::as_str) == Some("kubernetes.io/service-account-token");
    let fields = ["data", "binaryData", "stringData"];
    let entries = fields.iter().filter_map(|field| root.get(field)).flat_map(Node::entries);
    let keys: HashSet<&str> = entries.map(|entry| entry.key.as_str()).collect();
    (!keys.is_empty() && !is_token).then_some(keys)
}

/// A place at which one object names another.
#[derive(Clone, Copy)]
pub(super) struct Reference<'a> {
    /// Who refers to it.
    pub by: &'a Resource,
    /// Where.
    pub node: &'a Node,
    pub kind: Kind<'a>,
    pub namespace: &'a str,
    pub name: &'a str,
}

/// References that nothing in the build answers, each object said once.
pub(super) struct Missing<'a> {
    said: HashSet<(&'a str, &'a str, &'a str)>,
    /// Whether the build is a whole application, in which what is absent is missing.
    whole: bool,
}

impl<'a> Missing<'a> {
    pub fn new(build: &Build<'a>) -> Self {
        Self { said: HashSet::new(), whole: build.app.is_some() }
    }

    /// Reports a reference that `found` does not answer.
    pub fn say(
        &mut self,
        build: &Build<'_>,
        reference: Reference<'a>,
        found: &Found<'_, '_>,
        diagnostics: &mut Diagnostics,
    ) {
        let Reference { by, node, kind: (_, kind), namespace, name } = reference;
        // A variable that something behind the build replaces.
        let is_name = !name.is_empty() && !name.contains(['$', '{', '%']);
        if !is_name || matches!(found, Found::Here(_) | Found::Mentioned) {
            return;
        }
        if !self.said.insert((kind, namespace, name)) {
            return;
        }
        let id = by.id();
        let warning =
            |message: String| Diagnostic::warning("reference-not-found", message).about(by.id()).at(build.at(by, node));
        let absent = format!("`{id}` refers to the {kind} `{name}`, which is not part of this build");
        diagnostics.push(match found {
            Found::Renamed(now) => {
                warning(format!("`{id}` refers to the {kind} `{name}`, which is called `{now}` now"))
                    .help(format!("write `{now}`, or tell kustomize of the field with `nameReference`"))
            }
            Found::Elsewhere(there) => {
                let where_ = if namespace.is_empty() { String::new() } else { format!(", not in `{namespace}`") };
                warning(format!("`{id}` refers to the {kind} `{name}`, which is in the namespace `{there}`{where_}"))
                    .help("put both into one namespace: such a reference does not leave its own")
            }
            Found::Near(near) => warning(absent).help(format!("did you mean `{near}`?")),
            _ if self.whole => warning(absent).help("add it to the application, or correct the name"),
            _ => Diagnostic::note("outside-reference", absent)
                .about(by.id())
                .at(build.at(by, node))
                .help("nothing to do where it is made elsewhere; otherwise correct the name or add the object"),
        });
    }
}
