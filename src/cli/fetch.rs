//! Fetching what kustomizations name elsewhere: repositories by the installed git, files by the
//! installed curl. What comes is data of strangers: neither program may ask questions, run hooks,
//! or speak protocols beyond the one that the user wrote.

use std::ffi::OsString;
use std::path::Path;
use std::time::Duration;

use super::Env;
use super::program::{Finished, Program};
use crate::diagnostic::near_miss;
use crate::remote::{FileUrl, Repository};

/// The time that one call of git or curl may take, where a URL says none.
const TIMEOUT: Duration = Duration::from_secs(120);
/// The most bytes of one file.
const FILE_LIMIT: u64 = 64 << 20;

/// The protocols beside https and ssh that a URL, or the mirror that a user configures, may have.
const MORE: [&str; 3] = ["http", "file", "git"];

/// Variables that would lead git to a repository of the user's: a hook that runs a build sets
/// them. Configuration for credentials stays.
const FORGOTTEN: [&str; 9] = [
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_COMMON_DIR",
    "GIT_NAMESPACE",
    "GIT_PREFIX",
    "GIT_CONFIG",
];

/// Settings under which a checkout has the same bytes everywhere, and nothing of the user's runs.
const SETTINGS: [&str; 8] = [
    "core.autocrlf=false",
    "core.eol=lf",
    "core.symlinks=true",
    "core.attributesFile=/dev/null",
    "core.hooksPath=/dev/null",
    "core.fsmonitor=false",
    "advice.detachedHead=false",
    "protocol.ext.allow=never",
];

/// Why something was not fetched, and what to do about it.
pub(super) struct Failure {
    pub why: String,
    pub help: Option<String>,
}

impl From<String> for Failure {
    fn from(why: String) -> Self {
        Self { why, help: None }
    }
}

/// Checks a repository out into `folder`, at `commit` when one is known, and returns the commit.
/// `folder` holds the tree alone afterwards.
pub(super) fn repository(
    repository: &Repository,
    commit: Option<&str>,
    folder: &Path,
    env: &Env,
) -> Result<String, Failure> {
    let mut git = Git { repository, folder, env, mirror: String::new() };
    git.run(&["init", "--quiet", "--template=", "."])?;
    git.run(&["remote", "add", "--", "origin", &repository.url])?;
    // The user's own configuration may lead to a mirror, by `url.<base>.insteadOf`.
    git.mirror = scheme(git.run(&["ls-remote", "--get-url", "origin"])?.trim()).to_owned();
    let wanted = repository.reference.as_deref().unwrap_or("HEAD");
    let exact = commit.filter(|commit| git.fetch(commit).is_ok());
    if exact.is_none() {
        git.fetch(wanted).map_err(|why| Failure { help: git.near_misses(), why })?;
    }
    git.run(&["checkout", "--quiet", "--detach", "FETCH_HEAD"])?;
    let found = git.run(&["rev-parse", "--verify", "HEAD"])?.trim().to_owned();
    if let Some(locked) = commit.filter(|locked| *locked != found) {
        let why = format!("`{wanted}` is the commit {found} now, and the lock file says {locked}");
        return Err(Failure { why, help: Some("`strata vendor --update` takes the new one".to_owned()) });
    }
    if repository.submodules && folder.join(".gitmodules").is_file() {
        // Whoever wrote them must not lead to files of this machine, though a mirror may be one.
        git.mirror = String::from(if git.mirror == "file" { "https" } else { &git.mirror });
        git.run(&["submodule", "--quiet", "update", "--init", "--recursive"])?;
    }
    without_git(folder).map_err(|error| format!("the checkout cannot be cleaned: {error}"))?;
    Ok(found)
}

/// The protocol of a URL for git, of which some are paths.
fn scheme(url: &str) -> &str {
    match url.split_once("://") {
        Some((scheme, _)) => scheme,
        None if url.starts_with(['/', '.']) => "file",
        None => "ssh",
    }
}

struct Git<'a> {
    repository: &'a Repository,
    folder: &'a Path,
    env: &'a Env,
    /// The protocol of what the user's configuration puts in the place of the URL.
    mirror: String,
}

