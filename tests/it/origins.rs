//! Every value of every rendered resource leads to where it was written, or to a named rule.

use std::collections::BTreeMap;

use strata::origin::{Cause, Origin};
use strata::pipeline::Rendered;
use strata::tree::{Node, Value};

use crate::repository::{build, leaves, maximal, repository};

/// All builds of both projects.
fn builds() -> Vec<Rendered> {
    [repository(), maximal()].iter().flat_map(|root| build(root, &["overlays"]).builds).collect()
}

/// How a value leads back.
fn way(build: &Rendered, origin: Origin) -> Option<&'static str> {
    let place = build.origins.place(origin);
    if let Some(place) = place {
        // A position is one of a source, and inside of it.
        build.sources.locate(place)?;
        build.sources.text_from(place)?;
    }
    match build.origins.get(origin).map(|step| step.cause) {
        None => place.map(|_| "written"),
        Some(Cause::Rule(_)) if place.is_some() => Some("rule, at a place"),
        Some(Cause::Rule(_)) => Some("rule"),
        Some(Cause::Layer) => place.map(|_| "layer"),
        Some(Cause::Patch { .. }) => place.map(|_| "patch"),
        Some(Cause::Interpolation) => place.map(|_| "interpolation"),
        Some(Cause::Template) => place.map(|_| "template"),
        Some(Cause::Transform(name)) => place.map(|_| name),
    }
}

/// Every mapping, key, list and scalar below `node`.
fn origins(node: &Node, path: &str, each: &mut impl FnMut(&str, Origin)) {
    each(path, node.origin());
    for entry in node.entries() {
        let path = format!("{path}/{}", entry.key);
        each(&path, entry.key_origin);
        origins(&entry.node, &path, each);
    }
    node.items().enumerate().for_each(|(index, item)| origins(item, &format!("{path}/{index}"), each));
}

#[test]
fn every_node_leads_to_a_place_or_to_a_named_rule() {
    let mut lost = Vec::new();
    for build in builds() {
        for resource in &build.resources {
            origins(&resource.root, "", &mut |path, origin| {
                if way(&build, origin).is_none() {
                    lost.push(format!("{}: {}{path}: {:?}", build.name, resource.id(), build.origins.get(origin)));
                }
            });
        }
    }
    assert!(lost.is_empty(), "{} nodes lead nowhere:\n{}", lost.len(), lost.join("\n"));
}

#[test]
fn how_leaves_lead_back_is_counted() {
    let (mut counts, mut total) = (BTreeMap::new(), 0);
    for build in builds() {
        for resource in &build.resources {
            leaves(&resource.root, "", &mut |_, leaf| {
                *counts.entry(way(&build, leaf.origin())).or_insert(0) += 1;
                total += 1;
            });
        }
    }
    for (way, count) in &counts {
        println!("{count:6} of {total} leaves: {}", way.unwrap_or("nowhere"));
    }
    assert_eq!(counts.get(&None), None);
    for way in ["written", "rule", "layer", "patch", "interpolation", "images", "labels", "names", "hash"] {
        assert!(counts.contains_key(&Some(way)), "no leaf shows the way `{way}`");
    }
}

/// The scalar that is written at `text`'s start, as YAML means it.
fn scalar_at(text: &str) -> Option<String> {
    let end = match text.chars().next()? {
        '"' => {
            let mut escaped = false;
            1 + text[1..].find(|c| {
                let ends = c == '"' && !escaped;
                escaped = c == '\\' && !escaped;
                ends
            })?
        }
        '\'' => 1 + text[1..].replace("''", "  ").find('\'')?,
        _ => {
            let line = text.lines().next()?;
            let ends = [", ", ",\n", "}", "]", ": ", " #"].iter().filter_map(|end| line.find(end));
            let end = ends.min().unwrap_or(line.len());
            return Some(line[..end].trim_end().trim_end_matches([':', ',']).to_owned());
        }
    };
    serde_yaml::from_str(&text[..=end]).ok()
}

/// Whether `printed` is what is written at `text`, and how.
fn told(printed: &str, text: &str) -> Option<&'static str> {
    let written = scalar_at(text)?;
    let same = |a: &str, b: &str| a.eq_ignore_ascii_case(b);
    match () {
        () if printed == written => Some("the same text"),
        () if text.contains('\n') && text.starts_with(printed) => Some("a block or a file"),
        () if written.contains("${{") || printed.contains("${{") => Some("interpolated"),
        () if !written.is_empty() && printed.contains(&written) => Some("part of a longer text"),
        () if printed == strata::base64::encode(written.as_bytes()) => Some("in base64"),
        () if same(printed, &written) => Some("a word of the model"),
        () => None,
    }
}

/// Values that stand at a place without being its text, by the end of their path, with the reason.
const OTHER_TEXT: [(&str, &str); 8] = [
    ("/name", "a name made from the application's, and from the key or path at the place"),
    ("/secretName", "a name made from the application's, and from the key or path at the place"),
    ("/serviceName", "a name made from the application's, and from the key at the place"),
    ("/serviceAccountName", "a name made from the application's, and from the key at the place"),
    ("/readOnly", "files of the source at the place are read-only"),
    ("/clusterIP", "None, for `headless: true`"),
    ("/medium", "Memory, for `memory: true`"),
    ("/blob.bin", "the file that is named at the place, in base64"),
];

#[test]
fn what_leads_to_a_place_is_what_is_written_there() {
    let (mut counts, mut wrong) = (BTreeMap::new(), Vec::new());
    for build in builds() {
        for resource in &build.resources {
            leaves(&resource.root, "", &mut |path, leaf| {
                let cause = build.origins.get(leaf.origin()).map(|step| step.cause);
                // A rule's own words and what a transform makes are not written anywhere.
                let own = matches!(cause, Some(Cause::Rule(_) | Cause::Transform(_)));
                let Some(place) = build.origins.place(leaf.origin()).filter(|_| !own) else { return };
                let (Some(printed), text) = (leaf.scalar_text(), build.sources.text_from(place).unwrap()) else {
                    let empty = matches!(leaf.value(), Value::Map(_) | Value::Seq(_));
                    assert!(empty || leaf.is_null());
                    return;
                };
                let excused = OTHER_TEXT.iter().find(|(end, _)| path.ends_with(end));
                match told(&printed, text).or(excused.map(|(_, reason)| *reason)) {
                    Some(how) => *counts.entry(how).or_insert(0) += 1,
                    None => {
                        let at = build.sources.locate(place).unwrap();
                        let line = text.lines().next().unwrap_or_default();
                        let printed: String = printed.chars().take(80).collect();
                        wrong.push(format!(
                            "{}: {}{path}: {printed:?} leads to {}:{}:{}: {line:?}",
                            build.name,
                            resource.id(),
                            at.path.display(),
                            at.line,
                            at.column
                        ));
                    }
                }
            });
        }
    }
    for (how, count) in &counts {
        println!("{count:6} leaves: {how}");
    }
    assert!(
        wrong.is_empty(),
        "{} leaves:\n{}",
        wrong.len(),
        wrong.iter().take(60).cloned().collect::<Vec<_>>().join("\n")
    );
}
