use std::fs;
use std::path::{Path, PathBuf};

use super::*;
use crate::diagnostic::{Diagnostic, Level};
use crate::origin::Origin;
use crate::project::{Content, Kind, Reference, Role};

/// A project folder that goes away with the test.
struct Fixture {
    folder: tempfile::TempDir,
}

const APP: &str = "apiVersion: strata.dev/v1alpha1\nkind: App\nmetadata: {name: shop}\n";
const OVERLAY: &str = "apiVersion: strata.dev/v1alpha1\nkind: Overlay\n";
const COMPONENT: &str = "apiVersion: strata.dev/v1alpha1\nkind: Component\n";

impl Fixture {
    fn new(files: &[(&str, &str)]) -> Self {
        let fixture = Self { folder: tempfile::tempdir().unwrap() };
        fixture.write("strata.yaml", "edition: 2026.1\n");
        files.iter().for_each(|(path, text)| fixture.write(path, text));
        fixture
    }

    /// The canonical path of the project.
    fn root(&self) -> PathBuf {
        self.folder.path().canonicalize().unwrap()
    }

    fn write(&self, path: &str, text: impl AsRef<[u8]>) {
        let path = self.root().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    #[cfg(unix)]
    fn link(&self, target: impl AsRef<Path>, link: &str) {
        let link = self.root().join(link);
        fs::create_dir_all(link.parent().unwrap()).unwrap();
        std::os::unix::fs::symlink(target, link).unwrap();
    }

    fn load(&self, entries: &[&str]) -> Loaded {
        self.load_within(LIMITS, entries)
    }

    fn load_within(&self, limits: Limits, entries: &[&str]) -> Loaded {
        let entries: Vec<_> = entries.iter().map(PathBuf::from).collect();
        let mut diagnostics = Diagnostics::default();
        let project = super::load_within(
            limits,
            Given::default(),
            Files::Disk,
            &entries,
            &self.root(),
            &|_| false,
            &mut diagnostics,
        );
        diagnostics.sort();
        Loaded { project, diagnostics, root: self.root() }
    }
}

struct Loaded {
    project: Result<Project>,
    diagnostics: Diagnostics,
    root: PathBuf,
}

impl Loaded {
    fn clean(self) -> Project {
        let project = self.project.unwrap();
        assert!(self.diagnostics.is_empty(), "{:#?}", self.diagnostics);
        project
    }

    fn failed(self) -> (String, String, String) {
        let error = self.project.unwrap_err();
        let d = error.diagnostic();
        let text = |text: &str| text.replace(&self.root.display().to_string(), "ROOT");
        (d.code.to_owned(), text(&d.message), text(d.help.as_deref().unwrap_or_default()))
    }

    /// Every diagnostic in one line: place, code, message, help.
    fn lines(&self) -> Vec<String> {
        let project = self.project.as_ref().unwrap();
        self.diagnostics.iter().map(|d| self.line(project, d)).collect()
    }

    fn line(&self, project: &Project, d: &Diagnostic) -> String {
        let place = d.primary.as_ref().map_or("-".to_owned(), |label| {
            let l = project.sources().locate(label.origin.position().unwrap()).unwrap();
            format!("{}:{}:{}", l.path.display(), l.line, l.column)
        });
        let line = format!("{place} [{}] {} ({})", d.code, d.message, d.help.as_deref().unwrap_or_default());
        line.replace(&self.root.display().to_string(), "ROOT")
    }

    fn codes(&self) -> Vec<&'static str> {
        self.diagnostics.iter().map(|d| d.code).collect()
    }
}

fn overlay(rest: &str) -> String {
    format!("{OVERLAY}{rest}")
}

fn read_paths(project: &Project) -> Vec<String> {
    project.sources().own().iter().map(|source| source.path.display().to_string()).collect()
}

fn entry_paths(project: &Project) -> Vec<String> {
    project.entries.iter().map(|entry| entry.path.display().to_string()).collect()
}

/// The one diagnostic of an overlay at overlays/prod/overlay.yaml whose third line is `line`.
fn third_line(fixture: &Fixture, line: &str) -> String {
    fixture.write("overlays/prod/overlay.yaml", overlay(&format!("{line}\n")));
    let loaded = fixture.load(&["overlays/prod"]);
    let lines = loaded.lines();
    assert_eq!(lines.len(), 1, "{lines:#?}");
    lines[0].strip_prefix("overlays/prod/overlay.yaml:3:").unwrap_or(&lines[0]).to_owned()
}

