//! A comparison as a comment on a pull request: the counts, then a part to unfold per overlay. It
//! stays below a size, and says what it leaves out.

use super::report::{Overlay, Places, Report};
use super::text::{change, count, headline};
use super::value;
use crate::cli::excerpt::escape;
use crate::diff::{Change, Effect, FieldChange, Matching, Object};

/// What is kept free for the sentence that says what is left out.
const TAIL: usize = 600;
/// What a comment has at least, whatever the limit.
const LEAST: usize = 2_000;
/// What is kept free for the sentence that says how much of an object is left out.
const REST: usize = 100;
/// The most sentences on what one object's change does.
pub const FINDINGS: usize = 12;

pub fn render(report: &Report, all: bool, limit: usize) -> String {
    let limit = limit.max(LEAST);
    let mut out = format!("**{}**\n\n", plain(&headline(report, all)));
    if report.matching == Matching::SameObjects && !report.overlays.is_empty() {
        out.push_str("| effect | objects | overlays |\n|---|---|---|\n");
        for (effect, objects, overlays) in report.counts() {
            out.push_str(&format!("| {}{} | {objects} | {overlays} |\n", mark(effect), effect.meaning()));
        }
        out.push('\n');
    }
    for (failed, title) in [(&report.failed_before, report.titles.0), (&report.failed_now, report.titles.1)] {
        if !failed.is_empty() {
            let names: Vec<String> = failed.iter().take(10).map(|name| format!("`{}`", plain(name))).collect();
            let more = failed.len().checked_sub(names.len()).filter(|more| *more > 0);
            let more = more.map(|more| format!(" and {more} more")).unwrap_or_default();
            out.push_str(&format!(
                "Not compared, for it cannot be rendered at {}: {}{more}\n\n",
                plain(title),
                names.join(", ")
            ));
        }
    }
    for (index, overlay) in report.overlays.iter().enumerate() {
        let room = limit.saturating_sub(out.len() + TAIL);
        match part(report, overlay, all, room) {
            Some(part) => out.push_str(&part),
            None => {
                out.push_str(&left_out(&report.overlays[index..]));
                break;
            }
        }
    }
    out
}

/// One overlay within `room`; objects that do not fit are counted. `None` when not even one fits.
fn part(report: &Report, overlay: &Overlay, all: bool, room: usize) -> Option<String> {
    let what = match overlay.change {
        Change::Added => " (new)",
        Change::Removed => " (gone)",
        Change::Changed => "",
    };
    let effect = match report.matching {
        Matching::SameObjects => format!(": {}{}", mark(overlay.effect()), overlay.effect().meaning()),
        Matching::Environments => String::new(),
    };
    let objects = count(overlay.objects.len(), "object", "objects");
    let head = format!("<details><summary><code>{}</code>{what}{effect}, {objects}</summary>\n\n", html(&overlay.name));
    let foot = "</details>\n\n";
    let (mut body, mut places) = (String::new(), overlay.places());
    for (index, object) in overlay.objects.iter().enumerate() {
        let left = room.saturating_sub(head.len() + body.len() + foot.len() + REST);
        let told = self::object(report, object, all, left, &mut places);
        let rest = overlay.objects.len() - index;
        if told.len() > left {
            if index == 0 {
                return None;
            }
            body.push_str(&format!("… and {} not shown\n\n", count(rest, "more object", "more objects")));
            break;
        }
        body.push_str(&told);
    }
    let folded = report.folded(overlay, all);
    if !folded.is_empty() {
        let parts: Vec<String> = folded.iter().map(|(rule, count)| format!("{count} of {}", rule.as_str())).collect();
        body.push_str(&format!("Expected differences, folded away: {}\n\n", parts.join(", ")));
    }
    Some(format!("{head}{body}{foot}"))
}

