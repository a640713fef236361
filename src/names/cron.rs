//! Schedules of CronJobs.

use super::duration::nanoseconds;

struct Field {
    name: &'static str,
    min: u32,
    max: u32,
    /// Three-letter names; the first stands for `min`.
    words: &'static [&'static str],
}

const MONTHS: &[&str] = &["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const DAYS: &[&str] = &["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

const FIELDS: [Field; 5] = [
    Field { name: "minute", min: 0, max: 59, words: &[] },
    Field { name: "hour", min: 0, max: 23, words: &[] },
    Field { name: "day of month", min: 1, max: 31, words: &[] },
    Field { name: "month", min: 1, max: 12, words: MONTHS },
    Field { name: "day of week", min: 0, max: 6, words: DAYS },
];

const DESCRIPTORS: [&str; 7] = ["@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly"];

/// The schedule of a CronJob, as the API server validates it: robfig/cron's standard parser (five
/// fields of `*`, `?`, numbers, names, ranges, steps and lists; or `@daily` and its like, or
/// `@every 1h30m`), and no time zone in the text. Also refused is a field that selects nothing
/// (`,`), which the server takes although such a job never starts.
pub fn cron(text: &str) -> Result<(), String> {
    if text.contains("TZ") {
        return Err("a schedule holds no time zone; write it into `timeZone`".into());
    }
    if text.starts_with('@') {
        return descriptor(text);
    }
    let fields: Vec<&str> = text.split_whitespace().collect();
    if fields.len() != FIELDS.len() {
        let found = fields.len();
        return Err(format!(
            "a schedule has 5 fields (minute, hour, day of month, month, day of week), this one has {found}"
        ));
    }
    FIELDS.iter().zip(fields).try_for_each(|(field, text)| field.check(text))
}

fn descriptor(text: &str) -> Result<(), String> {
    if let Some(interval) = text.strip_prefix("@every ") {
        return nanoseconds(interval).map(|_| ());
    }
    match DESCRIPTORS.contains(&text) {
        true => Ok(()),
        false => Err(format!("`{text}` is no schedule; there are {} and `@every DURATION`", DESCRIPTORS.join(", "))),
    }
}

impl Field {
    fn check(&self, text: &str) -> Result<(), String> {
        let mut ranges = text.split(',').filter(|range| !range.is_empty()).peekable();
        if ranges.peek().is_none() {
            return Err(format!("the {} `{text}` selects nothing", self.name));
        }
        ranges.try_for_each(|range| self.range(range))
    }

    fn range(&self, text: &str) -> Result<(), String> {
        let name = self.name;
        let (range, step) = text.split_once('/').map_or((text, None), |(range, step)| (range, Some(step)));
        if let Some(step) = step {
            match number(step) {
                Some(0) => return Err(format!("the step in the {name} `{text}` is 0")),
                Some(_) => {}
                None => return Err(format!("the step `{step}` in the {name} is no number")),
            }
        }
        let (start, end) = range.split_once('-').map_or((range, None), |(start, end)| (start, Some(end)));
        if matches!(start, "*" | "?") {
            return match end {
                Some(end) if end.contains('-') => Err(format!("the {name} `{range}` has more than one `-`")),
                _ => Ok(()),
            };
        }
        let start = self.value(start)?;
        let end = end.map_or(Ok(start), |end| self.value(end))?;
        match start <= end {
            true => Ok(()),
            false => Err(format!("the {name} `{range}` starts after its end")),
        }
    }

    fn value(&self, text: &str) -> Result<u32, String> {
        let Self { name, min, max, words } = self;
        let lower = text.to_ascii_lowercase();
        let word = words.iter().position(|word| *word == lower);
        if let Some(index) = word {
            return Ok(min + index as u32);
        }
        let value = number(text).ok_or_else(|| match words.is_empty() {
            true => format!("`{text}` is no {name}; write a number from {min} to {max}"),
            false => {
                let last = words.len() - 1;
                format!("`{text}` is no {name}; write a number from {min} to {max} or {} to {}", words[0], words[last])
            }
        })?;
        match (min..=max).contains(&&value) {
            true => Ok(value),
            false => Err(format!("the {name} {value} is not within {min} to {max}")),
        }
    }
}

/// A whole number as Go's `Atoi` reads it, not negative.
fn number(text: &str) -> Option<u32> {
    let digits = text.strip_prefix('+').unwrap_or(text);
    digits.bytes().all(|b| b.is_ascii_digit()).then(|| digits.parse().ok()).flatten()
}

/// The name of a time zone as the IANA database has them: `Europe/London`, `Etc/GMT+1`, `UTC`.
/// Kubernetes refuses `Local` and what is no name of that form; the names themselves change with
/// the world, so they are not listed here.
pub fn time_zone(text: &str) -> Result<(), String> {
    if text.eq_ignore_ascii_case("local") {
        return Err("`Local` is the machine's own, which Kubernetes refuses".into());
    }
    let good = |part: &str| {
        part.starts_with(|c: char| c.is_ascii_alphabetic())
            && part.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '+'))
    };
    match text.split('/').all(good) {
        true => Ok(()),
        false => Err("write a name such as `Europe/London` or `Etc/UTC`".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schedules_are_those_that_the_api_server_takes() {
        for text in [
            "*/15 * * * *",
            "0 0 1,15 jan-MAR ?",
            "0-30/5 22 * * sun,6",
            "5/10 * * * *",
            "  0 0 * *   *  ",
            "@hourly",
            "@every 1h30m",
            "0 0 30 2 *",
            "1,,2 * * * *",
            "+5 * * * *",
        ] {
            assert_eq!(cron(text), Ok(()), "{text}");
        }
        for (text, reason) in [
            ("", "this one has 0"),
            ("* * * *", "this one has 4"),
            ("* * * * * *", "this one has 6"),
            ("60 * * * *", "the minute 60 is not within 0 to 59"),
            ("* 24 * * *", "the hour 24"),
            ("* * 0 * *", "the day of month 0"),
            ("* * * 13 *", "the month 13"),
            ("* * * * 7", "the day of week 7 is not within 0 to 6"),
            ("* * * * sunday", "`sunday` is no day of week; write a number from 0 to 6 or sun to sat"),
            ("x * * * *", "`x` is no minute"),
            ("30-10 * * * *", "starts after its end"),
            ("*/0 * * * *", "is 0"),
            ("*/x * * * *", "the step `x`"),
            ("*/5/5 * * * *", "no number"),
            ("1-2-3 * * * *", "`2-3` is no minute"),
            (", * * * *", "selects nothing"),
            ("-5 * * * *", "`` is no minute"),
            ("99999999999 * * * *", "is no minute"),
            ("CRON_TZ=UTC 0 0 * * *", "`timeZone`"),
            ("TZ=UTC 0 0 * * *", "`timeZone`"),
            ("@reboot", "`@reboot` is no schedule"),
            ("@every 5", "lacks a unit"),
        ] {
            let message = cron(text).expect_err(text);
            assert!(message.contains(reason), "{text}: {message}");
        }
    }
}
