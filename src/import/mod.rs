//! The way back: what kustomize renders becomes an application and overlays, as trees of the model.
//!
//! Nothing here is believed. [`draft`] says what the files of a project could be, whoever runs it
//! builds them, and [`compare`] says what differs. A difference in an object becomes a patch
//! ([`Changes`]), or the object stays a plain manifest ([`Choice`]); nobody writes a draft that
//! does not render the same.

mod app;
mod candidates;
mod compare;
mod container;
mod cron_job;
mod draft;
mod job;
mod layer;
mod plan;
mod route;
mod scaling;
mod selectors;
mod stateful_set;
mod unfit;
mod usual;
mod workload;

use std::collections::{BTreeMap, BTreeSet};

pub use compare::{Comparison, Rendered, compare};
pub use draft::{File, draft};
pub use plan::{Plan, Subject, common};
pub use unfit::Unfit;

use crate::origin::Origin;
use crate::resource::Resource;
use crate::tree::Node;
use container::Names;

/// What kustomize renders for one environment.
#[derive(Clone, Debug)]
pub struct Environment {
    /// The name of its overlay.
    pub name: String,
    /// What it renders.
    pub resources: Vec<Resource>,
}

/// How the objects of a plan are said, by their index in [`Plan::subjects`].
#[derive(Clone, Debug, Default)]
pub struct Choice {
    /// In fields of the application.
    pub typed: BTreeSet<usize>,
    /// As a manifest of each environment; all others are one manifest with patches.
    pub own: BTreeSet<usize>,
    /// Whether overlays say namespace, names, labels, annotations and images once for all objects.
    pub fields: bool,
}

/// One operation of a JSON 6902 patch. Two are equal that do the same.
#[derive(Clone, Debug)]
pub struct Change {
    /// `add`, `remove` or `replace`.
    pub op: &'static str,
    /// The JSON pointer.
    pub path: String,
    /// The value, but of `remove`.
    pub value: Option<Node>,
    /// Where kustomize has the value from.
    pub at: Option<Origin>,
    /// The rule of Strata whose value it takes away.
    pub rule: Option<&'static str>,
}

impl PartialEq for Change {
    fn eq(&self, other: &Self) -> bool {
        (self.op, &self.path, &self.value) == (other.op, &other.path, &other.value)
    }
}

/// What must be patched, by environment and object.
pub type Changes = BTreeMap<(usize, usize), Vec<Change>>;

/// The origin of what is made here: it is written to a file, which then is what it comes from.
fn here() -> Origin {
    Origin::source(0)
}

fn text<'a>(node: &'a Node, path: &[&str]) -> Option<&'a str> {
    node.at(path).and_then(Node::as_str)
}
