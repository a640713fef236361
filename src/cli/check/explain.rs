//! `strata check --explain`: what a code means, from the table that docs/checks.md is made of.

use std::fmt::Write as _;

use serde::Serialize;

use crate::cli::args::CheckFormat;
use crate::cli::{Context, Done, Ended, json};
use crate::diagnostic::codes::{self, CheckedBy, Code, FAMILIES, Family, Standing};
use crate::diagnostic::{levels, near_miss};
use crate::error::Error;

pub(super) fn run(code: Option<&str>, format: CheckFormat, context: &mut Context) -> Ended {
    let codes: Vec<(Family, &Code)> = match code {
        None => codes::all().collect(),
        Some(name) => {
            // A finding of a policy is named `policy/NAME`.
            let code = levels::settable(name).unwrap_or(name);
            vec![codes::find(code).ok_or_else(|| unknown(name))?]
        }
    };
    let text = match (format, code) {
        (CheckFormat::Json, _) => {
            json::to_text(&codes.iter().map(|(family, code)| entry(*family, code)).collect::<Vec<_>>())
        }
        (_, None) => list(),
        (_, Some(_)) => codes.iter().map(|(family, code)| in_full(*family, code)).collect(),
    };
    context.print(text.as_bytes())?;
    Ok(Done::Fine)
}

fn unknown(name: &str) -> Error {
    let help = match near_miss(name, codes::all().map(|(_, code)| code.name)) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "`strata check --explain` lists all codes".to_owned(),
    };
    Error::new("unknown-code", format!("there is no code `{name}`")).help(help)
}

/// How serious it is, in words.
fn standing(code: &Code) -> String {
    match code.standing {
        Standing::Error => "error; leaves nothing to print".to_owned(),
        Standing::Guard => "guard; always an error".to_owned(),
        Standing::Settable(level) => format!("{}, unless `policy` says otherwise", level.as_str()),
        Standing::Remark(level) => level.as_str().to_owned(),
    }
}

fn list() -> String {
    let mut text = String::new();
    for (family, codes) in FAMILIES {
        let _ = writeln!(text, "{}: {}", family.as_str(), family.about());
        for code in codes {
            let _ = writeln!(text, "  {:<28} {}", code.name, code.rule);
        }
        text.push('\n');
    }
    text.push_str("`strata check --explain CODE` says more.\n");
    text
}

fn in_full(family: Family, code: &Code) -> String {
    let mut text = format!("{} ({}; {}", code.name, family.as_str(), standing(code));
    text.push_str(if code.checked_by == CheckedBy::Check { "; `strata check` alone looks for it)\n" } else { ")\n" });
    let _ = write!(text, "\n{}.\n", code.rule);
    if !code.why.is_empty() {
        let _ = write!(text, "\nwhy:   {}\n", code.why);
    }
    let _ = write!(text, "\nto do: {}\n", code.fix);
    if let Some(example) = code.example {
        for (title, lines) in [("wrong", example.bad), ("right", example.good)] {
            let _ = write!(text, "\n{title}:\n");
            lines.lines().for_each(|line| {
                let _ = writeln!(text, "    {line}");
            });
        }
    }
    text
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    code: &'static str,
    family: &'static str,
    level: &'static str,
    settable: bool,
    guard: bool,
    check_alone: bool,
    rule: &'static str,
    why: &'static str,
    fix: &'static str,
}

fn entry(family: Family, code: &Code) -> Entry {
    Entry {
        code: code.name,
        family: family.as_str(),
        level: code.standing.level().as_str(),
        settable: matches!(code.standing, Standing::Settable(_)),
        guard: code.standing == Standing::Guard,
        check_alone: code.checked_by == CheckedBy::Check,
        rule: code.rule,
        why: code.why,
        fix: code.fix,
    }
}
