//! Pods: containers in order, volumes, identity, labels.

use super::container::Exposed;
use super::{Resolver, Tables};
use crate::app::{Container, Pod, ServiceAccount, Volume, VolumeSource};
use crate::diagnostic::Diagnostic;
use crate::model::container::{self, ExtraContainer};
use crate::model::workload::{self, PodFields};
use crate::names;
use crate::origin::Origin;
use crate::resolve::reserved::{COMPONENT_LABEL, NAME_LABEL};
use crate::tree::{Keyed, Text};

impl Resolver<'_> {
    /// The pods of the workload `key`, whose object is named `name`.
    pub(super) fn pod(
        &mut self,
        key: &Text,
        name: &Text,
        fields: &PodFields<'_>,
        exposed: &Exposed<'_>,
        tables: &Tables<'_>,
        accounts: &mut Vec<ServiceAccount>,
    ) -> Pod {
        self.labels(fields.labels);
        self.annotations(fields.annotations);
        self.annotations(fields.pod_annotations);
        self.source_paths(fields.source_paths);
        let (service_account, token) = self.service_account(name, fields.service_account, accounts);
        let main = self.main_container(key, fields, exposed, tables);
        let init = self.init_containers(fields, &main.name, tables);
        self.security(std::iter::once(&main).chain(&init));
        self.pod_rules(fields, std::iter::once(&main).chain(&init));
        let volumes = self.volumes(fields.volumes, tables);
        self.claim_templates_of(key, fields.volumes);
        self.unmounted(fields.volumes, &init);
        let spec = self.spec;
        let mut labels = spec.metadata.labels.0.clone();
        labels.retain(|(label, _)| !fields.labels.contains(label));
        labels.extend(fields.labels.0.iter().cloned());
        Pod {
            component: key.clone(),
            name_label: spec.metadata.name.clone(),
            labels,
            annotations: fields.annotations.0.iter().cloned().chain(source_paths(fields.source_paths)).collect(),
            pod_annotations: fields.pod_annotations.0.clone(),
            wave: fields.wave.copied(),
            service_account,
            token,
            image_pull_secrets: spec.image_pull_secrets.clone(),
            checksums: checksums(&main, &init, &volumes, tables),
            init,
            main,
            volumes,
            scheduling: fields.scheduling.clone(),
            selector: default_selector(&spec.metadata.name, key),
            termination_grace_period_seconds: fields.termination_grace_period_seconds.copied(),
        }
    }

    /// Sidecars start first, so that init containers can use them; `after` moves a container.
    fn init_containers(&mut self, fields: &PodFields<'_>, main: &Text, tables: &Tables<'_>) -> Vec<Container> {
        let all = fields
            .sidecars
            .iter()
            .map(|entry| (entry, true))
            .chain(fields.init_containers.iter().map(|entry| (entry, false)));
        let all: Vec<((&Text, &ExtraContainer), bool)> = all.collect();
        for (index, ((name, _), _)) in all.iter().enumerate() {
            if *name == main || all[..index].iter().any(|((other, _), _)| other == name) {
                let message = format!("two containers of the pod are named `{name}`");
                self.say(Diagnostic::error("duplicate-container", message).at(name.origin));
            }
        }
        let containers: Vec<(&Text, Option<&Text>)> =
            all.iter().map(|((name, extra), _)| (*name, extra.after.as_ref())).collect();
        let order = self.order_of(&containers);
        order
            .into_iter()
            .map(|index| {
                let ((name, extra), sidecar) = all[index];
                self.extra_container(name, extra, sidecar, fields, tables)
            })
            .collect()
    }

    /// The order of containers (name and `after`): as written, but one with `after` comes right
    /// behind the one that it names, wherever that is written: a later layer's containers come last.
    fn order_of(&mut self, containers: &[(&Text, Option<&Text>)]) -> Vec<usize> {
        let (mut waiting, mut order): (Vec<usize>, Vec<usize>) =
            (0..containers.len()).partition(|index| containers[*index].1.is_some());
        let mut left = usize::MAX;
        while waiting.len() < left {
            left = waiting.len();
            waiting.retain(|index| {
                let place = order.iter().position(|known| Some(containers[*known].0) == containers[*index].1);
                place.map(|place| order.insert(place + 1, *index)).is_none()
            });
        }
        for index in waiting {
            let (name, Some(after)) = containers[index] else { continue };
            let known: Vec<&str> = containers.iter().map(|(other, _)| other.as_str()).filter(|o| name != *o).collect();
            if known.contains(&after.as_str()) {
                let message = format!("`{name}` comes after `{after}`, which comes after `{name}`");
                self.say(Diagnostic::error("container-cycle", message).at(after.origin).help("take one `after` away"));
            } else {
                self.unknown("unknown-container", "the container", after, &known, "`after` names another container");
            }
        }
        order
    }

    fn volumes(&mut self, volumes: &Keyed<container::Volume>, tables: &Tables<'_>) -> Vec<Volume> {
        let mut made = Vec::with_capacity(volumes.len());
        for (name, volume) in volumes.iter() {
            self.valid(name, "invalid-name", "the name of a volume", names::dns_label);
            let source = self.volume_source(name, volume, tables);
            made.extend(source.map(|source| Volume { name: name.clone(), source }));
        }
        made
    }

    /// Only a StatefulSet makes a claim for each pod.
    fn claim_templates_of(&mut self, key: &Text, volumes: &Keyed<container::Volume>) {
        if self.spec.stateful_sets.contains(key) {
            return;
        }
        for (name, volume) in volumes.iter() {
            if let Some(template) = &volume.claim_template {
                let message = format!("the volume `{name}` is for each pod, which only a StatefulSet has");
                self.say(
                    Diagnostic::error("field-without-effect", message)
                        .at(template.size.0.origin)
                        .help("declare the workload under `statefulSets:`, or the volume under `claims:`"),
                );
            }
        }
    }

    /// A volume that no container sees, such as one that lost its `mount` when a later layer
    /// replaced it. A patch may still mount it, so this is a warning.
    fn unmounted(&mut self, volumes: &Keyed<container::Volume>, init: &[Container]) {
        let seen =
            |name: &Text| init.iter().any(|container| container.mounts.iter().any(|mount| mount.volume == *name));
        for (name, volume) in volumes.iter().filter(|(name, volume)| volume.mount.is_none() && !seen(name)) {
            let place = volume.claim.as_ref().or(volume.config.as_ref()).or(volume.secret.as_ref());
            self.say(
                Diagnostic::warning("unmounted-volume", format!("no container mounts the volume `{name}`"))
                    .at(place.map_or(name.origin, |text| text.origin))
                    .help("say `mount` here; another source replaces the whole volume, its `mount` too"),
            );
        }
    }

    fn volume_source(&mut self, name: &Text, volume: &container::Volume, tables: &Tables<'_>) -> Option<VolumeSource> {
        let given = [
            volume.empty_dir.is_some(),
            volume.claim.is_some(),
            volume.claim_template.is_some(),
            volume.config.is_some(),
            volume.secret.is_some(),
            volume.projected.is_some(),
        ];
        if given.iter().filter(|given| **given).count() != 1 {
            let message = format!(
                "the volume `{name}` needs exactly one of `emptyDir`, `claim`, `claimTemplate`, `config`, `secret` and `projected`"
            );
            self.say(Diagnostic::error("conflicting-fields", message).at(name.origin));
            return None;
        }
        if let Some(group) = &volume.config {
            let Some(known) = tables.config.group(group) else {
                self.unknown_group(group, tables);
                return None;
            };
            let keys: Vec<&str> = known.keys.iter().map(|key| key.as_str()).collect();
            self.items(&volume.items, &keys);
            return Some(VolumeSource::Config(Text::new(known.name.value.clone(), group.origin), volume.items.clone()));
        }
        if let Some(secret) = &volume.secret {
            return self.secret_volume(secret, volume, tables);
        }
        if let Some(item) = volume.items.keys().next() {
            let message = "`items` goes with `config` and `secret` only";
            self.say(Diagnostic::error("conflicting-fields", message).at(item.origin));
        }
        match (&volume.empty_dir, &volume.claim, &volume.projected) {
            (Some(empty), ..) => Some(VolumeSource::EmptyDir(empty.size_limit.clone(), empty.memory)),
            (_, Some(claim), _) => Some(VolumeSource::Claim(self.claim_name(claim))),
            (_, _, projected) => projected.as_ref().map(|projected| VolumeSource::Projected(projected.0.clone())),
        }
    }

    fn secret_volume(
        &mut self,
        secret: &Text,
        volume: &container::Volume,
        tables: &Tables<'_>,
    ) -> Option<VolumeSource> {
        let known = self.declared_secret(tables.secrets, secret)?;
        let keys: Vec<&str> =
            known.keys.iter().filter(|key| key.holder == known.name).map(|key| key.key.as_str()).collect();
        self.items(&volume.items, &keys);
        Some(VolumeSource::Secret(Text::new(known.name.value.clone(), secret.origin), volume.items.clone()))
    }

    fn items(&mut self, items: &Keyed<Text>, keys: &[&str]) {
        for key in items.keys() {
            if !keys.contains(&key.as_str()) {
                self.unknown("unknown-key", "the key", key, keys, "the volume has no such key");
            }
        }
    }

    /// The name of the pods' service account, and whether its token is mounted. The account of
    /// the application is made once, when the first workload uses it.
    fn service_account(
        &mut self,
        owner: &Text,
        own: Option<&workload::ServiceAccount>,
        accounts: &mut Vec<ServiceAccount>,
    ) -> (Text, Option<Origin>) {
        let shared = &self.spec.service_account;
        let (account, default_name) = match own {
            Some(own) => (own, owner),
            None => (shared, &self.spec.metadata.name),
        };
        let name = account.name.clone().unwrap_or_else(|| default_name.clone());
        let rules = account.rules.iter().find_map(|rule| rule.verbs.first()).map(|verb| verb.origin);
        let token = match &account.token {
            Some(token) => token.value.then_some(token.origin),
            None => rules,
        };
        let create = account.create.as_ref().is_none_or(|create| create.value);
        if !create {
            self.nothing_to_create(account, &name);
        } else if let Some(known) = accounts.iter().find(|known| known.name == name) {
            self.same_account(account, known);
        } else {
            self.valid(&name, "invalid-name", "the name of a ServiceAccount", names::dns_subdomain);
            self.annotations(&account.annotations);
            accounts.push(ServiceAccount {
                name: name.clone(),
                annotations: account.annotations.clone(),
                image_pull_secrets: self.spec.image_pull_secrets.clone(),
                rules: account.rules.clone(),
            });
        }
        (name, token)
    }

    /// Workloads may share an account by its name, but it is made once, as the first one says.
    fn same_account(&mut self, account: &workload::ServiceAccount, known: &ServiceAccount) {
        let annotations = account.annotations.keys().next().map(|key| key.origin);
        let rules = account.rules.iter().find_map(|rule| rule.verbs.first()).map(|verb| verb.origin);
        let differs = |written: Option<Origin>, same: bool| written.filter(|_| !same);
        let place = differs(annotations, account.annotations == known.annotations)
            .or_else(|| differs(rules, account.rules == known.rules));
        if let Some(place) = place {
            let message = format!("two workloads describe the service account `{}` differently", known.name);
            self.say(
                Diagnostic::error("conflicting-service-account", message)
                    .at(place)
                    .related(known.name.origin, "the other one")
                    .help("describe it once, and name it alone in the others; or give each its own name"),
            );
        }
    }

    fn nothing_to_create(&mut self, account: &workload::ServiceAccount, name: &Text) {
        let written = account.annotations.keys().next().map(|key| key.origin);
        let written =
            written.or_else(|| account.rules.iter().find_map(|rule| rule.verbs.first()).map(|verb| verb.origin));
        if let Some(origin) = written {
            let message = format!(
                "the service account `{name}` is not made here (`create: false`), so it cannot get annotations or rules"
            );
            self.say(Diagnostic::error("field-without-effect", message).at(origin));
        }
    }
}

