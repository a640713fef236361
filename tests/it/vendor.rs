//! Remote bases and files: fetched by the installed git and curl from this machine, kept with a
//! lock file, and read by a build that starts no program.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::fixture::Project;

mod readings;
mod runs;

/// Whether a program is installed; says so where it is not.
fn is_installed(program: &str) -> bool {
    let found = Command::new(program).arg("--version").output().is_ok();
    if !found {
        let _ = writeln!(std::io::stderr(), "skipped: `{program}` is not installed");
    }
    found
}

fn git(folder: &Path, args: &[&str]) -> String {
    let mut command = Command::new("git");
    command.args(["-c", "protocol.file.allow=always", "-c", "user.name=a", "-c", "user.email=a@b.example"]);
    command.args(args).current_dir(folder).env("GIT_CONFIG_GLOBAL", "/dev/null");
    for name in ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"] {
        command.env_remove(name);
    }
    let output = command.output().unwrap();
    assert!(output.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

fn config_map(name: &str) -> String {
    format!("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {name}\n")
}

/// A repository with a base, in a project of its own.
struct Repository(Project);

impl Repository {
    fn new() -> Self {
        let project = Project::new(&[
            ("base/kustomization.yaml", "resources: [../more, cm.yaml]\n"),
            ("base/cm.yaml", &config_map("base")),
            ("more/kustomization.yaml", "resources: [cm.yaml]\n"),
            ("more/cm.yaml", &config_map("more")),
        ]);
        git(project.path(), &["init", "-q", "-b", "main", "."]);
        let repository = Self(project);
        repository.commit("one");
        git(repository.path(), &["tag", "v1"]);
        repository
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn commit(&self, message: &str) -> String {
        git(self.path(), &["add", "--all"]);
        git(self.path(), &["commit", "-q", "-m", message]);
        git(self.path(), &["rev-parse", "HEAD"])
    }

    fn commit_of(&self, name: &str) -> String {
        git(self.path(), &["rev-parse", name])
    }

    fn url(&self) -> String {
        format!("file://{}", self.path().canonicalize().unwrap().display())
    }
}

/// A project whose kustomization `over` names these resources.
fn project(resources: &[&str]) -> Project {
    let list: String = resources.iter().map(|resource| format!("- {resource}\n")).collect();
    let project = Project::new(&[("over/kustomization.yaml", &format!("resources:\n{list}"))]);
    std::fs::create_dir(project.path().join(".git")).unwrap();
    project
}

struct Ran {
    ok: bool,
    out: String,
    err: String,
}

/// Runs the real binary, for it alone starts programs.
fn strata(project: &Project, args: &[&str]) -> Ran {
    strata_with(project, Path::new("/dev/null"), args)
}

/// As [`strata`], for a user with this configuration of git.
fn strata_with(project: &Project, config: &Path, args: &[&str]) -> Ran {
    let mut command = Command::new(env!("CARGO_BIN_EXE_strata"));
    command.args(args).current_dir(project.path()).env("GIT_CONFIG_GLOBAL", config);
    // What a git hook that runs a build would set: the user's repository must not be touched.
    command.env("GIT_DIR", "/nowhere/.git").env("GIT_WORK_TREE", "/nowhere");
    let Output { status, stdout, stderr } = command.output().unwrap();
    let (out, err) = (String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap());
    assert!(matches!(status.code(), Some(0 | 2)), "{err}");
    assert!(status.success() || out.is_empty(), "{out}");
    Ran { ok: status.success(), out, err }
}

#[track_caller]
fn refused(ran: &Ran, parts: &[&str]) {
    assert!(!ran.ok, "{}{}", ran.out, ran.err);
    parts.iter().for_each(|part| assert!(ran.err.contains(part), "`{part}` is not in\n{}", ran.err));
}

fn lock(project: &Project) -> String {
    project.read("vendor/strata/lock.yaml")
}

fn tree(project: &Project) -> PathBuf {
    let folders = std::fs::read_dir(project.path().join("vendor/strata")).unwrap();
    let mut found: Vec<PathBuf> = folders.map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()).collect();
    assert_eq!(found.len(), 1, "{found:?}");
    found.remove(0)
}

#[test]
fn a_remote_base_is_vendored_once_and_built_without_git() {
    if !is_installed("git") {
        return;
    }
    let repository = Repository::new();
    let project = project(&[&format!("{}//base?ref=v1", repository.url())]);
    refused(
        &strata(&project, &["build", "over"]),
        &["error[not-vendored]", "over/kustomization.yaml:2:3", "run `strata vendor`"],
    );
    let ran = strata(&project, &["vendor"]);
    assert!(ran.ok && ran.out.is_empty() && ran.err.starts_with("fetched file:///"), "{}", ran.err);
    let ran = project.strata(&["build", "over"]);
    assert_eq!(ran.err, "", "nothing to say");
    assert_eq!(ran.out, format!("{}---\n{}", config_map("base"), config_map("more")));
    let before = lock(&project);
    assert!(before.contains("ref: v1\n") && !tree(&project).join(".git").exists(), "{before}");
    // A second run has nothing to do.
    let ran = strata(&project, &["vendor", "over"]);
    assert_eq!((ran.ok, ran.err.as_str(), lock(&project)), (true, "", before));
}

#[test]
fn fetch_does_it_in_one_go() {
    if !is_installed("git") {
        return;
    }
    let repository = Repository::new();
    let project = project(&[&format!("{}//more", repository.url())]);
    let ran = strata(&project, &["build", "over", "--fetch"]);
    assert_eq!((ran.ok, ran.out), (true, config_map("more")), "{}", ran.err);
    assert_eq!(strata(&project, &["build", "over", "--fetch"]).err, "");
}

#[test]
fn the_lock_file_keeps_the_commit_until_an_update() {
    if !is_installed("git") {
        return;
    }
    let repository = Repository::new();
    let old = git(repository.path(), &["rev-parse", "HEAD"]);
    let project = project(&[&format!("{}//more?ref=main", repository.url())]);
    assert!(strata(&project, &["vendor"]).ok);
    let before = lock(&project);
    assert!(before.contains(&old));
    repository.0.write("more/cm.yaml", config_map("changed"));
    let new = repository.commit("two");
    std::fs::remove_dir_all(tree(&project)).unwrap();
    let ran = strata(&project, &["vendor"]);
    assert!(ran.ok, "{}", ran.err);
    assert_eq!((lock(&project), strata(&project, &["build", "over"]).out), (before, config_map("more")));
    assert!(strata(&project, &["vendor", "--update"]).ok);
    assert!(lock(&project).contains(&new));
    assert_eq!(strata(&project, &["build", "over"]).out, config_map("changed"));
}

#[test]
fn a_tree_that_was_changed_is_refused() {
    if !is_installed("git") {
        return;
    }
    let repository = Repository::new();
    let project = project(&[&format!("{}//base", repository.url())]);
    assert!(strata(&project, &["vendor"]).ok);
    let tree = tree(&project);
    let changes: [&dyn Fn(); 3] = [
        &|| std::fs::write(tree.join("more/cm.yaml"), config_map("evil")).unwrap(),
        &|| std::fs::write(tree.join("added.yaml"), "").unwrap(),
        &|| std::fs::remove_file(tree.join("base/cm.yaml")).unwrap(),
    ];
    for change in changes {
        change();
        let ran = project.strata(&["build", "over"]);
        assert!(ran.out.is_empty(), "{}", ran.out);
        assert!(ran.err.contains("error[vendored-tree-changed]: `vendor/strata/"), "{}", ran.err);
        assert!(ran.err.contains("--> over/kustomization.yaml:2:3\n"), "{}", ran.err);
        std::fs::remove_dir_all(&tree).unwrap();
        assert!(strata(&project, &["vendor"]).ok);
        assert!(strata(&project, &["build", "over"]).ok);
    }
}

#[test]
fn submodules_and_repositories_that_name_repositories_come_along() {
    if !is_installed("git") {
        return;
    }
    let (inner, outer) = (Repository::new(), Repository::new());
    git(outer.path(), &["submodule", "--quiet", "add", &inner.url(), "sub"]);
    let resources = format!("resources: [../sub/more, '{}//base?ref=v1']\nnamePrefix: x-\n", inner.url());
    outer.0.write("base/kustomization.yaml", resources);
    outer.0.write("sub/more/cm.yaml", config_map("never-committed"));
    outer.commit("two");
    let project = project(&[&format!("{}//base", outer.url())]);
    let ran = strata(&project, &["vendor"]);
    assert!(ran.ok, "{}", ran.err);
    // The base lists `more` twice now, once of each.
    refused(&strata(&project, &["build", "over"]), &["error[duplicate-resource]", "vendor/strata/"]);
    project.write("over/kustomization.yaml", format!("resources: ['{}//sub/base']\n", outer.url()));
    assert!(strata(&project, &["build", "over"]).out.contains("name: base\n"));
    project.write("over/kustomization.yaml", format!("resources: ['{}//sub/base?submodules=false']\n", outer.url()));
    let ran = strata(&project, &["build", "over", "--fetch"]);
    refused(&ran, &["fetched file:///", "error[file-not-found]", "over/kustomization.yaml:1:13"]);
}

#[cfg(unix)]
#[test]
fn what_was_fetched_reads_nothing_outside_of_its_tree() {
    if !is_installed("git") {
        return;
    }
    let repository = Repository::new();
    let secret = Project::new(&[("kustomization.yaml", ""), ("secret.yaml", &config_map("secret"))]);
    let link = |target: PathBuf, name: &str| std::os::unix::fs::symlink(target, repository.path().join(name)).unwrap();
    link(secret.path().join("secret.yaml"), "base/secret.yaml");
    link(secret.path().into(), "folder");
    link("../more/cm.yaml".into(), "base/inside.yaml");
    let up = "../".repeat(30) + secret.path().to_str().unwrap().trim_start_matches('/');
    for (resource, code) in [
        ("secret.yaml".to_owned(), "outside-project"),
        ("../folder".to_owned(), "outside-project"),
        (up.clone(), "outside-project"),
        (format!("{up}/secret.yaml"), "outside-project"),
        ("inside.yaml".to_owned(), "outside-kustomization"),
    ] {
        repository.0.write("base/kustomization.yaml", format!("resources: ['{resource}']\n"));
        repository.commit(&resource);
        let project = project(&[&format!("{}//base", repository.url())]);
        // What can be fetched is fetched; what cannot be read is said.
        let ran = strata(&project, &["vendor"]);
        refused(&ran, &[code, "vendor/strata/"]);
        for flags in [&["build", "over"][..], &["build", "over", "--load-restrictor", "LoadRestrictionsNone"]] {
            refused(&strata(&project, flags), &[&format!("error[{code}]"), "/base/kustomization.yaml:1:13"]);
        }
    }
}

#[test]
fn a_typed_overlay_stands_on_what_was_fetched_and_one_that_was_fetched_stays_in_its_tree() {
    if !is_installed("git") {
        return;
    }
    let repository = Repository::new();
    let head = "apiVersion: strata.dev/v1alpha1\nkind: Overlay\n";
    repository.0.write("typed/overlay.yaml", format!("{head}resources: [../../../../secret.yaml]\n"));
    repository.commit("two");
    let project = project(&[&format!("{}//more", repository.url())]);
    project.write("strata.yaml", "");
    project.write("secret.yaml", config_map("secret"));
    project.write("o/overlay.yaml", format!("{head}base: ../over\nnamespace: ns\n"));
    let ran = strata(&project, &["build", "o", "--fetch"]);
    assert!(ran.ok && ran.out.contains("name: more\n  namespace: ns\n"), "{}{}", ran.out, ran.err);
    project.write("over/kustomization.yaml", format!("resources: ['{}//typed']\n", repository.url()));
    refused(&strata(&project, &["build", "over"]), &["error[outside-project]", "/typed/overlay.yaml:3:13"]);
}

#[test]
fn a_repository_that_is_not_there_a_reference_and_a_folder() {
    if !is_installed("git") {
        return;
    }
    let repository = Repository::new();
    let url = repository.url();
    let missing = format!("{url}-not//base");
    refused(
        &strata(&project(&[&missing]), &["vendor"]),
        &["error[fetch-failed]", "over/kustomization.yaml:2:3", "`git fetch` says: fatal: "],
    );
    refused(&strata(&project(&[&format!("{url}//base?ref=nothing")]), &["vendor"]), &["error[fetch-failed]"]);
    refused(&strata(&project(&[&format!("{url}//nothing")]), &["vendor"]), &["error[file-not-found]"]);
    refused(&strata(&project(&[&format!("{url}//base/cm.yaml")]), &["vendor"]), &["error[wrong-kind]"]);
    let injected = format!("{url}//base?ref=--upload-pack=touch%20{}/x", repository.path().display());
    refused(&strata(&project(&[&injected]), &["build", "over", "--fetch"]), &["error[invalid-remote]"]);
    assert!(!repository.path().join("x").exists());
}

#[test]
fn what_nothing_names_is_pruned_on_request() {
    if !is_installed("git") {
        return;
    }
    let repository = Repository::new();
    let project = project(&[&format!("{}//base?ref=v1", repository.url())]);
    assert!(strata(&project, &["vendor"]).ok);
    project.write("over/kustomization.yaml", format!("resources: ['{}//base?ref=main']\n", repository.url()));
    assert!(strata(&project, &["vendor"]).ok);
    assert_eq!(lock(&project).matches("sha256: ").count(), 2);
    let ran = strata(&project, &["vendor", "--prune"]);
    assert!(ran.ok && ran.err.starts_with("removed vendor/strata/"), "{}", ran.err);
    assert_eq!(lock(&project).matches("sha256: ").count(), 1);
    let _ = tree(&project);
}

#[test]
fn a_lock_file_of_somebody_else_leads_nowhere() {
    let project = project(&["https://github.com/org/repo//base?ref=v1"]);
    for text in ["[", "version: 2\n", "version: 1\nentries: {../../x: {key: a, url: b, sha256: c}}\n"] {
        project.write("vendor/strata/lock.yaml", text);
        let refusal = project.refusal_of(&["build", "over"]);
        assert!(
            refusal.contains("error[invalid-lock]") && refusal.contains("over/kustomization.yaml:2:3"),
            "{refusal}"
        );
    }
}

#[test]
fn credentials_in_urls_are_never_shown() {
    let project = project(&["https://bob:t0ps3cret@host.invalid/org/repo//base?ref=v1"]);
    for args in [&["build", "over"][..], &["build", "over", "--message-format", "json"], &["vendor"]] {
        let refusal = project.refusal_of(args);
        assert!(!refusal.contains("t0ps3cret") && !refusal.contains("bob"), "{refusal}");
        assert!(refusal.contains("https://host.invalid/org/repo"), "{refusal}");
    }
}

#[test]
fn a_build_with_fetch_says_when_git_is_missing() {
    let project = project(&["https://host.invalid/org/repo//base?ref=v1"]);
    let refusal = project.refusal_of(&["build", "over", "--fetch"]);
    assert!(refusal.contains("error[fetch-failed]") && refusal.contains("`git` is not installed"), "{refusal}");
    project.write("over/kustomization.yaml", "resources: ['https://host.invalid/a.yaml']\n");
    assert!(project.refusal_of(&["vendor"]).contains("`curl` is not installed"));
}

/// Serves the files below `folder` on this machine until the process ends; the address.
fn serve(folder: PathBuf) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || listener.incoming().for_each(|stream| drop(answer(stream.unwrap(), &folder))));
    format!("http://{address}")
}

