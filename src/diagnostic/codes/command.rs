//! The command line.

use super::Code;

pub(super) const CODES: &[Code] = &[
    Code::remark(
        "deprecated-flag",
        "a flag is one that kustomize has today",
        "a later version drops it",
        "do as the help line says",
    )
    .example("strata build . --reorder none", "sortOptions: {order: fifo}"),
    Code::remark("flag-without-effect", "a flag has an effect", "functions in containers are not run", "leave it out")
        .example("strata build . --network", "strata build ."),
    Code::remark(
        "overwritten",
        "a file in an output folder is one that Strata wrote there",
        "what stood in it is gone",
        "give another folder, or restore the file from version control",
    )
    .example("strata build . -o src/", "strata build . -o rendered/"),
    Code::remark(
        "stale-file",
        "what is no longer rendered is taken out of the output folder, unless it was changed by hand",
        "whoever applies the folder applies the old file",
        "remove the file",
    )
    .example("rendered/old.yaml was edited", "rm rendered/old.yaml"),
    Code::remark(
        "secret-values-copied",
        "an import writes no values of Secrets",
        "a Secret that a kustomization generates becomes a manifest, which whoever reads the repository can read",
        "do not commit the file unaware; have a provider of `secrets` supply the values",
    )
    .example("strata import kustomize k8s   # with a secretGenerator", "secrets: {provider: externalSecrets}"),
    Code::error(
        "nothing-to-build",
        "there is something to build at the path",
        "name an overlay, a kustomization, or a folder with some below it",
    ),
    Code::error("annotate-format", "comments go into YAML, in one text", "leave JSON, Compose and folders out"),
    Code::error("unknown-rule", "a default has the name that is asked for", "run `strata explain --rules`"),
    Code::error("bad-path", "the path of a field can be read", "write `spec.containers[0].image` or a JSON pointer"),
    Code::error("unknown-path", "the resource has the field that is asked for", "write the path of one that it has"),
    Code::error("unknown-resource", "the build has the resource that is asked for", "write KIND/NAME as in the output"),
    Code::error("unknown-line", "the output has the line that is asked for", "name a line of the output"),
    Code::error("ambiguous-resource", "one resource has the name", "name one overlay, the namespace or the group"),
    Code::error("several-projects", "one run builds one project", "build one project at a time"),
    Code::error("nested-project", "a project does not lie inside another", "say `--output` of the outer project"),
    Code::error("no-project", "the command runs inside a project", "run `strata init`, or go to the project's folder"),
    Code::error("no-settings", "the project has a strata.yaml with an entry", "write one"),
    Code::error("no-overlays", "there is an overlay to compare", "name folders that hold overlays"),
    Code::error("no-snapshot-path", "an overlay with a snapshot lies below `overlays/`", "move it below `overlays/`"),
    Code::error("no-kustomization", "what is imported is the folder of a kustomization", "name the folder of one"),
    Code::error(
        "not-in-plugin",
        "the plugin of Argo CD uses no network and starts no program",
        "run `strata vendor` and commit what it fetched, or render the chart into a file",
    ),
    Code::error(
        "duplicate-application",
        "each overlay is an Argo CD Application of its own",
        "give one of them another name, or say `argocd: {enabled: false}` there",
    ),
    Code::error(
        "no-destination",
        "an Application of Argo CD is for a cluster",
        "write `destination: {cluster: NAME}` in the environment",
    ),
    Code::error(
        "application-without-repository",
        "an Application of Argo CD takes its manifests from a git repository",
        "write `argocd: {repository: URL}` in strata.yaml",
    ),
    Code::error(
        "several-repositories",
        "an ApplicationSet reads its files from one git repository",
        "write another `argocd: {project: NAME}` for those of the other one",
    ),
    Code::error(
        "foreign-file",
        "a folder that Strata writes for Argo CD holds nothing else that Argo CD would read",
        "move the file away, or put the change into the overlay",
    ),
    Code::error("not-found", "the folder that is named is there", "write the path that was meant"),
    Code::error(
        "cannot-edit",
        "what is edited is a text on one line that nothing else in the file stands for",
        "edit the file by hand",
    ),
    Code::error("cannot-import", "what is imported can be said in files of the model", "keep it as a kustomization"),
    Code::error("cannot-write", "what is written can be written", "look at the folder and its permissions"),
    Code::error(
        "would-overwrite",
        "a file that is there is not written over",
        "give an empty folder, or move the files away",
    ),
    Code::error(
        "output-is-input",
        "the output does not lie over what is read",
        "name another file or folder with `--output`",
    ),
    Code::error("symbolic-link", "files are not written through a symbolic link", "remove the link"),
    Code::error("folder-format", "a folder gets YAML files", "name a file, or leave out `--format json`"),
    Code::error(
        "several-compose-files",
        "each overlay has a Compose file of its own",
        "name one overlay, or a folder to write to",
    ),
    Code::error("bad-name", "the name of an application is a DNS label", "give another name"),
    Code::error("unknown-schema", "a schema that is named is one of the model's", "write one of the names"),
    Code::error(
        "unknown-edition",
        "an edition is one that this binary knows",
        "write one of the editions that the message names",
    ),
    Code::error("unknown-application", "an application that is named is a folder of overlays/", "write its name"),
    Code::error("nothing-to-promote", "an application has both environments", "name environments that overlays have"),
    Code::error("conflicting-versions", "an image has one version in an environment", "set the one that is meant"),
    Code::error("no-version", "an image that is promoted has a tag or a digest", "write `--tag`"),
    Code::remark(
        "unproven-image",
        "an image that is promoted is known by its digest",
        "a tag says where to look, and the image there may be another one by now",
        "write the digest where the image is built",
    )
    .example("images: {x: {tag: staging}}", "images: {x: {tag: staging, digest: \"sha256:...\"}}"),
    Code::remark(
        "one-side-only",
        "what is promoted is in both environments",
        "what is in one of them alone stays as it is",
        "nothing, when it is meant so",
    )
    .example("overlays/shop/staging", "overlays/shop/staging, overlays/shop/production"),
    Code::remark(
        "promoted-tag",
        "a tag that is promoted is one that the target allows",
        "the target's policy refuses the tags of the source",
        "give the images another tag with `--tag`",
    )
    .example(
        "strata promote --from staging --to production",
        "strata promote --from staging --to production --tag v1.2.3",
    ),
    Code::error("missing-overlay", "what is edited is named", "name the folders of overlays"),
    Code::error("invalid-argument", "what is set is NAME=VALUE", "write it so, and the overlays after it"),
    Code::error("several-images", "`--digest` is of one image", "write NAME:TAG@DIGEST for each image"),
    Code::error("unknown-image", "an image that is set is one that the overlay runs", "write it as the manifests do"),
    Code::error("ambiguous-workload", "a name means one workload", "write the section before the key"),
    Code::error("unknown-generator", "a generator that is named is one of the kustomization", "write its name"),
    Code::error(
        "unknown-variable",
        "a variable without a generator is one that some generator has",
        "name the generator",
    ),
    Code::error("no-place", "the layer that is edited says what is set", "leave out `--shared`, or write it by hand"),
    Code::error("file-changed", "a file that is written is as it was when it was read", "run the command again"),
    Code::remark(
        "new-variable",
        "a variable that is set is one that the layers know, or unlike all of them",
        "the program does not read a variable whose name is mistyped",
        "write the name that is meant",
    )
    .example("strata set env LOG_LVEL=debug .", "strata set env LOG_LEVEL=debug ."),
    Code::error(
        "no-repository",
        "a revision is compared in a git repository",
        "compare two folders, or name a list with `--files`",
    ),
    Code::error(
        "unknown-revision",
        "a revision is a branch, tag or commit of this clone",
        "fetch it, or name another one",
    ),
    Code::error("git-failed", "git answers", "look at the repository with git"),
    Code::error("invalid-list", "a list of changed files is UTF-8 text", "write one path per line"),
    Code::error("two-sides", "two things are compared", "say `strata diff OLD NEW`, or name a revision with `--base`"),
    Code::error(
        "nothing-to-compare",
        "both environments have an overlay of one application",
        "name other environments, or another application",
    ),
    Code::error(
        "several-overlays",
        "an application has one overlay in one of two environments",
        "name two overlays: `strata diff OLD NEW`",
    ),
];
