//! Where an overlay sets an environment variable, and how that is changed.

use super::draft::{Draft, at, below, keys};
use super::replicas::{find, path, workloads};
use super::{Files, key_of, known, put_text};
use crate::diagnostic::Diagnostic;
use crate::error::Result;
use crate::model::workload::SECTIONS;
use crate::pipeline::WrittenFile;
use crate::project::Kind;
use crate::tree::{Map, Node, Segment, Value};

/// A variable and its value, of one workload or of all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnvChange {
    /// The workload; of a kustomization the generator.
    pub of: Option<String>,
    pub name: String,
    pub value: String,
}

/// Sets the variable in the overlay; with `shared` in the topmost layer that says it. Returns the
/// name of a variable that was probably meant, when no layer has the one that was given.
pub fn set(files: &mut Files<'_>, change: &EnvChange, shared: bool) -> Result<Option<String>> {
    let own = files.own()?;
    if own.kind == Kind::Kustomization {
        return generator(files, own, change, shared).map(|()| None);
    }
    let ways = ways(files, change)?;
    let saying = |file: &&WrittenFile| {
        let tree = files.tree(file);
        ways.iter().find(|way| at(&tree, &whole(file.kind, way)).is_some())
    };
    // The topmost layer that says it, and how: app.env, a config group, or the workload.
    let said = files.layers().iter().rev().find_map(|file| Some((file, saying(&file)?.clone())));
    let (file, way, near) = match said {
        Some((file, way)) if shared => (file, way, None),
        Some((_, way)) => (own, way, None),
        None if shared => {
            let message = format!("no file of `{}` sets the variable `{}`", files.name(), change.name);
            return Err(Diagnostic::error("no-place", message)
                .help("leave out `--shared` to set it in the overlay")
                .into());
        }
        None => {
            let Some(way) = ways.first() else { return Ok(None) };
            (own, way.clone(), near(files, &change.name))
        }
    };
    let path = whole(file.kind, &way);
    let draft = files.draft(file);
    literal(draft, &path, &change.name)?;
    put_text(draft, &path, &change.value)?;
    Ok(near)
}

/// A variable of a reference, to a secret say, is not overwritten by a value.
fn literal(draft: &Draft, path: &[Segment], name: &str) -> Result<()> {
    let tree = draft.tree();
    let Some(node) = tree.as_ref().and_then(|tree| at(tree, path)).filter(|node| node.as_map().is_some()) else {
        return Ok(());
    };
    let from = node.entries().map(|entry| entry.key.as_str()).next().unwrap_or("nothing");
    let message = format!("`{name}` takes its value from `{from}`, and is no text here");
    let help = "nothing was written; to make a text of it, edit the file by hand";
    Err(Diagnostic::error("cannot-edit", message).at(draft.place(node)).help(help).into())
}

/// The ways below the application where the variable may be said, the most likely first.
fn ways(files: &Files<'_>, change: &EnvChange) -> Result<Vec<Vec<String>>> {
    let name = &change.name;
    let of_workload =
        |section: &str, key: &str| vec![section.to_owned(), key.to_owned(), "env".to_owned(), name.clone()];
    if let Some(workload) = &change.of {
        let workload = find(files, workload, &SECTIONS)?;
        return Ok(vec![of_workload(workload.section, &workload.key)]);
    }
    let says = |way: &[String]| {
        let has =
            |file: &WrittenFile| at(&files.tree(file), &whole(file.kind, way)).is_some_and(|node| !node.is_null());
        files.layers().iter().any(has)
    };
    let all = workloads(files, &SECTIONS);
    let own: Vec<_> = all.iter().filter(|one| says(&of_workload(one.section, &one.key))).collect();
    let mut ways = vec![vec!["env".to_owned(), name.clone()]];
    ways.extend(groups(files).into_iter().map(|group| vec!["config".to_owned(), group, name.clone()]));
    match own.as_slice() {
        [] => Ok(ways),
        [one] if !ways.iter().any(|way| says(way)) => Ok(vec![of_workload(one.section, &one.key)]),
        several => {
            let forms: Vec<String> = several.iter().map(|one| format!("`{}/{name}=…`", one.key)).collect();
            let message = format!("`{name}` is set by a workload itself, which would win over what is set for all");
            Err(Diagnostic::error("ambiguous-variable", message).help(format!("write {}", forms.join(" or "))).into())
        }
    }
}

/// A way below the application as a path of a file.
fn whole(kind: Kind, way: &[String]) -> Vec<Segment> {
    match way {
        [section, key, rest @ ..] if !rest.is_empty() => {
            let rest: Vec<&str> = rest.iter().map(String::as_str).collect();
            path(kind, section, key, &rest)
        }
        way => {
            let start: &[&str] = if kind == Kind::App { &[] } else { &["app"] };
            keys(start.iter().copied().chain(way.iter().map(String::as_str)))
        }
    }
}

/// The groups of `config` of all layers.
fn groups(files: &Files<'_>) -> Vec<String> {
    let mut groups: Vec<String> = Vec::new();
    for file in files.layers() {
        let tree = files.tree(file);
        let part = if file.kind == Kind::App { Some(&tree) } else { tree.get("app") };
        for group in part.and_then(|part| part.get("config")).into_iter().flat_map(Node::entries) {
            if !groups.iter().any(|known| *known == group.key) {
                groups.push(group.key.to_string());
            }
        }
    }
    groups
}

