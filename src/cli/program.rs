//! Other programs as data: what is to be run, and what came of it. The binary runs them; nothing
//! in the library can.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

/// A program that is run to its end.
#[derive(Clone, Debug)]
pub struct Program {
    /// Its name, looked up on the path, or its path.
    pub name: OsString,
    /// Its arguments. They are data: no shell reads them.
    pub args: Vec<OsString>,
    /// The folder that it runs in.
    pub folder: PathBuf,
    /// Environment variables that it gets beside those of this process; `None` takes one away.
    pub variables: Vec<(String, Option<OsString>)>,
    /// What it reads from standard input.
    pub input: Vec<u8>,
    /// After this time it is stopped.
    pub timeout: Duration,
}

impl Program {
    /// `name` with `args`, to be run in `folder`.
    pub fn new<A: Into<OsString>>(
        name: impl Into<OsString>,
        args: impl IntoIterator<Item = A>,
        folder: impl Into<PathBuf>,
        timeout: Duration,
    ) -> Self {
        Self {
            name: name.into(),
            args: args.into_iter().map(Into::into).collect(),
            folder: folder.into(),
            variables: Vec::new(),
            input: Vec::new(),
            timeout,
        }
    }
}

/// How a program ended.
#[derive(Clone, Debug, Default)]
pub struct Finished {
    /// Whether its exit code was 0.
    pub success: bool,
    /// Whether it was stopped because it took too long.
    pub timed_out: bool,
    /// What it wrote to stdout.
    pub out: Vec<u8>,
    /// What it wrote to stderr.
    pub err: Vec<u8>,
}

/// Runs a program; `Err` when it cannot be started.
pub type Programs = Box<dyn Fn(&Program) -> std::io::Result<Finished> + Send + Sync>;
