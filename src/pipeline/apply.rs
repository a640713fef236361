//! What connects the stages: the sources of settings and templates, policies, files of an
//! application.

use std::path::PathBuf;
use std::sync::Arc;

use crate::app::ConfigData;
use crate::check;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::kubernetes::{Definitions, Version};
use crate::model;
use crate::origin::{Origin, Origins, Source, Sources};
use crate::project::{Content, Entry, Project, Role};
use crate::resolve::app::Affixes;
use crate::resolve::layers::{Plan, Setting};
use crate::tree::Text;

/// Gives every `--set NAME=VALUE` a place in the sources, so that messages can point at it.
pub(super) fn settings_as_sources(project: &mut Project, set: &[(String, String)]) -> Vec<Setting> {
    let mut made = Vec::with_capacity(set.len());
    for (name, value) in set {
        let text: Arc<str> = format!("{name}={value}").into();
        let offset = name.len() as u32 + 1;
        // A full source space has been refused by load.
        let Some(base) = project.sources_mut().add("--set".into(), "--set".into(), text) else { continue };
        made.push((name.clone(), value.clone(), Origin::source(base + offset)));
    }
    made
}

/// Takes over what one overlay had to say. What its templates printed (`own`) is laid behind all
/// other sources, and labels into it move along.
pub(super) fn adopt(sources: &mut Sources, own: &[Source], said: Diagnostics, diagnostics: &mut Diagnostics) {
    if said.is_empty() {
        return;
    }
    let mut moved: Vec<(u32, u32, u32)> = Vec::new();
    for source in own {
        if let Some(base) = sources.add(source.path.clone(), source.canonical.clone(), source.text.clone()) {
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

/// The name of an overlay (its folder below the root, with `/`) and the folder itself.
pub(super) fn place(project: &Project, entry: &Entry) -> (String, PathBuf) {
    let file = entry.file.map(|file| project.get(file).canonical.clone()).unwrap_or_default();
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

/// The Kubernetes definitions that the project names; the newest without a word on it.
pub(super) fn definitions(settings: &model::project::Project, diagnostics: &mut Diagnostics) -> Definitions {
    let Some(text) = &settings.kubernetes else { return Definitions::of(Version::NEWEST) };
    let version = text.parse::<Version>().ok().filter(|version| version.is_supported());
    if version.is_none() {
        diagnostics.push(
            Diagnostic::error(
                "unknown-kubernetes-version",
                format!("`{text}` is not a supported version of Kubernetes"),
            )
            .at(text.origin)
            .help(format!("supported are {} to {}", Version::OLDEST, Version::NEWEST)),
        );
    }
    Definitions::of(version.unwrap_or(Version::NEWEST))
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
pub(super) fn policy(plan: &Plan, settings: &model::project::Project) -> check::Policy {
    check::Policy {
        tags: plan.settings.as_ref().and_then(|settings| settings.tags),
        local: is_local(plan),
        environment: plan.environment.clone(),
        decrypted_by: plan.provider.as_ref().and_then(|provider| provider.decrypted_by.clone()),
        allow_empty: plan.allow_empty,
        kubernetes: settings.kubernetes.as_ref().and_then(|text| text.parse().ok()),
    }
}
