//! Every code that Strata says, in one table: what the rule is, why it matters, what to do, how it
//! looks. `check --explain`, the levels that a project may set and docs/checks.md come from here.
//!
//! A new code is one entry in the file of its family; a test demands it.

mod application;
mod argo_cd;
mod command;
mod compose;
mod files;
mod kustomize;
mod layers;
mod model;
mod patches;
mod project;
mod references;
mod safety;
mod schema;
mod selectors;

use super::Level;

/// What a code is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Family {
    /// The final objects against the definitions of Kubernetes.
    Schema,
    /// What one object says of another.
    References,
    /// Labels, and whom they select.
    Selectors,
    /// What Argo CD makes of hooks, waves and what it compares.
    ArgoCd,
    /// What may not get into a cluster.
    Safety,
    /// `strata.yaml`, and what only all applications together can break.
    Project,
    /// The fields of an application.
    Application,
    /// The form of what users write.
    Model,
    /// Bases, overlays, components, values and templates.
    Layers,
    /// Patches, removals, images and names that change resources.
    Patches,
    /// Kustomizations.
    Kustomize,
    /// Files, folders and YAML.
    Files,
    /// Docker Compose files.
    Compose,
    /// The command line.
    Command,
}

impl Family {
    /// The word that people read.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Schema => "schema",
            Self::References => "references",
            Self::Selectors => "selectors",
            Self::ArgoCd => "argo-cd",
            Self::Safety => "safety",
            Self::Project => "project",
            Self::Application => "application",
            Self::Model => "model",
            Self::Layers => "layers",
            Self::Patches => "patches",
            Self::Kustomize => "kustomize",
            Self::Files => "files",
            Self::Compose => "compose",
            Self::Command => "command",
        }
    }

    /// What its codes are about, in one sentence.
    pub fn about(self) -> &'static str {
        match self {
            Self::Schema => "The final objects against the definitions of Kubernetes and of the CRDs at hand.",
            Self::References => "What one object says of another: names, keys, ports, volumes, accounts.",
            Self::Selectors => "Labels, and which pods a selector catches.",
            Self::ArgoCd => "What Argo CD makes of hooks, waves and the fields that it compares.",
            Self::Safety => "Secrets, privileges, images and resources.",
            Self::Project => "strata.yaml, and what only all applications together can break.",
            Self::Application => "The fields of an application, as they are resolved.",
            Self::Model => "The form of what is written: fields, types, values.",
            Self::Layers => "Bases, overlays, components, values, parameters and templates.",
            Self::Patches => "Patches, removals, images and names that change resources.",
            Self::Kustomize => "Kustomizations.",
            Self::Files => "Files, folders and YAML.",
            Self::Compose => "Docker Compose files.",
            Self::Command => "The command line.",
        }
    }
}

/// How serious a code is, and who may say otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// An error that leaves nothing to print.
    Error,
    /// A finding that is always an error: it is there so that nobody gets around it.
    Guard,
    /// A finding with this level, unless a project or an overlay says otherwise.
    Settable(Level),
    /// A remark on how the command was run, which always has this level.
    Remark(Level),
}

impl Standing {
    /// The level, where nobody says otherwise.
    pub fn level(self) -> Level {
        match self {
            Self::Error | Self::Guard => Level::Error,
            Self::Settable(level) | Self::Remark(level) => level,
        }
    }
}

/// Who looks for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CheckedBy {
    /// Every command that renders: `build` first of all, and `check`.
    Build,
    /// `strata check` alone.
    Check,
}

/// How it looks: what is wrong, and what is right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Example {
    /// What is found.
    pub bad: &'static str,
    /// What is not.
    pub good: &'static str,
}

/// One code.
#[derive(Clone, Copy, Debug)]
pub struct Code {
    /// Stable and kebab-case.
    pub name: &'static str,
    /// How serious it is.
    pub standing: Standing,
    /// Who looks for it.
    pub checked_by: CheckedBy,
    /// What is right, or what is found, in one sentence.
    pub rule: &'static str,
    /// Why it matters; empty where the rule says it.
    pub why: &'static str,
    /// What to do.
    pub fix: &'static str,
    /// How it looks; each finding has one.
    pub example: Option<Example>,
}

