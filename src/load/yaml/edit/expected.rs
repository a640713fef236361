//! What a tree is after a change.

use crate::tree::{Entry, Map, Node, Segment, Value};

/// The tree with `value` at `path`, everything missing on the way made. `None` when something else
/// is on the way.
pub(super) fn put(node: &Node, path: &[Segment], value: &Value) -> Option<Node> {
    let mut changed = node.clone();
    put_into(&mut changed, path, value)?;
    Some(changed)
}

fn put_into(node: &mut Node, path: &[Segment], value: &Value) -> Option<()> {
    let origin = node.origin();
    let [step, rest @ ..] = path else {
        *node = Node::new(value.clone(), origin);
        return Some(());
    };
    if node.is_null() {
        *node = match step {
            Segment::Key(_) => Node::map(origin),
            Segment::Index(_) => Node::seq(origin),
        };
    }
    match step {
        Segment::Key(key) => {
            let map = node.as_map_mut()?;
            if !map.contains_key(key) {
                map.push(key.clone(), origin, Node::null(origin));
            }
            put_into(map.get_mut(key)?, rest, value)
        }
        Segment::Index(index) => {
            let items = node.as_seq_mut()?;
            if *index == items.len() {
                items.push(Node::null(origin));
            }
            put_into(items.make_mut().get_mut(*index)?, rest, value)
        }
    }
}

/// The tree without the key at `path`; `None` when it is not there.
pub(super) fn remove(node: &Node, path: &[Segment]) -> Option<Node> {
    let mut changed = node.clone();
    let (Segment::Key(key), above) = path.split_last()? else { return None };
    let mut parent = &mut changed;
    for step in above {
        parent = match step {
            Segment::Key(key) => parent.as_map_mut()?.get_mut(key)?,
            Segment::Index(index) => parent.as_seq_mut()?.make_mut().get_mut(*index)?,
        };
    }
    parent.as_map_mut()?.remove(key)?;
    Some(changed)
}

/// `value` below the keys `way`.
pub(super) fn nested(way: &[Segment], value: &Value) -> Value {
    let [step, rest @ ..] = way else { return value.clone() };
    let origin = crate::origin::Origin::source(0);
    let below = Node::new(nested(rest, value), origin);
    match step {
        Segment::Key(key) => Map::from_iter([Entry { key: key.clone(), key_origin: origin, node: below }]).into(),
        Segment::Index(_) => vec![below].into(),
    }
}
