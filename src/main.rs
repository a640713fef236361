//! The `strata` binary: the real surroundings, and nothing else.

use std::io::{IsTerminal, Write};
use std::sync::OnceLock;

use strata::cli;

/// Where the first panic happened. A panic is reported by `cli::run`, which cannot know the place.
static PANIC: OnceLock<String> = OnceLock::new();

fn main() {
    std::panic::set_hook(Box::new(|panic| {
        if let Some(place) = panic.location() {
            let _ = PANIC.set(place.to_string());
        }
    }));
    let env = cli::Env {
        cwd: std::env::current_dir().unwrap_or_else(|_| ".".into()),
        var: Box::new(|name| std::env::var_os(name)),
        stdout_is_terminal: std::io::stdout().is_terminal(),
        stderr_is_terminal: std::io::stderr().is_terminal(),
        width: std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok()),
        panic_place: || PANIC.get().cloned(),
    };
    let (mut out, mut err) = (std::io::stdout().lock(), std::io::stderr().lock());
    let code = cli::run(std::env::args_os(), &env, &mut out, &mut err);
    // What cannot be flushed is gone; `run` has flushed already and reported what failed.
    let _ = err.flush();
    // Returning would drop every tree, which takes longer than a small build.
    std::process::exit(code as i32);
}
