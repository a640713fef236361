//! Where an overlay says which image it runs, and how that is changed.

use ecow::EcoString;

use super::draft::{Draft, at, below, keys};
use super::{Files, key_of, put_text};
use crate::diagnostic::Diagnostic;
use crate::error::Result;
use crate::image::ImageRef;
use crate::pipeline::WrittenFile;
use crate::project::Kind;
use crate::tree::{Map, Node, Segment, Value};

/// What becomes of an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageChange {
    /// The image, as the manifests name it.
    pub name: String,
    pub new_name: Part,
    pub tag: Part,
    pub digest: Part,
}

/// What becomes of one part of an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// It stays as it is.
    Keep,
    /// It is taken away: what stood there is no longer true.
    Clear,
    Set(String),
}

impl Part {
    fn over(&self, old: Option<&str>) -> Option<String> {
        match self {
            Self::Keep => old.map(str::to_owned),
            Self::Clear => None,
            Self::Set(new) => Some(new.clone()),
        }
    }
}

/// Where a file says the image.
enum Place {
    /// An entry of `images`.
    Entry(Vec<Segment>),
    /// Texts such as `ghcr.io/acme/shop:v1` in `app`.
    Texts(Vec<Vec<Segment>>),
}

/// Changes the image in the overlay; with `shared` in the topmost layer that says it.
pub fn set(files: &mut Files<'_>, change: &ImageChange, shared: bool) -> Result<()> {
    let layers = files.layers();
    let own = layers.len().saturating_sub(1);
    let names = names(files, &change.name);
    let mut found = None;
    for index in (0..=own).rev().take(if shared { layers.len() } else { 1 }) {
        let tree = files.tree(&layers[index]);
        if let Some(place) = place(&tree, layers[index].kind, &names[index]) {
            found = Some((index, place));
            break;
        }
    }
    match found {
        Some((index, Place::Entry(path))) => entry(files.draft(&layers[index]), &path, change),
        Some((index, Place::Texts(paths))) => {
            paths.iter().try_for_each(|path| text(files.draft(&layers[index]), path, change))
        }
        None if shared => {
            let message =
                format!("no file of `{}` says the image `{}` so that it can be changed", files.name(), change.name);
            Err(Diagnostic::error("no-place", message).help("leave out `--shared` to set it in the overlay").into())
        }
        None => add(files, &layers[own], &names[own], change),
    }
}

/// Whether the overlay's own file says the image.
pub fn is_set(files: &Files<'_>, name: &str) -> bool {
    let layers = files.layers();
    let names = names(files, name);
    let own = layers.iter().zip(&names).next_back();
    own.is_some_and(|(file, name)| place(&files.tree(file), file.kind, name).is_some())
}

/// The name that the image has when each layer looks at it: layers below may give it another.
fn names(files: &Files<'_>, name: &str) -> Vec<EcoString> {
    let mut current = EcoString::from(name);
    let mut names = Vec::new();
    for file in files.layers() {
        names.push(current.clone());
        let tree = files.tree(file);
        if let Some(Place::Entry(path)) = place(&tree, file.kind, &current)
            && let Some(renamed) = at(&tree, &path).and_then(|entry| entry.get("newName")?.as_str())
        {
            current = renamed.into();
        }
    }
    names
}

fn place(tree: &Node, kind: Kind, name: &str) -> Option<Place> {
    match kind {
        Kind::Kustomization => {
            let list = ["images", "imageTags"].into_iter().filter_map(|field| key_of(tree, field));
            list.into_iter().find_map(|list| {
                let is_meant = |item: &Node| item.get("name").and_then(Node::as_str) == Some(name);
                let index = tree.get(list)?.items().position(is_meant)?;
                Some(Place::Entry(vec![Segment::Key(list.into()), Segment::Index(index)]))
            })
        }
        Kind::App => texts(tree, &[], name, false),
        Kind::Overlay | Kind::Component => {
            if tree.get("images").is_some_and(|images| images.get(name).is_some()) {
                return Some(Place::Entry(keys(["images", name])));
            }
            texts(tree.get("app")?, &keys(["app"]), name, true)
        }
    }
}

