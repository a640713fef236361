//! What a folder stands for: the layer in it, or the manifests in it.

use std::path::{Path, PathBuf};

use super::files::Files;
use super::path::Places;
use crate::diagnostic::{Diagnostic, near_miss};
use crate::error::Result;
use crate::project::{APP, COMPONENT, KUSTOMIZATIONS, OVERLAY, is_manifest};

/// What `base` and an entry look for in a folder.
pub(super) const BASES: [&str; 2] = [OVERLAY, APP];
/// What `components` looks for in a folder.
pub(super) const COMPONENTS: [&str; 1] = [COMPONENT];

/// Those of `names` that are in `folder`.
pub(super) fn present<'n>(folder: &Path, names: &[&'n str], files: Files) -> Vec<&'n str> {
    // A link that leads nowhere counts, so that reading it says what is wrong.
    names.iter().copied().filter(|name| files.exists(&folder.join(name))).collect()
}

/// The one file of `names` in `folder`; a message calls the folder `written`.
pub(super) fn layer(folder: &Path, written: &str, names: &[&str], places: &Places) -> Result<PathBuf> {
    match present(folder, names, places.files).as_slice() {
        [name] => Ok(folder.join(name)),
        [] => Err(no_layer(folder, written, names, places).into()),
        several => Err(Diagnostic::error("ambiguous-folder", format!("`{written}` holds {}", and(several)))
            .help("name the file instead of the folder")
            .into()),
    }
}

fn no_layer(folder: &Path, written: &str, names: &[&str], places: &Places) -> Diagnostic {
    let wanted = or(names);
    let diagnostic = Diagnostic::error("file-not-found", format!("`{written}` is a folder without {wanted}"));
    let others = present(folder, &[OVERLAY, APP, COMPONENT], places.files);
    if let Some(other) = others.first() {
        let field = if *other == COMPONENT { "components" } else { "base" };
        return diagnostic.help(format!("it holds `{other}`, which belongs under `{field}`"));
    }
    let held = places.files.names(folder);
    match near_miss_of(&held, names) {
        Some((held, name)) => diagnostic.help(format!("it holds `{held}`: rename it to `{name}`")),
        None => diagnostic.help(format!("looked in `{}`", places.show(folder))),
    }
}

/// The first name of a folder that is nearly one of `names`, and which one that is.
pub(super) fn near_miss_of<'a>(held: &'a [String], names: &[&'a str]) -> Option<(&'a str, &'a str)> {
    held.iter().find_map(|held| Some((held.as_str(), near_miss(held, names.iter().copied())?)))
}

/// The one kustomization file of `folder`, which a message calls `written`.
pub(super) fn kustomization(folder: &Path, written: &str, files: Files) -> Result<PathBuf> {
    match present(folder, &KUSTOMIZATIONS, files).as_slice() {
        [name] => Ok(folder.join(name)),
        [] => {
            let message = format!("`{written}` is a folder without {}", or(&KUSTOMIZATIONS));
            let held = files.names(folder);
            let near = near_miss_of(&held, &KUSTOMIZATIONS);
            let help = near.map_or("name a file, or the folder of a kustomization".to_owned(), |(held, name)| {
                format!("it holds `{held}`: rename it to `{name}`")
            });
            Err(Diagnostic::error("file-not-found", message).help(help).into())
        }
        several => Err(Diagnostic::error("ambiguous-folder", format!("`{written}` holds {}", and(several)))
            .help("keep one of them")
            .into()),
    }
}

/// Whether `folder` is there and holds a file of manifests.
pub(super) fn holds_manifests(folder: &Path, files: Files) -> bool {
    files.is_dir(folder) && files.names(folder).iter().any(|name| is_manifest(Path::new(name)))
}

/// The manifest files directly in `folder`, sorted by name: `*.yaml`, `*.yml` and `*.json` that
/// are not hidden. Folders below are not visited, as with `kubectl apply --filename FOLDER`.
pub(super) fn manifests(folder: &Path, written: &str, places: &Places) -> Result<Vec<PathBuf>> {
    if let Some(model) = present(folder, &[OVERLAY, APP, COMPONENT], places.files).first() {
        let message = format!("`{written}` is no folder of resources: it holds `{model}`");
        let field = if *model == COMPONENT { "components" } else { "base" };
        return Err(Diagnostic::error("ambiguous-folder", message)
            .help(format!("list the folder under `{field}`, or name the resource files one by one"))
            .into());
    }
    let names = places.files.names(folder).into_iter().filter(|name| is_manifest(Path::new(name)));
    let paths: Vec<_> = names.map(|name| folder.join(name)).filter(|path| !places.files.is_dir(path)).collect();
    if paths.is_empty() {
        let message = format!("`{written}` is a folder without manifests");
        return Err(Diagnostic::error("empty-folder", message)
            .help(format!("put `*.yaml`, `*.yml` or `*.json` files into `{}`", places.show(folder)))
            .into());
    }
    Ok(paths)
}

fn and(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(" and ")
}

/// Names for a message: `a`, `a` or `b`, `a`, `b` or `c`.
pub(super) fn or(names: &[&str]) -> String {
    let quoted: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
    match quoted.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
        _ => quoted.concat(),
    }
}
