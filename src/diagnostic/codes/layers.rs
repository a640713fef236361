//! Bases, overlays, components, values, parameters and templates.

use super::Code;
use crate::diagnostic::Level;

pub(super) const CODES: &[Code] = &[
    Code::guard(
        "guard-removed",
        "a later layer does not take a guard away, nor what holds it",
        "a guard is there so that nobody gets around it by accident",
        "change the guard where it is written, with its reason",
    )
    .example("app: {deployments: {main: {replicas: null}}}", "change `replicas` in base/shop/app.yaml"),
    Code::guard(
        "guard-replaced",
        "a later layer does not write another guard over one",
        "the first one's reason still holds",
        "change the guard where it is written, with its reason",
    )
    .example(
        "replicas: {atMost: 3, because: ...}   # over {exactly: 1, ...}",
        "change `replicas` in base/shop/app.yaml",
    ),
    Code::guard(
        "shadowed-by-patch",
        "what a later layer says is not overwritten by the patch of an earlier one",
        "the later layer would have no effect, in silence",
        "change the field with a patch of the later layer, or take the earlier patch away",
    )
    .example("base: a patch sets `image`\noverlay: app: {image: ...}", "overlay: a patch sets `image`"),
    Code::finding(
        "merge-changes-nothing",
        Level::Warning,
        "an empty mapping over what lower layers wrote changes nothing",
        "whoever wrote `{}` may have wanted to take away what is there",
        "write `null` to take it away",
    )
    .example("app: {deployments: {main: {env: {}}}}", "app: {deployments: {main: {env: null}}}"),
    Code::finding(
        "new-workload",
        Level::Warning,
        "a workload that a later layer adds without a command of its own is meant as a new one",
        "a misspelt key makes a second workload instead of changing the first",
        "write the key that was meant, or say the `command` or `args` of the new one",
    )
    .example("app: {deployments: {mian: {replicas: 2}}}", "app: {deployments: {main: {replicas: 2}}}"),
    Code::finding(
        "not-interpolated",
        Level::Warning,
        "a plain manifest holds no interpolation",
        "it is taken as it is, and the cluster gets the text `${{ ... }}`",
        "print the manifest with a `*.j2` template, or set the field with a patch",
    )
    .example(
        "resources: [cm.yaml]   # host: ${{ values.host }}",
        "templates: [cm.yaml.j2]   # host: {{ values.host }}",
    ),
    Code::finding(
        "live-field",
        Level::Warning,
        "a manifest holds what is applied, not what the cluster wrote",
        "`status`, `uid` and the like are of another object, and Argo CD shows a difference for ever",
        "leave it out of the manifest",
    )
    .example("metadata: {name: web, resourceVersion: \"81\"}", "metadata: {name: web}"),
    Code::error(
        "app-over-kustomization",
        "over a kustomization there is no application to change",
        "change its resources with `patches`, `images`, `remove` and `resources`",
    ),
    Code::error("base-cycle", "no layer is its own base", "let one of them name another base"),
    Code::error(
        "diamond-conflict",
        "two bases of one overlay agree on each field",
        "let one of them say it, or move it into the overlay that both come together in",
    ),
    Code::error(
        "several-applications",
        "an overlay renders one application",
        "build two overlays, or mix parts in as components",
    ),
    Code::error(
        "conflicting-image",
        "one layer says an image in one place",
        "say it in `images` for a tag or digest, in `app.image` for another image",
    ),
    Code::error(
        "null-removes-nothing",
        "`null` takes away what a lower layer writes",
        "take the line away; the help line names near fields",
    ),
    Code::error(
        "removal-matches-nothing",
        "what is removed is there",
        "write the target that was meant; the help line names near ones",
    ),
    Code::error(
        "duplicate-resource",
        "one object is rendered once",
        "change the one that is there with a field or a patch, or `remove` it first",
    ),
    Code::error(
        "ambiguous-reference",
        "a name that several objects had leads to one of them",
        "refer to it by its final name",
    ),
    Code::error(
        "bad-interpolation",
        "an interpolation is `${{ values.NAME }}`, where values may stand",
        "write `${{ values.NAME }}`, or the text itself",
    ),
    Code::error("unclosed-interpolation", "an interpolation has an end", "write `${{ values.NAME }}`"),
    Code::error(
        "undefined-variable",
        "a value that is used is given by a layer",
        "add it under `values:` of the environment or the overlay",
    ),
    Code::error(
        "value-is-no-scalar",
        "a value inside a text is a text, a number or a boolean",
        "make the interpolation the whole value",
    ),
    Code::error("interpolated-key", "a key is written out", "write the key, or use a `*.j2` template"),
    Code::error(
        "invalid-parameter",
        "a parameter has a default of its type, within its bounds",
        "change the default or the bounds",
    ),
    Code::error(
        "unknown-parameter",
        "`--set` names a parameter that the overlay declares",
        "declare it under `parameters:`",
    ),
    Code::error("template-syntax", "a template is one of Jinja", "correct the place that the message names"),
    Code::error("template-error", "a template prints a text", "correct the expression that the message names"),
    Code::error("template-too-long", "a template prints a few manifests, and ends", "compute less in the template"),
    Code::error(
        "value-inside-text",
        "an expression of a template is a whole value: it is printed with its quotes",
        "put the text together inside the expression: `{{ \"https://\" ~ values.host }}`",
    ),
];