#[test]
fn an_overlay_brings_everything_that_it_names() {
    let fixture = Fixture::new(&[
        ("base/shop/app.yaml", &format!("{APP}config: {{settings: {{a.txt: {{file: a.txt}}}}}}\n")),
        ("base/shop/a.txt", "hello\n"),
        ("components/ha/component.yaml", COMPONENT),
        ("overlays/prod/p.yaml", "- {op: remove, path: /x}\n"),
        ("overlays/prod/m.yaml", "spec: {x: 1}\n"),
        ("overlays/prod/t.j2", "a: {{ values.x }}\n"),
        ("overlays/prod/more/b.yaml", "kind: B\n---\nkind: C\n"),
        ("overlays/prod/more/a.yaml", "kind: A\n"),
        ("overlays/prod/more/README.md", "not a manifest"),
        (
            "overlays/prod/overlay.yaml",
            &overlay(
                "base: ../../base/shop\ncomponents: [../../components/ha]\nresources: [more]\ntemplates: [t.j2]\n\
                 patches:\n- {json6902: p.yaml}\n- {merge: m.yaml}\n- {strategic: {a: b}}\n",
            ),
        ),
    ]);
    let project = fixture.load(&["overlays/prod"]).clean();
    let read = [
        "overlays/prod/overlay.yaml",
        "strata.yaml",
        "base/shop/app.yaml",
        "components/ha/component.yaml",
        "overlays/prod/m.yaml",
        "overlays/prod/more/a.yaml",
        "overlays/prod/more/b.yaml",
        "overlays/prod/p.yaml",
        "overlays/prod/t.j2",
        "base/shop/a.txt",
    ];
    assert_eq!(read_paths(&project), read);
    let entry = &project.entries[0];
    let overlay = project.get(entry.file.unwrap());
    assert_eq!(overlay.kind, Some(Kind::Overlay));
    let from = overlay.root().unwrap().get("base").unwrap().origin();
    let app = project.file(from, "../../base/shop", Role::Base).unwrap();
    assert_eq!(app.kind, Some(Kind::App));
    let text = project.file(app.start(), "a.txt", Role::Text).unwrap();
    assert_eq!(project.text(text), "hello\n");
    assert!(project.file(app.start(), "a.txt", Role::Resource).is_none());
    let more = project.link(from, "more", Role::Resource).unwrap();
    let documents: Vec<_> = more.files.iter().map(|id| project.get(*id).documents().len()).collect();
    assert_eq!(documents, [1, 2]);
    let inputs = project.inputs(entry);
    assert_eq!(inputs.files.len(), read.len());
    assert_eq!(inputs.folders.into_iter().collect::<Vec<_>>(), [fixture.root().join("overlays/prod/more")]);
}

#[test]
fn the_root_is_where_strata_yaml_is_else_git_else_the_current_folder_else_the_entry() {
    let folder = tempfile::tempdir().unwrap();
    let top = folder.path().canonicalize().unwrap();
    fs::create_dir_all(top.join("repo/project/overlays/prod")).unwrap();
    fs::write(top.join("repo/project/overlays/prod/overlay.yaml"), "").unwrap();
    let root = |entry: &str, cwd: &str| project_root(Path::new(entry), &top.join(cwd));
    let (prod, file) = ("overlays/prod", "overlays/prod/overlay.yaml");
    assert_eq!(root(prod, "repo/project"), top.join("repo/project"));
    assert_eq!(root("../project/overlays/prod", "repo/project"), top.join("repo/project"));
    let absolute = top.join("repo/project/overlays/prod");
    fs::create_dir(top.join("elsewhere")).unwrap();
    assert_eq!(root(absolute.to_str().unwrap(), "elsewhere"), absolute);
    assert_eq!(root(absolute.join("overlay.yaml").to_str().unwrap(), "elsewhere"), absolute);
    fs::create_dir(top.join("repo/.git")).unwrap();
    assert_eq!(root(prod, "repo/project"), top.join("repo"));
    fs::write(top.join("repo/project/strata.yaml"), "").unwrap();
    assert_eq!(root(file, "repo/project"), top.join("repo/project"));
}

#[test]
fn kustomizations_without_a_marked_root_share_the_folder_that_holds_them() {
    let folder = tempfile::tempdir().unwrap();
    let top = folder.path().canonicalize().unwrap();
    for name in ["x/a", "x/b", "elsewhere"] {
        fs::create_dir_all(top.join(name)).unwrap();
        fs::write(top.join(name).join("kustomization.yaml"), "resources: []\n").unwrap();
    }
    let places = |entries: &[&str]| {
        let entries: Vec<_> = entries.iter().map(|entry| top.join(entry)).collect();
        super::root::common(&entries, &top.join("elsewhere"), Files::Disk).unwrap()
    };
    assert_eq!(places(&["x/a", "x/b"]).root, top.join("x"));
    assert_eq!(places(&["x/a"]).bounds, Path::new("/"));
    fs::create_dir_all(top.join("x/vendor/strata")).unwrap();
    fs::write(top.join("x/vendor/strata/lock.yaml"), "").unwrap();
    assert_eq!((places(&["x/a"]).root, places(&["x/a"]).bounds), (top.join("x"), "/".into()));
    fs::write(top.join("x/strata.yaml"), "").unwrap();
    assert_eq!((places(&["x/a"]).root, places(&["x/a"]).bounds), (top.join("x"), top.join("x")));
}

