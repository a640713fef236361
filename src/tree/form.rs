//! A field with a short and a long form: a scalar (or list) for the common case, a mapping for
//! all that can be said.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, EnumAccess, VariantAccess, Visitor};

use super::de::FORM;

/// What was written: the short form, or the mapping.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form<S, L> {
    /// Anything but a mapping.
    Short(S),
    /// A mapping.
    Long(L),
}

/// Reads a mapping as `L` and anything else as `S`. Only a tree can be read so; `expected` says
/// both shapes.
pub fn short_or_long<'de, D, S, L>(deserializer: D, expected: &'static str) -> Result<Form<S, L>, D::Error>
where
    D: Deserializer<'de>,
    S: Deserialize<'de>,
    L: Deserialize<'de>,
{
    deserializer.deserialize_newtype_struct(FORM, FormVisitor { expected, shapes: PhantomData })
}

struct FormVisitor<S, L> {
    expected: &'static str,
    shapes: PhantomData<(S, L)>,
}

impl<'de, S: Deserialize<'de>, L: Deserialize<'de>> Visitor<'de> for FormVisitor<S, L> {
    type Value = Form<S, L>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.expected)
    }

    fn visit_enum<A: EnumAccess<'de>>(self, written: A) -> Result<Self::Value, A::Error> {
        match written.variant()? {
            (true, mapping) => mapping.newtype_variant().map(Form::Long),
            (false, other) => other.newtype_variant().map(Form::Short),
        }
    }
}

/// Declares a type with a short and a long form: an enum of two variants whose titles say both
/// shapes, in messages and in the schema. The second is what a mapping is read as, the first
/// what anything else is read as, so messages go into the form that was meant.
///
/// ```ignore
/// short_or_long! {
///     /// How many pods run.
///     #[derive(Clone, Debug)]
///     pub enum Replicas {
///         /// This many.
///         Count(Spanned<u32>) = "a number",
///         /// As the guard says.
///         Guarded(Guard) = "a mapping with `exactly` and `because`",
///     }
/// }
/// ```
#[macro_export]
macro_rules! short_or_long {
    (
        $(#[$meta:meta])*
        $visibility:vis enum $name:ident {
            $(#[$short_meta:meta])*
            $short:ident($short_type:ty) = $short_title:literal,
            $(#[$long_meta:meta])*
            $long:ident($long_type:ty) = $long_title:literal $(,)?
        }
    ) => {
        $(#[$meta])*
        #[derive(schemars::JsonSchema)]
        #[schemars(untagged, transform = $crate::tree::any_of_is_one_of)]
        $visibility enum $name {
            $(#[$short_meta])*
            #[schemars(title = $short_title)]
            $short($short_type),
            $(#[$long_meta])*
            #[schemars(title = $long_title)]
            $long($long_type),
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let expected = concat!($short_title, " or ", $long_title);
                $crate::tree::short_or_long(deserializer, expected).map(|form| match form {
                    $crate::tree::Form::Short(short) => Self::$short(short),
                    $crate::tree::Form::Long(long) => Self::$long(long),
                })
            }
        }
    };
}

/// Says `oneOf` where a derived schema says `anyOf`: the forms exclude each other.
#[doc(hidden)]
pub fn any_of_is_one_of(schema: &mut schemars::Schema) {
    if let Some(forms) = schema.remove("anyOf") {
        schema.insert("oneOf".to_owned(), forms);
    }
}
