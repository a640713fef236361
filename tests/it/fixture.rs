//! Projects made of texts, and builds of them read back by an independent YAML reader.

use std::path::Path;

use serde_json::Value;
use strata::cli::ExitCode;

use crate::cli::{Ran, strata};

/// A project in a folder of its own, which ends with it.
pub struct Project {
    folder: tempfile::TempDir,
}

impl Project {
    /// A project of these files.
    pub fn new(files: &[(&str, &str)]) -> Self {
        let project = Self { folder: tempfile::tempdir().unwrap() };
        files.iter().for_each(|(path, text)| project.write(path, text));
        project
    }

    /// The usual project: `app/app.yaml` with `app` behind the head of an App called `shop`, and
    /// `o/overlay.yaml` with `overlay` behind the head of an Overlay of environment `prod` and
    /// namespace `ns`. `more` adds to and replaces files.
    pub fn usual(app: &str, overlay: &str, more: &[(&str, &str)]) -> Self {
        let project = Self::new(&[
            ("strata.yaml", "environments: {prod: {secrets: {provider: existing}}}\n"),
            ("app/app.yaml", &app_file(app)),
            ("o/overlay.yaml", &overlay_file("../app", overlay)),
        ]);
        more.iter().for_each(|(path, text)| project.write(path, text));
        project
    }

    /// Writes one file.
    pub fn write(&self, path: &str, text: impl AsRef<[u8]>) {
        let path = self.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    /// The project's root.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// The text of a file.
    pub fn read(&self, path: &str) -> String {
        std::fs::read_to_string(self.path().join(path)).unwrap()
    }

    /// Runs `strata` at the root.
    pub fn strata(&self, args: &[&str]) -> Ran {
        strata(self.path(), args)
    }

    /// Runs `strata` in a folder of the project.
    pub fn strata_in(&self, folder: &str, args: &[&str]) -> Ran {
        strata(&self.path().join(folder), args)
    }

    /// The objects of the overlay in `folder`, which must build without a word.
    #[track_caller]
    pub fn objects_of(&self, folder: &str, more: &[&str]) -> Objects {
        let ran = self.strata(&[&["build", folder], more].concat());
        assert_eq!((ran.code, ran.err.as_str()), (ExitCode::Fine, ""));
        Objects::read(&ran.out)
    }

    /// The objects of the overlay `o`.
    #[track_caller]
    pub fn objects(&self) -> Objects {
        self.objects_of("o", &[])
    }

    /// What the overlay `o` is refused with: nothing is printed, and the exit code is 2.
    #[track_caller]
    pub fn refusal(&self) -> String {
        self.refusal_of(&["build", "o"])
    }

    /// What a command line is refused with.
    #[track_caller]
    pub fn refusal_of(&self, args: &[&str]) -> String {
        let ran = self.strata(args);
        assert_eq!((ran.code, ran.out.as_str()), (ExitCode::Failed, ""), "{}", ran.err);
        ran.err
    }
}

/// An App called `shop` with these fields.
pub fn app_file(fields: &str) -> String {
    format!(
        "apiVersion: strata.dev/v1alpha1\nkind: App\nmetadata: {{name: shop}}\nimage: ghcr.io/acme/shop:v1.0.0\n{fields}"
    )
}

/// An Overlay of `base` with these fields.
pub fn overlay_file(base: &str, fields: &str) -> String {
    format!("apiVersion: strata.dev/v1alpha1\nkind: Overlay\nbase: {base}\nenvironment: prod\nnamespace: ns\n{fields}")
}

/// A Component with these fields.
pub fn component_file(fields: &str) -> String {
    format!("apiVersion: strata.dev/v1alpha1\nkind: Component\n{fields}")
}

/// The objects that were printed.
pub struct Objects(pub Vec<Value>);

impl Objects {
    /// Reads what `build` printed.
    pub fn read(text: &str) -> Self {
        use serde::Deserialize;
        let documents = serde_yaml::Deserializer::from_str(text);
        Self(documents.map(|document| Value::deserialize(document).unwrap()).collect())
    }

    /// `Kind/name` of every object.
    pub fn names(&self) -> Vec<String> {
        let name = |object: &Value| {
            format!("{}/{}", object["kind"].as_str().unwrap(), object["metadata"]["name"].as_str().unwrap())
        };
        self.0.iter().map(name).collect()
    }

    /// The one object of a kind and name.
    #[track_caller]
    pub fn get(&self, kind: &str, name: &str) -> &Value {
        let found = self.0.iter().find(|object| object["kind"] == kind && object["metadata"]["name"] == name);
        found.unwrap_or_else(|| panic!("no {kind}/{name} in {:?}", self.names()))
    }

    /// The one object of a kind.
    #[track_caller]
    pub fn one(&self, kind: &str) -> &Value {
        let found: Vec<&Value> = self.0.iter().filter(|object| object["kind"] == kind).collect();
        assert_eq!(found.len(), 1, "{kind} in {:?}", self.names());
        found[0]
    }

    /// The pod template of a Deployment.
    #[track_caller]
    pub fn pod(&self, name: &str) -> &Value {
        &self.get("Deployment", name)["spec"]["template"]
    }

    /// The first container of a Deployment.
    #[track_caller]
    pub fn container(&self, name: &str) -> &Value {
        &self.pod(name)["spec"]["containers"][0]
    }

    /// The environment of the first container of a Deployment: a text, or what it is taken from.
    #[track_caller]
    pub fn env(&self, name: &str) -> Vec<(String, Value)> {
        let items = self.container(name)["env"].as_array().unwrap();
        let pair = |item: &Value| {
            let value = if item["value"].is_string() { &item["value"] } else { &item["valueFrom"] };
            (item["name"].as_str().unwrap().to_owned(), value.clone())
        };
        items.iter().map(pair).collect()
    }

    /// The text of one variable.
    #[track_caller]
    pub fn variable(&self, deployment: &str, name: &str) -> String {
        let env = self.env(deployment);
        let found = env.iter().find(|(known, _)| known == name).unwrap_or_else(|| panic!("{name} in {env:?}"));
        found.1.as_str().unwrap().to_owned()
    }
}
