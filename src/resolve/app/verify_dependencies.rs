//! The Job that proves, before migrations run, that what the application depends on is there. It
//! prints names only.

use std::fmt::Write as _;

use ecow::{EcoString, eco_format};

use super::{Resolver, Tables, server};
use crate::app::{Dependency, EnvSource, Job, JobPurpose, KeyReference, ServiceAccount};
use crate::diagnostic::Diagnostic;
use crate::model::dependency::DependencyType;
use crate::model::workload;
use crate::tree::Text;

/// The key of the Job.
const VERIFY_DEPENDENCIES: &str = "verify-dependencies";

/// An image with `sh` and `nc`.
const IMAGE: &str = "docker.io/library/busybox:1.37";

/// `reach` has some patience. `ask` takes a URL in any spelling: what stands before `://` and behind
/// `?` is for other libraries than psql's, which refuses what it does not know.
const HEAD: &str = "\
bad=0
fail() { echo \"$1 $2\" >&2; bad=1; }
reach() {
  for pause in 2 5 10 0; do
    if nc -w 5 \"$2\" \"$3\" -e true 2>/dev/null; then return; fi
    sleep \"$pause\"
  done
  fail \"$1\" 'takes no connections'
}
ask() { url=\"postgres://${1#*://}\"; psql -XAtq -d \"${url%%\\?*}\" -c \"$2\" 2>/dev/null || true; }
";

const TAIL: &str = "[ \"$bad\" = 0 ] && echo 'all required dependencies are there'\nexit \"$bad\"\n";

impl Resolver<'_> {
    pub(super) fn verify_dependencies(
        &mut self,
        dependencies: &[Dependency],
        tables: &Tables<'_>,
        accounts: &mut Vec<ServiceAccount>,
    ) -> Option<Job> {
        let spec = self.spec.verify_dependencies.as_ref()?;
        if spec.enabled.as_ref().is_some_and(|enabled| !enabled.value) {
            return None;
        }
        let place = spec.enabled.as_ref().map_or(self.spec.metadata.name.origin, |enabled| enabled.origin);
        let required: Vec<&Dependency> = dependencies.iter().filter(|dependency| dependency.required).collect();
        if required.is_empty() {
            let message = "`verifyDependencies` has nothing to prove: no dependency is required";
            self.say(
                Diagnostic::error("missing-field", message)
                    .at(place)
                    .help("declare what is needed under `dependencies:`"),
            );
        }
        required.iter().filter_map(|one| one.version.as_ref()).for_each(|version| self.version(version));
        let text = |text: &str| Text::new(text, place);
        let written = workload::Job {
            image: Some(spec.image.clone().unwrap_or_else(|| Text::new(image(&required), place))),
            command: Some(vec![text("/bin/sh"), text("-ec")]),
            args: Some(vec![Text::new(script(&required), place)]),
            config: Some(Vec::new()),
            resources: spec.resources.clone(),
            ..workload::Job::default()
        };
        let limits = (None, spec.active_deadline_seconds);
        let key = Text::new(VERIFY_DEPENDENCIES, place);
        let purpose = JobPurpose::VerifyDependencies;
        let mut job = self.job(&key, &written.pod(), purpose, limits, tables, accounts);
        let asked = required.iter().filter_map(|one| Some((one, asked(one)?)));
        // The application's own variables are of no use to it.
        job.pod.main.env = asked
            .map(|(one, url)| (Text::new(variable(&one.key), one.key.origin), EnvSource::Secret(url.clone())))
            .collect();
        Some(job)
    }
}

impl Resolver<'_> {
    fn version(&mut self, version: &Text) {
        if version.is_empty() || !version.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_')) {
            let message = format!("`{version}` is not a version");
            self.say(
                Diagnostic::error("invalid-version", message).at(version.origin).help("write `\"16\"` or the like"),
            );
        }
    }
}

/// The URL by which a dependency can be asked more than whether it takes connections.
fn asked(dependency: &Dependency) -> Option<&KeyReference> {
    dependency.url.as_ref().filter(|_| dependency.dependency_type == DependencyType::Postgres)
}

/// The image with what the script needs; of PostgreSQL that of the newest server that is asked,
/// because a client asks older servers too.
fn image(required: &[&Dependency]) -> EcoString {
    let asked = required.iter().filter(|dependency| asked(dependency).is_some());
    let major = |version: &str| version.split('.').next().and_then(|major| major.parse::<u32>().ok());
    let version = |dependency: &&&Dependency| dependency.version.as_deref().and_then(major);
    match asked.max_by_key(version) {
        Some(dependency) => server::official_image(DependencyType::Postgres, dependency.version.as_deref()),
        None => IMAGE.into(),
    }
}

fn variable(key: &str) -> EcoString {
    eco_format!("URL_{}", key.replace('-', "_").to_uppercase())
}

fn script(required: &[&Dependency]) -> String {
    let mut script = String::from(HEAD);
    for dependency in required {
        let Dependency { key, host, port, .. } = dependency;
        let _ = writeln!(script, "reach {key} '{host}' {port}");
        if asked(dependency).is_some() {
            questions(&mut script, dependency);
        }
    }
    script.push_str(TAIL);
    script
}

/// Asks a PostgreSQL whether it is what the application needs.
fn questions(script: &mut String, dependency: &Dependency) {
    let key = &dependency.key;
    let url = format!("\"${{{}}}\"", variable(key));
    let _ = match &dependency.version {
        Some(version) => writeln!(
            script,
            "case \"$(ask {url} 'SHOW server_version')\" in {version}|{version}.*|'{version} '*) ;; \
             '') fail {key} 'lets nobody in';; *) fail {key} 'is not PostgreSQL {version}';; esac"
        ),
        None => writeln!(script, "[ -n \"$(ask {url} 'SELECT 1')\" ] || fail {key} 'lets nobody in'"),
    };
    let things = dependency.extensions.iter().map(|name| ("extension", "pg_extension", "extname", name));
    let things = things.chain(dependency.schemas.iter().map(|name| ("schema", "pg_namespace", "nspname", name)));
    for (what, table, column, name) in things {
        let _ = writeln!(
            script,
            "[ -n \"$(ask {url} \"SELECT 1 FROM {table} WHERE {column} = '{name}'\")\" ] || fail {key} 'has no {what} {name}'"
        );
    }
}