fn answer(mut stream: TcpStream, folder: &Path) -> std::io::Result<()> {
    let mut request = Vec::new();
    let mut buffer = [0; 4096];
    while !request.windows(4).any(|end| end == b"\r\n\r\n") {
        match stream.read(&mut buffer)? {
            0 => return Ok(()),
            count => request.extend_from_slice(&buffer[..count]),
        }
    }
    let request = String::from_utf8_lossy(&request).into_owned();
    let path = request.split_whitespace().nth(1).unwrap_or("/").split('?').next().unwrap_or("/");
    let (status, body) = match std::fs::read(folder.join(path.trim_start_matches('/'))) {
        Ok(body) => ("200 OK", body),
        Err(_) => ("404 Not Found", Vec::new()),
    };
    let head = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
    stream.write_all(head.as_bytes())?;
    stream.write_all(&body)
}

#[test]
fn a_repository_behind_a_plain_web_server() {
    if !is_installed("git") {
        return;
    }
    let repository = Repository::new();
    git(repository.path(), &["update-server-info"]);
    let address = serve(repository.path().to_path_buf());
    let project = project(&[&format!("{address}/.git//base?ref=v1")]);
    let ran = strata(&project, &["build", "over", "--fetch"]);
    assert_eq!((ran.ok, ran.out), (true, format!("{}---\n{}", config_map("base"), config_map("more"))), "{}", ran.err);
}

