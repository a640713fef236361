//! What `strata.yaml` says, checked: requirements on Strata, names that must be known, amounts
//! that fit each other.

use semver::{Comparator, Op, Version as Semver, VersionReq};

use crate::diagnostic::{Diagnostic, Diagnostics, near_miss};
use crate::image;
use crate::kubernetes::Version;
use crate::model::argocd::ArgoCd;
use crate::model::project::{Cluster, Environment, Project, Tags};
use crate::names;
use crate::tree::{Keyed, Text};

use super::exceptions;

/// Checks the settings of a project against the binary of version `own`.
pub fn check(settings: &Project, own: &str, diagnostics: &mut Diagnostics) {
    let mut checker = Checker { settings, diagnostics };
    checker.requirement(own);
    exceptions::policy(&settings.policy, checker.diagnostics);
    exceptions::exceptions(&settings.exceptions, checker.diagnostics);
    checker.registries();
    let environments = settings.environments.iter().filter_map(|(_, environment)| environment.argocd.as_ref());
    for argocd in settings.argocd.iter().chain(environments) {
        checker.argocd(argocd);
    }
    for (name, cluster) in settings.clusters.iter() {
        checker.cluster(name, cluster);
    }
    for (_, environment) in settings.environments.iter() {
        checker.environment(environment);
    }
}

struct Checker<'a> {
    settings: &'a Project,
    diagnostics: &'a mut Diagnostics,
}

impl Checker<'_> {
    fn say(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    fn requirement(&mut self, own: &str) {
        let Some(requires) = &self.settings.requires else { return };
        match VersionReq::parse(requires) {
            Err(_) => self.say(
                Diagnostic::error("invalid-requirement", format!("`{requires}` is not a requirement on versions"))
                    .at(requires.origin)
                    .help("write the like of `>=0.4` or `^1.2`"),
            ),
            Ok(wanted) if !Semver::parse(own).is_ok_and(|own| fits(&wanted, &own)) => self.say(
                Diagnostic::error("strata-too-old", format!("the project needs Strata {requires}, and this is {own}"))
                    .at(requires.origin)
                    .help("install a version that fits"),
            ),
            Ok(_) => {}
        }
    }

    fn argocd(&mut self, argocd: &ArgoCd) {
        if let Some(name) = &argocd.application {
            let message = "each overlay has an application of its own, so its name is not written here";
            let help = "write `argocd: {application: NAME}` in the overlay";
            self.say(Diagnostic::error("misplaced-field", message).at(name.origin).help(help));
        }
        let retry = argocd.sync.as_ref().and_then(|sync| sync.retry.as_ref());
        for duration in retry.iter().flat_map(|retry| [&retry.duration, &retry.max_duration]).flatten() {
            if let Err(reason) = names::duration(duration) {
                let message = format!("`{duration}` is not a duration: {reason}");
                self.say(Diagnostic::error("invalid-interval", message).at(duration.origin));
            }
        }
    }

    fn registries(&mut self) {
        let Some(registries) = &self.settings.registries else { return };
        for registry in &registries.allowed {
            self.registry(registry);
        }
    }

    /// A registry, or a folder of one.
    fn registry(&mut self, text: &Text) {
        if let Err(reason) = image::registry_folder(text) {
            self.say(
                Diagnostic::error("invalid-registry", format!("`{text}` is not a registry: {reason}"))
                    .at(text.origin)
                    .help("write the like of `ghcr.io/acme`, without a tag; what names no registry is in `docker.io`"),
            );
        }
    }

    fn cluster(&mut self, name: &Text, cluster: &Cluster) {
        if let Some(version) = &cluster.kubernetes {
            kubernetes(version, self.diagnostics);
        }
        self.positive(cluster);
        let none = "nothing is reserved of what is not checked";
        let reserve = cluster.system_reserve.as_ref();
        for (what, capacity, reserved) in [
            ("cpu", &cluster.capacity.cpu, reserve.and_then(|reserve| reserve.cpu.as_ref())),
            ("memory", &cluster.capacity.memory, reserve.and_then(|reserve| reserve.memory.as_ref())),
        ] {
            let Some(reserved) = reserved else { continue };
            let place = reserved.0.origin;
            match capacity {
                None => {
                    let message = format!("`{name}` has no `capacity.{what}`, so this has no effect: {none}");
                    self.say(Diagnostic::error("field-without-effect", message).at(place));
                }
                Some(capacity) if names::amount(&reserved.0) > names::amount(&capacity.0) => {
                    let message = format!("`{name}` has {} of {what}, and {} are reserved", capacity.0, reserved.0);
                    self.say(
                        Diagnostic::error("conflicting-fields", message)
                            .at(place)
                            .related(capacity.0.origin, "the capacity"),
                    );
                }
                Some(_) => {}
            }
        }
        let checked = cluster.capacity.cpu.is_some() || cluster.capacity.memory.is_some();
        if let Some(nodes) = cluster.nodes.filter(|_| !checked) {
            let message = format!("`{name}` has no `capacity`, so the number of its nodes has no effect");
            self.say(Diagnostic::error("field-without-effect", message).at(nodes.origin));
        }
    }

    fn positive(&mut self, cluster: &Cluster) {
        let reserve = cluster.system_reserve.as_ref();
        let reserved = [reserve.and_then(|r| r.cpu.as_ref()), reserve.and_then(|r| r.memory.as_ref())];
        let amounts = [cluster.capacity.cpu.as_ref(), cluster.capacity.memory.as_ref()].into_iter().chain(reserved);
        for amount in amounts.flatten().filter(|amount| names::amount(&amount.0).is_some_and(|amount| amount < 0)) {
            let message = format!("`{}` is less than nothing", amount.0);
            self.say(Diagnostic::error("invalid-value", message).at(amount.0.origin));
        }
    }

    fn environment(&mut self, environment: &Environment) {
        for (from, to) in environment.mirrors.iter() {
            self.registry(from);
            self.registry(to);
        }
        excepted(environment.tags.as_ref(), self.diagnostics);
        let clusters = &self.settings.clusters;
        if let Some(destination) = &environment.destination
            && !clusters.is_empty()
            && !clusters.contains(&destination.cluster)
        {
            let name = &destination.cluster;
            self.say(
                Diagnostic::error("unknown-cluster", format!("strata.yaml declares no cluster `{name}`"))
                    .at(name.origin)
                    .help(known_clusters(name, clusters)),
            );
        }
    }
}

