//! Manifests that nothing built here, as one side of a comparison.

use std::path::PathBuf;

use super::Rendered;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::error::{Error, Result};
use crate::load::yaml::{self, Dialect};
use crate::origin::Sources;
use crate::resource::Resource;
use crate::tree::Node;

/// The objects in these texts, named by the paths that people see. Lists are taken apart.
pub fn plain(name: &str, texts: Vec<(PathBuf, Vec<u8>)>) -> Result<Rendered> {
    let (mut sources, mut resources) = (Sources::default(), Vec::new());
    let mut said = Diagnostics::default();
    for (path, bytes) in texts {
        let text = yaml::decode(bytes).map_err(|broken| {
            let reason = broken.diagnostic(0).message;
            Error::new("not-a-resource", format!("`{}` cannot be read: {reason}", path.display()))
        })?;
        let base = sources.add(path.clone(), path.clone(), text.as_str().into());
        let base = base.ok_or_else(|| Error::new("project-too-large", "there is no room for so many manifests"))?;
        let documents = yaml::read(&text, base, Dialect::Resource, &mut said).unwrap_or_default();
        documents.iter().for_each(|document| object(document, &mut resources, &mut said));
        if let Some(error) = said.iter().find(|one| one.level == crate::diagnostic::Level::Error) {
            let place = error.primary.as_ref().and_then(|label| sources.locate(label.origin.position()?));
            let line = place.map(|place| format!(":{}:{}", place.line, place.column)).unwrap_or_default();
            let message = format!("`{}{line}` cannot be read: {}", path.display(), error.message);
            return Err(Error::new("not-a-resource", message));
        }
    }
    Ok(Rendered { name: name.to_owned(), resources, sources, ..Rendered::default() })
}

fn object(document: &Node, resources: &mut Vec<Resource>, said: &mut Diagnostics) {
    let is_list = document.get("kind").and_then(Node::as_str).is_some_and(|kind| kind.ends_with("List"));
    match document.get("items").filter(|items| is_list && items.as_seq().is_some()) {
        Some(items) => items.items().for_each(|item| object(item, resources, said)),
        None if document.is_null() => {}
        None => match Resource::new(document.clone()) {
            Some(resource) => resources.push(resource),
            None => {
                let message = "this is not a Kubernetes object: it has no `apiVersion` or no `kind`";
                said.push(Diagnostic::error("not-a-resource", message).at(document.origin()));
            }
        },
    }
}
