//! The whole flow of a build.

use std::path::PathBuf;

use crate::diagnostic::Diagnostics;
use crate::error::{Error, Result};
use crate::origin::Sources;
use crate::resource::Resource;

/// What to build.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// Overlays, or folders of them; relative to `cwd`.
    pub entries: Vec<PathBuf>,
    /// The current folder.
    pub cwd: PathBuf,
    /// Values of parameters, by name.
    pub set: Vec<(String, String)>,
}

/// One overlay that was built without errors.
#[derive(Clone, Debug)]
pub struct Rendered {
    /// The overlay's folder relative to the project's root, with `/` between the parts.
    pub name: String,
    /// The overlay's folder.
    pub folder: PathBuf,
    /// Its resources, in the order of output.
    pub resources: Vec<Resource>,
}

/// What came of a request.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// The project's root.
    pub root: PathBuf,
    /// What was built without errors, sorted by name.
    pub builds: Vec<Rendered>,
    /// Everything that was read.
    pub sources: Sources,
    /// What there is to say, settled and sorted.
    pub diagnostics: Diagnostics,
}

/// Builds what `request` asks for; `Err` only when nothing useful can follow.
pub fn build(request: &Request) -> Result<Outcome> {
    let _ = request;
    Err(Error::new("not-connected", "the stages of a build are not connected yet"))
}
