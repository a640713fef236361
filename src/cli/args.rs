//! What can be written on the command line, as written: nothing is looked up or checked here.

mod affected;
pub mod argocd;
mod check;
mod diff;
mod explain;
mod promote;
pub mod render_to;
mod set;

use std::path::{Path, PathBuf};

use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};

pub use crate::pipeline::KustomizeOptions;
pub use affected::{AffectedArguments, AffectedFormat};
pub use check::{CheckArguments, CheckFormat, Deny};
pub use diff::{DiffArguments, DiffFormat};
pub use explain::ExplainArguments;
pub use promote::PromoteArguments;
pub use set::{EditArguments, SetArguments, SetCommand, SetImageArguments};

/// Declarative manifests for Argo CD: typed applications and one overlay per environment.
#[derive(Debug, Parser)]
#[command(name = "strata", version, after_help = EXAMPLES, arg_required_else_help = true)]
pub struct Arguments {
    /// When to colour; `auto` is on a terminal, and respects NO_COLOR and CLICOLOR_FORCE
    #[arg(long, global = true, value_enum, value_name = "WHEN", default_value = "auto", display_order = 900)]
    pub color: ColorWhen,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

const EXAMPLES: &str = "\
Examples:
  strata init my-app                            a small project in the folder my-app
  strata build overlays/my-app/prod             prints the manifests of one overlay
  strata build overlays -o rendered/            one folder of manifests per overlay
  strata check                                  says what is wrong before the cluster does
  strata snapshot                               shows what changed since the last --accept

Exit codes: 0 fine, 1 findings (check, snapshot, upgrade), 2 could not do it.";

/// The subcommands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Renders overlays into manifests
    Build(BuildArguments),
    /// Says what is wrong with overlays and kustomizations before a cluster does
    Check(CheckArguments),
    /// Fetches the remote bases and files of kustomizations into vendor/strata
    Vendor(VendorArguments),
    /// Compares what overlays render with snapshots/, or writes it there
    Snapshot(SnapshotArguments),
    /// Shows what differs between two renders or revisions, and what that does to what runs
    Diff(DiffArguments),
    /// Lists the overlays that changed files change
    Affected(AffectedArguments),
    /// Shows what another edition changes, and writes it into strata.yaml
    Upgrade(UpgradeArguments),
    /// Says where the fields of a build come from, and what they replaced
    Explain(Box<ExplainArguments>),
    /// Edits images, replicas and variables of overlays in place
    Set(SetArguments),
    /// Carries the images of one environment to another, in place
    Promote(PromoteArguments),
    /// Prints or writes the JSON Schemas of the files that you write
    Schema(SchemaArguments),
    /// Writes a small project that builds at once
    Init(InitArguments),
    /// Turns what another tool builds into a typed project
    Import(ImportArguments),
    /// Writes rendered manifests into a folder that git keeps, one folder for each overlay
    RenderTo(render_to::RenderToArguments),
    /// Renders inside Argo CD, plans its syncs, and makes its Applications
    Argocd(argocd::ArgocdArguments),
    /// Prints a completion script for a shell
    Completions(CompletionsArguments),
}

/// `strata build`.
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
Examples:
  strata build overlays/my-app/prod             prints the manifests of one overlay
  strata build overlays/my-app/dev --set replicas=2 | kubectl diff -f -
  strata build overlays/my-app/prod -o prod.yaml
  strata build overlays -o rendered/            one folder per overlay, one file per resource
  strata build k8s/overlays/prod                prints what `kustomize build` prints there
  strata build k8s/overlays/prod --strict       refuses patches and images that match nothing
  strata build k8s/overlays/prod --fetch        fetches remote bases first, as `strata vendor` does
  strata build overlays/my-app/prod --annotate  says in comments where each line comes from
  strata build overlays/my-app/local --target compose -o compose.yaml

Several overlays print one after the other, sorted by name. When there is an error, nothing is
printed or written.")]
pub struct BuildArguments {
    /// Overlays, folders that hold overlays, or folders with a kustomization.yaml
    #[arg(default_value = ".")]
    pub paths: Vec<PathBuf>,
    /// Writes a file, or one file per resource into a folder (one that exists, or a path that ends
    /// in `/`; several overlays get a folder each)
    #[arg(short, long, value_name = "FILE|FOLDER")]
    pub output: Option<PathBuf>,
    /// The format of the manifests
    #[arg(long, value_enum, default_value = "yaml")]
    pub format: ManifestFormat,
    /// Adds the source of each line as a comment, where it is not that of what holds it
    #[arg(long)]
    pub annotate: bool,
    /// What to make: manifests, or a Docker Compose file for each overlay (docs/compose.md)
    #[arg(long, value_enum, default_value = "kubernetes")]
    pub target: BuildTarget,
    /// Sets a parameter that the overlay declares
    #[arg(long, value_name = "NAME=VALUE", value_parser = name_and_value)]
    pub set: Vec<(String, String)>,
    /// How kustomizations are built
    #[command(flatten)]
    pub kustomize: KustomizeArguments,
    /// Who reads YAML: `fast`, or the parser `granit` alone. The result is the same; when it is
    /// not, that is a bug to report
    #[arg(long, value_enum, default_value = "fast", hide = true)]
    pub reader: Reader,
    /// The format of errors and warnings, which go to stderr (JSON: docs/diagnostics.md)
    #[arg(long, value_enum, default_value = "text", value_name = "FORMAT")]
    pub message_format: MessageFormat,
}

