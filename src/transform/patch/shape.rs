//! The Kubernetes definitions as the shape of a strategic merge.

use ecow::EcoString;

use super::strategic::{MergeShape, Strategy};
use crate::kubernetes::Type;

impl MergeShape for Type {
    fn field(self, name: &str) -> Option<Self> {
        Type::field(self, name).or_else(|| self.additional())
    }

    fn items(self) -> Option<Self> {
        Type::items(self)
    }

    fn merge_keys(self) -> Vec<EcoString> {
        let key = Type::merge_key(self);
        let more = self.list_map_keys().filter(|more| Some(*more) != key);
        key.into_iter().chain(more).map(EcoString::from).collect()
    }

    fn strategy(self) -> Strategy {
        let strategy = self.patch_strategy();
        Strategy { merge: strategy.merge, retain_keys: strategy.retain_keys, replace: strategy.replace }
    }
}
