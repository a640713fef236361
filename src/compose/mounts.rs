//! What services mount: named volumes, configs and files of secrets.

use ecow::{EcoString, eco_format};

use super::environment::{keys_of, mounted};
use super::rules::{FILES, VOLUMES};
use super::text::{memory, taken};
use super::workload::Workload;
use super::{Composer, unless_empty};
use crate::app::{Container, Volume, VolumeMount, VolumeSource};
use crate::diagnostic::Diagnostic;
use crate::object;
use crate::origin::Origin;
use crate::tree::{Map, Node};

/// The sections of the file that services mount from.
#[derive(Default)]
pub(super) struct Files {
    pub configs: Map,
    pub secrets: Map,
    pub volumes: Map,
}

/// What one service mounts.
#[derive(Default)]
pub(super) struct Mounts {
    pub volumes: Vec<Node>,
    pub configs: Vec<Node>,
    pub secrets: Vec<Node>,
}

impl Composer<'_> {
    pub(super) fn mounts(&mut self, workload: &Workload<'_>, container: &Container) -> Mounts {
        let mut mounts = Mounts::default();
        for mount in &container.mounts {
            if let Some(template) = workload.claims.iter().find(|template| template.name == mount.volume) {
                let source = eco_format!("{}.{}", workload.service, template.name);
                let mount = around(workload, container, mount).unwrap_or(mount);
                mounts.volumes.push(self.volume(mount, Some(source), template.name.origin));
            }
            let Some(volume) = workload.pod.volumes.iter().find(|volume| volume.name == mount.volume) else { continue };
            match &volume.source {
                VolumeSource::EmptyDir(limit, in_memory)
                    if in_memory.is_some_and(|memory| memory.value) && mounted(workload.pod, &volume.name) == 1 =>
                {
                    let size = limit.as_ref().and_then(|limit| Some((memory(&limit.0)?, limit.0.origin)));
                    mounts.volumes.push(self.tmpfs(mount, size));
                }
                VolumeSource::EmptyDir(..)
                    if container.mounts.iter().any(|inner| is_around(workload, mount, inner)) => {}
                VolumeSource::EmptyDir(..) => {
                    let shared = mounted(workload.pod, &volume.name) > 1;
                    let source = shared.then(|| eco_format!("{}.{}", workload.service, volume.name));
                    mounts.volumes.push(self.volume(mount, source, volume.name.origin));
                }
                VolumeSource::Claim(claim) => {
                    mounts.volumes.push(self.volume(mount, Some(claim.value.clone()), claim.origin));
                }
                VolumeSource::Config(name, _) => self.config_files(name, &volume.source, mount, &mut mounts),
                VolumeSource::Secret(name, _) => self.secret_files(name, &volume.source, mount, &mut mounts),
                VolumeSource::Projected(_) => {
                    let message = format!("Compose has no projected volumes, so `{}` is left out", volume.name);
                    self.diagnostics.push(Diagnostic::note("not-in-compose", message).at(volume.name.origin));
                }
            }
        }
        mounts
    }

    fn tmpfs(&mut self, mount: &VolumeMount, size: Option<(EcoString, Origin)>) -> Node {
        let origin = self.rule(&VOLUMES);
        let size = size.map(|(size, at)| object! { origin; "size": Node::string(size, at) });
        object! { origin; "type": "tmpfs", "target": taken(&mount.path), "tmpfs"?: size }
    }

    /// A volume; without a name it is the container's own.
    pub(super) fn volume(&mut self, mount: &VolumeMount, source: Option<EcoString>, at: Origin) -> Node {
        let origin = self.rule(&VOLUMES);
        if let Some(source) = &source
            && !self.files.volumes.contains_key(source)
        {
            self.files.volumes.push(source.clone(), at, Node::map(origin));
        }
        let options = object! { origin; "subpath"?: mount.sub_path.as_ref().map(taken) };
        object! { origin;
            "type": "volume",
            "source"?: source.map(|source| Node::string(source, at)),
            "target": taken(&mount.path),
            "read_only"?: mount.read_only.filter(|written| written.value),
            "volume"?: unless_empty(options),
        }
    }

    fn config_files(&mut self, name: &str, source: &VolumeSource, mount: &VolumeMount, mounts: &mut Mounts) {
        let app = self.app;
        for (key, path) in keys_of(app, source) {
            let Some(target) = target(mount, path) else { continue };
            match self.config_text(name, key) {
                Some(content) => self.config(name, key, content, target, mount, mounts),
                None => {
                    let message = format!("`{key}` is no text, so it cannot stand in a Compose file and is left out");
                    self.diagnostics.push(Diagnostic::note("not-in-compose", message).at(mount.path.origin));
                }
            }
        }
    }

    fn secret_files(&mut self, name: &str, source: &VolumeSource, mount: &VolumeMount, mounts: &mut Mounts) {
        let app = self.app;
        for (key, path) in keys_of(app, source) {
            let Some(target) = target(mount, path) else { continue };
            if let Some(value) = self.variables.local(name, key) {
                if let Some(value) = value {
                    self.config(name, key, taken(value), target, mount, mounts);
                }
                continue;
            }
            let declared = app.contract.declared.iter().find(|declared| declared.name == *name);
            let required = !declared.is_some_and(|declared| declared.optional.iter().any(|known| known == key));
            let origin = self.rule_at(&FILES, mount.path.origin);
            let variable = self.variables.name(name, key, required, mount.path.origin);
            let source = eco_format!("{name}.{key}");
            if !self.files.secrets.contains_key(&source) {
                let entry = object! { origin; "environment": Node::string(variable, origin) };
                self.files.secrets.push(source.clone(), origin, entry);
            }
            mounts.secrets.push(object! { origin;
                "source": Node::string(source, origin),
                "target": Node::string(target, mount.path.origin),
            });
        }
    }

    fn config(
        &mut self,
        name: &str,
        key: &str,
        content: Node,
        target: EcoString,
        mount: &VolumeMount,
        mounts: &mut Mounts,
    ) {
        let origin = self.rule_at(&FILES, mount.path.origin);
        let source = eco_format!("{name}.{key}");
        if !self.files.configs.contains_key(&source) {
            self.files.configs.push(source.clone(), origin, object! { origin; "content": content });
        }
        mounts.configs.push(object! { origin;
            "source": Node::string(source, origin),
            "target": Node::string(target, mount.path.origin),
        });
    }
}