#[test]
fn a_folder_of_overlays_gives_every_overlay_below_it_in_order() {
    let fixture = Fixture::new(&[]);
    for folder in ["b/prod/eu", "b/prod", "a/uat", ".hidden/x", "target/x", "node_modules/x"] {
        fixture.write(&format!("overlays/{folder}/overlay.yaml"), OVERLAY);
    }
    let all = ["overlays/a/uat", "overlays/b/prod", "overlays/b/prod/eu"];
    assert_eq!(entry_paths(&fixture.load(&["overlays"]).clean()), all);
    assert_eq!(entry_paths(&fixture.load(&["."]).clean()), all);
    assert_eq!(entry_paths(&fixture.load(&["overlays/b/prod"]).clean()), ["overlays/b/prod"]);
    assert_eq!(
        entry_paths(&fixture.load(&["overlays/b", "overlays/b/prod", "./overlays/a"]).clean()),
        ["overlays/b/prod", "overlays/b/prod/eu", "./overlays/a/uat"]
    );
}

#[test]
fn a_project_within_a_project_is_built_by_itself() {
    let fixture = Fixture::new(&[("examples/shop/strata.yaml", ""), ("examples/shop/prod/overlay.yaml", OVERLAY)]);
    let (code, _, help) = fixture.load(&["."]).failed();
    assert_eq!(
        (code.as_str(), help.as_str()),
        ("nothing-to-build", "`examples/shop` is a project of its own: name it to build it")
    );
    let project = fixture.load(&["examples/shop"]).clean();
    assert_eq!(
        (entry_paths(&project), project.root),
        (vec!["examples/shop/prod".to_owned()], fixture.root().join("examples/shop"))
    );
}

#[test]
fn an_app_folder_and_a_file_are_entries_too() {
    let fixture = Fixture::new(&[("base/shop/app.yaml", APP), ("x/prod.yaml", &overlay("base: ../base/shop\n"))]);
    let project = fixture.load(&["base/shop", "x/prod.yaml"]).clean();
    assert_eq!(entry_paths(&project), ["base/shop", "x/prod.yaml"]);
    assert_eq!(project.inputs(&project.entries[0]).files.len(), 2);
    assert_eq!(project.inputs(&project.entries[1]).files.len(), 3);
}

#[test]
fn entries_that_cannot_be_built_say_why() {
    let fixture = Fixture::new(&[
        ("overlays/shop/prod/overlay.yaml", OVERLAY),
        ("yml/x/overlay.yml", OVERLAY),
        ("upper/App.yaml", APP),
        ("empty/README.md", ""),
        ("both/app.yaml", APP),
        ("both/overlay.yaml", OVERLAY),
        ("kustomize/kustomization.yaml", ""),
        ("kustomize/Kustomization", ""),
    ]);
    let failed = |entry: &str| {
        let (code, message, help) = fixture.load(&[entry]).failed();
        format!("[{code}] {message} ({help})")
    };
    assert_eq!(
        failed("overlays/shop/prdo"),
        "[file-not-found] `overlays/shop/prdo` does not exist: there is no `prdo` in `overlays/shop` (did you mean `prod`?)"
    );
    assert_eq!(
        failed("yml"),
        "[nothing-to-build] nothing to build in `yml`: it has no `overlay.yaml`, `app.yaml` or `kustomization.yaml`, \
         and there is no `overlay.yaml` below it (`yml/x/overlay.yml` is there: rename it to `overlay.yaml`)"
    );
    assert!(failed("upper").ends_with("(it holds `App.yaml`, which is not what is looked for)"));
    assert!(failed("empty").starts_with("[nothing-to-build]"));
    assert_eq!(
        failed("both"),
        "[ambiguous-folder] `both` holds `overlay.yaml` and `app.yaml` (name the file instead of the folder)"
    );
    assert_eq!(
        failed("kustomize"),
        "[ambiguous-folder] `kustomize` holds `kustomization.yaml` and `Kustomization` (keep one of them)"
    );
    assert_eq!(fixture.load(&[]).project.unwrap_err().diagnostic().code, "nothing-to-build");
    let other = Fixture::new(&[("app.yaml", APP)]);
    let other = other.root().display().to_string();
    assert!(fixture.load(&["both/app.yaml", &other]).failed().0 == "several-projects");
}

