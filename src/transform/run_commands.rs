//! How somebody starts what does not run by itself: an annotation with the command, under the names
//! that the objects have at the end.

use ecow::{EcoString, eco_format};

use crate::origin::{Cause, Origin, Origins};
use crate::resource::ResourceSet;
use crate::tree::{Map, Node};

/// The annotation with the command.
pub const RUN: &str = "strata.dev/run";

/// Puts the annotation on CronJobs by their names as lowered, with the place that makes somebody start
/// them. They say their final names, so this runs
/// when nothing changes them any more.
pub fn apply(set: &mut ResourceSet, by_hand: &[(EcoString, Origin)], origins: &mut Origins) {
    for (name, at) in by_hand {
        let Some(index) = set.find_by_any_name("CronJob", name).first().copied() else { continue };
        // An annotation is no part of an id, so this cannot fail.
        let _ = set.update(index, |resource| {
            let id = resource.id();
            let place = if id.namespace.is_empty() { EcoString::new() } else { eco_format!("-n {} ", id.namespace) };
            let command = eco_format!("kubectl {place}create job --from=cronjob/{0} {0}-manual", id.name);
            let origin = origins.transform("run-commands", Some(*at));
            let Some(metadata) = resource.root.map_under("metadata", origin) else { return };
            if metadata.get("annotations").and_then(Node::as_map).is_none() {
                metadata.insert("annotations", Node::new(Map::default(), origin));
            }
            let Some(annotations) = metadata.get_mut("annotations").and_then(Node::as_map_mut) else { return };
            let origin = match annotations.get(RUN) {
                Some(old) => origins.replace(Cause::Transform("run-commands"), origin, old),
                None => origin,
            };
            annotations.insert(RUN, Node::string(command, origin));
        });
    }
}
