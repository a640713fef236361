//! The texts and numbers that Kubernetes accepts where a schema only says `string` or `integer`.

use super::types::Format;
use crate::tree::{Node, Value};

/// How a value relates to a scalar type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fit {
    Yes,
    /// Another type.
    Type,
    /// The right type, but not what the format says.
    Content,
}

/// Whether `node` is a whole number within `format`. As in JSON, `1.0` is one: Kubernetes' own
/// conversion of YAML prints it as `1`.
pub(super) fn integer(node: &Node, format: Option<Format>) -> Fit {
    let number = match *node.value() {
        Value::Int(number) => i128::from(number),
        Value::Uint(number) => i128::from(number),
        // The cast saturates, so what is too large stays too large.
        Value::Float(number) if number.fract() == 0.0 => number as i128,
        _ => return Fit::Type,
    };
    let fits = match format {
        Some(Format::Int32) => i32::try_from(number).is_ok(),
        _ => i64::try_from(number).is_ok(),
    };
    content(fits)
}

/// Whether `node` is a number.
pub(super) fn number(node: &Node) -> Fit {
    match node.value() {
        Value::Int(_) | Value::Uint(_) | Value::Float(_) => Fit::Yes,
        _ => Fit::Type,
    }
}

/// Whether `node` is text within `format`. Of the formats only base64 is checked.
pub(super) fn string(node: &Node, format: Option<Format>) -> Fit {
    match (node.as_str(), format) {
        (Some(text), Some(Format::Byte)) => content(is_base64(text)),
        (Some(_), _) => Fit::Yes,
        (None, _) => Fit::Type,
    }
}

/// Whether `node` is an `IntOrString` (k8s.io/apimachinery/pkg/util/intstr: the number has 32 bits).
pub(super) fn int_or_string(node: &Node) -> Fit {
    match node.as_str() {
        Some(_) => Fit::Yes,
        None => integer(node, Some(Format::Int32)),
    }
}

/// Whether `node` is a `Quantity`, as text or as a number.
pub(super) fn quantity(node: &Node) -> Fit {
    match node.as_str() {
        Some(text) => content(is_quantity(text)),
        None => number(node),
    }
}

fn content(fits: bool) -> Fit {
    if fits { Fit::Yes } else { Fit::Content }
}

/// The grammar in the documentation of `Quantity` in k8s.io/apimachinery/pkg/api/resource; white
/// space around it is dropped when Kubernetes reads JSON.
fn is_quantity(text: &str) -> bool {
    let text = text.trim();
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let end = unsigned.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(unsigned.len());
    let (number, suffix) = unsigned.split_at(end);
    let points = number.bytes().filter(|byte| *byte == b'.').count();
    points <= 1 && number.len() > points && is_suffix(suffix)
}

fn is_suffix(suffix: &str) -> bool {
    match suffix {
        "" | "n" | "u" | "m" | "k" | "M" | "G" | "T" | "P" | "E" => true,
        "Ki" | "Mi" | "Gi" | "Ti" | "Pi" | "Ei" => true,
        _ => suffix.strip_prefix(['e', 'E']).is_some_and(|exponent| {
            let digits = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
            !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
        }),
    }
}

/// The standard alphabet with padding; line breaks do not count (Go's `base64.StdEncoding`, which
/// reads `[]byte` fields).
fn is_base64(text: &str) -> bool {
    let bytes = || text.bytes().filter(|byte| !matches!(byte, b'\r' | b'\n'));
    let length = bytes().count();
    let padding = bytes().rev().take_while(|byte| *byte == b'=').count();
    let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    length % 4 == 0 && padding <= 2 && bytes().take(length - padding).all(is_letter)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::origin::Origin;

    #[test]
    fn quantities_follow_the_documented_grammar() {
        for text in ["0", "1", "500m", "1.5", ".5", "1.", "+1Gi", "-2", "1e3", "1E-3", "12E", "128974848", " 1Mi "] {
            assert!(is_quantity(text), "{text}");
        }
        for text in ["", " ", "m", ".", "1.2.3", "1mi", "1KI", "1 Gi", "2OOm", "1e", "1e+", "Gi", "--1", "1Gi5", "½"] {
            assert!(!is_quantity(text), "{text}");
        }
    }

    #[test]
    fn base64_is_padded_and_may_hold_line_breaks() {
        for text in ["", "YQ==", "YWI=", "YWJj", "YW\nJj\n", "+/+/"] {
            assert!(is_base64(text), "{text}");
        }
        for text in ["YQ", "YQ=", "Y===", "====", "Y=Q=", "pass word", "ä", "-_-_"] {
            assert!(!is_base64(text), "{text}");
        }
    }

    #[test]
    fn whole_numbers_have_the_range_of_their_format() {
        let fit = |value: Value, format| integer(&Node::new(value, Origin::source(0)), Some(format));
        assert_eq!(fit(Value::Int(2_147_483_647), Format::Int32), Fit::Yes);
        assert_eq!(fit(Value::Int(2_147_483_648), Format::Int32), Fit::Content);
        assert_eq!(fit(Value::Float(3.0), Format::Int32), Fit::Yes);
        assert_eq!(fit(Value::Float(3.5), Format::Int32), Fit::Type);
        assert_eq!(fit(Value::Float(1e300), Format::Int64), Fit::Content);
        assert_eq!(fit(Value::Uint(u64::MAX), Format::Int64), Fit::Content);
        assert_eq!(fit(Value::Float(f64::NAN), Format::Int64), Fit::Type);
    }
}
