//! Points in time and spans of it. There is no now.

use super::super::Value;
use super::super::operators::{Outcome, Refusal, because};
use super::super::types::Special;
use super::{Function, format, free, method, text};

pub(super) const FUNCTIONS: [Function; 12] = [
    free("duration", 1, |a, _| match &a[0] {
        Value::Special(_) => of(&a[0]).map(|_| a[0].clone()),
        other => match duration(text(other)?) {
            Some(span) => Special::duration(span),
            None => because(format!("`{}` is no span of time such as `1h30m`", format::cut(text(other)?))),
        },
    }),
    free("timestamp", 1, |a, _| match &a[0] {
        Value::Special(_) => of(&a[0]).map(|_| a[0].clone()),
        other => match timestamp(text(other)?) {
            Some(at) => Ok(Value::special(Special::Timestamp(at))),
            None => because(format!("`{}` is no time such as `2026-01-31T12:00:00Z`", format::cut(text(other)?))),
        },
    }),
    method("getFullYear", 1, 1, |a, _| part(&a[0], |day, _| civil(day).0)),
    method("getMonth", 1, 1, |a, _| part(&a[0], |day, _| civil(day).1 - 1)),
    method("getDate", 1, 1, |a, _| part(&a[0], |day, _| civil(day).2)),
    method("getDayOfMonth", 1, 1, |a, _| part(&a[0], |day, _| civil(day).2 - 1)),
    method("getDayOfWeek", 1, 1, |a, _| part(&a[0], |day, _| (day + 4).rem_euclid(7))),
    method("getDayOfYear", 1, 1, |a, _| part(&a[0], |day, _| day - days(civil(day).0, 1, 1))),
    method("getHours", 1, 1, |a, _| clock(&a[0], 3600 * SECOND, 24)),
    method("getMinutes", 1, 1, |a, _| clock(&a[0], 60 * SECOND, 60)),
    method("getSeconds", 1, 1, |a, _| clock(&a[0], SECOND, 60)),
    method("getMilliseconds", 1, 1, |a, _| clock(&a[0], SECOND / 1000, 1000)),
];

pub(super) const SECOND: i128 = 1_000_000_000;
const DAY: i128 = 86_400 * SECOND;

fn of(value: &Value) -> Result<&Special, Refusal> {
    match value {
        Value::Special(special) if matches!(special.as_ref(), Special::Duration(_) | Special::Timestamp(_)) => {
            Ok(special)
        }
        _ => Err(Refusal::NoOverload),
    }
}

/// A part of the date of a point in time, in UTC.
fn part(value: &Value, part: fn(i128, i128) -> i128) -> Outcome {
    match of(value)? {
        Special::Timestamp(at) => Ok(Value::Int(part(at.div_euclid(DAY), at.rem_euclid(DAY)) as i64)),
        _ => Err(Refusal::NoOverload),
    }
}

/// A part of the clock of a point in time, or a whole span in a unit (of milliseconds: the rest).
fn clock(value: &Value, unit: i128, most: i128) -> Outcome {
    let units = match of(value)? {
        Special::Timestamp(at) => at.rem_euclid(DAY).div_euclid(unit) % most,
        Special::Duration(span) if most == 1000 => (span / unit) % most,
        Special::Duration(span) => span / unit,
        _ => return Err(Refusal::NoOverload),
    };
    Ok(Value::Int(units as i64))
}

/// The day number of a date, counted from 1970-01-01 (Howard Hinnant's `days_from_civil`).
fn days(year: i128, month: i128, day: i128) -> i128 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// Year, month and day of a day number.
fn civil(day: i128) -> (i128, i128, i128) {
    let day = day + 719_468;
    let era = day.div_euclid(146_097);
    let of_era = day.rem_euclid(146_097);
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let shifted = (5 * of_year + 2) / 153;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    (year + era * 400 + i128::from(month <= 2), month, of_year - (153 * shifted + 2) / 5 + 1)
}