#[test]
fn a_submodule_may_not_name_files_of_this_machine_when_its_repository_is_elsewhere() {
    if !is_installed("git") {
        return;
    }
    let (inner, outer) = (Repository::new(), Repository::new());
    git(outer.path(), &["submodule", "--quiet", "add", &inner.url(), "sub"]);
    outer.commit("two");
    git(outer.path(), &["update-server-info"]);
    let address = serve(outer.path().to_path_buf());
    let ran = strata(&project(&[&format!("{address}/.git//base")]), &["vendor"]);
    refused(&ran, &["error[fetch-failed]", "`git submodule` says: ", "transport 'file' not allowed"]);
}

#[cfg(unix)]
#[test]
fn a_program_that_hangs_is_stopped() {
    use std::os::unix::fs::PermissionsExt;
    let slow = Project::new(&[("git", "#!/bin/sh\nsleep 20\n")]);
    std::fs::set_permissions(slow.path().join("git"), std::fs::Permissions::from_mode(0o755)).unwrap();
    let project = project(&["https://host.invalid/org/repo//base?timeout=1"]);
    let path = format!("{}:/usr/bin:/bin", slow.path().display());
    let begin = std::time::Instant::now();
    let mut command = Command::new(env!("CARGO_BIN_EXE_strata"));
    let output = command.arg("vendor").current_dir(project.path()).env("PATH", path).output().unwrap();
    let err = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.code() == Some(2) && err.contains("`git init` took longer than 1 s"), "{err}");
    assert!(begin.elapsed().as_secs() < 15, "it was waited for");
}

