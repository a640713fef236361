//! Texts that name something elsewhere, as kustomize reads them: a folder of a git repository, or
//! a file on a web server. Nothing here fetches anything.

use std::time::Duration;

use sha2::{Digest, Sha256};

mod query;

/// What is elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Remote {
    /// A folder of a git repository.
    Git(Repository),
    /// A file behind a URL.
    File(FileUrl),
}

/// A git repository, and the folder in it that is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repository {
    /// What git is given: `https://github.com/org/repo`, `git@host:org/repo.git`.
    pub url: String,
    /// The branch, tag or commit; the default branch when there is none.
    pub reference: Option<String>,
    /// The folder, relative to the repository's own; empty for that itself.
    pub folder: String,
    /// Whether submodules belong to it.
    pub submodules: bool,
    /// How long one call of git may take.
    pub timeout: Option<Duration>,
}

/// A file behind a URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileUrl {
    /// The URL as written.
    pub url: String,
}

const SCHEMES: [&str; 4] = ["ssh://", "https://", "http://", "file://"];

impl Remote {
    /// Reads `written`; `None` when it is a path of this machine, and `Err` when it is neither.
    ///
    /// Kustomize asks the web server first and takes for a repository what that does not serve.
    /// Without a network the text has to do: what ends in `.yaml`, `.yml` or `.json`, or is too
    /// short for a repository, is a file.
    pub fn parse(written: &str) -> Option<Result<Self, String>> {
        let lower = written.to_ascii_lowercase();
        if is_web(&lower) && (is_file(&lower) || Repository::address(written).is_err()) {
            return Self::file(written).map(Ok);
        }
        match Repository::parse(written) {
            Ok(repository) => Some(repository.checked().map(Self::Git)),
            Err(why) => (is_web(&lower) || looks_remote(&lower)).then_some(Err(why)),
        }
    }

    /// The file on a web server that `written` names, where nothing but a file can be meant.
    pub fn file(written: &str) -> Option<Self> {
        let lower = written.to_ascii_lowercase();
        is_web(&lower).then(|| Self::File(FileUrl { url: written.to_owned() }))
    }

    /// What tells it from others, without credentials, the folder and the timeout: two texts with
    /// one key mean the same tree.
    pub fn key(&self) -> String {
        let text = match self {
            Self::Git(repository) => {
                let (url, reference) = (without_user(&repository.url), repository.reference.as_deref());
                format!("git\n{url}\n{}\n{}", reference.unwrap_or(""), repository.submodules)
            }
            Self::File(file) => format!("file\n{}", without_user(&file.url)),
        };
        hex(&Sha256::digest(text.as_bytes()))
    }

    /// What people may see of it: no user, and of a file's query no values.
    pub fn shown(&self) -> String {
        match self {
            Self::Git(repository) => repository.shown(),
            Self::File(file) => match without_user(&file.url).split_once('?') {
                Some((path, _)) => format!("{path}?…"),
                None => without_user(&file.url),
            },
        }
    }

    /// The name of the folder that it is kept in: readable, and with the start of its key.
    pub fn folder_name(&self) -> String {
        let mut name = String::new();
        let text = self.shown();
        let text = text.split_once("://").map_or(text.as_str(), |(_, rest)| rest);
        let reference = match self {
            Self::Git(repository) => repository.reference.clone().unwrap_or_default(),
            Self::File(_) => String::new(),
        };
        for c in text.trim_end_matches("?…").chars().chain(['-']).chain(reference.chars()) {
            match c {
                c if c.is_ascii_alphanumeric() || c == '.' => name.push(c),
                _ if name.ends_with('-') => {}
                _ => name.push('-'),
            }
        }
        let name: String = name.trim_matches(['-', '.']).chars().take(80).collect();
        format!("{}-{}", name.trim_end_matches(['-', '.']), &self.key()[..8])
    }
}

