//! `argocd:` of strata.yaml, of an environment and of an overlay: the Application that an overlay is.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::tree::{Keyed, Spanned, Text};

/// The Argo CD Application of overlays, for `strata argocd apps`. strata.yaml, its environment and
/// the overlay may each say it; the later one wins, field by field.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ArgoCd {
    /// The name of the Application; an overlay alone has one (default: the overlay's folder with `-`).
    pub application: Option<Text>,
    /// Whether an Application is made (default: true, but for environments that are local).
    pub enabled: Option<Spanned<bool>>,
    /// The git repository with this project, as Argo CD reaches it.
    pub repository: Option<Text>,
    /// The branch, tag or commit of it (default: `HEAD`).
    pub revision: Option<Text>,
    /// The folder of this project in the repository (default: its root).
    pub path: Option<Text>,
    /// The AppProject (default: `default`).
    pub project: Option<Text>,
    /// The namespace that Applications live in (default: `argocd`).
    pub namespace: Option<Text>,
    /// Where the manifests come from (default: `plugin`).
    pub source: Option<Spanned<ManifestSource>>,
    /// Where rendered manifests are, for the sources `rendered` and `hydrator`.
    pub rendered: Option<RenderedManifests>,
    /// When and how Argo CD applies (default: when somebody asks for it).
    pub sync: Option<Sync>,
    /// What becomes of the objects when the Application is deleted (default: `none`, they stay).
    pub finalizer: Option<Spanned<Finalizer>>,
    /// Labels of the Application.
    #[serde(default)]
    pub labels: Keyed<Text>,
    /// Annotations of the Application, such as those of notifications and of the image updater.
    #[serde(default)]
    pub annotations: Keyed<Text>,
}

/// Where the manifests of an Application come from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ManifestSource {
    /// The plugin renders the overlay.
    #[default]
    Plugin,
    /// A folder that `strata render-to` writes.
    Rendered,
    /// Argo CD renders with the plugin, and commits the result to a branch that it applies.
    Hydrator,
}

/// Where rendered manifests are.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RenderedManifests {
    /// The git repository (default: the one with this project).
    pub repository: Option<Text>,
    /// The branch (default: `rendered`).
    pub branch: Option<Text>,
    /// The folder with one folder for each overlay (default: the root).
    pub path: Option<Text>,
}

/// When and how Argo CD applies.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Sync {
    /// Whether it applies each new commit by itself (default: false).
    pub automated: Option<Spanned<bool>>,
    /// Whether it takes away what is no longer rendered, with `automated` (default: false).
    pub prune: Option<Spanned<bool>>,
    /// Whether it undoes changes made in the cluster, with `automated` (default: false).
    #[serde(rename = "selfHeal")]
    pub self_heal: Option<Spanned<bool>>,
    /// More options, such as `ApplyOutOfSyncOnly=true`. What the objects need is added by itself.
    #[serde(default)]
    pub options: Vec<Text>,
    /// How often a failed sync is tried again (default: as Argo CD decides).
    pub retry: Option<Retry>,
}

/// How often a failed sync is tried again.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Retry {
    /// How often; a negative number has no end.
    pub limit: Spanned<i64>,
    /// The pause before the first time, such as `5s`.
    pub duration: Option<Text>,
    /// What each pause is multiplied by to get the next one.
    pub factor: Option<Spanned<u32>>,
    /// The longest pause, such as `3m`.
    #[serde(rename = "maxDuration")]
    pub max_duration: Option<Text>,
}

/// What becomes of the objects when an Application is deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Finalizer {
    /// They stay.
    None,
    /// They go, and the Application waits for that.
    Foreground,
    /// They go after the Application.
    Background,
}

impl ArgoCd {
    /// This one laid over `lower`, field by field; labels, annotations and what is below `sync` and
    /// `rendered` by key.
    #[must_use]
    pub fn over(&self, lower: &Self) -> Self {
        let rendered = |own: &RenderedManifests, lower: &RenderedManifests| RenderedManifests {
            repository: own.repository.clone().or_else(|| lower.repository.clone()),
            branch: own.branch.clone().or_else(|| lower.branch.clone()),
            path: own.path.clone().or_else(|| lower.path.clone()),
        };
        Self {
            application: self.application.clone().or_else(|| lower.application.clone()),
            enabled: self.enabled.or(lower.enabled),
            repository: self.repository.clone().or_else(|| lower.repository.clone()),
            revision: self.revision.clone().or_else(|| lower.revision.clone()),
            path: self.path.clone().or_else(|| lower.path.clone()),
            project: self.project.clone().or_else(|| lower.project.clone()),
            namespace: self.namespace.clone().or_else(|| lower.namespace.clone()),
            source: self.source.or(lower.source),
            rendered: both(self.rendered.as_ref(), lower.rendered.as_ref(), rendered),
            sync: both(self.sync.as_ref(), lower.sync.as_ref(), Sync::over),
            finalizer: self.finalizer.or(lower.finalizer),
            labels: by_key(&self.labels, &lower.labels),
            annotations: by_key(&self.annotations, &lower.annotations),
        }
    }
}

impl Sync {
    fn over(&self, lower: &Self) -> Self {
        Self {
            automated: self.automated.or(lower.automated),
            prune: self.prune.or(lower.prune),
            self_heal: self.self_heal.or(lower.self_heal),
            options: if self.options.is_empty() { lower.options.clone() } else { self.options.clone() },
            retry: self.retry.clone().or_else(|| lower.retry.clone()),
        }
    }
}

fn both<T: Clone>(own: Option<&T>, lower: Option<&T>, over: impl Fn(&T, &T) -> T) -> Option<T> {
    match (own, lower) {
        (Some(own), Some(lower)) => Some(over(own, lower)),
        (own, lower) => own.or(lower).cloned(),
    }
}

fn by_key(own: &Keyed<Text>, lower: &Keyed<Text>) -> Keyed<Text> {
    let kept = lower.iter().filter(|(key, _)| own.get(key).is_none());
    Keyed(kept.chain(own.iter()).map(|(key, value)| (key.clone(), value.clone())).collect())
}
