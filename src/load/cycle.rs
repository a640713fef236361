//! A layer that is, through others, its own base.

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::project::{FileId, Link, Project, Role};

/// More cycles than this are not reported: each has a line of its own, and mending a few mends all.
const REPORTED: usize = 20;

/// How far the search has come with a file.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    New,
    OnPath,
    Done,
}

/// A step down: from a file through one of its links.
type Step<'p> = (FileId, &'p Link, FileId);

/// Reports each cycle of `base` once, with every place on it. Chains may be long, so the search
/// keeps its own stack.
pub(super) fn check(project: &Project, diagnostics: &mut Diagnostics) {
    let mut states = vec![State::New; project.files.len()];
    let mut reported = 0;
    for (start, _) in project.files() {
        if states[start.index()] != State::New {
            continue;
        }
        states[start.index()] = State::OnPath;
        let mut path: Vec<Step> = Vec::new();
        let mut open = vec![(start, bases(project, start))];
        while let Some((file, below)) = open.last_mut() {
            let Some((link, base)) = below.next() else {
                states[file.index()] = State::Done;
                open.pop();
                path.pop();
                continue;
            };
            match states[base.index()] {
                State::Done => {}
                State::New => {
                    states[base.index()] = State::OnPath;
                    path.push((*file, link, base));
                    open.push((base, bases(project, base)));
                }
                State::OnPath => {
                    let from = path.iter().position(|(file, ..)| *file == base).unwrap_or(path.len());
                    let mut cycle = path[from..].to_vec();
                    cycle.push((*file, link, base));
                    if is_ours(&cycle) && (reported < REPORTED || is_mixed(&cycle)) {
                        reported += 1;
                        diagnostics.push(report(project, cycle));
                    }
                }
            }
        }
    }
}

/// The layers below a file. A kustomization may list overlays; what it names besides is no layer.
fn bases(project: &Project, file: FileId) -> Box<dyn Iterator<Item = (&Link, FileId)> + '_> {
    let links = project.links(file).iter().filter(|link| match link.reference.role {
        Role::Base | Role::KustomizeResource | Role::KustomizeComponent => true,
        role => role == Role::Resource && link.folder.is_none(),
    });
    let layers = links.flat_map(|link| link.files.iter().map(move |base| (link, *base)));
    Box::new(layers.filter(|(_, base)| project.get(*base).kind.is_some()))
}

/// Whether a cycle goes through both front ends, which build each other: such a one is always
/// reported, for what is reported is not built.
fn is_mixed(cycle: &[Step]) -> bool {
    cycle.iter().any(|(_, link, _)| matches!(link.reference.role, Role::KustomizeResource | Role::KustomizeComponent))
}

/// Whether typed layers take part in a cycle; one of kustomizations alone is found where they are
/// folded, as kustomize finds it.
fn is_ours(cycle: &[Step]) -> bool {
    cycle.iter().any(|(_, link, _)| matches!(link.reference.role, Role::Base | Role::Resource))
}

fn report(project: &Project, mut cycle: Vec<Step>) -> Diagnostic {
    // The same cycle reads the same from wherever it was entered.
    let first = cycle.iter().enumerate().min_by_key(|(_, (file, ..))| *file).map_or(0, |(index, _)| index);
    cycle.rotate_left(first);
    let shown = |file: FileId| format!("`{}`", project.shown(project.get(file)).display());
    let mut way: Vec<_> = cycle.iter().map(|(file, ..)| shown(*file)).collect();
    way.extend(cycle.first().map(|(file, ..)| shown(*file)));
    let mut diagnostic = Diagnostic::error("base-cycle", format!("a layer is its own base: {}", way.join(" -> ")));
    for (index, (_, link, base)) in cycle.iter().enumerate() {
        let text = format!("leads to {}", shown(*base));
        diagnostic = match index {
            0 => diagnostic.label(link.reference.origin, text),
            _ => diagnostic.related(link.reference.origin, text),
        };
    }
    diagnostic.help("take one of these `base` entries away; what both layers share belongs into a third")
}
