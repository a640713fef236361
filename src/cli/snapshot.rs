//! `strata snapshot`: snapshots/<path below overlays/>.yaml is exactly what `strata build` prints.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::args::{MessageFormat, SnapshotArguments};
use super::progress::Teller;
use super::snapshot_diff::{Finding, Kind, compare, diff};
use super::{Context, Done, Ended, Stop, build, excerpt, files, json};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::emit;
use crate::error::{Error, Result};
use crate::pipeline::{self, Folders, Outcome, Rendered, Request};

pub(super) fn run(arguments: &SnapshotArguments, context: &mut Context) -> Ended {
    let entries = match arguments.paths.is_empty() {
        true => vec![files::project_root(&context.env.cwd)?.join("overlays")],
        false => arguments.paths.clone(),
    };
    let cwd = context.env.cwd.clone();
    let request = Request { entries, cwd, folders: Folders::Everything, ..Request::default() };
    let mut teller = Teller::new(arguments.format, context);
    let outcome = pipeline::build_telling(&request, &mut |done, all| teller.tell((done, all), context))?;
    let ended = finish(&outcome, &request, arguments, context);
    // See `build`: the process ends now.
    std::mem::forget(outcome);
    ended
}

/// What is rendered and what is kept.
struct State {
    folder: PathBuf,
    rendered: BTreeMap<String, Vec<u8>>,
    kept: BTreeMap<String, Vec<u8>>,
    findings: Vec<Finding>,
}

fn finish(outcome: &Outcome, request: &Request, arguments: &SnapshotArguments, context: &mut Context) -> Ended {
    let mut diagnostics = outcome.diagnostics.clone();
    let rendered = render_all(&outcome.builds, &mut diagnostics);
    if rendered.is_empty() && !diagnostics.has_errors() {
        // Else every snapshot would be an orphan, and `--accept` would remove them all.
        diagnostics.push(nothing_built());
    }
    let failed = diagnostics.has_errors();
    let folder = outcome.root.join("snapshots");
    // An overlay that cannot be built is no reason to call its snapshot an orphan.
    let complete = !failed && covers_all_overlays(request, &outcome.root);
    let kept = read_snapshots(&outcome.root, &folder, &rendered, complete)?;
    let findings = compare(&rendered, &kept, complete);
    let state = State { folder, rendered, kept, findings };
    if arguments.accept && !failed {
        accept(&state)?;
    }
    report(&state, &diagnostics, outcome, arguments, context)?;
    Ok(match () {
        () if failed => Done::Errors,
        () if state.findings.is_empty() || arguments.accept => Done::Fine,
        () => Done::Findings,
    })
}

fn render_all(builds: &[Rendered], diagnostics: &mut Diagnostics) -> BTreeMap<String, Vec<u8>> {
    let mut rendered = BTreeMap::new();
    for build in builds {
        match snapshot_path(&build.name) {
            Some(path) => {
                rendered.insert(path, build::yaml(build.resources.iter().map(|resource| &resource.root)));
            }
            None => diagnostics.push(outside_overlays(&build.name)),
        }
    }
    rendered
}

/// `pos/prod.yaml` for `overlays/pos/prod`.
fn snapshot_path(overlay: &str) -> Option<String> {
    let below = overlay.strip_prefix("overlays/").filter(|below| !below.is_empty())?;
    Some(format!("{below}.yaml"))
}

fn outside_overlays(name: &str) -> Diagnostic {
    Diagnostic::error("no-snapshot-path", format!("`{name}` is not below `overlays/`, so no snapshot belongs to it"))
        .help("move it below `overlays/`, or name only overlays that are there")
}

fn nothing_built() -> Diagnostic {
    Diagnostic::error("no-overlays", "there is no overlay to compare").help("name folders that hold overlays")
}

