//! A value of CEL.

use std::sync::Arc;

use ecow::{EcoString, EcoVec};

use super::types::Special;
use crate::origin::Origin;
use crate::tree::{Node, Value as Data};

/// A value. Cloning one is cheap.
#[derive(Clone, Debug)]
pub enum Value {
    /// `null`.
    Null,
    /// A truth value.
    Bool(bool),
    /// A whole number with a sign.
    Int(i64),
    /// A whole number without one.
    Uint(u64),
    /// A number.
    Double(f64),
    /// A text.
    Text(EcoString),
    /// Bytes.
    Bytes(EcoVec<u8>),
    /// A list that an expression made.
    List(EcoVec<Value>),
    /// A mapping that an expression made, in written order.
    Map(EcoVec<(Value, Value)>),
    /// A list or a mapping of a tree.
    Tree(Tree),
    /// A value that may be there.
    Optional(Option<Arc<Value>>),
    /// A type.
    Type(&'static str),
    /// A value of a library of Kubernetes.
    Special(Arc<Special>),
}

/// A list or a mapping of a tree.
#[derive(Clone, Debug)]
pub struct Tree {
    /// The node.
    pub node: Node,
    /// Whether it is part of the object that is looked at: then findings may point at it.
    pub shown: bool,
}

impl Value {
    /// The value of a node; findings may point into it when it is `shown`.
    pub fn of(node: &Node, shown: bool) -> Self {
        match node.value() {
            Data::Null => Self::Null,
            Data::Bool(truth) => Self::Bool(*truth),
            Data::Int(number) => Self::Int(*number),
            Data::Uint(number) => Self::Uint(*number),
            Data::Float(number) => Self::Double(*number),
            Data::Str(text) => Self::Text(text.clone()),
            Data::Seq(_) | Data::Map(_) => Self::Tree(Tree { node: node.clone(), shown }),
        }
    }

    pub(super) fn text(text: impl Into<EcoString>) -> Self {
        Self::Text(text.into())
    }

    pub(super) fn some(value: Self) -> Self {
        Self::Optional(Some(Arc::new(value)))
    }

    pub(super) fn special(special: Special) -> Self {
        Self::Special(Arc::new(special))
    }

    /// The name of its type.
    pub fn type_name(&self) -> &'static str {
        match self {
            Self::Null => "null_type",
            Self::Bool(_) => "bool",
            Self::Int(_) => "int",
            Self::Uint(_) => "uint",
            Self::Double(_) => "double",
            Self::Text(_) => "string",
            Self::Bytes(_) => "bytes",
            Self::List(_) => "list",
            Self::Map(_) => "map",
            Self::Tree(tree) if tree.node.as_map().is_some() => "map",
            Self::Tree(_) => "list",
            Self::Optional(_) => "optional_type",
            Self::Type(_) => "type",
            Self::Special(special) => special.type_name(),
        }
    }

    /// Where it stands in the object that is looked at.
    pub(super) fn place(&self) -> Option<Origin> {
        match self {
            Self::Tree(tree) if tree.shown => Some(tree.node.origin()),
            _ => None,
        }
    }

    /// How many elements it runs over; `None` when it is no list and no mapping.
    pub(super) fn count(&self) -> Option<usize> {
        match self {
            Self::List(items) => Some(items.len()),
            Self::Map(entries) => Some(entries.len()),
            Self::Tree(tree) => Some(match tree.node.value() {
                Data::Seq(items) => items.len(),
                Data::Map(map) => map.len(),
                _ => 0,
            }),
            _ => None,
        }
    }

    /// The element at `index` of a list, with its place.
    pub(super) fn item(&self, index: usize) -> Option<(Self, Option<Origin>)> {
        match self {
            Self::List(items) => items.get(index).map(|item| (item.clone(), item.place())),
            Self::Tree(tree) => tree.node.as_seq()?.get(index).map(|node| tree.child(node)),
            _ => None,
        }
    }

    /// The key and the value at `index` of a mapping, with the place of the value.
    pub(super) fn entry(&self, index: usize) -> Option<(Self, Self, Option<Origin>)> {
        match self {
            Self::Map(entries) => entries.get(index).map(|(key, value)| (key.clone(), value.clone(), value.place())),
            Self::Tree(tree) => {
                let entry = tree.node.as_map()?.as_slice().get(index)?;
                let (value, place) = tree.child(&entry.node);
                Some((Self::Text(entry.key.clone()), value, place))
            }
            _ => None,
        }
    }

    /// The elements of a list.
    pub(super) fn items(&self) -> Option<Vec<Self>> {
        match self {
            Self::List(items) => Some(items.to_vec()),
            Self::Tree(tree) => Some(tree.node.as_seq()?.iter().map(|node| Self::of(node, tree.shown)).collect()),
            _ => None,
        }
    }

    /// The value under a text, with its place; `Err` when this is no mapping.
    pub(super) fn field(&self, name: &str) -> Result<Option<(Self, Option<Origin>)>, ()> {
        match self {
            Self::Map(entries) => {
                let found = entries.iter().find(|(key, _)| matches!(key, Self::Text(text) if text == name));
                Ok(found.map(|(_, value)| (value.clone(), value.place())))
            }
            Self::Tree(tree) => {
                let map = tree.node.as_map().ok_or(())?;
                Ok(map.get(name).map(|node| tree.child(node)))
            }
            _ => Err(()),
        }
    }
}

impl Tree {
    fn child(&self, node: &Node) -> (Value, Option<Origin>) {
        (Value::of(node, self.shown), self.shown.then_some(node.origin()))
    }
}
