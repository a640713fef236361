//! The command line: one file per subcommand, all printing, and the exit code.
//!
//! stdout is data, stderr is for people. Everything comes in through [`Env`] and goes out through
//! two writers, so that tests run in process.

mod affected;
mod argocd;
mod args;
mod build;
mod check;
mod completions;
mod diff;
mod edit;
mod excerpt;
mod explain;
mod fetch;
mod files;
mod git;
mod github;
mod helm;
mod import;
mod init;
mod json;
mod program;
mod progress;
mod promote;
mod redact;
mod render;
mod render_to;
mod schema;
mod set;
mod snapshot;
mod snapshot_diff;
mod splice;
mod upgrade;
mod vendor;

use std::ffi::OsString;
use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;

use clap::{CommandFactory, FromArgMatches};

use crate::diagnostic::Diagnostics;
use crate::error::Error;
use crate::origin::Sources;
use args::{Arguments, ColorWhen, Command, ImportCommand, MessageFormat};

pub use json::diagnostics as diagnostics_as_json;
pub use program::{Finished, Program, Programs};
pub use render::{RenderOptions, diagnostics as diagnostics_as_text};

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExitCode {
    /// All is well.
    Fine = 0,
    /// It worked, and there is something to look at: a snapshot differs.
    Findings = 1,
    /// It could not be done; nothing was written.
    Failed = 2,
}

/// Looks up an environment variable.
pub type Variables = Box<dyn Fn(&str) -> Option<OsString>>;

/// Lists the names of the environment variables.
pub type Names = Box<dyn Fn() -> Vec<OsString>>;

/// Reads all of stdin.
pub type Stdin = Box<dyn Fn() -> std::io::Result<Vec<u8>>>;

/// The surroundings of a run.
pub struct Env {
    /// The current folder.
    pub cwd: PathBuf,
    /// The environment variables.
    pub var: Variables,
    /// The names of the environment variables.
    pub names: Names,
    /// Whether stdout is a terminal.
    pub stdout_is_terminal: bool,
    /// Whether stderr is a terminal.
    pub stderr_is_terminal: bool,
    /// Columns of the terminal, where known.
    pub width: Option<usize>,
    /// Runs other programs: git, curl and helm, where a flag or command asks for it.
    pub programs: Programs,
    /// Reads all of stdin, for what is named `-`.
    pub stdin: Stdin,
    /// Where a panic happened, where known: file, line and column of the program.
    pub panic_place: fn() -> Option<String>,
}

/// How a subcommand ended that did what it could.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Done {
    Fine,
    Findings,
    /// Diagnostics with errors were shown.
    Errors,
}

/// Why a subcommand stopped.
#[derive(Debug)]
enum Stop {
    /// To be shown.
    Error(Error),
    /// stdout takes no more.
    Output(std::io::Error),
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

impl From<std::io::Error> for Stop {
    fn from(error: std::io::Error) -> Self {
        Self::Output(error)
    }
}

type Ended = Result<Done, Stop>;

/// What a subcommand works with.
struct Context<'a> {
    env: &'a Env,
    out: &'a mut dyn Write,
    err: &'a mut dyn Write,
    color_out: bool,
    color_err: bool,
}

impl Context<'_> {
    /// Writes data.
    fn print(&mut self, bytes: &[u8]) -> Result<(), Stop> {
        Ok(self.out.write_all(bytes)?)
    }

    /// Writes to people. When nobody listens, the run goes on.
    fn say(&mut self, text: &str) {
        let _ = self.err.write_all(text.as_bytes());
    }

    /// Shows diagnostics on stderr.
    fn show(&mut self, diagnostics: &Diagnostics, sources: &Sources, format: MessageFormat) {
        let text = match format {
            MessageFormat::Text => {
                let options = RenderOptions { color: self.color_err, width: self.env.width };
                render::diagnostics(diagnostics, sources, &options)
            }
            MessageFormat::Json => json::diagnostics(diagnostics, sources),
        };
        self.say(&redact::without_credentials(&text));
    }

    /// Shows an error that has no sources, or whose sources are not known.
    fn show_error(&mut self, error: Error, format: MessageFormat) {
        let diagnostics = std::iter::once(error.into()).collect();
        self.show(&diagnostics, &Sources::default(), format);
    }
}

/// Runs the command line `args` (the program's name first) and says how it ended. Data goes to
/// `out`, messages to `err`; both are flushed. It never panics and never exits.
pub fn run(args: impl IntoIterator<Item = OsString>, env: &Env, out: &mut dyn Write, err: &mut dyn Write) -> ExitCode {
    let args: Vec<OsString> = args.into_iter().collect();
    let ended = catch_unwind(AssertUnwindSafe(|| {
        let ended = parse_and_run(&args, env, out, err);
        let flushed = out.flush();
        ended.and_then(|done| Ok(flushed.map(|()| done)?))
    }));
    let code = exit_code(ended.as_ref().ok());
    let message = match &ended {
        Err(panic) => bug_report(panic.as_ref(), &args, env),
        Ok(Err(Stop::Output(error))) if code == ExitCode::Failed => format!("error: cannot write to stdout: {error}\n"),
        Ok(_) => String::new(),
    };
    // A writer that panics as well leaves nobody to tell.
    let _ = catch_unwind(AssertUnwindSafe(|| err.write_all(message.as_bytes()).and_then(|()| err.flush())));
    code
}

