//! A variable that no generator sets, found by what is rendered: where its value is written, and the edit
//! of that place, or why there is none.

use super::Files;
use super::env::EnvChange;
use crate::diagnostic::Diagnostic;
use crate::error::Result;
use crate::origin::{Locations, Origin, Source};
use crate::pipeline::{Rendered, WrittenFile};
use crate::project::is_manifest;
use crate::resource::Resource;
use crate::tree::{Node, Value};

/// Where a variable stands in what is rendered.
struct Place<'r> {
    /// Whose it is, for people.
    holder: String,
    /// Its value, or what it takes its value from.
    node: &'r Node,
    said: Said,
}

/// How a value is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Said {
    Text,
    /// By the name of another object.
    Reference,
    /// In a Secret.
    Secret,
}

/// Changes the value of the variable where it is written; `false` when nothing that is rendered has it.
pub fn set(files: &mut Files<'_>, own: &WrittenFile, change: &EnvChange, shared: bool) -> Result<bool> {
    let Some(rendered) = files.rendered else { return Ok(false) };
    let places = places(rendered, change);
    // A reference and what it leads to are one variable.
    let meant = |said| places.iter().filter(move |place| place.said == said).collect::<Vec<_>>();
    let (texts, secrets) = (meant(Said::Text), meant(Said::Secret));
    let places = match () {
        () if !texts.is_empty() => texts,
        () if !secrets.is_empty() => secrets.into_iter().take(1).collect(),
        () => meant(Said::Reference),
    };
    let Some(first) = places.first() else { return Ok(false) };
    let written = |place: &Place| rendered.origins.place(place.node.origin());
    if let Some(other) = places.iter().find(|place| written(place) != written(first)) {
        return Err(several(files, change, first, other).into());
    }
    let at = written(first).ok_or_else(|| nowhere(change, first))?;
    if first.said == Said::Secret {
        let message =
            format!("`{}` is a value of {}, and is no variable that may be read by all", change.name, first.holder);
        let help = "nothing was written; change it where secrets are kept";
        return Err(Diagnostic::error("cannot-edit", message).at(Origin::source(at)).help(help).into());
    }
    if first.said == Said::Reference {
        let message = format!("`{}` of {} takes its value from {}", change.name, first.holder, reference(first.node));
        let help = "nothing was written; change the value there, or make a text of it by hand";
        return Err(Diagnostic::error("cannot-edit", message).at(Origin::source(at)).help(help).into());
    }
    // What a template printed is in no file.
    let is_file = |source: &&Source| files.sources.source(at).is_some_and(|file| file.canonical == source.canonical);
    let written = Locations::new(&rendered.sources).written(at);
    let Some(source) = rendered.sources.source(written.position).filter(is_file).cloned() else {
        return Err(nowhere(change, first).into());
    };
    let folder = own.canonical.parent();
    let is_own = folder.is_some_and(|folder| source.canonical.starts_with(folder));
    if !is_own && !shared {
        let (name, file) = (&change.name, source.path.display());
        let message =
            format!("`{name}` of {} is written in `{file}`, which is not `{}` alone", first.holder, files.name());
        let help = "`--shared` edits it there, for all that use it; to change it here alone, write a patch";
        return Err(Diagnostic::error("cannot-edit", message).at(Origin::source(at)).help(help).into());
    }
    if !written.exact {
        let message = format!("`{}` is written in a text that is not a block of lines", change.name);
        return Err(Diagnostic::error("cannot-edit", message)
            .at(Origin::source(at))
            .help("write the text as a block, behind `|-`, or edit it by hand")
            .into());
    }
    put(files, &source, (written.position - source.base) as usize, change)?;
    Ok(true)
}

fn put(files: &mut Files<'_>, source: &Source, at: usize, change: &EnvChange) -> Result<()> {
    let is_yaml = is_manifest(&source.canonical) || source.canonical.extension().is_none_or(|ending| ending == "json");
    let is_kustomization = files.layers().iter().any(|layer| layer.canonical == source.canonical);
    let draft = files.drafts.of_source(source);
    match is_yaml || is_kustomization {
        true if !is_line(&source.text, at, &change.name) => draft.put_at(at, &Value::Str(change.value.as_str().into())),
        _ => draft.put_line(at, &change.name, &change.value),
    }
}

