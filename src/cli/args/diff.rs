//! The arguments of `strata diff`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::diff::Effect;

/// `strata diff`.
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
Examples:
  strata diff --base origin/main                what the working tree changes, overlay by overlay
  strata diff --base HEAD~1 --head HEAD overlays/shop
  strata diff old.yaml new.yaml                 two renders; `-` is stdin
  kubectl get deploy,svc -n shop -o yaml | strata diff - overlays/shop/prod
  strata diff --between staging production --app shop
  strata diff --base origin/main --format markdown --fail-on data-loss,recreate

Values of Secrets are never shown. Exit code 0, or 1 with --exit-code when something differs and with
--fail-on when a change does what is named; 2 when something cannot be rendered.")]
pub struct DiffArguments {
    /// Two overlays, folders or files; with --base, overlays, kustomizations or folders of them (default:
    /// the whole project)
    pub paths: Vec<PathBuf>,
    /// Compares with the tree of a git revision, which is not checked out
    #[arg(long, value_name = "REVISION")]
    pub base: Option<String>,
    /// The revision that is the new side (default: the working tree)
    #[arg(long, value_name = "REVISION", requires = "base")]
    pub head: Option<String>,
    /// Compares with where the head branched off from the base
    #[arg(long, requires = "base")]
    pub merge_base: bool,
    /// Compares the overlays of two environments
    #[arg(long, num_args = 2, value_names = ["FROM", "TO"], conflicts_with = "base")]
    pub between: Option<Vec<String>>,
    /// The application whose overlays are compared (default: each)
    #[arg(long, value_name = "APP", requires = "between")]
    pub app: Option<String>,
    /// Shows differences between environments that are expected: tags, hosts, sizes, names
    #[arg(long, requires = "between")]
    pub all: bool,
    /// Text, a comment for a pull request, JSON, or annotations for GitHub Actions
    #[arg(long, value_enum, default_value = "text")]
    pub format: DiffFormat,
    /// The most bytes of a comment; what is left out is counted
    #[arg(long, value_name = "BYTES", default_value_t = 60_000)]
    pub limit: usize,
    /// Exits with 1 when something differs
    #[arg(long)]
    pub exit_code: bool,
    /// Exits with 1 when a change does one of these: data-loss, recreate, scaled-to-zero, availability,
    /// security, pruned, hook, restart, configuration, created
    #[arg(long, value_name = "EFFECTS", value_delimiter = ',', value_parser = effect, hide_possible_values = true)]
    pub fail_on: Vec<Effect>,
}

/// How differences are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum DiffFormat {
    Text,
    Markdown,
    Json,
    Github,
}

fn effect(text: &str) -> Result<Effect, String> {
    let names = Effect::ALL.map(Effect::as_str);
    let found = Effect::ALL.into_iter().find(|effect| effect.as_str() == text);
    found.ok_or_else(|| match crate::diagnostic::near_miss(text, names) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("the effects are {}", names.join(", ")),
    })
}