/// The labels that select the pods of a workload: few, and never to be changed.
pub(super) fn default_selector(app: &Text, key: &Text) -> Vec<(Text, Text)> {
    let label = |name: &str, value: &Text| (Text::new(name, value.origin), value.clone());
    vec![label(NAME_LABEL, app), label(COMPONENT_LABEL, key)]
}

/// The annotation with the files that a workload is built from.
fn source_paths(paths: &[Text]) -> Option<(Text, Text)> {
    let origin = paths.first()?.origin;
    let all: Vec<&str> = paths.iter().map(Text::as_str).collect();
    Some((Text::new("strata.dev/source-paths", origin), Text::new(all.join(";"), origin)))
}

/// The ConfigMaps without a hash that the pods use: a change of them has to roll the pods.
fn checksums(main: &Container, init: &[Container], volumes: &[Volume], tables: &Tables<'_>) -> Vec<ecow::EcoString> {
    let mut used: Vec<&str> = Vec::new();
    for container in init.iter().chain([main]) {
        used.extend(container.env_from.iter().map(Text::as_str));
        used.extend(container.env.iter().filter_map(|(_, source)| match source {
            crate::app::EnvSource::Config(reference) => Some(reference.name.as_str()),
            _ => None,
        }));
    }
    used.extend(volumes.iter().filter_map(|volume| match &volume.source {
        VolumeSource::Config(name, _) => Some(name.as_str()),
        _ => None,
    }));
    let groups = tables.config.groups().iter();
    groups
        .filter(|group| !group.hash && used.contains(&group.name.as_str()))
        .map(|group| group.name.value.clone())
        .collect()
}