#[test]
fn missing_files_are_reported_where_they_are_named_with_near_misses() {
    let fixture =
        Fixture::new(&[("base/shop/app.yaml", APP), ("base/odd/App.yml", APP), ("base/c/component.yaml", COMPONENT)]);
    assert_eq!(
        third_line(&fixture, "base: ../../base/shpo"),
        "7 [file-not-found] `../../base/shpo` does not exist: there is no `shpo` in `base` (did you mean `shop`?)"
    );
    assert_eq!(
        third_line(&fixture, "base: ../../bsae/shop/x"),
        "7 [file-not-found] `../../bsae/shop/x` does not exist: there is no `bsae` in `.` (did you mean `base`?)"
    );
    assert_eq!(
        third_line(&fixture, "base: ../../base/odd"),
        "7 [file-not-found] `../../base/odd` is a folder without `overlay.yaml` or `app.yaml` \
         (it holds `App.yml`: rename it to `app.yaml`)"
    );
    assert_eq!(
        third_line(&fixture, "base: ../../base/c"),
        "7 [file-not-found] `../../base/c` is a folder without `overlay.yaml` or `app.yaml` \
         (it holds `component.yaml`, which belongs under `components`)"
    );
    assert_eq!(
        third_line(&fixture, "resources: [../../base/shop]"),
        "13 [ambiguous-folder] `../../base/shop` is no folder of resources: it holds `app.yaml` \
         (list the folder under `base`, or name the resource files one by one)"
    );
    assert_eq!(
        third_line(&fixture, "resources: [../../base]"),
        "13 [empty-folder] `../../base` is a folder without manifests \
         (put `*.yaml`, `*.yml` or `*.json` files into `base`)"
    );
    assert_eq!(
        third_line(&fixture, "templates: [../../base]"),
        "13 [not-a-regular-file] `../../base` is a folder (name a regular file)"
    );
}

#[test]
fn texts_that_are_no_local_path_are_refused_in_their_own_words() {
    let fixture = Fixture::new(&[("base/app.yaml", APP)]);
    let root = fixture.root().display().to_string();
    let code = |line: &str| {
        let line = third_line(&fixture, line);
        line[line.find('[').unwrap() + 1..line.find(']').unwrap()].to_owned()
    };
    assert_eq!(code("base: ''"), "empty-path");
    assert_eq!(code("base: https://github.com/acme/base"), "remote-reference");
    assert_eq!(code("base: github.com/acme/base?ref=v1"), "remote-reference");
    assert_eq!(code("base: ../../base/${{ values.app }}"), "interpolated-path");
    assert_eq!(code("patches: [{json6902: \"- op: add\\n  path: /x\\n\"}]"), "path-with-newline");
    assert_eq!(code(&format!("base: {root}/base")), "absolute-path");
    assert_eq!(code("base: \"a\\0b\""), "file-not-readable");
    assert_eq!(code(&format!("base: {}", "x".repeat(5000))), "file-not-readable");
}

#[test]
fn what_leaves_the_project_is_refused_whether_it_exists_or_not() {
    let fixture = Fixture::new(&[]);
    assert_eq!(
        third_line(&fixture, "resources: [../../../../../../../../../../etc/passwd]"),
        "13 [outside-project] `../../../../../../../../../../etc/passwd` leads to `/etc/passwd`, outside of the project \
         `ROOT` (copy it into the project; when the project begins further up, put a `strata.yaml` there)"
    );
    for outside in ["../../../nowhere-at-all", "/etc/passwd", "/nowhere-at-all"] {
        assert!(
            third_line(&fixture, &format!("resources: [{outside}]")).starts_with("13 [outside-project]"),
            "{outside}"
        );
    }
}

