//! The order in which Argo CD applies resources (gitops-engine of Argo CD 3.6: `sync_tasks.go`,
//! `sync_phase.go`, `hook`): by phase, wave, kind and name, with each namespace and each definition
//! of a custom resource moved before its first user.

use std::collections::{BTreeSet, HashMap, HashSet};

use ecow::EcoString;

use super::{DELETE_POLICY, HOOK, WAVE, annotation, has_option, listed};
use crate::resource::Resource;
use crate::tree::Node;

/// A phase of a sync.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Phase {
    /// Before the sync.
    PreSync,
    /// The sync.
    Sync,
    /// After all of the sync is healthy.
    PostSync,
    /// When the sync has failed.
    SyncFail,
}

impl Phase {
    /// Argo CD's word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::PreSync => "PreSync",
            Self::Sync => "Sync",
            Self::PostSync => "PostSync",
            Self::SyncFail => "SyncFail",
        }
    }

    /// The phase of a word of the hook annotation.
    fn of_hook(word: &str) -> Option<Self> {
        [Self::PreSync, Self::Sync, Self::PostSync, Self::SyncFail].into_iter().find(|phase| phase.as_str() == word)
    }

    /// The phase of a word of Helm's hook annotation.
    fn of_helm_hook(word: &str) -> Option<Self> {
        match word {
            "pre-install" | "pre-upgrade" => Some(Self::PreSync),
            "post-install" | "post-upgrade" => Some(Self::PostSync),
            _ => None,
        }
    }
}

/// One object in one phase.
#[derive(Clone, Copy, Debug)]
pub struct Task<'a> {
    /// The object.
    pub resource: &'a Resource,
    /// When it is applied.
    pub phase: Phase,
    /// The wave in that phase.
    pub wave: i64,
    /// Whether it is a hook: run, and not kept in step with git.
    pub hook: bool,
    /// Whether it comes earlier than it asks for, because an object needs it there.
    pub moved: bool,
    /// Whether it is taken away: an earlier sync applied it, and it is no longer there.
    pub prune: bool,
}

impl Task<'_> {
    /// The phase and the wave.
    pub fn step(&self) -> (Phase, i64) {
        (self.phase, self.wave)
    }
}

/// The order of kinds; all others come after these (Helm's order of installation).
const KINDS: [&str; 35] = [
    "Namespace",
    "NetworkPolicy",
    "ResourceQuota",
    "LimitRange",
    "PodSecurityPolicy",
    "PodDisruptionBudget",
    "ServiceAccount",
    "Secret",
    "SecretList",
    "ConfigMap",
    "StorageClass",
    "PersistentVolume",
    "PersistentVolumeClaim",
    "CustomResourceDefinition",
    "ClusterRole",
    "ClusterRoleList",
    "ClusterRoleBinding",
    "ClusterRoleBindingList",
    "Role",
    "RoleList",
    "RoleBinding",
    "RoleBindingList",
    "Service",
    "DaemonSet",
    "Pod",
    "ReplicationController",
    "ReplicaSet",
    "Deployment",
    "HorizontalPodAutoscaler",
    "StatefulSet",
    "Job",
    "CronJob",
    "IngressClass",
    "Ingress",
    "APIService",
];

/// The tasks of a first sync of `resources`, in order. `namespace` is the destination of the
/// application, which stands for a namespace that is not written.
pub fn order<'a>(resources: impl IntoIterator<Item = &'a Resource>, namespace: &'a str) -> Vec<Task<'a>> {
    order_over(resources, [], namespace)
}

/// The tasks of a sync of `resources` over one of `before`, in order.
pub fn order_over<'a>(
    resources: impl IntoIterator<Item = &'a Resource>,
    before: impl IntoIterator<Item = &'a Resource>,
    namespace: &'a str,
) -> Vec<Task<'a>> {
    let ranks: HashMap<&str, usize> = KINDS.iter().enumerate().map(|(rank, kind)| (*kind, rank)).collect();
    let resources: Vec<&Resource> = resources.into_iter().collect();
    let mut tasks: Vec<Task> = resources.iter().copied().flat_map(of).collect();
    let kept: HashSet<Key> = resources.iter().filter(|one| !is_hook(one)).map(|one| key(one, namespace)).collect();
    let gone = before.into_iter().filter(|one| !is_hook(one) && !kept.contains(&key(one, namespace)));
    let pruned = pruned(gone.flat_map(of).collect(), &tasks);
    tasks.extend(pruned);
    // What has one phase, wave, kind and name is applied at one time; group and namespace only make
    // the order a certain one.
    tasks.sort_by_cached_key(|task| {
        let id = task.resource.id();
        let rank = ranks.get(id.gvk.kind.as_str()).copied().unwrap_or(KINDS.len());
        (task.phase, task.wave, rank, name(task), id.gvk.kind.clone(), id.gvk.group.clone(), id.namespace.clone())
    });
    pull_forward(&mut tasks, made_namespace, |one| Some(namespace_of(one, namespace)));
    pull_forward(&mut tasks, made_kind, |one| Some(kind_of(one)));
    tasks
}

