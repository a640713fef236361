//! Helm charts of kustomizations: which words helm gets, which values, and what it prints.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::diagnostic::{Diagnostic, Diagnostics, Level};
use crate::emit;
use crate::error::{Error, Result};
use crate::kustomize::{Chart, ValuesMerge};
use crate::load::values;
use crate::load::yaml::{self, Dialect};
use crate::origin::{Origin, Origins, Sources};
use crate::project::Project;
use crate::transform::patch::{Dialect as PatchDialect, strategic};
use crate::tree::{Node, Text};

/// One run of helm.
#[derive(Clone, Debug)]
pub struct HelmCall {
    /// Its arguments.
    pub args: Vec<OsString>,
    /// The folder that it runs in.
    pub folder: PathBuf,
    /// Where it keeps its settings; in a folder of its own when there is none.
    pub config_home: Option<PathBuf>,
    /// What it reads from standard input.
    pub input: String,
}

/// Runs helm; what it printed, or why it could not.
pub type RunHelm<'a> = &'a (dyn Fn(&HelmCall) -> std::result::Result<String, String> + Sync);

/// Helm, which whoever builds has to provide.
#[derive(Clone, Copy)]
pub struct Helm<'a> {
    /// Runs it.
    pub run: RunHelm<'a>,
    /// Versions of APIs, where a chart says none.
    pub api_versions: &'a [String],
    /// The version of Kubernetes, where a chart says none.
    pub kube_version: Option<&'a str>,
    /// Whether all charts are rendered with `--debug`.
    pub debug: bool,
}

/// Renders the charts of one kustomization.
pub(super) struct Renderer<'a> {
    pub helm: Helm<'a>,
    pub project: &'a Project,
    pub anywhere: bool,
    pub sources: &'a mut Sources,
}

impl Renderer<'_> {
    /// The objects of a chart that a kustomization in `folder` asks for.
    pub fn render(&mut self, chart: &Chart, folder: &Path) -> Result<Vec<Node>> {
        let home = values::join(folder, Path::new(chart.home().as_str()));
        let place = home.join(chart.name.as_str());
        if !values::is_folder(&place) {
            self.pull(chart, folder, &home)?;
        }
        let (args, input) = self.words(chart, folder, &place)?;
        let text =
            self.run(chart, HelmCall { args, folder: folder.into(), config_home: config_home(chart, folder), input })?;
        self.read(chart, &place, &text)
    }

    fn run(&self, chart: &Chart, call: HelmCall) -> Result<String> {
        (self.helm.run)(&call).map_err(|why| {
            let message = format!("the chart `{}` cannot be rendered: {why}", chart.name);
            Diagnostic::error("helm-failed", message).at(chart.name.origin).into()
        })
    }

    /// Pulls a chart to where it was looked for, as kustomize does.
    fn pull(&self, chart: &Chart, folder: &Path, home: &Path) -> Result<()> {
        let missing = |help: &str| {
            let message = format!("there is no chart `{}/{}`", chart.home(), chart.name);
            Error::from(Diagnostic::error("chart-not-found", message).at(chart.name.origin).help(help))
        };
        let Some(repo) = &chart.repo else {
            return Err(missing("put the chart there, or say under `repo` where to pull it from"));
        };
        if values::is_vendored(self.project, folder) {
            return Err(missing("a chart is not pulled into what was fetched: list it in a kustomization of your own"));
        }
        let mut args: Vec<OsString> = ["pull", "--untar", "--untardir"].map(OsString::from).into();
        args.push(home.into());
        match repo.starts_with("oci://") {
            true => args.push(format!("{}/{}", repo.trim_end_matches('/'), chart.name).into()),
            false => args.extend(["--repo", repo.as_str(), chart.name.as_str()].map(OsString::from)),
        }
        args.extend(option("--version", chart.version.as_ref()));
        let config_home = config_home(chart, folder);
        self.run(chart, HelmCall { args, folder: folder.into(), config_home, input: String::new() }).map(drop)
    }

    /// What helm is told, and the values that it reads from its standard input.
    fn words(&self, chart: &Chart, folder: &Path, place: &Path) -> Result<(Vec<OsString>, String)> {
        let mut args: Vec<OsString> = vec!["template".into()];
        args.push(chart.release_name.as_ref().map_or("--generate-name", |name| name.as_str()).into());
        args.push(place.into());
        args.extend(option("--namespace", chart.namespace.as_ref()));
        args.extend(option("--name-template", chart.name_template.as_ref()));
        let input = self.values(chart, folder, place)?;
        if !input.is_empty() {
            args.extend(["--values", "-"].map(OsString::from));
        }
        for file in &chart.additional_values_files {
            let read = values::read(self.project, folder, Path::new(file.as_str()), self.anywhere);
            args.extend(["--values".into(), read.map_err(|error| at(error, file.origin))?.canonical.into()]);
        }
        let written = chart.api_versions.iter().map(Text::as_str);
        let given = self.helm.api_versions.iter().map(String::as_str).filter(|_| chart.api_versions.is_empty());
        for version in written.chain(given) {
            args.extend(["--api-versions", version].map(OsString::from));
        }
        let kube_version = chart.kube_version.as_ref().map(Text::as_str).or(self.helm.kube_version);
        args.extend(kube_version.into_iter().flat_map(|version| ["--kube-version", version]).map(OsString::from));
        let flags = [
            ("--include-crds", chart.include_crds),
            ("--skip-tests", chart.skip_tests),
            ("--no-hooks", chart.skip_hooks),
            ("--debug", chart.debug || self.helm.debug),
        ];
        args.extend(flags.into_iter().filter(|(_, given)| *given).map(|(flag, _)| flag.into()));
        Ok((args, input))
    }

    /// The values of a chart as one text: those of the file, those of the kustomization, or both.
    fn values(&self, chart: &Chart, folder: &Path, place: &Path) -> Result<String> {
        let print = |values: &Node| String::from_utf8_lossy(&emit::yaml::yaml([values])).into_owned();
        match (&chart.values, chart.merge) {
            (Some(own), ValuesMerge::Replace) => Ok(print(own)),
            (Some(own), merge) => Ok(print(&merged(chart, &self.file(chart, folder, place)?, own, merge)?)),
            (None, _) => self.file(chart, folder, place),
        }
    }

    /// The text of the file of values that counts; empty when the chart has none of its own.
    fn file(&self, chart: &Chart, folder: &Path, place: &Path) -> Result<String> {
        let own = place.join("values.yaml");
        let (path, origin) = match &chart.values_file {
            Some(file) => (Path::new(file.as_str()), file.origin),
            None if !own.exists() => return Ok(String::new()),
            None => (own.as_path(), chart.name.origin),
        };
        let read = values::read(self.project, folder, path, self.anywhere);
        Ok(read.map_err(|error| at(error, origin))?.text)
    }

    /// Reads what helm printed, which becomes a source of its own.
    fn read(&mut self, chart: &Chart, place: &Path, text: &str) -> Result<Vec<Node>> {
        let shown = format!("{}/{} (rendered by helm)", chart.home(), chart.name);
        let base = self.sources.add(shown.into(), place.to_path_buf(), text.into());
        let full = || Error::new("project-too-large", "charts print more than there is room for");
        let mut said = Diagnostics::default();
        let documents = yaml::read(text, base.ok_or_else(full)?, Dialect::Resource, &mut said).unwrap_or_default();
        let error = said.into_iter().find(|diagnostic| diagnostic.level == Level::Error);
        error.map_or(Ok(()), |error| Err(Error::from(error)))?;
        Ok(documents.into_iter().filter(|document| !document.is_null()).collect())
    }
}

