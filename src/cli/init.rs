//! `strata init`: a small project that builds at once.

use std::io::Write;
use std::path::{Path, PathBuf};

use super::args::InitArguments;
use super::files::cannot;
use super::{Context, Done, Ended};
use crate::error::{Error, Result};
use crate::model::schemas;

/// The longest name: it leaves room for `-prod` in a namespace, which is a DNS label of at most
/// 63 characters (RFC 1123).
const LONGEST: usize = 50;

pub(super) fn run(arguments: &InitArguments, context: &mut Context) -> Ended {
    let folder = context.env.cwd.join(&arguments.folder);
    let name = match &arguments.name {
        Some(name) => checked(name)?,
        None => name_of_folder(&folder),
    };
    let files = project(&name);
    refuse_to_overwrite(&folder, &files)?;
    for (path, text) in &files {
        write_new(&folder.join(path), text)?;
    }
    let listed: String = files.iter().map(|(path, _)| format!("wrote {}\n", shown(&arguments.folder, path))).collect();
    context.print(listed.as_bytes())?;
    context.say(&next_steps(&arguments.folder, &name));
    Ok(Done::Fine)
}

/// The path of a new file as a user would type it.
fn shown(folder: &Path, path: &str) -> String {
    let path = if folder == Path::new(".") { PathBuf::from(path) } else { folder.join(path) };
    super::excerpt::escape(&path.display().to_string())
}

fn next_steps(folder: &Path, name: &str) -> String {
    let enter = match folder == Path::new(".") {
        true => String::new(),
        false => format!("  cd {}\n", super::excerpt::escape(&folder.display().to_string())),
    };
    format!(
        "\nnext:\n{enter}  strata build overlays/{name}/dev\n  strata snapshot --accept\n\
         then put your image into base/{name}/app.yaml and the overlays\n"
    )
}

/// A name that a user gave: taken as it is, or refused with one that would do.
pub(super) fn checked(name: &str) -> Result<String> {
    let label = dns_label(name);
    match label.as_deref() == Some(name) {
        true => Ok(name.to_owned()),
        false => {
            let message = format!(
                "`{name}` cannot name an application: at most {LONGEST} lower-case letters, digits and `-`, \
                 starting with a letter and not ending in `-`"
            );
            let help = label.map_or("give another name".into(), |label| format!("`--name {label}` would do"));
            Err(Error::new("bad-name", message).help(help))
        }
    }
}

/// The folder's name made into a DNS label, or `app`.
fn name_of_folder(folder: &Path) -> String {
    let canonical = folder.canonicalize().unwrap_or_else(|_| folder.to_path_buf());
    let name = canonical.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    dns_label(&name).unwrap_or_else(|| "app".into())
}

/// The nearest DNS label to `text` that starts with a letter; `None` when nothing is left of it.
pub(super) fn dns_label(text: &str) -> Option<String> {
    let mut label = String::new();
    for c in text.chars().flat_map(char::to_lowercase) {
        match c {
            'a'..='z' => label.push(c),
            '0'..='9' if !label.is_empty() => label.push(c),
            _ if !label.is_empty() && !label.ends_with('-') => label.push('-'),
            _ => {}
        }
    }
    label.truncate(LONGEST);
    let label = label.trim_end_matches('-');
    (!label.is_empty()).then(|| label.to_owned())
}

/// The files of a new project, by their paths.
fn project(name: &str) -> Vec<(String, String)> {
    let mut files = vec![
        ("strata.yaml".into(), STRATA.to_owned()),
        (format!("base/{name}/app.yaml"), APP.replace("NAME", name)),
        (format!("overlays/{name}/dev/overlay.yaml"), DEV.replace("NAME", name)),
        (format!("overlays/{name}/prod/overlay.yaml"), PROD.replace("NAME", name)),
    ];
    files.extend(schemas().into_iter().map(|(file, text)| (format!("schemas/{file}"), text)));
    files
}

const STRATA: &str = "\
# yaml-language-server: $schema=schemas/project.schema.json
edition: 2026.1
environments:
  dev: {}
  prod:
    tags: semver                    # images need a version such as v1.2.3
";

const APP: &str = "\
# yaml-language-server: $schema=../../schemas/app.schema.json
apiVersion: strata.dev/v1alpha1
kind: App
metadata: {name: NAME}
image: ghcr.io/example/NAME
deployments:
  main:
    ports: {http: {container: 8080, service: 80}}
    probes: {readiness: {http: {path: /healthz}}}
    env: {PORT: 8080}
";

const DEV: &str = "\
# yaml-language-server: $schema=../../../schemas/overlay.schema.json
apiVersion: strata.dev/v1alpha1
kind: Overlay
base: ../../../base/NAME
environment: dev
namespace: NAME-dev
images: {ghcr.io/example/NAME: {tag: v0.1.0-dev}}
";

const PROD: &str = "\
# yaml-language-server: $schema=../../../schemas/overlay.schema.json
apiVersion: strata.dev/v1alpha1
kind: Overlay
base: ../../../base/NAME
environment: prod
namespace: NAME-prod
images: {ghcr.io/example/NAME: {tag: v0.1.0}}
app:
  deployments:
    main:
      replicas: 2
      resources: {requests: {cpu: 100m, memory: 128Mi}, limits: {memory: 256Mi}}
";

/// Lists everything that is where a new file or folder has to be.
pub(super) fn refuse_to_overwrite(folder: &Path, files: &[(String, String)]) -> Result<()> {
    let mut in_the_way = Vec::new();
    if folder.exists() && !folder.is_dir() {
        in_the_way.push(folder.display().to_string());
    }
    for (path, _) in files {
        let parents = Path::new(path).ancestors().skip(1).filter(|parent| !parent.as_os_str().is_empty());
        // A link in place of a folder leads to somebody else's files.
        let blocked = |parent: &&Path| folder.join(parent).symlink_metadata().is_ok_and(|found| !found.is_dir());
        in_the_way.extend(parents.filter(blocked).map(|parent| parent.display().to_string()));
        if folder.join(path).symlink_metadata().is_ok() {
            in_the_way.push(path.clone());
        }
    }
    in_the_way.sort();
    in_the_way.dedup();
    match in_the_way.is_empty() {
        true => Ok(()),
        false => Err(Error::new("would-overwrite", format!("`{}` exists already", in_the_way.join("`, `")))
            .help("nothing was written; give an empty folder, or move these away")),
    }
}

pub(super) fn write_new(path: &Path, text: &str) -> Result<()> {
    let write = || {
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent)?;
        }
        std::fs::File::create_new(path)?.write_all(text.as_bytes())
    };
    write().map_err(|error| cannot("write", path, &error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_made_from_any_folder() {
        for (folder, name) in [
            ("shop", Some("shop")),
            ("My Shop_API", Some("my-shop-api")),
            ("2024-shop.", Some("shop")),
            ("--", None),
            ("日本", None),
            ("123", None),
        ] {
            assert_eq!(dns_label(folder).as_deref(), name, "{folder}");
        }
        assert_eq!(dns_label(&"a".repeat(80)).unwrap().len(), 50);
        assert!(checked("Shop").unwrap_err().diagnostic().help.as_deref().unwrap().contains("`--name shop`"));
    }

    #[test]
    fn the_example_app_is_about_ten_lines() {
        assert!(APP.lines().count() <= 11);
    }
}
