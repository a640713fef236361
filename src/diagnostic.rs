//! What Strata has to say about what the user wrote: collected, sorted, shown together.

pub mod codes;
pub mod levels;

use crate::origin::{Origin, Origins};
use crate::resource::ResourceId;

/// How serious a diagnostic is. Errors make a build fail; warnings do not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// The build cannot succeed.
    Error,
    /// Suspicious, but the output stands.
    Warning,
    /// Good to know.
    Note,
}

impl Level {
    /// The word that people and machines read: `error`, `warning` or `note`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Note => "note",
        }
    }
}

/// The code of what is wrong with a value that stands where a declared secret key is set: the line
/// that holds it is shown without it.
pub const SECRET_VALUE: &str = "invalid-secret-value";

/// Whether the line that a diagnostic of this code points at holds a secret, and is shown without it.
pub fn points_at_secret(code: &str) -> bool {
    matches!(code, SECRET_VALUE | "plain-secret" | "likely-secret")
}

/// A place that a diagnostic points at, with a few words on what is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// The place.
    pub origin: Origin,
    /// What is there, lower case, without a final period; may be empty.
    pub text: String,
}

/// One finding about the input: `code` is kebab-case and stable, `message` is one sentence in
/// lower case without a final period, values in backticks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Stable kebab-case code, such as `unknown-field`.
    pub code: &'static str,
    /// How serious it is.
    pub level: Level,
    /// The cause in one sentence.
    pub message: String,
    /// The input that caused it; `None` only where no input did (a missing argument, a full disk).
    pub primary: Option<Label>,
    /// Other places that matter, such as the line that set the value before.
    pub related: Vec<Label>,
    /// What to do about it.
    pub help: Option<String>,
    /// The overlay (or file) that was being built, for display when there is no better place.
    pub subject: Option<String>,
    /// The object that it is about, where it is about one.
    pub about: Option<Box<ResourceId>>,
    /// The policy of the organisation that it is about, by its name; its code is `policy` then.
    pub policy: Option<Box<str>>,
    /// Whether its level has been chosen: nothing changes it any more.
    pub judged: bool,
}

impl Diagnostic {
    /// An error with the given code and message.
    pub fn error(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(code, Level::Error, message)
    }

    /// A warning with the given code and message.
    pub fn warning(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(code, Level::Warning, message)
    }

    /// A note with the given code and message.
    pub fn note(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(code, Level::Note, message)
    }

    fn new(code: &'static str, level: Level, message: impl Into<String>) -> Self {
        let message = message.into();
        Self {
            code,
            level,
            message,
            primary: None,
            related: Vec::new(),
            help: None,
            subject: None,
            about: None,
            policy: None,
            judged: false,
        }
    }

    /// Points at the input that caused it.
    #[must_use]
    pub fn at(self, origin: Origin) -> Self {
        self.label(origin, "")
    }

    /// Points at the input that caused it, and says what is there.
    #[must_use]
    pub fn label(mut self, origin: Origin, text: impl Into<String>) -> Self {
        self.primary = Some(Label { origin, text: text.into() });
        self
    }

    /// Adds another place that matters.
    #[must_use]
    pub fn related(mut self, origin: Origin, text: impl Into<String>) -> Self {
        self.related.push(Label { origin, text: text.into() });
        self
    }

    /// Says what to do.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Names the object that it is about.
    #[must_use]
    pub fn about(mut self, id: &ResourceId) -> Self {
        self.about = Some(Box::new(id.clone()));
        self
    }

    /// Names the policy of the organisation that it is about.
    #[must_use]
    pub fn of_policy(mut self, name: &str) -> Self {
        self.policy = Some(name.into());
        self
    }

    /// The code as levels, exceptions and messages name it: `policy/NAME` for a policy, else the code.
    pub fn name(&self) -> std::borrow::Cow<'static, str> {
        match &self.policy {
            Some(policy) => format!("{}/{policy}", self.code).into(),
            None => self.code.into(),
        }
    }

    /// Whether `name` means it: its code, or the code and its policy.
    pub fn is_named(&self, name: &str) -> bool {
        match name.split_once('/') {
            Some((code, policy)) => code == self.code && self.policy.as_deref() == Some(policy),
            None => name == self.code,
        }
    }

    /// Names the overlay or file that was being worked on.
    #[must_use]
    pub fn subject(mut self, subject: impl Into<String>) -> Self {
        self.subject = Some(subject.into());
        self
    }

    /// Replaces origins of one build by source positions, so that the diagnostic can leave it.
    fn settle(&mut self, origins: &Origins) {
        // Whoever reads `${{ values.x }}` wants to know who says `x`.
        let value = self.primary.as_ref().and_then(|label| origins.interpolated(label.origin));
        if let Some(value) = value {
            self.related.push(Label { origin: value, text: "the value comes from here".into() });
        }
        let settle = |label: Label| Some(Label { origin: origins.settle(label.origin)?, ..label });
        self.primary = self.primary.take().and_then(settle);
        self.related = std::mem::take(&mut self.related).into_iter().filter_map(settle).collect();
    }
}

