//! What Argo CD makes of hooks, waves and what it compares.

use super::Code;
use crate::diagnostic::Level;

pub(super) const CODES: &[Code] = &[
    Code::finding(
        "needs-later-object",
        Level::Error,
        "what runs early (a hook, a Job of an early wave) needs nothing that the sync makes later",
        "on the first install the Job waits for a Secret or ConfigMap that comes after it, for ever",
        "give the object an earlier wave than what needs it, or the same phase",
    )
    .example(
        "the Job has `hook: PreSync`, and its ConfigMap belongs to the sync",
        "the Job has `sync-wave: \"-10\"`, and its ConfigMap `sync-wave: \"-20\"`",
    ),
    Code::error(
        "unknown-hook",
        "`argocd.argoproj.io/hook` and `hook-delete-policy` name hooks and policies that Argo CD knows",
        "write one of the values that the message names",
    )
    .why("Argo CD takes an object with an unknown hook for a plain one, or drops the policy, in silence")
    .example("argocd.argoproj.io/hook: Presync", "argocd.argoproj.io/hook: PreSync"),
    Code::error(
        "invalid-wave",
        "`argocd.argoproj.io/sync-wave` is a whole number in quotes",
        "write a number such as `\"-5\"`",
    )
    .why("Argo CD takes 0 for a wave that it cannot read")
    .example("argocd.argoproj.io/sync-wave: first", "argocd.argoproj.io/sync-wave: \"-5\""),
    Code::error(
        "generated-name",
        "`generateName` stands on hooks alone",
        "give the object a `name`, or make it a hook",
    )
    .why("Argo CD makes another object on each sync, and the application is never in sync"),
    Code::error(
        "suspended-before-hook",
        "no suspended Job or rollout is part of a sync with hooks after it",
        "do without one of the two; a job that never runs by itself is a suspended CronJob",
    )
    .why("hooks after the sync wait until all is healthy, and what is suspended never is"),
];
