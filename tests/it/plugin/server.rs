//! What argocd-cmp-server does around a plugin (cmpserver/plugin/plugin.go and util/cmp of Argo CD):
//! it takes a tar.gz whose SHA-256 it checks, unpacks it into a random folder with modes reset, runs
//! the commands of plugin.yaml there without a shell, and splits what they print.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde::Deserialize;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::repository::repository;

/// How long a request may take, shorter than the 60 seconds of the repo-server.
const DEADLINE: Duration = Duration::from_secs(30);

/// A repository, packed.
pub struct Server {
    archive: Vec<u8>,
    checksum: String,
}

impl Server {
    /// Packs a repository as the repo-server does.
    pub fn of(repository: &Path) -> Self {
        let output =
            Command::new("tar").args(["-cz", "--exclude", ".git", "."]).current_dir(repository).output().unwrap();
        assert!(output.status.success());
        Self { checksum: hex(&output.stdout), archive: output.stdout }
    }

    /// Unpacks the repository into a random folder, with modes reset.
    pub fn unpack(&self) -> tempfile::TempDir {
        assert_eq!(hex(&self.archive), self.checksum);
        let folder = tempfile::Builder::new().rand_bytes(16).tempdir().unwrap();
        let mut tar =
            Command::new("tar").args(["-xz"]).current_dir(folder.path()).stdin(Stdio::piped()).spawn().unwrap();
        std::io::Write::write_all(&mut tar.stdin.take().unwrap(), &self.archive).unwrap();
        assert!(tar.wait().unwrap().success());
        reset_modes(folder.path());
        folder
    }

    /// `GenerateManifest`: compact JSON of each object, or what the UI shows.
    pub fn generate(&self, app: &str, env: &[(&str, &str)]) -> Result<Vec<String>, String> {
        let standard =
            [("KUBE_VERSION", "1.33.1"), ("KUBE_API_VERSIONS", "v1,apps/v1"), ("ARGOCD_APP_NAMESPACE", "ns")];
        let out = self.run("generate", app, &[&standard[..], env].concat())?;
        Ok(split(&out)?.iter().map(ToString::to_string).collect())
    }

    /// `GetParametersAnnouncement`.
    pub fn parameters(&self, app: &str, env: &[(&str, &str)]) -> Result<Vec<Value>, String> {
        let out = self.run("parameters", app, env)?;
        serde_json::from_str(&out).map_err(|error| error.to_string())
    }

    fn run(&self, what: &str, app: &str, env: &[(&str, &str)]) -> Result<String, String> {
        let folder = self.unpack();
        let child = command(what, &folder.path().join(app), env).spawn().map_err(|error| error.to_string())?;
        let pid = child.id();
        let begin = Instant::now();
        let watch = std::thread::spawn(move || child.wait_with_output().unwrap());
        while !watch.is_finished() {
            if begin.elapsed() > DEADLINE {
                terminate(pid);
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        let output = watch.join().unwrap();
        let err = String::from_utf8(output.stderr).unwrap();
        if !output.status.success() {
            assert!(output.stdout.is_empty(), "an error and manifests");
            assert!(!err.contains('\x1b') && !err.contains(folder.path().to_str().unwrap()), "{err}");
            return Err(err.trim().to_owned());
        }
        Ok(String::from_utf8(output.stdout).unwrap())
    }
}

/// A command of plugin.yaml as the server starts it: without a shell, in its own process group, and
/// with this environment alone. There is no HOME.
pub fn command(what: &str, folder: &Path, env: &[(&str, &str)]) -> Command {
    let text = std::fs::read_to_string(repository().join("deploy/argocd/plugin.yaml")).unwrap();
    let plugin: Value = serde_yaml::from_str(&text).unwrap();
    assert_eq!(
        (plugin["kind"].as_str(), plugin["metadata"]["name"].as_str()),
        (Some("ConfigManagementPlugin"), Some("strata"))
    );
    let spec = match what {
        "generate" => &plugin["spec"]["generate"],
        _ => &plugin["spec"]["parameters"]["dynamic"],
    };
    let words = |key: &str| spec[key].as_array().unwrap().iter().map(|word| word.as_str().unwrap().to_owned());
    let words: Vec<String> = words("command").chain(words("args")).collect();
    assert_eq!(words[0], "/usr/local/bin/strata");
    let mut command = Command::new(env!("CARGO_BIN_EXE_strata"));
    command.args(&words[1..]).current_dir(folder).env_clear().envs(env.iter().copied());
    command.env("PATH", "/usr/local/sbin:/usr/local/bin").env("ARGOCD_APP_NAME", "app");
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// SIGTERM to the process group.
pub fn terminate(pid: u32) {
    let _ = Command::new("kill").args(["-TERM", "--", &format!("-{pid}")]).stderr(Stdio::null()).status();
}

/// The objects of manifests.
pub fn objects(manifests: &[String]) -> Vec<Value> {
    manifests.iter().map(|manifest| serde_json::from_str(manifest).unwrap()).collect()
}

/// `SplitYAMLToString`, and what becomes of the parts: JSON objects one after another or YAML
/// documents, nulls left out, each with a kind and with labels that are strings.
pub fn split(out: &str) -> Result<Vec<Value>, String> {
    let mut found = Vec::new();
    if out.trim_start().starts_with('{') {
        for value in serde_json::Deserializer::from_str(out).into_iter::<Value>() {
            found.push(value.map_err(|error| error.to_string())?);
        }
    } else {
        for document in out.split("\n---\n") {
            let document = document.strip_prefix("---\n").unwrap_or(document);
            found.push(
                Value::deserialize(serde_yaml::Deserializer::from_str(document)).map_err(|error| error.to_string())?,
            );
        }
    }
    found.retain(|value| !value.is_null());
    for value in &found {
        if !value["kind"].is_string() {
            return Err("Object 'Kind' is missing".into());
        }
        for place in ["labels", "annotations"] {
            let mut texts = value["metadata"][place].as_object().into_iter().flatten();
            if let Some((key, _)) = texts.find(|(_, text)| !text.is_string()) {
                return Err(format!("cannot unmarshal {place}.{key} into a string"));
            }
        }
    }
    Ok(found)
}

fn hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn reset_modes(folder: &Path) {
    use std::os::unix::fs::PermissionsExt;
    for entry in walkdir::WalkDir::new(folder).into_iter().map(Result::unwrap) {
        let mode = if entry.file_type().is_dir() { 0o755 } else { 0o644 };
        std::fs::set_permissions(entry.path(), std::fs::Permissions::from_mode(mode)).unwrap();
    }
}

#[test]
fn the_server_splits_as_argo_cd_does() {
    let kinds = |text: &str| {
        split(text).map(|found| found.iter().map(|one| one["kind"].as_str().unwrap().to_owned()).collect::<Vec<_>>())
    };
    assert_eq!(kinds("kind: A\n---\nkind: B\n").unwrap(), ["A", "B"]);
    assert_eq!(kinds("---\nkind: A\n---\n# nothing\n---\nnull\n").unwrap(), ["A"]);
    assert_eq!(kinds("{\"kind\": \"A\"}\n{\"kind\": \"B\"}").unwrap(), ["A", "B"]);
    assert_eq!(kinds("").unwrap(), [""; 0]);
    assert!(kinds("[{\"kind\": \"A\"}]").is_err());
    assert!(kinds("kind: A\nmetadata: {labels: {a: 1}}\n").is_err());
}
