//! Numbers as Go's `strconv` and the YAML schemas write them.

use crate::tree::Value;

/// A whole number as Go's `strconv.ParseInt` and `ParseUint` read it with base 0: `0x`, `0o`,
/// `0b` in either case, and a leading zero for octal. `None` for anything else, and for what 64
/// bits do not hold.
pub(super) fn go_integer(text: &str) -> Option<Value> {
    let (sign, digits) = split_sign(text);
    let bytes = digits.as_bytes();
    let (radix, digits) = match (bytes.first()?, bytes.get(1)) {
        (b'0', Some(b'x' | b'X')) => (16, digits.get(2..)?),
        (b'0', Some(b'o' | b'O')) => (8, digits.get(2..)?),
        (b'0', Some(b'b' | b'B')) => (2, digits.get(2..)?),
        (b'0', Some(_)) => (8, digits.get(1..)?),
        _ => (10, digits),
    };
    integer(sign, digits, radix)
}

/// The whole number with the given sign and digits, when 64 bits hold it. A number above
/// `i64::MAX` with a plus sign is none: Go reads those as floats.
pub(super) fn integer(sign: Option<u8>, digits: &str, radix: u32) -> Option<Value> {
    // `from_str_radix` would take a second sign.
    if !digits.bytes().next()?.is_ascii_alphanumeric() {
        return None;
    }
    let magnitude = u64::from_str_radix(digits, radix).ok()?;
    match sign {
        Some(b'-') => 0_i64.checked_sub_unsigned(magnitude).map(Value::Int),
        Some(_) => i64::try_from(magnitude).ok().map(Value::Int),
        None => Some(Value::from(magnitude)),
    }
}

/// Takes the sign off.
pub(super) fn split_sign(text: &str) -> (Option<u8>, &str) {
    match text.as_bytes().first() {
        Some(sign @ (b'+' | b'-')) => (Some(*sign), text.get(1..).unwrap_or_default()),
        _ => (None, text),
    }
}

/// A float as YAML 1.2 and Go's readers write it: `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`.
/// The result may be infinite when the digits say so.
pub(super) fn float(text: &str) -> Option<f64> {
    let (_, rest) = split_sign(text);
    let whole = digits(rest);
    let rest = rest.get(whole..)?;
    let rest = match rest.strip_prefix('.') {
        Some(fraction) => {
            let count = digits(fraction);
            if whole + count == 0 {
                return None;
            }
            fraction.get(count..)?
        }
        None if whole == 0 => return None,
        None => rest,
    };
    if !rest.is_empty() {
        let exponent = split_sign(rest.strip_prefix(['e', 'E'])?).1;
        if exponent.is_empty() || digits(exponent) != exponent.len() {
            return None;
        }
    }
    text.parse().ok()
}

/// How many ASCII digits `text` starts with.
pub(super) fn digits(text: &str) -> usize {
    text.bytes().take_while(u8::is_ascii_digit).count()
}

/// A float on its way through JSON, as kustomize passes it: a whole number below 1e21 is written
/// without a fraction and read again as an integer when 64 bits hold it.
pub(super) fn through_json(number: f64) -> Value {
    if number.abs() < 1e21 && number.fract() == 0.0 {
        let text = ecow::eco_format!("{number}");
        if let Ok(whole) = text.parse::<i64>() {
            return Value::Int(whole);
        }
        if let Ok(whole) = text.parse::<u64>() {
            return Value::Uint(whole);
        }
    }
    Value::Float(number)
}
