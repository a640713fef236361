//! The Job that proves that every declared key is there and well formed, before migrations run.

use std::collections::HashSet;

use ecow::{EcoString, eco_format};

use super::container::Exposed;
use super::secrets::DeclaredKey;
use super::{Resolver, Tables};
use crate::app::{EnvSource, Job, JobPurpose, KeyReference, ServiceAccount};
use crate::model::secret::SecretFormat;
use crate::model::workload;
use crate::names;
use crate::tree::Text;

/// The key of the Job that verifies secrets.
const VERIFY_SECRETS: &str = "verify-secrets";

impl Resolver<'_> {
    /// The Job that proves that all secrets are there: it gets every key as a variable, and its
    /// script prints names only.
    pub(super) fn verify_secrets(&mut self, tables: &Tables<'_>, accounts: &mut Vec<ServiceAccount>) -> Option<Job> {
        let spec = self.spec.verify_secrets.as_ref()?;
        if spec.enabled.as_ref().is_some_and(|enabled| !enabled.value) {
            return None;
        }
        let keys: Vec<&DeclaredKey> = tables.secrets.iter().flat_map(|secret| &secret.keys).collect();
        let place = spec.enabled.as_ref().map_or(self.spec.metadata.name.origin, |enabled| enabled.origin);
        let key = Text::new(VERIFY_SECRETS, place);
        let name = self.object_name("a Job", &key, None, 63);
        let command = ["/bin/sh", "-ec"].map(|word| Text::new(word, place)).to_vec();
        let variables = variables(&keys);
        let script = vec![Text::new(verification_script(&keys, &variables), place)];
        let written = workload::Job {
            image: spec.image.clone(),
            command: Some(command),
            args: Some(script),
            config: Some(Vec::new()),
            resources: spec.resources.clone(),
            ..workload::Job::default()
        };
        let fields = written.pod();
        let mut pod = self.pod(&key, &name, &fields, &Exposed::default(), tables, accounts);
        let named = keys.iter().zip(&variables);
        pod.main.env = named.map(|(key, name)| (Text::new(name.clone(), key.key.origin), verified(key))).collect();
        Some(Job {
            name,
            purpose: JobPurpose::VerifySecrets,
            after: Vec::new(),
            backoff_limit: None,
            active_deadline_seconds: spec.active_deadline_seconds,
            pod,
        })
    }
}

/// Optional keys stay optional; a required one that is missing keeps the pod from starting, and the
/// deadline of the Job ends the wait.
fn verified(key: &DeclaredKey) -> EnvSource {
    let optional = key.optional;
    EnvSource::Secret(KeyReference { name: key.holder.clone(), key: key.key.clone(), optional })
}

/// The variable in which the script finds each key: the key's own name where that is a name in the
/// shell which the script does not use itself and which no other secret's key has.
fn variables(keys: &[&DeclaredKey]) -> Vec<EcoString> {
    let mut names: Vec<EcoString> = Vec::with_capacity(keys.len());
    let mut taken: HashSet<&str> = HashSet::from(["IFS", "PATH"]);
    for (index, key) in keys.iter().enumerate() {
        let usable = names::c_identifier(&key.key).is_ok() && !key.key.contains(|c: char| c.is_ascii_lowercase());
        names.push(match usable && taken.insert(&key.key) {
            true => key.key.value.clone(),
            false => eco_format!("secret_{index}"),
        });
    }
    names
}

/// A POSIX shell script that checks each variable and prints the names of the bad ones. A value
/// that the Infisical operator could not find arrives as the text `<no value>`.
fn verification_script(keys: &[&DeclaredKey], variables: &[EcoString]) -> String {
    let mut script = String::from(
        "bad=0\n\
         fail() { echo \"secret key $1 $2\" >&2; bad=1; }\n\
         filled() { case \"$2\" in '<no value>') return 1;; *[![:space:]]*) ;; *) return 1;; esac; }\n",
    );
    for (key, variable) in keys.iter().zip(variables) {
        let name = &key.key;
        let value = eco_format!("\"${{{variable}-}}\"");
        let check = shape_check(name, variable, key.format.unwrap_or(SecretFormat::Text), &key.allowed);
        let missing = match key.optional {
            Some(_) => String::new(),
            None => format!("else fail {name} 'is missing or empty'; "),
        };
        script.push_str(&format!("if filled {name} {value}; then {check}; {missing}fi\n"));
    }
    script.push_str("[ \"$bad\" = 0 ] && echo 'all secret keys are there and well formed'\nexit \"$bad\"\n");
    script
}

fn shape_check(name: &str, variable: &str, format: SecretFormat, allowed: &[Text]) -> String {
    let value = eco_format!("\"${{{variable}-}}\"");
    let among: Vec<String> = allowed.iter().map(|word| format!("'{}'", word.replace('\'', "'\\''"))).collect();
    match format {
        SecretFormat::Text if among.is_empty() => ":".to_owned(),
        SecretFormat::Text => {
            format!("case {value} in {}) ;; *) fail {name} 'is not one of the allowed values';; esac", among.join("|"))
        }
        SecretFormat::Url => format!("case {value} in *[!:]://[!/]*) ;; *) fail {name} 'is not a URL';; esac"),
        SecretFormat::Integer => {
            format!("case \"${{{variable}#-}}\" in ''|*[!0-9]*) fail {name} 'is not a whole number';; esac")
        }
        SecretFormat::Pairs => {
            let right = match among.is_empty() {
                true => "?*".to_owned(),
                false => among.join("|?*:").to_string(),
            };
            format!(
                "(IFS=,; set -f; case {value} in ,*|*,|*,,*) exit 1;; esac; \
                 for pair in ${{{variable}}}; do case \"$pair\" in ?*:{right}) ;; *) exit 1;; esac; done) \
                 || fail {name} 'is not a list of name:value pairs with allowed values'"
            )
        }
    }
}
