//! What an edition renders is frozen: every default, by every rule of the lowering, as kept below
//! editions/. A released edition is not rewritten by the variable that rewrites snapshots; a new
//! overlay of one is added by it.
//!
//! To rewrite one all the same, because it is not released yet: `STRATA_REWRITE_EDITION=2026.1`.

use std::collections::BTreeSet;
use std::path::PathBuf;

use strata::emit::yaml::yaml;
use strata::model::project::Edition;
use strata::pipeline::Rendered;
use strata::tree::{Node, Value};

use crate::repository::{build, files, repository, text, updating};

/// Names an edition whose kept output is rewritten.
const REWRITE: &str = "STRATA_REWRITE_EDITION";

/// Rules of the lowering that no kept output of an edition shows yet. A rule leaves this list
/// when an overlay of the edition that it belongs to shows it.
const NOT_FROZEN_YET: [&str; 0] = [];

fn folder(edition: Edition) -> PathBuf {
    repository().join("tests/it/editions").join(edition.as_str())
}

fn builds(edition: Edition) -> Vec<Rendered> {
    build(&folder(edition), &["overlays"]).builds
}

/// What differs from what is kept; what is missing is written when snapshots are, and what differs
/// only when the edition is named.
fn differences(edition: Edition) -> Vec<String> {
    let rewrite = std::env::var(REWRITE).is_ok_and(|named| named == edition.as_str());
    let kept_in = folder(edition).join("rendered");
    let mut orphans: BTreeSet<String> = files(&kept_in, |_| true).into_iter().collect();
    let mut said = Vec::new();
    for build in builds(edition) {
        let name = format!("{}.yaml", build.name.strip_prefix("overlays/").unwrap());
        let now = String::from_utf8(yaml(build.resources.iter().map(|resource| &resource.root))).unwrap();
        let path = kept_in.join(&name);
        orphans.remove(&name);
        match text(&path) {
            Some(kept) if kept == now => {}
            None if rewrite || updating() => write(&path, &now),
            Some(_) if rewrite => write(&path, &now),
            Some(_) => said.push(format!("{name} is rendered differently")),
            None => said.push(format!("{name} is not kept yet: STRATA_UPDATE=1 cargo test")),
        }
    }
    said.extend(orphans.into_iter().map(|name| format!("{name} is rendered by no overlay")));
    said
}

fn write(path: &std::path::Path, text: &str) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

#[test]
fn every_edition_renders_what_it_rendered_when_it_was_released() {
    for edition in Edition::ALL {
        let said = differences(edition);
        assert!(
            said.is_empty(),
            "edition {}: {}\nA default changes with a new edition: a column of src/lower/defaults.rs.",
            edition.as_str(),
            said.join("\n")
        );
    }
}

#[test]
fn the_kept_outputs_of_the_editions_show_every_rule_of_the_lowering() {
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    for build in Edition::ALL.into_iter().flat_map(builds) {
        let mut each = |node: &Node| seen.extend(build.origins.rule_of(node.origin()).map(|rule| rule.name));
        build.resources.iter().for_each(|resource| nodes(&resource.root, &mut each));
    }
    let all: BTreeSet<&str> = strata::lower::rules().iter().map(|rule| rule.name).collect();
    let missing: Vec<&&str> = all.difference(&seen).filter(|rule| !NOT_FROZEN_YET.contains(rule)).collect();
    assert!(missing.is_empty(), "add an overlay below tests/it/editions that shows {missing:?}");
    let shown: Vec<&&str> = NOT_FROZEN_YET.iter().filter(|rule| seen.contains(**rule)).collect();
    assert!(shown.is_empty(), "these are shown now, so they leave the list: {shown:?}");
}

fn nodes(node: &Node, each: &mut impl FnMut(&Node)) {
    each(node);
    match node.value() {
        Value::Map(map) => map.iter().for_each(|entry| nodes(&entry.node, each)),
        Value::Seq(items) => items.iter().for_each(|item| nodes(item, each)),
        _ => {}
    }
}

#[test]
fn every_edition_has_inputs_that_name_it() {
    for edition in Edition::ALL {
        let settings = text(&folder(edition).join("strata.yaml")).unwrap();
        assert!(settings.contains(&format!("\nedition: \"{}\"\n", edition.as_str())), "{settings}");
    }
}

#[test]
fn every_object_of_an_edition_is_valid() {
    for edition in Edition::ALL {
        crate::maximal::all_valid(&folder(edition), "overlays", &[strata::kubernetes::Version::NEWEST]);
    }
}