/// Whether one of the entries is the folder of all overlays, or holds it. (A folder that is built
/// itself, without what is below it, cannot be one: it has no snapshot path, which is an error.)
fn covers_all_overlays(request: &Request, root: &Path) -> bool {
    let canonical = |path: &Path| path.canonicalize().ok();
    let Some(overlays) = canonical(&root.join("overlays")) else { return false };
    let mut entries = request.entries.iter().filter_map(|entry| canonical(&request.cwd.join(entry)));
    entries.any(|entry| overlays.starts_with(entry))
}

/// The snapshots that are kept: all of them when every overlay is looked at, else those that
/// belong to what was rendered.
fn read_snapshots(
    root: &Path,
    folder: &Path,
    rendered: &BTreeMap<String, Vec<u8>>,
    complete: bool,
) -> Result<BTreeMap<String, Vec<u8>>> {
    files::without_links(root, folder)?;
    let mut paths: Vec<String> = rendered.keys().cloned().collect();
    if complete && folder.is_dir() {
        paths.extend(files::yaml_files_below(folder)?);
    }
    let mut kept = BTreeMap::new();
    for path in paths {
        let file = folder.join(&path);
        files::without_links(root, &file)?;
        if let Some(bytes) = files::read_if_there(&file)? {
            kept.insert(path, bytes);
        }
    }
    Ok(kept)
}

fn accept(state: &State) -> Result<()> {
    for Finding { kind, path } in &state.findings {
        let file = state.folder.join(path);
        match state.rendered.get(path) {
            _ if *kind == Kind::Orphan => files::remove(&file, &state.folder)?,
            Some(bytes) => {
                files::make_parent(&file)?;
                emit::file::write_atomically(&file, bytes)?;
            }
            None => {}
        }
    }
    Ok(())
}

fn report(
    state: &State,
    diagnostics: &Diagnostics,
    outcome: &Outcome,
    arguments: &SnapshotArguments,
    context: &mut Context,
) -> std::result::Result<(), Stop> {
    let failed = diagnostics.has_errors();
    match arguments.format {
        MessageFormat::Json => {
            let accepted = arguments.accept && !failed;
            let findings = state.findings.iter().map(|finding| entry(finding, state)).collect();
            let diagnostics = json::entries(diagnostics, &outcome.sources);
            context.print(json::to_text(&Report { accepted, findings, diagnostics }).as_bytes())
        }
        MessageFormat::Text => {
            if !diagnostics.is_empty() {
                context.show(diagnostics, &outcome.sources, MessageFormat::Text);
            }
            let text = match arguments.accept {
                true if failed => String::new(),
                true => accepted(&state.findings),
                false => differences(state, context.color_out),
            };
            context.print(text.as_bytes())?;
            if !arguments.accept && !state.findings.is_empty() {
                context.say(&summary(&state.findings));
            }
            Ok(())
        }
    }
}

/// What `--accept` did, a line per file.
fn accepted(findings: &[Finding]) -> String {
    let word = |kind| match kind {
        Kind::Changed => "updated",
        Kind::Missing => "added",
        Kind::Orphan => "removed",
    };
    findings.iter().map(|finding| format!("{} {}\n", word(finding.kind), shown_path(&finding.path))).collect()
}

/// The path as people see it, from the project's root.
fn shown_path(path: &str) -> String {
    format!("snapshots/{}", excerpt::escape(path))
}

/// `overlays/pos/prod` for `pos/prod.yaml`.
fn overlay_of(path: &str) -> String {
    format!("overlays/{}", excerpt::escape(path.strip_suffix(".yaml").unwrap_or(path)))
}

fn differences(state: &State, color: bool) -> String {
    let mut text = String::new();
    for finding in &state.findings {
        let (path, overlay) = (shown_path(&finding.path), overlay_of(&finding.path));
        match finding.kind {
            Kind::Missing => text.push_str(&format!("missing {path}: {overlay} has no snapshot\n")),
            Kind::Orphan => text.push_str(&format!("orphan {path}: no overlay renders it\n")),
            Kind::Changed => {
                text.push_str(&format!("changed {path}\n--- {path}\n+++ {overlay}, as it is now\n"));
                text.push_str(&diff_of(finding, state, color));
            }
        }
    }
    text
}

