//! The error of everything that cannot go on: one boxed pointer, shown like any diagnostic.

use crate::diagnostic::Diagnostic;

/// Why Strata cannot go on. It holds the one diagnostic that says so, and converts into it, so
/// text, JSON and exit codes take one path.
#[derive(Clone, Debug)]
pub struct Error(Box<Diagnostic>);

/// The result of what can fail for good.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// An error without a place in a file: a wrong argument, a file that cannot be written.
    pub fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self(Box::new(Diagnostic::error(code, message)))
    }

    /// Adds what to do.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.0.help = Some(help.into());
        self
    }

    /// The diagnostic that says why.
    pub fn diagnostic(&self) -> &Diagnostic {
        &self.0
    }
}

impl From<Diagnostic> for Error {
    fn from(diagnostic: Diagnostic) -> Self {
        Self(Box::new(diagnostic))
    }
}

impl From<Error> for Diagnostic {
    fn from(error: Error) -> Self {
        *error.0
    }
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} [{}]", self.0.message, self.0.code)
    }
}

impl std::error::Error for Error {}
