//! A comparison for machines: docs/diff.md describes the shape.

use serde::Serialize;

use super::report::{Overlay, Places, Report};
use super::value;
use crate::cli::json::to_text;
use crate::diff::{Expected, Matching, Object};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Written {
    compared: usize,
    effects: Vec<Count>,
    overlays: Vec<OverlayEntry>,
    failed: Failed,
}

#[derive(Serialize)]
struct Failed {
    old: Vec<String>,
    new: Vec<String>,
}

#[derive(Serialize)]
struct Count {
    effect: &'static str,
    objects: usize,
    overlays: usize,
}

#[derive(Serialize)]
struct OverlayEntry {
    overlay: String,
    change: &'static str,
    effect: Option<&'static str>,
    objects: Vec<ObjectEntry>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ObjectEntry {
    group: String,
    kind: String,
    namespace: String,
    name: String,
    change: &'static str,
    effects: Vec<EffectEntry>,
    fields: Vec<FieldEntry>,
    file: Option<String>,
    line: Option<usize>,
}

#[derive(Serialize)]
struct EffectEntry {
    effect: &'static str,
    rule: &'static str,
    reason: String,
    path: Option<String>,
}

#[derive(Serialize)]
struct FieldEntry {
    path: String,
    old: Option<String>,
    new: Option<String>,
    secret: bool,
    order: bool,
    expected: Option<&'static str>,
    file: Option<String>,
    line: Option<usize>,
    column: Option<usize>,
}

pub fn render(report: &Report, all: bool) -> String {
    let is_change = report.matching == Matching::SameObjects;
    let counts = report.counts().into_iter().filter(|_| is_change);
    let written = Written {
        compared: report.compared,
        effects: counts
            .map(|(effect, objects, overlays)| Count { effect: effect.as_str(), objects, overlays })
            .collect(),
        overlays: report.overlays.iter().map(|overlay| self::overlay(report, overlay, all)).collect(),
        failed: Failed { old: report.failed_before.clone(), new: report.failed_now.clone() },
    };
    to_text(&written)
}

fn overlay(report: &Report, overlay: &Overlay, all: bool) -> OverlayEntry {
    let is_change = report.matching == Matching::SameObjects;
    let mut places = overlay.places();
    OverlayEntry {
        overlay: overlay.name.clone(),
        change: overlay.change.as_str(),
        effect: is_change.then(|| overlay.effect().as_str()),
        objects: overlay.objects.iter().map(|object| self::object(report, object, all, &mut places)).collect(),
    }
}

fn object(report: &Report, object: &Object, all: bool, places: &mut Places) -> ObjectEntry {
    let id = object.shown().map(|resource| resource.id().clone()).unwrap_or_default();
    let place = places.object(object);
    let effect = |finding: &crate::diff::Finding| EffectEntry {
        effect: finding.effect.as_str(),
        rule: finding.rule,
        reason: finding.reason.clone(),
        path: finding.path.clone(),
    };
    let field = |field: &crate::diff::FieldChange| {
        let place = places.field(field);
        let environments = report.matching == Matching::Environments;
        FieldEntry {
            path: field.shown_path(),
            old: value::shown(field.old.as_ref(), field.secret),
            new: value::shown(field.new.as_ref(), field.secret),
            secret: field.secret,
            order: field.order,
            expected: Expected::of(object, field).filter(|_| environments).map(Expected::as_str),
            file: place.as_ref().map(|place| place.path.display().to_string()),
            line: place.as_ref().map(|place| place.line),
            column: place.as_ref().map(|place| place.column),
        }
    };
    ObjectEntry {
        group: id.gvk.group.to_string(),
        kind: id.gvk.kind.to_string(),
        namespace: id.namespace.to_string(),
        name: id.name.to_string(),
        change: object.change.as_str(),
        effects: object.findings.iter().map(effect).collect(),
        fields: report.fields(object, all).map(field).collect(),
        file: place.as_ref().map(|place| place.path.display().to_string()),
        line: place.as_ref().map(|place| place.line),
    }
}
