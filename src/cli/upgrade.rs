//! `strata upgrade`: what another edition changes in all that is rendered, before strata.yaml
//! says it.

use std::collections::BTreeMap;

use serde::Serialize;

use super::args::{MessageFormat, UpgradeArguments};
use super::snapshot_diff::diff;
use super::{Context, Done, Ended, Stop, build, excerpt, files, json, splice};
use crate::emit;
use crate::error::{Error, Result};
use crate::model::project::Edition;
use crate::model::unknown_edition;
use crate::pipeline::{self, Outcome, Request};

pub(super) fn run(arguments: &UpgradeArguments, context: &mut Context) -> Ended {
    let to = edition(arguments.edition.as_deref())?;
    let entries = match arguments.paths.is_empty() {
        true => vec![files::project_root(&context.env.cwd)?.join("overlays")],
        false => arguments.paths.clone(),
    };
    let request = Request { entries, cwd: context.env.cwd.clone(), ..Request::default() };
    let before = pipeline::build(&request)?;
    let after = pipeline::build(&Request { edition: Some(to), ..request })?;
    let failed = [&before, &after].into_iter().find(|outcome| outcome.diagnostics.has_errors());
    let changes = if failed.is_none() { changes(&before, &after, context.color_out) } else { Vec::new() };
    let write = arguments.write && failed.is_none();
    if write {
        write_edition(&before, to)?;
    }
    let upgrade = Upgrade { from: before.edition.edition, to, written: write, overlays: after.builds.len(), changes };
    report(&upgrade, failed.unwrap_or(&after), arguments.format, context)?;
    Ok(match () {
        () if failed.is_some() => Done::Errors,
        () if upgrade.changes.is_empty() || write => Done::Fine,
        () => Done::Findings,
    })
}

/// The edition of `--edition`; without a value the newest.
fn edition(written: Option<&str>) -> Result<Edition> {
    let Some(text) = written.filter(|text| !text.is_empty()) else { return Ok(Edition::newest()) };
    Edition::parse(text).ok_or_else(|| {
        let text = unknown_edition(text);
        let (message, help) = text.split_once('\n').unwrap_or((&text, ""));
        Error::new("unknown-edition", message).help(help)
    })
}

/// What another edition does.
struct Upgrade {
    from: Edition,
    to: Edition,
    written: bool,
    /// How many overlays were rendered.
    overlays: usize,
    changes: Vec<Change>,
}

/// An overlay that renders differently.
#[derive(Serialize)]
struct Change {
    overlay: String,
    diff: String,
}

fn changes(before: &Outcome, after: &Outcome, color: bool) -> Vec<Change> {
    let rendered = |outcome: &Outcome| -> BTreeMap<String, Vec<u8>> {
        let text = |build: &pipeline::Rendered| build::yaml(build.resources.iter().map(|resource| &resource.root));
        outcome.builds.iter().map(|build| (build.name.clone(), text(build))).collect()
    };
    let (before, after) = (rendered(before), rendered(after));
    let none = Vec::new();
    let differs = after.iter().filter_map(|(name, after)| {
        let before = before.get(name).unwrap_or(&none);
        (before != after).then(|| Change { overlay: name.clone(), diff: diff(before, after, color) })
    });
    differs.collect()
}

/// Writes the edition into strata.yaml, over the one that is there or before its first entry.
fn write_edition(outcome: &Outcome, to: Edition) -> Result<()> {
    let path = outcome.root.join("strata.yaml");
    let place = outcome.edition.written.or(outcome.edition.beginning);
    let position = place.and_then(|place| place.position());
    let source = position.and_then(|position| Some((position, outcome.sources.source(position)?)));
    let Some((position, source)) = source else {
        let by_hand = format!("write `edition: \"{}\"` into a strata.yaml beside `overlays/`", to.as_str());
        return Err(Error::new("no-settings", "the project has no strata.yaml with an entry").help(by_hand));
    };
    files::without_links(&outcome.root, &path)?;
    let (text, at) = (&*source.text, (position - source.base) as usize);
    let changed = match outcome.edition.written {
        Some(_) => splice::replace_scalar(text, at, outcome.edition.edition.as_str(), to.as_str()),
        None => splice::insert_before_first(text, at, &format!("edition: \"{}\"", to.as_str())),
    };
    let changed = changed.ok_or_else(|| {
        Error::new("cannot-edit", "strata.yaml does not say its edition as a plain text on one line")
            .help(format!("write `edition: \"{}\"` yourself", to.as_str()))
    })?;
    let kept = files::read_if_there(&path)?.unwrap_or_default();
    // A byte order mark is no part of the text that was read.
    let Some(mark) = kept.strip_suffix(text.as_bytes()) else {
        return Err(Error::new("cannot-edit", "strata.yaml is no UTF-8, or has changed in the meantime"));
    };
    emit::file::write_atomically(&path, &[mark, changed.as_bytes()].concat())
}

