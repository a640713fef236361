//! Whether a plain text would be read as something else than text under YAML 1.1.
//!
//! The rules are those by which go-yaml v2 decides to quote: its own resolver, and base 60
//! numbers, which it quotes for other readers. See <https://yaml.org/type/> for the types.

/// Whether `text`, written plain, would be a bool, a null, a number or a timestamp.
pub fn is_other_than_text(text: &str) -> bool {
    match text.as_bytes() {
        [] => true,
        [b'y' | b'Y' | b'n' | b'N' | b't' | b'T' | b'f' | b'F' | b'o' | b'O' | b'~', ..] => is_word(text),
        [b'.', ..] => is_special_float(text) || is_go_float(text),
        [b'0'..=b'9' | b'+' | b'-', ..] => is_special_float(text) || is_number(text) || is_timestamp(text.as_bytes()),
        _ => false,
    }
}

fn is_word(text: &str) -> bool {
    matches!(
        text,
        "y" | "Y" | "yes" | "Yes" | "YES" | "n" | "N" | "no" | "No" | "NO" | "on" | "On" | "ON" | "off" | "Off" | "OFF"
    ) || matches!(text, "true" | "True" | "TRUE" | "false" | "False" | "FALSE")
        || matches!(text, "~" | "null" | "Null" | "NULL")
}

fn is_special_float(text: &str) -> bool {
    let unsigned = text.strip_prefix(['+', '-']);
    matches!(unsigned.unwrap_or(text), ".inf" | ".Inf" | ".INF")
        || unsigned.is_none() && matches!(text, ".nan" | ".NaN" | ".NAN")
}

/// A text that begins with a point: Go's float syntax, in which an underscore stands between
/// digits.
fn is_go_float(text: &str) -> bool {
    let between_digits = |at: usize| {
        let digit = |at: Option<usize>| at.and_then(|at| text.as_bytes().get(at)).is_some_and(u8::is_ascii_digit);
        digit(at.checked_sub(1)) && digit(Some(at + 1))
    };
    text.bytes().enumerate().all(|(at, byte)| byte != b'_' || between_digits(at))
        && is_decimal(&without_underscores(text))
}

fn is_number(text: &str) -> bool {
    let number_like = |byte: u8| {
        byte.is_ascii_hexdigit() || matches!(byte, b'+' | b'-' | b'.' | b'_' | b':' | b'x' | b'X' | b'o' | b'O')
    };
    if !text.bytes().all(number_like) {
        return false;
    }
    if text.contains(':') {
        return is_base_60(text.as_bytes());
    }
    let digits = without_underscores(text);
    is_integer(&digits) || is_decimal(&digits)
}

fn without_underscores(text: &str) -> std::borrow::Cow<'_, str> {
    match text.contains('_') {
        true => text.replace('_', "").into(),
        false => text.into(),
    }
}

/// An integer of at most 64 bits: `12`, `-0x1F`, `0o17`, `0b11`, `017`. Larger ones are no
/// integers to go-yaml (those in base 10 are floats).
fn is_integer(text: &str) -> bool {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (radix, digits) = match unsigned.as_bytes() {
        [b'0', b'x' | b'X', ..] => (16, &unsigned[2..]),
        [b'0', b'o' | b'O', ..] => (8, &unsigned[2..]),
        [b'0', b'b' | b'B', ..] => (2, &unsigned[2..]),
        [b'0', _, ..] => (8, &unsigned[1..]),
        _ => (10, unsigned),
    };
    if digits.starts_with(['+', '-']) {
        // go-yaml reads `0b-1` by accident, and so quotes it.
        return text.starts_with("0b") && i64::from_str_radix(digits, 2).is_ok();
    }
    match (unsigned.len() == text.len(), text.starts_with('-')) {
        (true, _) => u64::from_str_radix(digits, radix).is_ok(),
        (false, true) => i64::from_str_radix(digits, radix).is_ok() || is_lowest(digits, radix),
        (false, false) => i64::from_str_radix(digits, radix).is_ok(),
    }
}

/// Whether `digits` are those of 2^63, which only fits with a minus sign.
fn is_lowest(digits: &str, radix: u32) -> bool {
    u64::from_str_radix(digits, radix) == Ok(1 << 63)
}

/// A float within the range of 64 bits, or an integer of any length, in base 10.
fn is_decimal(text: &str) -> bool {
    let mut rest = Cursor(text.as_bytes());
    rest.skip_any(b"+-");
    let whole = rest.digits();
    let fraction = if rest.skip_any(b".") { rest.digits() } else { 0 };
    if whole + fraction == 0 {
        return false;
    }
    if rest.skip_any(b"eE") {
        rest.skip_any(b"+-");
        if rest.digits() == 0 {
            return false;
        }
    }
    // Go refuses what overflows, and so it stays text.
    rest.0.is_empty() && text.parse::<f64>().is_ok_and(f64::is_finite)
}