/// Group, kind, namespace and name of an object, whatever its version.
pub type Key = [EcoString; 4];

/// What an object is in the cluster, in an application for `namespace`.
pub fn key(resource: &Resource, namespace: &str) -> Key {
    let id = resource.id();
    [id.gvk.group.clone(), id.gvk.kind.clone(), namespace_of(resource, namespace).into(), id.name.clone()]
}

/// What is pruned, in waves that are mirrored: what was applied last goes first. `PruneLast=true` puts it
/// after all other waves.
fn pruned<'a>(gone: Vec<Task<'a>>, applied: &[Task]) -> Vec<Task<'a>> {
    let waves: BTreeSet<i64> = gone.iter().map(|task| task.wave).collect();
    let mirrored: HashMap<i64, i64> = waves.iter().copied().zip(waves.iter().rev().copied()).collect();
    let wave = |task: &Task| mirrored.get(&task.wave).copied().unwrap_or(task.wave);
    let in_sync = applied.iter().filter(|task| task.phase == Phase::Sync).map(|task| task.wave);
    let last = in_sync.chain(gone.iter().map(wave)).fold(0, i64::max);
    let moved = |task: Task<'a>| {
        let wave = if has_option(task.resource, "PruneLast=true") { last.saturating_add(1) } else { wave(&task) };
        Task { wave, prune: true, ..task }
    };
    gone.into_iter().map(moved).collect()
}

/// The name that a task is sorted by. A hook without one gets its own when the sync begins: what
/// `generateName` says, and the revision, the phase and the time after it.
fn name(task: &Task) -> EcoString {
    let generated = || task.resource.root.at(&["metadata", "generateName"]).and_then(Node::as_str);
    match task.resource.name() {
        "" if task.hook => generated().unwrap_or_default().into(),
        name => name.into(),
    }
}

/// Why an object is no part of a sync: the words of its hook annotation.
pub fn left_out(resource: &Resource) -> Option<&str> {
    let words = annotation(resource, HOOK)?;
    of(resource).is_empty().then_some(words)
}

/// When a hook is deleted, as Argo CD decides where nothing is written.
pub fn delete_policies(resource: &Resource) -> Vec<&str> {
    let known = |word: &&str| ["BeforeHookCreation", "HookSucceeded", "HookFailed"].contains(word);
    let written = annotation(resource, DELETE_POLICY).into_iter().flat_map(listed).filter(known);
    let of_helm = annotation(resource, "helm.sh/hook-delete-policy").into_iter().flat_map(listed);
    let of_helm = of_helm.filter_map(|word| match word {
        "before-hook-creation" => Some("BeforeHookCreation"),
        "hook-succeeded" => Some("HookSucceeded"),
        "hook-failed" => Some("HookFailed"),
        _ => None,
    });
    let found: Vec<&str> = written.chain(of_helm).collect();
    if found.is_empty() { vec!["BeforeHookCreation"] } else { found }
}

fn of(resource: &Resource) -> Vec<Task<'_>> {
    let wave = wave(resource);
    let task = |phase, hook| Task { resource, phase, wave, hook, moved: false, prune: false };
    let Some(words) = hook_words(resource) else { return vec![task(Phase::Sync, false)] };
    let mut phases = words;
    phases.sort_unstable();
    phases.dedup();
    phases.into_iter().map(|phase| task(phase, true)).collect()
}

