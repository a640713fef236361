//! Reads any type that serde knows from the tree, strictly: text is never taken for a number nor
//! a number for text, and every error knows the place where it happened.
//!
//! Three newtype-struct names are taken for more than serde itself can say: `SPANNED` hands a
//! value over together with its origin, `RAW` hands over the node itself, and `FORM` says
//! whether a mapping or something else is written. Types use them through [`Spanned`],
//! [`Text`], [`Raw`] and [`short_or_long!`]. They need this deserializer directly: behind serde's
//! `flatten`, `untagged` and `tag`, which read into a buffer first, origins would be lost, so
//! these types refuse to be read there.
//!
//! [`Spanned`]: super::Spanned
//! [`Text`]: super::Text
//! [`Raw`]: super::Raw
//! [`short_or_long!`]: crate::short_or_long

use serde::de::value::{BoolDeserializer, U32Deserializer};
use serde::de::{
    DeserializeOwned, DeserializeSeed, Deserializer, EnumAccess, Error as _, IntoDeserializer, MapAccess, SeqAccess,
    Unexpected, VariantAccess, Visitor,
};
use serde::forward_to_deserialize_any;

use super::{Map, Node, Value};
use crate::origin::Origin;

/// The newtype-struct name for which the visitor is shown two items: the bits of the origin, and
/// the value.
pub(super) const SPANNED: &str = "$strata::Spanned";

/// The newtype-struct name for which the visitor is given a deserializer that fails with an error
/// which carries the node (see [`carried`]).
pub(super) const RAW: &str = "$strata::Raw";

/// The newtype-struct name for which the visitor is shown an enum whose variant is a boolean:
/// whether the node is a mapping; its content is the node.
pub(super) const FORM: &str = "$strata::Form";

/// Why a tree is not of the type that was asked for, and where.
#[derive(Clone, Debug)]
pub struct Error(Box<Inner>);

#[derive(Clone, Debug)]
struct Inner {
    message: String,
    origin: Option<Origin>,
    carried: Option<Carried>,
}

/// A node on its way through serde. serde has no method that hands over a value of a foreign
/// type, but an error may have a source, and a source can be asked for its type: so a node
/// travels whole and shared, without a copy, a global or unsafe code.
#[derive(Clone, Debug)]
struct Carried(Node);

impl Error {
    /// The place of the innermost node that was being read.
    pub fn origin(&self) -> Option<Origin> {
        self.0.origin
    }

    /// The same error at `origin`, unless a node further inside has given its place already.
    #[must_use]
    fn at(mut self, origin: Origin) -> Self {
        self.0.origin.get_or_insert(origin);
        self
    }

    fn carry(node: Node) -> Self {
        Self(Box::new(Inner { message: String::new(), origin: Some(node.origin()), carried: Some(Carried(node)) }))
    }
}

/// The node that an error carries, when it comes from a deserializer that was shown for [`RAW`].
pub(super) fn carried(error: &impl std::error::Error) -> Option<Node> {
    error.source()?.downcast_ref::<Carried>().map(|carried| carried.0.clone())
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.carried.as_ref().map(|carried| carried as _)
    }
}

impl std::fmt::Display for Carried {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a node of the tree")
    }
}

impl std::error::Error for Carried {}

impl serde::de::Error for Error {
    fn custom<T: std::fmt::Display>(message: T) -> Self {
        Self(Box::new(Inner { message: message.to_string(), origin: None, carried: None }))
    }
}

/// Reads a `T` from `node`.
pub fn from_node<T: DeserializeOwned>(node: &Node) -> Result<T, Error> {
    T::deserialize(node)
}

impl<'de> IntoDeserializer<'de, Error> for &'de Node {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

