//! Reading one file, and only a regular one of bounded size.

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::path::{self, Places};
use crate::diagnostic::{Diagnostic, near_miss};

/// Why a path is not read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// It is not there.
    Missing,
    /// It is a symbolic link to something that is not there.
    Dangling(PathBuf),
    /// It leaves the project; the path that it leads to.
    Outside(PathBuf),
    /// It is neither a file nor a folder; what it is.
    NotRegular(&'static str),
    /// It has more bytes than a file may have.
    TooLarge(u64),
    /// The system refuses; its words.
    Unreadable(String),
    /// It changed between the look at it and the reading.
    Changed,
}

/// What a path leads to, with symbolic links followed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// A regular file of at most the permitted size.
    File {
        /// The canonical path.
        canonical: PathBuf,
        /// The number of bytes.
        size: u64,
    },
    /// A folder, by its canonical path.
    Folder(PathBuf),
}

/// Looks at `path` (absolute, without `..`) without reading it.
pub(super) fn look(path: &Path, root: &Path, file_limit: u64) -> Result<Found, Refusal> {
    let canonical = path.canonicalize().map_err(|error| refusal(path, root, &error))?;
    if !canonical.starts_with(root) {
        return Err(Refusal::Outside(canonical));
    }
    let metadata = canonical.symlink_metadata().map_err(|error| refusal(path, root, &error))?;
    if metadata.is_dir() {
        return Ok(Found::Folder(canonical));
    }
    regular(&metadata)?;
    if metadata.len() > file_limit {
        return Err(Refusal::TooLarge(file_limit));
    }
    Ok(Found::File { canonical, size: metadata.len() })
}

/// Why `path` cannot be looked at. Of what lies outside of the project nothing is told but that
/// it does: neither whether it exists nor what is beside it.
fn refusal(path: &Path, root: &Path, error: &io::Error) -> Refusal {
    let real = path.ancestors().skip(1).find_map(|folder| Some((folder, folder.canonicalize().ok()?)));
    if let Some((folder, real)) = real
        && !real.starts_with(root)
    {
        return Refusal::Outside(real.join(path.strip_prefix(folder).unwrap_or(path)));
    }
    match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => dangling(path, root).unwrap_or(Refusal::Missing),
        _ => Refusal::Unreadable(error.to_string()),
    }
}

/// When `path` itself is a symbolic link: where it points.
fn dangling(path: &Path, root: &Path) -> Option<Refusal> {
    let target = path.read_link().ok()?;
    let target = path::join(path.parent()?, &target);
    Some(if target.starts_with(root) { Refusal::Dangling(target) } else { Refusal::Outside(target) })
}

fn regular(metadata: &fs::Metadata) -> Result<(), Refusal> {
    if metadata.is_file() { Ok(()) } else { Err(Refusal::NotRegular(nature(metadata.file_type()))) }
}

#[cfg(unix)]
fn nature(file_type: fs::FileType) -> &'static str {
    use std::os::unix::fs::FileTypeExt;
    match file_type {
        t if t.is_dir() => "a folder",
        t if t.is_fifo() => "a named pipe",
        t if t.is_socket() => "a socket",
        t if t.is_char_device() || t.is_block_device() => "a device",
        t if t.is_symlink() => "a symbolic link",
        _ => "no regular file",
    }
}

#[cfg(not(unix))]
fn nature(file_type: fs::FileType) -> &'static str {
    if file_type.is_dir() { "a folder" } else { "no regular file" }
}

/// Reads the file at `canonical`. It looks first, since opening a named pipe would wait for ever,
/// and makes sure that what was opened is what it looked at.
pub(super) fn read(canonical: &Path, file_limit: u64) -> Result<Vec<u8>, Refusal> {
    let unreadable = |error: io::Error| match error.kind() {
        io::ErrorKind::NotFound => Refusal::Changed,
        _ => Refusal::Unreadable(error.to_string()),
    };
    let looked = canonical.symlink_metadata().map_err(unreadable)?;
    regular(&looked)?;
    let file = fs::File::open(canonical).map_err(unreadable)?;
    let opened = file.metadata().map_err(unreadable)?;
    regular(&opened)?;
    if !same_file(&looked, &opened) {
        return Err(Refusal::Changed);
    }
    let mut bytes = Vec::with_capacity(opened.len().min(file_limit) as usize + 1);
    // A file may grow while it is read; one byte above the limit is enough to know.
    file.take(file_limit.saturating_add(1)).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > file_limit { Err(Refusal::TooLarge(file_limit)) } else { Ok(bytes) }
}

