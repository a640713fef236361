//! Numbers as kustomize prints them.

use std::io::Write as _;

/// Writes a float: a whole number that fits in 64 bits without fraction, anything else as the
/// shortest `%g` of Go, with an exponent of at least two digits below 10^-4 and from 10^6 on. (A
/// number passes through JSON in kustomize, which is why whole ones lose their fraction.)
pub fn write_float(number: f64, out: &mut Vec<u8>) {
    if !number.is_finite() {
        // No reader lets these in; the words are those of YAML.
        let word: &[u8] =
            if number.is_nan() { b".nan" } else { [b".inf".as_slice(), b"-.inf"][usize::from(number < 0.0)] };
        return out.extend_from_slice(word);
    }
    let start = out.len();
    if number == number.trunc() && number.abs() < 1e21 {
        let number = if number == 0.0 { 0.0 } else { number }; // no -0
        // Writing to a `Vec` cannot fail.
        _ = write!(out, "{number}");
        if fits_in_64_bits(&out[start..]) {
            return;
        }
        out.truncate(start);
    }
    write_general(number, out);
}

fn fits_in_64_bits(digits: &[u8]) -> bool {
    std::str::from_utf8(digits).is_ok_and(|digits| digits.parse::<i64>().is_ok() || digits.parse::<u64>().is_ok())
}

fn write_general(number: f64, out: &mut Vec<u8>) {
    let scientific = shortest(number);
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if !(-4..6).contains(&exponent) {
        let sign = if exponent < 0 { '-' } else { '+' };
        _ = write!(out, "{mantissa}e{sign}{:02}", exponent.unsigned_abs());
        return;
    }
    if mantissa.starts_with('-') {
        out.push(b'-');
    }
    let digits: String = mantissa.chars().filter(char::is_ascii_digit).collect();
    let whole = usize::try_from(exponent).map_or(0, |exponent| exponent + 1);
    _ = match digits.split_at_checked(whole) {
        Some(("", digits)) => write!(out, "0.{:0>1$}", digits, digits.len() + exponent.unsigned_abs() as usize - 1),
        Some((digits, "")) => write!(out, "{digits}"),
        Some((whole, fraction)) => write!(out, "{whole}.{fraction}"),
        None => write!(out, "{digits:0<whole$}"),
    };
}

/// The shortest digits that read back as `number`, such as `1.5e-7`. Of two that are equally
/// near, Go takes the even one and Rust the upper one, so a second look rounds the exact value.
fn shortest(number: f64) -> String {
    let upper = format!("{number:e}");
    let digits = upper.bytes().take_while(|byte| *byte != b'e').filter(u8::is_ascii_digit).count();
    let even = format!("{number:.*e}", digits.saturating_sub(1));
    if even.parse() == Ok(number) { even } else { upper }
}