/// Whether `args` (the program's name first) has the form of a command line that can be run; if not,
/// what is wrong with it. Nothing is run: for documentation that is tested.
pub fn usage(args: impl IntoIterator<Item = OsString>) -> Result<(), String> {
    Arguments::command().try_get_matches_from(args).map(drop).map_err(|usage| usage.to_string())
}

/// The one place that chooses the exit code; `None` is a panic. A reader that went away (`| head`)
/// has what it wanted.
fn exit_code(ended: Option<&Ended>) -> ExitCode {
    match ended {
        Some(Ok(Done::Fine)) => ExitCode::Fine,
        Some(Ok(Done::Findings)) => ExitCode::Findings,
        Some(Err(Stop::Output(error))) if error.kind() == std::io::ErrorKind::BrokenPipe => ExitCode::Fine,
        Some(Ok(Done::Errors) | Err(_)) | None => ExitCode::Failed,
    }
}

fn parse_and_run(args: &[OsString], env: &Env, out: &mut dyn Write, err: &mut dyn Write) -> Ended {
    let command = Arguments::command().term_width(env.width.unwrap_or(100).clamp(40, 120));
    let parsed = command.try_get_matches_from(args).and_then(|matches| Arguments::from_arg_matches(&matches));
    let when = parsed.as_ref().map_or_else(|_| color_as_written(args), |arguments| arguments.color);
    let mut context = Context {
        color_out: wants_color(when, env, env.stdout_is_terminal),
        color_err: wants_color(when, env, env.stderr_is_terminal),
        env,
        out,
        err,
    };
    match parsed {
        Ok(arguments) => run_command(&arguments.command, &mut context),
        Err(usage) => show_usage(&usage, &mut context),
    }
}

fn run_command(command: &Command, context: &mut Context) -> Ended {
    let (ended, format) = match command {
        Command::Build(arguments) => (build::run(arguments, context), arguments.message_format),
        Command::Check(arguments) => (check::run(arguments, context), check_format(arguments.format)),
        Command::Vendor(arguments) => (vendor::run(arguments, context), arguments.message_format),
        Command::Snapshot(arguments) => (snapshot::run(arguments, context), arguments.format),
        Command::Upgrade(arguments) => (upgrade::run(arguments, context), arguments.format),
        Command::Explain(arguments) => (explain::run(arguments, context), arguments.format),
        Command::Set(arguments) => (set::run(arguments, context), arguments.what.format()),
        Command::Promote(arguments) => (promote::run(arguments, context), arguments.format),
        Command::Schema(arguments) => (schema::run(arguments, context), MessageFormat::Text),
        Command::Init(arguments) => (init::run(arguments, context), MessageFormat::Text),
        Command::Import(arguments) => match &arguments.from {
            ImportCommand::Kustomize(arguments) => (import::kustomize(arguments, context), arguments.format),
        },
        Command::RenderTo(arguments) => (render_to::run(arguments, context), MessageFormat::Text),
        Command::Argocd(arguments) => (argocd::run(arguments, context), MessageFormat::Text),
        Command::Diff(arguments) => (diff::run(arguments, context), MessageFormat::Text),
        Command::Affected(arguments) => (affected::run(arguments, context), MessageFormat::Text),
        Command::Completions(arguments) => (completions::run(arguments, context), MessageFormat::Text),
    };
    match ended {
        Err(Stop::Error(error)) => {
            context.show_error(error, format);
            Ok(Done::Errors)
        }
        ended => ended,
    }
}

/// What could not even begin is said as JSON to whoever asked for that.
fn check_format(format: args::CheckFormat) -> MessageFormat {
    match format {
        args::CheckFormat::Json => MessageFormat::Json,
        _ => MessageFormat::Text,
    }
}

/// `--help` and `--version` are data; everything else that clap says is an error.
fn show_usage(usage: &clap::Error, context: &mut Context) -> Ended {
    let text = |color| match color {
        true => usage.render().ansi().to_string(),
        false => usage.render().to_string(),
    };
    if usage.use_stderr() {
        let text = text(context.color_err);
        context.say(&text);
        return Ok(Done::Errors);
    }
    let text = text(context.color_out);
    context.print(text.as_bytes())?;
    Ok(Done::Fine)
}

