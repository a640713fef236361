//! Projects whose mistakes are marked: what `strata` says must point at the marks.
//!
//! In a text, `▼` stands right before the place that the error must show and `▽` before a place
//! that it must show beside it; the marks themselves are not written.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;

use strata::cli::ExitCode;

use crate::cli::Ran;
use crate::fixture::{self, app_file, component_file};

/// The overlay that tests build.
pub const OVERLAY: &str = "overlays/shop/prod";

const HEAD_OF_OVERLAY: &str = "apiVersion: strata.dev/v1alpha1\nkind: Overlay\nbase: ../../../base/shop\n";

/// A project on disk. It goes away with the value.
pub struct Project {
    project: fixture::Project,
    marks: RefCell<BTreeMap<String, Marks>>,
}

/// Marked places of one file, as `path:line:column`.
#[derive(Default)]
struct Marks {
    at: Vec<String>,
    beside: Vec<String>,
}

impl Project {
    /// A project of `files`: paths relative to its root, and their texts.
    pub fn of(files: &[(&str, &str)]) -> Self {
        let project = Self { project: fixture::Project::new(&[]), marks: RefCell::default() };
        files.iter().fold(project, |project, (path, text)| project.with(path, text))
    }

    /// The application `shop` with one Deployment, and its overlay `prod`.
    pub fn shop() -> Self {
        Self::of(&[("strata.yaml", "environments:\n  prod: {secrets: {provider: existing}}\n")])
            .app("deployments: {main: {ports: {http: {container: 8080, service: 80}}}}\n")
            .overlay("")
    }

    /// The same with these fields of the application instead.
    pub fn app(self, fields: &str) -> Self {
        self.with("base/shop/app.yaml", &app_file(fields))
    }

    /// The same with these fields of the overlay `prod` instead.
    pub fn overlay(self, fields: &str) -> Self {
        self.with(&format!("{OVERLAY}/overlay.yaml"), &format!("{HEAD_OF_OVERLAY}{fields}"))
    }

    /// The same with a component of these fields, in components/NAME.
    pub fn component(self, name: &str, fields: &str) -> Self {
        self.with(&format!("components/{name}/component.yaml"), &component_file(fields))
    }

    /// The same with this file as well, or instead.
    pub fn with(self, path: &str, text: &str) -> Self {
        let (mut marks, mut plain) = (Marks::default(), String::new());
        let (mut line, mut column) = (1, 1);
        for c in text.chars() {
            match c {
                '▼' => marks.at.push(format!("{path}:{line}:{column}")),
                '▽' => marks.beside.push(format!("{path}:{line}:{column}")),
                c => {
                    plain.push(c);
                    (line, column) = if c == '\n' { (line + 1, 1) } else { (line, column + 1) };
                }
            }
        }
        self.marks.borrow_mut().insert(path.to_owned(), marks);
        self.bytes(path, plain.as_bytes())
    }

    /// The same with a file of these bytes.
    pub fn bytes(self, path: &str, bytes: &[u8]) -> Self {
        self.project.write(path, bytes);
        self
    }

    /// The project's folder.
    pub fn root(&self) -> &Path {
        self.project.path()
    }

    /// Runs `strata` in the project's folder.
    pub fn run(&self, args: &[&str]) -> Ran {
        self.project.strata(args)
    }

    /// The manifests of the overlay `prod`, which must build without a word.
    pub fn builds(&self) -> String {
        let ran = self.run(&["build", OVERLAY]);
        assert_eq!((ran.code, ran.err.as_str()), (ExitCode::Fine, ""));
        ran.out
    }

    /// The build of the overlay `prod` fails with the errors `codes`, sorted by place, at the
    /// places marked `▼` and beside those marked `▽`, and writes nothing. The text on stderr.
    pub fn refuses(&self, codes: &[&str]) -> Refusal {
        self.refuses_with(&[], codes)
    }

    /// As [`Self::refuses`], with more arguments.
    pub fn refuses_with(&self, args: &[&str], codes: &[&str]) -> Refusal {
        self.refuses_to(&[&["build", OVERLAY], args].concat(), codes)
    }

    /// As [`Self::refuses`], with a whole command line that builds.
    pub fn refuses_to(&self, args: &[&str], codes: &[&str]) -> Refusal {
        let files = self.files();
        let text = self.run(args);
        let err = text.err;
        assert_eq!((text.code, text.out.as_str()), (ExitCode::Failed, ""), "{err}");
        assert!(!err.contains("this is a bug"), "{err}");
        assert!(!err.bytes().any(|byte| byte.is_ascii_control() && byte != b'\n'), "{err:?}");
        for output in ["written/", "written.yaml"] {
            let ran = self.run(&[args, &["-o", output]].concat());
            assert_eq!((ran.code, ran.out.as_str()), (ExitCode::Failed, ""), "{err}");
        }
        assert_eq!(self.files(), files, "nothing is written");

        let report = self.run(&[args, &["--message-format", "json"]].concat()).err;
        let report: serde_json::Value = serde_json::from_str(&report).unwrap();
        let errors = || report["diagnostics"].as_array().unwrap().iter().filter(|entry| entry["level"] == "error");
        let found: Vec<&str> = errors().map(|entry| entry["code"].as_str().unwrap()).collect();
        assert_eq!(found, codes, "{err}");
        let (mut at, mut beside) = (Vec::new(), Vec::new());
        for error in errors() {
            at.extend(place(error));
            beside.extend(error["related"].as_array().unwrap().iter().filter_map(place));
        }
        let marks = self.marks.borrow();
        for mark in marks.values().flat_map(|marks| &marks.at) {
            assert!(at.contains(mark), "no error at {mark}, but at {at:?}\n{err}");
        }
        for mark in marks.values().flat_map(|marks| &marks.beside) {
            assert!(beside.contains(mark), "no error names {mark}, but {beside:?}\n{err}");
        }
        Refusal(err)
    }

    fn files(&self) -> Vec<std::path::PathBuf> {
        let all = walkdir::WalkDir::new(self.root()).sort_by_file_name();
        all.into_iter().map(|entry| entry.unwrap().into_path()).collect()
    }
}

fn place(value: &serde_json::Value) -> Option<String> {
    Some(format!("{}:{}:{}", value["file"].as_str()?, value["line"], value["column"]))
}

/// What was said on stderr.
pub struct Refusal(String);

impl Refusal {
    /// All of `parts` are said.
    pub fn saying(self, parts: &[&str]) -> Self {
        if std::env::var_os("SHOW_MESSAGES").is_some() {
            std::io::stderr().write_all(self.0.as_bytes()).unwrap();
        }
        for part in parts {
            assert!(self.0.contains(part), "`{part}` is not said in\n{}", self.0);
        }
        self
    }

    /// None of `parts` is said.
    pub fn not_saying(self, parts: &[&str]) -> Self {
        for part in parts {
            assert!(!self.0.contains(part), "`{part}` is said in\n{}", self.0);
        }
        self
    }
}
