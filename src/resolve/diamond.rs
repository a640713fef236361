//! Two bases of one overlay may share layers; where they differ, they must not disagree.

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::project::{FileId, Project, Role};
use crate::tree::{Node, Path, Value};

use super::layers::below;

/// Fields that add up or say nothing about the application, so two parents cannot disagree on them.
const APART: [&str; 10] =
    ["apiVersion", "kind", "base", "components", "patches", "remove", "resources", "templates", "argocd", "names"];

/// Reports every field that two parents of an overlay set differently.
pub(super) fn check(project: &Project, chain: &[FileId], diagnostics: &mut Diagnostics) {
    for id in chain {
        let bases = project.links(*id).iter().filter(|link| link.reference.role == Role::Base);
        let parents: Vec<FileId> = bases.flat_map(|link| link.files.iter().copied()).collect();
        for (index, one) in parents.iter().enumerate() {
            for other in &parents[index + 1..] {
                parents_agree(project, *one, *other, diagnostics);
            }
        }
    }
}

fn parents_agree(project: &Project, one: FileId, other: FileId, diagnostics: &mut Diagnostics) {
    let (ones, others) = (below(project, one), below(project, other));
    let only = |mine: &[FileId], theirs: &[FileId]| -> Vec<FileId> {
        mine.iter().copied().filter(|id| !theirs.contains(id)).collect()
    };
    for a in only(&ones, &others) {
        for b in only(&others, &ones) {
            if let (Some(a), Some(b)) = (project.get(a).root(), project.get(b).root()) {
                agree(a, b, &mut Path::default(), diagnostics);
            }
        }
    }
}

fn agree(a: &Node, b: &Node, path: &mut Path, diagnostics: &mut Diagnostics) {
    let (Value::Map(a_map), Value::Map(_)) = (a.value(), b.value()) else {
        if a != b {
            diagnostics.push(
                Diagnostic::error("diamond-conflict", format!("two bases set `{path}` differently"))
                    .at(b.origin())
                    .related(a.origin(), "the other one")
                    .help("let one of them say it, or move it into the overlay that both come together in"),
            );
        }
        return;
    };
    let top = path.segments().is_empty();
    if top && let (Some(one), Some(other)) = (a.get("names"), b.get("names")) {
        diagnostics.push(
            Diagnostic::error("diamond-conflict", "two bases add a prefix or suffix, and both would be added")
                .at(other.origin())
                .related(one.origin(), "the other one")
                .help("let one of them say it, or move it into the overlay that both come together in"),
        );
    }
    for entry in a_map {
        if top && APART.contains(&entry.key.as_str()) {
            continue;
        }
        if let Some(other) = b.get(&entry.key) {
            path.push_key(entry.key.clone());
            agree(&entry.node, other, path, diagnostics);
            path.pop();
        }
    }
}
