//! `strata build`: overlays to manifests, on stdout, in a file or in a folder.

use std::collections::HashSet;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use super::args::{BuildArguments, BuildTarget, KustomizeArguments, ManifestFormat, MessageFormat};
use super::helm::with_helm;
use super::{Context, Done, Ended, Stop, explain, files, vendor};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::emit;
use crate::error::Error;
use crate::origin::Sources;
use crate::pipeline::{self, Outcome, Rendered, Request, Target};
use crate::resource::{Identity, Resource};
use crate::scope;
use crate::tree::Node;

pub(super) fn run(arguments: &BuildArguments, context: &mut Context) -> Ended {
    let request = Request {
        entries: arguments.paths.clone(),
        cwd: context.env.cwd.clone(),
        set: arguments.set.clone(),
        given: Default::default(),
        kustomize: arguments.kustomize.options(),
        edition: None,
        target: match arguments.target {
            BuildTarget::Kubernetes => Target::Kubernetes,
            BuildTarget::Compose => Target::Compose,
        },
        reader: arguments.reader.into(),
        traced: arguments.annotate,
        without_losses: false,
        edits: Default::default(),
        check: None,
        folders: Default::default(),
    };
    if arguments.kustomize.fetch && vendor::fetch(&request, false, arguments.message_format, context)?.is_none() {
        return Ok(Done::Errors);
    }
    let mut outcome = with_helm(&arguments.kustomize, context.env, |helm| pipeline::build_with(&request, helm))?;
    notices(&arguments.kustomize).into_iter().for_each(|notice| outcome.diagnostics.push(notice));
    let ended = finish(&outcome, arguments, context);
    // The process ends now; taking thousands of trees apart would be most of a small build.
    std::mem::forget(outcome);
    ended
}

/// What there is to say about flags.
fn notices(flags: &KustomizeArguments) -> Vec<Diagnostic> {
    let useless = |flag: &str, help: &str| {
        Diagnostic::warning("flag-without-effect", format!("`{flag}` has no effect")).help(help.to_owned())
    };
    let old = |flag: &str, help: &str| {
        Diagnostic::warning("deprecated-flag", format!("`{flag}` is deprecated")).help(help.to_owned())
    };
    let functions = flags.functions.given().into_iter();
    let functions = functions.map(|flag| useless(flag, "exec functions and functions in containers are not run"));
    let charts = flags.for_charts().into_iter().filter(|_| !flags.enable_helm);
    let charts = charts.map(|flag| useless(flag, "charts are rendered with `--enable-helm` only"));
    let mut notices: Vec<Diagnostic> = functions.chain(charts).collect();
    if flags.reorder.is_some() {
        notices.push(old("--reorder", "use `sortOptions` in the kustomization"));
    }
    if flags.enable_managedby_label {
        notices.push(old("--enable-managedby-label", "use `buildMetadata: [managedByLabel]` in the kustomization"));
    }
    notices
}

/// Writes what was built, all of it or nothing, and shows what there is to say.
fn finish(outcome: &Outcome, arguments: &BuildArguments, context: &mut Context) -> Ended {
    let mut diagnostics = outcome.diagnostics.clone();
    let written = match diagnostics.has_errors() {
        true => Ok(()),
        false => match write(outcome, arguments, &mut diagnostics, context) {
            Err(Stop::Error(error)) => {
                diagnostics.push(error.into());
                Ok(())
            }
            written => written,
        },
    };
    // In JSON, a fine build is an empty list: a reader always gets one object.
    if !diagnostics.is_empty() || arguments.message_format == MessageFormat::Json {
        context.show(&diagnostics, &outcome.sources, arguments.message_format);
    }
    written?;
    Ok(if diagnostics.has_errors() { Done::Errors } else { Done::Fine })
}

fn write(
    outcome: &Outcome,
    arguments: &BuildArguments,
    diagnostics: &mut Diagnostics,
    context: &mut Context,
) -> Result<(), Stop> {
    let builds = &outcome.builds;
    if arguments.annotate {
        return write_annotated(outcome, arguments, context);
    }
    if arguments.target == BuildTarget::Compose {
        return write_compose(outcome, arguments, context);
    }
    let Some(output) = &arguments.output else {
        return context.print(&manifests(builds, arguments.format));
    };
    let path = context.env.cwd.join(output);
    let inputs = Inputs::of(&outcome.sources);
    if !is_folder(output, &path) {
        inputs.refuse(&path)?;
        return Ok(emit::file::write_atomically(&path, &manifests(builds, arguments.format))?);
    }
    if arguments.format == ManifestFormat::Json {
        let error = Error::new("folder-format", "a folder gets YAML files, so `--format json` does not go with it");
        return Err(error.help("name a file, or leave out `--format json`").into());
    }
    let folders: Vec<PathBuf> = builds.iter().map(|build| folder_of(build, builds.len(), &path)).collect();
    for (folder, build) in folders.iter().zip(builds) {
        files::without_links(&path, folder)?;
        emit::folder::file_names(&items(build)).iter().try_for_each(|name| inputs.refuse(&folder.join(name)))?;
    }
    for (folder, build) in folders.iter().zip(builds) {
        write_folder(folder, build, diagnostics)?;
    }
    Ok(())
}