fn diff_of(finding: &Finding, state: &State, color: bool) -> String {
    let bytes = |tree: &BTreeMap<String, Vec<u8>>| tree.get(&finding.path).cloned().unwrap_or_default();
    diff(&bytes(&state.kept), &bytes(&state.rendered), color)
}

fn summary(findings: &[Finding]) -> String {
    let what = match findings.len() {
        1 => "1 snapshot differs".to_owned(),
        many => format!("{many} snapshots differ"),
    };
    format!("{what}; when that is meant, `strata snapshot --accept` writes them\n")
}

#[derive(Serialize)]
struct Report<D> {
    accepted: bool,
    findings: Vec<Entry>,
    diagnostics: Vec<D>,
}

#[derive(Serialize)]
struct Entry {
    kind: &'static str,
    snapshot: String,
    overlay: Option<String>,
    diff: Option<String>,
}

fn entry(finding: &Finding, state: &State) -> Entry {
    let overlay = finding.path.strip_suffix(".yaml").unwrap_or(&finding.path);
    Entry {
        kind: finding.kind.as_str(),
        snapshot: format!("snapshots/{}", finding.path),
        overlay: (finding.kind != Kind::Orphan).then(|| format!("overlays/{overlay}")),
        diff: (finding.kind == Kind::Changed).then(|| diff_of(finding, state, false)),
    }
}

