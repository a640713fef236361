//! The few things that subcommands do with files besides building and emitting.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::snapshot::no_project;
use crate::error::{Error, Result};
use crate::project::SETTINGS;

/// The nearest folder from `cwd` upwards with a strata.yaml, else the nearest with overlays/.
pub(super) fn project_root(cwd: &Path) -> Result<PathBuf> {
    let marked = cwd.ancestors().find(|folder| folder.join("strata.yaml").is_file());
    let root = marked.or_else(|| cwd.ancestors().find(|folder| folder.join("overlays").is_dir()));
    root.map(Path::to_path_buf).ok_or_else(no_project)
}

/// Whether all that is built of the project at `root` lies below its `overlays/`: the other folders of a
/// project of Strata may hold anything (tests, examples, vendored charts).
pub(super) fn builds_overlays_alone(root: &Path) -> bool {
    root.join(SETTINGS).is_file() && root.join("overlays").is_dir()
}

/// The folder of all that the project builds that `cwd` is in, for a request of
/// [`Folders::Everything`](crate::pipeline::Folders): the rule of `strata check`.
pub(super) fn whole_project(cwd: &Path) -> PathBuf {
    let root = crate::pipeline::project_root(cwd, cwd);
    if builds_overlays_alone(&root) {
        return root.join("overlays");
    }
    let is_marked = [SETTINGS, ".git"].iter().any(|marker| root.join(marker).exists());
    // Nothing says where it begins.
    let above = cwd.ancestors().find(|folder| folder.join("overlays").is_dir()).filter(|_| !is_marked);
    above.map_or(root, Path::to_path_buf)
}

/// The paths of `*.yaml` files below `folder`, relative to it, with `/`, sorted. Links are not
/// followed.
pub(super) fn yaml_files_below(folder: &Path) -> Result<Vec<String>> {
    let mut found = Vec::new();
    for entry in walkdir::WalkDir::new(folder).sort_by_file_name() {
        let entry =
            entry.map_err(|error| Error::new("read", format!("cannot list `{}`: {error}", folder.display())))?;
        let is_yaml = entry.path().extension().is_some_and(|extension| extension == "yaml");
        if entry.file_type().is_file()
            && is_yaml
            && let Ok(below) = entry.path().strip_prefix(folder)
        {
            let parts: Vec<_> = below.iter().map(|part| part.to_string_lossy()).collect();
            found.push(parts.join("/"));
        }
    }
    Ok(found)
}

/// The bytes of a file; `None` when it is not there. Anything but a file is an error.
pub(super) fn read_if_there(path: &Path) -> Result<Option<Vec<u8>>> {
    match path.metadata() {
        Ok(metadata) if metadata.is_file() => {}
        Ok(_) => return Err(Error::new("read", format!("`{}` is not a file", path.display()))),
        Err(error) if missing(&error) => return Ok(None),
        Err(error) => return Err(cannot("read", path, &error)),
    }
    std::fs::read(path).map(Some).map_err(|error| cannot("read", path, &error))
}

/// Refuses a path below `root` of which a part is a symbolic link: what is read, written and
/// removed there is Strata's own, and a link in a repository must not lead it to other files.
pub(super) fn without_links(root: &Path, path: &Path) -> Result<()> {
    let below = path.ancestors().take_while(|part| *part != root && part.starts_with(root));
    match below.filter(|part| part.is_symlink()).last() {
        None => Ok(()),
        Some(link) => Err(Error::new("symbolic-link", format!("`{}` is a symbolic link", link.display()))
            .help("remove the link: files are written to folders of their own here, never through a link")),
    }
}

/// Whether the path does not exist; below a file nothing does.
pub(super) fn missing(error: &std::io::Error) -> bool {
    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory)
}

/// Makes the folder that `path` will be in.
pub(super) fn make_parent(path: &Path) -> Result<()> {
    path.parent().map_or(Ok(()), make_folder)
}

/// Makes a folder and those above it.
pub(super) fn make_folder(path: &Path) -> Result<()> {
    std::fs::create_dir_all(path).map_err(|error| cannot("write", path, &error))
}

/// Removes a file, and the folders below `top` that this leaves empty.
pub(super) fn remove(path: &Path, top: &Path) -> Result<()> {
    std::fs::remove_file(path).map_err(|error| cannot("remove", path, &error))?;
    for folder in path.ancestors().skip(1).take_while(|folder| *folder != top && folder.starts_with(top)) {
        // A folder that still holds something stays, and so do those above it.
        if std::fs::remove_dir(folder).is_err() {
            break;
        }
    }
    Ok(())
}

/// The error of an operation (`read`, `write`, `remove`) on a path.
pub(super) fn cannot(operation: &'static str, path: &Path, error: &std::io::Error) -> Error {
    Error::new(operation, format!("cannot {operation} `{}`: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_root_is_marked_by_strata_yaml_before_overlays() {
        let folder = tempfile::tempdir().unwrap();
        let deep = folder.path().join("p/overlays/a/overlays");
        std::fs::create_dir_all(&deep).unwrap();
        assert_eq!(project_root(&deep).unwrap(), folder.path().join("p/overlays/a"));
        std::fs::write(folder.path().join("p/strata.yaml"), "").unwrap();
        assert_eq!(project_root(&deep).unwrap(), folder.path().join("p"));
    }

    #[test]
    fn removing_a_file_takes_empty_folders_along() {
        let folder = tempfile::tempdir().unwrap();
        let top = folder.path().join("snapshots");
        std::fs::create_dir_all(top.join("a/b")).unwrap();
        std::fs::write(top.join("a/b/c.yaml"), "").unwrap();
        assert_eq!(yaml_files_below(&top).unwrap(), ["a/b/c.yaml"]);
        remove(&top.join("a/b/c.yaml"), &top).unwrap();
        assert!(top.is_dir() && !top.join("a").exists());
        assert_eq!(read_if_there(&top.join("a/b/c.yaml")).unwrap(), None);
        assert!(read_if_there(&top).is_err());
    }
}