#[test]
fn files_behind_urls_are_kept_as_well() {
    if !is_installed("curl") {
        return;
    }
    let server = Project::new(&[
        ("a/b/cm.yaml", &config_map("served")),
        ("patch.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: served\ndata:\n  a: patched\n"),
    ]);
    let address = serve(server.path().to_path_buf());
    let project = project(&[&format!("{address}/a/b/cm.yaml?token=t0ps3cret")]);
    let patched = project.read("over/kustomization.yaml") + &format!("patches: [path: '{address}/patch.yaml']\n");
    project.write("over/kustomization.yaml", patched);
    let ran = strata(&project, &["build", "over", "--fetch"]);
    let expected = "apiVersion: v1\ndata:\n  a: patched\nkind: ConfigMap\nmetadata:\n  name: served\n";
    assert_eq!((ran.ok, ran.out.as_str()), (true, expected), "{}", ran.err);
    assert!(!lock(&project).contains("t0ps3cret") && !ran.err.contains("t0ps3cret"));
    // A file that changed since is not taken in silence.
    server.write("patch.yaml", "changed: true\n");
    for folder in std::fs::read_dir(project.path().join("vendor/strata")).unwrap() {
        let _ = std::fs::remove_dir_all(folder.unwrap().path());
    }
    refused(&strata(&project, &["vendor"]), &["error[fetch-failed]", "the lock file says", "kustomization.yaml:3:17"]);
    let missing = format!("resources: ['{address}/nothing.yaml']\n");
    project.write("over/kustomization.yaml", missing);
    refused(&strata(&project, &["vendor"]), &["error[fetch-failed]", "`curl` says: ", "404"]);
}

#[test]
fn a_url_is_built_from_what_was_fetched_for_it() {
    if !is_installed("git") {
        return;
    }
    let repository = Repository::new();
    let project = project(&[]);
    let url = format!("{}//base?ref=v1", repository.url());
    refused(&strata(&project, &["build", &url]), &["error[not-vendored]", "run `strata vendor` with this URL"]);
    let ran = strata(&project, &["build", "--fetch", &url]);
    assert!(ran.ok && ran.err.starts_with("fetched file:///"), "{}", ran.err);
    assert_eq!(ran.out, format!("{}---\n{}", config_map("base"), config_map("more")));
    let ran = project.strata(&["build", &url]);
    assert_eq!((ran.code, ran.err.as_str()), (strata::cli::ExitCode::Fine, ""));
    std::fs::write(tree(&project).join("base/cm.yaml"), config_map("changed")).unwrap();
    refused(&strata(&project, &["build", &url]), &["error[vendored-tree-changed]"]);
    refused(&strata(&project, &["build", &url.replace("base", "nowhere")]), &["error["]);
}
