//! What one object says of another.

use super::Code;

pub(super) const CODES: &[Code] = &[
    Code::guard(
        "secret-key-not-supplied",
        "a Secret that the build renders for a declared secret supplies each declared key",
        "pods that need the key stay in CreateContainerConfigError",
        "supply the key, or take it from the declaration",
    )
    .example(
        "secrets: {shop: {keys: {TOKEN: {}}}}   # and a Secret `shop` without TOKEN",
        "kind: Secret\nmetadata: {name: shop}\nstringData: {TOKEN: ...}",
    ),
    Code::error(
        "claim-not-shareable",
        "a claim that pods of several nodes mount has an access mode for that",
        "give each its own claim, choose `ReadWriteMany`, or keep the pods on one node",
    )
    .why("the second pod hangs in ContainerCreating, on the day on which it lands on another node"),
];