impl Repository {
    /// Reads a text by kustomize's rules; `Err` says why it names no repository.
    pub fn parse(written: &str) -> Result<Self, String> {
        let (url, folder, query) = Self::address(written)?;
        let query::Query { reference, timeout, submodules } = query::read(query)?;
        Ok(Self { url, reference, folder, submodules, timeout })
    }

    /// The URL for git, the folder in the repository, and the query.
    fn address(written: &str) -> Result<(String, String, &str), String> {
        if written.starts_with('/') || written.contains('\n') {
            return Err("it is a path".to_owned());
        }
        let (address, query) = written.split_once('?').unwrap_or((written, ""));
        let (host, rest) = host(address)?;
        let all = host == "file://";
        let (path, folder) = parts(&rest, all).filter(|(path, _)| !path.is_empty()).ok_or("it has no repository")?;
        if leaves(&folder) {
            return Err("its folder is outside of the repository".to_owned());
        }
        Ok((format!("{host}{path}"), folder.strip_prefix('/').unwrap_or(&folder).to_owned(), query))
    }

    /// The URL as people may see it.
    pub fn shown(&self) -> String {
        without_user(&self.url)
    }

    /// The scheme of the URL; `ssh` for `user@host:path`.
    pub fn scheme(&self) -> &str {
        self.url.split_once("://").map_or("ssh", |(scheme, _)| scheme)
    }

    /// Refuses what git could take for a flag or for something else than one name.
    fn checked(self) -> Result<Self, String> {
        let reference = self.reference.as_deref().unwrap_or("HEAD");
        let odd = |c: char| c.is_whitespace() || c.is_control() || ":+^~?*[\\".contains(c);
        if reference.starts_with('-') || reference.contains(odd) || reference.contains("..") || reference.contains("@{")
        {
            return Err(format!("`{reference}` is no name of a branch, tag or commit"));
        }
        let host = self.url.split_once("://").map_or(self.url.as_str(), |(_, rest)| rest);
        let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
        if host.starts_with('-') || self.url.starts_with('-') || self.url.contains(char::is_control) {
            return Err("its host is none".to_owned());
        }
        Ok(self)
    }
}

impl FileUrl {
    /// The file's name: the last part of the path.
    pub fn name(&self) -> &str {
        let path = self.url.split(['?', '#']).next().unwrap_or_default();
        let name = path.rsplit('/').next().unwrap_or_default();
        let fits = |name: &str| name.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c));
        if fits(name) && !name.trim_matches('.').is_empty() && path.matches('/').count() > 2 { name } else { "file" }
    }
}

fn is_web(lower: &str) -> bool {
    lower.starts_with("https://") || lower.starts_with("http://")
}

/// Whether an address that could be a repository's ends like a file.
fn is_file(lower: &str) -> bool {
    let path = lower.split(['?', '#']).next().unwrap_or_default();
    let ends = [".yaml", ".yml", ".json"].iter().any(|end| path.ends_with(end));
    ends || path.starts_with("https://raw.githubusercontent.com/")
}

/// Whether a text that names nothing was meant to be elsewhere.
fn looks_remote(lower: &str) -> bool {
    let starts = ["git@", "git::", "github.com/", "github.com:"].iter().any(|start| lower.starts_with(start));
    let scheme = lower
        .split_once("://")
        .is_some_and(|(scheme, _)| scheme.chars().all(|c| c.is_ascii_alphanumeric() || c == '+'));
    starts || scheme || lower.contains("?ref=")
}

