//! Volumes and their mounts.

use super::rules::VOLUMES;
use super::{Lowering, list};
use crate::app::{Volume, VolumeMount, VolumeSource};
use crate::model::scalar::Quantity;
use crate::object;
use crate::origin::Origin;
use crate::tree::{Keyed, Node, Spanned, Text};

impl Lowering<'_> {
    pub(super) fn volume(&mut self, volume: &Volume) -> Node {
        let origin = self.rule(&VOLUMES);
        let name = &volume.name;
        match &volume.source {
            VolumeSource::EmptyDir(limit, memory) => {
                object! { origin; "name": name, "emptyDir": empty_dir(limit.as_ref(), *memory, origin) }
            }
            VolumeSource::Claim(claim) => {
                let claim = object! { origin; "claimName": claim };
                object! { origin; "name": name, "persistentVolumeClaim": claim }
            }
            VolumeSource::Config(config, files) => {
                let config = object! { origin; "name": config, "items"?: items(files, origin) };
                object! { origin; "name": name, "configMap": config }
            }
            VolumeSource::Secret(secret, files) => {
                let secret = object! { origin; "secretName": secret, "items"?: items(files, origin) };
                object! { origin; "name": name, "secret": secret }
            }
            VolumeSource::Projected(projected) => {
                object! { origin; "name": name, "projected": projected.clone() }
            }
        }
    }

    pub(super) fn volume_mount(&mut self, mount: &VolumeMount) -> Node {
        let origin = self.rule(&VOLUMES);
        object! { origin;
            "name": &mount.volume,
            "mountPath": &mount.path,
            "subPath"?: mount.sub_path.as_ref(),
            "readOnly"?: mount.read_only,
        }
    }
}

fn empty_dir(limit: Option<&Quantity>, memory: Option<Spanned<bool>>, origin: Origin) -> Node {
    let memory = memory.filter(|memory| memory.value);
    object! { origin;
        "medium"?: memory.map(|memory| Node::string("Memory", memory.origin)),
        "sizeLimit"?: limit.map(|limit| &limit.0),
    }
}

fn items(files: &Keyed<Text>, origin: Origin) -> Option<Node> {
    list(&files.0, origin, |(key, path)| object! { origin; "key": key, "path": path })
}
