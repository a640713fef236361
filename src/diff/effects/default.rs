//! What the API server fills in for fields that never change afterwards.

use crate::diff::{FieldChange, Step};

/// The last key of a field and what it is where nothing is said (the functions `SetDefaults_...` in
/// `defaults.go` of kubernetes/pkg/apis).
const DEFAULTS: [(&str, &str); 7] = [
    ("completionMode", "NonIndexed"),
    ("podManagementPolicy", "OrderedReady"),
    ("preemptionPolicy", "PreemptLowerPriority"),
    ("reclaimPolicy", "Delete"),
    ("type", "Opaque"),
    ("volumeBindingMode", "Immediate"),
    ("volumeMode", "Filesystem"),
];

/// Whether a field says its default on the one side and nothing on the other.
pub(super) fn is_spelled_out(field: &FieldChange) -> bool {
    let said = field.old.as_ref().xor(field.new.as_ref()).and_then(|node| node.as_str());
    let (Some(Step::Key(key)), Some(said)) = (field.path.last(), said) else { return false };
    DEFAULTS.iter().any(|(known, value)| key.as_str() == *known && said == *value)
}
