//! Secrets with fixed values, for a machine of the user's own.

use super::rules::{LOCAL_CREDENTIALS, LOCAL_SECRET};
use super::{Lowering, unless_empty};
use crate::app::LocalSecret;
use crate::base64;
use crate::object;
use crate::tree::{Map, Node};

/// Marks what must never reach a shared cluster.
const LOCAL_ONLY: &str = "strata.dev/local-only";

impl Lowering<'_> {
    pub(super) fn local_secret(&mut self, secret: &LocalSecret) -> Node {
        let origin = self.rule(&LOCAL_SECRET);
        let mut data = Map::default();
        for (key, value) in &secret.data {
            let encoded = Node::string(base64::encode(value.as_bytes()), value.origin);
            data.push(key.value.clone(), key.origin, encoded);
        }
        for (key, value) in &secret.made {
            let made = self.rule_at(&LOCAL_CREDENTIALS, value.origin);
            let encoded = Node::string(base64::encode(value.as_bytes()), made);
            data.push(key.value.clone(), key.origin, encoded);
        }
        let mark = Node::string("true", origin);
        object! { origin;
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": self.shared_metadata(&secret.name, &[], vec![(LOCAL_ONLY, Some(mark))]),
            "data"?: unless_empty(Node::new(data, origin)),
        }
    }
}
