//! Values that keep the place where they are written, for the types of the model.
//!
//! All of them are transparent: the file holds, and the JSON Schema describes, only the value.
//! Equality, order and hash are those of the value.

use std::borrow::Cow;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;
use std::ops::Deref;

use ecow::EcoString;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::{Deserialize, Deserializer, Error as _, IgnoredAny, SeqAccess, Visitor};

use super::de::{RAW, SPANNED, carried};
use super::{IntoNode, Node};
use crate::origin::Origin;

/// A value and where it is written.
#[derive(Clone, Copy)]
pub struct Spanned<T> {
    /// The value.
    pub value: T,
    /// Where it is written.
    pub origin: Origin,
}

impl<T> Spanned<T> {
    /// A value from a place.
    pub fn new(value: T, origin: Origin) -> Self {
        Self { value, origin }
    }

    /// What `change` makes of the value, from the same place.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Spanned<U> {
        Spanned { value: change(self.value), origin: self.origin }
    }
}

impl<T> Deref for Spanned<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T: fmt::Debug> fmt::Debug for Spanned<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}{:?}", self.value, self.origin)
    }
}

impl<T: fmt::Display> fmt::Display for Spanned<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.value.fmt(f)
    }
}

impl<T: PartialEq> PartialEq for Spanned<T> {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

impl<T: Eq> Eq for Spanned<T> {}

impl<T: PartialOrd> PartialOrd for Spanned<T> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        self.value.partial_cmp(&other.value)
    }
}

impl<T: Ord> Ord for Spanned<T> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.value.cmp(&other.value)
    }
}

impl<T: Hash> Hash for Spanned<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.value.hash(state);
    }
}

/// The value's node from the value's own place.
impl<T: IntoNode> IntoNode for Spanned<T> {
    fn into_node(self, _: Origin) -> Node {
        self.value.into_node(self.origin)
    }
}

impl<T: IntoNode + Clone> IntoNode for &Spanned<T> {
    fn into_node(self, _: Origin) -> Node {
        self.value.clone().into_node(self.origin)
    }
}

impl<T: JsonSchema> JsonSchema for Spanned<T> {
    fn inline_schema() -> bool {
        T::inline_schema()
    }

    fn schema_name() -> Cow<'static, str> {
        T::schema_name()
    }

    fn schema_id() -> Cow<'static, str> {
        T::schema_id()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        T::json_schema(generator)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Spanned<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_newtype_struct(SPANNED, SpannedVisitor(PhantomData))
    }
}

struct SpannedVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for SpannedVisitor<T> {
    type Value = Spanned<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value of a tree, with its place")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Spanned<T>, A::Error> {
        let missing = |index| A::Error::invalid_length(index, &"a place and a value");
        let origin = Origin::from_bits(items.next_element()?.ok_or_else(|| missing(0))?);
        let value = items.next_element()?.ok_or_else(|| missing(1))?;
        Ok(Spanned { value, origin })
    }
}

/// A text and where it is written. It can be used as a `str`.
#[derive(Clone)]
pub struct Text {
    /// The text.
    pub value: EcoString,
    /// Where it is written.
    pub origin: Origin,
}

impl Text {
    /// A text from a place.
    pub fn new(value: impl Into<EcoString>, origin: Origin) -> Self {
        Self { value: value.into(), origin }
    }

    /// The text alone.
    pub fn as_str(&self) -> &str {
        &self.value
    }
}

impl Deref for Text {
    type Target = str;

    fn deref(&self) -> &str {
        &self.value
    }
}

impl AsRef<str> for Text {
    fn as_ref(&self) -> &str {
        &self.value
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}{:?}", self.value, self.origin)
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.value.fmt(f)
    }
}

impl PartialEq for Text {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

impl Eq for Text {}

impl PartialEq<str> for Text {
    fn eq(&self, other: &str) -> bool {
        self.value == other
    }
}

impl PartialEq<&str> for Text {
    fn eq(&self, other: &&str) -> bool {
        self.value == *other
    }
}

impl PartialOrd for Text {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Text {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.value.cmp(&other.value)
    }
}

impl Hash for Text {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.value.hash(state);
    }
}

impl IntoNode for Text {
    fn into_node(self, _: Origin) -> Node {
        Node::string(self.value, self.origin)
    }
}

impl IntoNode for &Text {
    fn into_node(self, origin: Origin) -> Node {
        self.clone().into_node(origin)
    }
}

impl IntoNode for &[Text] {
    fn into_node(self, origin: Origin) -> Node {
        Node::new(self.iter().map(|text| text.into_node(origin)).collect::<Vec<_>>(), origin)
    }
}

impl IntoNode for &Vec<Text> {
    fn into_node(self, origin: Origin) -> Node {
        self.as_slice().into_node(origin)
    }
}

impl JsonSchema for Text {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Text".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        String::json_schema(generator)
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Spanned { value: Shared(value), origin } = Spanned::deserialize(deserializer)?;
        Ok(Self { value, origin })
    }
}

/// The text of a [`Text`].
struct Shared(EcoString);

impl<'de> Deserialize<'de> for Shared {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(SharedVisitor)
    }
}

struct SharedVisitor;

impl Visitor<'_> for SharedVisitor {
    type Value = Shared;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Shared, E> {
        Ok(Shared(text.into()))
    }
}

/// A part of the tree as it is, with all its origins: an inline patch, an object that Strata
/// passes through. Reading one and cloning one copy nothing.
#[derive(Clone, Debug, PartialEq)]
pub struct Raw(pub Node);

impl Deref for Raw {
    type Target = Node;

    fn deref(&self) -> &Node {
        &self.0
    }
}

impl IntoNode for Raw {
    fn into_node(self, _: Origin) -> Node {
        self.0
    }
}

impl IntoNode for &Raw {
    fn into_node(self, _: Origin) -> Node {
        self.0.clone()
    }
}

impl JsonSchema for Raw {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Raw".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        true.into()
    }
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_newtype_struct(RAW, RawVisitor)
    }
}

struct RawVisitor;

impl<'de> Visitor<'de> for RawVisitor {
    type Value = Raw;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a part of a tree")
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<Raw, D::Error> {
        match IgnoredAny::deserialize(deserializer) {
            Err(error) => carried(&error).map(Raw).ok_or(error),
            Ok(_) => Err(D::Error::custom("this can be read from a tree only")),
        }
    }
}

#[cfg(test)]
mod tests;

#[cfg(test)]
pub(crate) use tests::any_tree;
