//! What a text without quotes means where kustomize writes one into a field that is no string.

use crate::tree::Value;

/// A boolean, null, a number, or the text itself (YAML 1.2's core schema, which is what the
/// reader of resources follows for these).
pub(super) fn resolve(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Value::Null,
        "true" | "True" | "TRUE" => return Value::Bool(true),
        "false" | "False" | "FALSE" => return Value::Bool(false),
        _ => {}
    }
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let plain = digits.bytes().next().is_some_and(|first| first.is_ascii_digit() || first == b'.');
    let octal = digits.len() > 1 && digits.starts_with('0') && digits.bytes().all(|b| b.is_ascii_digit());
    if !plain || octal {
        return Value::from(text);
    }
    if let Ok(number) = text.parse::<i64>() {
        return Value::Int(number);
    }
    if let Ok(number) = text.parse::<u64>() {
        return Value::from(number);
    }
    match text.parse::<f64>() {
        Ok(number) if number.is_finite() => Value::Float(number),
        _ => Value::from(text),
    }
}

/// What a text is in the place of `old`, which keeps its type: `None` when the text is none of it.
pub(super) fn of_type(text: &str, old: &Value) -> Option<Value> {
    match (old, resolve(text)) {
        (Value::Int(_) | Value::Uint(_), new @ (Value::Int(_) | Value::Uint(_))) if !is_float(text) => Some(new),
        (Value::Float(_), new @ (Value::Int(_) | Value::Float(_))) => Some(new),
        (Value::Int(_) | Value::Uint(_) | Value::Float(_), Value::Str(_)) => with_base(text).map(Value::Int),
        (Value::Bool(_), new @ Value::Bool(_)) => Some(new),
        (Value::Null, _) if text.is_empty() => Some(Value::from("")),
        (Value::Null, Value::Null) => Some(Value::Null),
        (Value::Str(_), _) => Some(Value::from(text)),
        _ => None,
    }
}

fn is_float(text: &str) -> bool {
    text.contains(['.', 'e', 'E'])
}

/// A whole number that is written with another base than ten, or with underscores.
fn with_base(text: &str) -> Option<i64> {
    let plain = text.replace('_', "");
    let digits = plain.strip_prefix(['-', '+']).unwrap_or(&plain);
    let (digits, base) = match digits.get(..2) {
        Some("0x") => (digits.get(2..)?, 16),
        Some("0b") => (digits.get(2..)?, 2),
        Some("0o") => (digits.get(2..)?, 8),
        _ if digits.starts_with('0') => (digits, 8),
        _ => (digits, 10),
    };
    let number =
        i64::from_str_radix(digits, base).ok().filter(|_| digits.starts_with(|c: char| c.is_ascii_hexdigit()))?;
    Some(if plain.starts_with('-') { -number } else { number })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_keeps_its_type() {
        let int = Value::Int(5);
        for (text, number) in [("80", 80), ("-5", -5), ("0x10", 16), ("010", 8), ("0o7", 7), ("1_000", 1000), ("+5", 5)]
        {
            assert_eq!(of_type(text, &int), Some(Value::Int(number)), "{text}");
        }
        for text in ["conf", "1.5", "1e3", "true", "null", "", "yes", "5 ", "0x", "1.0"] {
            assert_eq!(of_type(text, &int), None, "{text}");
        }
        assert_eq!(of_type("1e3", &Value::Float(1.5)), Some(Value::Float(1000.0)));
        assert_eq!(of_type("5", &Value::Float(1.5)), Some(Value::Int(5)));
        assert_eq!(of_type("x", &Value::Float(1.5)), None);
        assert_eq!(of_type("false", &Value::Bool(true)), Some(Value::Bool(false)));
        assert_eq!(of_type("0", &Value::Bool(true)), None);
        assert_eq!(of_type("a", &Value::Null), None);
        assert_eq!(of_type("~", &Value::Null), Some(Value::Null));
    }

    #[test]
    fn plain_texts_are_what_yaml_says() {
        assert_eq!(resolve("80"), Value::Int(80));
        assert_eq!(resolve("1.5"), Value::Float(1.5));
        assert_eq!(resolve("true"), Value::Bool(true));
        assert_eq!(resolve("a"), Value::from("a"));
        assert_eq!(resolve("1.2.3"), Value::from("1.2.3"));
    }
}
