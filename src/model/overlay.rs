//! `kind: Overlay` and `kind: Component`: what is different in one environment.

use schemars::JsonSchema;
use serde::Deserialize;

use super::argocd::ArgoCd;
use super::compose::Compose;
use super::exception::Exception;
use super::monitoring::Monitoring;
use super::network::NetworkPolicies;
use super::project::{FindingLevel, Tags};
use super::release::Order;
use super::route::Routing;
use super::secret::Secrets;
use crate::short_or_long;
use crate::tree::{Keyed, Raw, Spanned, Text};

/// One environment of an application: overlays/<app>/<env>/overlay.yaml.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Overlay {
    /// `strata.dev/v1alpha1`.
    #[serde(rename = "apiVersion")]
    pub api_version: Text,
    /// `Overlay`.
    pub kind: Text,
    /// What this overlay is laid over: an application or another overlay, or a list of overlays
    /// of one application that agree with each other.
    pub base: Base,
    /// The environment of strata.yaml that supplies values, the secret provider and the tag policy
    /// (default: the base overlay's).
    pub environment: Option<Text>,
    /// Components to mix in, by path.
    #[serde(default)]
    pub components: Vec<Text>,
    /// Values that `${{ values.NAME }}` stands for.
    #[serde(default)]
    pub values: Keyed<Raw>,
    /// Values that whoever builds may set, with `--set` or as Argo CD parameters.
    #[serde(default)]
    pub parameters: Keyed<Parameter>,
    /// The namespace of every object that has one: its name, or a mapping that can make it too.
    pub namespace: Option<Namespace>,
    /// What keeps the order of a release (default: the environment's word, else `waves`).
    pub order: Option<Spanned<Order>>,
    /// Prefix and suffix of every name; they never reach selectors.
    pub names: Option<Names>,
    /// Labels of every object and pod template; they never reach selectors.
    #[serde(default)]
    pub labels: Keyed<Text>,
    /// Annotations of every object.
    #[serde(default)]
    pub annotations: Keyed<Text>,
    /// Images by the name that is written in the manifests: another name, tag or digest.
    #[serde(default)]
    pub images: Keyed<Image>,
    /// Which image tags are allowed (default: the environment's policy).
    pub tags: Option<Tags>,
    /// Who supplies secrets (default: the environment's provider).
    pub secrets: Option<Secrets>,
    /// Who watches (default: the environment's choice); one word changes the provider alone.
    pub monitoring: Option<Monitoring>,
    /// Who serves routes: a word such as `ingress`, or settings laid over the environment's.
    pub routing: Option<Routing>,
    /// Who enforces network policies (default: the environment's choice); one word changes the
    /// provider alone.
    #[serde(rename = "networkPolicies")]
    pub network_policies: Option<NetworkPolicies>,
    /// Fields of the application, laid over the base's by the rules of layering.
    pub app: Option<Raw>,
    /// Patches of rendered resources, in order.
    #[serde(default)]
    pub patches: Vec<Patch>,
    /// Resources to take away.
    #[serde(default)]
    pub remove: Vec<Spanned<Target>>,
    /// Files with plain manifests, or folders of them.
    #[serde(default)]
    pub resources: Vec<Text>,
    /// `*.j2` files that print manifests.
    #[serde(default)]
    pub templates: Vec<Text>,
    /// What `strata build --target compose` needs to know, laid over the base's by key.
    pub compose: Option<Compose>,
    /// The Argo CD Application that this overlay is, laid over what strata.yaml says.
    pub argocd: Option<ArgoCd>,
    /// How serious a finding is here, by its code, laid over strata.yaml's and the base's by key.
    #[serde(default)]
    pub policy: Keyed<Spanned<FindingLevel>>,
    /// What is let pass here, beside what the base and strata.yaml let pass.
    #[serde(default)]
    pub exceptions: Vec<Exception>,
    /// Whether an overlay that renders nothing is fine (default: false, an error).
    #[serde(rename = "allowEmpty")]
    pub allow_empty: Option<Spanned<bool>>,
}

