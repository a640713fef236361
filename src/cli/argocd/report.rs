//! Errors as Argo CD shows them: in one field after the command line, where the first line decides.
//!
//! No line of a file is shown, so that no secret can be among them, and no folder of this run, so
//! that the same mistake gives the same text each time.

use std::path::Path;

use crate::cli::{Context, Done, Ended, excerpt, redact};
use crate::diagnostic::{Diagnostic, Diagnostics, Label, Level};
use crate::origin::{Locations, Sources};
use crate::pipeline::ARGOCD;

/// How many errors are told.
const SHOWN: usize = 5;
/// How many other places of one are told.
const RELATED: usize = 2;
/// The longest line, in characters.
const LONGEST: usize = 400;

/// Tells the errors and ends with them.
pub(super) fn errors(diagnostics: &Diagnostics, sources: &Sources, root: &Path, context: &mut Context) -> Ended {
    let errors: Vec<&Diagnostic> = diagnostics.iter().filter(|one| one.level == Level::Error).collect();
    let (mut text, mut locations) = (String::new(), Locations::new(sources));
    for error in errors.iter().take(SHOWN) {
        let mut place = |label: &Label| {
            let place = locations.locate(label.origin.position()?)?;
            if place.path.as_os_str() == ARGOCD {
                return Some("parameters of the Application".to_owned());
            }
            Some(format!("{}:{}:{}", place.path.display(), place.line, place.column))
        };
        let at = error.primary.as_ref().and_then(&mut place).map(|place| format!(" ({place})")).unwrap_or_default();
        line(&mut text, &format!("error[{}]: {}{at}", error.code, error.message));
        for label in error.related.iter().take(RELATED) {
            place(label).iter().for_each(|place| line(&mut text, &format!("  {}: {place}", label.text)));
        }
        if let Some(help) = &error.help {
            line(&mut text, &format!("  help: {help}"));
        }
    }
    if let Some(more) = errors.len().checked_sub(SHOWN).filter(|more| *more > 0) {
        line(&mut text, &format!("and {more} more; `strata build` shows all"));
    }
    context.say(&redact::without_credentials(&from_root(&text, root)));
    Ok(Done::Errors)
}

/// The text with paths as from the project's root, also those of folders above it: the folder of the run
/// is another one each time.
fn from_root(text: &str, root: &Path) -> String {
    let mut text = text.replace(&format!("{}/", root.display()), "").replace(&format!("{}`", root.display()), ".`");
    let above = root.ancestors().skip(1).filter(|folder| folder.components().count() > 2);
    for (up, folder) in above.enumerate() {
        text = text.replace(&format!("{}/", folder.display()), &"../".repeat(up + 1));
    }
    text
}

/// [`errors`] of one that has no place.
pub(super) fn error(error: crate::error::Error, root: &Path, context: &mut Context) -> Ended {
    errors(&std::iter::once(error.into()).collect(), &Sources::default(), root, context)
}

fn line(text: &mut String, content: &str) {
    let content = excerpt::escape(content);
    match content.char_indices().nth(LONGEST) {
        Some((end, _)) => text.extend([&content[..end], "…\n"]),
        None => text.extend([&content, "\n"]),
    }
}