/// Whether the line is one of a file of variables.
fn is_line(text: &str, at: usize, name: &str) -> bool {
    let start = text[..at.min(text.len())].rfind('\n').map_or(0, |newline| newline + 1);
    text[start..].strip_prefix(name).is_some_and(|rest| rest.starts_with('='))
}

/// Where the variable stands: in containers, and in ConfigMaps.
fn places<'r>(rendered: &'r Rendered, change: &EnvChange) -> Vec<Place<'r>> {
    let is_meant = |name: &str| change.of.as_ref().is_none_or(|of| of == name);
    let mut found = Vec::new();
    for resource in &rendered.resources {
        let is_named = is_meant("") || resource.every_id().chain([resource.original_id()]).any(|id| is_meant(&id.name));
        let said = match resource.kind() {
            "ConfigMap" => Some(Said::Text),
            "Secret" => Some(Said::Secret),
            _ => None,
        };
        let data = ["data", "stringData"].into_iter().find_map(|data| resource.root.at(&[data, &change.name]));
        if let (Some(said), Some(node)) = (said, data.filter(|_| is_named)) {
            found.push(Place { holder: holder(resource), node, said });
        }
        let pod = resource.pod_template().and_then(|template| template.get("spec"));
        let lists = ["containers", "initContainers"].into_iter().filter_map(|list| pod?.get(list));
        for container in lists.flat_map(Node::items) {
            let name = container.get("name").and_then(Node::as_str).unwrap_or_default();
            let variables = container.get("env").into_iter().flat_map(Node::items);
            let of_name = |one: &&Node| one.get("name").and_then(Node::as_str) == Some(&change.name);
            for variable in variables.filter(of_name).filter(|_| is_named || is_meant(name)) {
                let node = variable.get("value").or_else(|| variable.get("valueFrom"));
                let said = if variable.get("value").is_some() { Said::Text } else { Said::Reference };
                found.extend(node.map(|node| Place { holder: holder(resource), node, said }));
            }
        }
    }
    found
}

fn holder(resource: &Resource) -> String {
    format!("`{}/{}`", resource.kind(), resource.id().name)
}

/// The object and key of a reference.
fn reference(from: &Node) -> String {
    let Some(entry) = from.entries().next() else { return "elsewhere".to_owned() };
    let text = |key: &str| entry.node.get(key).and_then(Node::as_str);
    let kind = match entry.key.as_str() {
        "secretKeyRef" => "the Secret",
        "configMapKeyRef" => "the ConfigMap",
        other => return format!("`{}` of `{other}`", text("fieldPath").or(text("resource")).unwrap_or_default()),
    };
    format!("`{}` of {kind} `{}`", text("key").unwrap_or_default(), text("name").unwrap_or_default())
}

fn several(files: &Files<'_>, change: &EnvChange, one: &Place, other: &Place) -> Diagnostic {
    let name = &change.name;
    let message = format!(
        "`{name}` is written in several places for `{}`: for {} and for {}",
        files.name(),
        one.holder,
        other.holder
    );
    let place = |place: &Place| files.rendered.and_then(|rendered| rendered.origins.settle(place.node.origin()));
    let mut diagnostic = Diagnostic::error("ambiguous-variable", message)
        .help(format!("write `WORKLOAD/{name}=…` with the name of the object or the container"));
    if let Some(one) = place(one) {
        diagnostic = diagnostic.at(one);
    }
    if let Some(other) = place(other) {
        diagnostic = diagnostic.related(other, "the other place");
    }
    diagnostic
}

fn nowhere(change: &EnvChange, place: &Place) -> Diagnostic {
    let message = format!("`{}` of {} is written in no file that can be edited", change.name, place.holder);
    Diagnostic::error("cannot-edit", message)
        .help("a chart, a plugin or a replacement makes it: change what that takes")
}
