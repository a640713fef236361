//! The Job that proves, when all is rolled out, that it works. It prints names only.

use ecow::{EcoString, eco_format};

use super::{Resolver, Tables};
use crate::app::{Deployment, Job, JobPurpose, ServiceAccount};
use crate::diagnostic::Diagnostic;
use crate::model::container::{EnvValue, HttpScheme};
use crate::model::release::{HttpCheck, VerifyRollout};
use crate::model::workload;
use crate::names;
use crate::tree::{Keyed, Text};

/// The key of the Job.
const VERIFY_ROLLOUT: &str = "verify-rollout";

/// An image with `sh`, `curl` and `nc`.
const IMAGE: &str = "docker.io/curlimages/curl:8.11.1";

/// The status of an answer, with some patience: endpoints change a moment after a rollout.
const HEAD: &str = "\
bad=0
fail() { echo \"$1 $2\" >&2; bad=1; }
status() { curl -s -o /dev/null -w '%{http_code}' --max-time 10 --retry 5 --retry-delay 3 --retry-all-errors \"$@\" || true; }
";

const TAIL: &str = "[ \"$bad\" = 0 ] && echo 'what was rolled out works'\nexit \"$bad\"\n";

impl Resolver<'_> {
    pub(super) fn verify_rollout(
        &mut self,
        deployments: &[Deployment],
        tables: &Tables<'_>,
        accounts: &mut Vec<ServiceAccount>,
    ) -> Option<Job> {
        let spec = self.spec.verify_rollout.as_ref()?;
        if spec.enabled.as_ref().is_some_and(|enabled| !enabled.value) {
            return None;
        }
        let place = spec.enabled.as_ref().map_or(self.spec.metadata.name.origin, |enabled| enabled.origin);
        let mut script = String::from(HEAD);
        for (name, check) in spec.http.iter() {
            script.extend(self.http_check(name, check, deployments));
        }
        let urls = self.urls(spec, &mut script);
        for key in &spec.dependencies {
            script.extend(self.connection(key, tables));
        }
        if spec.http.is_empty() && spec.urls.is_empty() && spec.dependencies.is_empty() {
            let message = "`verifyRollout` has nothing to prove";
            self.say(
                Diagnostic::error("missing-field", message).at(place).help("write `http`, `urls` or `dependencies`"),
            );
        }
        script.push_str(TAIL);
        let key = Text::new(VERIFY_ROLLOUT, place);
        let written = workload::Job {
            image: Some(spec.image.clone().unwrap_or_else(|| Text::new(IMAGE, place))),
            command: Some(["/bin/sh", "-ec"].map(|word| Text::new(word, place)).to_vec()),
            args: Some(vec![Text::new(script, place)]),
            config: Some(Vec::new()),
            resources: spec.resources.clone(),
            env: urls,
            ..workload::Job::default()
        };
        let limits = (None, spec.active_deadline_seconds);
        let mut job = self.job(&key, &written.pod(), JobPurpose::VerifyRollout, limits, tables, accounts);
        // The application's own variables are of no use to it.
        job.pod.main.env.retain(|(name, _)| written.env.contains(name));
        Some(job)
    }

    /// The line that connects to a dependency.
    fn connection(&mut self, key: &Text, tables: &Tables<'_>) -> Option<String> {
        let Some(known) = tables.dependencies.get(key) else {
            let known: Vec<&str> = tables.dependencies.iter().map(|one| one.key.as_str()).collect();
            self.unknown("unknown-dependency", "the dependency", key, &known, "it has no place in this overlay");
            return None;
        };
        if known.is_everywhere() {
            let message = format!("the dependency `{key}` is no host that could be asked");
            let diagnostic = Diagnostic::error("unknown-part", message).at(key.origin);
            self.say(diagnostic.related(known.host.origin, "it is every public address").help("ask it under `urls`"));
            return None;
        }
        let (host, port) = (&known.host, known.port);
        Some(format!("nc -w 5 '{host}' {port} -e true 2>/dev/null || fail {key} 'takes no connections'\n"))
    }

    /// The line that asks a deployment's Service.
    fn http_check(&mut self, name: &Text, check: &HttpCheck, deployments: &[Deployment]) -> Option<String> {
        self.valid(name, "invalid-key", "the name of a check", names::dns_label);
        let path = &check.path;
        if !path.starts_with('/') || path.contains(|c: char| c.is_whitespace() || c == '\'') {
            let message = format!("`{path}` is not a path of a URL");
            self.say(Diagnostic::error("invalid-path", message).at(path.origin).help("write a path such as `/health`"));
        }
        let deployment = self.checked(name, check, deployments)?;
        let Some(service) = &deployment.service else {
            let message = format!("`{}` has no Service that could be asked", deployment.pod.component);
            let place = check.deployment.as_ref().map_or(name.origin, |key| key.origin);
            self.say(
                Diagnostic::error("check-without-service", message).at(place).help("give one of its ports a `service`"),
            );
            return None;
        };
        let port = match &check.port {
            None => service.ports.first(),
            Some(port) => service.ports.iter().find(|known| known.name == *port),
        };
        let Some(port) = port else {
            let known: Vec<&str> = service.ports.iter().map(|port| port.name.as_str()).collect();
            let written = check.port.as_ref().unwrap_or(name);
            self.unknown("unknown-port", "the port", written, &known, "name a port with `service`");
            return None;
        };
        let (option, scheme) = match check.scheme.map(|scheme| scheme.value) {
            Some(HttpScheme::Https) => ("-k ", "https"),
            Some(HttpScheme::Http) | None => ("", "http"),
        };
        let url = format!("{scheme}://{}:{}{path}", self.final_name(&service.name), port.port.value);
        Some(format!(
            "case \"$(status {option}'{url}')\" in [23]??) ;; *) fail {name} 'does not answer as it should';; esac\n"
        ))
    }

    /// The deployment that a check asks.
    fn checked<'d>(&mut self, name: &Text, check: &HttpCheck, deployments: &'d [Deployment]) -> Option<&'d Deployment> {
        let find = |key: &Text| deployments.iter().find(|one| one.pod.component == *key);
        let found = match &check.deployment {
            Some(key) => find(key),
            None => {
                let mut served = deployments.iter().filter(|one| one.service.is_some());
                let only = served.next().filter(|_| served.next().is_none());
                self.only_or_main().and_then(find).or(only)
            }
        };
        if found.is_none() {
            let known: Vec<&str> = deployments.iter().map(|one| one.pod.component.as_str()).collect();
            match &check.deployment {
                Some(key) => self.unknown("unknown-workload", "the deployment", key, &known, "name one that is there"),
                None => {
                    let message = format!("the check `{name}` does not say which deployment it asks");
                    let help = "write `deployment: KEY`";
                    self.say(Diagnostic::error("missing-field", message).at(name.origin).help(help));
                }
            }
        }
        found
    }

    /// The variables that hold URLs; the lines that ask them are added to `script`.
    fn urls(&mut self, spec: &VerifyRollout, script: &mut String) -> Keyed<EnvValue> {
        let mut variables = Vec::with_capacity(spec.urls.len());
        for (name, value) in spec.urls.iter() {
            if !self.valid(name, "invalid-key", "the name of a check", names::dns_label) {
                continue;
            }
            let variable: EcoString = eco_format!("URL_{}", name.replace('-', "_").to_uppercase());
            let mut value = value.clone();
            match &mut value {
                EnvValue::Literal(text) => self.url(text),
                EnvValue::Reference(reference) if reference.key.is_none() => reference.key = Some(name.clone()),
                EnvValue::Reference(_) => {}
            }
            let optional = match &value {
                EnvValue::Reference(reference) => reference.optional.is_some_and(|optional| optional.value),
                EnvValue::Literal(_) => false,
            };
            let unless = if optional { format!("[ -z \"${{{variable}}}\" ] || ") } else { String::new() };
            script.push_str(&format!(
                "{unless}case \"$(status \"${{{variable}}}\")\" in [1234]??) ;; *) fail {name} 'cannot be reached';; esac\n"
            ));
            variables.push((Text::new(variable, name.origin), value));
        }
        Keyed(variables)
    }

    fn url(&mut self, text: &Text) {
        let fits =
            ["http://", "https://"].iter().any(|scheme| text.strip_prefix(scheme).is_some_and(|rest| !rest.is_empty()));
        if !fits {
            let message = format!("`{text}` is not a URL");
            self.say(Diagnostic::error("invalid-url", message).at(text.origin).help("write `https://HOST/PATH`"));
        }
    }
}
