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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_texts_are_what_yaml_says() {
        assert_eq!(resolve("80"), Value::Int(80));
        assert_eq!(resolve("1.5"), Value::Float(1.5));
        assert_eq!(resolve("true"), Value::Bool(true));
        assert_eq!(resolve("a"), Value::from("a"));
        assert_eq!(resolve("1.2.3"), Value::from("1.2.3"));
    }
}