/// The scheme, user and host of an address, as git is given them, and the rest.
fn host(address: &str) -> Result<(String, String), String> {
    let address = without_prefix(address, "git::").unwrap_or(address);
    let found = SCHEMES.iter().find_map(|scheme| Some((*scheme, without_prefix(address, scheme)?)));
    let (scheme, rest) = found.unwrap_or(("", address));
    let (user, after) = user(rest);
    let lower = after.to_ascii_lowercase();
    let github = lower.starts_with("github.com/") || lower.starts_with("github.com:");
    let short = scheme.is_empty() && (!user.is_empty() || github);
    if scheme.is_empty() && !short {
        return Err("it has no scheme".to_owned());
    }
    if scheme == "file://" {
        return Ok((scheme.to_owned(), rest.to_owned()));
    }
    let slash = after.find('/');
    let colon = after.find(':').filter(|colon| short && slash.is_none_or(|slash| 0 < *colon && *colon < slash));
    let (mut host, path) = match colon.or(slash) {
        Some(end) => (after[..=end].to_owned(), after[end + 1..].to_owned()),
        None => (after.to_owned(), String::new()),
    };
    let (mut scheme, mut user) = (scheme, user);
    if github && (scheme == "ssh://" || !user.is_empty()) {
        (scheme, host) = ("", "github.com:".to_owned());
    } else if github {
        (scheme, user, host) = ("https://", "", "github.com/".to_owned());
    }
    match host.is_empty() {
        true => Err("it has no host".to_owned()),
        false => Ok((format!("{scheme}{user}{host}"), path)),
    }
}

/// `name@` in front.
fn user(text: &str) -> (&str, &str) {
    let end = text.find(|c: char| !c.is_ascii_alphanumeric() && c != '-').unwrap_or(text.len());
    match text[end..].starts_with('@') && text.starts_with(|c: char| c.is_ascii_alphabetic()) {
        true => text.split_at(end + 1),
        false => ("", text),
    }
}

fn without_prefix<'t>(text: &'t str, prefix: &str) -> Option<&'t str> {
    let start = text.get(..prefix.len())?;
    start.eq_ignore_ascii_case(prefix).then(|| &text[prefix.len()..])
}

/// The repository and the folder in it: by `_git/`, `//` or `.git`, else the first two parts are
/// the repository; `all` of a file's path.
fn parts(text: &str, all: bool) -> Option<(String, String)> {
    const ROOT: &str = "_git/";
    let cut = |at: usize, skipped: usize| Some((text[..at].to_owned(), text[at + skipped..].to_owned()));
    if let Some(root) = text.find(ROOT) {
        let below = root + ROOT.len();
        return match text[below..].find('/') {
            Some(end) => cut(below + end, 1),
            None => cut(text.len(), 0),
        };
    }
    if let Some(at) = text.find("//") {
        return cut(at, 2);
    }
    if let Some(at) = text.find(".git") {
        return cut(at + ".git".len(), 0);
    }
    if all {
        return cut(text.len(), 0);
    }
    let mut slashes = text.match_indices('/').map(|(at, _)| at);
    slashes.next()?;
    match slashes.next() {
        Some(at) => cut(at, 1),
        None => cut(text.len(), 0),
    }
}

/// Whether a folder leads out of what it is relative to.
fn leaves(folder: &str) -> bool {
    let mut depth = 0_i64;
    folder.split('/').any(|part| {
        depth += match part {
            "" | "." => 0,
            ".." => -1,
            _ => 1,
        };
        depth < 0
    })
}

/// A URL without what comes before `@`, which may be a password or a token; `git` is neither.
fn without_user(url: &str) -> String {
    let (scheme, rest) = match url.split_once("://") {
        Some(("file", _)) => return url.to_owned(),
        Some((scheme, rest)) => (format!("{scheme}://"), rest),
        None => (String::new(), url),
    };
    let end = rest.find('/').unwrap_or(rest.len());
    match rest[..end].rfind('@').filter(|at| &rest[..*at] != "git") {
        Some(at) => format!("{scheme}{}", &rest[at + 1..]),
        None => url.to_owned(),
    }
}