/// One object in `room` bytes or so, if that is not too little for any of it: fields that do not fit are counted.
fn object(report: &Report, object: &Object, all: bool, room: usize, places: &mut Places) -> String {
    let fields: Vec<_> = report.fields(object, all).collect();
    if fields.is_empty() && !object.fields.is_empty() {
        return String::new();
    }
    let mut out = format!("**{} `{}`**\n", object.change.as_str(), plain(&object.title()));
    for finding in object.findings.iter().take(FINDINGS) {
        out.push_str(&format!(
            "- {}{}: {}\n",
            mark(finding.effect),
            finding.effect.meaning(),
            code_spans(&finding.reason)
        ));
    }
    if let Some(more) = object.findings.len().checked_sub(FINDINGS).filter(|more| *more > 0) {
        out.push_str(&format!("- … and {more} more\n"));
    }
    if !fields.is_empty() {
        out.push_str("\n```diff\n");
        let count_of_fields = fields.len();
        for (index, field) in fields.into_iter().enumerate() {
            let before = out.len();
            self::field(field, places, &mut out);
            if index > 0 && out.len() + REST > room {
                out.truncate(before);
                let rest = count(count_of_fields - index, "more field", "more fields");
                out.push_str(&format!("# … and {rest} not shown\n"));
                break;
            }
        }
        out.push_str("```\n");
    }
    out.push('\n');
    out
}

/// A field: its path and place, and what it was and is.
fn field(field: &FieldChange, places: &mut Places, out: &mut String) {
    let path = escape(&field.shown_path());
    let place = places.field(field).map(|place| format!("  # {}:{}", place.path.display(), place.line));
    let place = escape(&place.unwrap_or_default());
    out.push_str(&format!("@@ {}\n", fenced(&format!("{path}{place}"))));
    if let Some(lines) = value::lines(field) {
        lines.iter().for_each(|(sign, line)| out.push_str(&format!("{sign} {}\n", fenced(line))));
        return;
    }
    let show = |node| value::shown(node, field.secret);
    let (old, new) = (show(field.old.as_ref()), show(field.new.as_ref()));
    if field.secret {
        out.push_str(&format!("! {}\n", change(old.as_deref(), new.as_deref(), field)));
        return;
    }
    old.iter().for_each(|old| out.push_str(&format!("- {}\n", fenced(old))));
    new.iter().for_each(|new| out.push_str(&format!("+ {}\n", fenced(new))));
}

/// What is said of overlays for which there is no room.
fn left_out(overlays: &[Overlay]) -> String {
    let objects = overlays.iter().map(|overlay| overlay.objects.len()).sum();
    let mut effects: Vec<(Effect, usize)> = Vec::new();
    for effect in overlays.iter().map(Overlay::effect) {
        match effects.iter_mut().find(|(known, _)| *known == effect) {
            Some((_, count)) => *count += 1,
            None => effects.push((effect, 1)),
        }
    }
    let effects: Vec<String> =
        effects.iter().map(|(effect, count)| format!("{count} × {}", effect.meaning())).collect();
    format!(
        "**{} with {} not shown for lack of room** ({}). `strata diff --format json` has all.\n",
        count(overlays.len(), "more overlay", "more overlays"),
        count(objects, "object", "objects"),
        effects.join(", ")
    )
}

fn mark(effect: Effect) -> &'static str {
    match effect {
        Effect::DataLoss | Effect::Recreate | Effect::ScaledToZero => "🔴 ",
        Effect::Availability | Effect::Security | Effect::Pruned => "🟠 ",
        Effect::Hook | Effect::Restart => "🔵 ",
        Effect::Configuration | Effect::Created | Effect::None => "",
    }
}

/// A text that ends no code span.
fn plain(text: &str) -> String {
    escape(text).replace(['<', '>', '|'], "·")
}

fn html(text: &str) -> String {
    escape(text).replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// A reason, whose code spans stay; what could be markup elsewhere is dead.
fn code_spans(text: &str) -> String {
    escape(text).replace('<', "&lt;").replace('@', "&#64;")
}

/// A line that does not end the block it is in.
fn fenced(line: &str) -> String {
    line.replace("```", "'''")
}
