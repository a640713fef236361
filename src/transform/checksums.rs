//! A checksum of ConfigMaps on the pods that use them, so that a change of content rolls the pods
//! even where the name of the ConfigMap stays.

use std::collections::HashMap;

use ecow::{EcoString, eco_format};

use super::hash;
use crate::origin::{Cause, Origin, Origins};
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
        let known = |name| sums.get(name).map(|sum| (eco_format!("checksum/{name}"), sum));
        let sums: Vec<(EcoString, &Sum)> = user.config_maps.iter().filter_map(known).collect();
        let Some((_, first)) = sums.first() else { continue };
        let origin = origins.transform("checksums", Some(first.at));
        let Some(index) = set.find_by_any_name(user.kind, &user.name).first().copied() else { continue };
        // An annotation of a pod template is no part of an id, so this cannot fail.
        let _ = set.update(index, |resource| {
            let Some(template) = resource.pod_template_mut() else { return };
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
                    Some(old) => origins.replace(Cause::Transform("checksums"), sum.at, old),
                    None => origins.transform("checksums", Some(sum.at)),
                };
                annotations.insert(key, Node::string(sum.text.as_str(), origin));
            }
        });
    }
}

/// The checksum of a ConfigMap, and the place of its name.
struct Sum {
    text: String,
    at: Origin,
}

/// The checksum of every ConfigMap that is used, made once however many pods use it.
fn sums<'u>(set: &ResourceSet, users: &'u [Users]) -> HashMap<&'u EcoString, Sum> {
    let mut sums = HashMap::new();
    for name in users.iter().flat_map(|user| &user.config_maps) {
        if let Some(index) = set.find_by_any_name("ConfigMap", name).first() {
            let root = &set.get(*index).root;
            let at = root.at(&["metadata", "name"]).unwrap_or(root).origin();
            sums.entry(name).or_insert_with(|| Sum { text: hash::content(root), at });
        }
    }
    sums
}