/// The error of a command that needs a project and finds none.
pub(super) fn no_project() -> Error {
    Error::new("no-project", "neither `strata.yaml` nor `overlays/` is here or in a folder above")
        .help("run `strata init`, or go to the project's folder")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::tests::with_context;
    use crate::object;
    use crate::origin::Origin;
    use crate::resource::Resource;

    /// A project whose overlays render one ConfigMap each.
    struct Project {
        folder: tempfile::TempDir,
        outcome: Outcome,
    }

    impl Project {
        fn new(overlays: &[&str]) -> Self {
            let folder = tempfile::tempdir().unwrap();
            std::fs::create_dir(folder.path().join("overlays")).unwrap();
            let origin = Origin::source(0);
            let builds = overlays.iter().map(|name| {
                let root = object! { origin; "apiVersion": "v1", "kind": "ConfigMap", "data": *name };
                let resources = vec![Resource::new(root).unwrap()];
                Rendered { name: (*name).into(), resources, ..Rendered::default() }
            });
            let outcome = Outcome { root: folder.path().into(), builds: builds.collect(), ..Outcome::default() };
            Self { folder, outcome }
        }

        fn keep(&self, path: &str, text: &str) {
            let path = self.folder.path().join("snapshots").join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }

        fn kept(&self) -> Vec<String> {
            files::yaml_files_below(&self.folder.path().join("snapshots")).unwrap()
        }

        /// How `strata snapshot` on `entry` ends and what it prints.
        fn run(&self, entry: &str, accept: bool, format: MessageFormat) -> (Done, String, String) {
            let request = Request {
                entries: vec![entry.into()],
                cwd: self.folder.path().into(),
                set: vec![],
                ..Request::default()
            };
            let arguments = SnapshotArguments { paths: vec![], check: false, accept, format };
            let (ended, out, err) =
                with_context(self.folder.path(), |context| finish(&self.outcome, &request, &arguments, context));
            (ended.unwrap(), out, err)
        }
    }

    #[test]
    fn accepting_writes_removes_and_is_then_fine() {
        let project = Project::new(&["overlays/a/dev", "overlays/a/prod"]);
        project.keep("a/prod.yaml", "old: 1\n");
        project.keep("gone/dev.yaml", "old: 1\n");
        let (done, out, err) = project.run("overlays", false, MessageFormat::Text);
        assert_eq!(done, Done::Findings);
        assert!(out.starts_with("missing snapshots/a/dev.yaml: overlays/a/dev has no snapshot\nchanged snapshots/a/prod.yaml\n--- snapshots/a/prod.yaml\n+++ overlays/a/prod, as it is now\n@@ "), "{out}");
        assert!(out.contains("\n-old: 1\n"), "{out}");
        assert!(out.ends_with("orphan snapshots/gone/dev.yaml: no overlay renders it\n"), "{out}");
        assert!(err.starts_with("3 snapshots differ; "), "{err}");
        let (done, out, _) = project.run("overlays", true, MessageFormat::Text);
        assert_eq!(done, Done::Fine);
        assert_eq!(out, "added snapshots/a/dev.yaml\nupdated snapshots/a/prod.yaml\nremoved snapshots/gone/dev.yaml\n");
        assert_eq!(project.kept(), ["a/dev.yaml", "a/prod.yaml"]);
        assert_eq!(project.run("overlays", false, MessageFormat::Text), (Done::Fine, String::new(), String::new()));
    }

    #[test]
    fn orphans_are_found_only_when_all_overlays_are_looked_at() {
        let project = Project::new(&["overlays/a/dev"]);
        std::fs::create_dir(project.folder.path().join("overlays/a")).unwrap();
        project.keep("b/dev.yaml", "");
        for (entry, orphans) in [("overlays/a", 0), ("overlays", 1), (".", 1), ("overlays/a/..", 1)] {
            let (_, out, _) = project.run(entry, false, MessageFormat::Text);
            assert_eq!(out.matches("orphan ").count(), orphans, "{entry}");
        }
    }

    #[test]
    fn a_folder_that_is_built_itself_removes_nothing() {
        for name in ["", ".", "overlays"] {
            let project = Project::new(&[name]);
            project.keep("b/dev.yaml", "");
            assert_eq!(project.run(".", true, MessageFormat::Text).0, Done::Errors);
            assert_eq!(project.kept(), ["b/dev.yaml"]);
        }
    }

    #[test]
    fn no_overlay_at_all_removes_nothing() {
        let project = Project::new(&[]);
        project.keep("b/dev.yaml", "");
        let (done, out, err) = project.run("overlays", true, MessageFormat::Text);
        assert_eq!((done, out.as_str()), (Done::Errors, ""));
        assert!(err.starts_with("error[no-overlays]: "), "{err}");
        assert_eq!(project.kept(), ["b/dev.yaml"]);
    }

    #[test]
    fn an_error_writes_and_removes_nothing() {
        let mut project = Project::new(&["overlays/a/dev"]);
        project.keep("b/dev.yaml", "");
        project.outcome.diagnostics.push(Diagnostic::error("wrong", "b is wrong"));
        let (done, out, err) = project.run("overlays", true, MessageFormat::Text);
        assert_eq!((done, out.as_str()), (Done::Errors, ""));
        assert!(err.starts_with("error[wrong]: "), "{err}");
        assert_eq!(project.kept(), ["b/dev.yaml"]);
        assert_eq!(project.run("overlays", false, MessageFormat::Text).0, Done::Errors);
    }

    #[test]
    fn an_overlay_elsewhere_has_no_snapshot() {
        let project = Project::new(&["deploy/a"]);
        let (done, _, err) = project.run("deploy/a", false, MessageFormat::Text);
        assert_eq!(done, Done::Errors);
        assert!(err.starts_with("error[no-snapshot-path]: `deploy/a` "), "{err}");
    }

    #[test]
    fn json_is_one_object_with_findings_and_diagnostics() {
        let project = Project::new(&["overlays/a/dev"]);
        project.keep("b/dev.yaml", "");
        let (done, out, err) = project.run("overlays", false, MessageFormat::Json);
        assert_eq!((done, err.as_str()), (Done::Findings, ""));
        let expected = r#"{"accepted":false,"findings":[{"kind":"missing","snapshot":"snapshots/a/dev.yaml","overlay":"overlays/a/dev","diff":null},{"kind":"orphan","snapshot":"snapshots/b/dev.yaml","overlay":null,"diff":null}],"diagnostics":[]}"#;
        assert_eq!(out, format!("{expected}\n"));
    }
}
