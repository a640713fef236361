//! What the installed git knows of a repository: where it begins, which files differ, and the tree
//! of a revision. Nothing is checked out, written or fetched.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::fetch;
use super::program::{Program, Programs};
use crate::error::{Error, Result};
use crate::pipeline::Child;

/// The time that one call of git may take.
const TIMEOUT: Duration = Duration::from_secs(120);

/// A repository and the folder in which git is asked.
pub(super) struct Git<'a> {
    /// The canonical top of the working tree.
    pub top: PathBuf,
    cwd: PathBuf,
    programs: &'a Programs,
}

/// A revision as it was written, and its commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Revision {
    pub written: String,
    pub commit: String,
}

impl<'a> Git<'a> {
    /// The repository that the folder `cwd` is in.
    pub fn find(cwd: &Path, programs: &'a Programs) -> Result<Self> {
        let git = Self { top: cwd.to_path_buf(), cwd: cwd.to_path_buf(), programs };
        let top = git.run(&["rev-parse", "--show-toplevel"], Vec::new()).map_err(|why| no_repository(cwd, &why))?;
        let top = PathBuf::from(String::from_utf8_lossy(&top).trim_end_matches(['\n', '\r']));
        if top.as_os_str().is_empty() {
            return Err(no_repository(cwd, "it has no working tree"));
        }
        let top = top.canonicalize().unwrap_or(top);
        Ok(Self { top, ..git })
    }

    /// The commit of a revision.
    pub fn revision(&self, written: &str) -> Result<Revision> {
        if written.is_empty() || written.starts_with('-') || written.contains(char::is_control) {
            return Err(Error::new("unknown-revision", format!("`{written}` is no revision")).help(NAMES));
        }
        let commit = format!("{written}^{{commit}}");
        match self.line(&["rev-parse", "--verify", "--quiet", &commit]) {
            Ok(commit) => Ok(Revision { written: written.to_owned(), commit }),
            Err(_) => Err(self.unknown(written)),
        }
    }

    /// Where `head` branched off from `base`.
    pub fn merge_base(&self, base: &Revision, head: Option<&Revision>) -> Result<Revision> {
        let head = head.map_or("HEAD", |head| head.commit.as_str());
        match self.line(&["merge-base", &base.commit, head]) {
            Ok(commit) => Ok(Revision { written: base.written.clone(), commit }),
            Err(_) => {
                let message = format!("`{}` and `{head}` have no commit in common here", base.written);
                let help = match self.is_shallow() {
                    true => "this clone is shallow: `git fetch --unshallow`, or name the base without `--merge-base`",
                    false => "name the base without `--merge-base`",
                };
                Err(Error::new("unknown-revision", message).help(help))
            }
        }
    }

    fn unknown(&self, written: &str) -> Error {
        let message = format!("`{written}` is no revision that this repository has");
        let help = match (self.is_shallow(), written.split_once('/')) {
            (true, Some(("origin", branch))) => format!(
                "this clone is shallow: `git fetch --depth 1 origin {branch}:refs/remotes/origin/{branch}` brings it"
            ),
            (true, _) if written.contains(['~', '^', '@']) => {
                "this clone is shallow: `git fetch --unshallow` brings what was before".to_owned()
            }
            (true, _) => {
                format!("this clone is shallow: `git fetch --depth 1 origin {written}` brings a branch or commit")
            }
            (false, _) => NAMES.to_owned(),
        };
        Error::new("unknown-revision", message).help(help)
    }

    fn is_shallow(&self) -> bool {
        self.line(&["rev-parse", "--is-shallow-repository"]).is_ok_and(|answer| answer == "true")
    }

    /// The files that differ between `base` and `head`, or the working tree with what is not
    /// ignored in it, by their absolute paths.
    pub fn changed(&self, base: &Revision, head: Option<&Revision>) -> Result<BTreeSet<PathBuf>> {
        let mut args = vec!["diff", "--name-only", "-z", "--no-renames", "--no-ext-diff", "--ignore-submodules=none"];
        args.push(&base.commit);
        args.extend(head.map(|head| head.commit.as_str()));
        args.push("--");
        let mut listed = self.run(&args, Vec::new()).map_err(failed)?;
        if head.is_none() {
            let others = ["ls-files", "--others", "--exclude-standard", "--full-name", "-z", "--", ":/"];
            listed.extend(self.run(&others, Vec::new()).map_err(failed)?);
        }
        Ok(zero_separated(&listed).map(|path| self.top.join(path)).collect())
    }

    /// What is in the tree of a revision, with the targets of its links.
    pub fn tree(&self, revision: &Revision) -> Result<Vec<(PathBuf, Child)>> {
        let listed = ["ls-tree", "-r", "-z", "-l", "--full-tree", &revision.commit];
        let listed = self.run(&listed, Vec::new()).map_err(failed)?;
        let mut links: Vec<(usize, String)> = Vec::new();
        let mut found = Vec::new();
        for line in zero_separated(&listed) {
            let Some((mode, id, size, path)) = entry(&line) else { continue };
            let child = match mode {
                "120000" => {
                    links.push((found.len(), id.to_owned()));
                    Child::Link(PathBuf::new())
                }
                "160000" => Child::Submodule,
                _ => Child::File { id: id.to_owned(), size: size.parse().unwrap_or(0), executable: mode == "100755" },
            };
            found.push((PathBuf::from(path), child));
        }
        let ids: Vec<&str> = links.iter().map(|(_, id)| id.as_str()).collect();
        let targets = if ids.is_empty() { Vec::new() } else { self.blobs(&ids).map_err(failed)? };
        for ((index, _), target) in links.iter().zip(targets) {
            found[*index].1 = Child::Link(PathBuf::from(String::from_utf8_lossy(&target).into_owned()));
        }
        Ok(found)
    }

