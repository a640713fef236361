//! The suite of bad input: a folder of tests/it/bad for each case.
//!
//! `in/` is the input, and `setup`, a shell script, makes of it what no file of a repository can be
//! (links, a million keys). `run`, another one, has `strata` on its path, and its first line bounds
//! the time and the address space of each process: `# 10 s, 400 MiB`. What it writes to both
//! channels, and its exit code, is in `expected.txt`; `STRATA_UPDATE=1 cargo test` rewrites that.

use std::fs::{self, File};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rayon::prelude::*;

use crate::repository::{compare, repository, text};

/// Runs `run` below a limit on the address space: the arguments are the script and the limit in KiB.
const LIMITED: &str = "ulimit -c 0; ulimit -v \"$2\"; exec sh \"$1\"";

fn copy(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).into_iter().flatten().map(Result::unwrap) {
        let target = to.join(entry.file_name());
        match entry.file_type().unwrap().is_dir() {
            true => {
                fs::create_dir(&target).unwrap();
                copy(&entry.path(), &target);
            }
            false => drop(fs::copy(entry.path(), target).unwrap()),
        }
    }
}

/// The bounds that the first line of `run` says.
fn bounds(run: &str) -> (Duration, u64) {
    let line = run.lines().next().and_then(|line| line.strip_prefix("# ")).unwrap_or_default();
    let numbers = line.strip_suffix(" MiB").and_then(|line| line.split_once(" s, "));
    let (seconds, memory) = numbers.unwrap_or_else(|| panic!("`# SECONDS s, MEMORY MiB` is the first line of `run`"));
    (Duration::from_secs(seconds.parse().unwrap()), memory.parse::<u64>().unwrap() << 10)
}

fn sh(folder: &Path) -> Command {
    let bin = Path::new(env!("CARGO_BIN_EXE_strata")).parent().unwrap();
    let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap_or_default());
    let mut command = Command::new("sh");
    command.current_dir(folder).env("PATH", path).env_remove("NO_COLOR").env_remove("COLUMNS").stdin(Stdio::null());
    command
}

/// What a case says, and its exit code at the end.
fn said(case: &Path) -> String {
    let made = tempfile::tempdir().unwrap();
    let folder = made.path().canonicalize().unwrap();
    copy(&case.join("in"), &folder);
    if case.join("setup").exists() {
        assert!(sh(&folder).arg("-e").arg(case.join("setup")).status().unwrap().success(), "{}", case.display());
    }
    let run = case.join("run");
    let (time, memory) = bounds(&text(&run).unwrap());
    let beside = tempfile::tempdir().unwrap();
    let channel = beside.path().join("said");
    let file = File::create(&channel).unwrap();
    let mut command = sh(&folder);
    command.args(["-c", LIMITED, "sh"]).arg(&run).arg(memory.to_string()).process_group(0);
    let begun = Instant::now();
    let mut child = command.stdout(file.try_clone().unwrap()).stderr(file).spawn().unwrap();
    let code = loop {
        match child.try_wait().unwrap() {
            Some(status) => break status.code().map_or_else(|| status.to_string(), |code| format!("exit {code}")),
            None if begun.elapsed() > time => {
                let _ = Command::new("sh").arg("-c").arg(format!("kill -KILL -{}", child.id())).status();
                let _ = child.wait();
                break format!("not done after {} s", time.as_secs());
            }
            None => std::thread::sleep(Duration::from_millis(5)),
        }
    };
    let said = String::from_utf8_lossy(&fs::read(channel).unwrap()).replace(&*folder.to_string_lossy(), "FOLDER");
    format!("{said}{code}\n")
}

#[test]
fn every_case_ends_in_time_and_says_what_it_should() {
    let suite = repository().join("tests/it/bad");
    let mut cases: Vec<PathBuf> = fs::read_dir(&suite).unwrap().map(|entry| entry.unwrap().path()).collect();
    cases.sort();
    let name = |case: &PathBuf| case.file_name().unwrap().to_string_lossy().into_owned();
    let said: Vec<(String, String)> =
        cases.par_iter().map(|case| (format!("{}/expected.txt", name(case)), said(case))).collect();
    for (path, text) in &said {
        assert!(!text.contains("panic") && !text.contains("not done after"), "{path}\n{text}");
    }
    compare(&suite, &said, &[]);
}