#[cfg(unix)]
fn same_file(a: &fs::Metadata, b: &fs::Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    (a.dev(), a.ino()) == (b.dev(), b.ino())
}

#[cfg(not(unix))]
fn same_file(_: &fs::Metadata, _: &fs::Metadata) -> bool {
    true
}

impl Refusal {
    /// Says why `written` is not read; `path` is the absolute path that it stands for, which must
    /// be in `bounds`.
    pub fn diagnostic(&self, written: &str, path: &Path, bounds: &Path, places: &Places) -> Diagnostic {
        match self {
            Self::Missing => missing(written, path, places, true),
            Self::Dangling(target) => {
                let target = places.show(target);
                let message = format!("`{written}` is a symbolic link to `{target}`, which does not exist");
                Diagnostic::error("file-not-found", message).help("make the file, or let the link point to another one")
            }
            Self::Outside(target) => {
                let target = target.display();
                if *bounds != places.root {
                    let message = format!("`{written}` leads to `{target}`, outside of `{}`", bounds.display());
                    return Diagnostic::error("outside-project", message)
                        .help("what was fetched stays in its own tree");
                }
                let root = places.root.display();
                let message = format!("`{written}` leads to `{target}`, outside of the project `{root}`");
                Diagnostic::error("outside-project", message).help(format!(
                    "copy it into the project; when the project begins further up, put a `{}` there",
                    super::root::SETTINGS
                ))
            }
            Self::NotRegular(what) => {
                Diagnostic::error("not-a-regular-file", format!("`{written}` is {what}")).help("name a regular file")
            }
            Self::TooLarge(limit) => {
                let message = format!("`{written}` is larger than {}", size(*limit));
                Diagnostic::error("file-too-large", message).help("split it into several files")
            }
            Self::Unreadable(why) => {
                Diagnostic::error("file-not-readable", format!("`{written}` cannot be read: {}", why.to_lowercase()))
                    .help(format!("look at `{}` and its permissions", places.show(path)))
            }
            Self::Changed => {
                Diagnostic::error("file-not-readable", format!("`{written}` was replaced while it was being read"))
                    .help("run the command again")
            }
        }
    }
}

/// Says that `written` is not there, and names what was probably meant when `search` is set: that
/// reads a whole folder, which is too much for each of ten thousand missing files.
pub(super) fn missing(written: &str, path: &Path, places: &Places, search: bool) -> Diagnostic {
    let (folder, name) = first_missing(path, places);
    let shown = places.show(folder);
    let message = format!("`{written}` does not exist: there is no `{name}` in `{shown}`");
    let diagnostic = Diagnostic::error("file-not-found", message);
    let names = if search { places.files.names(folder) } else { Vec::new() };
    match near_miss(&name, names.iter().map(String::as_str)) {
        Some(near) => diagnostic.help(format!("did you mean `{near}`?")),
        None => diagnostic.help("paths are relative to the folder of the file that names them"),
    }
}

/// The deepest folder on the way to `path` that exists, and the name that is missing in it.
fn first_missing<'p>(path: &'p Path, places: &Places) -> (&'p Path, String) {
    let mut missing = path;
    while let Some(folder) = missing.parent() {
        if places.files.is_dir(folder) {
            return (folder, path::name(missing));
        }
        missing = folder;
    }
    (path, path::name(path))
}

/// The names in `folder`, sorted; nothing when it cannot be read.
pub(super) fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut names: Vec<_> = entries.filter_map(|entry| entry.file_name().into_string().ok()).collect();
    names.sort_unstable();
    names
}

/// A number of bytes for people.
pub(super) fn size(bytes: u64) -> String {
    match bytes {
        n if n >= 1 << 20 => format!("{} MiB", n >> 20),
        n if n >= 1 << 10 => format!("{} KiB", n >> 10),
        n => format!("{n} bytes"),
    }
}
