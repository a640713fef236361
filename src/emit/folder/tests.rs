use std::path::PathBuf;

use super::*;
use crate::object;
use crate::origin::Origin;

struct Sample {
    id: ResourceId,
    root: Node,
    cluster_scoped: bool,
}

fn sample(api_version: &str, kind: &str, namespace: &str, name: &str) -> Sample {
    let o = Origin::source(0);
    let metadata = object! { o; "name": name, "namespace": namespace };
    let root = object! { o; "apiVersion": api_version, "kind": kind, "metadata": metadata };
    Sample { id: ResourceId::of(&root).unwrap(), root, cluster_scoped: kind.starts_with("Cluster") }
}

fn items(samples: &[Sample]) -> Vec<Item<'_>> {
    samples.iter().map(|s| Item { id: &s.id, root: &s.root, cluster_scoped: s.cluster_scoped }).collect()
}

fn config_maps(names: &[&str]) -> Vec<Sample> {
    names.iter().map(|name| sample("v1", "ConfigMap", "", name)).collect()
}

fn names_of(samples: &[Sample]) -> Vec<String> {
    file_names(&items(samples))
}

fn listing(dir: &Path) -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(dir).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn files_are_named_by_group_version_kind_and_name_in_lower_case() {
    let samples = [
        sample("apps/v1", "Deployment", "", "Web.X"),
        sample("v1", "ConfigMap", "default", "a"),
        sample("rbac.authorization.k8s.io/v1", "ClusterRole", "", "system:x"),
    ];
    let expected = [
        "apps_v1_deployment_web.x.yaml",
        "v1_configmap_a.yaml",
        "rbac.authorization.k8s.io_v1_clusterrole_system:x.yaml",
    ];
    assert_eq!(names_of(&samples), expected);
}

#[test]
fn several_namespaces_come_first_in_the_name() {
    let samples = [
        sample("apps/v1", "Deployment", "Prod", "web"),
        sample("v1", "ConfigMap", "", "a"),
        sample("rbac.authorization.k8s.io/v1", "ClusterRole", "", "x"),
    ];
    let expected = [
        "prod_apps_v1_deployment_web.yaml",
        "default_v1_configmap_a.yaml",
        "rbac.authorization.k8s.io_v1_clusterrole_x.yaml",
    ];
    assert_eq!(names_of(&samples), expected);
}

#[test]
fn two_resources_never_share_a_file() {
    let names = names_of(&config_maps(&["a", "A", "a_2", "a", "a_2"]));
    let expected = ["a", "a_3", "a_2", "a_4", "a_2_2"].map(|name| format!("v1_configmap_{name}.yaml"));
    assert_eq!(names, expected);
}

#[test]
fn hostile_and_long_names_stay_in_the_folder() {
    let long = "x".repeat(400);
    let samples =
        config_maps(&["../../etc/passwd", "a\u{1b}[0m\n", "..", "c:\\d", "100%", &long, &(long.clone() + "y")]);
    let dir = tempfile::tempdir().unwrap();
    let report = write(dir.path(), &items(&samples)).unwrap();
    assert_eq!(report.written.len(), 7);
    let names = names_of(&samples);
    assert_eq!(names[0], "v1_configmap_%2E%2E%2F%2E%2E%2Fetc%2Fpasswd.yaml");
    assert_eq!(names[1], "v1_configmap_a%1B[0m%0A.yaml");
    assert!(names.iter().all(|name| name.len() <= 255 && dir.path().join(name).is_file()), "{names:?}");
    assert_eq!(write(dir.path(), &items(&samples)).unwrap().unchanged.len(), 7);
    assert_eq!(write(dir.path(), &[]).unwrap().removed.len(), 7);
}

#[test]
fn unchanged_files_are_not_touched_and_stale_ones_go() {
    let dir = tempfile::tempdir().unwrap();
    let first = write(dir.path(), &items(&config_maps(&["a", "b"]))).unwrap();
    assert_eq!(first.written, ["v1_configmap_a.yaml", "v1_configmap_b.yaml"]);
    let touched = |name: &str| fs::metadata(dir.path().join(name)).unwrap().modified().unwrap();
    let before = (touched("v1_configmap_b.yaml"), touched(LIST));
    let again = write(dir.path(), &items(&config_maps(&["a", "b"]))).unwrap();
    assert_eq!((again.written.len(), again.unchanged.len()), (0, 2));
    assert_eq!(before, (touched("v1_configmap_b.yaml"), touched(LIST)));
    let second = write(dir.path(), &items(&config_maps(&["b", "c"]))).unwrap();
    assert_eq!(second.removed, ["v1_configmap_a.yaml"]);
    assert_eq!(second.unchanged, ["v1_configmap_b.yaml"]);
    assert_eq!(listing(dir.path()), [LIST, "v1_configmap_b.yaml", "v1_configmap_c.yaml"]);
}

