//! A layer that is, through others, its own base, and layers too many on top of each other.

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::project::{FileId, Kind, Link, Project, Role};

/// More cycles than this are not reported: each has a line of its own, and mending a few mends all.
const REPORTED: usize = 20;

/// How many kustomizations may lie on top of each other: folding one is a call within the call for
/// the one above, and the stack of a thread has an end. Typed layers lie in a list and do not count.
const DEEPEST: u32 = 80;

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
    let mut depths = vec![0; project.files.len()];
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
                let file = *file;
                open.pop();
                if let Some((above, link, _)) = path.pop() {
                    let below = depths[file.index()] + u32::from(is_call(project, above, file));
                    if below == DEEPEST + 1 && depths[above.index()] < below {
                        diagnostics.push(too_deep(project, link, file));
                    }
                    depths[above.index()] = depths[above.index()].max(below);
                }
                continue;
            };
            match states[base.index()] {
                State::Done => {
                    let below = depths[base.index()] + u32::from(is_call(project, *file, base));
                    depths[file.index()] = depths[file.index()].max(below);
                }
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

/// Whether building `above` calls what builds `below`.
fn is_call(project: &Project, above: FileId, below: FileId) -> bool {
    [above, below].into_iter().any(|file| project.get(file).kind == Some(Kind::Kustomization))
}

fn too_deep(project: &Project, link: &Link, base: FileId) -> Diagnostic {
    let shown = project.shown(project.get(base)).display();
    Diagnostic::error("layers-too-deep", format!("more than {DEEPEST} kustomizations lie on top of each other"))
        .label(link.reference.origin, format!("leads to `{shown}`"))
        .help("list the resources of several layers in one of them")
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