#[cfg(unix)]
#[test]
fn links_are_followed_inside_the_project_and_refused_when_they_leave_it() {
    let outside = tempfile::tempdir().unwrap();
    fs::write(outside.path().join("secret.yaml"), "a: b\n").unwrap();
    let fixture = Fixture::new(&[("shared/a.yaml", "kind: A\n")]);
    fixture.link("../../shared/a.yaml", "overlays/prod/inside.yaml");
    fixture.link(outside.path().join("secret.yaml"), "overlays/prod/file.yaml");
    fixture.link(outside.path(), "overlays/prod/folder");
    fixture.link("/nowhere-at-all", "overlays/prod/nowhere.yaml");
    fixture.link("gone.yaml", "overlays/prod/dangling.yaml");
    fixture.link("loop-b", "overlays/prod/loop-a");
    fixture.link("loop-a", "overlays/prod/loop-b");
    fixture.link(".", "overlays/prod/self");
    fixture.write("overlays/prod/overlay.yaml", overlay("resources: [inside.yaml, self/self/self/inside.yaml]\n"));
    let project = fixture.load(&["overlays/prod"]).clean();
    assert_eq!(read_paths(&project), ["overlays/prod/overlay.yaml", "strata.yaml", "shared/a.yaml"]);
    for refused in ["file.yaml", "folder/secret.yaml", "folder/nothing.yaml", "folder", "nowhere.yaml"] {
        let line = third_line(&fixture, &format!("resources: [{refused}]"));
        assert!(line.starts_with("13 [outside-project]"), "{line}");
    }
    assert_eq!(
        third_line(&fixture, "resources: [dangling.yaml]"),
        "13 [file-not-found] `dangling.yaml` is a symbolic link to `overlays/prod/gone.yaml`, which does not exist \
         (make the file, or let the link point to another one)"
    );
    assert!(third_line(&fixture, "resources: [loop-a]").starts_with("13 [file-not-readable]"));
}

#[cfg(unix)]
#[test]
fn a_link_cannot_move_the_root_nor_lead_an_entry_out() {
    let outside = Fixture::new(&[("overlay.yaml", OVERLAY)]);
    let fixture = Fixture::new(&[]);
    fixture.link(outside.root(), "overlays/out");
    for entry in ["overlays/out", "overlays/out/overlay.yaml", "overlays/out/nothing"] {
        assert_eq!(fixture.load(&[entry]).failed().0, "outside-project", "{entry}");
    }
    // The walk does not follow links to folders, so a link to a parent does not loop.
    fixture.link("..", "overlays/up");
    fixture.write("overlays/prod/overlay.yaml", OVERLAY);
    assert_eq!(entry_paths(&fixture.load(&["overlays"]).clean()), ["overlays/prod"]);
    // A link within the project, and a current folder reached by a link, are fine.
    fixture.link("prod", "overlays/alias");
    assert_eq!(entry_paths(&fixture.load(&["overlays/alias"]).clean()), ["overlays/alias"]);
    outside.link(fixture.root(), "here");
    let cwd = outside.root().join("here");
    assert_eq!(project_root(Path::new("overlays/prod"), &cwd), fixture.root());
    let project =
        super::load(&["overlays/prod".into()], &cwd, Options::default(), |_| false, &mut Diagnostics::default())
            .unwrap();
    assert_eq!(read_paths(&project), ["overlays/prod/overlay.yaml", "strata.yaml"]);
}

#[cfg(unix)]
#[test]
fn pipes_and_devices_are_refused_without_opening_them() {
    let fixture = Fixture::new(&[("x", "")]);
    fixture.link("/dev/zero", "overlays/prod/zero.yaml");
    assert!(third_line(&fixture, "resources: [zero.yaml]").starts_with("13 [outside-project]"));
    let socket = std::os::unix::net::UnixListener::bind(fixture.root().join("overlays/prod/socket.yaml"));
    if socket.is_ok() {
        assert_eq!(
            third_line(&fixture, "resources: [socket.yaml]"),
            "13 [not-a-regular-file] `socket.yaml` is a socket (name a regular file)"
        );
    }
    let pipe = fixture.root().join("overlays/prod/pipe.yaml");
    if !std::process::Command::new("mkfifo").arg(&pipe).status().is_ok_and(|status| status.success()) {
        return; // No `mkfifo` here, so there is no pipe to refuse.
    }
    assert_eq!(
        third_line(&fixture, "resources: [pipe.yaml]"),
        "13 [not-a-regular-file] `pipe.yaml` is a named pipe (name a regular file)"
    );
    assert_eq!(fixture.load(&["overlays/prod/pipe.yaml"]).failed().0, "not-a-regular-file");
    assert_eq!(disk::read(&pipe, 10), Err(disk::Refusal::NotRegular("a named pipe")));
    assert_eq!(disk::read(Path::new("/dev/zero"), 10), Err(disk::Refusal::NotRegular("a device")));
}

#[cfg(unix)]
#[test]
fn a_file_without_read_permission_is_reported_where_it_is_named() {
    use std::os::unix::fs::PermissionsExt;
    let fixture = Fixture::new(&[("overlays/prod/r.yaml", "kind: R\n")]);
    let path = fixture.root().join("overlays/prod/r.yaml");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o000)).unwrap();
    if fs::read(&path).is_ok() {
        return; // Whoever runs the test may read everything.
    }
    assert_eq!(
        third_line(&fixture, "resources: [r.yaml]"),
        "13 [file-not-readable] `overlays/prod/r.yaml` cannot be read: permission denied (os error 13) \
         (look at `overlays/prod/r.yaml` and its permissions)"
    );
}

