//! A comparison for the terminal: counts first, then overlay by overlay, object by object.

use std::fmt::Write;

use super::markdown::FINDINGS;
use super::report::{Overlay, Places, Report};
use super::value;
use crate::cli::excerpt::escape;
use crate::diff::{Change, Effect, FieldChange, Matching, Object};

pub fn render(report: &Report, all: bool, color: bool) -> String {
    let mut text = Text { out: String::new(), color, all, report };
    text.summary();
    report.overlays.iter().for_each(|overlay| text.overlay(overlay));
    text.out
}

/// What a comparison says in one sentence.
pub fn headline(report: &Report, all: bool) -> String {
    let compared = count(report.compared, "overlay", "overlays");
    let (old, new) = report.titles;
    match (report.overlays.len(), report.compared) {
        (0, 0) if report.failed_now.is_empty() && report.failed_before.is_empty() => {
            format!("nothing that changed between {old} and {new} changes an overlay")
        }
        (0, _) => format!("no difference between {old} and {new} in {compared}"),
        _ if !report.worth_a_look(all) => format!("only expected differences between {old} and {new}"),
        (some, _) => {
            let verb = if some == 1 { "differs" } else { "differ" };
            format!("{} {verb} between {old} and {new}", count(some, "overlay", "overlays"))
        }
    }
}

pub fn count(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

struct Text<'r, 'a> {
    out: String,
    color: bool,
    all: bool,
    report: &'r Report<'a>,
}

impl Text<'_, '_> {
    fn summary(&mut self) {
        let line = headline(self.report, self.all);
        self.line("1", &line);
        if self.report.matching == Matching::SameObjects {
            for (effect, objects, overlays) in self.report.counts() {
                let objects = count(objects, "object", "objects");
                let line = format!("  {:<15} {objects} in {}", effect.as_str(), count(overlays, "overlay", "overlays"));
                self.line(paint(effect), &line);
            }
        }
        for (failed, title) in
            [(&self.report.failed_before, self.report.titles.0), (&self.report.failed_now, self.report.titles.1)]
        {
            if !failed.is_empty() {
                let line =
                    format!("  not compared, for it cannot be rendered at {title}: {}", escape(&failed.join(", ")));
                self.line("31", &line);
            }
        }
    }

    fn overlay(&mut self, overlay: &Overlay) {
        let what = match overlay.change {
            Change::Added => " (new)",
            Change::Removed => " (gone)",
            Change::Changed => "",
        };
        self.line("", "");
        self.line("1", &format!("{}{what}", escape(&overlay.name)));
        let (mut quiet, is_new) = (0, overlay.change != Change::Changed);
        let mut places = overlay.places();
        for object in &overlay.objects {
            let told = object.fields.is_empty() || self.report.fields(object, self.all).next().is_some();
            let is_quiet = is_new && object.effect() >= Effect::Pruned && object.effect() != Effect::Hook;
            match told && !is_quiet {
                true => self.object(object, &mut places),
                false if is_quiet => quiet += 1,
                false => {}
            }
        }
        if quiet > 0 {
            let word = if overlay.change == Change::Added { "created" } else { "pruned" };
            let counted = match quiet == overlay.objects.len() {
                true => count(quiet, "object is", "objects are"),
                false => count(quiet, "more object is", "more objects are"),
            };
            self.line("2", &format!("  {counted} {word}"));
        }
        let folded = self.report.folded(overlay, self.all);
        if !folded.is_empty() {
            let parts: Vec<String> =
                folded.iter().map(|(rule, count)| format!("{count} of {}", rule.as_str())).collect();
            self.line("2", &format!("  expected differences, shown by --all: {}", parts.join(", ")));
        }
    }

    fn object(&mut self, object: &Object, places: &mut Places) {
        let (sign, code) = match object.change {
            Change::Added => ('+', "32"),
            Change::Removed => ('-', "31"),
            Change::Changed => ('~', "33"),
        };
        let place = places.object(object).filter(|_| object.change != Change::Changed);
        let place = place.map(|place| format!("  {}:{}", place.path.display(), place.line)).unwrap_or_default();
        self.line(code, &format!("  {sign} {}{}", escape(&object.title()), escape(&place)));
        for finding in object.findings.iter().take(FINDINGS) {
            let line = format!("      {}: {}", finding.effect.as_str(), escape(&finding.reason));
            self.line(paint(finding.effect), &line);
        }
        if let Some(more) = object.findings.len().checked_sub(FINDINGS).filter(|more| *more > 0) {
            self.line("2", &format!("      … and {more} more"));
        }
        let fields: Vec<&FieldChange> = self.report.fields(object, self.all).collect();
        fields.into_iter().for_each(|field| self.field(field, places));
    }

    fn field(&mut self, field: &FieldChange, places: &mut Places) {
        let path = escape(&field.shown_path());
        let place = places.field(field).map(|place| format!("  {}:{}", place.path.display(), place.line));
        let place = escape(&place.unwrap_or_default());
        if let Some(lines) = value::lines(field) {
            self.line("", &format!("    {path}:{place}"));
            for (sign, line) in lines {
                let code = match sign {
                    '+' => "32",
                    '-' => "31",
                    _ => "2",
                };
                self.line(code, &format!("      {sign} {line}"));
            }
            return;
        }
        let (old, new) =
            (value::shown(field.old.as_ref(), field.secret), value::shown(field.new.as_ref(), field.secret));
        let change = change(old.as_deref(), new.as_deref(), field);
        self.line("", &format!("    {path}: {change}{place}"));
    }

    fn line(&mut self, code: &str, line: &str) {
        let _ = match self.color && !code.is_empty() {
            true => writeln!(self.out, "\x1b[{code}m{line}\x1b[0m"),
            false => writeln!(self.out, "{line}"),
        };
    }
}

/// `old → new`, and words for what came and went.
pub fn change(old: Option<&str>, new: Option<&str>, field: &FieldChange) -> String {
    match (old, new) {
        (Some(_), Some(_)) if field.secret => "changed (the values are secret)".into(),
        (None, Some(_)) if field.secret => "added (the value is secret)".into(),
        (Some(_), None) if field.secret => "removed (the value is secret)".into(),
        (Some(old), Some(new)) if field.order => format!("order: {old} → {new}"),
        (Some(old), Some(new)) => format!("{old} → {new}"),
        (None, Some(new)) => format!("+ {new}"),
        (Some(old), None) => format!("- {old}"),
        (None, None) => String::new(),
    }
}

fn paint(effect: Effect) -> &'static str {
    match effect {
        Effect::DataLoss | Effect::Recreate | Effect::ScaledToZero => "31",
        Effect::Availability | Effect::Security | Effect::Pruned => "33",
        Effect::Hook | Effect::Restart => "36",
        Effect::Configuration | Effect::Created | Effect::None => "2",
    }
}