impl<'de> Deserializer<'de> for &'de Node {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let read = match self.value() {
            Value::Null => visitor.visit_unit(),
            Value::Bool(truth) => visitor.visit_bool(*truth),
            Value::Int(number) => visitor.visit_i64(*number),
            Value::Uint(number) => visitor.visit_u64(*number),
            Value::Float(number) => visitor.visit_f64(*number),
            Value::Str(text) => visitor.visit_borrowed_str(text),
            Value::Seq(items) => read_items(items, visitor),
            Value::Map(map) => read_entries(map, visitor),
        };
        read.map_err(|error| error.at(self.origin()))
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let read = if self.is_null() { visitor.visit_none() } else { visitor.visit_some(self) };
        read.map_err(|error| error.at(self.origin()))
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, name: &'static str, visitor: V) -> Result<V::Value, Error> {
        let read = match name {
            SPANNED => visitor.visit_seq(WithOrigin::new(self, self.origin())),
            RAW => visitor.visit_newtype_struct(Carrier(self.clone())),
            FORM => visitor.visit_enum(FormOf(self)),
            _ => visitor.visit_newtype_struct(self),
        };
        read.map_err(|error| error.at(self.origin()))
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        let read = match self.value() {
            Value::Str(text) => visitor.visit_enum(Key { text, origin: self.origin() }),
            Value::Map(map) => match map.as_slice() {
                [entry] => visitor.visit_enum(Tagged {
                    tag: Key { text: &entry.key, origin: entry.key_origin },
                    content: &entry.node,
                }),
                entries => Err(Error::invalid_length(entries.len(), &"a mapping with exactly one key")),
            },
            other => Err(Error::invalid_type(unexpected(other), &"a string or a mapping with one key")),
        };
        read.map_err(|error| error.at(self.origin()))
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct
        seq tuple tuple_struct map struct identifier
    }
}

fn unexpected(value: &Value) -> Unexpected<'_> {
    match value {
        Value::Null => Unexpected::Unit,
        Value::Bool(truth) => Unexpected::Bool(*truth),
        Value::Int(number) => Unexpected::Signed(*number),
        Value::Uint(number) => Unexpected::Unsigned(*number),
        Value::Float(number) => Unexpected::Float(*number),
        Value::Str(text) => Unexpected::Str(text),
        Value::Seq(_) => Unexpected::Seq,
        Value::Map(_) => Unexpected::Map,
    }
}

/// Shows a list to `visitor`, which must take all of it.
fn read_items<'de, V: Visitor<'de>>(items: &'de [Node], visitor: V) -> Result<V::Value, Error> {
    let mut rest = Items(items.iter());
    let read = visitor.visit_seq(&mut rest)?;
    match rest.0.len() {
        0 => Ok(read),
        left => Err(Error::invalid_length(items.len(), &format!("{} items", items.len() - left).as_str())),
    }
}

/// Shows a mapping to `visitor`, which must take all of it.
fn read_entries<'de, V: Visitor<'de>>(map: &'de Map, visitor: V) -> Result<V::Value, Error> {
    let mut rest = Entries { entries: map.iter(), content: None };
    let read = visitor.visit_map(&mut rest)?;
    match rest.entries.len() {
        0 => Ok(read),
        left => Err(Error::invalid_length(map.len(), &format!("{} entries", map.len() - left).as_str())),
    }
}

struct Items<'de>(std::slice::Iter<'de, Node>);

impl<'de> SeqAccess<'de> for Items<'de> {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Error> {
        let Some(item) = self.0.next() else { return Ok(None) };
        seed.deserialize(item).map(Some).map_err(|error| error.at(item.origin()))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.0.len())
    }
}

struct Entries<'de> {
    entries: std::slice::Iter<'de, super::Entry>,
    content: Option<&'de Node>,
}

impl<'de> MapAccess<'de> for Entries<'de> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Error> {
        let Some(entry) = self.entries.next() else { return Ok(None) };
        self.content = Some(&entry.node);
        seed.deserialize(Key { text: &entry.key, origin: entry.key_origin }).map(Some)
    }

    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value, Error> {
        let content = self.content.take().ok_or_else(|| Error::custom("a value was asked for before its key"))?;
        seed.deserialize(content).map_err(|error| error.at(content.origin()))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.entries.len())
    }
}

/// A key of a mapping, or the text of a unit variant.
#[derive(Clone, Copy)]
struct Key<'de> {
    text: &'de str,
    origin: Origin,
}