    /// The contents of objects, in the order of their ids.
    pub fn blobs(&self, ids: &[&str]) -> std::result::Result<Vec<Vec<u8>>, String> {
        let input = ids.iter().flat_map(|id| [id, "\n"]).collect::<String>().into_bytes();
        let out = self.run(&["cat-file", "--batch", "--buffer"], input)?;
        let mut rest = out.as_slice();
        ids.iter().map(|id| next_blob(&mut rest).ok_or_else(|| absent(id))).collect()
    }

    fn line(&self, args: &[&str]) -> std::result::Result<String, String> {
        let out = self.run(args, Vec::new())?;
        Ok(String::from_utf8_lossy(&out).trim().to_owned())
    }

    fn run(&self, args: &[&str], input: Vec<u8>) -> std::result::Result<Vec<u8>, String> {
        let settings = ["-c", "core.fsmonitor=false", "-c", "core.quotePath=false"];
        let mut program = Program::new("git", settings.iter().chain(args).copied(), &self.cwd, TIMEOUT);
        // No index is refreshed, and what a partial clone lacks is said instead of fetched.
        let set =
            [("GIT_OPTIONAL_LOCKS", "0"), ("GIT_NO_LAZY_FETCH", "1"), ("GIT_TERMINAL_PROMPT", "0"), ("LC_ALL", "C")];
        program.variables = set.map(|(name, value)| (name.to_owned(), Some(OsString::from(value)))).into();
        // A hook sets them; the repository is the one that the folder is in.
        let forgotten = ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX"];
        program.variables.extend(forgotten.map(|name| (name.to_owned(), None)));
        program.input = input;
        let step = args.first().copied().unwrap_or_default();
        fetch::finished("git", step, (self.programs)(&program), TIMEOUT)
    }
}

const NAMES: &str = "name a branch, a tag or a commit, such as `origin/main` or `HEAD~1`";

fn no_repository(cwd: &Path, why: &str) -> Error {
    if why.contains("not a git repository") {
        let message = format!("`{}` is not in a git repository", cwd.display());
        return Error::new("no-repository", message).help(
            "two folders are compared without git: `strata diff OLD NEW`; `strata affected --files -` reads a list",
        );
    }
    Error::new("git-failed", format!("git cannot be asked: {why}")).help("install git, or look at the repository")
}

fn failed(why: String) -> Error {
    Error::new("git-failed", why).help("look at the repository with git")
}

fn absent(id: &str) -> String {
    format!("the object {} is not in this clone; fetch it, or clone without a filter", id.get(..12).unwrap_or(id))
}

fn zero_separated(bytes: &[u8]) -> impl Iterator<Item = String> {
    bytes
        .split(|byte| *byte == 0)
        .filter(|part| !part.is_empty())
        .map(|part| String::from_utf8_lossy(part).into_owned())
}

/// `MODE TYPE ID SIZE<tab>PATH`.
fn entry(line: &str) -> Option<(&str, &str, &str, &str)> {
    let (head, path) = line.split_once('\t')?;
    let mut words = head.split_ascii_whitespace();
    let (mode, _, id, size) = (words.next()?, words.next()?, words.next()?, words.next()?);
    Some((mode, id, size, path))
}

/// The next object of `git cat-file --batch`: `ID TYPE SIZE`, its bytes, and a line break.
fn next_blob(rest: &mut &[u8]) -> Option<Vec<u8>> {
    let end = rest.iter().position(|byte| *byte == b'\n')?;
    let head = std::str::from_utf8(&rest[..end]).ok()?;
    let after = &rest[end + 1..];
    let Some(size) = head.split(' ').nth(2).and_then(|size| size.parse::<usize>().ok()) else {
        *rest = after;
        return None;
    };
    let content = after.get(..size)?.to_vec();
    *rest = after.get(size + 1..)?;
    Some(content)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_a_tree_and_objects_are_read() {
        assert_eq!(
            entry("100644 blob 8baef1b4abc478178b004d62031cf7fe6db6f903       4\ta b\u{e9}"),
            Some(("100644", "8baef1b4abc478178b004d62031cf7fe6db6f903", "4", "a b\u{e9}"))
        );
        let mut rest: &[u8] = b"a blob 3\nx\ny\nb missing\nc blob 0\n\n";
        assert_eq!(next_blob(&mut rest), Some(b"x\ny".to_vec()));
        assert_eq!(next_blob(&mut rest), None);
        assert_eq!(next_blob(&mut rest), Some(Vec::new()));
        assert_eq!(next_blob(&mut rest), None);
    }
}
