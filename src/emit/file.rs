//! One file, whole or not at all.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use tempfile::TempPath;

use crate::error::{Error, Result};

/// How the names of temporary files begin.
const PREFIX: &str = ".strata-";
/// How they end.
const SUFFIX: &str = ".tmp";
/// The number of letters and digits between the two.
const RANDOM: usize = 6;
/// After how long nobody is about to move a temporary file into its place.
const ABANDONED: Duration = Duration::from_secs(60 * 60);

/// Writes `bytes` as the content of `path`: into a new file beside it that then takes its place,
/// so a reader sees the old content or the new one and a failure leaves the old one.
///
/// The permissions of a file that is there are kept, and one without write permission is refused
/// as a plain write would be. A symlink stays: the file that it points at is replaced. What is no
/// regular file (`/dev/stdout`, a pipe) is written to directly.
pub fn write_atomically(path: &Path, bytes: &[u8]) -> Result<()> {
    let target = resolve(path).map_err(|cause| cannot_write(path, &cause))?;
    let write = || match fs::metadata(&target) {
        Ok(existing) if existing.is_dir() => Err(io::ErrorKind::IsADirectory.into()),
        Ok(existing) if !existing.is_file() => OpenOptions::new().write(true).open(&target)?.write_all(bytes),
        _ => {
            persist(stage(&target, bytes)?, &target)?;
            sweep(folder_of(&target));
            Ok(())
        }
    };
    write().map_err(|cause| cannot_write(path, &cause))
}

/// Where a symlink leads, or the path itself.
fn resolve(path: &Path) -> io::Result<PathBuf> {
    match fs::symlink_metadata(path) {
        Ok(existing) if existing.is_symlink() => fs::canonicalize(path),
        _ => Ok(path.to_owned()),
    }
}

/// Writes `bytes` into a new file in the folder of `target`, with the permissions of `target`
/// where that is there. The new file is gone when the returned path is dropped.
pub(super) fn stage(target: &Path, bytes: &[u8]) -> io::Result<TempPath> {
    let existing = existing_file(target)?;
    let mut new = new_file_beside(target)?;
    new.write_all(bytes)?;
    if let Some(existing) = existing {
        new.as_file().set_permissions(existing.permissions())?;
    }
    // Closed here, or a folder of many files would run out of descriptors.
    Ok(new.into_temp_path())
}

pub(super) fn persist(new: TempPath, target: &Path) -> io::Result<()> {
    new.persist(target).map_err(|error| error.error)
}