/// `--color` of a command line that has a mistake elsewhere.
fn color_as_written(args: &[OsString]) -> ColorWhen {
    let words: Vec<_> = args.iter().map(|arg| arg.to_string_lossy()).collect();
    let says = |when: &str| {
        words.iter().any(|word| word.strip_prefix("--color=") == Some(when))
            || words.windows(2).any(|pair| pair[0] == "--color" && pair[1] == when)
    };
    match () {
        () if says("always") => ColorWhen::Always,
        () if says("never") => ColorWhen::Never,
        () => ColorWhen::Auto,
    }
}

/// Whether to colour: <https://no-color.org> and <https://bixense.com/clicolors>.
fn wants_color(when: ColorWhen, env: &Env, is_terminal: bool) -> bool {
    let set = |name| (env.var)(name).is_some_and(|value| !value.is_empty());
    match when {
        ColorWhen::Always => true,
        ColorWhen::Never => false,
        ColorWhen::Auto if set("NO_COLOR") => false,
        ColorWhen::Auto if set("CLICOLOR_FORCE") && (env.var)("CLICOLOR_FORCE").is_some_and(|v| v != "0") => true,
        ColorWhen::Auto => is_terminal && (env.var)("TERM").is_none_or(|term| term != "dumb"),
    }
}

/// What a user sees instead of a backtrace. Values of `--set` may be secret and are left out.
fn bug_report(panic: &(dyn std::any::Any + Send), args: &[OsString], env: &Env) -> String {
    let cause = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("no message");
    let place = (env.panic_place)().map(|place| format!(" at {place}")).unwrap_or_default();
    format!(
        "error: this is a bug in strata: {}{place}\n\
         \x20 version: {}\n\
         \x20 command: {}\n\
         \x20 please report these lines, with the files if you can share them, at {}/issues\n",
        excerpt::escape(cause),
        env!("CARGO_PKG_VERSION"),
        excerpt::escape(&command_line_without_values(args)),
        env!("CARGO_PKG_REPOSITORY"),
    )
}

/// The command line, with `…` for what `--set` is given.
fn command_line_without_values(args: &[OsString]) -> String {
    let mut words = Vec::with_capacity(args.len());
    let mut value_follows = false;
    for arg in args {
        let word = arg.to_string_lossy();
        let hidden = |text: &str| format!("{}=…", text.split_once('=').map_or("", |(name, _)| name));
        words.push(match word.strip_prefix("--set=") {
            Some(value) => format!("--set={}", hidden(value)),
            None if value_follows => hidden(&word),
            None => word.to_string(),
        });
        value_follows = word == "--set";
    }
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What `work` says and how it ends, with a context whose current folder is `cwd`.
    pub(super) fn with_context(
        cwd: &std::path::Path,
        work: impl FnOnce(&mut Context) -> Ended,
    ) -> (Ended, String, String) {
        let env = env(cwd);
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let mut context = Context { env: &env, out: &mut out, err: &mut err, color_out: false, color_err: false };
        let ended = work(&mut context);
        (ended, String::from_utf8(out).unwrap(), String::from_utf8(err).unwrap())
    }

    /// Quiet surroundings.
    pub(super) fn env(cwd: &std::path::Path) -> Env {
        Env {
            cwd: cwd.to_path_buf(),
            var: Box::new(|_| None),
            names: Box::new(Vec::new),
            stdout_is_terminal: false,
            stderr_is_terminal: false,
            width: None,
            programs: Box::new(|_| Err(std::io::ErrorKind::NotFound.into())),
            stdin: Box::new(|| Ok(Vec::new())),
            panic_place: || None,
        }
    }

    #[test]
    fn values_of_set_are_not_part_of_a_bug_report() {
        let args =
            ["strata", "build", ".", "--set", "token=hunter2", "--set=key=hunter3", "--set", "hunter4", "-o", "x"];
        let line = command_line_without_values(&args.map(OsString::from));
        assert_eq!(line, "strata build . --set token=… --set=key=… --set =… -o x");
    }

    #[test]
    fn exit_codes() {
        let io = |kind: std::io::ErrorKind| Err(Stop::Output(kind.into()));
        assert_eq!(exit_code(Some(&Ok(Done::Fine))), ExitCode::Fine);
        assert_eq!(exit_code(Some(&Ok(Done::Findings))), ExitCode::Findings);
        assert_eq!(exit_code(Some(&Ok(Done::Errors))), ExitCode::Failed);
        assert_eq!(exit_code(Some(&Err(Stop::Error(Error::new("e", "m"))))), ExitCode::Failed);
        assert_eq!(exit_code(Some(&io(std::io::ErrorKind::BrokenPipe))), ExitCode::Fine);
        assert_eq!(exit_code(Some(&io(std::io::ErrorKind::StorageFull))), ExitCode::Failed);
        assert_eq!(exit_code(None), ExitCode::Failed);
        assert_eq!([ExitCode::Fine as i32, ExitCode::Findings as i32, ExitCode::Failed as i32], [0, 1, 2]);
    }
}