/// The diagnostics of one piece of work. Stages push into it; parallel work has its own and is
/// merged afterwards, so that the order never depends on threads.
#[derive(Clone, Debug, Default)]
pub struct Diagnostics {
    list: Vec<Diagnostic>,
}

impl Diagnostics {
    /// Adds one diagnostic.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.list.push(diagnostic);
    }

    /// Adds all of `other`.
    pub fn append(&mut self, other: Diagnostics) {
        self.list.extend(other.list);
    }

    /// Whether one of them is an error.
    pub fn has_errors(&self) -> bool {
        self.list.iter().any(|diagnostic| diagnostic.level == Level::Error)
    }

    /// Keeps those for which `keep` says so.
    pub fn retain(&mut self, keep: impl FnMut(&Diagnostic) -> bool) {
        self.list.retain(keep);
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// All of them, in their present order.
    pub fn iter(&self) -> impl Iterator<Item = &Diagnostic> {
        self.list.iter()
    }

    /// Forgets all but the first `count`.
    pub(crate) fn truncate(&mut self, count: usize) {
        self.list.truncate(count);
    }

    /// Makes every label a source position of its own (see [`Origins::settle`]).
    pub fn settle(&mut self, origins: &Origins) {
        self.list.iter_mut().for_each(|diagnostic| diagnostic.settle(origins));
    }

    /// Sorts by place, then level, code and message, and drops exact repetitions (one base that
    /// many overlays use is wrong once).
    pub fn sort(&mut self) {
        let place = |d: &Diagnostic| d.primary.as_ref().map(|label| label.origin);
        self.list.sort_by(|a, b| {
            let key = |d: &Diagnostic| (place(d).is_none(), place(d), d.level, d.code);
            key(a).cmp(&key(b)).then_with(|| a.message.cmp(&b.message)).then_with(|| a.subject.cmp(&b.subject))
        });
        self.list.dedup_by(|a, b| {
            a.primary.is_some()
                && (a.code, &a.message, &a.primary, &a.related) == (b.code, &b.message, &b.primary, &b.related)
        });
    }
}

impl FromIterator<Diagnostic> for Diagnostics {
    fn from_iter<I: IntoIterator<Item = Diagnostic>>(diagnostics: I) -> Self {
        Self { list: diagnostics.into_iter().collect() }
    }
}

impl Extend<Diagnostic> for Diagnostics {
    fn extend<I: IntoIterator<Item = Diagnostic>>(&mut self, diagnostics: I) {
        self.list.extend(diagnostics);
    }
}

impl IntoIterator for Diagnostics {
    type Item = Diagnostic;
    type IntoIter = std::vec::IntoIter<Diagnostic>;

    fn into_iter(self) -> Self::IntoIter {
        self.list.into_iter()
    }
}

/// Names the candidate that `word` was probably meant to be: ` did you mean `x`?`-style text for
/// help lines, or `None` when nothing is near. Case and `-`/`_` do not count as a difference.
pub fn near_miss<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let folded = |text: &str| text.to_lowercase().replace(['-', '_'], "");
    let word_folded = folded(word);
    let limit = (word.chars().count() / 3).clamp(1, 4);
    candidates
        .into_iter()
        .map(|candidate| (distance(&word_folded, &folded(candidate), limit), candidate))
        .filter_map(|(distance, candidate)| Some((distance?, candidate)))
        .min()
        .map(|(_, candidate)| candidate)
}

/// The number of edits (insert, delete, replace, swap of neighbours) between two words, when it
/// is at most `limit`.
fn distance(a: &str, b: &str, limit: usize) -> Option<usize> {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().take(128).collect(), b.chars().take(128).collect());
    if a.len().abs_diff(b.len()) > limit {
        return None;
    }
    let mut rows = vec![vec![0; b.len() + 1]; a.len() + 1];
    for i in 0..=a.len() {
        for j in 0..=b.len() {
            rows[i][j] = if i == 0 || j == 0 {
                i + j
            } else {
                let replace = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
                let swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
                let swap = if swapped { rows[i - 2][j - 2] + 1 } else { usize::MAX };
                replace.min(swap).min(rows[i - 1][j] + 1).min(rows[i][j - 1] + 1)
            };
        }
    }
    Some(rows[a.len()][b.len()]).filter(|distance| *distance <= limit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_misses_forgive_case_typos_and_separators() {
        let fields = ["replicas", "resources", "initContainers", "image"];
        assert_eq!(near_miss("replcias", fields), Some("replicas"));
        assert_eq!(near_miss("init_containers", fields), Some("initContainers"));
        assert_eq!(near_miss("Image", fields), Some("image"));
        assert_eq!(near_miss("volumes", fields), None);
    }

    #[test]
    fn sorting_is_by_place_and_drops_repetitions() {
        let mut diagnostics: Diagnostics = [
            Diagnostic::error("b", "late").at(Origin::source(9)),
            Diagnostic::error("a", "early").at(Origin::source(3)),
            Diagnostic::error("b", "late").at(Origin::source(9)),
            Diagnostic::error("c", "nowhere"),
        ]
        .into_iter()
        .collect();
        diagnostics.sort();
        let codes: Vec<_> = diagnostics.iter().map(|d| d.code).collect();
        assert_eq!(codes, ["a", "b", "c"]);
    }
}