#[derive(Serialize)]
struct Report<'a, D> {
    from: &'a str,
    to: &'a str,
    written: bool,
    changes: &'a [Change],
    diagnostics: Vec<D>,
}

fn report(
    upgrade: &Upgrade,
    outcome: &Outcome,
    format: MessageFormat,
    context: &mut Context,
) -> std::result::Result<(), Stop> {
    let Upgrade { from, to, written, changes, .. } = upgrade;
    if format == MessageFormat::Json {
        let diagnostics = json::entries(&outcome.diagnostics, &outcome.sources);
        let report = Report { from: from.as_str(), to: to.as_str(), written: *written, changes, diagnostics };
        return context.print(json::to_text(&report).as_bytes());
    }
    if !outcome.diagnostics.is_empty() {
        context.show(&outcome.diagnostics, &outcome.sources, MessageFormat::Text);
    }
    if outcome.diagnostics.has_errors() {
        return Ok(());
    }
    let mut text = String::new();
    for Change { overlay, diff } in changes {
        let overlay = excerpt::escape(overlay);
        let (from, to) = (from.as_str(), to.as_str());
        text.push_str(&format!(
            "changed {overlay}\n--- {overlay}, edition {from}\n+++ {overlay}, edition {to}\n{diff}"
        ));
    }
    context.print(text.as_bytes())?;
    context.say(&summary(upgrade));
    Ok(())
}