/// The values of a file and those of the kustomization; kustomize merges them as it merges
/// patches of kinds that it does not know.
fn merged(chart: &Chart, file: &str, own: &Node, merge: ValuesMerge) -> Result<Node> {
    let origin = chart.values_file.as_ref().map_or(chart.name.origin, |file| file.origin);
    let mut said = Diagnostics::default();
    let documents = yaml::read(file, 0, Dialect::JsonPatch, &mut said).unwrap_or_default();
    let broken = |why: String| Error::from(Diagnostic::error("invalid-values", why).at(origin));
    if let Some(error) = said.into_iter().find(|diagnostic| diagnostic.level == Level::Error) {
        return Err(broken(format!("the values of `{}` cannot be read: {}", chart.name, error.message)));
    }
    let file = documents.into_iter().find(|document| !document.is_null()).unwrap_or(Node::map(origin));
    let (mut below, above) = match merge {
        ValuesMerge::Merge => (own.clone(), file),
        ValuesMerge::Override | ValuesMerge::Replace => (file, own.clone()),
    };
    let mut origins = Origins::default();
    let none: Option<crate::kubernetes::Type> = None;
    strategic::apply(&mut below, &above, none, PatchDialect::Kustomize, &mut origins).map_err(|error| {
        broken(format!("the values of `{}` cannot be merged: {}", chart.name, Diagnostic::from(error).message))
    })?;
    Ok(below)
}

fn config_home(chart: &Chart, folder: &Path) -> Option<PathBuf> {
    chart.globals.config_home.as_ref().map(|home| values::join(folder, Path::new(home.as_str())))
}

fn option(flag: &str, value: Option<&Text>) -> Vec<OsString> {
    value.into_iter().flat_map(|value| [flag.into(), value.as_str().into()]).collect()
}

fn at(error: Error, origin: Origin) -> Error {
    Diagnostic::from(error).at(origin).into()
}