/// Writes manifests with comments, to stdout or a file.
fn write_annotated(outcome: &Outcome, arguments: &BuildArguments, context: &mut Context) -> Result<(), Stop> {
    let path = arguments.output.as_ref().map(|output| (output, context.env.cwd.join(output)));
    let is_folder = path.as_ref().is_some_and(|(output, path)| is_folder(output, path));
    if is_folder || arguments.format == ManifestFormat::Json || arguments.target == BuildTarget::Compose {
        let error = Error::new("annotate-format", "`--annotate` puts comments into manifests, as YAML in one text");
        return Err(error.help("leave `--format json`, `--target compose` and folders out").into());
    }
    let text = explain::annotated(outcome);
    match path {
        Some((_, path)) => {
            Inputs::of(&outcome.sources).refuse(&path)?;
            Ok(emit::file::write_atomically(&path, &text)?)
        }
        None => context.print(&text),
    }
}

/// Writes Compose files: one to stdout or a file, each of several into its folder.
fn write_compose(outcome: &Outcome, arguments: &BuildArguments, context: &mut Context) -> Result<(), Stop> {
    let made = |build| Some((build, compose_file(build, arguments.format)?));
    let files: Vec<(&Rendered, Vec<u8>)> = outcome.builds.iter().filter_map(made).collect();
    let path = arguments.output.as_ref().map(|output| (output, context.env.cwd.join(output)));
    let inputs = Inputs::of(&outcome.sources);
    if let Some((_, folder)) = path.as_ref().filter(|(output, path)| is_folder(output, path)) {
        for (build, bytes) in &files {
            let below = folder_of(build, files.len(), folder);
            files::without_links(folder, &below)?;
            let file = below.join("compose.yaml");
            inputs.refuse(&file)?;
            files::make_parent(&file)?;
            emit::file::write_atomically(&file, bytes)?;
        }
        return Ok(());
    }
    let [(_, bytes)] = files.as_slice() else {
        let error = Error::new("several-compose-files", "each overlay has a Compose file of its own");
        return Err(error.help("name one overlay, or a folder to write to: `-o FOLDER/`").into());
    };
    match path {
        Some((_, path)) => {
            inputs.refuse(&path)?;
            Ok(emit::file::write_atomically(&path, bytes)?)
        }
        None => context.print(bytes),
    }
}

/// The Compose file of a build, in the order in which people write it.
fn compose_file(build: &Rendered, format: ManifestFormat) -> Option<Vec<u8>> {
    let root = build.compose.as_ref()?;
    Some(match format {
        ManifestFormat::Yaml => emit::yaml::as_written(root),
        ManifestFormat::Json => emit::json::json([root], emit::json::Layout::Pretty),
    })
}

/// The files that the project is written in, which no output may take the place of.
struct Inputs<'a> {
    read: HashSet<&'a Path>,
}

impl<'a> Inputs<'a> {
    fn of(sources: &'a Sources) -> Self {
        Self { read: sources.all().map(|source| source.canonical.as_path()).collect() }
    }

    /// Refuses `path` when it is, or links to, a file that was read for this build, or another
    /// one that holds a document of the model.
    fn refuse(&self, path: &Path) -> Result<(), Error> {
        let Ok(canonical) = path.canonicalize() else { return Ok(()) };
        if !self.read.contains(canonical.as_path()) && !is_of_the_model(&canonical) {
            return Ok(());
        }
        let message = format!("`{}` is a file that the project is written in", path.display());
        Err(Error::new("output-is-input", message).help("name another file or folder with `--output`"))
    }
}

/// Whether a file holds the settings of a project, or an app, overlay or component: manifests
/// never do.
fn is_of_the_model(file: &Path) -> bool {
    const BEGINNING: u64 = 4096;
    let mut bytes = Vec::new();
    let is_file = file.metadata().is_ok_and(|metadata| metadata.is_file());
    if is_file && let Ok(file) = std::fs::File::open(file) {
        // What cannot be read cannot be told, and is left to the attempt to write it.
        let _ = file.take(BEGINNING).read_to_end(&mut bytes);
    }
    let text = String::from_utf8_lossy(&bytes);
    let version = text.lines().filter_map(|line| line.strip_prefix("apiVersion:"));
    version.map(|version| version.trim_matches([' ', '"', '\''])).any(|version| version.starts_with("strata.dev/"))
        || is_file && file.file_name().is_some_and(|name| name == "strata.yaml")
}

