//! What an overlay's layer must say for one application to become another.

use super::here;
use crate::model::layering::{Rule, rule};
use crate::tree::{Map, Node};

/// The layer over `lower` that makes it `upper`; `None` when they are the same.
pub(super) fn layer(lower: &Node, upper: &Node) -> Option<Node> {
    over(lower, upper, &mut Vec::new())
}

fn over(lower: &Node, upper: &Node, path: &mut Vec<String>) -> Option<Node> {
    if lower == upper {
        return None;
    }
    let keys: Vec<&str> = path.iter().map(String::as_str).collect();
    let (Some(below), Some(above)) = (lower.as_map(), upper.as_map()) else { return Some(upper.clone()) };
    if matches!(rule(&keys), Rule::Replace) {
        return Some(upper.clone());
    }
    if let Rule::OneOf(variants) = rule(&keys) {
        let variant = |map: &Map| variants.iter().find(|variant| map.contains_key(variant)).copied();
        if variant(below) != variant(above) {
            return Some(upper.clone());
        }
    }
    let mut layer = Map::default();
    for entry in above {
        path.push(entry.key.to_string());
        let said = match below.get(&entry.key) {
            Some(lower) => over(lower, &entry.node, path),
            None => Some(entry.node.clone()),
        };
        path.pop();
        if let Some(said) = said {
            layer.push(entry.key.clone(), here(), said);
        }
    }
    for entry in below.iter().filter(|entry| !above.contains_key(&entry.key)) {
        layer.push(entry.key.clone(), here(), Node::null(here()));
    }
    (!layer.is_empty()).then(|| Node::new(layer, here()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object;

    #[test]
    fn a_layer_says_what_differs_and_takes_away_what_is_gone() {
        let at = here();
        let lower = object! { at; "replicas": 1, "env": object! { at; "A": "1", "B": "2" } };
        let upper = object! { at; "replicas": 3, "env": object! { at; "A": "1", "C": "4" } };
        let said = layer(&lower, &upper).unwrap();
        assert_eq!(said, object! { at; "replicas": 3, "env": object! { at; "C": "4", "B": Node::null(at) } });
        assert_eq!(layer(&lower, &lower.clone()), None);
    }
}
