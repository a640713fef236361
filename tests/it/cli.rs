//! The command line in process: exit codes, help, colour, and what happens when a reader goes
//! away or strata itself is wrong.

use std::collections::HashMap;
use std::io::{Error, ErrorKind, Write};
use std::path::Path;

use strata::cli::{Env, ExitCode, run};

/// How a command line ended, and what it printed.
pub struct Ran {
    /// The exit code.
    pub code: ExitCode,
    /// stdout.
    pub out: String,
    /// stderr.
    pub err: String,
}

/// The surroundings of a test: no terminal and only these environment variables.
pub fn env(cwd: &Path, vars: &[(&str, &str)]) -> Env {
    let vars: HashMap<String, String> = vars.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
    let names: Vec<_> = vars.keys().map(Into::into).collect();
    Env {
        cwd: cwd.to_path_buf(),
        names: Box::new(move || names.clone()),
        var: Box::new(move |name| vars.get(name).map(Into::into)),
        stdout_is_terminal: false,
        stderr_is_terminal: false,
        width: None,
        programs: Box::new(|_| Err(ErrorKind::NotFound.into())),
        stdin: Box::new(|| Ok(Vec::new())),
        panic_place: || Some("src/somewhere.rs:1:2".into()),
    }
}

/// Runs `strata` with `args` in `cwd`.
pub fn strata(cwd: &Path, args: &[&str]) -> Ran {
    strata_in(&env(cwd, &[]), args)
}

fn strata_in(env: &Env, args: &[&str]) -> Ran {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let args = ["strata"].iter().chain(args).map(Into::into);
    let code = run(args, env, &mut out, &mut err);
    Ran { code, out: String::from_utf8(out).unwrap(), err: String::from_utf8(err).unwrap() }
}

fn anywhere(args: &[&str]) -> Ran {
    strata(Path::new("/"), args)
}

const COMMANDS: [&str; 11] = [
    "diff",
    "affected",
    "build",
    "check",
    "explain",
    "vendor",
    "snapshot",
    "schema",
    "init",
    "render-to",
    "completions",
];

#[test]
fn every_help_goes_to_stdout_and_has_examples() {
    let argocd = ["generate", "parameters", "plan", "apps"].map(|command| vec!["argocd", command, "--help"]);
    let all = COMMANDS.map(|command| vec![command, "--help"]).into_iter().chain(argocd);
    for args in [vec!["--help"]].into_iter().chain(all) {
        let ran = anywhere(&args);
        assert_eq!((ran.code, ran.err.as_str()), (ExitCode::Fine, ""), "{args:?}");
        assert!(ran.out.contains("Examples:\n  strata "), "{args:?}: {}", ran.out);
        assert!(!ran.out.contains('\x1b'));
    }
}

#[test]
fn the_version_is_data() {
    let ran = anywhere(&["--version"]);
    assert_eq!((ran.code, ran.out.as_str()), (ExitCode::Fine, "strata 0.1.0\n"));
}

#[test]
fn a_usage_error_is_exit_code_2_on_stderr() {
    for args in [
        vec![],
        vec!["build", "--no-such-flag"],
        vec!["build", "--set", "=x"],
        vec!["build", "--set", "novalue"],
        vec!["build", "--format", "toml"],
        vec!["completions"],
        vec!["completions", "tcsh"],
    ] {
        let ran = anywhere(&args);
        assert_eq!((ran.code, ran.out.as_str()), (ExitCode::Failed, ""), "{args:?}");
        assert!(!ran.err.is_empty(), "{args:?}");
    }
}

#[test]
fn a_near_miss_of_a_subcommand_is_named() {
    let ran = anywhere(&["biuld"]);
    assert_eq!(ran.code, ExitCode::Failed);
    assert!(ran.err.contains("unrecognized subcommand 'biuld'") && ran.err.contains("'build'"), "{}", ran.err);
}