/// A folder is one that exists, or what is written like one.
fn is_folder(written: &Path, path: &Path) -> bool {
    path.is_dir() || written.as_os_str().to_string_lossy().ends_with(['/', std::path::MAIN_SEPARATOR])
}

/// One overlay fills the folder itself; of several, each gets a folder named like its own.
fn folder_of(build: &Rendered, count: usize, output: &Path) -> PathBuf {
    match count {
        1 => output.to_path_buf(),
        _ => output.join(build.name.strip_prefix("overlays/").unwrap_or(&build.name)),
    }
}

/// Everything that was built as one text, in the order of the overlays' names.
fn manifests(builds: &[Rendered], format: ManifestFormat) -> Vec<u8> {
    let roots = builds.iter().flat_map(|build| &build.resources).map(|resource| &resource.root);
    match format {
        ManifestFormat::Yaml => yaml(roots),
        ManifestFormat::Json => emit::json::json(roots, emit::json::Layout::Pretty),
    }
}

/// What `strata build` prints for these manifests; a snapshot is exactly this.
pub(super) fn yaml<'a>(roots: impl IntoIterator<Item = &'a Node>) -> Vec<u8> {
    emit::yaml::yaml(roots)
}

/// Writes a file per resource, and says which files of somebody else were in its way.
fn write_folder(folder: &Path, build: &Rendered, diagnostics: &mut Diagnostics) -> Result<(), Stop> {
    files::make_parent(folder)?;
    let report = emit::folder::write(folder, &items(build))?;
    let warn =
        |code, name: &String, what| Diagnostic::warning(code, format!("`{}` {what}", folder.join(name).display()));
    let overwritten =
        report.overwritten.iter().map(|name| warn("overwritten", name, "was overwritten; strata had not written it"));
    let kept = report
        .kept
        .iter()
        .map(|name| warn("stale-file", name, "is no longer rendered, but was changed by hand and so left there"));
    overwritten.chain(kept).for_each(|warning| diagnostics.push(warning));
    Ok(())
}

