//! One layer of a typed overlay over the resources so far, in the order of its transforms. What a
//! transform reports as a fact is an error here: nothing that a layer writes is silently ignored.

use crate::app::{App, CronJob, Trigger};
use crate::diagnostic::Diagnostic;
use crate::kubernetes::Definitions;
use crate::model::overlay::Image;
use crate::origin::Origin;
use crate::project::Kind;
use crate::resolve::layers::{Layer, Plan};
use crate::resource::Resource;
use crate::transform::images::{ImageEntry, Matcher};
use crate::transform::labels::Pair;
use crate::transform::names::Affixes;
use crate::transform::{
    annotations, checksums, hash, images, labels, names as naming, namespace, references, run_commands,
};
use crate::tree::{Keyed, Node, Text};

use super::Build;

impl Build<'_> {
    /// Applies the layer at `index` of the plan.
    pub(super) fn layer(&mut self, plan: &Plan, index: usize, app: Option<&App>, definitions: Definitions) {
        let layer = &plan.layers[index];
        if layer.kind == Kind::Kustomization {
            self.kustomized(layer.file);
        }
        self.manifests(layer);
        self.templates(layer, plan, app);
        self.namespace(plan);
        self.removals(layer);
        for patch in &layer.patches {
            self.patch(patch, plan, index, definitions);
        }
        self.images(&layer.images);
        self.labels(layer);
        self.names(layer);
    }

    /// Adds a resource; a second one of the same id is an error that names both.
    pub(super) fn insert(&mut self, resource: Resource) {
        let (id, place) = (resource.id().clone(), name_place(&resource.root));
        if let Err(other) = self.resources.insert(resource) {
            let other = name_place(&self.resources.get(other).root);
            self.diagnostics.push(
                Diagnostic::error("duplicate-resource", format!("`{id}` is rendered twice"))
                    .at(place)
                    .related(other, "the other one")
                    .help("change the one that is there with a field of the model or a patch, or `remove` it first"),
            );
        }
    }

    /// Gives the namespace to what a layer has added and what has none.
    fn namespace(&mut self, plan: &Plan) {
        let Some(name) = &plan.namespace else { return };
        let by_definition = namespace::cluster_scoped_by_definition(&self.resources);
        let options =
            namespace::Options { also_cluster_scoped: &by_definition, unset_only: true, ..namespace::Options::TYPED };
        let conflicts = namespace::apply(&mut self.resources, name, name.origin, &options, &mut self.origins);
        self.conflicts(&conflicts, "the namespace", name.origin);
    }

    /// Changes images; an entry whose image nothing runs is an error.
    fn images(&mut self, written: &Keyed<Image>) {
        let mut entries = Vec::with_capacity(written.len());
        for (name, image) in written.iter() {
            self.valid_image(image);
            let text = |text: &Option<Text>| text.as_ref().map(|text| text.value.clone());
            let origin =
                [&image.tag, &image.digest, &image.new_name].into_iter().flatten().map(|text| text.origin).next();
            entries.push(ImageEntry {
                name: name.value.clone(),
                matcher: Matcher::Name,
                new_name: text(&image.new_name),
                tag: text(&image.tag),
                tag_suffix: None,
                digest: text(&image.digest),
                origin: origin.unwrap_or(name.origin),
            });
        }
        if entries.is_empty() {
            return;
        }
        let facts = images::apply(&mut self.resources, &entries, &images::Options::TYPED, &mut self.origins);
        for ((name, _), matched) in written.iter().zip(&facts.matched) {
            if *matched == 0 {
                let help = match facts.near_miss(name) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => "name the image as the manifests have it, without tag and digest".to_owned(),
                };
                let message = format!("no container runs the image `{name}`");
                self.diagnostics.push(Diagnostic::error("image-matches-nothing", message).at(name.origin).help(help));
            }
        }
    }

    /// Takes images from where the environment says, whatever layer wrote them; the longest entry
    /// that holds an image counts.
    pub(super) fn mirrors(&mut self, plan: &Plan) {
        let Some(mirrors) = plan.settings.as_ref().map(|environment| &environment.mirrors) else { return };
        if mirrors.is_empty() {
            return;
        }
        let mut entries = Vec::new();
        for name in images::apply(&mut self.resources, &[], &images::Options::TYPED, &mut self.origins).occurring {
            let below = |(from, to): (&Text, &Text)| {
                let rest = crate::image::below(&name, from)?;
                Some((from.len(), to.origin, ecow::eco_format!("{to}/{rest}")))
            };
            let Some((_, origin, mirror)) = mirrors.iter().filter_map(below).max_by_key(|(length, ..)| *length) else {
                continue;
            };
            let (matcher, new_name) = (Matcher::Name, Some(mirror));
            entries.push(ImageEntry { name, matcher, new_name, tag: None, tag_suffix: None, digest: None, origin });
        }
        images::apply(&mut self.resources, &entries, &images::Options::TYPED, &mut self.origins);
    }

    fn valid_image(&mut self, image: &Image) {
        type Rule = fn(&str) -> Result<(), String>;
        let parts: [(&Option<Text>, &str, Rule); 3] = [
            (&image.new_name, "the name of an image", crate::image::name),
            (&image.tag, "a tag", crate::image::tag),
            (&image.digest, "a digest", crate::image::digest),
        ];
        for (text, what, rule) in parts {
            let Some(text) = text else { continue };
            if let Err(reason) = rule(text) {
                let message = format!("`{text}` is not {what}: {reason}");
                self.diagnostics.push(Diagnostic::error("invalid-image", message).at(text.origin));
            }
        }
    }

    fn labels(&mut self, layer: &Layer) {
        let options = labels::Options { templates: true, ..labels::Options::default() };
        labels::apply(&mut self.resources, &pairs(&layer.labels), &options, &mut self.origins);
        annotations::apply(
            &mut self.resources,
            &pairs(&layer.annotations),
            &annotations::Options::default(),
            &mut self.origins,
        );
    }

    fn names(&mut self, layer: &Layer) {
        let Some(names) = &layer.names else { return };
        let part = |text: &Option<Text>| text.as_ref().map(|text| text.value.clone()).unwrap_or_default();
        let (prefix, suffix) = (part(&names.prefix), part(&names.suffix));
        let Some(origin) = names.prefix.as_ref().or(names.suffix.as_ref()).map(|text| text.origin) else { return };
        let affixes = Affixes { prefix: &prefix, suffix: &suffix, origin };
        let conflicts = naming::affix(&mut self.resources, &affixes, &mut self.origins);
        self.conflicts(&conflicts, "the prefix or suffix", origin);
    }

    fn conflicts(&mut self, conflicts: &[crate::transform::ids::Conflict], what: &str, origin: Origin) {
        for conflict in conflicts {
            let (one, other) = (self.resources.get(conflict.index), self.resources.get(conflict.with));
            let message = format!("{what} makes `{}` the same object as `{}`", one.id(), other.id());
            let place = name_place(&other.root);
            self.diagnostics
                .push(Diagnostic::error("duplicate-resource", message).at(origin).related(place, "the other one"));
        }
    }

    /// What needs the final content: hash suffixes, checksums, and the references that follow.
    pub(super) fn final_names(&mut self, app: Option<&App>) {
        let conflicts = hash::apply(&mut self.resources, &mut self.origins);
        for conflict in conflicts {
            let id = self.resources.get(conflict.index).id().clone();
            let place = name_place(&self.resources.get(conflict.index).root);
            let message = format!("`{id}` with its content hash is the name of another object");
            self.diagnostics.push(Diagnostic::error("duplicate-resource", message).at(place));
        }
        if let Some(app) = app {
            checksums::apply(&mut self.resources, &users(app), &mut self.origins);
            run_commands::apply(&mut self.resources, &by_hand(app), &mut self.origins);
        }
        for ambiguity in references::apply(&mut self.resources, &references::Table::typed(), &mut self.origins) {
            let candidates: Vec<String> =
                ambiguity.candidates.iter().map(|index| format!("`{}`", self.resources.get(*index).id())).collect();
            let message = format!("the {} `{}` may mean {}", ambiguity.kind, ambiguity.name, candidates.join(" or "));
            self.diagnostics.push(
                Diagnostic::error("ambiguous-reference", message)
                    .at(ambiguity.origin)
                    .help("refer to it by its final name"),
            );
        }
    }
}