impl Git<'_> {
    /// One commit without its history; servers of plain files know no such thing and send all.
    fn fetch(&self, reference: &str) -> Result<(), String> {
        let shallow = self.run(&["fetch", "--quiet", "--no-tags", "--depth=1", "origin", reference]);
        match shallow {
            Err(why) if why.contains("shallow") => {
                self.run(&["fetch", "--quiet", "--no-tags", "origin", reference]).map(drop)
            }
            done => done.map(drop),
        }
    }

    /// The branches and tags that a reference which is not there may have been meant to be.
    fn near_misses(&self) -> Option<String> {
        let wanted = self.repository.reference.as_deref()?;
        let listed = self.run(&["ls-remote", "--quiet", "--heads", "--tags", "origin"]).ok()?;
        let refs: Vec<(&str, &str)> = listed.lines().filter_map(|line| line.split_once('\t')).collect();
        let is_commit = (7..40).contains(&wanted.len()) && wanted.bytes().all(|byte| byte.is_ascii_hexdigit());
        if is_commit {
            let whole = refs.iter().find(|(commit, _)| commit.starts_with(wanted)).map(|(commit, _)| *commit);
            let whole = whole.map_or(String::new(), |commit| format!(", here `{commit}`"));
            return Some(format!("servers know a commit by all of its 40 digits only{whole}"));
        }
        let short = |name: &'_ str| name.splitn(3, '/').nth(2).unwrap_or(name).trim_end_matches("^{}").to_owned();
        let names: Vec<String> = refs.iter().map(|(_, name)| short(name)).collect();
        near_miss(wanted, names.iter().map(String::as_str)).map(|near| format!("did you mean `{near}`?"))
    }

    fn run(&self, args: &[&str]) -> Result<String, String> {
        let settings = SETTINGS.iter().flat_map(|setting| ["-c", setting]);
        let timeout = self.repository.timeout.unwrap_or(TIMEOUT);
        let mut program = Program::new("git", settings.chain(args.iter().copied()), self.folder, timeout);
        program.variables = FORGOTTEN.iter().map(|name| ((*name).to_owned(), None)).collect();
        let named = [self.repository.scheme(), self.mirror.as_str()].into_iter();
        let more: String = named.filter(|name| MORE.contains(name)).map(|name| format!(":{name}")).collect();
        let protocols = format!("https:ssh{more}");
        let set = [
            ("GIT_TERMINAL_PROMPT", "0"),
            ("GIT_ALLOW_PROTOCOL", &protocols),
            ("GIT_LFS_SKIP_SMUDGE", "1"),
            ("GIT_TEMPLATE_DIR", ""),
            ("LC_ALL", "C"),
        ];
        program.variables.extend(set.map(|(name, value)| (name.to_owned(), Some(OsString::from(value)))));
        finished("git", args.first().copied().unwrap_or_default(), (self.env.programs)(&program), timeout)
            .map(|out| String::from_utf8_lossy(&out).into_owned())
    }
}

/// Takes away what git keeps for itself, of submodules too.
fn without_git(folder: &Path) -> std::io::Result<()> {
    let mut walk = walkdir::WalkDir::new(folder).min_depth(1).into_iter();
    while let Some(step) = walk.next() {
        let step = step?;
        if step.file_name() != ".git" {
            continue;
        }
        match step.file_type().is_dir() {
            true => {
                walk.skip_current_dir();
                std::fs::remove_dir_all(step.path())?;
            }
            false => std::fs::remove_file(step.path())?,
        }
    }
    Ok(())
}

/// Fetches a file.
pub(super) fn file(file: &FileUrl, env: &Env) -> Result<Vec<u8>, String> {
    if file.url.contains(char::is_control) {
        return Err("the URL has a control character".to_owned());
    }
    let secure = file.url.get(..8).is_some_and(|start| start.eq_ignore_ascii_case("https://"));
    let protocols = if secure { "=https" } else { "=http,https" };
    let (limit, seconds) = (FILE_LIMIT.to_string(), TIMEOUT.as_secs().to_string());
    let args = [
        ["--silent", "--show-error", "--fail", "--location", "--globoff"].as_slice(),
        &["--proto", protocols, "--proto-redir", protocols, "--max-redirs", "10"],
        &["--max-filesize", &limit, "--connect-timeout", "20", "--max-time", &seconds, "--config", "-"],
    ];
    let mut program = Program::new("curl", args.concat(), &env.cwd, TIMEOUT);
    // Not among the arguments, where other users of the machine could read a token in it.
    let url = file.url.replace('\\', "\\\\").replace('"', "\\\"");
    program.input = format!("url = \"{url}\"\n").into_bytes();
    finished("curl", "", (env.programs)(&program), TIMEOUT)
}

/// What a program wrote, or why it did not end well.
pub(super) fn finished(
    name: &str,
    step: &str,
    ended: std::io::Result<Finished>,
    timeout: Duration,
) -> Result<Vec<u8>, String> {
    let called = format!("{name} {step}");
    let called = called.trim_end();
    match ended {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Err(format!("`{name}` is not installed")),
        Err(error) => Err(format!("`{name}` cannot be started: {error}")),
        Ok(finished) if finished.timed_out => Err(format!("`{called}` took longer than {} s", timeout.as_secs())),
        Ok(finished) if !finished.success => Err(format!("`{called}` says: {}", words(&finished.err))),
        Ok(finished) => Ok(finished.out),
    }
}

/// The message of a program on one line, cut to what a reader takes in, without credentials.
pub(super) fn words(bytes: &[u8]) -> String {
    const MOST: usize = 600;
    let text = String::from_utf8_lossy(bytes);
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let text = super::redact::without_credentials(&lines.join("; ")).into_owned();
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None if text.is_empty() => "nothing".to_owned(),
        None => text,
    }
}
