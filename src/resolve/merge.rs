//! Layers merge as trees, before anything is typed.
//!
//! Maps merge by key and keep the order in which keys first appear; scalars and lists of a later
//! layer replace what was there; `null` takes away what lower layers wrote. Where the model says
//! otherwise (one-of fields, guards, lists that add up), [`crate::model::layering`] says so by the path of the field.

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::model::layering::{Rule, rule};
use crate::origin::{Cause, Origin, Origins};
use crate::tree::{Entry, Map, Node, Value};

/// Lays `upper` over `lower`. Both are applications or parts of one; values that lose are
/// recorded in `origins`.
pub fn merge(lower: Node, upper: &Node, origins: &mut Origins, diagnostics: &mut Diagnostics) -> Node {
    let mut merge = Merge { origins, diagnostics, path: Vec::new() };
    merge.node(lower, upper)
}

struct Merge<'a> {
    origins: &'a mut Origins,
    diagnostics: &'a mut Diagnostics,
    path: Vec<String>,
}

impl Merge<'_> {
    fn rule(&self) -> Rule {
        // Paths of the model are at most eight keys deep; below that everything merges by key.
        let mut keys = [""; 8];
        if self.path.len() > keys.len() {
            return Rule::ByKey;
        }
        self.path.iter().zip(&mut keys).for_each(|(key, slot)| *slot = key);
        rule(&keys[..self.path.len()])
    }

    fn node(&mut self, lower: Node, upper: &Node) -> Node {
        self.adds_nothing(&lower, upper);
        match (self.rule(), lower.value(), upper.value()) {
            (Rule::ByKey, Value::Map(_), Value::Map(over)) => self.map(lower, over),
            (Rule::OneOf(variants), Value::Map(_), Value::Map(over)) if same_variant(variants, &lower, over) => {
                self.map(lower, over)
            }
            (Rule::Choice(keys), Value::Map(_), Value::Map(over)) => {
                let lower = self.without_other(keys, lower, upper.origin(), over);
                self.map(lower, over)
            }
            (Rule::Guard, Value::Map(_), _) => self.guard(lower, upper),
            (Rule::Union, Value::Seq(_), Value::Seq(_)) => union(lower, upper),
            _ => self.replace(&lower, upper),
        }
    }

    /// An empty mapping looks as if it took away what is there, but by the rules it adds nothing.
    fn adds_nothing(&mut self, lower: &Node, upper: &Node) {
        let (Value::Map(below), Value::Map(over)) = (lower.value(), upper.value()) else { return };
        if over.is_empty() && !below.is_empty() && !self.path.is_empty() && self.rule() != Rule::Replace {
            let message = format!("`{{}}` changes nothing: lower layers have written `{}`", self.path.join("."));
            self.diagnostics.push(
                Diagnostic::warning("merge-changes-nothing", message)
                    .at(upper.origin())
                    .related(lower.origin(), "this stays")
                    .help("to take it away, write `null`"),
            );
        }
    }

    /// The upper value, with a note of what it replaced.
    fn replace(&mut self, lower: &Node, upper: &Node) -> Node {
        let origin = self.origins.replace(Cause::Layer, upper.origin(), lower);
        upper.clone().with_origin(origin)
    }

    fn map(&mut self, mut lower: Node, upper: &Map) -> Node {
        let places = lower.as_map().map(|map| map.positions(upper.keys())).unwrap_or_default();
        for (entry, place) in upper.iter().zip(places) {
            self.path.push(entry.key.to_string());
            self.entry(&mut lower, entry, place);
            self.path.pop();
        }
        lower
    }

    /// Merges one entry; `place` is that of its key before anything was taken away.
    fn entry(&mut self, lower: &mut Node, entry: &Entry, place: Option<usize>) {
        let Some(map) = lower.as_map_mut() else { return };
        if entry.node.is_null() {
            return self.take_away(map, entry);
        }
        let stays = |place: &usize| map.as_slice().get(*place).is_some_and(|known| known.key == entry.key);
        match place.and_then(|place| Some(place).filter(stays).or_else(|| map.position(&entry.key))) {
            Some(position) => {
                let Some(slot) = map.at_mut(position) else { return };
                let old = std::mem::replace(&mut slot.node, Node::null(entry.node.origin()));
                slot.node = self.node(old, &entry.node);
            }
            None => {
                let node = self.without_nulls(&entry.node);
                map.push(entry.key.clone(), entry.key_origin, node);
            }
        }
    }

    fn take_away(&mut self, map: &mut Map, entry: &Entry) {
        match map.get(&entry.key) {
            None => self.nothing_to_take(entry, map),
            Some(old) => match self.guard_in(old) {
                Some((path, guard)) => self.guard_removed(entry, &path, &guard),
                None if self.origins.prevents_losses() => {}
                None => {
                    self.origins.taken_away(old, None, entry.node.origin());
                    map.remove(&entry.key);
                }
            },
        }
    }

    fn guard_removed(&mut self, entry: &Entry, path: &str, guard: &Node) {
        let whole = path == self.path.join(".");
        let message = match whole {
            true => format!("`{path}` is a guard, which `null` cannot take away{}", because(guard)),
            false => format!("`null` would take the guard `{path}` away{}", because(guard)),
        };
        let help = match whole {
            true => "change the guard where it is written, with its reason",
            false => "name the resources that this overlay does without under `remove`; the guard stays",
        };
        let diagnostic = Diagnostic::error("guard-removed", message).at(entry.node.origin());
        self.diagnostics.push(diagnostic.related(bound(guard).origin(), "the guard").help(help));
    }

    /// The first guard at or below this field, and its path. What holds a guard cannot be taken
    /// away whole either: a later layer would write the same field again, without the guard.
    fn guard_in(&mut self, old: &Node) -> Option<(String, Node)> {
        let is_guard = match self.rule() {
            Rule::Guard => old.as_map().is_some(),
            Rule::Union => old.items().next().is_some(),
            _ => false,
        };
        if is_guard {
            return Some((self.path.join("."), old.clone()));
        }
        old.entries().find_map(|entry| {
            self.path.push(entry.key.to_string());
            let found = self.guard_in(&entry.node);
            self.path.pop();
            found
        })
    }

    fn nothing_to_take(&mut self, entry: &Entry, map: &Map) {
        let near = crate::diagnostic::near_miss(&entry.key, map.keys());
        let help = match near {
            Some(near) => format!("did you mean `{near}`?"),
            None => "leave the line out; to switch a default off, write `false` or `{}`".to_owned(),
        };
        self.diagnostics.push(
            Diagnostic::error(
                "null-removes-nothing",
                format!("no lower layer writes `{}`, so there is nothing to take away", self.path.join(".")),
            )
            .at(entry.key_origin)
            .help(help),
        );
    }

    /// The lower mapping without the one of `keys` that it has, where the upper one chooses another.
    fn without_other(&mut self, keys: &[&str], mut lower: Node, at: Origin, upper: &Map) -> Node {
        let chosen = |key: &&&str| upper.get(key).is_some_and(|node| !node.is_null());
        if let (Some(chosen), Some(map)) = (keys.iter().find(chosen), lower.as_map_mut()) {
            for key in keys.iter().filter(|key| *key != chosen && !upper.contains_key(key)) {
                let other = map.remove(key);
                other.iter().for_each(|entry| self.origins.taken_away(&entry.node, None, at));
            }
        }
        lower
    }

    /// What a layer adds anew: a null below it has nothing to take away.
    fn without_nulls(&mut self, node: &Node) -> Node {
        if !matches!(self.rule(), Rule::ByKey | Rule::OneOf(_) | Rule::Choice(_)) {
            return node.clone();
        }
        let Some(map) = node.as_map() else { return node.clone() };
        let mut kept = node.clone();
        for entry in map {
            self.path.push(entry.key.to_string());
            if entry.node.is_null() {
                self.nothing_to_take(entry, &Map::default());
                kept.as_map_mut().and_then(|map| map.remove(&entry.key));
            } else if entry.node.as_map().is_some() {
                let below = self.without_nulls(&entry.node);
                if let Some(slot) = kept.as_map_mut().and_then(|map| map.get_mut(&entry.key)) {
                    *slot = below;
                }
            }
            self.path.pop();
        }
        kept
    }

    /// A number over a guard becomes the count within it; the bounds themselves stay, and are
    /// checked when the application is read and again on the final resources.
    fn guard(&mut self, mut lower: Node, upper: &Node) -> Node {
        match upper.value() {
            Value::Map(over) if *upper == lower || over.keys().all(|key| key == "count") => self.map(lower, over),
            Value::Map(_) => {
                self.diagnostics.push(
                    Diagnostic::error(
                        "guard-replaced",
                        format!(
                            "`{}` is a guard, which a later layer cannot change{}",
                            self.path.join("."),
                            because(&lower)
                        ),
                    )
                    .at(upper.origin())
                    .related(bound(&lower).origin(), "the guard")
                    .help("write a number within the guard, or change the guard where it is written, with its reason"),
                );
                lower
            }
            _ => {
                if let Some(map) = lower.as_map_mut() {
                    map.insert("count", upper.clone());
                }
                lower
            }
        }
    }
}