/// The empty folder that the volume of a claim lies in. It takes the volume in its place: Docker
/// gives a new volume the owner of the image's folder, and what lies in another volume to root,
/// where Kubernetes gives both to the `fsGroup`.
fn around<'a>(workload: &Workload<'_>, container: &'a Container, mount: &VolumeMount) -> Option<&'a VolumeMount> {
    container.mounts.iter().find(|outer| is_around(workload, outer, mount))
}

fn is_around(workload: &Workload<'_>, outer: &VolumeMount, inner: &VolumeMount) -> bool {
    let below = inner.path.strip_prefix(outer.path.trim_end_matches('/')).is_some_and(|rest| rest.starts_with('/'));
    let is_claim = workload.claims.iter().any(|template| template.name == inner.volume);
    let is_empty_folder = |volume: &&Volume| {
        volume.name == outer.volume
            && matches!(volume.source, VolumeSource::EmptyDir(_, in_memory) if in_memory.is_none_or(|memory| !memory.value))
    };
    below
        && is_claim
        && workload
            .pod
            .volumes
            .iter()
            .find(is_empty_folder)
            .is_some_and(|volume| mounted(workload.pod, &volume.name) == 1)
}

/// Where a file of a volume is in the container; `None` when the mount shows another part of it.
fn target(mount: &VolumeMount, file: &str) -> Option<EcoString> {
    let folder = mount.path.trim_end_matches('/');
    match &mount.sub_path {
        None => Some(eco_format!("{folder}/{file}")),
        Some(part) if **part == *file => Some(mount.path.value.clone()),
        Some(part) => Some(eco_format!("{folder}/{}", file.strip_prefix(part.as_str())?.strip_prefix('/')?)),
    }
}
