//! What Argo CD makes of hooks, waves and what it compares.

use super::Code;
use crate::diagnostic::Level;

pub(super) const CODES: &[Code] = &[
    Code::finding(
        "needs-later-object",
        Level::Error,
        "what runs early (a hook, a Job or workload of an early wave) needs nothing that the sync makes later, neither itself nor through what it needs",
        "on the first install it waits for a Secret, ConfigMap or claim that comes after it, and that waits for it: for ever",
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
    Code::finding(
        "unknown-sync-option",
        Level::Warning,
        "`sync-options` and `compare-options` name options and values that Argo CD knows",
        "Argo CD ignores what it does not know: a misspelt `Prune=false` protects nothing",
        "write one of the options that the message names",
    )
    .example(
        "argocd.argoproj.io/sync-options: Prnue=false",
        "argocd.argoproj.io/sync-options: Prune=false",
    )
    .by_check(),
    Code::finding(
        "policy-without-hook",
        Level::Warning,
        "`hook-delete-policy` stands on hooks",
        "on anything else Argo CD ignores it",
        "write `argocd.argoproj.io/hook` too, or take the policy out",
    )
    .example(
        "annotations: {argocd.argoproj.io/hook-delete-policy: HookSucceeded}",
        "annotations: {argocd.argoproj.io/hook: Sync, argocd.argoproj.io/hook-delete-policy: HookSucceeded}",
    )
    .by_check(),
    Code::finding(
        "wave-never-healthy",
        Level::Error,
        "what is suspended or paused stands in the last wave",
        "Argo CD applies a wave when all before it is healthy, and what is stopped never is: the sync hangs",
        "put it into the last wave, or let it run",
    )
    .example(
        "spec: {paused: true}   # wave 0, and another object in wave 1",
        "argocd.argoproj.io/sync-wave: \"1\"",
    )
    .by_check(),
    Code::finding(
        "wave-waits",
        Level::Note,
        "Ingresses, load balancers, CronJobs and claims that no pod of the sync mounts stand in the last wave",
        "what follows waits for an address, for a CronJob whose last run failed, or for a volume that nobody asked for",
        "put it into the last wave, unless what follows needs it",
    )
    .example(
        "kind: Ingress   # wave 0, and another object in wave 1",
        "argocd.argoproj.io/sync-wave: \"1\"",
    )
    .by_check(),
    Code::finding(
        "claim-before-its-pod",
        Level::Warning,
        "a PersistentVolumeClaim has the wave of the first pod that mounts it",
        "most storage classes bind a claim when its pod comes, and the wave before waits for it for ever",
        "give both one wave, or use a class with `volumeBindingMode: Immediate`",
    )
    .example(
        "kind: PersistentVolumeClaim   # wave -1, its Deployment in wave 0",
        "kind: PersistentVolumeClaim   # wave 0",
    )
    .by_check(),
    Code::finding(
        "hook-used-by-workload",
        Level::Error,
        "what the pods of a workload read is no hook",
        "Argo CD deletes a hook and makes it anew on each sync: a pod that starts in between does not start",
        "make it an ordinary object of an early wave, and give hooks that need it earlier a copy of their own",
    )
    .example(
        "kind: ConfigMap\nannotations: {argocd.argoproj.io/hook: PreSync}   # and a Deployment reads it",
        "annotations: {argocd.argoproj.io/sync-wave: \"-2\"}",
    )
    .by_check(),
    Code::finding(
        "hook-without-deadline",
        Level::Warning,
        "a Job that is a hook and needs a Secret that Argo CD cannot wait for has a deadline",
        "kinds such as InfisicalSecret have no health check: where the Secret does not come, the sync hangs for ever",
        "write `activeDeadlineSeconds` of the Job",
    )
    .example(
        "kind: Job   # a hook with `secretRef` to what an InfisicalSecret makes",
        "spec: {activeDeadlineSeconds: 600}",
    )
    .by_check(),
    Code::finding(
        "hash-without-prune-last",
        Level::Warning,
        "a ConfigMap or Secret with a hash in its name is pruned last",
        "Argo CD deletes the one of the release before while its pods still run, and a pod that restarts then does not start",
        "annotate it with `argocd.argoproj.io/sync-options: PruneLast=true`",
    )
    .example(
        "configMapGenerator: [{name: settings, literals: [A=1]}]",
        "configMapGenerator: [{name: settings, literals: [A=1], options: {annotations: {argocd.argoproj.io/sync-options: PruneLast=true}}}]",
    )
    .by_check(),
    Code::finding(
        "plain-job",
        Level::Warning,
        "a Job is a hook, is made anew, or has the release in its name",
        "the template of a Job never changes, so the next release of it cannot be applied",
        "make it a hook, or annotate it with `Force=true,Replace=true`",
    )
    .example(
        "kind: Job\nmetadata: {name: migrate}",
        "metadata: {name: migrate, annotations: {argocd.argoproj.io/hook: Sync}}",
    )
    .by_check(),
    Code::finding(
        "job-with-ttl",
        Level::Warning,
        "a Job that is no hook does not delete itself",
        "Argo CD finds it missing when it is done, and runs it again",
        "make it a hook, or take `ttlSecondsAfterFinished` out",
    )
    .example(
        "kind: Job\nspec: {ttlSecondsAfterFinished: 60}",
        "annotations: {argocd.argoproj.io/hook: Sync}",
    )
    .by_check(),
    Code::finding(
        "tracking-id",
        Level::Warning,
        "the annotation `argocd.argoproj.io/tracking-id` is not written by hand",
        "Argo CD takes the object for one of another application, and may prune it",
        "take the annotation out",
    )
    .example(
        "annotations: {argocd.argoproj.io/tracking-id: \"shop:apps/Deployment:shop/shop\"}",
        "annotations: {}",
    )
    .by_check(),
    Code::finding(
        "needs-server-side-apply",
        Level::Warning,
        "an object of more than 256 KiB is applied by the server",
        "a client-side apply keeps a copy of the object in an annotation, which is then too long, and fails",
        "annotate it with `argocd.argoproj.io/sync-options: ServerSideApply=true`",
    )
    .example(
        "kind: ConfigMap   # with 300 KiB of data",
        "annotations: {argocd.argoproj.io/sync-options: ServerSideApply=true}",
    )
    .by_check(),
    Code::finding(
        "left-out-by-argo-cd",
        Level::Warning,
        "a build has no Endpoints, EndpointSlices, Leases or requests of certificates",
        "Argo CD leaves these kinds out, with a warning, so they are never applied",
        "let a controller make it, or apply it in another way",
    )
    .example(
        "kind: Endpoints",
        "kind: Service\nspec: {type: ExternalName, externalName: db.example.com}",
    )
    .by_check(),
    Code::finding(
        "dropped-by-server",
        Level::Warning,
        "no value is one that the API server drops: null, an empty `apiGroup` of a subject, empty labels of a custom resource, the defaults of an Application",
        "Argo CD finds it missing after each sync, and the application is never in sync",
        "leave it out: it says what is true without it",
    )
    .example(
        "automated: {prune: true, selfHeal: false}",
        "automated: {prune: true}",
    )
    .by_check(),
    Code::finding(
        "non-canonical-value",
        Level::Note,
        "amounts and durations of custom resources are spelled as a cluster does",
        "a controller that writes the object back spells them so, and Argo CD finds a difference for ever",
        "write what the message says",
    )
    .example(
        "resources: {limits: {memory: 1024Mi}}   # of a custom resource",
        "resources: {limits: {memory: 1Gi}}",
    )
    .by_check(),
    Code::finding(
        "metric-order",
        Level::Note,
        "a HorizontalPodAutoscaler names memory before cpu",
        "a cluster may keep metrics in an order of its own, and Argo CD finds a difference for ever",
        "write memory first",
    )
    .example(
        "metrics: [{type: Resource, resource: {name: cpu}}, {type: Resource, resource: {name: memory}}]",
        "metrics: [{type: Resource, resource: {name: memory}}, {type: Resource, resource: {name: cpu}}]",
    )
    .by_check(),
];