/// The phases of a hook; `None` for what is no hook. A hook of other words has none.
fn hook_words(resource: &Resource) -> Option<Vec<Phase>> {
    let of_helm = annotation(resource, "helm.sh/hook");
    let helm_phases = || of_helm.into_iter().flat_map(listed).filter_map(Phase::of_helm_hook).collect();
    match annotation(resource, HOOK) {
        Some(words) if listed(words).any(is_hook_word) => Some(listed(words).filter_map(Phase::of_hook).collect()),
        Some(_) => Some(helm_phases()),
        None => of_helm.filter(|words| *words != "crd-install").map(|_| helm_phases()),
    }
}

/// Whether Argo CD takes it for a hook, of whatever phase: it is then neither compared nor pruned.
pub fn is_hook(resource: &Resource) -> bool {
    let known = |words| listed(words).filter(|word| is_hook_word(word)).collect::<Vec<_>>();
    hook_words(resource).is_some() && annotation(resource, HOOK).is_none_or(|words| known(words) != ["Skip"])
}

fn is_hook_word(word: &str) -> bool {
    ["PreSync", "Sync", "PostSync", "SyncFail", "Skip", "PreDelete", "PostDelete"].contains(&word)
}

/// The wave that is written, else Helm's weight; 0 where there is none or it is no number.
fn wave(resource: &Resource) -> i64 {
    let number = |key| annotation(resource, key).and_then(|text| text.parse::<i64>().ok());
    number(WAVE).or_else(|| number("helm.sh/hook-weight")).unwrap_or(0)
}

