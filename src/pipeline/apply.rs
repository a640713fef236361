//! What connects the stages: the sources of settings and templates, policies, files of an
//! application.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{Run, Target};
use crate::app::ConfigData;
use crate::check;
use crate::check::capacity::Asked;
use crate::check::numbers::Claim;
use crate::diagnostic::Diagnostics;
use crate::kubernetes::{Definitions, Version};
use crate::model::project::Project as Settings;
use crate::origin::{Origin, Origins, Source, Sources};
use crate::project::{Content, Entry, FileId, Project, Role};
use crate::resolve;
use crate::resolve::app::Affixes;
use crate::resolve::layers::Plan;
use crate::tree::Text;

use super::environments::Beside;
use super::others::{self, Facts};
use super::settings;

/// Takes over what one overlay had to say. What its templates printed (`own`) is laid behind all
/// other sources, and labels into it move along.
pub(super) fn adopt(sources: &mut Sources, own: &[Source], said: Diagnostics, diagnostics: &mut Diagnostics) {
    if said.is_empty() {
        return;
    }
    let mut moved: Vec<(u32, u32, u32)> = Vec::new();
    for source in own {
        if let Some(base) = sources.push(source.clone()) {
            moved.push((source.base, source.base + source.text.len() as u32, base));
        }
    }
    let place = |origin: Origin| {
        let Some(position) = origin.position() else { return origin };
        let found = moved.iter().find(|(start, end, _)| (*start..=*end).contains(&position));
        found.map_or(origin, |(start, _, base)| Origin::source(base + (position - start)))
    };
    for mut diagnostic in said {
        diagnostic
            .primary
            .iter_mut()
            .chain(&mut diagnostic.related)
            .for_each(|label| label.origin = place(label.origin));
        diagnostics.push(diagnostic);
    }
}

/// The name of an overlay, also of one that could not be read.
pub(super) fn name(project: &Project, entry: &Entry) -> String {
    folder_place(project, &entry.canonical).0
}

/// The name of an overlay (its folder below the root, with `/`) and the folder itself.
pub(super) fn place(project: &Project, entry: &Entry) -> (String, PathBuf) {
    entry.file.map(|file| file_place(project, file)).unwrap_or_default()
}

/// [`place`], from the overlay's file.
pub(super) fn file_place(project: &Project, file: FileId) -> (String, PathBuf) {
    folder_place(project, &project.get(file).canonical)
}

fn folder_place(project: &Project, file: &Path) -> (String, PathBuf) {
    let folder = file.parent().unwrap_or(&project.root).to_path_buf();
    let relative = folder.strip_prefix(&project.root).unwrap_or(&folder);
    let parts: Vec<String> =
        relative.components().map(|part| part.as_os_str().to_string_lossy().into_owned()).collect();
    let name = if parts.is_empty() { ".".to_owned() } else { parts.join("/") };
    (name, folder)
}

/// The content of a file that an application names. What could not be read has been reported.
pub(super) fn config_file(project: &Project, origins: &Origins, path: &Text) -> Option<ConfigData> {
    let from = origins.settle(path.origin)?;
    let file = project.file(from, path, Role::Text)?;
    match &file.content {
        Content::Bytes(bytes) => Some(ConfigData::Binary(bytes.as_slice().into(), path.origin)),
        _ => Some(ConfigData::Text(Text::new(project.text(file), file.start()))),
    }
}

/// The Kubernetes definitions that the cluster or the project names; the newest without a word on it.
pub(super) fn definitions(plan: &Plan, settings: &Settings, diagnostics: &mut Diagnostics) -> Definitions {
    let version = settings::kubernetes_of(settings, plan.settings.as_ref());
    let version = version.and_then(|text| resolve::project::kubernetes(text, diagnostics));
    Definitions::of(version.unwrap_or(Version::NEWEST))
}

/// What a build says to the rest of the project; `name` is the overlay's.
pub(super) fn facts(
    build: &check::Build<'_>,
    plan: &Plan,
    settings: &Settings,
    name: impl Fn() -> String,
    diagnostics: &mut Diagnostics,
) -> Facts {
    let capacity = settings::cluster_of(settings, plan.settings.as_ref());
    let capacity = capacity.filter(|(_, cluster)| others::known(&cluster.capacity).contains(&true));
    let asked = capacity.map(|(cluster, described)| {
        let nodes = described.nodes.map_or(1, |nodes| nodes.value);
        let demand = Some(check::Demand::of(build, nodes, others::known(&described.capacity), diagnostics));
        Asked { cluster: cluster.value.clone(), overlay: name(), demand }
    });
    let claims = build.app.into_iter().flat_map(|app| {
        app.contract.numbers.iter().filter_map(|number| {
            let origin = build.origins.settle(number.value.origin)?;
            Some(Claim {
                app: app.name.value.clone(),
                name: number.name.value.clone(),
                value: number.value.value,
                origin,
            })
        })
    });
    Facts { asked: asked.into_iter().collect(), claims: claims.collect(), beside: Beside::default() }
}

/// Whether the environment is a machine of the user's own.
pub(super) fn is_local(plan: &Plan) -> bool {
    plan.settings.as_ref().is_some_and(|settings| settings.local.as_ref().is_some_and(|local| local.value))
}

/// What the layers put around every name.
pub(super) fn affixes(plan: &Plan) -> Affixes {
    let part = |text: &Option<Text>| text.as_ref().map(|text| text.value.clone()).unwrap_or_default();
    let names = plan.layers.iter().filter_map(|layer| layer.names.as_ref());
    Affixes(names.map(|names| (part(&names.prefix), part(&names.suffix))).collect())
}

/// What the environment and the overlay demand of the final resources.
pub(super) fn policy(plan: &Plan, settings: &Settings, run: &Run) -> check::Policy {
    let named = settings::kubernetes_of(settings, plan.settings.as_ref());
    check::Policy {
        tags: plan.tags.clone(),
        local: is_local(plan),
        environment: plan.environment.clone(),
        pod_security: plan.namespace_object.as_ref().and_then(|one| Some((one.name.clone(), one.pod_security?))),
        decrypted_by: plan.provider.as_ref().and_then(|provider| provider.decrypted_by.clone()),
        allow_empty: plan.allow_empty,
        kubernetes: named.map_or(run.kubernetes, |text| text.parse().ok()),
        registries: settings.registries.as_ref().map(|registries| registries.allowed.clone()),
        without_argo_cd: run.target == Target::Compose,
        custom: Arc::clone(run.custom),
        organisation: Arc::clone(run.policies),
    }
}