/// What a build makes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum BuildTarget {
    #[default]
    Kubernetes,
    Compose,
}

/// Who reads YAML.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Reader {
    #[default]
    Fast,
    Granit,
}

impl From<Reader> for crate::pipeline::Reader {
    fn from(reader: Reader) -> Self {
        match reader {
            Reader::Fast => Self::Fast,
            Reader::Granit => Self::Granit,
        }
    }
}

/// The flags of `kustomize build`.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Kustomizations", args_override_self = true)]
pub struct KustomizeArguments {
    /// Which files a kustomization may name
    #[arg(long, value_enum, value_name = "RULE", default_value = "LoadRestrictionsRootOnly", ignore_case = true)]
    pub load_restrictor: LoadRestrictor,
    /// The order of the output, where `sortOptions` says none (default: legacy) [deprecated]
    #[arg(long, value_enum, value_name = "ORDER")]
    pub reorder: Option<Reorder>,
    /// Adds the label app.kubernetes.io/managed-by [deprecated]
    #[arg(long, action = ArgAction::Set, value_parser = truth, value_name = "BOOL", num_args = 0..=1, require_equals = true)]
    #[arg(default_value = "false", default_missing_value = "true", hide_default_value = true)]
    pub enable_managedby_label: bool,
    /// Makes an error of what kustomize lets pass: patches, images and replacements that match
    /// nothing, an empty render
    #[arg(long)]
    pub strict: bool,
    /// Fetches remote bases and files that are not vendored yet, as `strata vendor` does
    #[arg(long)]
    pub fetch: bool,
    /// Renders `helmCharts` with the installed helm, which may pull charts from their `repo`
    #[arg(long, action = ArgAction::Set, value_parser = truth, value_name = "BOOL", num_args = 0..=1, require_equals = true)]
    #[arg(default_value = "false", default_missing_value = "true", hide_default_value = true)]
    pub enable_helm: bool,
    /// The helm program
    #[arg(long, value_name = "PROGRAM", default_value = "helm")]
    pub helm_command: PathBuf,
    /// Versions of Kubernetes APIs that charts see, where the chart's `apiVersions` says none
    #[arg(long, value_name = "VERSION")]
    pub helm_api_versions: Vec<String>,
    /// The version of Kubernetes that charts see, where the chart's `kubeVersion` says none
    #[arg(long, value_name = "VERSION")]
    pub helm_kube_version: Option<String>,
    /// Gives helm `--debug`
    #[arg(long, action = ArgAction::Set, value_parser = truth, value_name = "BOOL", num_args = 0..=1, require_equals = true)]
    #[arg(default_value = "false", default_missing_value = "true", hide_default_value = true)]
    pub helm_debug: bool,
    /// Accepted; plugins other than the builtin ones are refused all the same
    #[arg(long, action = ArgAction::Set, value_parser = truth, value_name = "BOOL", num_args = 0..=1, require_equals = true)]
    #[arg(default_value = "false", default_missing_value = "true", hide_default_value = true)]
    pub enable_alpha_plugins: bool,
    /// Accepted without effect: an error of Strata has a place, and no trace
    #[arg(long, hide = true)]
    pub stack_trace: bool,
    /// Flags for functions in containers, which are not run
    #[command(flatten)]
    pub functions: FunctionArguments,
}

