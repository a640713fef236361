//! Paths: how a written path is joined to a folder, and how a path is shown to people.

use std::path::{Component, Path, PathBuf};

use super::files::Files;

/// The folders of a run. All are canonical, and paths are shown relative to them.
#[derive(Clone, Debug)]
pub(super) struct Places<'a> {
    /// The project root: what is typed names nothing outside of it.
    pub root: PathBuf,
    /// The folder that kustomizations stay in: the root of a project with a `strata.yaml`, else
    /// the top of the file system, for kustomize lets bases be anywhere.
    pub bounds: PathBuf,
    cwd: PathBuf,
    /// Where files are read from.
    pub files: Files<'a>,
}

impl<'a> Places<'a> {
    /// `root` and `bounds` are canonical; `cwd` is made so where that is possible.
    pub fn new(root: PathBuf, bounds: PathBuf, cwd: &Path, files: Files<'a>) -> Self {
        Self { root, bounds, cwd: cwd.canonicalize().unwrap_or_else(|_| cwd.to_path_buf()), files }
    }

    /// `path` (absolute) as people see it: relative to the current folder when it is below it,
    /// else to the project root, else whole; with `/` on every system.
    pub fn show(&self, path: &Path) -> String {
        let shorter = |folder: &Path| path.strip_prefix(folder).ok();
        let shown = match shorter(&self.cwd) {
            Some(rest) if rest.as_os_str().is_empty() => Path::new("."),
            Some(rest) => rest,
            None => shorter(&self.root).filter(|rest| !rest.as_os_str().is_empty()).unwrap_or(path),
        };
        let shown = shown.to_string_lossy();
        if std::path::MAIN_SEPARATOR == '/' { shown.into_owned() } else { shown.replace('\\', "/") }
    }
}

/// `relative` seen from `folder`, with `.` and `..` worked out on the text alone, before symbolic
/// links are followed. Kustomize does the same (Go's `filepath.Join`), so `link/../x` is `x`
/// beside the link. An absolute `relative` replaces `folder`.
pub fn join(folder: &Path, relative: &Path) -> PathBuf {
    let mut joined = PathBuf::new();
    for component in folder.join(relative).components() {
        match component {
            Component::CurDir => {}
            // Above the top there is nothing: `/..` is `/`.
            Component::ParentDir => drop(joined.pop()),
            other => joined.push(other),
        }
    }
    joined
}

/// The parts of `path` as text, for messages; an unnamed path gives an empty text.
pub(super) fn name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn joining_works_on_the_text_and_never_goes_above_the_top() {
        let joined = |folder: &str, relative: &str| join(Path::new(folder), Path::new(relative));
        assert_eq!(joined("/p/overlays/prod", "../../base/./app"), Path::new("/p/base/app"));
        assert_eq!(joined("/p", "../../../x"), Path::new("/x"));
        assert_eq!(joined("/p", "/etc/passwd"), Path::new("/etc/passwd"));
        assert_eq!(joined("/p", "."), Path::new("/p"));
    }

    #[test]
    fn paths_are_shown_from_the_current_folder_else_from_the_root() {
        let places = Places { root: "/p".into(), bounds: "/p".into(), cwd: "/p/overlays".into(), files: Files::Disk };
        assert_eq!(places.show(Path::new("/p/overlays/prod/overlay.yaml")), "prod/overlay.yaml");
        assert_eq!(places.show(Path::new("/p/overlays")), ".");
        assert_eq!(places.show(Path::new("/p/base/app.yaml")), "base/app.yaml");
        assert_eq!(places.show(Path::new("/p")), "/p");
        assert_eq!(places.show(Path::new("/etc/passwd")), "/etc/passwd");
    }
}
