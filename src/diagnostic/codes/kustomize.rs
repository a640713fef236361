//! Kustomizations.

use super::Code;
use crate::diagnostic::Level;

pub(super) const CODES: &[Code] = &[
    Code::finding(
        "component-alone",
        Level::Warning,
        "a component is built as part of a kustomization",
        "by itself it patches nothing",
        "build a kustomization that lists it under `components`",
    )
    .example("strata build components/ha", "components: [../../components/ha]"),
    Code::finding(
        "deprecated-field",
        Level::Warning,
        "a kustomization is written with the fields that kustomize has today",
        "a later kustomize drops the old ones",
        "use the field that the message names",
    )
    .example("bases: [../base]", "resources: [../base]"),
    Code::finding(
        "empty-file",
        Level::Warning,
        "a file that is named holds something; a file of the model that holds nothing is an error",
        "what should be in it is not applied",
        "write what belongs into it, or take its name away",
    )
    .example("resources: [todo.yaml]   # only comments", "resources: [deployment.yaml]"),
    Code::finding(
        "empty-render",
        Level::Warning,
        "a build renders something; of a typed overlay an empty render is an error",
        "Argo CD would delete everything that runs",
        "list resources; `allowEmpty: true` of an overlay says that it is meant",
    )
    .example("resources: []", "resources: [deployment.yaml]"),
    Code::finding(
        "ignored-document",
        Level::Warning,
        "a kustomization is one document",
        "kustomize reads the first one, and what stands in the others has no effect",
        "write all fields into one document",
    )
    .example("resources: [a.yaml]\n---\nnamePrefix: a-", "resources: [a.yaml]\nnamePrefix: a-"),
    Code::finding(
        "replacement-matches-nothing",
        Level::Warning,
        "a replacement has a target that is there",
        "the value that should be replaced stays",
        "write the target that was meant",
    )
    .example(
        "targets: [{select: {kind: Deployment, name: wbe}}]",
        "targets: [{select: {kind: Deployment, name: web}}]",
    ),
    Code::finding(
        "unknown-behavior",
        Level::Warning,
        "the `behavior` of a generator is `create`, `merge` or `replace`",
        "kustomize takes any other word for `create`",
        "write one of the three",
    )
    .example("behavior: merged", "behavior: merge"),
    Code::finding(
        "unknown-build-metadata",
        Level::Warning,
        "`buildMetadata` names options that kustomize has",
        "kustomize passes over any other, and nothing is recorded",
        "write one of the options",
    )
    .example("buildMetadata: [originAnnotation]", "buildMetadata: [originAnnotations]"),
    Code::finding(
        "unused-variable",
        Level::Warning,
        "a variable under `vars` is used",
        "it is left over, or misspelt where it should be used",
        "take it away, or use it as `$(NAME)`",
    )
    .example("vars: [{name: HOST}]   # nobody says $(HOST)", "args: [\"--host=$(HOST)\"]"),
    Code::error(
        "wildcard-in-path",
        "a path of a `varReference` names its keys",
        "name the mapping: variables are looked for in all its values",
    ),
    Code::error(
        "ambiguous-merge",
        "a generator that merges finds one object to merge into",
        "name the namespace of the one that is meant",
    ),
    Code::error(
        "ambiguous-patch",
        "a patch without a target is about one object",
        "write a `target`, or the namespace of the one that is meant",
    ),
    Code::error("ambiguous-source", "the source of a replacement is one value", "name the source more closely"),
    Code::error("ambiguous-variable", "a variable is the field of one object", "give `objref` a `namespace`"),
    Code::error("broken-layer", "what a kustomization lists can be read", "repair what the message names"),
    Code::error("duplicate-variable", "a variable is declared once", "rename one"),
    Code::error("variable-without-value", "a variable leads to a value", "name a field that the object has"),
    Code::error(
        "generator-without-base",
        "a generator that merges or replaces has something below it",
        "write `behavior: create`",
    ),
    Code::error(
        "invalid-env-file",
        "a file of variables has lines `KEY=value`",
        "correct the line that the message names",
    ),
    Code::error("invalid-file-source", "a file of a generator is `path` or `key=path`", "write `path`, or `key=path`"),
    Code::error("invalid-literal", "a literal of a generator is `key=value`", "write `key=value`"),
    Code::error("kustomization-cycle", "no kustomization is below itself", "let one of them name another folder"),
    Code::error(
        "layers-too-deep",
        "kustomizations lie on top of each other up to a depth",
        "list the resources of several layers in one of them",
    ),
    Code::error(
        "not-supported",
        "a kustomization uses what works without programs and plugins",
        "do without it, or write its result as a resource",
    ),
    Code::error(
        "not-json",
        "a JSON patch that begins with `[` is JSON",
        "put keys and texts in double quotes, or write the list with dashes as YAML",
    ),
    Code::error(
        "patch-kind-mismatch",
        "a patch has the shape of what it patches",
        "write the field as the resource has it",
    ),
    Code::error("replacement-option", "`delimiter` and `index` name a part that is there", "correct the options"),
    Code::error(
        "replacement-path",
        "a path of a replacement leads to a field",
        "write a path that the object has, or `options: {create: true}`",
    ),
    Code::error("replacement-without-source", "a replacement has one source", "name a source that is there"),
    Code::error(
        "replicas-match-nothing",
        "an entry of `replicas` is about an object that is there",
        "write the name that was meant",
    ),
    Code::error(
        "unknown-openapi-version",
        "`openapi.version` is one that is built in",
        "write the version that the message names, or name a file under `path`",
    ),
    Code::error(
        "unknown-option",
        "`valuesMerge` of a chart is `override`, `merge` or `replace`",
        "write one of the three",
    ),
    Code::error("validator-changes", "a validator changes nothing", "list it under `transformers`"),
    Code::error(
        "invalid-chart",
        "an entry of `helmCharts` is one that helm can render",
        "correct the entry as the message says",
    ),
    Code::error("invalid-values", "the values of a chart are YAML", "correct the file of values"),
    Code::error(
        "chart-not-found",
        "a chart is in `charts/`, or says where it comes from",
        "put the chart there, or say under `repo` where to pull it from",
    ),
    Code::error("helm-failed", "helm renders the chart", "correct what helm says"),
    Code::error(
        "helm-not-enabled",
        "charts are rendered where `--enable-helm` is said",
        "say `--enable-helm`, or render the chart into a file and list that",
    ),
    Code::error(
        "not-vendored",
        "what a kustomization names elsewhere has a copy in `vendor/strata`",
        "run `strata vendor`, or say `--fetch`",
    ),
    Code::error(
        "invalid-remote",
        "what names a repository is one that git can fetch",
        "write the like of `https://github.com/org/repo/path?ref=v1.0.0`",
    ),
    Code::error(
        "remotes-too-deep",
        "repositories name other repositories up to a depth",
        "vendor the inner ones into the project",
    ),
    Code::error(
        "fetch-failed",
        "what is named elsewhere can be fetched",
        "look at the address, the network and the credentials",
    ),
    Code::error(
        "invalid-lock",
        "the lock file of `vendor/strata` can be read",
        "restore it from version control, or remove it and run `strata vendor`",
    ),
    Code::error(
        "vendored-tree-changed",
        "what was fetched is what the lock file says",
        "remove the folder and run `strata vendor`; changes belong into patches",
    ),
    Code::error(
        "nothing-to-vendor",
        "there is a kustomization to vendor for",
        "name the folder of one, or one with some below it",
    ),
    Code::error(
        "outside-kustomization",
        "a kustomization reads files below its own folder",
        "move the file, or make its folder a kustomization of its own",
    ),
];