/// A partial application with patches, which overlays mix in: components/<name>/component.yaml.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Component {
    /// `strata.dev/v1alpha1`.
    #[serde(rename = "apiVersion")]
    pub api_version: Text,
    /// `Component`.
    pub kind: Text,
    /// Values that `${{ values.NAME }}` stands for; the overlay's win.
    #[serde(default)]
    pub values: Keyed<Raw>,
    /// Labels of every object and pod template; they never reach selectors.
    #[serde(default)]
    pub labels: Keyed<Text>,
    /// Annotations of every object.
    #[serde(default)]
    pub annotations: Keyed<Text>,
    /// Images by the name that is written in the manifests: another name, tag or digest.
    #[serde(default)]
    pub images: Keyed<Image>,
    /// Fields of the application, laid over the base's by the rules of layering.
    pub app: Option<Raw>,
    /// Patches of rendered resources, in order.
    #[serde(default)]
    pub patches: Vec<Patch>,
    /// Resources to take away.
    #[serde(default)]
    pub remove: Vec<Spanned<Target>>,
    /// Files with plain manifests, or folders of them.
    #[serde(default)]
    pub resources: Vec<Text>,
    /// `*.j2` files that print manifests.
    #[serde(default)]
    pub templates: Vec<Text>,
}

/// What an overlay is laid over: one path or a list of paths.
#[derive(Clone, Debug)]
pub struct Base(pub Vec<Text>);

short_or_long! {
    /// The namespace of an overlay. A later layer replaces it whole.
    #[derive(Clone, Debug)]
    pub enum Namespace {
        /// The name alone.
        Name(Text) = "a name",
        /// The name and what the namespace is like.
        Object(NamespaceObject) = "a mapping with `name`, `create`, `podSecurity`, `labels` and `annotations`",
    }
}

/// A namespace and what it is like.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NamespaceObject {
    /// Its name.
    pub name: Text,
    /// Whether the overlay makes it (default: false). Argo CD never takes it away again.
    pub create: Option<Spanned<bool>>,
    /// The Pod Security Standard that it enforces: pods that break it are an error.
    #[serde(rename = "podSecurity")]
    pub pod_security: Option<Spanned<PodSecurity>>,
    /// Labels, with `create`.
    #[serde(default)]
    pub labels: Keyed<Text>,
    /// Annotations, with `create`.
    #[serde(default)]
    pub annotations: Keyed<Text>,
}

/// A level of the Pod Security Standards.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum PodSecurity {
    /// No bounds.
    Privileged,
    /// Nothing that reaches beyond the container.
    Baseline,
    /// Hardened: no root, no privileges, a seccomp profile.
    Restricted,
}

impl PodSecurity {
    /// The word of the level.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Privileged => "privileged",
            Self::Baseline => "baseline",
            Self::Restricted => "restricted",
        }
    }
}

/// A value that whoever builds may set.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Parameter {
    /// The type of the value.
    #[serde(rename = "type")]
    pub parameter_type: ParameterType,
    /// The value when nobody sets one; without it, it must be set.
    pub default: Option<Raw>,
    /// The smallest number allowed.
    pub min: Option<Spanned<i64>>,
    /// The largest number allowed.
    pub max: Option<Spanned<i64>>,
    /// The texts allowed.
    #[serde(default)]
    pub allowed: Vec<Text>,
    /// What it is for; Argo CD shows it.
    pub description: Option<Text>,
}

/// The type of a parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ParameterType {
    /// A text.
    String,
    /// A whole number.
    Integer,
    /// `true` or `false`.
    Boolean,
}

/// Prefix and suffix of names.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Names {
    /// Comes before every name.
    pub prefix: Option<Text>,
    /// Comes after every name, before a content hash.
    pub suffix: Option<Text>,
}

/// What becomes of an image; at least one field.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Image {
    /// Another name, registry included.
    #[serde(rename = "newName")]
    pub new_name: Option<Text>,
    /// The tag.
    pub tag: Option<Text>,
    /// The digest, `sha256:...`; beside a tag, both are written.
    pub digest: Option<Text>,
}

/// A patch: a target and exactly one of `json6902`, `merge` and `strategic`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Patch {
    /// The resources that it changes; one that matches nothing is an error.
    pub target: Spanned<Target>,
    /// Operations of RFC 6902, as a list or the path of a file that holds it.
    pub json6902: Option<Raw>,
    /// A JSON merge patch (RFC 7386), as a mapping or the path of a file that holds it.
    pub merge: Option<Raw>,
    /// A strategic-merge patch, as a mapping or the path of a file that holds it.
    pub strategic: Option<Raw>,
}

/// Which resources are meant: every field given must be equal.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Target {
    /// API group; the core group is the empty text.
    pub group: Option<Text>,
    /// API version without the group.
    pub version: Option<Text>,
    /// Kind.
    pub kind: Option<Text>,
    /// Name, as the base or any layer so far has it.
    pub name: Option<Text>,
    /// Namespace.
    pub namespace: Option<Text>,
    /// Labels that the resource must have.
    #[serde(default)]
    pub labels: Keyed<Text>,
}
