//! `strata explain --rule` and `--rules`: the defaults, by name.

use super::json;
use crate::cli::args::MessageFormat;
use crate::cli::{Context, Done, Ended};
use crate::diagnostic::near_miss;
use crate::error::Error;
use crate::origin::Rule;
use crate::pipeline;

/// Columns of a paragraph.
const WIDTH: usize = 96;

/// Tells what one rule sets, and how to change that.
pub(super) fn one(name: &str, format: MessageFormat, context: &mut Context) -> Ended {
    let rules = pipeline::rules();
    let Some(rule) = rules.iter().find(|rule| rule.name == name) else {
        let error = Error::new("unknown-rule", format!("no rule is called `{name}`"));
        let near = near_miss(name, rules.iter().map(|rule| rule.name));
        let part = || rules.iter().map(|rule| rule.name).find(|known| !name.is_empty() && known.contains(name));
        let help = match near.or_else(part) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "`strata explain --rules` lists them".to_owned(),
        };
        return Err(error.help(help).into());
    };
    let text = match format {
        MessageFormat::Json => json::rules(&[rule]),
        MessageFormat::Text => told(rule),
    };
    context.print(text.as_bytes())?;
    Ok(Done::Fine)
}

fn told(rule: &Rule) -> String {
    format!("{}\n\n{}\nTo change it: {}\n", rule.name, wrapped(rule.text), rule.change)
}

/// Lists all rules with the first sentence of each.
pub(super) fn all(format: MessageFormat, context: &mut Context) -> Ended {
    let rules = pipeline::rules();
    let text = match format {
        MessageFormat::Json => json::rules(&rules),
        MessageFormat::Text => listed(&rules),
    };
    context.print(text.as_bytes())?;
    Ok(Done::Fine)
}

fn listed(rules: &[&Rule]) -> String {
    let width = rules.iter().map(|rule| rule.name.len()).max().unwrap_or(0);
    let line = |rule: &&Rule| format!("{:width$}  {}\n", rule.name, beginning(rule.text));
    rules.iter().map(line).collect()
}

/// The first sentence of a text, or as many of its words as fit on a line.
fn beginning(text: &str) -> String {
    let ends = [": ", ". ", "; "].iter().filter_map(|end| text.find(end));
    let sentence = &text[..ends.min().unwrap_or(text.len())];
    let sentence = sentence.strip_suffix('.').unwrap_or(sentence);
    match wrapped(sentence).split_once('\n') {
        Some((line, rest)) if !rest.is_empty() => format!("{line} …"),
        _ => sentence.to_owned(),
    }
}

/// `text` in lines of a paragraph.
fn wrapped(text: &str) -> String {
    let (mut lines, mut column) = (String::new(), 0);
    for word in text.split(' ') {
        let width = word.chars().count();
        if column > 0 && column + 1 + width > WIDTH {
            lines.push('\n');
            column = 0;
        } else if column > 0 {
            lines.push(' ');
            column += 1;
        }
        lines.push_str(word);
        column += width;
    }
    lines + "\n"
}
