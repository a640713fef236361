//! Edits of the files that people write: what `set` and `promote` share. A change is made in
//! drafts, the project is built as it would be, and only what builds is written.

pub(super) mod draft;
pub(super) mod env;
pub(super) mod image;
mod rendered;
pub(super) mod replicas;
pub(super) mod running;
pub(super) mod trial;

use crate::diagnostic::{Diagnostic, near_miss};
use crate::error::Result;
use crate::origin::Sources;
use crate::pipeline::{Rendered, WrittenFile, WrittenOverlay};
use crate::tree::{Node, Segment, Value};
use draft::{Draft, Drafts, at, below, keys};

/// The files of one overlay, to look into and to edit.
pub(super) struct Files<'a> {
    pub overlay: &'a WrittenOverlay,
    pub sources: &'a Sources,
    pub drafts: &'a mut Drafts,
    /// What it renders now, unless that cannot be built.
    pub rendered: Option<&'a Rendered>,
}

impl<'a> Files<'a> {
    pub fn name(&self) -> &'a str {
        &self.overlay.name
    }

    /// Its layers, base first; its own file is the last one.
    pub fn layers(&self) -> &'a [WrittenFile] {
        &self.overlay.layers
    }

    /// The overlay's own file, and what it is.
    pub fn own(&self) -> Result<&'a WrittenFile> {
        let nothing = || Diagnostic::error("no-place", format!("`{}` has no file that can be edited", self.name()));
        Ok(self.overlay.layers.last().ok_or_else(nothing)?)
    }

    /// The document of a layer, with the edits so far.
    pub fn tree(&self, file: &WrittenFile) -> Node {
        self.drafts.tree(file)
    }

    pub fn draft(&mut self, file: &WrittenFile) -> &mut Draft {
        self.drafts.of(file, self.sources)
    }

    /// The image that the overlay runs in the place of `name`, when it is one alone.
    pub fn running(&self, name: &str) -> Option<String> {
        let all = running::images(self.rendered?);
        let mut meant = all.iter().filter(|image| image.is(name)).map(|image| image.text.as_str());
        let first = meant.next()?;
        meant.all(|other| other == first).then(|| first.to_owned())
    }
}

/// The key of a kustomization that is `field`: letter case does not count there.
fn key_of<'n>(tree: &'n Node, field: &'n str) -> Option<&'n str> {
    let exact = tree.get(field).map(|_| field);
    exact.or_else(|| tree.entries().map(|entry| entry.key.as_str()).find(|key| key.eq_ignore_ascii_case(field)))
}

/// Puts a text at a path. Where a value stands there, `${{ values.x }}`, and nothing else in the
/// file takes it, the value is changed instead.
fn put_text(draft: &mut Draft, path: &[Segment], text: &str) -> Result<()> {
    put(draft, path, &Value::Str(text.into()))
}

/// [`put_text`] for any scalar.
fn put(draft: &mut Draft, path: &[Segment], value: &Value) -> Result<()> {
    let tree = draft.tree();
    let written = tree.as_ref().and_then(|tree| at(tree, path));
    let Some((tree, node, text)) = written.and_then(|node| Some((tree.as_ref()?, node, node.as_str()?))) else {
        return draft.put(path, value);
    };
    if !text.contains("${{") {
        return draft.put(path, value);
    }
    let name = text.trim().strip_prefix("${{").and_then(|rest| rest.strip_suffix("}}")).map(str::trim);
    let name = name.and_then(|name| name.strip_prefix("values."));
    let place = draft.place(node);
    let Some(name) = name.filter(|name| draft.after.matches(&format!("values.{name}")).count() == 1) else {
        let message = format!("`{}` is made of values: `{text}`", draft::shown(path));
        let help = "nothing was written; change the value itself, for other fields may take it too";
        return Err(Diagnostic::error("cannot-edit", message).at(place).help(help).into());
    };
    let to = match tree.at(&["parameters", name]) {
        Some(_) => below(&keys(["parameters", name]), "default"),
        None => keys(["values", name]),
    };
    draft.put(&to, value)
}

/// A help line that names the near miss, or all there is.
pub(super) fn known(word: &str, names: &[&str]) -> String {
    match near_miss(word, names.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None if names.is_empty() => "there is none".to_owned(),
        None => {
            let mut names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
            let more = names.len().saturating_sub(10);
            names.truncate(10);
            let rest = if more > 0 { format!(" and {more} more") } else { String::new() };
            format!("there is {}{rest}", names.join(", "))
        }
    }
}