/// The fields of an application that hold the image. In an overlay a name alone says which image,
/// not which version, but for `app.image`, beside which `images` may not stand.
fn texts(app: &Node, prefix: &[Segment], name: &str, in_overlay: bool) -> Option<Place> {
    let mut found = Vec::new();
    let mut add = |path: Vec<Segment>, is_whole: bool| {
        let Some(text) = at(app, &path).and_then(Node::as_str) else { return };
        let image = ImageRef::split(text);
        if image.name == name && (is_whole || image.tag.is_some() || image.digest.is_some()) {
            found.push([prefix, &path].concat());
        }
    };
    add(keys(["image"]), true);
    for section in crate::model::workload::SECTIONS {
        for workload in app.get(section).into_iter().flat_map(Node::entries) {
            add(keys([section, workload.key.as_str(), "image"]), !in_overlay);
            for list in ["initContainers", "sidecars"] {
                for container in workload.node.get(list).into_iter().flat_map(Node::entries) {
                    add(keys([section, workload.key.as_str(), list, container.key.as_str(), "image"]), !in_overlay);
                }
            }
        }
    }
    (!found.is_empty()).then_some(Place::Texts(found))
}

fn fields(kind: Kind) -> [&'static str; 3] {
    match kind {
        Kind::Kustomization => ["newName", "newTag", "digest"],
        Kind::App | Kind::Overlay | Kind::Component => ["newName", "tag", "digest"],
    }
}

/// Changes an entry of `images`. What is set comes first, so that the entry is never empty.
fn entry(draft: &mut Draft, path: &[Segment], change: &ImageChange) -> Result<()> {
    let parts = fields(draft.kind).into_iter().zip([&change.new_name, &change.tag, &change.digest]);
    for (field, part) in parts.clone() {
        if let Part::Set(value) = part {
            put_text(draft, &below(path, field), value)?;
        }
    }
    for (field, part) in parts {
        let path = below(path, field);
        if *part == Part::Clear && draft.tree().is_some_and(|tree| at(&tree, &path).is_some()) {
            draft.remove(&path)?;
        }
    }
    Ok(())
}

/// Changes a text that names the image.
fn text(draft: &mut Draft, path: &[Segment], change: &ImageChange) -> Result<()> {
    let tree = draft.tree();
    let old = tree.as_ref().and_then(|tree| at(tree, path)?.as_str()).unwrap_or_default();
    let image = ImageRef::split(old);
    let name = change.new_name.over(Some(image.name)).unwrap_or_default();
    let (tag, digest) = (change.tag.over(image.tag), change.digest.over(image.digest));
    let new = ImageRef { name: &name, tag: tag.as_deref(), digest: digest.as_deref() };
    put_text(draft, path, &new.to_string())
}

/// Adds an entry of `images`. It replaces tag and digest of the layers below together, so one of
/// them that stays is written as well.
fn add(files: &mut Files<'_>, own: &WrittenFile, name: &str, change: &ImageChange) -> Result<()> {
    let says_version = change.tag != Part::Keep || change.digest != Part::Keep;
    let (tag, digest) = if says_version { inherited(files, &change.name) } else { (None, None) };
    let parts = [change.new_name.over(None), change.tag.over(tag.as_deref()), change.digest.over(digest.as_deref())];
    let draft = files.draft(own);
    let tree = draft.tree();
    let (mut map, origin) = (Map::default(), crate::origin::Origin::source(0));
    if draft.kind == Kind::Kustomization {
        map.push("name", origin, Node::string(name, origin));
    }
    for (field, part) in fields(draft.kind).into_iter().zip(parts) {
        part.into_iter().for_each(|part| map.push(field, origin, Node::string(part, origin)));
    }
    let path = match draft.kind {
        Kind::Kustomization => {
            let list = tree.as_ref().and_then(|tree| key_of(tree, "images")).unwrap_or("images");
            let count = tree.as_ref().and_then(|tree| tree.get(list)).map_or(0, |list| list.items().count());
            vec![Segment::Key(list.into()), Segment::Index(count)]
        }
        Kind::Overlay | Kind::Component => keys(["images", name]),
        Kind::App => {
            let message = format!("`{}` names no image `{name}`", draft.shown.display());
            return Err(Diagnostic::error("unknown-image", message)
                .help("an application says it under `image`")
                .into());
        }
    };
    draft.put(&path, &Value::Map(map))
}

/// Tag and digest that the layers below the overlay give the image, as far as they say it.
fn inherited(files: &Files<'_>, name: &str) -> (Option<String>, Option<String>) {
    if let Some(running) = files.running(name) {
        let image = ImageRef::split(&running);
        return (image.tag.map(str::to_owned), image.digest.map(str::to_owned));
    }
    (None, None)
}
