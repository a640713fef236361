//! The `strata` binary: the real surroundings, and nothing else.

use std::io::{IsTerminal, Read, Write};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use strata::cli;

/// Where the first panic happened. A panic is reported by `cli::run`, which cannot know the place.
static PANIC: OnceLock<String> = OnceLock::new();

/// Of musl's own allocator every thread takes one lock for every piece, which costs a third of the time.
#[cfg(target_env = "musl")]
#[global_allocator]
static ALLOCATOR: dlmalloc::GlobalDlmalloc = dlmalloc::GlobalDlmalloc;

/// With glibc's allocator a third of the time is the kernel's: each page that a thread takes is a call.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    std::panic::set_hook(Box::new(|panic| {
        if let Some(place) = panic.location() {
            let _ = PANIC.set(place.to_string());
        }
    }));
    let env = cli::Env {
        cwd: std::env::current_dir().unwrap_or_else(|_| ".".into()),
        var: Box::new(|name| std::env::var_os(name)),
        names: Box::new(|| std::env::vars_os().map(|(name, _)| name).collect()),
        stdout_is_terminal: std::io::stdout().is_terminal(),
        stderr_is_terminal: std::io::stderr().is_terminal(),
        width: std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok()),
        programs: Box::new(run),
        stdin: Box::new(read_stdin),
        panic_place: || PANIC.get().cloned(),
    };
    let (mut out, mut err) = (std::io::stdout().lock(), std::io::stderr().lock());
    let code = cli::run(std::env::args_os(), &env, &mut out, &mut err);
    // What cannot be flushed is gone; `run` has flushed already and reported what failed.
    let _ = err.flush();
    // Returning would drop every tree, which takes longer than a small build.
    std::process::exit(code as i32);
}

fn read_stdin() -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    std::io::stdin().lock().take(OUTPUT_LIMIT).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The most bytes that are taken of what a program writes; one that writes more is not waited for.
const OUTPUT_LIMIT: u64 = 256 << 20;

/// Runs another program to its end, or until its time is over.
fn run(program: &cli::Program) -> std::io::Result<cli::Finished> {
    let mut command = Command::new(&program.name);
    command.args(&program.args).current_dir(&program.folder);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    for (name, value) in &program.variables {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    let mut child = command.spawn()?;
    if let Some(mut stdin) = child.stdin.take() {
        let input = program.input.clone();
        // A program that reads nothing must not keep this one waiting.
        std::thread::spawn(move || stdin.write_all(&input));
    }
    let (out, err) = (child.stdout.take().map(collect), child.stderr.take().map(collect));
    let success = wait(&mut child, program.timeout)?;
    let Some(success) = success else {
        child.kill()?;
        child.wait()?;
        return Ok(cli::Finished { timed_out: true, ..cli::Finished::default() });
    };
    let text = |reader: Option<JoinHandle<Vec<u8>>>| reader.and_then(|reader| reader.join().ok()).unwrap_or_default();
    Ok(cli::Finished { success, timed_out: false, out: text(out), err: text(err) })
}

/// Whether the child ended well; `None` when its time is over.
fn wait(child: &mut Child, timeout: Duration) -> std::io::Result<Option<bool>> {
    let begin = Instant::now();
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status.success()));
        }
        if begin.elapsed() >= timeout {
            return Ok(None);
        }
        // A fiftieth of the time that it took so far is what waiting may add to it.
        std::thread::sleep((begin.elapsed() / 50).clamp(Duration::from_micros(100), Duration::from_millis(20)));
    }
}

fn collect(stream: impl Read + Send + 'static) -> JoinHandle<Vec<u8>> {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        let _ = stream.take(OUTPUT_LIMIT).read_to_end(&mut bytes);
        bytes
    })
}