/// Flags that are for functions in containers. They are taken so that scripts keep working.
#[derive(Clone, Debug, Default, Args)]
pub struct FunctionArguments {
    /// Accepted without effect: functions in containers are not run
    #[arg(long, action = ArgAction::Set, value_parser = truth, value_name = "BOOL", num_args = 0..=1, require_equals = true)]
    #[arg(default_value = "false", default_missing_value = "true", hide_default_value = true)]
    pub as_current_user: bool,
    /// Accepted without effect: exec functions are not run
    #[arg(long, action = ArgAction::Set, value_parser = truth, value_name = "BOOL", num_args = 0..=1, require_equals = true)]
    #[arg(default_value = "false", default_missing_value = "true", hide_default_value = true)]
    pub enable_exec: bool,
    /// Accepted without effect
    #[arg(long, action = ArgAction::Set, value_parser = truth, value_name = "BOOL", num_args = 0..=1, require_equals = true)]
    #[arg(default_value = "false", default_missing_value = "true", hide_default_value = true)]
    pub network: bool,
    /// Accepted without effect
    #[arg(long, value_name = "NAME")]
    pub network_name: Option<String>,
    /// Accepted without effect
    #[arg(short, long, value_name = "NAME=VALUE")]
    pub env: Vec<String>,
    /// Accepted without effect
    #[arg(long, value_name = "MOUNT")]
    pub mount: Vec<String>,
}

impl FunctionArguments {
    /// Those that were given.
    pub fn given(&self) -> Vec<&'static str> {
        let all = [
            ("--as-current-user", self.as_current_user),
            ("--enable-exec", self.enable_exec),
            ("--network", self.network),
            ("--network-name", self.network_name.is_some()),
            ("--env", !self.env.is_empty()),
            ("--mount", !self.mount.is_empty()),
        ];
        all.into_iter().filter(|(_, given)| *given).map(|(flag, _)| flag).collect()
    }
}

impl KustomizeArguments {
    /// The flags for charts that were given.
    pub fn for_charts(&self) -> Vec<&'static str> {
        let all = [
            ("--helm-command", self.helm_command != Path::new("helm") && !self.helm_command.as_os_str().is_empty()),
            ("--helm-api-versions", !self.helm_api_versions.is_empty()),
            ("--helm-kube-version", self.helm_kube_version.is_some()),
            ("--helm-debug", self.helm_debug),
        ];
        all.into_iter().filter(|(_, given)| *given).map(|(flag, _)| flag).collect()
    }

    /// As the pipeline takes them.
    pub fn options(&self) -> crate::pipeline::KustomizeOptions {
        crate::pipeline::KustomizeOptions {
            load_anywhere: self.load_restrictor == LoadRestrictor::None,
            reorder: self.reorder != Some(Reorder::None),
            managed_by: self.enable_managedby_label,
            strict: self.strict,
        }
    }
}

/// The value of a flag that is true or false, in the spellings that kustomize takes.
fn truth(text: &str) -> Result<bool, String> {
    match text {
        "1" | "t" | "T" | "true" | "True" | "TRUE" => Ok(true),
        "0" | "f" | "F" | "false" | "False" | "FALSE" => Ok(false),
        _ => Err("write `true` or `false`".to_owned()),
    }
}

/// Which files a kustomization may name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum LoadRestrictor {
    #[default]
    #[value(name = "LoadRestrictionsRootOnly", alias = "root-only", alias = "rootOnly")]
    RootOnly,
    #[value(name = "LoadRestrictionsNone", alias = "none")]
    None,
}

/// The order of the output.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Reorder {
    #[default]
    Legacy,
    None,
}

/// `strata vendor`.
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
Examples:
  strata vendor                                 all kustomizations below this folder
  strata vendor k8s/overlays/prod               what this one needs
  strata vendor --update                        moves branches and tags to what they are now

It writes vendor/strata/ below the project's root: a folder for each repository or file, and a lock
file with commits and SHA-256 hashes. Without --update, what the lock file says is fetched again. It
runs the installed git, and curl for files; `strata build` runs neither.")]
pub struct VendorArguments {
    /// Kustomizations, or folders that hold some
    #[arg(default_value = ".")]
    pub paths: Vec<PathBuf>,
    /// Asks for branches, tags and files anew, whatever the lock file says
    #[arg(long)]
    pub update: bool,
    /// Removes what these kustomizations do not name
    #[arg(long)]
    pub prune: bool,
    /// The format of errors and warnings, which go to stderr
    #[arg(long, value_enum, default_value = "text", value_name = "FORMAT")]
    pub message_format: MessageFormat,
}

/// `strata snapshot`.
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
Examples:
  strata snapshot                               shows what differs; exit code 1 when something does
  strata snapshot --check                       the same, said in a script
  strata snapshot --accept                      writes snapshots/ as the overlays are now
  strata snapshot overlays/my-app/prod --accept writes the snapshot of one overlay
  strata snapshot overlays/my-app --format json

The snapshot of overlays/APP/ENV is snapshots/APP/ENV.yaml: exactly what `strata build` prints.")]
pub struct SnapshotArguments {
    /// Overlays, kustomizations, or folders of them, below overlays/ (default: all of them)
    pub paths: Vec<PathBuf>,
    /// Compares and writes nothing, as without a flag
    #[arg(long, conflicts_with = "accept")]
    pub check: bool,
    /// Writes what differs, and removes snapshots that no overlay renders
    #[arg(long)]
    pub accept: bool,
    /// The format of the findings, and of errors and warnings
    #[arg(long, value_enum, default_value = "text")]
    pub format: MessageFormat,
}

