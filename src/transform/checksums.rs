//! A checksum of ConfigMaps on the pods that use them, so that a change of content rolls the pods
//! even where the name of the ConfigMap stays.

use std::collections::HashMap;

use ecow::{EcoString, eco_format};

use super::hash;
use crate::origin::{Cause, Origins};
use crate::resource::ResourceSet;
use crate::tree::{Map, Node};

/// One workload and the ConfigMaps whose content must roll its pods.
#[derive(Clone, Debug)]
pub struct Users {
    /// Kind of the workload.
    pub kind: &'static str,
    /// Its name as lowered.
    pub name: EcoString,
    /// Names of the ConfigMaps as lowered.
    pub config_maps: Vec<EcoString>,
}

/// Puts the annotation `checksum/<name>` on the pod templates of `users`. The content is that of
/// the ConfigMaps as they are now, so this runs when nothing changes them any more.
pub fn apply(set: &mut ResourceSet, users: &[Users], origins: &mut Origins) {
    let sums = sums(set, users);
    for user in users {
        let sums = user.config_maps.iter().filter_map(|name| Some((eco_format!("checksum/{name}"), sums.get(name)?)));
        let Some(index) = set.find_by_any_name(user.kind, &user.name).first().copied() else { continue };
        // An annotation of a pod template is no part of an id, so this cannot fail.
        let _ = set.update(index, |resource| {
            let Some(template) = resource.pod_template_mut() else { return };
            let origin = origins.transform("checksums", None);
            let Some(metadata) = template.map_under("metadata", origin) else { return };
            let annotations = match metadata.get_mut("annotations").and_then(Node::as_map_mut) {
                Some(annotations) => annotations,
                None => {
                    metadata.insert("annotations", Node::new(Map::default(), origin));
                    let Some(annotations) = metadata.get_mut("annotations").and_then(Node::as_map_mut) else { return };
                    annotations
                }
            };
            for (key, sum) in sums {
                let origin = match annotations.get(&key) {
                    Some(old) => origins.replace(Cause::Transform("checksums"), origin, old),
                    None => origin,
                };
                annotations.insert(key, Node::string(sum.as_str(), origin));
            }
        });
    }
}

/// The checksum of every ConfigMap that is used, made once however many pods use it.
fn sums<'u>(set: &ResourceSet, users: &'u [Users]) -> HashMap<&'u EcoString, String> {
    let mut sums = HashMap::new();
    for name in users.iter().flat_map(|user| &user.config_maps) {
        if let Some(index) = set.find_by_any_name("ConfigMap", name).first() {
            sums.entry(name).or_insert_with(|| hash::content(&set.get(*index).root));
        }
    }
    sums
}
