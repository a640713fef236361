//! Where in the kustomizations a value is written.

use std::path::{Path, PathBuf};

use super::trial::At;
use crate::import::Plan;
use crate::origin::{Origin, Origins, Sources};
use crate::tree::Node;

/// What each build was read from: first the base, where there is one of its own, then the
/// environments.
#[derive(Default)]
pub(super) struct Places {
    pub base: Option<Read>,
    pub environments: Vec<Read>,
    /// The folder that paths are shown from.
    pub cwd: PathBuf,
}

/// The sources of a build, and what its values come from.
#[derive(Default)]
pub(super) struct Read {
    pub origins: Origins,
    pub sources: Sources,
}

impl Places {
    /// The place as `file:line:column`.
    pub fn of(&self, plan: &Plan, at: Option<&At>) -> Option<String> {
        match at? {
            At::Origin { place, at } => self.environments.get(*place)?.place(*at, &self.cwd),
            At::Path { index, place, path } => {
                let read = match place {
                    Some(place) => self.environments.get(*place)?,
                    None => self.base.as_ref().or(self.environments.first())?,
                };
                read.place(nearest(plan.at(*index, *place)?, path).origin(), &self.cwd)
            }
        }
    }
}

impl Read {
    fn place(&self, origin: Origin, cwd: &Path) -> Option<String> {
        let found = self.sources.locate(self.origins.place(origin)?)?;
        let path = found.path.strip_prefix(cwd).unwrap_or(&found.path);
        Some(format!("{}:{}:{}", path.display(), found.line, found.column))
    }
}

/// The value at a JSON pointer, or the last one on the way to it.
fn nearest<'a>(root: &'a Node, pointer: &str) -> &'a Node {
    let mut node = root;
    for step in pointer.split('/').skip(1) {
        let step = step.replace("~1", "/").replace("~0", "~");
        let next = match step.parse::<usize>() {
            Ok(index) if node.as_map().is_none() => node.items().nth(index),
            _ => node.get(&step),
        };
        match next {
            Some(next) => node = next,
            None => break,
        }
    }
    node
}
