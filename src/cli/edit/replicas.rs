//! How many pods a workload of an overlay has, and how that is changed.

use super::draft::{at, below, keys};
use super::{Files, key_of, known, put};
use crate::diagnostic::Diagnostic;
use crate::error::Result;
use crate::pipeline::{Rendered, WrittenFile};
use crate::project::Kind;
use crate::tree::{Map, Node, Segment, Value};

/// The sections whose workloads have a number of pods.
const SCALED: [&str; 3] = ["deployments", "workers", "statefulSets"];

/// A workload of an application: its section and key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Workload {
    pub section: &'static str,
    pub key: String,
    /// The name of its object.
    name: String,
}

/// Sets the number of pods of the workload `name` (its key, or the name of its object).
pub fn set(files: &mut Files<'_>, name: &str, count: u32, shared: bool) -> Result<()> {
    let own = files.own()?;
    if own.kind == Kind::Kustomization {
        return in_kustomization(files, own, name, count);
    }
    let workload = find(files, name, &SCALED)?;
    let layers = files.layers().iter().rev().take(if shared { usize::MAX } else { 1 });
    let way = |file: &WrittenFile| path(file.kind, workload.section, &workload.key, &["replicas"]);
    let mut saying = layers.filter(|file| at(&files.tree(file), &way(file)).is_some());
    let file = match saying.next() {
        Some(file) => file,
        None if shared => {
            let message = format!("no file of `{}` says the replicas of `{name}`", files.name());
            return Err(Diagnostic::error("no-place", message)
                .help("leave out `--shared` to set them in the overlay")
                .into());
        }
        None => own,
    };
    let (path, value) = (way(file), Value::Int(count.into()));
    let draft = files.draft(file);
    let tree = draft.tree();
    let Some(guard) = tree.as_ref().and_then(|tree| at(tree, &path)).filter(|node| node.as_map().is_some()) else {
        return put(draft, &path, &value);
    };
    if let Some(exactly) = guard.get("exactly") {
        let because = guard.get("because").and_then(Node::as_str).unwrap_or("nobody says why");
        let message = format!("`{name}` has a guard, `exactly: {}`: {because}", exactly.as_i64().unwrap_or_default());
        let place = draft.place(exactly);
        let help = "nothing was written; who may change the guard does it by hand, with its reason";
        return Err(Diagnostic::error("replicas-guard", message).at(place).help(help).into());
    }
    put(draft, &below(&path, "count"), &value)
}

/// The way to a field of a workload in a file of this kind.
pub(super) fn path(kind: Kind, section: &str, key: &str, field: &[&str]) -> Vec<Segment> {
    let start: &[&str] = if kind == Kind::App { &[] } else { &["app"] };
    keys(start.iter().copied().chain([section, key]).chain(field.iter().copied()))
}

/// The workload of this key or object name in one of `sections`.
pub(super) fn find(files: &Files<'_>, name: &str, sections: &[&'static str]) -> Result<Workload> {
    let all = workloads(files, sections);
    let (section, key) = name.split_once('/').map_or((None, name), |(section, key)| (Some(section), key));
    let is_in = |workload: &&Workload| section.is_none_or(|section| section == workload.section);
    let mut meant: Vec<&Workload> = all.iter().filter(is_in).filter(|workload| workload.key == key).collect();
    if meant.is_empty() {
        meant = all.iter().filter(is_in).filter(|workload| workload.name == key).collect();
    }
    match meant.as_slice() {
        [one] => Ok((*one).clone()),
        [] => {
            let names: Vec<&str> = all.iter().flat_map(|one| [one.key.as_str(), one.name.as_str()]).collect();
            let mut unique: Vec<&str> = Vec::new();
            names.into_iter().for_each(|name| {
                if !unique.contains(&name) {
                    unique.push(name)
                }
            });
            let message = format!("`{}` has no workload `{name}`", files.name());
            Err(Diagnostic::error("unknown-workload", message).help(known(key, &unique)).into())
        }
        several => {
            let ways: Vec<String> = several.iter().map(|one| format!("`{}/{}`", one.section, one.key)).collect();
            let message = format!("`{name}` may be {}", ways.join(" or "));
            Err(Diagnostic::error("ambiguous-workload", message).help("write the section before it").into())
        }
    }
}

/// The workloads of all layers, in the order of the sections.
pub(super) fn workloads(files: &Files<'_>, sections: &[&'static str]) -> Vec<Workload> {
    let mut found: Vec<Workload> = Vec::new();
    let mut app = String::new();
    for file in files.layers() {
        let tree = files.tree(file);
        if let Some(name) = tree.at(&["metadata", "name"]).and_then(Node::as_str).filter(|_| file.kind == Kind::App) {
            app = name.to_owned();
        }
        let part = if file.kind == Kind::App { Some(&tree) } else { tree.get("app") };
        for section in sections {
            for entry in part.and_then(|part| part.get(section)).into_iter().flat_map(Node::entries) {
                let key = entry.key.to_string();
                let written = entry.node.get("name").and_then(Node::as_str).map(str::to_owned);
                match found.iter_mut().find(|one| one.section == *section && one.key == key) {
                    Some(known) => known.name = written.unwrap_or_else(|| known.name.clone()),
                    None => {
                        let usual = if key == "main" { app.clone() } else { format!("{app}-{key}") };
                        found.push(Workload { section, key, name: written.unwrap_or(usual) });
                    }
                }
            }
        }
    }
    found
}

/// An entry of `replicas` of a kustomization.
fn in_kustomization(files: &mut Files<'_>, own: &WrittenFile, name: &str, count: u32) -> Result<()> {
    if let Some(rendered) = files.rendered {
        let names = scaled(rendered);
        if !names.iter().any(|known| known == name) {
            let message = format!("`{}` has no workload `{name}`", files.name());
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            return Err(Diagnostic::error("unknown-workload", message).help(known(name, &names)).into());
        }
    }
    let draft = files.draft(own);
    let tree = draft.tree();
    let list = tree.as_ref().and_then(|tree| key_of(tree, "replicas")).unwrap_or("replicas");
    let items: Vec<&Node> = tree.as_ref().and_then(|tree| tree.get(list)).into_iter().flat_map(Node::items).collect();
    let index = items.iter().position(|item| item.get("name").and_then(Node::as_str) == Some(name));
    let path = vec![Segment::Key(list.into()), Segment::Index(index.unwrap_or(items.len()))];
    if index.is_some() {
        return draft.put(&below(&path, "count"), &Value::Int(count.into()));
    }
    let (mut map, origin) = (Map::default(), crate::origin::Origin::source(0));
    map.push("name", origin, Node::string(name, origin));
    map.push("count", origin, Value::Int(count.into()));
    draft.put(&path, &Value::Map(map))
}

/// The names, present and earlier, of what has a number of pods.
fn scaled(build: &Rendered) -> Vec<String> {
    const KINDS: [&str; 4] = ["Deployment", "StatefulSet", "ReplicaSet", "ReplicationController"];
    let mut names: Vec<String> = Vec::new();
    for resource in build.resources.iter().filter(|resource| KINDS.contains(&resource.kind())) {
        for id in resource.every_id().chain([resource.original_id()]) {
            if !names.contains(&id.name.to_string()) {
                names.push(id.name.to_string());
            }
        }
    }
    names
}