fn existing_file(target: &Path) -> io::Result<Option<Metadata>> {
    match fs::metadata(target) {
        Ok(existing) if existing.permissions().readonly() => Err(io::ErrorKind::PermissionDenied.into()),
        Ok(existing) => Ok(Some(existing)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

fn new_file_beside(target: &Path) -> io::Result<tempfile::NamedTempFile<File>> {
    new_file_in(folder_of(target))
}

fn folder_of(file: &Path) -> &Path {
    match file.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

fn new_file_in(folder: &Path) -> io::Result<tempfile::NamedTempFile<File>> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(PREFIX).suffix(SUFFIX).rand_bytes(RANDOM);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // Like any new file: readable to others as far as the umask lets them.
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    builder.tempfile_in(folder)
}

/// Removes what runs that were killed left in a folder: files under the names of our temporary ones that
/// nobody has touched for so long that whoever wrote them is gone. How long that is the file system says,
/// by a file that is made now. What cannot be removed stays.
pub(super) fn sweep(folder: &Path) {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let left: Vec<PathBuf> = entries.filter(is_temporary).map(|entry| entry.path()).collect();
    if left.is_empty() {
        return;
    }
    let modified = |metadata: io::Result<Metadata>| metadata.and_then(|metadata| metadata.modified());
    let Ok(now) = new_file_in(folder).and_then(|new| modified(new.as_file().metadata())) else { return };
    for path in left {
        let age = modified(fs::symlink_metadata(&path)).ok().and_then(|written| now.duration_since(written).ok());
        if age.is_some_and(|age| age > ABANDONED) {
            let _ = fs::remove_file(&path);
        }
    }
}

/// Whether a file has the name of a temporary one of ours.
fn is_temporary(entry: &fs::DirEntry) -> bool {
    let name = entry.file_name();
    let middle = name.to_str().and_then(|name| name.strip_prefix(PREFIX)?.strip_suffix(SUFFIX));
    let is_random = |middle: &str| middle.len() == RANDOM && middle.bytes().all(|byte| byte.is_ascii_alphanumeric());
    middle.is_some_and(is_random) && entry.file_type().is_ok_and(|kind| kind.is_file())
}

/// The error of a path that cannot be written, with the cause in its text.
pub(super) fn cannot_write(path: &Path, cause: &io::Error) -> Error {
    let error = Error::new("cannot-write", format!("cannot write `{}`: {}", path.display(), describe(cause)));
    match cause.kind() {
        io::ErrorKind::NotFound => {
            error.help("create the folder that it goes into, or check the path for a typing mistake")
        }
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            error.help("allow writing there, or name another place with `--output`")
        }
        _ => error,
    }
}

fn describe(cause: &io::Error) -> String {
    match cause.kind() {
        io::ErrorKind::NotFound => "the folder does not exist, or a symlink points at nothing".to_owned(),
        io::ErrorKind::NotADirectory => "a part of the path is a file, not a folder".to_owned(),
        io::ErrorKind::IsADirectory => "it is a folder".to_owned(),
        _ => without_number(cause),
    }
}

/// The system's words without its `(os error 28)`.
fn without_number(cause: &io::Error) -> String {
    let text = cause.to_string();
    let words = text.split(" (os error").next().unwrap_or(&text);
    let mut letters = words.chars();
    let first = letters.next().map(|letter| letter.to_ascii_lowercase());
    first.into_iter().chain(letters).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<_> =
            fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_file_is_made_and_replaced_and_nothing_else_is_left() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.yaml");
        for bytes in ["a: 1\n", "b: 2\n"] {
            write_atomically(&path, bytes.as_bytes()).unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap(), bytes);
        }
        assert_eq!(names(folder.path()), ["out.yaml"]);
    }

    #[test]
    fn what_a_killed_run_left_is_removed_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let old = std::time::SystemTime::now() - 2 * ABANDONED;
        let all = [".strata-aB3dE6.tmp", ".strata-aB3dE.tmp", ".strata-files", ".strata-aB3d.6.tmp", "a.tmp"];
        for name in all {
            let file = File::create(folder.path().join(name)).unwrap();
            file.set_modified(old).unwrap();
        }
        File::create(folder.path().join(".strata-living.tmp")).unwrap();
        fs::create_dir(folder.path().join(".strata-folder.tmp")).unwrap();
        write_atomically(&folder.path().join("out.yaml"), b"a").unwrap();
        let mut expected = [&all[1..], &[".strata-living.tmp", ".strata-folder.tmp", "out.yaml"]].concat();
        expected.sort_unstable();
        assert_eq!(names(folder.path()), expected);
    }

    #[test]
    fn a_missing_folder_is_named_with_its_cause() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("missing/out.yaml");
        let error = write_atomically(&path, b"a").unwrap_err();
        assert_eq!(error.diagnostic().code, "cannot-write");
        let expected =
            format!("cannot write `{}`: the folder does not exist, or a symlink points at nothing", path.display());
        assert_eq!(error.diagnostic().message, expected);
    }

    #[test]
    fn a_folder_or_a_path_through_a_file_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        fs::write(&file, "x").unwrap();
        let message = |path: &Path| write_atomically(path, b"a").unwrap_err().diagnostic().message.clone();
        assert!(message(folder.path()).ends_with("it is a folder"));
        assert!(message(&file.join("below")).ends_with("a part of the path is a file, not a folder"));
        assert_eq!(names(folder.path()), ["file"]);
    }

    #[cfg(unix)]
    mod unix {
        use std::os::unix::fs::{PermissionsExt, symlink};

        use super::*;

        fn mode(path: &Path) -> u32 {
            fs::metadata(path).unwrap().permissions().mode() & 0o777
        }

        #[test]
        fn permissions_of_a_file_that_is_there_are_kept() {
            let folder = tempfile::tempdir().unwrap();
            let (old, new, plain) = (folder.path().join("old"), folder.path().join("new"), folder.path().join("plain"));
            fs::write(&old, "x").unwrap();
            fs::set_permissions(&old, fs::Permissions::from_mode(0o750)).unwrap();
            fs::write(&plain, "x").unwrap();
            write_atomically(&old, b"a").unwrap();
            write_atomically(&new, b"a").unwrap();
            assert_eq!((mode(&old), mode(&new)), (0o750, mode(&plain)));
        }

        #[test]
        fn a_file_without_write_permission_is_refused() {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("kept");
            fs::write(&path, "x").unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o444)).unwrap();
            let error = write_atomically(&path, b"a").unwrap_err();
            assert!(error.diagnostic().message.ends_with("permission denied"), "{error}");
            assert_eq!(fs::read_to_string(&path).unwrap(), "x");
            assert_eq!(names(folder.path()), ["kept"]);
        }

        #[test]
        fn a_symlink_stays_and_its_target_is_replaced() {
            let folder = tempfile::tempdir().unwrap();
            let (target, link) = (folder.path().join("target"), folder.path().join("link"));
            fs::write(&target, "x").unwrap();
            symlink("target", &link).unwrap();
            write_atomically(&link, b"a").unwrap();
            assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
            assert_eq!(fs::read_to_string(&target).unwrap(), "a");
            let dangling = folder.path().join("dangling");
            symlink("nowhere", &dangling).unwrap();
            assert!(write_atomically(&dangling, b"a").is_err());
        }

        #[test]
        fn a_pipe_is_written_to_directly() {
            let folder = tempfile::tempdir().unwrap();
            let pipe = folder.path().join("pipe");
            assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
            let reader = std::thread::spawn({
                let pipe = pipe.clone();
                move || fs::read(pipe).unwrap()
            });
            write_atomically(&pipe, b"a").unwrap();
            assert_eq!(reader.join().unwrap(), b"a");
            assert!(!fs::metadata(&pipe).unwrap().is_file());
        }
    }
}