impl Code {
    /// An error of the files themselves, which leaves nothing to print.
    const fn error(name: &'static str, rule: &'static str, fix: &'static str) -> Self {
        let (standing, checked_by) = (Standing::Error, CheckedBy::Build);
        Self { name, standing, checked_by, rule, why: "", fix, example: None }
    }

    /// A finding that is always an error.
    const fn guard(name: &'static str, rule: &'static str, why: &'static str, fix: &'static str) -> Self {
        Self { standing: Standing::Guard, why, ..Self::error(name, rule, fix) }
    }

    /// A finding with a level that can be set.
    const fn finding(
        name: &'static str,
        level: Level,
        rule: &'static str,
        why: &'static str,
        fix: &'static str,
    ) -> Self {
        Self { standing: Standing::Settable(level), why, ..Self::error(name, rule, fix) }
    }

    /// A remark on how the command was run.
    const fn remark(name: &'static str, rule: &'static str, why: &'static str, fix: &'static str) -> Self {
        Self { standing: Standing::Remark(Level::Warning), why, ..Self::error(name, rule, fix) }
    }

    /// Says why it matters.
    const fn why(self, why: &'static str) -> Self {
        Self { why, ..self }
    }

    /// Shows what is wrong and what is right.
    const fn example(self, bad: &'static str, good: &'static str) -> Self {
        Self { example: Some(Example { bad, good }), ..self }
    }

    /// Says that `strata check` alone looks for it.
    const fn by_check(self) -> Self {
        Self { checked_by: CheckedBy::Check, ..self }
    }
}

/// All codes by family, in the order of the documentation.
pub const FAMILIES: [(Family, &[Code]); 14] = [
    (Family::Schema, schema::CODES),
    (Family::References, references::CODES),
    (Family::Selectors, selectors::CODES),
    (Family::ArgoCd, argo_cd::CODES),
    (Family::Safety, safety::CODES),
    (Family::Project, project::CODES),
    (Family::Application, application::CODES),
    (Family::Model, model::CODES),
    (Family::Layers, layers::CODES),
    (Family::Patches, patches::CODES),
    (Family::Kustomize, kustomize::CODES),
    (Family::Files, files::CODES),
    (Family::Compose, compose::CODES),
    (Family::Command, command::CODES),
];

/// All codes, each with its family.
pub fn all() -> impl Iterator<Item = (Family, &'static Code)> {
    FAMILIES.iter().flat_map(|(family, codes)| codes.iter().map(|code| (*family, code)))
}

/// The code of this name, with its family.
pub fn find(name: &str) -> Option<(Family, &'static Code)> {
    all().find(|(_, code)| code.name == name)
}

/// The names of the codes whose level can be set, sorted.
pub fn settable() -> impl Iterator<Item = &'static str> {
    all().filter(|(_, code)| matches!(code.standing, Standing::Settable(_))).map(|(_, code)| code.name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn a_code_has_one_entry() {
        let mut names = BTreeSet::new();
        for (family, code) in all() {
            assert!(names.insert(code.name), "{} is there twice, the second time in {}", code.name, family.as_str());
        }
    }

    #[test]
    fn every_entry_says_the_rule_and_what_to_do_and_a_finding_why_and_how_it_looks() {
        for (_, code) in all() {
            let name = code.name;
            assert!(name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'), "{name}");
            assert!(!code.rule.is_empty() && !code.fix.is_empty(), "{name}");
            for text in [code.rule, code.why, code.fix] {
                assert!(!text.ends_with('.') && !text.ends_with(' '), "{name}: {text}");
            }
            if code.standing != Standing::Error {
                assert!(!code.why.is_empty() && code.example.is_some(), "{name} says neither why nor how it looks");
            }
            if code.checked_by == CheckedBy::Check {
                assert!(code.standing != Standing::Error, "{name}: what leaves nothing to print is found by build");
            }
        }
    }

    #[test]
    fn a_code_is_found_by_its_name() {
        assert_eq!(find("tag-policy").map(|(family, _)| family), Some(Family::Safety));
        assert!(find("tag").is_none());
        assert!(settable().any(|name| name == "moving-tag") && settable().all(|name| name != "tag-policy"));
    }
}