#[test]
fn sizes_are_limited_for_one_file_and_for_all() {
    let fixture = Fixture::new(&[("overlays/prod/r.yaml", &"# 345678\n".repeat(100))]);
    fixture.write("overlays/prod/overlay.yaml", overlay("resources: [r.yaml]\n"));
    let within = |file, total| fixture.load_within(Limits { file, total, ..LIMITS }, &["overlays/prod"]);
    assert_eq!(
        within(500, 5000).lines(),
        [
            "overlays/prod/overlay.yaml:3:13 [file-too-large] `r.yaml` is larger than 500 bytes (split it into several files)"
        ]
    );
    assert_eq!(within(20, 5000).codes(), ["file-too-large"], "an entry that is too large has no place");
    assert_eq!(within(1000, 900).failed().0, "project-too-large");
    let path = fixture.root().join("overlays/prod/r.yaml");
    assert_eq!(disk::read(&path, 899), Err(disk::Refusal::TooLarge(899)), "and checked again while reading");
    assert_eq!(disk::read(&path, 900).unwrap().len(), 900);
}

#[test]
fn api_version_and_kind_decide_and_are_checked() {
    let check = |text: &str| {
        let fixture = Fixture::new(&[("overlay.yaml", text)]);
        fixture.load(&["."]).lines()
    };
    let rest = "; expected an app, overlay or component (list resources under `resources` of an overlay; \
                its own version is `strata.dev/v1alpha1`)";
    assert_eq!(
        check("kind: Overlay\n"),
        ["overlay.yaml:1:1 [missing-field] `apiVersion` is missing (add `apiVersion: strata.dev/v1alpha1`)"]
    );
    assert_eq!(
        check("apiversion: strata.dev/v1alpha1\nkind: Overlay\n"),
        ["overlay.yaml:1:1 [missing-field] `apiVersion` is missing (did you mean `apiVersion`?)"]
    );
    assert_eq!(
        check("apiVersion: strata.dev/v1\nkind: Overlay\n"),
        [
            "overlay.yaml:1:13 [unknown-api-version] `strata.dev/v1` is no known version (did you mean `strata.dev/v1alpha1`?)"
        ]
    );
    assert_eq!(
        check("apiVersion: apps/v1\nkind: Deployment\n"),
        [format!("overlay.yaml:1:13 [unknown-api-version] `apps/v1` is the version of a Kubernetes resource{rest}")]
    );
    assert_eq!(
        check("apiVersion: strata.dev/v1alpha1\nkind: overlay\n"),
        ["overlay.yaml:2:7 [unknown-kind] `overlay` is no kind of `strata.dev/v1alpha1` (did you mean `Overlay`?)"]
    );
    assert_eq!(check("- a\n").len(), 1);
    assert_eq!(
        check(COMPONENT),
        ["overlay.yaml:2:7 [wrong-kind] a component is not built by itself \
          (build an overlay that lists it under `components`)"]
    );
    assert_eq!(check("x: 1\n").len(), 2, "both are missing");
}

#[test]
fn base_and_components_take_the_kinds_that_they_are_for() {
    let fixture = Fixture::new(&[("base/app.yaml", APP), ("c/component.yaml", COMPONENT)]);
    assert_eq!(
        third_line(&fixture, "base: ../../c/component.yaml"),
        "7 [wrong-kind] `base` takes an App or an Overlay, and `../../c/component.yaml` is of kind `Component` \
         (list it under `components`)"
    );
    assert_eq!(
        third_line(&fixture, "components: [../../base/app.yaml]"),
        "14 [wrong-kind] `components` takes a Component, and `../../base/app.yaml` is of kind `App` \
         (list it under `base`)"
    );
}

#[test]
fn empty_files_and_second_documents_are_reported() {
    for text in ["", "# only a comment\n", "---\n", "\n\n"] {
        let fixture = Fixture::new(&[("overlay.yaml", text)]);
        assert_eq!(fixture.load(&["."]).codes(), ["empty-file"], "{text:?}");
    }
    let fixture = Fixture::new(&[("overlay.yaml", &format!("{OVERLAY}---\n{APP}"))]);
    assert!(fixture.load(&["."]).lines()[0].starts_with("overlay.yaml:4:1 [several-documents]"));
    fixture.write("overlay.yaml", format!("---\n---\n{OVERLAY}---\n# nothing\n"));
    fixture.load(&["."]).clean();
    fixture.write("strata.yaml", "# nothing\n");
    fixture.write("overlay.yaml", overlay("resources: [r.yaml]\npatches: [{merge: p.yaml}]\n"));
    fixture.write("r.yaml", "# later\n");
    fixture.write("p.yaml", "");
    let loaded = fixture.load(&["."]);
    assert_eq!(loaded.codes(), ["empty-file", "empty-file"]);
    let levels: Vec<_> = loaded.diagnostics.iter().map(|d| d.level).collect();
    assert_eq!(levels, [Level::Error, Level::Warning], "a patch must be there, resources may follow");
}

