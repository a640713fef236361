//! What a typed reading of a layer alone does not refuse.

use crate::diagnostic::{Diagnostic, Diagnostics, near_miss};
use crate::model::overlay::{Patch, Target};
use crate::model::workload::SECTIONS;
use crate::origin::Origin;
use crate::project::{FileId, Kind};
use crate::tree::{Node, Spanned};

use super::layers::Layer;
use super::reserved::{self, Reach};

/// Checks the fields of `layer`.
pub(super) fn check(layer: &Layer, diagnostics: &mut Diagnostics) {
    for (name, image) in layer.images.iter() {
        if image.new_name.is_none() && image.tag.is_none() && image.digest.is_none() {
            let message = format!("the image `{name}` gets no `newName`, `tag` or `digest`");
            diagnostics.push(Diagnostic::error("missing-field", message).at(name.origin));
        }
    }
    for patch in &layer.patches {
        check_patch(patch, diagnostics);
    }
    for target in &layer.remove {
        check_target(target, diagnostics);
    }
    reserved::labels(&layer.labels, diagnostics);
    reserved::annotations(&layer.annotations, Reach::All, diagnostics);
}

/// Checks the part of an application that a layer lays over the one below: it says neither what
/// kind of file it is nor values, which have their place in the layer itself.
pub(super) fn check_part(part: &Node, diagnostics: &mut Diagnostics) {
    for entry in part.entries() {
        let help = match entry.key.as_str() {
            "values" => "write `values` beside `app`, not in it",
            "apiVersion" | "kind" => "leave it out: `app` holds fields of the application alone",
            _ => continue,
        };
        let message = format!("`app.{}` has no effect", entry.key);
        diagnostics.push(Diagnostic::error("misplaced-field", message).at(entry.key_origin).help(help));
    }
}

/// Checks that `app` has an application to be laid over: over a kustomization there is none.
pub(super) fn application(roots: &[(FileId, Kind, &Node)], diagnostics: &mut Diagnostics) {
    if roots.iter().any(|(_, kind, _)| *kind == Kind::App) {
        return;
    }
    let Some((_, _, base)) = roots.iter().find(|(_, kind, _)| *kind == Kind::Kustomization) else { return };
    for entry in roots.iter().filter_map(|(_, _, root)| root.as_map()?.entry("app")) {
        let message = "`app` has nothing to be laid over: the base is a kustomization";
        diagnostics.push(
            Diagnostic::error("app-over-kustomization", message)
                .at(entry.key_origin)
                .related(base.origin(), "the kustomization")
                .help("change its resources with `patches`, `images`, `remove` and `resources`"),
        );
    }
}

/// Suspects a misspelled key: a workload that is new in `part`, nearly has the name of one in
/// `lower`, and says nothing of what makes it another program.
pub(super) fn check_new_workloads(lower: &Node, part: &Node, diagnostics: &mut Diagnostics) {
    /// Shorter keys are near to anything.
    const SHORTEST: usize = 4;
    const OWN: [&str; 6] = ["image", "command", "args", "ports", "schedule", "like"];
    for section in SECTIONS {
        let (Some(lower), Some(part)) = (lower.get(section), part.get(section)) else { continue };
        for entry in part.entries() {
            let is_change = lower.get(&entry.key).is_some() || entry.key.chars().count() < SHORTEST;
            if is_change || entry.node.is_null() || OWN.iter().any(|field| entry.node.get(field).is_some()) {
                continue;
            }
            if let Some(near) = near_miss(&entry.key, lower.entries().map(|lower| lower.key.as_str())) {
                let message = format!("`{}` is not in `{section}` of the layers below, and so is added", entry.key);
                diagnostics.push(
                    Diagnostic::warning("new-workload", message)
                        .at(entry.key_origin)
                        .help(format!("did you mean `{near}`? If not, say the `command` or `args` of the new one")),
                );
            }
        }
    }
}

fn check_patch(patch: &Patch, diagnostics: &mut Diagnostics) {
    let kinds = [("json6902", &patch.json6902), ("merge", &patch.merge), ("strategic", &patch.strategic)];
    let written: Vec<(&str, Origin)> =
        kinds.iter().filter_map(|(name, body)| Some((*name, body.as_ref()?.0.origin()))).collect();
    match written.as_slice() {
        [_] => {}
        [] => diagnostics.push(
            Diagnostic::error("missing-field", "a patch needs one of `json6902`, `merge` and `strategic`")
                .at(patch.target.place().unwrap_or(patch.target.origin)),
        ),
        [(first, first_origin), (second, origin), ..] => diagnostics.push(
            Diagnostic::error("conflicting-fields", format!("a patch is one of `{first}` and `{second}`, not both"))
                .at(*origin)
                .related(*first_origin, "the other one")
                .help("write two patches"),
        ),
    }
    check_target(&patch.target, diagnostics);
}

fn check_target(target: &Spanned<Target>, diagnostics: &mut Diagnostics) {
    if target.place().is_none() {
        diagnostics.push(
            Diagnostic::error("empty-target", "an empty target would match every resource")
                .at(target.origin)
                .help("name a `kind`, a `name` or `labels`"),
        );
    }
}

impl Target {
    /// The place of the first field that is written.
    pub fn place(&self) -> Option<Origin> {
        let fields = [&self.name, &self.kind, &self.namespace, &self.group, &self.version];
        let written = fields.into_iter().flatten().map(|text| text.origin).next();
        written.or_else(|| self.labels.keys().next().map(|key| key.origin))
    }
}
