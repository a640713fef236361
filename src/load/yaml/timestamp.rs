//! Timestamps as Go's YAML reader takes them and Go's JSON writer prints them.

use ecow::{EcoString, eco_format};

use super::number;

/// The text that kustomize makes of an unquoted timestamp (`2020-1-1` becomes
/// `2020-01-01T00:00:00Z`); `None` when `text` is not one of the four layouts of yaml.v3:
/// a date, a date with `T`, `t` and a zone, or a date, one space and a time.
pub(super) fn normalize(text: &str) -> Option<EcoString> {
    if number::digits(text) != 4 {
        return None;
    }
    let (year, rest) = text.split_at_checked(4)?;
    let (month, rest) = short_number(rest.strip_prefix('-')?)?;
    let (day, rest) = short_number(rest.strip_prefix('-')?)?;
    let year: u32 = year.parse().ok()?;
    if !(1..=12).contains(&month) || day == 0 || day > days(year, month) {
        return None;
    }
    let date = eco_format!("{year:04}-{month:02}-{day:02}");
    if rest.is_empty() {
        return Some(eco_format!("{date}T00:00:00Z"));
    }
    let zoned = rest.starts_with(['T', 't']);
    let (time, rest) = time(rest.strip_prefix(['T', 't', ' '])?)?;
    let zone = if zoned { zone(rest)? } else { rest.is_empty().then(|| "Z".into())? };
    Some(eco_format!("{date}T{time}{zone}"))
}

/// One or two digits and what follows them.
fn short_number(text: &str) -> Option<(u32, &str)> {
    let count = number::digits(text).min(2);
    let (digits, rest) = text.split_at_checked(count)?;
    Some((digits.parse().ok()?, rest))
}

fn days(year: u32, month: u32) -> u32 {
    match month {
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Hours, minutes and seconds with an optional fraction, printed in full; and what follows.
fn time(text: &str) -> Option<(EcoString, &str)> {
    let (hour, rest) = short_number(text)?;
    let (minute, rest) = short_number(rest.strip_prefix(':')?)?;
    let (second, rest) = short_number(rest.strip_prefix(':')?)?;
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let clock = eco_format!("{hour:02}:{minute:02}:{second:02}");
    let Some(fraction) = rest.strip_prefix(['.', ',']).filter(|fraction| number::digits(fraction) > 0) else {
        return Some((clock, rest));
    };
    let (digits, rest) = fraction.split_at_checked(number::digits(fraction))?;
    // Go keeps nanoseconds and prints no trailing zeros.
    let digits = digits.get(..digits.len().min(9))?.trim_end_matches('0');
    let point = if digits.is_empty() { "" } else { "." };
    Some((eco_format!("{clock}{point}{digits}"), rest))
}

/// `Z` or `+hh:mm`; an offset of nothing prints as `Z`.
fn zone(text: &str) -> Option<EcoString> {
    if text == "Z" {
        return Some("Z".into());
    }
    let (hours, minutes) = text.strip_prefix(['+', '-'])?.split_once(':')?;
    let two = |part: &str| (part.len() == 2 && number::digits(part) == 2).then(|| part.parse::<u32>().ok())?;
    let (hours, minutes) = (two(hours)?, two(minutes)?);
    if hours > 23 || minutes > 59 {
        return None;
    }
    Some(if hours == 0 && minutes == 0 { "Z".into() } else { text.into() })
}

/// Whether YAML 1.1 takes `text` for a timestamp: by its shape alone, for a warning about it must
/// come before anybody asks whether the day exists.
pub(super) fn has_shape(text: &str) -> bool {
    let date = || {
        let rest = (number::digits(text) == 4).then(|| text.get(4..))??;
        let (_, rest) = short_number(rest.strip_prefix('-')?)?;
        let (_, rest) = short_number(rest.strip_prefix('-')?)?;
        Some(rest)
    };
    date().is_some_and(|rest| {
        let time = rest.trim_start_matches(['T', 't', ' ', '\t']);
        rest.is_empty()
            || (time.len() < rest.len() && short_number(time).is_some_and(|(_, rest)| rest.starts_with(':')))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timestamps_print_as_go_prints_them() {
        let cases = [
            ("2020-1-1", "2020-01-01T00:00:00Z"),
            ("2020-01-01 00:00:00", "2020-01-01T00:00:00Z"),
            ("2001-12-14t21:59:43.10-05:00", "2001-12-14T21:59:43.1-05:00"),
            ("2020-01-01T10:00:00+02:00", "2020-01-01T10:00:00+02:00"),
            ("2020-01-01t1:2:3Z", "2020-01-01T01:02:03Z"),
            ("2020-01-01T00:00:00.000+00:00", "2020-01-01T00:00:00Z"),
            ("2020-02-29", "2020-02-29T00:00:00Z"),
        ];
        for (text, expected) in cases {
            assert_eq!(normalize(text).as_deref(), Some(expected), "{text}");
        }
        for text in ["2001-12-14 21:59:43.10 -5", "2020-13-01", "2020-02-30", "99999-01-01", "2020-01", "é"] {
            assert_eq!(normalize(text), None, "{text}");
        }
    }
}