/// What a policy for tags excepts are images, or registries and folders of them.
pub(super) fn excepted(tags: Option<&Tags>, diagnostics: &mut Diagnostics) {
    let Some(Tags::Policies(policies)) = tags else { return };
    for entry in policies.except.keys() {
        let (Err(reason), Err(_)) = (image::name(entry), image::registry_folder(entry)) else { continue };
        diagnostics.push(
            Diagnostic::error("invalid-image", format!("`{entry}` is not the name of an image: {reason}"))
                .at(entry.origin)
                .help("write the like of `quay.io/prometheuscommunity` or `docker.io/library/postgres`, without a tag"),
        );
    }
}

fn known_clusters(name: &str, clusters: &Keyed<Cluster>) -> String {
    let known: Vec<&str> = clusters.keys().map(Text::as_str).collect();
    match near_miss(name, known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => {
            let known: Vec<String> = known.iter().map(|name| format!("`{name}`")).collect();
            format!("strata.yaml declares {}; name another under `clusters:`", known.join(", "))
        }
    }
}

/// The version of Kubernetes that `text` names, when it is a supported one.
pub fn kubernetes(text: &Text, diagnostics: &mut Diagnostics) -> Option<Version> {
    let version = text.parse::<Version>().ok().filter(|version| version.is_supported());
    if version.is_none() {
        let message = format!("`{text}` is not a supported version of Kubernetes");
        diagnostics.push(Diagnostic::error("unknown-kubernetes-version", message).at(text.origin).help(format!(
            "supported are {} to {}",
            Version::OLDEST,
            Version::NEWEST
        )));
    }
    version
}

/// Whether a binary of version `own` is one that `wanted` asks for. A pre-release is held to lower
/// bounds as what it is, older than its release, and to upper bounds as its release, whose
/// features it has: `0.5.0-rc.1` is one of `>=0.4`, and none of `>=0.5` or `<0.5`. (Cargo lets no
/// pre-release through that is not named.)
fn fits(wanted: &VersionReq, own: &Semver) -> bool {
    if wanted.matches(own) || own.pre.is_empty() {
        return wanted.matches(own);
    }
    let release = Semver::new(own.major, own.minor, own.patch);
    wanted.matches(&release) && wanted.comparators.iter().all(|bound| is_not_before(bound, own))
}

/// Whether `own` is not older than the lower bound that a comparator sets, if it sets one.
fn is_not_before(bound: &Comparator, own: &Semver) -> bool {
    let mut lowest = Semver::new(bound.major, bound.minor.unwrap_or(0), bound.patch.unwrap_or(0));
    lowest.pre = bound.pre.clone();
    matches!(bound.op, Op::Less | Op::LessEq | Op::Greater) || *own >= lowest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pre_release_is_older_than_its_release_and_newer_than_the_one_before() {
        let fits = |wanted: &str, own: &str| fits(&VersionReq::parse(wanted).unwrap(), &Semver::parse(own).unwrap());
        for (wanted, own) in [
            (">=0.4", "0.4.0"),
            (">=0.4", "0.5.0-rc.1"),
            (">0.4", "0.5.0-rc.1"),
            (">=0.4, <0.6", "0.5.2-beta"),
            ("^0.4.1", "0.4.2-alpha.3"),
            (">=0.5.0-rc.1", "0.5.0-rc.1"),
            (">=0.5.0-rc.1", "0.5.0-rc.2"),
            (">=0.5.0-rc.1", "0.5.0"),
            ("*", "0.1.0-rc.1"),
        ] {
            assert!(fits(wanted, own), "{own} is one of {wanted}");
        }
        for (wanted, own) in [
            (">=0.5", "0.4.9"),
            (">=0.5", "0.5.0-rc.1"),
            ("^0.5", "0.5.0-rc.1"),
            ("<0.5", "0.5.0-rc.1"),
            (">=0.5.0-rc.2", "0.5.0-rc.1"),
            (">=0.4, <0.5", "0.5.0-rc.1"),
            ("=0.4.1", "0.4.1-rc.1"),
        ] {
            assert!(!fits(wanted, own), "{own} is none of {wanted}");
        }
    }
}
