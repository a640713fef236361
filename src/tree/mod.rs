//! The one tree that every stage works on: copy-on-write, and every node knows its origin.
//!
//! Cloning a node is O(1), so a base that a thousand overlays use is parsed once and shared, and
//! a patch copies only the path that it touches. Maps keep the order in which they were written;
//! sorting happens once, in emit.

pub mod de;
mod form;
mod keyed;
mod map;
mod path;
mod spanned;
mod texts;

use ecow::{EcoString, EcoVec};

pub use form::{Form, any_of_is_one_of, short_or_long};
pub use keyed::Keyed;
pub use map::{Entry, Map};
pub use path::{Path, Segment};
#[cfg(test)]
pub(crate) use spanned::any_tree;
pub use spanned::{Raw, Spanned, Text};
pub use texts::TextAt;

use crate::origin::Origin;

/// A value and where it comes from. There is no way to make one without an origin.
#[derive(Clone, Debug)]
pub struct Node {
    value: Value,
    origin: Origin,
    is_absent: bool,
    is_flow: bool,
}

/// What YAML and JSON can say.
#[derive(Clone, Debug, Default)]
pub enum Value {
    /// Nothing.
    #[default]
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A whole number that fits in 64 bits with a sign.
    Int(i64),
    /// A whole number above [`i64::MAX`]; smaller ones are always [`Value::Int`].
    Uint(u64),
    /// Any other finite number.
    Float(f64),
    /// Text.
    Str(EcoString),
    /// A list.
    Seq(EcoVec<Node>),
    /// A mapping with text keys, in written order.
    Map(Map),
}

const _: () = assert!(size_of::<Node>() == 32, "a node is 32 bytes: trees of 16,000 resources depend on it");

impl Node {
    /// A node with the given value and origin.
    pub fn new(value: impl Into<Value>, origin: Origin) -> Self {
        Self { value: value.into(), origin, is_absent: false, is_flow: false }
    }

    /// A null.
    pub fn null(origin: Origin) -> Self {
        Self::new(Value::Null, origin)
    }

    /// The null of a key that has nothing behind its colon.
    pub fn absent(origin: Origin) -> Self {
        Self { is_absent: true, ..Self::null(origin) }
    }

    /// A text.
    pub fn string(text: impl Into<EcoString>, origin: Origin) -> Self {
        Self::new(Value::Str(text.into()), origin)
    }

    /// An empty mapping.
    pub fn map(origin: Origin) -> Self {
        Self::new(Map::default(), origin)
    }

    /// An empty list.
    pub fn seq(origin: Origin) -> Self {
        Self::new(Value::Seq(EcoVec::new()), origin)
    }

    /// Where the node comes from.
    pub fn origin(&self) -> Origin {
        self.origin
    }

    /// The same value from another origin.
    #[must_use]
    pub fn with_origin(mut self, origin: Origin) -> Self {
        self.origin = origin;
        self
    }

    /// The value.
    pub fn value(&self) -> &Value {
        &self.value
    }

    /// The value, to change in place; what it shares with other trees is copied first.
    pub fn value_mut(&mut self) -> &mut Value {
        &mut self.value
    }

    /// The value alone.
    pub fn into_value(self) -> Value {
        self.value
    }

    /// Whether this is null.
    pub fn is_null(&self) -> bool {
        matches!(self.value, Value::Null)
    }

    /// Whether this is null because nothing was written, not even `null`.
    pub fn is_absent(&self) -> bool {
        self.is_absent && self.is_null()
    }

    /// The empty mapping that is written as `{}`: what is added to it stays between braces for a
    /// writer that keeps the style.
    pub fn braces(origin: Origin) -> Self {
        Self { is_flow: true, ..Self::map(origin) }
    }

    /// Whether this is a mapping that was written as `{}`.
    pub fn is_flow(&self) -> bool {
        self.is_flow
    }

    /// Makes nulls that were not written into ones that are, here and below.
    pub fn write_absent(&mut self) {
        if !self.holds_absent() {
            return;
        }
        self.is_absent = false;
        match &mut self.value {
            Value::Seq(items) => items.make_mut().iter_mut().for_each(Self::write_absent),
            Value::Map(map) => map.iter_mut().for_each(|entry| entry.node.write_absent()),
            _ => {}
        }
    }

    fn holds_absent(&self) -> bool {
        match &self.value {
            Value::Null => self.is_absent,
            Value::Seq(items) => items.iter().any(Self::holds_absent),
            Value::Map(map) => map.iter().any(|entry| entry.node.holds_absent()),
            _ => false,
        }
    }