#[test]
fn usage_errors_are_coloured_only_when_asked() {
    let colored = |env: &Env, args: &[&str]| strata_in(env, args).err.contains('\x1b');
    let root = Path::new("/");
    let terminal = |vars: &[(&str, &str)]| Env { stderr_is_terminal: true, ..env(root, vars) };
    assert!(!colored(&env(root, &[]), &["biuld"]));
    assert!(colored(&env(root, &[]), &["--color=always", "biuld"]));
    assert!(colored(&env(root, &[]), &["--color", "always", "biuld"]));
    assert!(colored(&env(root, &[("CLICOLOR_FORCE", "1")]), &["biuld"]));
    assert!(!colored(&env(root, &[("CLICOLOR_FORCE", "0")]), &["biuld"]));
    assert!(colored(&terminal(&[]), &["biuld"]));
    assert!(!colored(&terminal(&[("NO_COLOR", "1")]), &["biuld"]));
    assert!(colored(&terminal(&[("NO_COLOR", "")]), &["biuld"]));
    assert!(!colored(&terminal(&[("TERM", "dumb")]), &["biuld"]));
    assert!(!colored(&terminal(&[]), &["--color=never", "biuld"]));
}

#[test]
fn every_shell_gets_completions() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let ran = anywhere(&["completions", shell]);
        assert_eq!((ran.code, ran.err.as_str()), (ExitCode::Fine, ""), "{shell}");
        assert!(ran.out.contains("snapshot") && ran.out.contains("accept"), "{shell}");
    }
}

/// A writer that fails in a chosen way.
struct Broken(fn() -> std::io::Result<usize>);

impl Write for Broken {
    fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
        (self.0)()
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn run_into(out: &mut dyn Write, args: &[&str]) -> (ExitCode, String) {
    let mut err = Vec::new();
    let args = ["strata"].iter().chain(args).map(Into::into);
    let code = run(args, &env(Path::new("/"), &[]), out, &mut err);
    (code, String::from_utf8(err).unwrap())
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let mut gone = Broken(|| Err(Error::from(ErrorKind::BrokenPipe)));
    assert_eq!(run_into(&mut gone, &["completions", "bash"]), (ExitCode::Fine, String::new()));
    assert_eq!(run_into(&mut gone, &["--help"]), (ExitCode::Fine, String::new()));
}

#[test]
fn a_full_disk_behind_stdout_is_an_error() {
    let mut full = Broken(|| Err(Error::from(ErrorKind::StorageFull)));
    let (code, err) = run_into(&mut full, &["completions", "bash"]);
    assert_eq!(code, ExitCode::Failed);
    assert!(err.starts_with("error: cannot write to stdout: "), "{err}");
}

#[test]
fn a_stderr_that_is_closed_does_not_change_the_exit_code() {
    let mut gone = Broken(|| Err(Error::from(ErrorKind::BrokenPipe)));
    let args = ["strata", "biuld"].iter().map(Into::into);
    assert_eq!(run(args, &env(Path::new("/"), &[]), &mut Vec::new(), &mut gone), ExitCode::Failed);
}

#[test]
fn a_panic_is_reported_as_a_bug_without_secrets_or_a_backtrace() {
    let mut broken = Broken(|| panic!("a \x1b[31m mistake"));
    let args = ["schema", "--output=", "app", "--color", "never"];
    let (code, err) = run_into(&mut broken, &args[..1]);
    assert_eq!(code, ExitCode::Failed);
    assert_eq!(
        err,
        "\
error: this is a bug in strata: a \\x1b[31m mistake at src/somewhere.rs:1:2
  version: 0.1.0
  command: strata schema
  please report these lines, with the files if you can share them, at https://github.com/strata-dev/strata/issues
"
    );
}

#[test]
fn schemas_are_listed_printed_and_written() {
    let folder = tempfile::tempdir().unwrap();
    let ran = strata(folder.path(), &["schema"]);
    assert_eq!(ran.code, ExitCode::Fine);
    assert!(ran.out.contains("app\n") && ran.out.contains("overlay\n"), "{}", ran.out);
    let app = strata(folder.path(), &["schema", "app"]).out;
    assert!(app.starts_with('{'));
    assert_eq!(strata(folder.path(), &["schema", "--output", "to/schemas"]).code, ExitCode::Fine);
    assert_eq!(std::fs::read_to_string(folder.path().join("to/schemas/app.schema.json")).unwrap(), app);
    let ran = strata(folder.path(), &["schema", "overlai"]);
    assert_eq!(ran.code, ExitCode::Failed);
    assert!(ran.err.contains("help: did you mean `overlay`?"), "{}", ran.err);
}

#[test]
fn snapshot_outside_of_a_project_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let ran = strata(folder.path(), &["snapshot"]);
    assert_eq!((ran.code, ran.out.as_str()), (ExitCode::Failed, ""));
    assert!(ran.err.starts_with("error[no-project]: "), "{}", ran.err);
}