/// `190:20:30`, `190:20:30.15`.
fn is_base_60(text: &[u8]) -> bool {
    let mut rest = Cursor(text);
    rest.skip_any(b"+-");
    if rest.digits() == 0 {
        return false;
    }
    rest.while_in(b"0123456789_");
    let mut groups = 0;
    while rest.skip_any(b":") {
        let digits = rest.0.iter().take_while(|byte| byte.is_ascii_digit()).count();
        if digits == 0 || digits > 2 || digits == 2 && rest.0[0] > b'5' {
            return false;
        }
        rest.digits();
        groups += 1;
    }
    if rest.skip_any(b".") {
        rest.while_in(b"0123456789_");
    }
    groups > 0 && rest.0.is_empty()
}

/// `2020-1-2`, `2020-01-02 15:04:05.5`, `2020-01-02T15:04:05Z` and the like, when such a day and
/// time exist.
fn is_timestamp(text: &[u8]) -> bool {
    let mut rest = Cursor(text);
    let (Some(year), true) = (rest.four_digits(), rest.skip_any(b"-")) else { return false };
    let (Some(month), true) = (rest.one_or_two_digits(), rest.skip_any(b"-")) else { return false };
    let Some(day) = rest.one_or_two_digits() else { return false };
    if day == 0 || day > days_in(month, year) {
        return false;
    }
    if rest.0.is_empty() {
        return true;
    }
    let zoned = rest.skip_any(b"Tt");
    if !zoned && rest.while_in(b" ") == 0 {
        return false;
    }
    rest.time_of_day() && (!zoned || rest.zone()) && rest.0.is_empty()
}

fn days_in(month: u32, year: u32) -> u32 {
    match month {
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => 0,
    }
}

struct Cursor<'a>(&'a [u8]);

impl Cursor<'_> {
    fn skip_any(&mut self, bytes: &[u8]) -> bool {
        let found = self.0.first().is_some_and(|byte| bytes.contains(byte));
        self.0 = &self.0[usize::from(found)..];
        found
    }

    fn while_in(&mut self, bytes: &[u8]) -> usize {
        let count = self.0.iter().take_while(|byte| bytes.contains(byte)).count();
        self.0 = &self.0[count..];
        count
    }

    fn digits(&mut self) -> usize {
        self.while_in(b"0123456789")
    }

    fn four_digits(&mut self) -> Option<u32> {
        let (first, rest) = self.0.split_first_chunk::<4>()?;
        self.0 = rest;
        let all_digits = first.iter().all(u8::is_ascii_digit);
        all_digits.then(|| first.iter().fold(0, |value, digit| value * 10 + u32::from(digit - b'0')))
    }

    fn one_or_two_digits(&mut self) -> Option<u32> {
        let count = self.0.iter().take(2).take_while(|byte| byte.is_ascii_digit()).count();
        let (digits, rest) = self.0.split_at(count);
        self.0 = rest;
        (count > 0).then(|| digits.iter().fold(0, |value, digit| value * 10 + u32::from(digit - b'0')))
    }

    /// `15:04:05` with up to nine digits of a second's fraction.
    fn time_of_day(&mut self) -> bool {
        let below = |value: Option<u32>, end| value.is_some_and(|value| value < end);
        let whole = below(self.one_or_two_digits(), 24)
            && self.skip_any(b":")
            && below(self.one_or_two_digits(), 60)
            && self.skip_any(b":")
            && below(self.one_or_two_digits(), 60);
        if whole && self.0.get(1).is_some_and(u8::is_ascii_digit) && self.skip_any(b".,") {
            let count = self.0.iter().take(9).take_while(|byte| byte.is_ascii_digit()).count();
            self.0 = &self.0[count..];
        }
        whole
    }

    /// `Z` or `+01:00`.
    fn zone(&mut self) -> bool {
        if self.skip_any(b"Z") {
            return true;
        }
        let sign = self.skip_any(b"+-");
        let Some((&[h1, h2, b':', m1, m2], rest)) = self.0.split_first_chunk::<5>() else { return false };
        let two = |a: u8, b: u8| (a.is_ascii_digit() && b.is_ascii_digit()).then(|| (a - b'0') * 10 + (b - b'0'));
        self.0 = rest;
        sign && two(h1, h2).is_some_and(|hours| hours <= 24) && two(m1, m2).is_some_and(|minutes| minutes <= 60)
    }
}