/// Moves what others need before the first of them, into its phase and wave.
fn pull_forward<'a>(
    tasks: &mut Vec<Task<'a>>,
    makes: impl Fn(&'a Resource) -> Option<String>,
    needs: impl Fn(&'a Resource) -> Option<String>,
) {
    let mut first: HashMap<String, usize> = HashMap::new();
    for index in 0..tasks.len() {
        let resource = tasks[index].resource;
        if tasks[index].prune {
            continue;
        }
        if let Some(made) = makes(resource) {
            let Some(to) = first.get(&made).copied() else { continue };
            let (phase, wave) = (tasks[to].phase, tasks[to].wave);
            let task = tasks.remove(index);
            tasks.insert(to, Task { phase, wave, moved: true, ..task });
            first.values_mut().filter(|index| **index >= to).for_each(|index| *index += 1);
        } else if let Some(needed) = needs(resource) {
            first.entry(needed).or_insert(index);
        }
    }
}

fn made_namespace(resource: &Resource) -> Option<String> {
    let id = resource.id();
    (id.gvk.kind == "Namespace" && id.gvk.group.is_empty()).then(|| id.name.to_string())
}

/// The namespace as Argo CD reckons it: that of the application also for what has none.
fn namespace_of(resource: &Resource, destination: &str) -> String {
    let written = resource.id().namespace.as_str();
    if written.is_empty() { destination.to_owned() } else { written.to_owned() }
}

fn made_kind(resource: &Resource) -> Option<String> {
    let gvk = &resource.id().gvk;
    let is_definition = gvk.kind == "CustomResourceDefinition" && gvk.group == "apiextensions.k8s.io";
    let text = |path: &[&str]| resource.root.at(path).and_then(Node::as_str);
    is_definition
        .then(|| Some(format!("{}/{}", text(&["spec", "group"])?, text(&["spec", "names", "kind"])?)))
        .flatten()
}

fn kind_of(resource: &Resource) -> String {
    let gvk = &resource.id().gvk;
    format!("{}/{}", gvk.group, gvk.kind)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::yaml::{self, Dialect};

    /// The order of resources, as `phase wave Kind/name`.
    fn ordered(text: &str) -> Vec<String> {
        let mut said = crate::diagnostic::Diagnostics::default();
        let documents = yaml::read(text, 0, Dialect::Resource, &mut said).unwrap();
        let resources: Vec<Resource> = documents.into_iter().filter_map(Resource::new).collect();
        let shown = |task: &Task| format!("{} {} {}", task.phase.as_str(), task.wave, task.resource.id());
        order(&resources, "here").iter().map(shown).collect()
    }

    fn object(api: &str, kind: &str, name: &str, more: &str) -> String {
        format!("---\napiVersion: {api}\nkind: {kind}\nmetadata: {{name: {name}, {more}}}\n")
    }

    fn annotated(kind: &str, name: &str, annotations: &str) -> String {
        object("v1", kind, name, &format!("annotations: {{{annotations}}}"))
    }

    #[test]
    fn phase_then_wave_then_kind_then_name() {
        let text = [
            annotated("Pod", "z", ""),
            annotated("Odd", "a", ""),
            annotated("Service", "b", ""),
            annotated("Service", "a", ""),
            annotated("ConfigMap", "late", "argocd.argoproj.io/sync-wave: '1'"),
            annotated("ConfigMap", "early", "argocd.argoproj.io/sync-wave: '-10'"),
            annotated("Job", "post", "argocd.argoproj.io/hook: PostSync"),
            annotated("Job", "pre", "argocd.argoproj.io/hook: PreSync, argocd.argoproj.io/sync-wave: '5'"),
            annotated("Job", "fail", "argocd.argoproj.io/hook: SyncFail"),
        ];
        assert_eq!(
            ordered(&text.concat()),
            [
                "PreSync 5 Job/pre",
                "Sync -10 ConfigMap/early",
                "Sync 0 Service/a",
                "Sync 0 Service/b",
                "Sync 0 Pod/z",
                "Sync 0 Odd/a",
                "Sync 1 ConfigMap/late",
                "PostSync 0 Job/post",
                "SyncFail 0 Job/fail",
            ]
        );
    }

    #[test]
    fn kinds_come_in_the_order_of_argo_cd() {
        let kinds =
            ["Ingress", "Job", "StatefulSet", "HorizontalPodAutoscaler", "Deployment", "Role", "Secret", "Namespace"];
        let text: Vec<String> = kinds.iter().map(|kind| object("v1", kind, "x", "")).collect();
        let mut expected: Vec<String> = kinds.iter().map(|kind| format!("Sync 0 {kind}/x")).collect();
        expected.reverse();
        assert_eq!(ordered(&text.concat()), expected);
    }

    // gitops-engine, `TestSyncTasksSort_NamespaceAndObjectInNamespace` and `TestSyncTasksSort_CRDAndCR`.
    #[test]
    fn namespaces_and_definitions_come_before_their_first_user() {
        let hook = "annotations: {argocd.argoproj.io/hook: PreSync}";
        let text = [
            object("batch/v1", "Job", "hook1", &format!("namespace: one, {hook}")),
            object("batch/v1", "Job", "hook2", &format!("namespace: two, {hook}")),
            annotated("Namespace", "one", "argocd.argoproj.io/sync-wave: '1'"),
            annotated("Namespace", "two", "argocd.argoproj.io/sync-wave: '2'"),
        ];
        assert_eq!(
            ordered(&text.concat()),
            ["PreSync 0 Namespace/one", "PreSync 0 Job/hook1", "PreSync 0 Namespace/two", "PreSync 0 Job/hook2"]
        );
        let definition = "---\napiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: w}\n\
            spec: {group: argoproj.io, names: {kind: Workflow}}\n";
        let user = object("argoproj.io/v1", "Workflow", "w", hook);
        assert_eq!(
            ordered(&[definition, &user].concat()),
            ["PreSync 0 CustomResourceDefinition/w", "PreSync 0 Workflow/w"]
        );
        // What has no namespace is reckoned to that of the application.
        let text = [
            object("v1", "ClusterRole", "c", "annotations: {argocd.argoproj.io/sync-wave: '-3'}"),
            object("v1", "Namespace", "here", ""),
        ];
        assert_eq!(ordered(&text.concat()), ["Sync -3 Namespace/here", "Sync -3 ClusterRole/c"]);
    }

    #[test]
    fn hooks_of_several_phases_of_helm_and_of_none() {
        let text = [
            annotated("Job", "both", "argocd.argoproj.io/hook: 'PostSync,PreSync,PreSync'"),
            annotated("Job", "skip", "argocd.argoproj.io/hook: Skip"),
            annotated("Job", "deleted", "argocd.argoproj.io/hook: PostDelete"),
            annotated("Job", "helm", "helm.sh/hook: 'pre-install,pre-upgrade', helm.sh/hook-weight: '-4'"),
            annotated("Job", "tested", "helm.sh/hook: test"),
            annotated("Crd", "helm", "helm.sh/hook: crd-install"),
            annotated("Job", "odd", "argocd.argoproj.io/sync-wave: x"),
        ];
        assert_eq!(
            ordered(&text.concat()),
            ["PreSync -4 Job/helm", "PreSync 0 Job/both", "Sync 0 Job/odd", "Sync 0 Crd/helm", "PostSync 0 Job/both"]
        );
    }
}