fn summary(upgrade: &Upgrade) -> String {
    let Upgrade { from, to, written, overlays, changes } = upgrade;
    let (from, to) = (from.as_str(), to.as_str());
    let same = from == to;
    match (written, changes.len()) {
        (true, _) => format!("strata.yaml says edition {to} now\n"),
        (false, 0) if same => format!("the project is in edition {to}, which changes nothing\n"),
        (false, 0) => {
            format!("edition {to} changes nothing that edition {from} renders; `--write` writes it into strata.yaml\n")
        }
        (false, changed) => format!(
            "{changed} of {overlays} overlays render differently in edition {to}; `--write` writes it into strata.yaml\n"
        ),
    }
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;
    use std::path::Path;

    use crate::cli::{Env, ExitCode, run};

    const APP: &str =
        "apiVersion: strata.dev/v1alpha1\nkind: App\nmetadata: {name: shop}\nimage: ghcr.io/acme/shop:v1\n";

    /// A project with two overlays, of which one has a migration, and this strata.yaml.
    fn project(settings: Option<&str>) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        let overlay = |base: &str| {
            format!("apiVersion: strata.dev/v1alpha1\nkind: Overlay\nnamespace: ns\nbase: ../../base/{base}\n")
        };
        if let Some(settings) = settings {
            write("strata.yaml", settings);
        }
        write("base/plain/app.yaml", &format!("{APP}deployments: {{main: {{}}}}\n"));
        write("base/migrated/app.yaml", &format!("{APP}migrations: {{schema: {{command: [migrate]}}}}\n"));
        write("overlays/migrated/overlay.yaml", &overlay("migrated"));
        write("overlays/plain/overlay.yaml", &overlay("plain"));
        folder
    }

    fn strata(cwd: &Path, args: &[&str]) -> (ExitCode, String, String) {
        let env = Env {
            cwd: cwd.to_path_buf(),
            var: Box::new(|_| None),
            names: Box::new(Vec::new),
            stdout_is_terminal: false,
            stderr_is_terminal: false,
            width: None,
            stdin: Box::new(|| Ok(Vec::new())),
            panic_place: || None,
            programs: Box::new(|_| Err(std::io::ErrorKind::NotFound.into())),
        };
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let args = ["strata"].iter().chain(args).map(OsString::from);
        let code = run(args, &env, &mut out, &mut err);
        (code, String::from_utf8(out).unwrap(), String::from_utf8(err).unwrap())
    }

    fn settings(folder: &tempfile::TempDir) -> String {
        std::fs::read_to_string(folder.path().join("strata.yaml")).unwrap()
    }

    const SETTINGS: &str = "# what we share\nedition: \"2026.1\"   # frozen\nrequires: '>=0.1.0-0'\n";

    #[test]
    fn the_difference_of_all_overlays_is_shown_before_anything_is_written() {
        let folder = project(Some(SETTINGS));
        let (code, out, err) = strata(folder.path(), &["upgrade", "--edition", "2026.2"]);
        assert_eq!(code, ExitCode::Findings);
        assert_eq!(
            out,
            "changed overlays/migrated\n--- overlays/migrated, edition 2026.1\n+++ overlays/migrated, edition 2026.2\n\
             @@ -25,7 +25,7 @@\n   namespace: ns\n spec:\n   activeDeadlineSeconds: 600\n-  backoffLimit: 3\n+  backoffLimit: 5\n   template:\n     metadata:\n       labels:\n"
        );
        assert_eq!(err, "1 of 2 overlays render differently in edition 2026.2; `--write` writes it into strata.yaml\n");
        assert_eq!(settings(&folder), SETTINGS);
    }

    #[test]
    fn the_edition_is_written_in_place_and_the_project_then_renders_in_it() {
        let folder = project(Some(SETTINGS));
        let (code, out, err) = strata(folder.path(), &["upgrade", "--edition", "--write"]);
        assert_eq!((code, err.as_str()), (ExitCode::Fine, "strata.yaml says edition 2026.2 now\n"));
        assert!(out.contains("+  backoffLimit: 5\n"), "the newest edition, and its difference: {out}");
        assert_eq!(settings(&folder), SETTINGS.replace("2026.1", "2026.2"));
        let (_, built, _) = strata(folder.path(), &["build", "overlays/migrated"]);
        assert!(built.contains("backoffLimit: 5\n"), "{built}");
        let (code, out, err) = strata(folder.path(), &["upgrade"]);
        assert_eq!((code, out.as_str()), (ExitCode::Fine, ""));
        assert_eq!(err, "the project is in edition 2026.2, which changes nothing\n");
        let (code, ..) = strata(folder.path(), &["upgrade", "--edition", "2026.1", "--write"]);
        assert_eq!((code, settings(&folder)), (ExitCode::Fine, SETTINGS.to_owned()), "and back");
    }

    #[test]
    fn an_older_edition_renders_the_same_bytes_in_a_newer_strata() {
        let (first, silent) = (project(Some(SETTINGS)), project(None));
        let build = |folder: &tempfile::TempDir| strata(folder.path(), &["build", "overlays"]).1;
        assert_eq!(build(&first), build(&silent), "no edition is the first one");
        assert!(build(&first).contains("backoffLimit: 3\n"));
    }

    #[test]
    fn an_edition_that_nobody_wrote_is_added_before_the_first_entry() {
        let folder = project(Some("# shared\nrequires: '>=0.1.0-0'\n"));
        assert_eq!(strata(folder.path(), &["upgrade", "--write"]).0, ExitCode::Fine);
        assert_eq!(settings(&folder), "# shared\nedition: \"2026.2\"\nrequires: '>=0.1.0-0'\n");
        let folder = project(None);
        let (code, _, err) = strata(folder.path(), &["upgrade", "--write"]);
        assert_eq!(code, ExitCode::Failed);
        assert!(err.starts_with("error[no-settings]: "), "{err}");
    }

    #[test]
    fn an_unknown_edition_names_the_near_one_on_the_command_line_and_in_the_file() {
        let folder = project(Some("edition: 2026.3\n"));
        let (code, _, err) = strata(folder.path(), &["build", "overlays"]);
        assert_eq!(code, ExitCode::Failed);
        assert!(err.contains("`2026.3` is no edition that Strata ") && err.contains("strata.yaml:1:10"), "{err}");
        assert!(err.contains("did you mean `2026.1`?"), "{err}");
        let (code, _, err) = strata(folder.path(), &["upgrade", "--edition", "2026.22"]);
        assert_eq!(code, ExitCode::Failed);
        assert!(err.contains("error[unknown-edition]") && err.contains("did you mean `2026.2`?"), "{err}");
        let (_, _, err) = strata(folder.path(), &["upgrade", "--edition", "next"]);
        assert!(err.contains("this Strata knows `2026.1`, `2026.2`"), "{err}");
    }

    #[test]
    fn nothing_is_written_when_the_new_edition_does_not_build_or_only_a_part_was_looked_at() {
        let folder = project(Some(SETTINGS));
        let overlay = folder.path().join("overlays/plain/overlay.yaml");
        std::fs::write(&overlay, "apiVersion: strata.dev/v1alpha1\nkind: Overlay\nbase: ../../base/none\n").unwrap();
        let (code, out, err) = strata(folder.path(), &["upgrade", "--write"]);
        assert_eq!((code, out.as_str(), settings(&folder).as_str()), (ExitCode::Failed, "", SETTINGS));
        assert!(err.contains("error["), "{err}");
        let (code, out, _) = strata(folder.path(), &["upgrade", "overlays/migrated"]);
        assert_eq!(code, ExitCode::Findings, "{out}");
        let (code, _, err) = strata(folder.path(), &["upgrade", "--edition", "2026.2", "--write", "overlays/migrated"]);
        assert_eq!((code, settings(&folder).as_str()), (ExitCode::Failed, SETTINGS));
        assert!(err.contains("cannot be used with"), "{err}");
    }

    #[test]
    fn json_is_one_object() {
        let folder = project(Some(SETTINGS));
        let (_, out, err) = strata(folder.path(), &["upgrade", "--format", "json"]);
        let report: serde_json::Value = serde_json::from_str(&out).unwrap();
        assert_eq!((err.as_str(), &report["from"], &report["to"]), ("", &"2026.1".into(), &"2026.2".into()));
        assert_eq!(report["changes"][0]["overlay"], "overlays/migrated");
        assert_eq!((&report["written"], &report["diagnostics"]), (&false.into(), &serde_json::json!([])));
    }
}
