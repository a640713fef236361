//! Fetching what kustomizations name elsewhere: repositories by the installed git, files by the
//! installed curl. What comes is data of strangers: neither program may ask questions, run hooks,
//! or speak protocols beyond the one that the user wrote.

use std::ffi::OsString;
use std::path::Path;
use std::time::Duration;

use super::program::{Finished, Program};
use super::{Env, files};
use crate::remote::{FileUrl, Repository};

/// The time that one call of git or curl may take, where a URL says none.
const TIMEOUT: Duration = Duration::from_secs(120);
/// The most bytes of one file.
const FILE_LIMIT: u64 = 64 << 20;

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

/// Checks a repository out into `folder`, at `commit` when one is known, and returns the commit.
/// `folder` holds the tree alone afterwards.
pub(super) fn repository(
    repository: &Repository,
    commit: Option<&str>,
    folder: &Path,
    env: &Env,
) -> Result<String, String> {
    let git = Git { repository, folder, env };
    git.run(&["init", "--quiet", "--template=", "."])?;
    git.run(&["remote", "add", "--", "origin", &repository.url])?;
    let wanted = repository.reference.as_deref().unwrap_or("HEAD");
    let exact = commit.filter(|commit| git.fetch(commit).is_ok());
    if exact.is_none() {
        git.fetch(wanted)?;
    }
    git.run(&["checkout", "--quiet", "--detach", "FETCH_HEAD"])?;
    let found = git.run(&["rev-parse", "--verify", "HEAD"])?.trim().to_owned();
    if let Some(locked) = commit.filter(|locked| *locked != found) {
        return Err(format!(
            "`{wanted}` is the commit {found} now, and the lock file says {locked}; `strata vendor --update` takes the new one"
        ));
    }
    if repository.submodules && folder.join(".gitmodules").is_file() {
        git.run(&["submodule", "--quiet", "update", "--init", "--recursive"])?;
    }
    without_git(folder).map_err(|error| format!("the checkout cannot be cleaned: {error}"))?;
    Ok(found)
}

struct Git<'a> {
    repository: &'a Repository,
    folder: &'a Path,
    env: &'a Env,
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

    fn run(&self, args: &[&str]) -> Result<String, String> {
        let settings = SETTINGS.iter().flat_map(|setting| ["-c", setting]);
        let timeout = self.repository.timeout.unwrap_or(TIMEOUT);
        let mut program = Program::new("git", settings.chain(args.iter().copied()), self.folder, timeout);
        program.variables = FORGOTTEN.iter().map(|name| ((*name).to_owned(), None)).collect();
        let scheme = self.repository.scheme();
        let protocols = match scheme {
            "https" | "ssh" => "https:ssh".to_owned(),
            other => format!("https:ssh:{other}"),
        };
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

/// Fetches a file into `folder`.
pub(super) fn file(file: &FileUrl, folder: &Path, env: &Env) -> Result<(), String> {
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
    let mut program = Program::new("curl", args.concat(), folder, TIMEOUT);
    // Not among the arguments, where other users of the machine could read a token in it.
    let url = file.url.replace('\\', "\\\\").replace('"', "\\\"");
    program.input = format!("url = \"{url}\"\n").into_bytes();
    let bytes = finished("curl", "", (env.programs)(&program), TIMEOUT)?;
    let path = folder.join(file.name());
    std::fs::write(&path, bytes).map_err(|error| files::cannot("write", &path, &error).to_string())
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
