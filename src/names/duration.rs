//! Durations as Go writes them.

/// A Go duration, such as `300ms`, `1.5h` or `1h30m`: decimal numbers each with a unit of `ns`,
/// `us`, `ms`, `s`, `m` or `h`; `0` needs none (Go `time.ParseDuration`).
pub fn duration(text: &str) -> Result<(), String> {
    nanoseconds(text).map(|_| ())
}

/// The length of a Go duration.
pub(super) fn nanoseconds(text: &str) -> Result<i64, String> {
    let wrong = || format!("`{text}` is no duration; write one like `30s` or `1h30m`");
    let (negative, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest == "0" {
        return Ok(0);
    }
    if rest.is_empty() {
        return Err(wrong());
    }
    let mut total = 0f64;
    while !rest.is_empty() {
        let number_end = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        let (number, after) = rest.split_at(number_end);
        let unit_end = after.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(after.len());
        let (unit, after) = after.split_at(unit_end);
        let number = Some(number).filter(|n| n.contains(|c: char| c.is_ascii_digit())).and_then(|n| n.parse().ok());
        let number: f64 = number.ok_or_else(wrong)?;
        let unit = match unit {
            "" => return Err(format!("`{text}` lacks a unit; write `s`, `m` or `h` after the number")),
            "ns" => 1f64,
            "us" | "µs" | "μs" => 1e3,
            "ms" => 1e6,
            "s" => 1e9,
            "m" => 60e9,
            "h" => 3600e9,
            unit => return Err(format!("`{unit}` is no unit of a duration; the units are ns, us, ms, s, m and h")),
        };
        total += number * unit;
        rest = after;
    }
    if total >= i64::MAX as f64 {
        return Err(format!("the duration `{text}` is longer than 292 years"));
    }
    Ok(if negative { (total as i64).wrapping_neg() } else { total as i64 })
}

/// A Go duration in the spelling of Go's `Duration.String`, which the API server stores: `1h` is
/// `1h0m0s`, `90s` is `1m30s`, `1500ms` is `1.5s`. A text that is no duration stays as it is.
pub fn canonical_duration(text: &str) -> String {
    let Ok(total) = nanoseconds(text) else { return text.to_owned() };
    let sign = if total < 0 { "-" } else { "" };
    let total = total.unsigned_abs();
    let (unit, word) = match total {
        0 => return "0s".to_owned(),
        1..1_000 => (1, "ns"),
        1_000..1_000_000 => (1_000, "µs"),
        1_000_000..1_000_000_000 => (1_000_000, "ms"),
        _ => (1_000_000_000, "s"),
    };
    let (whole, rest) = (total / unit, total % unit);
    // As many digits as the unit has zeros, without trailing ones.
    let digits = unit.ilog10() as usize;
    let fraction = if rest == 0 { String::new() } else { format!(".{rest:0digits$}") };
    let fraction = fraction.trim_end_matches('0');
    let (hours, minutes) = (whole / 3600, whole / 60 % 60);
    match word == "s" {
        true if hours > 0 => format!("{sign}{hours}h{minutes}m{}{fraction}s", whole % 60),
        true if minutes > 0 => format!("{sign}{minutes}m{}{fraction}s", whole % 60),
        _ => format!("{sign}{whole}{fraction}{word}"),
    }
}

/// A duration as Prometheus writes it, such as `30s`, `1h30m` or `7d`: whole numbers with the units
/// `y`, `w`, `d`, `h`, `m`, `s` and `ms` in this order (Prometheus: model.ParseDuration).
pub fn prometheus_duration(text: &str) -> Result<(), String> {
    prometheus_milliseconds(text).map(|_| ())
}

/// The length of a duration of Prometheus.
pub fn prometheus_milliseconds(text: &str) -> Result<u64, String> {
    const SECOND: u64 = 1000;
    const DAY: u64 = 24 * 3600 * SECOND;
    const UNITS: [(&str, u64); 7] = [
        ("y", 365 * DAY),
        ("w", 7 * DAY),
        ("d", DAY),
        ("h", 3600 * SECOND),
        ("m", 60 * SECOND),
        ("s", SECOND),
        ("ms", 1),
    ];
    let wrong = || format!("`{text}` is no duration of Prometheus; write one like `30s`, `1h30m` or `7d`");
    if text == "0" {
        return Ok(0);
    }
    let (mut rest, mut total, mut allowed) = (text, 0u64, UNITS.as_slice());
    while !rest.is_empty() {
        let (number, after) = rest.split_at(rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len()));
        let (unit, after) = after.split_at(after.find(|c: char| c.is_ascii_digit()).unwrap_or(after.len()));
        let at = allowed.iter().position(|(known, _)| *known == unit).ok_or_else(wrong)?;
        let number: u64 = number.parse().map_err(|_| wrong())?;
        let part = number.checked_mul(allowed[at].1).ok_or_else(wrong)?;
        total = total.checked_add(part).ok_or_else(wrong)?;
        (rest, allowed) = (after, &allowed[at + 1..]);
    }
    if text.is_empty() { Err(wrong()) } else { Ok(total) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_of_prometheus_are_whole_numbers_with_falling_units() {
        for (text, expected) in
            [("0", 0), ("30s", 30_000), ("1h30m", 5_400_000), ("7d", 604_800_000), ("5m1ms", 300_001)]
        {
            assert_eq!(prometheus_milliseconds(text), Ok(expected), "{text}");
        }
        for text in
            ["", "5", "m", "1.5h", "30m1h", "5m5m", "-5m", "1h ", "99999999999999999999y", "9999999999999999999y"]
        {
            assert!(prometheus_duration(text).is_err(), "{text}");
        }
    }

    #[test]
    fn durations_are_those_of_go() {
        for (text, expected) in [("0", 0), ("1h30m", 5_400_000_000_000), ("-1.5s", -1_500_000_000), (".5ms", 500_000)] {
            assert_eq!(nanoseconds(text), Ok(expected), "{text}");
        }
        for text in ["", "-", "1", "h", "1d", ".s", "1 h", "1.2.3s", "9999999h"] {
            assert!(duration(text).is_err(), "{text}");
        }
    }

    #[test]
    fn durations_are_spelled_as_go_prints_them() {
        for (text, expected) in [
            ("1h", "1h0m0s"),
            ("90s", "1m30s"),
            ("15m", "15m0s"),
            ("30s", "30s"),
            ("1500ms", "1.5s"),
            ("1h0m0.5s", "1h0m0.5s"),
            ("1.5ms", "1.5ms"),
            ("0", "0s"),
            ("-90s", "-1m30s"),
        ] {
            assert_eq!(canonical_duration(text), expected, "{text}");
            assert_eq!(canonical_duration(expected), expected, "{expected}");
        }
    }
}