#[test]
fn bytes_that_are_no_text_are_reported_at_their_place_and_kept_for_config_maps() {
    let fixture = Fixture::new(&[(
        "overlay.yaml",
        &overlay("app: {config: {c: {logo.png: {file: logo.png}}}}\ntemplates: [t.j2]\n"),
    )]);
    fixture.write("logo.png", b"\x89PNG\xff");
    fixture.write("t.j2", b"ok\n\xff");
    let loaded = fixture.load(&["."]);
    assert!(loaded.lines()[0].starts_with("t.j2:2:1 [not-utf8]"), "{:?}", loaded.lines());
    let project = loaded.project.unwrap();
    let from = project.get(project.entries[0].file.unwrap()).start();
    let logo = project.file(from, "logo.png", Role::Text).unwrap();
    assert!(matches!(&logo.content, Content::Bytes(bytes) if bytes == b"\x89PNG\xff"));
}

#[test]
fn a_cycle_of_bases_is_shown_whole_with_every_place() {
    let fixture = Fixture::new(&[
        ("a/overlay.yaml", &overlay("base: ../b\n")),
        ("b/overlay.yaml", &overlay("base: [../c]\n")),
        ("c/overlay.yaml", &overlay("base: ../a/overlay.yaml\n")),
        ("d/overlay.yaml", &overlay("base: .\n")),
    ]);
    let way = "[base-cycle] a layer is its own base: `a/overlay.yaml` -> `b/overlay.yaml` -> `c/overlay.yaml` -> `a/overlay.yaml`";
    for entries in [&["a"][..], &["c", "b", "a"], &["."]] {
        let loaded = fixture.load(entries);
        assert!(loaded.lines()[0].starts_with(&format!("a/overlay.yaml:3:7 {way}")), "{:?}", loaded.lines());
        assert_eq!(loaded.diagnostics.iter().next().unwrap().related.len(), 2);
    }
    // However it is entered, it begins with the file that was read first.
    assert!(fixture.load(&["b"]).lines()[0].starts_with("b/overlay.yaml:3:8 [base-cycle]"));
    assert_eq!(fixture.load(&["d"]).codes(), ["base-cycle"]);
}

#[test]
fn a_diamond_is_no_cycle_and_its_base_is_read_once() {
    let fixture = Fixture::new(&[
        ("base/app.yaml", APP),
        ("left/overlay.yaml", &overlay("base: ../base\n")),
        ("right/overlay.yaml", &overlay("base: ../base/app.yaml\n")),
        ("top/overlay.yaml", &overlay("base: [../left, ../right]\n")),
    ]);
    let project = fixture.load(&["top"]).clean();
    let read = ["strata.yaml", "top/overlay.yaml", "left/overlay.yaml", "right/overlay.yaml", "base/app.yaml"];
    assert_eq!(read_paths(&project), read);
}

#[test]
fn a_base_that_a_thousand_overlays_share_is_read_once() {
    let fixture = Fixture::new(&[("base/shop/app.yaml", APP)]);
    for index in 0..1000 {
        fixture.write(&format!("overlays/o{index}/overlay.yaml"), overlay("base: ../../base/shop\n"));
    }
    let project = fixture.load(&["overlays"]).clean();
    assert_eq!(
        (project.entries.len(), project.files().count(), project.sources().own().iter().count()),
        (1000, 1002, 1002)
    );
    for entry in &project.entries {
        assert_eq!(project.inputs(entry).files.len(), 3);
    }
}

#[test]
fn a_chain_of_thousands_needs_no_stack() {
    let fixture = Fixture::new(&[("o0/app.yaml", APP)]);
    for index in 1..=3000 {
        fixture.write(&format!("o{index}/overlay.yaml"), overlay(&format!("base: ../o{}\n", index - 1)));
    }
    let project = fixture.load(&["o3000"]).clean();
    assert_eq!(project.inputs(&project.entries[0]).files.len(), 3002);
}