impl<'de> Deserializer<'de> for Key<'de> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_borrowed_str(self.text).map_err(|error: Error| error.at(self.origin))
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, name: &'static str, visitor: V) -> Result<V::Value, Error> {
        let read = match name {
            SPANNED => visitor.visit_seq(WithOrigin::new(self, self.origin)),
            RAW => visitor.visit_newtype_struct(Carrier(Node::string(self.text, self.origin))),
            _ => visitor.visit_newtype_struct(self),
        };
        read.map_err(|error| error.at(self.origin))
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_enum(self).map_err(|error| error.at(self.origin))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct
        seq tuple tuple_struct map struct identifier ignored_any
    }
}

/// A text as the name of a unit variant.
impl<'de> EnumAccess<'de> for Key<'de> {
    type Error = Error;
    type Variant = BareTag;

    fn variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<(T::Value, BareTag), Error> {
        Ok((seed.deserialize(self)?, BareTag))
    }
}

/// What follows the name of a variant that is written as a bare text: nothing.
struct BareTag;

impl BareTag {
    fn refuse<T>(expected: &str) -> Result<T, Error> {
        Err(Error::invalid_type(Unexpected::UnitVariant, &expected))
    }
}

impl<'de> VariantAccess<'de> for BareTag {
    type Error = Error;

    fn unit_variant(self) -> Result<(), Error> {
        Ok(())
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, _: T) -> Result<T::Value, Error> {
        Self::refuse("a mapping with this key and its value")
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, _: V) -> Result<V::Value, Error> {
        Self::refuse("a mapping with this key and a list")
    }

    fn struct_variant<V: Visitor<'de>>(self, _: &'static [&'static str], _: V) -> Result<V::Value, Error> {
        Self::refuse("a mapping with this key and its fields")
    }
}

/// A mapping with one key, which names the variant.
struct Tagged<'de> {
    tag: Key<'de>,
    content: &'de Node,
}

impl<'de> EnumAccess<'de> for Tagged<'de> {
    type Error = Error;
    type Variant = Content<'de>;

    fn variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<(T::Value, Content<'de>), Error> {
        Ok((seed.deserialize(self.tag)?, Content(self.content)))
    }
}

/// The content of a variant.
struct Content<'de>(&'de Node);

impl<'de> VariantAccess<'de> for Content<'de> {
    type Error = Error;

    fn unit_variant(self) -> Result<(), Error> {
        let error = Error::invalid_type(unexpected(self.0.value()), &"the key alone, as a plain string");
        Err(error.at(self.0.origin()))
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Error> {
        seed.deserialize(self.0).map_err(|error| error.at(self.0.origin()))
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Error> {
        self.0.deserialize_any(visitor)
    }

    fn struct_variant<V: Visitor<'de>>(self, _: &'static [&'static str], visitor: V) -> Result<V::Value, Error> {
        self.0.deserialize_any(visitor)
    }
}

/// The two items that stand for a spanned value: the bits of its origin, then the value.
struct WithOrigin<D> {
    origin: Option<Origin>,
    content: Option<D>,
}

impl<D> WithOrigin<D> {
    fn new(content: D, origin: Origin) -> Self {
        Self { origin: Some(origin), content: Some(content) }
    }
}

impl<'de, D: Deserializer<'de, Error = Error>> SeqAccess<'de> for WithOrigin<D> {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Error> {
        if let Some(origin) = self.origin.take() {
            let bits: U32Deserializer<Error> = origin.to_bits().into_deserializer();
            return seed.deserialize(bits).map(Some);
        }
        self.content.take().map(|content| seed.deserialize(content)).transpose()
    }
}

/// Hands its node over through an error, whatever it is asked for.
struct Carrier(Node);

impl<'de> Deserializer<'de> for Carrier {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Error> {
        Err(Error::carry(self.0))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

/// A node as an enum of two: a mapping (`true`) or anything else (`false`).
struct FormOf<'de>(&'de Node);

impl<'de> EnumAccess<'de> for FormOf<'de> {
    type Error = Error;
    type Variant = Content<'de>;

    fn variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<(T::Value, Content<'de>), Error> {
        let is_mapping: BoolDeserializer<Error> = self.0.as_map().is_some().into_deserializer();
        Ok((seed.deserialize(is_mapping)?, Content(self.0)))
    }
}
