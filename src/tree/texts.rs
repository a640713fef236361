//! Every text of a tree and where it stands.

use super::{Node, Path, Value};
use crate::origin::Origin;

/// A text of a tree: the key of a mapping or a value.
#[derive(Clone, Copy, Debug)]
pub struct TextAt<'n> {
    /// The text.
    pub text: &'n str,
    /// Where it comes from.
    pub origin: Origin,
    /// Whether it is a key; its path is that of its value.
    pub is_key: bool,
}

impl Node {
    /// Shows `visit` every text at or below the node in written order, a key before its value, with
    /// its path from the node.
    pub fn each_text<'n>(&'n self, visit: &mut impl FnMut(TextAt<'n>, &Path)) {
        below(self, &mut Path::default(), visit);
    }
}

fn below<'n>(node: &'n Node, path: &mut Path, visit: &mut impl FnMut(TextAt<'n>, &Path)) {
    match node.value() {
        Value::Str(text) => visit(TextAt { text, origin: node.origin(), is_key: false }, path),
        Value::Seq(items) => {
            for (index, item) in items.iter().enumerate() {
                path.push_index(index);
                below(item, path, visit);
                path.pop();
            }
        }
        Value::Map(map) => {
            for entry in map.iter() {
                path.push_key(entry.key.clone());
                visit(TextAt { text: &entry.key, origin: entry.key_origin, is_key: true }, path);
                below(&entry.node, path, visit);
                path.pop();
            }
        }
        _ => {}
    }
}
