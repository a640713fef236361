//! What deploy/argocd installs: patches that fit Argo CD's own objects, valid by Kubernetes' definitions.

use strata::cli::ExitCode;

use crate::fixture::{Objects, Project};
use crate::repository::repository;

/// The repo-server as Argo CD 3.6 installs it, as far as the patch touches it.
const SERVER: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata: {name: argocd-repo-server}
spec:
  selector: {matchLabels: {app.kubernetes.io/name: argocd-repo-server}}
  template:
    metadata: {labels: {app.kubernetes.io/name: argocd-repo-server}}
    spec:
      automountServiceAccountToken: false
      securityContext: {runAsNonRoot: true, seccompProfile: {type: RuntimeDefault}}
      containers:
        - name: argocd-repo-server
          image: quay.io/argoproj/argocd:v3.6.1
          volumeMounts:
            - {name: tmp, mountPath: /tmp}
            - {name: plugins, mountPath: /home/argocd/cmp-server/plugins}
      initContainers:
        - name: copyutil
          image: quay.io/argoproj/argocd:v3.6.1
          volumeMounts: [{name: var-files, mountPath: /var/run/argocd}]
      volumes:
        - {name: tmp, emptyDir: {}}
        - {name: var-files, emptyDir: {}}
        - {name: plugins, emptyDir: {}}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: argocd-cm}
data: {application.instanceLabelKey: argocd.argoproj.io/instance}
";

#[test]
fn the_patches_fit_argo_cds_own_objects() {
    let deploy = |name: &str| std::fs::read_to_string(repository().join("deploy/argocd").join(name)).unwrap();
    let project = Project::new(&[
        (
            "k/kustomization.yaml",
            "namespace: argocd\nresources: [argocd.yaml]\npatches: [{path: server.yaml}, {path: health.yaml}]\n",
        ),
        ("k/argocd.yaml", SERVER),
        ("k/server.yaml", &deploy("repo-server-patch.yaml")),
        ("k/health.yaml", &deploy("argocd-cm-health.yaml")),
    ]);
    let built = project.strata(&["build", "k"]);
    assert_eq!((built.code, built.err.as_str()), (ExitCode::Fine, ""));
    let checked = project.strata(&["check", "k", "--format", "json"]);
    let checked: serde_json::Value = serde_json::from_str(&checked.out).unwrap();
    let found = checked.to_string();
    for code in ["unknown-field", "wrong-type", "missing-field", "malformed-value", "\"error\""] {
        assert!(!found.contains(code), "{checked:#}");
    }
    let objects = Objects::read(&built.out);
    let pod = &objects.one("Deployment")["spec"]["template"]["spec"];
    let containers = pod["containers"].as_array().unwrap();
    assert_eq!(containers.len(), 2, "the patch adds a container and leaves the other one alone");
    let sidecar = containers.iter().find(|one| one["name"] == "strata").unwrap();
    let volumes: Vec<_> = pod["volumes"].as_array().unwrap().iter().map(|volume| &volume["name"]).collect();
    for mount in sidecar["volumeMounts"].as_array().unwrap() {
        assert!(volumes.contains(&&mount["name"]), "{mount}");
    }
    assert_eq!(
        (&sidecar["securityContext"]["runAsUser"], &sidecar["securityContext"]["readOnlyRootFilesystem"]),
        (&999.into(), &true.into())
    );
    let data = objects.one("ConfigMap")["data"].as_object().unwrap();
    assert_eq!(data.len(), 5, "four checks beside what was there");
    assert!(data.values().all(|value| value.is_string()));
}

#[test]
fn the_image_is_built_from_what_the_dockerfile_copies() {
    let root = repository();
    let dockerfile = std::fs::read_to_string(root.join("deploy/argocd/Dockerfile")).unwrap();
    let copied: Vec<&str> = dockerfile
        .lines()
        .filter_map(|line| line.strip_prefix("COPY "))
        .filter(|line| !line.starts_with("--from"))
        .flat_map(str::split_whitespace)
        .collect();
    for path in ["Cargo.toml", "Cargo.lock", "src", "deploy/argocd/plugin.yaml"] {
        assert!(copied.contains(&path) && root.join(path).exists(), "{path}");
    }
    // What the manifest names has to be there, and what the sources take in.
    let manifest = std::fs::read_to_string(root.join("Cargo.toml")).unwrap();
    for line in manifest.lines().filter_map(|line| line.strip_prefix("path = \"")) {
        let made = dockerfile.contains(&format!("touch {}", line.trim_end_matches('"')));
        assert!(made || copied.iter().any(|folder| line.starts_with(folder)), "{line}");
    }
    for file in crate::repository::files(&root.join("src"), |path| path.ends_with(".rs") && !path.ends_with("tests.rs"))
    {
        let text = std::fs::read_to_string(root.join("src").join(&file)).unwrap();
        let text = text.split("#[cfg(test)]").next().unwrap();
        for taken in ["include_str!(", "include_bytes!("].iter().flat_map(|word| text.split(word).skip(1)) {
            let path = taken.split('"').nth(1).unwrap().trim_start_matches("../");
            assert!(copied.iter().any(|folder| path.starts_with(folder)), "{file} takes in {path}");
        }
    }
}