/// `strata upgrade`.
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
Examples:
  strata upgrade                                shows what the newest edition changes
  strata upgrade --edition 2026.1 --write       writes an edition into strata.yaml
  strata upgrade --format json

An edition freezes defaults, labels, names and waves. Exit code 1: something renders differently,
and nothing was written.")]
pub struct UpgradeArguments {
    /// Overlays, or folders that hold overlays, to look at (default: all overlays of the project)
    #[arg(conflicts_with = "write")]
    pub paths: Vec<PathBuf>,
    /// The edition (default: the newest that this Strata knows)
    #[arg(long, num_args = 0..=1, default_missing_value = "")]
    pub edition: Option<String>,
    /// Writes the edition into strata.yaml, after the difference of all overlays is shown
    #[arg(long)]
    pub write: bool,
    /// The format of the differences, and of errors and warnings
    #[arg(long, value_enum, default_value = "text")]
    pub format: MessageFormat,
}

/// `strata schema`.
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
Examples:
  strata schema                                 lists the schemas
  strata schema app                             prints the schema of app.yaml
  strata schema --output schemas                writes all of them")]
pub struct SchemaArguments {
    /// The schema, such as `app` (default: all)
    pub name: Option<String>,
    /// Writes into a folder instead of printing
    #[arg(short, long, value_name = "FOLDER")]
    pub output: Option<PathBuf>,
}

/// `strata init`.
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
Examples:
  strata init                                   in this folder, named like it
  strata init shop --name shop-api              in the folder shop, for the application shop-api")]
pub struct InitArguments {
    /// The folder; it is made when it is missing
    #[arg(default_value = ".")]
    pub folder: PathBuf,
    /// The application's name (default: the folder's)
    #[arg(long, value_name = "APP")]
    pub name: Option<String>,
}

/// `strata import`.
#[derive(Clone, Debug, Args)]
pub struct ImportArguments {
    /// The other tool.
    #[command(subcommand)]
    pub from: ImportCommand,
}

/// What is imported from.
#[derive(Clone, Debug, Subcommand)]
pub enum ImportCommand {
    /// Writes an application and overlays from a kustomize base and its overlays
    Kustomize(ImportKustomizeArguments),
}

/// `strata import kustomize`.
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
Examples:
  strata import kustomize k8s --output shop --name shop
  strata import kustomize k8s/overlays          all overlays, with the base beside them
  strata import kustomize k8s/overlays/prod     one kustomization
  strata import kustomize k8s --allow-defaults  takes Strata's defaults, and lists what they change
  strata import kustomize k8s --format json     the report for machines

What is written renders what the kustomizations render, but for the labels and annotations that are
listed. What the model cannot say stays a manifest or a patch, and the report says which field was the
reason and where it is. No file is overwritten.")]
pub struct ImportKustomizeArguments {
    /// A base with its overlays beside it, a folder of overlays, or one kustomization
    #[arg(value_name = "DIR")]
    pub folder: PathBuf,
    /// The root of the project to write into
    #[arg(short, long, value_name = "FOLDER", default_value = ".")]
    pub output: PathBuf,
    /// The application's name (default: the folder's)
    #[arg(long, value_name = "APP")]
    pub name: Option<String>,
    /// Keeps what Strata's rules add, such as security settings, instead of patching it away
    #[arg(long)]
    pub allow_defaults: bool,
    /// Which files a kustomization may name
    #[arg(long, value_enum, value_name = "RULE", default_value = "LoadRestrictionsRootOnly", ignore_case = true)]
    pub load_restrictor: LoadRestrictor,
    /// The format of the report, and of errors and warnings
    #[arg(long, value_enum, default_value = "text")]
    pub format: MessageFormat,
}

/// `strata completions`.
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
Examples:
  strata completions bash > /etc/bash_completion.d/strata
  strata completions zsh > ~/.zfunc/_strata
  strata completions fish > ~/.config/fish/completions/strata.fish")]
pub struct CompletionsArguments {
    /// The shell
    #[arg(value_enum)]
    pub shell: clap_complete::Shell,
}

/// When to colour. (Comments on variants would become a paragraph each in `--help`.)
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ColorWhen {
    Auto,
    Always,
    Never,
}

/// The format of manifests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ManifestFormat {
    Yaml,
    Json,
}

/// The format of messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum MessageFormat {
    Text,
    Json,
}

fn name_and_value(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.into(), value.into())),
        _ => Err("write NAME=VALUE".into()),
    }
}
