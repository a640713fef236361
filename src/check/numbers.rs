//! Numbers that are unique in a project: no two applications share one, and no two pods of one
//! application do.

use std::collections::HashMap;

use ecow::EcoString;

use super::Build;
use super::demand::written_pods;
use super::scalers::Scalers;
use crate::app::UniqueNumber;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::origin::Origin;
use crate::resource::Resource;

/// A number that an application has. Its place is settled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The application.
    pub app: EcoString,
    /// The number's name.
    pub name: EcoString,
    /// The number.
    pub value: u32,
    /// Where it is written.
    pub origin: Origin,
}

/// Checks that no application has a number of `own` besides the one that claims it; `others` are
/// the claims of the rest of the project.
pub fn check(own: &[Claim], others: &[Claim], diagnostics: &mut Diagnostics) {
    let mut holders: HashMap<(&str, u32), Vec<&Claim>> = HashMap::new();
    for claim in own.iter().chain(others) {
        holders.entry((&claim.name, claim.value)).or_default().push(claim);
    }
    for claim in own {
        let same = holders.get(&(claim.name.as_str(), claim.value)).into_iter().flatten();
        let Some(other) = same.filter(|other| other.app != claim.app).min_by_key(|other| (&other.app, other.origin))
        else {
            continue;
        };
        // Of two applications that are both built, the one that comes later is at fault.
        if own.contains(other) && other.origin > claim.origin {
            continue;
        }
        let Claim { app, name, value, origin } = claim;
        let message = format!("`{app}` and `{}` have the same number `{name}`, {value}", other.app);
        diagnostics.push(
            Diagnostic::error("duplicate-number", message)
                .at(*origin)
                .related(other.origin, "the other one")
                .help("give one of them a number that no application of the project has"),
        );
    }
}

/// Warns of a number that several pods would have at one time.
pub(super) fn shared(build: &Build<'_>, diagnostics: &mut Diagnostics) {
    let Some(app) = build.app.filter(|app| !app.contract.numbers.is_empty()) else { return };
    let scalers = Scalers::new(build.resources);
    for number in &app.contract.numbers {
        let found = |(kind, name, asks): &(&'static str, EcoString, Origin)| {
            let resources = build.resources.find_by_any_name(kind, name).iter();
            let deployment = resources.map(|index| build.resources.get(*index)).find(|one| one.kind() == *kind)?;
            let (pods, node) = written_pods(deployment, &scalers);
            let place = node.map_or(*asks, |(holder, node)| build.at(holder, node));
            (pods > 0).then_some((deployment, pods, place, *asks))
        };
        let users: Vec<(&Resource, i64, Origin, Origin)> = number.users.iter().filter_map(found).collect();
        match users.as_slice() {
            [(deployment, pods, place, _)] if *pods > 1 => {
                let says = format!("up to {pods} pods of `{}` have the number", deployment.id());
                diagnostics.push(warning(number, &says, *place).about(deployment.id()));
            }
            [first, .., (last, _, _, asks)] => {
                let says = format!("the pods of `{}` and `{}` have the number", first.0.id(), last.id());
                diagnostics.push(warning(number, &says, *asks).about(last.id()));
            }
            _ => {}
        }
    }
}

fn warning(number: &UniqueNumber, says: &str, place: Origin) -> Diagnostic {
    let UniqueNumber { name, value, .. } = number;
    let message = format!("{says} `{name}`, {value}: two pods with one number make the same ids");
    Diagnostic::warning("shared-unique-number", message)
        .at(place)
        .related(value.origin, "the number")
        .help("run one pod, or let each pod have a number of its own, such as the index of a StatefulSet's pod")
}

#[cfg(test)]
mod tests {
    use super::super::test::{CONTRACT, Case, findings, text};
    use super::*;
    use crate::app::Contract;
    use crate::tree::Spanned;

    fn claim(app: &str, value: u32, place: u32) -> Claim {
        Claim { app: app.into(), name: "id".into(), value, origin: Origin::source(place) }
    }

    fn said(own: &[Claim], others: &[Claim]) -> Vec<String> {
        let mut diagnostics = Diagnostics::default();
        check(own, others, &mut diagnostics);
        diagnostics
            .iter()
            .map(|d| format!("{} {}", d.primary.as_ref().unwrap().origin.position().unwrap(), d.message))
            .collect()
    }

    #[test]
    fn two_applications_with_one_number_are_found_once() {
        let same = "have the same number `id`, 3";
        assert_eq!(said(&[claim("a", 3, 1)], &[claim("b", 3, 9), claim("c", 4, 5)]), [format!("1 `a` and `b` {same}")]);
        assert_eq!(said(&[claim("a", 3, 1), claim("b", 3, 9)], &[]), [format!("9 `b` and `a` {same}")]);
        assert_eq!(
            said(&[claim("a", 3, 1), claim("a", 3, 1)], &[claim("a", 3, 7)]),
            [""; 0],
            "overlays of one application"
        );
        assert_eq!(said(&[claim("a", 3, 1)], &[claim("b", 5, 2), claim("c", 5, 3)]), [""; 0], "not ours");
    }

    fn shared_by(yaml: &str, users: &[&str]) -> Vec<String> {
        let users = users.iter().map(|name| ("Deployment", (*name).into(), Origin::source(CONTRACT))).collect();
        let number = UniqueNumber { name: text("id"), value: Spanned::new(3, Origin::source(CONTRACT)), users };
        findings(
            shared,
            &Case { yaml, contract: Contract { numbers: vec![number], ..Contract::default() }, ..Case::default() },
        )
    }

    #[test]
    fn several_pods_with_one_number_are_found_by_replicas_autoscaler_or_a_second_workload() {
        let deployment = |name: &str, replicas: u32| {
            format!(
                "{{apiVersion: apps/v1, kind: Deployment, metadata: {{name: {name}}}, spec: {{replicas: {replicas}}}}}"
            )
        };
        let found = shared_by(&deployment("a", 2), &["a"]);
        assert!(found[0].starts_with("shared-unique-number [2}}] up to 2 pods of `Deployment/a` have"), "{found:?}");
        assert_eq!(shared_by(&deployment("a", 1), &["a"]), [""; 0]);
        assert_eq!(shared_by(&deployment("a", 5), &[]), [""; 0]);
        let scaler = "{apiVersion: autoscaling/v2, kind: HorizontalPodAutoscaler, metadata: {name: s}, spec: \
                      {maxReplicas: 4, scaleTargetRef: {kind: Deployment, name: a}}}";
        let found = shared_by(&format!("{}\n---\n{scaler}", deployment("a", 1)), &["a"]);
        assert!(found[0].contains("[4, scaleTargetRef") && found[0].contains("up to 4 pods"), "{found:?}");
        let two = format!("{}\n---\n{}", deployment("a", 1), deployment("b", 1));
        assert!(shared_by(&two, &["a", "b"])[0].contains("the pods of `Deployment/a` and `Deployment/b`"));
        let stopped = format!("{}\n---\n{}", deployment("a", 1), deployment("b", 0));
        assert_eq!(shared_by(&stopped, &["a", "b"]), [""; 0]);
    }
}