/// A variable that some layer sets and that is nearly called `name`.
fn near(files: &Files<'_>, name: &str) -> Option<String> {
    let mut names: Vec<String> = Vec::new();
    let mut add = |map: Option<&Node>| {
        names.extend(map.into_iter().flat_map(Node::entries).map(|entry| entry.key.to_string()));
    };
    for file in files.layers() {
        let tree = files.tree(file);
        let Some(part) = (if file.kind == Kind::App { Some(&tree) } else { tree.get("app") }) else { continue };
        add(part.get("env"));
        part.get("config").into_iter().flat_map(Node::entries).for_each(|group| add(Some(&group.node)));
        for section in SECTIONS {
            let workloads = part.get(section).into_iter().flat_map(Node::entries);
            workloads.for_each(|workload| add(workload.node.get("env")));
        }
    }
    crate::diagnostic::near_miss(name, names.iter().map(String::as_str)).map(str::to_owned)
}

/// A literal of a `configMapGenerator` of a kustomization.
fn generator(files: &mut Files<'_>, own: &WrittenFile, change: &EnvChange, shared: bool) -> Result<()> {
    let start = format!("{}=", change.name);
    let literals = |generator: &Node| -> Vec<String> {
        let list = key_of(generator, "literals").and_then(|key| generator.get(key));
        list.into_iter().flat_map(Node::items).filter_map(|item| Some(item.as_str()?.to_owned())).collect()
    };
    let name_of = |generator: &Node| generator.get("name").and_then(Node::as_str).unwrap_or_default().to_owned();
    let generators = |tree: &Node| -> Vec<Node> {
        let list = key_of(tree, "configMapGenerator").and_then(|key| tree.get(key));
        list.into_iter().flat_map(Node::items).cloned().collect()
    };
    let all: Vec<Vec<Node>> = files.layers().iter().map(|file| generators(&files.tree(file))).collect();
    let says = |generator: &Node| literals(generator).iter().any(|literal| literal.starts_with(&start));
    let in_file = |generator: &Node| !says(generator) && is_generated(files, &name_of(generator), &change.name);
    let is_meant = |generator: &&Node| match &change.of {
        Some(name) => name_of(generator) == *name,
        None => says(generator) || in_file(generator),
    };
    let mut names: Vec<String> = Vec::new();
    for name in all.iter().flatten().filter(is_meant).map(name_of) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let here = all.last().map(Vec::as_slice).unwrap_or_default();
    // In a file of variables of the overlay itself it is changed there.
    let is_here = |generator: &Node| Some(name_of(generator)).as_ref() == names.first() && in_file(generator);
    let may_be_written = names.is_empty() || names.len() == 1 && here.iter().any(is_here);
    if may_be_written && super::rendered::set(files, own, change, shared)? {
        return Ok(());
    }
    let [name] = names.as_slice() else { return Err(no_generator(files, change, &names, &all.concat()).into()) };
    let value = format!("{start}{}", change.value);
    let tree = files.tree(own);
    let list = key_of(&tree, "configMapGenerator").unwrap_or("configMapGenerator");
    let list = vec![Segment::Key(list.into())];
    let draft = files.draft(own);
    match here.iter().position(|generator| name_of(generator) == *name) {
        Some(index) => {
            let generator = [list.as_slice(), &[Segment::Index(index)]].concat();
            let field = key_of(&here[index], "literals").unwrap_or("literals");
            let known = literals(&here[index]);
            let place = known.iter().position(|literal| literal.starts_with(&start)).unwrap_or(known.len());
            let path = [below(&generator, field), vec![Segment::Index(place)]].concat();
            draft.put(&path, &Value::Str(value.into()))
        }
        None => {
            let (mut map, origin) = (Map::default(), crate::origin::Origin::source(0));
            map.push("name", origin, Node::string(name.as_str(), origin));
            map.push("behavior", origin, Node::string("merge", origin));
            map.push("literals", origin, Value::from(vec![Node::string(value, origin)]));
            let path = [list.as_slice(), &[Segment::Index(here.len())]].concat();
            draft.put(&path, &Value::Map(map))
        }
    }
}

/// Whether the ConfigMap that a generator makes has the variable.
fn is_generated(files: &Files<'_>, generator: &str, name: &str) -> bool {
    let resources = files.rendered.into_iter().flat_map(|rendered| &rendered.resources);
    let mut made = resources.filter(|one| one.kind() == "ConfigMap" && one.original_id().name == *generator);
    made.any(|map| map.root.at(&["data", name]).is_some())
}

/// Says which generators there are.
fn no_generator(files: &Files<'_>, change: &EnvChange, meant: &[String], all: &[Node]) -> Diagnostic {
    let name = &change.name;
    let mut names: Vec<&str> = Vec::new();
    for generator in all.iter().filter_map(|generator| generator.get("name")?.as_str()) {
        if !names.contains(&generator) {
            names.push(generator);
        }
    }
    if let [_, _, ..] = meant {
        let forms: Vec<String> = meant.iter().map(|generator| format!("`{generator}/{name}=…`")).collect();
        let message = format!("several generators of `{}` have `{name}`", files.name());
        return Diagnostic::error("ambiguous-variable", message).help(format!("write {}", forms.join(" or ")));
    }
    match &change.of {
        Some(generator) => {
            let message = format!("`{}` has no `configMapGenerator` named `{generator}`", files.name());
            Diagnostic::error("unknown-generator", message).help(known(generator, &names))
        }
        None => {
            let message = format!("nothing that `{}` renders sets `{name}`", files.name());
            let help = format!("write `GENERATOR/{name}=…` to add it to one; {}", known(name, &names));
            Diagnostic::error("unknown-variable", message).help(help)
        }
    }
}