fn pairs(written: &Keyed<Text>) -> Vec<Pair> {
    let pair = |(key, value): (&Text, &Text)| Pair {
        key: key.value.clone(),
        value: value.value.clone(),
        origin: value.origin,
    };
    written.iter().map(pair).collect()
}

/// The pods that carry checksums of ConfigMaps.
fn users(app: &App) -> Vec<checksums::Users> {
    let deployments = app.deployments.iter().map(|deployment| ("Deployment", &deployment.name, &deployment.pod));
    let stateful_sets = app.stateful_sets.iter().map(|set| ("StatefulSet", &set.name, &set.pod));
    let cron_jobs = app.cron_jobs.iter().map(|cron_job| ("CronJob", &cron_job.name, &cron_job.pod));
    let jobs = app.jobs.iter().map(|job| ("Job", &job.name, &job.pod));
    let all =
        deployments.chain(stateful_sets).chain(cron_jobs).chain(jobs).filter(|(_, _, pod)| !pod.checksums.is_empty());
    all.map(|(kind, name, pod)| checksums::Users { kind, name: name.value.clone(), config_maps: pod.checksums.clone() })
        .collect()
}

/// The CronJobs that somebody starts by hand.
fn by_hand(app: &App) -> Vec<(ecow::EcoString, Origin)> {
    let place = |cron_job: &CronJob| match cron_job.trigger {
        Trigger::Hand(written) => Some((cron_job.name.value.clone(), written)),
        Trigger::Schedule(_) => None,
    };
    app.cron_jobs.iter().filter_map(place).collect()
}

/// The place to show for an object as a whole: its name.
pub(super) fn name_place(root: &Node) -> Origin {
    root.at(&["metadata", "name"]).or_else(|| root.get("kind")).unwrap_or(root).origin()
}
