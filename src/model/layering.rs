//! How layers merge, by the path of a field: the one table that merging follows and that the
//! schemas of editors tell in words.

/// What happens where two layers write one field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// Maps by key, anything else replaced.
    ByKey,
    /// Replaced whole.
    Replace,
    /// A mapping of which exactly one of these keys is used: another one replaces it whole.
    OneOf(&'static [&'static str]),
    /// A mapping in which another one of these keys takes away the one that was there; the other
    /// keys merge.
    Choice(&'static [&'static str]),
    /// A guard on a number: a later layer may say the number within it, but not take it away.
    Guard,
    /// A list of what must not be: a later layer adds to it.
    Union,
}

/// The rule of the field at `path`, a chain of keys below the root of an application.
pub fn rule(path: &[&str]) -> Rule {
    match path {
        ["env", _] | [_, _, "env", _] | [_, _, "initContainers" | "sidecars", _, "env", _] => Rule::Replace,
        ["config", _, _] | ["values", _] => Rule::Replace,
        [_, _, "selector"] | [_, _, "scheduling", "affinity" | "tolerations"] => Rule::Replace,
        [_, _, "volumes", _, "projected" | "mount"] | [_, _, "initContainers" | "sidecars", _, "mounts", _] => {
            Rule::Replace
        }
        ["deployments" | "workers", _, "replicas"] => Rule::Guard,
        ["secrets", _, "forbidden"] => Rule::Union,
        ["dependencies", _] => Rule::Choice(&["bundled", "external", "service", "application"]),
        [_, _, "probes", _] | [_, _, _, _, "probes", _] => Rule::OneOf(&["http", "tcp", "exec", "grpc"]),
        [_, _, "disruption"] => Rule::OneOf(&["maxUnavailable", "minAvailable"]),
        [_, _, "lifecycle", _] | [_, _, _, _, "lifecycle", _] => Rule::OneOf(&["exec", "http", "sleep"]),
        ["clients", _] => Rule::OneOf(&["service", "workload", "cidrs"]),
        ["metricSources", _] => Rule::OneOf(&["metrics", "logs", "database"]),
        [_, _, "volumes", _] => Rule::OneOf(&["emptyDir", "claim", "claimTemplate", "config", "secret", "projected"]),
        _ => Rule::ByKey,
    }
}

impl Rule {
    /// The word for the rule in a schema, under `x-strata-merge`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ByKey => "keys",
            Self::Replace => "replace",
            Self::OneOf(_) => "one-of",
            Self::Choice(_) => "choice",
            Self::Guard => "guard",
            Self::Union => "union",
        }
    }
}
