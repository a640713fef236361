//! Repositories of the installed git in temporary folders. Where git is not installed, the tests that
//! need it are skipped, and say so.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use strata::cli::{Env, Finished, Program, run};

use crate::cli::{Ran, env};
use crate::fixture::Project;

/// A project in a repository of its own.
pub struct Repository {
    /// Its files.
    pub project: Project,
}

impl Repository {
    /// A repository with these files, committed; `None` where git is not installed.
    pub fn new(files: &[(&str, &str)]) -> Option<Self> {
        if Command::new("git").arg("--version").output().is_err() {
            println!("skipped: git is not installed");
            return None;
        }
        let repository = Self { project: Project::new(files) };
        repository.git(&["init", "-q", "-b", "main"]);
        repository.commit("first");
        Some(repository)
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.project.path()
    }

    /// Runs git in it.
    pub fn git(&self, args: &[&str]) -> String {
        git(self.path(), args)
    }

    /// Commits everything, and gives the commit.
    pub fn commit(&self, message: &str) -> String {
        self.git(&["add", "--all"]);
        self.git(&["commit", "-q", "--allow-empty", "-m", message]);
        self.git(&["rev-parse", "HEAD"])
    }

    /// Runs `strata` at its top, with a git that can be run.
    pub fn strata(&self, args: &[&str]) -> Ran {
        strata(self.path(), args, "")
    }
}

/// Runs git in a folder, with nobody's settings.
pub fn git(folder: &Path, args: &[&str]) -> String {
    let mut command = Command::new("git");
    command.args(["-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false"]);
    command.args(["-c", "protocol.file.allow=always"]).args(args).current_dir(folder);
    command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_SYSTEM", "/dev/null");
    for name in ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"] {
        command.env_remove(name);
    }
    let output = command.output().unwrap();
    assert!(output.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// Runs `strata` in a folder, with programs that can be run and `stdin`.
pub fn strata(folder: &Path, args: &[&str], stdin: &'static str) -> Ran {
    let env = Env { programs: Box::new(program), stdin: Box::new(move || Ok(stdin.into())), ..env(folder, &[]) };
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let args = ["strata"].iter().chain(args).map(Into::into);
    let code = run(args, &env, &mut out, &mut err);
    Ran { code, out: String::from_utf8(out).unwrap(), err: String::from_utf8(err).unwrap() }
}

fn program(program: &Program) -> std::io::Result<Finished> {
    let mut command = Command::new(&program.name);
    command.args(&program.args).current_dir(&program.folder).env("GIT_CONFIG_GLOBAL", "/dev/null");
    for (name, value) in &program.variables {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn()?;
    let (mut stdin, input) = (child.stdin.take().unwrap(), program.input.clone());
    let writer = std::thread::spawn(move || drop(stdin.write_all(&input)));
    let output = child.wait_with_output()?;
    writer.join().unwrap();
    Ok(Finished { success: output.status.success(), timed_out: false, out: output.stdout, err: output.stderr })
}
