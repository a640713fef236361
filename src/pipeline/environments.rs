//! What `check` compares of the builds of one run: environments of one application, and what goes to
//! one cluster.

use std::collections::BTreeSet;

use ecow::EcoString;

use super::judge::{Verdict, passed};
use super::others::Facts;
use super::{Build, Checking, Run, apply};
use crate::check;
use crate::check::drift::{self, Side};
use crate::check::shared_objects::{self, Rendering};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::model::exception::Exception;
use crate::model::project::FindingLevel;
use crate::origin::Origin;
use crate::project::{FileId, Kind, Project, Role};
use crate::resolve::layers::Plan;
use crate::tree::{Node, Text};

/// Whether findings of this code are about several builds, and so judged when all are there.
pub(super) fn is_of_several(code: &str) -> bool {
    matches!(code, drift::CODE | shared_objects::CODE)
}

/// What one build is beside others.
#[derive(Clone, Debug, Default)]
pub(super) struct Beside {
    side: Option<Side>,
    rendering: Option<Rendering>,
    /// What the overlay lets pass, with whether the file that is built holds it.
    exceptions: Vec<(Exception, bool)>,
}

impl Build<'_> {
    /// What a build is beside others; `plan` is that of a typed overlay.
    pub(super) fn beside(&self, build: &check::Build<'_>, file: FileId, plan: Option<&Plan>) -> Beside {
        let Some(checking) = self.run.check else { return Beside::default() };
        let (project, end) = (self.run.project, self.run.sources.end());
        let (overlay, _) = apply::file_place(project, file);
        let written = project.get(file);
        let place = written.root().map_or(written.start(), Node::origin);
        // What a template printed is no place for others.
        let known = |origin: &Origin| origin.position().is_some_and(|position| u64::from(position) < end);
        let settle = |origin: Origin| self.origins.settle(origin).filter(known).unwrap_or(place);
        let environment = plan.and_then(|plan| plan.environment.as_ref()).map(|name| name.value.clone());
        let is_applied = plan.is_none() || self.deployed.is_applied() && !self.deployed.local;
        let of = build.app.map(|app| app.name.value.clone()).or_else(|| common(project, file));
        let side = of.filter(|_| checking.drift && is_applied).map(|of| Side {
            overlay: overlay.clone(),
            place,
            of,
            environment: environment.unwrap_or_else(|| overlay.as_str().into()),
            level: level(plan, drift::CODE),
            words: drift::words(build),
            parts: drift::parts(build, settle),
        });
        let cluster = self.deployed.cluster.as_ref().filter(|_| is_applied);
        let rendering = cluster.map(|cluster| Rendering {
            overlay,
            cluster: cluster.value.clone(),
            application: self.deployed.application().map(EcoString::from),
            level: level(plan, shared_objects::CODE),
            objects: shared_objects::objects(build, settle),
        });
        let exceptions = plan.into_iter().flat_map(|plan| &plan.exceptions);
        let mut exceptions: Vec<_> = exceptions.filter(|(one, _)| is_of_several(&one.code)).cloned().collect();
        exceptions.iter_mut().for_each(|(one, _)| one.code.origin = settle(one.code.origin));
        Beside { side, rendering, exceptions }
    }
}

/// What the layers of an overlay say of findings of this code.
fn level(plan: Option<&Plan>, code: &str) -> Option<FindingLevel> {
    let said = |(known, _): &&(Text, FindingLevel)| **known == *code;
    plan?.policy.iter().rev().find(said).map(|(_, level)| *level)
}

/// What the kustomizations of one application have in common: the folder of the first one that they list.
fn common(project: &Project, file: FileId) -> Option<EcoString> {
    let below =
        project.links(file).iter().filter(|link| matches!(link.reference.role, Role::Base | Role::KustomizeResource));
    let mut files = below.flat_map(|link| &link.files);
    let base = files.find(|file| project.get(**file).kind == Some(Kind::Kustomization))?;
    Some(apply::file_place(project, *base).0.into())
}

/// An exception, where it is from, and whether it let something pass.
struct Excused<'a> {
    exception: &'a Exception,
    /// The overlay whose layers hold it; `None` for strata.yaml.
    overlay: Option<&'a str>,
    own: bool,
    used: bool,
}

impl Run<'_> {
    /// Compares the builds with each other, and says what became of the exceptions for that; `complete`
    /// when all are there that were asked for.
    pub(super) fn compare(
        &self,
        facts: &mut [Facts],
        checking: &Checking,
        complete: bool,
        out: &mut Diagnostics,
    ) -> Vec<Verdict> {
        let builds: Vec<Beside> = facts.iter_mut().map(|facts| std::mem::take(&mut facts.beside)).collect();
        let of_project = self.settings.into_iter().flat_map(|settings| &settings.exceptions);
        let of_project = of_project.filter(|one| is_of_several(&one.code));
        let mut excused: Vec<Excused> =
            of_project.map(|exception| Excused { exception, overlay: None, own: false, used: false }).collect();
        for build in &builds {
            let overlay = build.side.as_ref().map(|side| side.overlay.as_str());
            let overlay = overlay.or(build.rendering.as_ref().map(|one| one.overlay.as_str()));
            let of_build = build.exceptions.iter().filter(|_| overlay.is_some());
            excused.extend(of_build.map(|(exception, own)| Excused { exception, overlay, own: *own, used: false }));
        }
        let mut is_excused = |code: &str, overlays: &[&str], is_named: &dyn Fn(&Exception) -> bool| {
            let meant = excused.iter_mut().filter(|one| {
                let is_there = one.overlay.is_none_or(|overlay| overlays.contains(&overlay));
                *one.exception.code == *code && is_there && is_named(one.exception)
            });
            let mut meant = meant.filter(|one| passed(one.exception, Some(checking)).is_none());
            meant.next().map(|one| one.used = true).is_some()
        };
        let renderings: Vec<Rendering> = builds.iter().filter_map(|build| build.rendering.clone()).collect();
        shared_objects::check(
            &renderings,
            |object, overlays| is_excused(shared_objects::CODE, &overlays, &|one| object.is_named(one)),
            out,
        );
        let sides: Vec<Side> = builds.iter().filter_map(|build| build.side.clone()).collect();
        if checking.drift {
            let expected = |part: &drift::Part, sides: &[&Side]| {
                let overlays: Vec<&str> = sides.iter().map(|side| side.overlay.as_str()).collect();
                is_excused(drift::CODE, &overlays, &|one| part.is_named(one))
            };
            if drift::check(&sides, expected, out) == 0 && complete {
                out.push(nothing_to_compare(&sides));
            }
        }
        let asked = |one: &&Excused| checking.drift || *one.exception.code != *drift::CODE;
        excused
            .iter()
            .filter(asked)
            .map(|one| Verdict::of_several(one.exception, one.used, one.own, checking))
            .collect()
    }
}

fn nothing_to_compare(sides: &[Side]) -> Diagnostic {
    let names: BTreeSet<String> = sides.iter().map(|side| format!("`{}`", side.of)).collect();
    let names: Vec<String> = names.into_iter().take(5).collect();
    let of = if names.is_empty() { String::new() } else { format!(" ({})", names.join(", ")) };
    Diagnostic::error("nothing-to-compare", format!("no application that is checked has two environments{of}"))
        .help("name the overlays of several environments, or none: `strata check --drift`")
}