/// The reason of a guard, as the end of a message.
fn because(guard: &Node) -> String {
    let reason = guard.get("because").and_then(Node::as_str);
    reason.map_or_else(String::new, |reason| format!(", because {reason}"))
}

/// The place to show of a guard: the number that bounds, or the first key that is forbidden.
fn bound(guard: &Node) -> &Node {
    let number = ["exactly", "max", "min"].into_iter().find_map(|field| guard.get(field));
    number.or_else(|| guard.items().next()).unwrap_or(guard)
}

/// Whether the upper mapping says nothing but what belongs to the variant that the lower one uses.
fn same_variant(variants: &[&str], lower: &Node, upper: &Map) -> bool {
    let used = |key: &&str| lower.get(key).is_some();
    let written = |key: &&&str| upper.contains_key(key);
    match (variants.iter().copied().find(used), variants.iter().find(written)) {
        (Some(used), Some(written)) => used == *written,
        _ => true,
    }
}

fn union(mut lower: Node, upper: &Node) -> Node {
    if let (Some(known), Some(more)) = (lower.as_seq_mut(), upper.as_seq()) {
        for item in more {
            if !known.contains(item) {
                known.push(item.clone());
            }
        }
    }
    lower
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object;
    use crate::origin::Origin;

    const LOW: u32 = 1;
    const UP: u32 = 100;

    fn tree(json: &str, start: u32) -> Node {
        fn convert(value: &serde_json::Value, next: &mut u32) -> Node {
            *next += 1;
            let origin = Origin::source(*next);
            match value {
                serde_json::Value::Null => Node::null(origin),
                serde_json::Value::Bool(truth) => Node::new(*truth, origin),
                serde_json::Value::Number(number) => Node::new(number.as_i64().unwrap(), origin),
                serde_json::Value::String(text) => Node::string(text.as_str(), origin),
                serde_json::Value::Array(items) => {
                    Node::new(items.iter().map(|item| convert(item, next)).collect::<Vec<_>>(), origin)
                }
                serde_json::Value::Object(map) => {
                    let mut made = Map::default();
                    map.iter().for_each(|(key, value)| made.push(key.as_str(), origin, convert(value, next)));
                    Node::new(made, origin)
                }
            }
        }
        let mut next = start;
        convert(&serde_json::from_str(json).unwrap(), &mut next)
    }

    /// Lays `upper` over `lower`: the result, and the codes of what was said.
    #[track_caller]
    fn check(lower: &str, upper: &str, expected: &str, codes: &[&str]) {
        let (mut origins, mut diagnostics) = (Origins::default(), Diagnostics::default());
        let merged = merge(tree(lower, LOW), &tree(upper, UP), &mut origins, &mut diagnostics);
        assert_eq!(diagnostics.iter().map(|d| d.code).collect::<Vec<_>>(), codes, "{diagnostics:?}");
        assert_eq!(merged, tree(expected, 0));
    }

    #[test]
    fn maps_merge_by_key_and_the_rest_is_replaced() {
        check(
            r#"{"image":"a","deployments":{"main":{"args":["x","y"],"resources":{"requests":{"cpu":"1","memory":"1Gi"}}}}}"#,
            r#"{"deployments":{"main":{"args":["z"],"resources":{"requests":{"cpu":"2"}}}}}"#,
            r#"{"image":"a","deployments":{"main":{"args":["z"],"resources":{"requests":{"cpu":"2","memory":"1Gi"}}}}}"#,
            &[],
        );
    }

    #[test]
    fn an_environment_variable_is_replaced_whole() {
        check(
            r#"{"env":{"A":{"secret":"s","key":"k"}}}"#,
            r#"{"env":{"A":{"field":"status.podIP"},"B":"x"}}"#,
            r#"{"env":{"A":{"field":"status.podIP"},"B":"x"}}"#,
            &[],
        );
    }

    #[test]
    fn another_kind_of_probe_replaces_the_probe_and_the_same_kind_merges() {
        let base =
            r#"{"deployments":{"main":{"probes":{"liveness":{"http":{"path":"/a","port":1},"periodSeconds":5}}}}}"#;
        check(
            base,
            r#"{"deployments":{"main":{"probes":{"liveness":{"tcp":{}}}}}}"#,
            r#"{"deployments":{"main":{"probes":{"liveness":{"tcp":{}}}}}}"#,
            &[],
        );
        check(
            base,
            r#"{"deployments":{"main":{"probes":{"liveness":{"http":{"path":"/b"}}}}}}"#,
            r#"{"deployments":{"main":{"probes":{"liveness":{"http":{"path":"/b","port":1},"periodSeconds":5}}}}}"#,
            &[],
        );
    }

    #[test]
    fn another_place_of_a_dependency_replaces_the_place_alone() {
        let with = |place: &str| format!(r#"{{"dependencies":{{"db":{{"type":"postgres",{place}}}}}}}"#);
        check(
            &with(r#""bundled":{"storage":"1Gi"}"#),
            &with(r#""external":{"host":"h"}"#),
            &with(r#""external":{"host":"h"}"#),
            &[],
        );
        let sized = with(r#""bundled":{"storage":"2Gi"}"#);
        check(
            &with(r#""bundled":{"storage":"1Gi"}"#),
            r#"{"dependencies":{"db":{"bundled":{"storage":"2Gi"}}}}"#,
            &sized,
            &[],
        );
    }

    #[test]
    fn an_empty_mapping_over_a_filled_one_is_a_warning() {
        let base = r#"{"deployments":{"main":{"resources":{"requests":{"cpu":"1"}}}}}"#;
        let over = r#"{"deployments":{"main":{"resources":{}}}}"#;
        check(base, over, base, &["merge-changes-nothing"]);
        check(r#"{"env":{}}"#, r#"{"env":{}}"#, r#"{"env":{}}"#, &[]);
    }

    #[test]
    fn null_takes_away_what_is_there_and_nothing_else() {
        check(r#"{"image":"a","env":{"A":"1"}}"#, r#"{"env":{"A":null}}"#, r#"{"image":"a","env":{}}"#, &[]);
        check(r#"{"env":{"A":"1"}}"#, r#"{"env":{"B":null}}"#, r#"{"env":{"A":"1"}}"#, &["null-removes-nothing"]);
        check(r#"{}"#, r#"{"workers":{"w":{"image":null}}}"#, r#"{"workers":{"w":{}}}"#, &["null-removes-nothing"]);
    }

    #[test]
    fn a_guard_stays_and_a_number_counts_within_it() {
        let base = r#"{"deployments":{"main":{"replicas":{"exactly":1,"because":"x"}}}}"#;
        let over = |replicas: &str| format!(r#"{{"deployments":{{"main":{{"replicas":{replicas}}}}}}}"#);
        let with = |count: &str| {
            format!(r#"{{"deployments":{{"main":{{"replicas":{{"exactly":1,"because":"x"{count}}}}}}}}}"#)
        };
        check(base, &over("3"), &with(r#","count":3"#), &[]);
        check(base, &over("null"), base, &["guard-removed"]);
        check(base, r#"{"deployments":{"main":null}}"#, base, &["guard-removed"]);
        check(base, r#"{"deployments":null}"#, base, &["guard-removed"]);
        check(base, &over(r#"{"exactly":2,"because":"y"}"#), base, &["guard-replaced"]);
        check(base, &over(r#"{"exactly":1,"because":"x"}"#), base, &[]);
    }

    #[test]
    fn forbidden_keys_add_up() {
        let secret = |keys: &str| format!(r#"{{"secrets":{{"s":{{"forbidden":{keys}}}}}}}"#);
        check(&secret(r#"["A"]"#), &secret(r#"["B","A"]"#), &secret(r#"["A","B"]"#), &[]);
        check(&secret(r#"["A"]"#), &secret("null"), &secret(r#"["A"]"#), &["guard-removed"]);
        check(&secret(r#"["A"]"#), r#"{"secrets":{"s":null}}"#, &secret(r#"["A"]"#), &["guard-removed"]);
        check(&secret("[]"), r#"{"secrets":{"s":null}}"#, r#"{"secrets":{}}"#, &[]);
    }

    #[test]
    fn what_lost_is_remembered() {
        let (mut origins, mut diagnostics) = (Origins::default(), Diagnostics::default());
        let (low, up) = (Origin::source(1), Origin::source(2));
        let lower = object! { low; "image": Node::string("old", low) };
        let merged = merge(lower, &object! { up; "image": Node::string("new", up) }, &mut origins, &mut diagnostics);
        let step = origins.get(merged.get("image").unwrap().origin()).unwrap();
        assert_eq!((step.cause, step.at, step.replaced), (Cause::Layer, Some(up), Some(low)));
        assert_eq!(step.old.as_ref().unwrap().as_str(), Some("old"));
    }
}