/// RFC 3339 in nanoseconds since 1970.
pub(super) fn timestamp(text: &str) -> Option<i128> {
    let number = |range: std::ops::Range<usize>| -> Option<i128> {
        let digits = text.get(range)?;
        digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok())?
    };
    let is = |at: usize, wanted: &str| text.get(at..at + 1).is_some_and(|c| wanted.contains(c));
    let written = is(4, "-") && is(7, "-") && is(10, "Tt") && is(13, ":") && is(16, ":");
    let (year, month, day) = (number(0..4)?, number(5..7)?, number(8..10)?);
    let (hour, minute, second) = (number(11..13)?, number(14..16)?, number(17..19)?);
    let day_number = days(year, month, day);
    let real = (1..=12).contains(&month) && civil(day_number) == (year, month, day) && year >= 1;
    if !written || !real || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let rest = text.get(19..)?;
    let fraction =
        rest.strip_prefix('.').map_or("", |rest| rest.split_at(rest.bytes().take_while(u8::is_ascii_digit).count()).0);
    if rest.starts_with('.') && fraction.is_empty() || fraction.len() > 9 {
        return None;
    }
    let zone = rest.get(if fraction.is_empty() { 0 } else { fraction.len() + 1 }..)?;
    let offset = zone_offset(zone)?;
    let fraction: i128 = format!("{fraction:0<9}").parse().ok()?;
    let seconds = day_number * 86_400 + hour * 3600 + minute * 60 + second - offset;
    Some(seconds * SECOND + fraction)
}

/// Seconds east of Greenwich.
fn zone_offset(zone: &str) -> Option<i128> {
    if zone.eq_ignore_ascii_case("z") {
        return Some(0);
    }
    let sign = match zone.get(..1)? {
        "+" => 1,
        "-" => -1,
        _ => return None,
    };
    let (hours, minutes) = zone.get(1..)?.split_once(':')?;
    let two = |text: &str| (text.len() == 2).then(|| text.parse::<u8>().ok())?;
    let (hours, minutes) = (two(hours)?, two(minutes)?);
    (hours < 24 && minutes < 60).then(|| sign * (i128::from(hours) * 3600 + i128::from(minutes) * 60))
}

/// A span such as `1h30m` or `1.5s` in nanoseconds, as Go reads it.
pub(super) fn duration(text: &str) -> Option<i128> {
    let (sign, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest == "0" {
        return Some(0);
    }
    if rest.is_empty() || rest.len() > 64 {
        return None;
    }
    let mut total: i128 = 0;
    while !rest.is_empty() {
        let (number, behind) = rest.split_at(rest.bytes().take_while(|b| b.is_ascii_digit() || *b == b'.').count());
        let (unit, behind) =
            behind.split_at(behind.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(behind.len()));
        let unit: i128 = match unit {
            "h" => 3600 * SECOND,
            "m" => 60 * SECOND,
            "s" => SECOND,
            "ms" => 1_000_000,
            "us" | "µs" | "μs" => 1000,
            "ns" => 1,
            _ => return None,
        };
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        if whole.is_empty() && fraction.is_empty() || whole.len() > 18 || fraction.len() > 18 {
            return None;
        }
        let digits = |text: &str| if text.is_empty() { Some(0) } else { text.parse::<i128>().ok() };
        total += digits(whole)? * unit + digits(fraction)? * unit / 10i128.pow(fraction.len() as u32);
        rest = behind;
    }
    Some(sign * total)
}

/// A point in time as RFC 3339 in UTC.
pub(super) fn timestamp_text(at: i128) -> String {
    let (day, rest) = (at.div_euclid(DAY), at.rem_euclid(DAY));
    let (year, month, date) = civil(day);
    let (seconds, fraction) = (rest / SECOND, rest % SECOND);
    let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    let fraction = match fraction {
        0 => String::new(),
        rest => format!(".{rest:09}").trim_end_matches('0').to_owned(),
    };
    format!("{year:04}-{month:02}-{date:02}T{hour:02}:{minute:02}:{second:02}{fraction}Z")
}