#[test]
fn what_others_wrote_or_changed_is_kept_and_reported() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("README.md"), "mine").unwrap();
    fs::write(dir.path().join("v1_configmap_c.yaml"), "mine").unwrap();
    write(dir.path(), &items(&config_maps(&["a", "b"]))).unwrap();
    fs::write(dir.path().join("v1_configmap_a.yaml"), "changed").unwrap();
    let report = write(dir.path(), &[]).unwrap();
    assert_eq!(
        (report.kept, report.removed),
        (vec!["v1_configmap_a.yaml".to_owned()], vec!["v1_configmap_b.yaml".into()])
    );
    assert_eq!(listing(dir.path()), [LIST, "README.md", "v1_configmap_a.yaml", "v1_configmap_c.yaml"]);
    let report = write(dir.path(), &items(&config_maps(&["c"]))).unwrap();
    assert_eq!(report.overwritten, ["v1_configmap_c.yaml"]);
}

#[test]
fn a_list_that_somebody_forged_reaches_nothing_outside() {
    let root = tempfile::tempdir().unwrap();
    let dir = root.path().join("out");
    fs::create_dir(&dir).unwrap();
    fs::write(root.path().join("outside.yaml"), "x").unwrap();
    let line = format!("{}  ../outside.yaml\n{}  \n\u{0}garbage", hash(b"x"), hash(b"x"));
    fs::write(dir.join(LIST), line).unwrap();
    write(&dir, &[]).unwrap();
    assert!(root.path().join("outside.yaml").exists());
}

#[test]
fn the_list_is_what_sha256sum_reads() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), &items(&config_maps(&["b", "a"]))).unwrap();
    let list = fs::read_to_string(dir.path().join(LIST)).unwrap();
    let digest = hash(&fs::read(dir.path().join("v1_configmap_a.yaml")).unwrap());
    assert!(list.starts_with(&format!("{digest}  v1_configmap_a.yaml\n")), "{list}");
    assert_eq!(list.lines().count(), 2);
}

#[cfg(unix)]
#[test]
fn a_symlink_is_never_followed_and_stops_everything() {
    let root = tempfile::tempdir().unwrap();
    let (dir, secret) = (root.path().join("out"), root.path().join("secret"));
    fs::create_dir(&dir).unwrap();
    fs::write(&secret, "x").unwrap();
    std::os::unix::fs::symlink(&secret, dir.join("v1_configmap_b.yaml")).unwrap();
    let error = write(&dir, &items(&config_maps(&["a", "b"]))).unwrap_err();
    let expected = "v1_configmap_b.yaml`: it is a symlink or a device, which is not replaced";
    assert!(error.diagnostic().message.ends_with(expected), "{error}");
    assert_eq!(fs::read_to_string(&secret).unwrap(), "x");
    assert_eq!(listing(&dir), ["v1_configmap_b.yaml"], "nothing half-written remains");
}

#[test]
fn a_folder_that_is_a_file_or_whose_parent_is_missing_is_an_error() {
    let root = tempfile::tempdir().unwrap();
    let file = root.path().join("file");
    fs::write(&file, "x").unwrap();
    let message = |dir: PathBuf| write(&dir, &items(&config_maps(&["a"]))).unwrap_err().diagnostic().message.clone();
    assert!(message(file.clone()).ends_with("file`: it is a file"));
    assert!(message(file.join("below")).ends_with("a part of the path is a file, not a folder"));
    assert!(message(root.path().join("a/b")).contains("the folder does not exist"));
    assert_eq!(listing(root.path()), ["file"]);
}

#[cfg(unix)]
#[test]
fn a_read_only_folder_is_an_error_and_stays_as_it_was() {
    use std::os::unix::fs::PermissionsExt;
    let root = tempfile::tempdir().unwrap();
    let dir = root.path().join("out");
    fs::create_dir(&dir).unwrap();
    fs::set_permissions(&dir, fs::Permissions::from_mode(0o555)).unwrap();
    if fs::write(dir.join("probe"), "").is_ok() {
        return; // A superuser writes everywhere.
    }
    let error = write(&dir, &items(&config_maps(&["a"]))).unwrap_err();
    assert_eq!(error.diagnostic().code, "cannot-write");
    assert!(error.diagnostic().message.ends_with("permission denied"), "{error}");
    assert!(listing(&dir).is_empty());
}

#[test]
fn a_missing_folder_is_made() {
    let root = tempfile::tempdir().unwrap();
    let dir = root.path().join("out");
    write(&dir, &items(&config_maps(&["a"]))).unwrap();
    assert_eq!(listing(&dir), [LIST, "v1_configmap_a.yaml"]);
}