/// What the files of a build are named after: those of a kustomization by what kustomize knows of
/// namespaces.
pub(super) fn items(build: &Rendered) -> Vec<emit::folder::Item<'_>> {
    let item = |resource| {
        let gvk = &Resource::id(resource).gvk;
        let cluster_scoped = match build.identity {
            Identity::Object => scope::is_cluster_scoped(&gvk.group, &gvk.kind),
            Identity::Kustomize => scope::is_cluster_scoped_for_kustomize(gvk),
        };
        emit::folder::Item { id: resource.id(), root: &resource.root, cluster_scoped }
    };
    build.resources.iter().map(item).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::tests::with_context;
    use crate::object;
    use crate::origin::Origin;

    fn arguments(output: Option<&str>) -> BuildArguments {
        BuildArguments {
            paths: vec![],
            output: output.map(Into::into),
            format: ManifestFormat::Yaml,
            annotate: false,
            set: vec![],
            kustomize: Default::default(),
            target: BuildTarget::Kubernetes,
            reader: Default::default(),
            message_format: MessageFormat::Text,
        }
    }

    fn outcome(names: &[&str]) -> Outcome {
        let origin = Origin::source(0);
        let builds = names.iter().map(|name| {
            let metadata = object! { origin; "name": *name };
            let root = object! { origin; "apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata };
            let resources = vec![Resource::new(root).unwrap()];
            Rendered { name: (*name).into(), resources, ..Rendered::default() }
        });
        Outcome { builds: builds.collect(), ..Outcome::default() }
    }

    #[test]
    fn an_error_leaves_stdout_and_files_alone() {
        let folder = tempfile::tempdir().unwrap();
        for output in [None, Some("out.yaml"), Some("out/")] {
            let mut outcome = outcome(&["overlays/a/dev"]);
            outcome.diagnostics.push(Diagnostic::error("wrong", "it is wrong"));
            let (ended, out, err) =
                with_context(folder.path(), |context| finish(&outcome, &arguments(output), context));
            assert!(matches!(ended, Ok(Done::Errors)));
            assert_eq!((out.as_str(), err.as_str()), ("", "error[wrong]: it is wrong\n\n"));
        }
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn warnings_do_not_stop_a_build() {
        let mut outcome = outcome(&[]);
        outcome.diagnostics.push(Diagnostic::warning("odd", "it is odd"));
        let (ended, _, err) = with_context(Path::new("/"), |context| finish(&outcome, &arguments(None), context));
        assert!(matches!(ended, Ok(Done::Fine)));
        assert_eq!(err, "warning[odd]: it is odd\n\n");
    }

    #[test]
    fn json_messages_are_one_object_even_when_all_is_well() {
        let arguments = BuildArguments { message_format: MessageFormat::Json, ..arguments(None) };
        let (_, _, err) = with_context(Path::new("/"), |context| finish(&outcome(&[]), &arguments, context));
        assert_eq!(err, "{\"diagnostics\":[]}\n");
    }

    #[test]
    fn an_output_is_a_file_unless_it_is_or_is_written_like_a_folder() {
        let folder = tempfile::tempdir().unwrap();
        let is = |written: &str| is_folder(Path::new(written), &folder.path().join(written));
        assert!(is(".") && is("new/") && !is("new") && !is("new.yaml"));
    }

    #[test]
    fn one_overlay_fills_the_folder_and_several_get_one_each() {
        let outcome = outcome(&["overlays/a/prod/eu-1"]);
        let build = &outcome.builds[0];
        assert_eq!(folder_of(build, 1, Path::new("/out")), Path::new("/out"));
        assert_eq!(folder_of(build, 2, Path::new("/out")), Path::new("/out/a/prod/eu-1"));
    }

    #[test]
    fn several_overlays_print_in_order_and_write_a_folder_each() {
        let folder = tempfile::tempdir().unwrap();
        let read = |path: &str| std::fs::read_to_string(folder.path().join(path)).unwrap();
        let outcome = outcome(&["overlays/a/dev", "overlays/a/prod"]);
        let run = |output| with_context(folder.path(), |context| finish(&outcome, &arguments(output), context));
        let document = |name| format!("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {name}\n");
        let both = format!("{}---\n{}", document("overlays/a/dev"), document("overlays/a/prod"));
        let (ended, out, err) = run(None);
        assert!(matches!(ended, Ok(Done::Fine)));
        assert_eq!((out.as_str(), err.as_str()), (both.as_str(), ""));
        let (_, out, err) = run(Some("all.yaml"));
        assert_eq!((out.as_str(), err.as_str(), read("all.yaml")), ("", "", both));
        let (_, out, err) = run(Some("deep/out/"));
        assert_eq!((out.as_str(), err.as_str()), ("", ""));
        let files = files::yaml_files_below(&folder.path().join("deep/out")).unwrap();
        assert_eq!(files.len(), 2);
        assert!(files[0].starts_with("a/dev/") && files[1].starts_with("a/prod/"), "{files:?}");
    }

    #[test]
    fn files_of_a_kustomization_are_named_by_what_kustomize_knows_of_namespaces() {
        let origin = Origin::source(0);
        let of = |namespace: Option<&str>| {
            let mut metadata = object! { origin; "name": "n" };
            if let Some(namespace) = namespace {
                metadata.as_map_mut().unwrap().push("namespace", origin, Node::string(namespace, origin));
            }
            let kind = if namespace.is_some() { "Issuer" } else { "ClusterIssuer" };
            object! { origin; "apiVersion": "cert-manager.io/v1", "kind": kind, "metadata": metadata }
        };
        let resources = vec![Resource::new(of(None)).unwrap(), Resource::new(of(Some("a"))).unwrap()];
        let typed = Rendered { resources, ..Rendered::default() };
        let kustomized = Rendered { identity: Identity::Kustomize, ..typed.clone() };
        let first = |build| emit::folder::file_names(&items(build)).remove(0);
        assert_eq!(first(&typed), "cert-manager.io_v1_clusterissuer_n.yaml");
        assert_eq!(first(&kustomized), "default_cert-manager.io_v1_clusterissuer_n.yaml");
    }

    #[test]
    fn a_place_that_cannot_be_written_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("file"), "").unwrap();
        for output in ["file/out.yaml", "file/out/"] {
            let outcome = outcome(&["overlays/a/dev"]);
            let (ended, out, err) =
                with_context(folder.path(), |context| finish(&outcome, &arguments(Some(output)), context));
            assert!(matches!(ended, Ok(Done::Errors)));
            assert!(out.is_empty() && err.starts_with("error["), "{err}");
        }
    }

    #[test]
    fn json_does_not_go_into_a_folder() {
        let folder = tempfile::tempdir().unwrap();
        let arguments = BuildArguments { format: ManifestFormat::Json, ..arguments(Some("out/")) };
        let outcome = outcome(&["overlays/a/dev"]);
        let (ended, _, err) = with_context(folder.path(), |context| finish(&outcome, &arguments, context));
        assert!(matches!(ended, Ok(Done::Errors)));
        assert!(err.starts_with("error[folder-format]: "), "{err}");
        assert!(!folder.path().join("out").exists());
    }
}
