//! Migrations that run in the process of a deployment when it starts.

use super::Resolver;
use crate::app::{BoundReason, ReplicaBound};
use crate::diagnostic::Diagnostic;
use crate::model::container::EnvValue;
use crate::model::release::MigrationMode;
use crate::model::workload::Migration;
use crate::origin::Origin;
use crate::tree::{Keyed, Text};

/// A migration that a deployment runs when it starts.
pub(super) struct BootMigration<'a> {
    key: &'a Text,
    spec: &'a Migration,
    /// Where the mode is said.
    mode: Origin,
}

impl<'a> Resolver<'a> {
    /// The migration that the deployment `key` runs when it starts.
    pub(super) fn boot_migration(&self, key: &Text, worker: bool) -> Option<BootMigration<'a>> {
        if worker {
            return None;
        }
        let mut all = self.boot_migrations();
        all.find(|boot| self.boots(boot).is_some_and(|target| target == key))
    }

    fn boot_migrations(&self) -> impl Iterator<Item = BootMigration<'a>> + use<'a> {
        let spec = self.spec;
        spec.migrations.iter().filter_map(|(key, spec)| {
            let mode = spec.mode.filter(|mode| mode.value == MigrationMode::OnBoot)?;
            Some(BootMigration { key, spec, mode: mode.origin })
        })
    }

    /// The key of the deployment that runs a migration: the one that is written, `main`, or the only one.
    fn boots(&self, boot: &BootMigration<'a>) -> Option<&'a Text> {
        let written = boot.spec.on_boot.as_ref().and_then(|on_boot| on_boot.deployment.as_ref());
        let mut keys = self.spec.deployments.keys();
        match written {
            Some(written) => keys.find(|key| *key == written),
            None => self.only_or_main(),
        }
    }

    /// The key of the deployment that is meant where none is named.
    pub(super) fn only_or_main(&self) -> Option<&'a Text> {
        let deployments = &self.spec.deployments;
        let main = deployments.keys().find(|key| **key == "main");
        main.or_else(|| deployments.keys().next().filter(|_| deployments.len() == 1))
    }

    /// Every migration on boot has a deployment, and a deployment has one of them at most.
    pub(super) fn boots_are_known(&mut self) {
        let mut taken: Vec<(&Text, &Text)> = Vec::new();
        for boot in self.boot_migrations().collect::<Vec<_>>() {
            let Some(target) = self.boots(&boot) else {
                self.unknown_boot(&boot);
                continue;
            };
            if let Some((_, other)) = taken.iter().find(|(known, _)| *known == target) {
                let message = format!("`{other}` and `{}` both run when `{target}` starts", boot.key);
                self.say(
                    Diagnostic::error("conflicting-fields", message)
                        .at(boot.key.origin)
                        .related(other.origin, "the other one")
                        .help("let one migration stand for all that the process does"),
                );
            }
            taken.push((target, boot.key));
        }
    }

    fn unknown_boot(&mut self, boot: &BootMigration<'_>) {
        let spec = self.spec;
        let known: Vec<&str> = spec.deployments.keys().map(Text::as_str).collect();
        match boot.spec.on_boot.as_ref().and_then(|on_boot| on_boot.deployment.as_ref()) {
            Some(written) => self.unknown("unknown-workload", "the deployment", written, &known, "declare it"),
            None => {
                let message = format!("no deployment is said to run the migration `{}` when it starts", boot.key);
                self.say(
                    Diagnostic::error("missing-field", message).at(boot.mode).help("write `onBoot: {deployment: KEY}`"),
                );
            }
        }
    }
}

impl BootMigration<'_> {
    /// The deployment's variables with those of the migration, which win.
    pub(super) fn env_over(&self, env: &Keyed<EnvValue>) -> Keyed<EnvValue> {
        let mut all = env.clone();
        for (name, value) in self.spec.on_boot.iter().flat_map(|on_boot| on_boot.env.iter()) {
            match all.0.iter_mut().find(|(known, _)| known == name) {
                Some(slot) => *slot = (name.clone(), value.clone()),
                None => all.0.push((name.clone(), value.clone())),
            }
        }
        all
    }

    /// Two pods that start would migrate one database at the same time.
    pub(super) fn bound(&self, deployment: &Text) -> ReplicaBound {
        let because = ecow::eco_format!("the migration `{}` runs in each pod that starts", self.key);
        ReplicaBound {
            deployment: deployment.value.clone(),
            min: None,
            max: Some(1),
            exactly: true,
            reason: BoundReason::Migration,
            because: Text::new(because, self.mode),
            origin: self.mode,
        }
    }
}
