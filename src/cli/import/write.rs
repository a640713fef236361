//! New files, all of them or none.

use std::path::{Path, PathBuf};

use crate::cli::init::write_new;
use crate::error::Result;

/// Writes `files` below `root`; when one cannot be written, those before it are taken away again.
pub(super) fn all(root: &Path, files: &[(String, String)]) -> Result<()> {
    let mut folders: Vec<PathBuf> = Vec::new();
    let mut written: Vec<PathBuf> = Vec::new();
    for (path, text) in files {
        let path = root.join(path);
        let new = path.ancestors().skip(1).take_while(|folder| !folder.exists());
        folders.extend(new.map(Path::to_path_buf));
        if let Err(error) = write_new(&path, text) {
            undo(&written, folders);
            return Err(error);
        }
        written.push(path);
    }
    Ok(())
}

fn undo(written: &[PathBuf], mut folders: Vec<PathBuf>) {
    for path in written {
        // What cannot be taken away stays; the error that led here is the one to show.
        let _ = std::fs::remove_file(path);
    }
    folders.sort_by_key(|folder| std::cmp::Reverse(folder.components().count()));
    for folder in folders {
        let _ = std::fs::remove_dir(folder);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_cannot_be_written_takes_those_before_it_away() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("kept")).unwrap();
        let too_long = format!("kept/{}", "x".repeat(300));
        let files = ["a/b/c.yaml", "kept/d.yaml", &too_long].map(|path| (path.to_owned(), "x".to_owned()));
        assert!(all(folder.path(), &files).is_err());
        let left: Vec<_> = walkdir::WalkDir::new(folder.path()).min_depth(1).into_iter().collect();
        assert_eq!(left.len(), 1, "{left:?}");
        assert!(all(folder.path(), &files[..2]).is_ok());
    }
}
