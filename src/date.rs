//! A day of the calendar. Nothing here reads a clock.

use std::fmt;
use std::str::FromStr;

/// A day, such as 2026-12-31.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Date {
    year: u16,
    month: u8,
    day: u8,
}

/// The text was not a day such as `2026-12-31`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidDate;

impl fmt::Display for InvalidDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a day is written as `2026-12-31`")
    }
}

impl std::error::Error for InvalidDate {}

impl FromStr for Date {
    type Err = InvalidDate;

    fn from_str(text: &str) -> Result<Self, InvalidDate> {
        let mut parts = text.split('-');
        let mut number = |digits: usize| -> Result<u16, InvalidDate> {
            let part = parts.next().filter(|part| part.len() == digits && part.bytes().all(|b| b.is_ascii_digit()));
            part.and_then(|part| part.parse().ok()).ok_or(InvalidDate)
        };
        let (year, month, day) = (number(4)?, number(2)?, number(2)?);
        let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        let days = match month {
            2 if leap => 29,
            2 => 28,
            4 | 6 | 9 | 11 => 30,
            1..=12 => 31,
            _ => return Err(InvalidDate),
        };
        if parts.next().is_some() || !(1..=days).contains(&day) {
            return Err(InvalidDate);
        }
        // Both are below 32 here.
        Ok(Self { year, month: month as u8, day: day as u8 })
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_read_compared_and_printed() {
        let day = |text: &str| text.parse::<Date>();
        assert_eq!(day("2026-02-28").unwrap().to_string(), "2026-02-28");
        assert!(day("2026-12-31").unwrap() < day("2027-01-01").unwrap());
        assert!(day("2028-02-29").is_ok() && day("2000-02-29").is_ok());
        for text in [
            "",
            "2026",
            "2026-1-01",
            "2026-13-01",
            "2026-02-29",
            "1900-02-29",
            "2026-04-31",
            "2026-01-00",
            "2026-01-01-",
        ] {
            assert_eq!(day(text), Err(InvalidDate), "{text}");
        }
    }
}
