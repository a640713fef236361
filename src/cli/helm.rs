//! Helm for `--enable-helm`: the installed one, run with folders of its own for what it keeps.

use super::args::KustomizeArguments;
use super::program::{Program, Programs};
use super::{Env, fetch};
use crate::pipeline::{Helm, HelmCall};

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The time that one run of helm may take.
const TIMEOUT: Duration = Duration::from_secs(300);

/// Does `work` with the helm that the flags ask for.
pub(super) fn with_helm<R>(flags: &KustomizeArguments, env: &Env, work: impl FnOnce(Option<&Helm>) -> R) -> R {
    if !flags.enable_helm {
        return work(None);
    }
    let (command, programs) = (command_path(&flags.helm_command, env), &env.programs);
    let run = |call: &HelmCall| run(call, &command, programs);
    work(Some(&Helm {
        run: &run,
        api_versions: &flags.helm_api_versions,
        kube_version: flags.helm_kube_version.as_deref(),
        debug: flags.helm_debug,
    }))
}

fn run(call: &HelmCall, command: &Path, programs: &Programs) -> Result<String, String> {
    let name = command.display();
    let own = tempfile::tempdir().map_err(|error| format!("no folder can be made for helm: {error}"))?;
    let home = call.config_home.clone().unwrap_or_else(|| own.path().join("helm"));
    let mut program = Program::new(command, call.args.clone(), &call.folder, TIMEOUT);
    let variable = |name: &str, path: PathBuf| (name.to_owned(), Some(OsString::from(path)));
    program.variables = vec![
        variable("HELM_CONFIG_HOME", home.clone()),
        variable("HELM_CACHE_HOME", home.join(".cache")),
        variable("HELM_DATA_HOME", home.join(".data")),
    ];
    program.input = call.input.clone().into_bytes();
    match programs(&program) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Err(format!("`{name}` is not installed")),
        Err(error) => Err(format!("`{name}` cannot be started: {error}")),
        Ok(finished) if finished.timed_out => Err(format!("`{name}` took longer than {} s", TIMEOUT.as_secs())),
        Ok(finished) if !finished.success => Err(format!("`{name}` says: {}", fetch::words(&finished.err))),
        Ok(finished) => String::from_utf8(finished.out).map_err(|_| format!("what `{name}` prints is no UTF-8")),
    }
}

/// A path is relative to the current folder, where a chart's is not; a name is looked up.
fn command_path(command: &Path, env: &Env) -> PathBuf {
    match command.components().count() > 1 {
        true => env.cwd.join(command),
        false => command.to_path_buf(),
    }
}