    /// The text, when this is one.
    pub fn as_str(&self) -> Option<&str> {
        match &self.value {
            Value::Str(text) => Some(text),
            _ => None,
        }
    }

    /// The number, when this is a whole one that fits.
    pub fn as_i64(&self) -> Option<i64> {
        match self.value {
            Value::Int(number) => Some(number),
            _ => None,
        }
    }

    /// The truth value, when this is one.
    pub fn as_bool(&self) -> Option<bool> {
        match self.value {
            Value::Bool(truth) => Some(truth),
            _ => None,
        }
    }

    /// The list, when this is one.
    pub fn as_seq(&self) -> Option<&EcoVec<Node>> {
        match &self.value {
            Value::Seq(items) => Some(items),
            _ => None,
        }
    }

    /// The list, to change in place.
    pub fn as_seq_mut(&mut self) -> Option<&mut EcoVec<Node>> {
        match &mut self.value {
            Value::Seq(items) => Some(items),
            _ => None,
        }
    }

    /// The mapping, when this is one.
    pub fn as_map(&self) -> Option<&Map> {
        match &self.value {
            Value::Map(map) => Some(map),
            _ => None,
        }
    }

    /// The mapping, to change in place.
    pub fn as_map_mut(&mut self) -> Option<&mut Map> {
        match &mut self.value {
            Value::Map(map) => Some(map),
            _ => None,
        }
    }

    /// The items of a list; nothing for anything else.
    pub fn items(&self) -> impl Iterator<Item = &Node> {
        self.as_seq().into_iter().flat_map(|items| items.iter())
    }

    /// The entries of a mapping; nothing for anything else.
    pub fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.as_map().into_iter().flat_map(|map| map.iter())
    }

    /// The value under `key`, when this is a mapping that has it.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.as_map()?.get(key)
    }

    /// The value below a chain of keys.
    pub fn at(&self, keys: &[&str]) -> Option<&Node> {
        keys.iter().try_fold(self, |node, key| node.get(key))
    }

    /// The value below a chain of keys, to change in place.
    pub fn at_mut(&mut self, keys: &[&str]) -> Option<&mut Node> {
        keys.iter().try_fold(self, |node, key| node.as_map_mut()?.get_mut(key))
    }

    /// The mapping under `key`, made with `origin` where it is missing or null. `None` when
    /// something else is there, or when this is no mapping.
    pub fn map_under(&mut self, key: &str, origin: Origin) -> Option<&mut Map> {
        let map = self.as_map_mut()?;
        if map.get(key).is_none_or(Node::is_null) {
            map.insert(key, Node::map(origin));
        }
        map.get_mut(key)?.as_map_mut()
    }

    /// What kind of value this is, in the words of the YAML specification.
    pub fn kind(&self) -> &'static str {
        match self.value {
            Value::Null => "null",
            Value::Bool(_) => "a boolean",
            Value::Int(_) | Value::Uint(_) => "an integer",
            Value::Float(_) => "a number",
            Value::Str(_) => "a string",
            Value::Seq(_) => "a list",
            Value::Map(_) => "a mapping",
        }
    }

    /// The text of a scalar as JSON would print it, without quotes; `None` for lists, mappings
    /// and null.
    pub fn scalar_text(&self) -> Option<EcoString> {
        match &self.value {
            Value::Null | Value::Seq(_) | Value::Map(_) => None,
            Value::Bool(truth) => Some(if *truth { "true".into() } else { "false".into() }),
            Value::Int(number) => Some(ecow::eco_format!("{number}")),
            Value::Uint(number) => Some(ecow::eco_format!("{number}")),
            Value::Float(number) => Some(ecow::eco_format!("{number}")),
            Value::Str(text) => Some(text.clone()),
        }
    }
}

/// Two nodes are equal when their data is: origins do not count, the order of keys does not
/// count, and a whole number equals the same number written as a float.
impl PartialEq for Node {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Null, Self::Null) => true,
            (Self::Bool(a), Self::Bool(b)) => a == b,
            (Self::Int(a), Self::Int(b)) => a == b,
            (Self::Uint(a), Self::Uint(b)) => a == b,
            (Self::Float(a), Self::Float(b)) => a == b,
            (Self::Float(a), Self::Int(b)) | (Self::Int(b), Self::Float(a)) => *a == *b as f64,
            (Self::Float(a), Self::Uint(b)) | (Self::Uint(b), Self::Float(a)) => *a == *b as f64,
            (Self::Str(a), Self::Str(b)) => a == b,
            (Self::Seq(a), Self::Seq(b)) => a == b,
            (Self::Map(a), Self::Map(b)) => a == b,
            _ => false,
        }
    }
}