/// Bytes as lowercase hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The URL, folder and reference of a repository, or what else the text is.
    fn read(written: &str) -> String {
        match Remote::parse(written) {
            None => "path".to_owned(),
            Some(Err(why)) => why,
            Some(Ok(Remote::File(file))) => format!("file {}", file.name()),
            Some(Ok(Remote::Git(found))) => {
                format!("{} {} {}", found.url, found.folder, found.reference.unwrap_or_default()).trim_end().to_owned()
            }
        }
    }

    #[test]
    fn addresses_are_read_as_kustomize_reads_them() {
        for (written, meant) in [
            ("github.com/org/repo/a/b?ref=v1", "https://github.com/org/repo a/b v1"),
            ("https://github.com/org/repo//a/b?ref=v1&timeout=90s", "https://github.com/org/repo a/b v1"),
            ("https://github.com/org/repo.git/a?version=v2", "https://github.com/org/repo.git a v2"),
            ("https://github.com/org/repo?ref=a%2Fb", "https://github.com/org/repo  a/b"),
            ("git@github.com:org/repo.git", "git@github.com:org/repo.git"),
            ("git@host.example:org/repo//a", "git@host.example:org/repo a"),
            ("ssh://git@host.example:22/org/repo.git//a", "ssh://git@host.example:22/org/repo.git a"),
            ("git::https://gitlab.com/org/sub/repo.git//a", "https://gitlab.com/org/sub/repo.git a"),
            ("https://dev.azure.com/o/p/_git/repo/a?ref=main", "https://dev.azure.com/o/p/_git/repo a main"),
            ("file:///srv/repo.git//a?ref=x", "file:///srv/repo.git a x"),
            ("file:///srv/repo", "file:///srv/repo"),
            ("ssh://github.com/org/repo", "github.com:org/repo"),
            ("https://raw.githubusercontent.com/o/r/main/a.yaml", "file a.yaml"),
            ("https://github.com/o/r/releases/download/v1/install.yaml", "file install.yaml"),
            ("http://host.example/all?token=1", "file all"),
            ("http://host.example/?token=1", "file file"),
            ("../base", "path"),
            ("/srv/base", "path"),
            ("a.yaml", "path"),
            ("base@v1", "path"),
            ("https://github.com/org/repo//../../x", "file x"),
            ("https://github.com/org/repo///a//b/", "https://github.com/org/repo a//b/"),
            ("https://github.com/org/site.github.io/a", "https://github.com/org/site.git hub.io/a"),
            ("git::../x", "it has no scheme"),
            ("ext::sh -c x", "path"),
            ("hg://host.example/a/b", "it has no scheme"),
            ("https://host.example/a/b?ref=100%", "its query cannot be read: `%` is written `%25`, `;` `%3B`"),
            ("https://host.example/a.yaml?sig=100%", "file a.yaml"),
        ] {
            assert_eq!(read(written), meant, "{written}");
        }
    }

    #[test]
    fn what_git_could_take_for_a_flag_or_a_refspec_is_refused() {
        for reference in ["--upload-pack=x", "-x", "a:b", "%2bmain", "a..b", "a%20b", "a@{1}", "*"] {
            let why = read(&format!("https://github.com/org/repo?ref={reference}"));
            assert!(why.ends_with("is no name of a branch, tag or commit"), "{reference}: {why}");
        }
        assert_eq!(read("ssh://-oProxyCommand=x/org/repo"), "its host is none");
    }

    #[test]
    fn credentials_are_part_of_nothing_that_is_kept_or_shown() {
        let read = |text: &str| Remote::parse(text).unwrap().unwrap();
        let (open, secret) = (read("https://h.example/o/r?ref=v1"), read("https://bob:pa$$@h.example/o/r?ref=v1"));
        assert_eq!((secret.shown(), secret.key()), (open.shown(), open.key()));
        assert_eq!(open.folder_name(), format!("h.example-o-r-v1-{}", &open.key()[..8]));
        assert_eq!(read("https://t0ken@h.example/a.yaml?sig=x").shown(), "https://h.example/a.yaml?…");
        assert_eq!(read("t0ken@h.example:o/r").shown(), "h.example:o/r");
        assert_eq!(read("git@h.example:o/r").shown(), "git@h.example:o/r");
        // Another folder or timeout is the same tree, another reference is not.
        assert_eq!(read("https://h.example/o/r//a?ref=v1&timeout=9").key(), open.key());
        assert_ne!(read("https://h.example/o/r?ref=v2").key(), open.key());
    }
}
