//! Patches, removals, images and names that change resources.

use super::Code;
use crate::diagnostic::Level;

pub(super) const CODES: &[Code] = &[
    Code::finding(
        "patch-matches-nothing",
        Level::Warning,
        "a patch changes at least one object; of a typed overlay this is an error",
        "after a rename the patch stops working, and nobody hears of it",
        "write the target that was meant; the help line names near ones",
    )
    .example(
        "patches: [{target: {kind: Deployment, name: wbe}, path: p.yaml}]",
        "patches: [{target: {kind: Deployment, name: web}, path: p.yaml}]",
    ),
    Code::finding(
        "image-matches-nothing",
        Level::Warning,
        "an entry of `images` is the image of a container; of a typed overlay this is an error",
        "the tag that was set is not the tag that runs",
        "write the image as the containers name it, without a tag",
    )
    .example("images: [{name: ghcr.io/acme/shpo, newTag: v2}]", "images: [{name: ghcr.io/acme/shop, newTag: v2}]"),
    Code::finding(
        "patch-changes-nothing",
        Level::Warning,
        "a patch says something that is not so already",
        "it is left over, and will surprise whoever changes the base",
        "leave the patch out",
    )
    .example("merge: {spec: {replicas: 2}}   # replicas: 2 already", "no patch"),
    Code::error("patch-removes-nothing", "a patch that deletes finds what it deletes", "leave it out"),
    Code::error(
        "patch-renames",
        "a patch does not rename or retype its object",
        "leave the field out; to rename, use `name` of the model or `json6902`",
    ),
    Code::error(
        "patch-path-not-found",
        "the path of an operation leads somewhere",
        "write a path that the object has; `-` appends to a list",
    ),
    Code::error(
        "patch-test-failed",
        "a `test` of a patch finds the value that it expects",
        "change the patch or what it expects",
    ),
    Code::error("patch-moves-into-itself", "`move` does not lead into what it moves", "write another `path`"),
    Code::error(
        "patch-too-deep",
        "a patch does not nest objects deeper than manifests are",
        "write the result as a resource",
    ),
    Code::error(
        "patch-too-large",
        "a patch does not multiply an object without bounds",
        "write the result as a resource",
    ),
    Code::error(
        "patch-directive-conflict",
        "the keys of a patch are among those that `$retainKeys` keeps",
        "add the key to `$retainKeys`, or remove it from the patch",
    ),
    Code::error(
        "misplaced-patch-directive",
        "`$patch` stands where lists and mappings merge",
        "write the list as it should be, or use a `json6902` patch for a single item",
    ),
    Code::error("unknown-patch-directive", "`$patch` is `merge`, `replace` or `delete`", "write one of them"),
    Code::error(
        "unknown-patch-operation",
        "an operation is one of RFC 6902",
        "write `add`, `remove`, `replace`, `move`, `copy` or `test`",
    ),
    Code::error(
        "invalid-json-pointer",
        "a path of an operation is a JSON pointer",
        "begin it with `/`, and write `~1` for `/` inside a key",
    ),
    Code::error(
        "missing-merge-key",
        "an item of a merged list names the key by which it is found",
        "write the key that the message names",
    ),
    Code::error(
        "ambiguous-patch-item",
        "an item of a patch is one item of the list",
        "say which one with the keys that the message names",
    ),
    Code::error("empty-target", "a target names something", "name a `kind`, a `name` or `labels`"),
    Code::error("invalid-pattern", "a pattern is a regular expression", "correct the expression"),
    Code::error(
        "invalid-label-selector",
        "a selector of labels or annotations is one of Kubernetes",
        "write `key=value`, `key in (a, b)` or `key`, with commas between",
    ),
];
