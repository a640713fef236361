//! What the fuzz targets share.

use strata::diagnostic::Diagnostics;
use strata::load::yaml::{Dialect, Reader, read_with};
use strata::tree::{Node, Value};

/// The documents of a text; `None` when something is wrong with it.
pub fn documents(text: &str, dialect: Dialect) -> Option<Vec<Node>> {
    read_with(Reader::Fast, text, 0, dialect, &mut Diagnostics::default())
}

/// Whether two trees hold the same, whatever the order of their keys; `1` and `1.0` are the same
/// number, as JSON has it.
pub fn same(a: &Node, b: &Node) -> bool {
    match (a.value(), b.value()) {
        (Value::Map(x), Value::Map(y)) => {
            x.len() == y.len() && x.iter().all(|entry| y.get(&entry.key).is_some_and(|node| same(&entry.node, node)))
        }
        (Value::Seq(x), Value::Seq(y)) => x.len() == y.len() && x.iter().zip(y).all(|(x, y)| same(x, y)),
        (x, y) => x == y,
    }
}

/// The nesting depth of a tree: a scalar has 0.
pub fn depth(node: &Node) -> usize {
    let inner = node.items().chain(node.entries().map(|entry| &entry.node)).map(depth).max();
    inner.map_or(usize::from(node.as_map().is_some() || node.as_seq().is_some()), |deepest| deepest + 1)
}
