//! What surrounds the plugin in the sidecar: another user, a file system that is read-only, no home, a
//! deadline, and many at once. What a machine does not permit is skipped, and says so.

use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use super::server::{self, Server, command};
use super::{ours, shop};
use crate::repository::files;

const OVERLAY: &str = "overlays/webhook-platform/prod";

fn expected() -> Vec<u8> {
    let snapshot = crate::repository::repository().join(OVERLAY.replace("overlays", "snapshots") + ".yaml");
    std::fs::read(snapshot).unwrap()
}

#[track_caller]
fn rendered(output: &Output) {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(output.stdout == expected() && output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// A command of the plugin behind another program with its arguments.
fn behind(program: &[&str], folder: &Path) -> Command {
    let own = command("generate", folder, &[]);
    let mut command = Command::new(program[0]);
    command.args(&program[1..]).arg(own.get_program()).args(own.get_args()).current_dir(folder).env_clear();
    command.env("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

#[test]
fn it_renders_as_the_user_of_argo_cd() {
    let unpacked = Server::of(ours().path()).unpack();
    let folder = unpacked.path().join(OVERLAY);
    let as_999 = |program: &str, words: &[&str]| {
        let words = [&["--reuid", "999", "--regid", "999", "--clear-groups", program], words].concat();
        Command::new("setpriv").args(words).current_dir("/").output()
    };
    match as_999("id", &["-u"]) {
        Ok(output) if output.stdout == b"999\n" => {}
        _ => return println!("skipped: only root with `setpriv` can become user 999"),
    }
    if !as_999(env!("CARGO_BIN_EXE_strata"), &["--version"]).is_ok_and(|output| output.status.success()) {
        return println!("skipped: user 999 may not run the binary where it is");
    }
    let words = ["setpriv", "--reuid", "999", "--regid", "999", "--clear-groups", "--no-new-privs"];
    rendered(&behind(&words, &folder).output().unwrap());
}

#[test]
fn it_renders_where_nothing_can_be_written() {
    let unpacked = Server::of(ours().path()).unpack();
    let folder = unpacked.path().join(OVERLAY);
    let script = "mount -o remount,bind,ro / 2>/dev/null || exit 96\n\
        for place in . /tmp; do ! touch $place/written 2>/dev/null || { rm $place/written; exit 96; }; done\n\
        exec \"$@\"";
    let output = behind(&["unshare", "--mount", "sh", "-c", script, "sh"], &folder).output();
    match output {
        Ok(output) if output.status.success() => rendered(&output),
        Ok(output) if output.stderr.starts_with(b"error[") => rendered(&output),
        _ => println!("skipped: a read-only root needs root and `unshare`"),
    }
}

#[test]
fn it_renders_without_a_home_and_a_place_for_temporary_files() {
    let unpacked = Server::of(ours().path()).unpack();
    let folder = unpacked.path().join(OVERLAY);
    let run = |vars: &[(&str, &str)]| command("generate", &folder, &[]).envs(vars.iter().copied()).output().unwrap();
    rendered(&run(&[]));
    rendered(&run(&[("HOME", "/nonexistent"), ("TMPDIR", "/nonexistent"), ("XDG_CACHE_HOME", "/nonexistent")]));
    rendered(&run(&[("HOME", ""), ("TMPDIR", "/proc"), ("PATH", "")]));
}

#[test]
fn two_hundred_of_several_overlays_on_two_processors_all_succeed() {
    let project = ours();
    let unpacked = Server::of(project.path()).unpack();
    let overlays = files(&project.path().join("overlays"), |path| path.ends_with("prod/overlay.yaml"));
    let folders: Vec<_> = overlays.iter().map(|file| Path::new(file).parent().unwrap()).collect();
    let pinned = Command::new("taskset").args(["-c", "0,1", "true"]).output().is_ok_and(|ran| ran.status.success());
    let start = |round: usize| {
        let folder = unpacked.path().join("overlays").join(folders[round % folders.len()]);
        match pinned {
            true => behind(&["taskset", "-c", "0,1"], &folder).spawn().unwrap(),
            false => command("generate", &folder, &[]).spawn().unwrap(),
        }
    };
    let begin = Instant::now();
    let running: Vec<_> = (0..200).map(start).collect();
    let outputs: Vec<_> = running.into_iter().map(|child| child.wait_with_output().unwrap()).collect();
    for (round, output) in outputs.iter().enumerate() {
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        assert!(output.stdout == outputs[round % folders.len()].stdout && !output.stdout.is_empty());
    }
    assert!(begin.elapsed() < Duration::from_secs(60), "the deadline of a single one");
    assert_eq!(files(unpacked.path(), |_| true), files(project.path(), |_| true), "something was written");
}

#[test]
fn at_the_deadline_one_that_is_not_read_ends_at_once_and_has_failed() {
    let project = shop();
    let big = |name: &str| {
        format!(
            "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}, namespace: ns}}\ndata: {{x: {}}}\n",
            "x".repeat(150_000)
        )
    };
    project.write("o/overlay.yaml", crate::fixture::overlay_file("../app", "resources: [r.yaml]\n"));
    project.write("o/r.yaml", [big("a"), big("b"), big("c")].concat());
    let unpacked = Server::of(project.path()).unpack();
    // Nobody reads, so the pipe fills up and it waits, as long as the server has patience.
    let mut child = command("generate", &unpacked.path().join("o"), &[]).spawn().unwrap();
    std::thread::sleep(Duration::from_millis(500));
    assert!(child.try_wait().unwrap().is_none(), "it did not wait for its reader");
    let begin = Instant::now();
    server::terminate(child.id());
    let status = child.wait().unwrap();
    assert!(begin.elapsed() < Duration::from_secs(5), "the server would kill it");
    assert!(!status.success(), "what was printed is not all");
    assert_eq!(files(unpacked.path(), |_| true), files(project.path(), |_| true));
}

#[test]
fn a_file_in_utf_16_is_named_whichever_it_is() {
    let encoded = |text: &str, bytes: fn(u16) -> [u8; 2]| -> Vec<u8> {
        format!("\u{feff}{text}").encode_utf16().flat_map(bytes).collect()
    };
    for file in ["o/overlay.yaml", "app/app.yaml", "strata.yaml"] {
        for bytes in [u16::to_le_bytes, u16::to_be_bytes] {
            let project = shop();
            project.write(file, encoded(&project.read(file), bytes));
            let error = Server::of(project.path()).generate("o", &[]).unwrap_err();
            assert!(error.starts_with("error[") && error.contains("UTF-16") && error.contains(file), "{error}");
        }
    }
}

#[test]
fn parameters_as_large_as_they_can_be_are_read_or_refused_in_a_line() {
    let project = shop();
    let server = Server::of(project.path());
    // The most that Linux takes for one variable, with its name and the zero at its end.
    let most = (128 << 10) - "ARGOCD_APP_PARAMETERS=".len() - 1;
    let given = |tag: &str| format!(r#"[{{"name":"images","map":{{"ghcr.io/acme/shop":"{tag}"}}}}]"#);
    let whole = given(&"a".repeat(most - given("").len()));
    assert_eq!(whole.len(), most);
    let many: Vec<String> = (0..3000).map(|index| format!(r#"{{"name":"p{index}","string":"x"}}"#)).collect();
    let many = format!("[{}]", many.join(","));
    let deep = format!("{}{}", "[".repeat(60_000), "]".repeat(60_000));
    for given in [&whole, &many, &deep, &"9".repeat(most), &"\u{1}".repeat(most)] {
        let error = server.generate("o", &[("ARGOCD_APP_PARAMETERS", given)]).unwrap_err();
        assert!(error.starts_with("error[") && error.len() < 1500 && error.lines().count() < 12, "{error}");
    }
    // More than a variable can hold, where something else hands it over.
    let vars = [("ARGOCD_APP_PARAMETERS", &*format!("[{}]", " ".repeat(2 << 20)))];
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let args = ["strata", "argocd", "generate", "o"].map(Into::into);
    let code = strata::cli::run(args, &crate::cli::env(project.path(), &vars), &mut out, &mut err);
    let err = String::from_utf8(err).unwrap();
    assert_eq!((code, out.len()), (strata::cli::ExitCode::Failed, 0), "{err}");
    assert!(err.starts_with("error[invalid-parameter]: `ARGOCD_APP_PARAMETERS` has more than 1 MiB"), "{err}");
}