#[test]
fn positions_do_not_depend_on_the_order_of_entries_or_on_threads() {
    let fixture = Fixture::new(&[("base/app.yaml", APP)]);
    let mut names = Vec::new();
    for index in (0..40).rev() {
        let broken = if index % 7 == 0 { "resources: [gone.yaml]\n" } else { "" };
        fixture.write(&format!("o/{index}/overlay.yaml"), overlay(&format!("base: ../../base\n{broken}")));
        names.push(format!("o/{index}"));
    }
    let read = |names: &[String]| {
        let names: Vec<_> = names.iter().map(String::as_str).collect();
        let loaded = fixture.load(&names);
        let sources: Vec<_> =
            loaded.project.as_ref().unwrap().sources().own().iter().map(|s| (s.base, s.canonical.clone())).collect();
        (sources, loaded.lines())
    };
    let first = read(&names);
    assert_eq!(first.1.len(), 6);
    names.reverse();
    assert_eq!(read(&names), first);
    names.rotate_left(13);
    assert_eq!(read(&names), first);
}

#[test]
fn a_position_leads_to_the_file_that_holds_it() {
    let fixture = Fixture::new(&[("base/app.yaml", APP), ("overlay.yaml", &overlay("base: base\n"))]);
    let mut project = fixture.load(&["."]).clean();
    for (id, file) in project.files() {
        assert_eq!(project.holder(file.base), Some(id));
        assert_eq!(project.holder(file.base + project.text(file).len() as u32), Some(id));
    }
    let base = project.sources_mut().add("t".into(), "/t".into(), "output".into()).unwrap();
    assert_eq!(project.holder(base), None, "a template's output is no file");
    assert!(project.file(Origin::source(base), "base", Role::Base).is_none());
}

#[test]
fn syntax_errors_stop_one_file_and_not_the_others() {
    let fixture = Fixture::new(&[
        ("a/overlay.yaml", "a: [\n"),
        ("b/overlay.yaml", &overlay("base: ../gone\n")),
        ("strata.yaml", "edition: [\n"),
    ]);
    let mut codes = fixture.load(&["."]).codes();
    codes.sort_unstable();
    assert_eq!(codes, ["file-not-found", "yaml-syntax", "yaml-syntax"]);
}

#[cfg(unix)]
#[test]
fn no_written_path_reads_outside_of_the_project() {
    use proptest::prelude::*;
    let fixture = Fixture::new(&[("a/a/a", "a: a\n"), ("a/overlay.yaml", OVERLAY), ("é/x.yaml", "x: x\n")]);
    fixture.link("../..", "a/up");
    fixture.link("/", "a/top");
    fixture.link("a", "a/a/self");
    let root = fixture.root();
    let places = path::Places::new(root.clone(), root.clone(), &root, Files::Disk);
    let part = prop::sample::select(vec![
        "..", ".", "a", "up", "top", "self", "", "tmp", "etc", "é", "passwd", "\0", "\\", "~",
    ]);
    let written = prop::collection::vec(part, 0..8).prop_map(|parts| parts.join("/"));
    let role = prop::sample::select(vec![Role::Base, Role::Component, Role::Resource, Role::Text]);
    proptest!(|(written in written, role in role)| {
        let reference = Reference { text: written.as_str().into(), origin: Origin::source(0), role };
        let mut lookups = lookup::Lookups::new(&places, 1 << 20);
        if let Ok(targets) = lookups.targets(&root.join("a"), &reference, lookup::Policy::Model) {
            for file in targets.files {
                prop_assert!(file.canonical.starts_with(&root), "{written} leads to {}", file.canonical.display());
            }
        }
    });
}

#[test]
fn what_the_reader_refuses_is_reported_in_the_file_that_holds_it() {
    let cases: [(&str, &[u8]); 7] = [
        ("utf-16", b"\xff\xfea\0"),
        ("nul", b"a: b\0\n"),
        ("tab", b"a:\n\tb: c\n"),
        ("unclosed quote", b"a: \"b\n"),
        ("duplicate key", b"a: 1\na: 2\n"),
        ("yaml 1.1 boolean", b"a: on\n"),
        ("nesting", &[b'['; 20_000]),
    ];
    for (name, bytes) in cases {
        let fixture = Fixture::new(&[("good/overlay.yaml", OVERLAY)]);
        fixture.write("bad/overlay.yaml", [OVERLAY.as_bytes(), bytes].concat());
        let loaded = fixture.load(&["."]);
        assert!(loaded.diagnostics.has_errors(), "{name}");
        for line in loaded.lines() {
            assert!(line.starts_with("bad/overlay.yaml:"), "{name}: {line}");
        }
        assert_eq!(loaded.project.unwrap().entries.len(), 2, "{name}");
    }
    let fixture = Fixture::new(&[("overlay.yaml", &format!("\u{feff}{OVERLAY}"))]);
    fixture.load(&["."]).clean();
}
