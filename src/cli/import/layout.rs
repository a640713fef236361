//! Where the base is and where its overlays are.

use std::path::{Path, PathBuf};

use crate::cli::files::{cannot, missing, read_if_there};
use crate::error::{Error, Result};
use crate::project::KUSTOMIZATIONS;

/// The kustomizations of an application.
#[derive(Debug, PartialEq)]
pub(super) struct Layout {
    /// What the application could be called.
    pub name: String,
    /// The base; without one nothing is shared, but a single kustomization is its own.
    pub base: Option<PathBuf>,
    /// The overlays, by name.
    pub environments: Vec<(String, PathBuf)>,
}

impl Layout {
    /// Finds them from a base, from a folder of overlays, from the folder of both or from one
    /// kustomization.
    pub fn find(folder: &Path) -> Result<Self> {
        let folder = folder.canonicalize().map_err(|error| match missing(&error) {
            true => Error::new("not-found", format!("there is no folder `{}`", folder.display())),
            false => cannot("read", folder, &error),
        })?;
        let above = folder.parent().unwrap_or(&folder).to_path_buf();
        let is_base = name_of(&folder) == "base";
        if is_kustomization(&folder)? {
            let places = [
                Some(folder.join("overlays")),
                is_base.then(|| above.join("overlays")),
                is_base.then(|| above.clone()),
            ];
            for place in places.into_iter().flatten() {
                let environments = overlays(&place)?;
                if !environments.is_empty() {
                    let name = name_of(if is_base { &above } else { &folder });
                    return Ok(Self { name, base: Some(folder), environments });
                }
            }
            let (name, of) = (name_of(&folder), name_of(if is_base { &above } else { &folder }));
            return Ok(Self { name: of, base: None, environments: vec![(name, folder)] });
        }
        let (inside, beside) = (folder.join("overlays"), folder.clone());
        for (place, root) in [(inside, &folder), (beside, &above)] {
            let environments = overlays(&place)?;
            if environments.is_empty() {
                continue;
            }
            let bases = [place.join("base"), root.join("base")];
            let base = bases.into_iter().find(|base| is_kustomization(base).unwrap_or(false));
            let of = if name_of(&place) == "overlays" { root } else { &folder };
            return Ok(Self { name: name_of(of), base, environments });
        }
        let message = format!("`{}` is no kustomization and holds none", folder.display());
        let help =
            "name a base with its overlays beside it, a folder of overlays, or one folder with a kustomization.yaml";
        Err(Error::new("no-kustomization", message).help(help))
    }
}

/// The folders of kustomizations right below `folder`, without bases and components.
fn overlays(folder: &Path) -> Result<Vec<(String, PathBuf)>> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if missing(&error) => return Ok(Vec::new()),
        Err(error) => return Err(cannot("read", folder, &error)),
    };
    let mut found = Vec::new();
    for entry in entries {
        let path = entry.map_err(|error| cannot("read", folder, &error))?.path();
        let name = name_of(&path);
        if path.is_dir() && name != "base" && is_kustomization(&path)? {
            found.push((name, path));
        }
    }
    found.sort();
    Ok(found)
}

fn is_kustomization(folder: &Path) -> Result<bool> {
    for name in KUSTOMIZATIONS {
        if let Some(bytes) = read_if_there(&folder.join(name))? {
            let text = String::from_utf8_lossy(&bytes);
            return Ok(!text.lines().any(|line| line.trim_end() == "kind: Component"));
        }
    }
    Ok(false)
}

fn name_of(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}