impl From<bool> for Value {
    fn from(truth: bool) -> Self {
        Self::Bool(truth)
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Int(number)
    }
}

impl From<i32> for Value {
    fn from(number: i32) -> Self {
        Self::Int(number.into())
    }
}

impl From<u32> for Value {
    fn from(number: u32) -> Self {
        Self::Int(number.into())
    }
}

impl From<u16> for Value {
    fn from(number: u16) -> Self {
        Self::Int(number.into())
    }
}

impl From<u64> for Value {
    fn from(number: u64) -> Self {
        i64::try_from(number).map_or(Self::Uint(number), Self::Int)
    }
}

impl From<f64> for Value {
    fn from(number: f64) -> Self {
        Self::Float(number)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Str(text.into())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Str(text.into())
    }
}

impl From<EcoString> for Value {
    fn from(text: EcoString) -> Self {
        Self::Str(text)
    }
}

impl From<EcoVec<Node>> for Value {
    fn from(items: EcoVec<Node>) -> Self {
        Self::Seq(items)
    }
}

impl From<Vec<Node>> for Value {
    fn from(items: Vec<Node>) -> Self {
        Self::Seq(items.into())
    }
}

impl From<Map> for Value {
    fn from(map: Map) -> Self {
        Self::Map(map)
    }
}

/// A value that brings its own origin, or takes the one that it is given: what `object!` accepts.
pub trait IntoNode {
    /// The node; `origin` is used where the value has none of its own.
    fn into_node(self, origin: Origin) -> Node;
}

impl IntoNode for Node {
    fn into_node(self, _: Origin) -> Node {
        self
    }
}

impl<T: Into<Value>> IntoNode for T {
    fn into_node(self, origin: Origin) -> Node {
        Node::new(self, origin)
    }
}

/// Builds a mapping: `object!{ origin; "replicas": spec.replicas, "paused": false }`. A node or a
/// spanned value brings its origin, a literal gets `origin`, and an entry whose value is `None`
/// is left out when it is written with `?`: `"key"?: option`.
#[macro_export]
macro_rules! object {
    ($origin:expr; $($rest:tt)*) => {{
        let origin: $crate::origin::Origin = $origin;
        #[allow(unused_mut)]
        let mut map = $crate::tree::Map::default();
        $crate::object_entries!(map origin $($rest)*);
        $crate::tree::Node::new(map, origin)
    }};
}

/// The entries of [`object!`]; not for use on its own.
#[doc(hidden)]
#[macro_export]
macro_rules! object_entries {
    ($map:ident $origin:ident) => {};
    ($map:ident $origin:ident $key:literal ? : $value:expr $(, $($rest:tt)*)?) => {
        if let Some(value) = $value {
            $map.push($key, $origin, $crate::tree::IntoNode::into_node(value, $origin));
        }
        $($crate::object_entries!($map $origin $($rest)*);)?
    };
    ($map:ident $origin:ident $key:literal : $value:expr $(, $($rest:tt)*)?) => {
        $map.push($key, $origin, $crate::tree::IntoNode::into_node($value, $origin));
        $($crate::object_entries!($map $origin $($rest)*);)?
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clone_shares_and_a_change_copies_only_its_path() {
        let origin = Origin::source(1);
        let base = object! { origin; "spec": object! { origin; "replicas": 1 }, "kept": object! { origin; "a": 1 } };
        let mut patched = base.clone();
        *patched.at_mut(&["spec", "replicas"]).unwrap() = Node::new(3, Origin::source(9));
        assert_eq!(base.at(&["spec", "replicas"]).unwrap().as_i64(), Some(1));
        assert_eq!(patched.at(&["spec", "replicas"]).unwrap().as_i64(), Some(3));
        let shared = |node: &Node| node.get("kept").unwrap().as_map().unwrap().as_slice().as_ptr();
        assert_eq!(shared(&base), shared(&patched));
    }

    #[test]
    fn equality_ignores_origin_and_key_order() {
        let (a, b) = (Origin::source(1), Origin::source(2));
        assert_eq!(object! { a; "x": 1, "y": "z" }, object! { b; "y": "z", "x": 1 });
        assert_ne!(object! { a; "x": 1 }, object! { a; "x": "1" });
    }
}
