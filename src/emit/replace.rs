//! Several files that are edited together: all of them are written, or none.

use std::fs;
use std::path::Path;

use super::file::{cannot_write, persist, stage, write_atomically};
use crate::error::{Error, Result};

/// A file and what it becomes.
#[derive(Clone, Copy, Debug)]
pub struct Replacement<'a> {
    /// The file; a symbolic link is refused.
    pub path: &'a Path,
    /// The path as people see it.
    pub shown: &'a Path,
    /// The text that was read, without a byte order mark.
    pub before: &'a str,
    /// The text that takes its place.
    pub after: &'a str,
}

/// A byte order mark is no part of a text, and stays.
const MARK: &[u8] = "\u{FEFF}".as_bytes();

/// Writes all of `files`. Each is first compared with what was read, and laid beside its place; so
/// a file that somebody changed meanwhile, or that may not be written, leaves all as they were.
pub fn replace_all(files: &[Replacement<'_>]) -> Result<()> {
    let mut staged = Vec::with_capacity(files.len());
    for file in files {
        let before = unchanged(file)?;
        let mark = if before.starts_with(MARK) { MARK } else { &[] };
        let bytes = [mark, file.after.as_bytes()].concat();
        let new = stage(file.path, &bytes).map_err(|cause| refused(file.shown, &cause))?;
        staged.push((file, before, new));
    }
    // Once more, for staging takes its time.
    files.iter().try_for_each(|file| unchanged(file).map(drop))?;
    let mut written: Vec<(&Path, Vec<u8>)> = Vec::new();
    for (file, before, new) in staged {
        match persist(new, file.path) {
            Ok(()) => written.push((file.path, before)),
            Err(cause) => {
                let error = refused(file.shown, &cause);
                let restored = written.iter().try_for_each(|(path, before)| write_atomically(path, before));
                return Err(restored.err().unwrap_or(error));
            }
        }
    }
    Ok(())
}

/// The bytes of the file, which hold what was read.
fn unchanged(file: &Replacement<'_>) -> Result<Vec<u8>> {
    let Replacement { path, shown, .. } = *file;
    let kind = fs::symlink_metadata(path).map_err(|cause| cannot_write(shown, &cause))?;
    if kind.is_symlink() {
        return Err(Error::new("symbolic-link", format!("`{}` is a symbolic link", shown.display()))
            .help("name the file that it leads to: what else links there would change as well"));
    }
    let bytes = fs::read(path).map_err(|cause| cannot_write(shown, &cause))?;
    let text = bytes.strip_prefix(MARK).unwrap_or(&bytes);
    if text == file.before.as_bytes() {
        return Ok(bytes);
    }
    Err(Error::new("file-changed", format!("`{}` has changed since it was read, or is no UTF-8", shown.display()))
        .help("nothing was written; run the command again"))
}

fn refused(path: &Path, cause: &std::io::Error) -> Error {
    match cause.kind() {
        std::io::ErrorKind::PermissionDenied | std::io::ErrorKind::ReadOnlyFilesystem => {
            cannot_write(path, cause).help("nothing was written; allow writing to the file and its folder")
        }
        _ => cannot_write(path, cause),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder() -> (tempfile::TempDir, [std::path::PathBuf; 2]) {
        let folder = tempfile::tempdir().unwrap();
        let paths = ["a.yaml", "b.yaml"].map(|name| folder.path().join(name));
        fs::write(&paths[0], "a: 1\n").unwrap();
        fs::write(&paths[1], "\u{FEFF}b: 1\n").unwrap();
        (folder, paths)
    }

    fn replace(paths: &[std::path::PathBuf; 2]) -> std::result::Result<(), String> {
        let files = [
            Replacement { path: &paths[0], shown: Path::new("a.yaml"), before: "a: 1\n", after: "a: 2\n" },
            Replacement { path: &paths[1], shown: Path::new("b.yaml"), before: "b: 1\n", after: "b: 2\n" },
        ];
        replace_all(&files).map_err(|error| error.diagnostic().code.to_string())
    }

    fn texts(paths: &[std::path::PathBuf; 2]) -> [String; 2] {
        [0, 1].map(|index| fs::read_to_string(&paths[index]).unwrap())
    }

    #[test]
    fn all_files_are_replaced_and_a_byte_order_mark_stays() {
        let (folder, paths) = folder();
        assert_eq!(replace(&paths), Ok(()));
        assert_eq!(texts(&paths), ["a: 2\n", "\u{FEFF}b: 2\n"]);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2, "nothing is left beside them");
    }

    #[test]
    fn a_file_that_changed_leaves_all_as_they_were() {
        let (folder, paths) = folder();
        fs::write(&paths[1], "b: 1 # new\n").unwrap();
        assert_eq!(replace(&paths), Err("file-changed".to_owned()));
        assert_eq!(texts(&paths), ["a: 1\n", "b: 1 # new\n"]);
        fs::remove_file(&paths[1]).unwrap();
        assert_eq!(replace(&paths), Err("cannot-write".to_owned()));
        assert_eq!(fs::read_to_string(&paths[0]).unwrap(), "a: 1\n");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn a_file_without_write_permission_and_a_link_leave_all_as_they_were() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let (folder, paths) = folder();
        fs::set_permissions(&paths[1], fs::Permissions::from_mode(0o444)).unwrap();
        assert_eq!(replace(&paths), Err("cannot-write".to_owned()));
        assert_eq!(texts(&paths), ["a: 1\n", "\u{FEFF}b: 1\n"]);
        fs::rename(&paths[1], folder.path().join("real")).unwrap();
        symlink("real", &paths[1]).unwrap();
        assert_eq!(replace(&paths), Err("symbolic-link".to_owned()));
        assert_eq!(texts(&paths), ["a: 1\n", "\u{FEFF}b: 1\n"]);
    }
}
