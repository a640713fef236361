//! ConfigMaps.

use super::metadata::SYNC_OPTIONS;
use super::rules::{CONFIG_MAP, PRUNE_LAST};
use super::{Lowering, unless_empty};
use crate::app::{ConfigData, ConfigMap};
use crate::base64;
use crate::object;
use crate::tree::{Map, Node};

impl Lowering<'_> {
    pub(super) fn config_map(&mut self, config_map: &ConfigMap) -> Node {
        let origin = self.rule(&CONFIG_MAP);
        let (mut data, mut binary) = (Map::default(), Map::default());
        for (key, value) in &config_map.data {
            match value {
                ConfigData::Text(text) => data.push(key.value.clone(), key.origin, text),
                ConfigData::Queries { source, exporter, queries } => {
                    data.push(key.value.clone(), key.origin, self.queries(source, *exporter, queries));
                }
                ConfigData::Binary(bytes, at) => {
                    binary.push(key.value.clone(), key.origin, Node::string(base64::encode(bytes), *at));
                }
            }
        }
        let last = self.rule(&PRUNE_LAST);
        let prune = config_map.hash.then(|| Node::string("PruneLast=true", last));
        object! { origin;
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": self.shared_metadata(&config_map.name, &[], vec![(SYNC_OPTIONS, prune)]),
            "data"?: unless_empty(Node::new(data, origin)),
            "binaryData"?: unless_empty(Node::new(binary, origin)),
        }
    }
}
