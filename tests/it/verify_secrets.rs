//! The script of the Job that proves that all secrets are there, run by a real shell: its exit
//! code, what it names, and that it never prints a value.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use strata::resource::Resource;
use strata::tree::Node;

use crate::repository::{build, maximal, repository};

/// A rendered script: its command line, and the variable of each key of a secret.
struct Script {
    command: Vec<String>,
    variables: BTreeMap<String, String>,
}

struct Ran {
    fine: bool,
    printed: String,
}

impl Script {
    /// The script that the overlay renders; `None`, with the reason printed, without a shell.
    fn of(root: &Path, overlay: &str) -> Option<Self> {
        if !Path::new("/bin/sh").exists() {
            println!("skipped: there is no /bin/sh to run the script with");
            return None;
        }
        let outcome = build(root, &[overlay]);
        let is_job = |one: &&Resource| one.kind() == "Job" && one.name().contains("verify-secrets");
        let job = outcome.builds[0].resources.iter().find(is_job).unwrap();
        let container = job.root.at(&["spec", "template", "spec", "containers"]).unwrap().items().next().unwrap();
        let texts =
            |key: &str| container.get(key).unwrap().items().map(|node| node.as_str().unwrap().to_owned()).collect();
        let text = |node: &Node, path: &[&str]| node.at(path).unwrap().as_str().unwrap().to_owned();
        let variable = |node: &Node| (text(node, &["valueFrom", "secretKeyRef", "key"]), text(node, &["name"]));
        let command: Vec<String> =
            [texts("command"), texts("args")].into_iter().flat_map(|words: Vec<String>| words).collect();
        let variables: BTreeMap<_, _> = container.get("env").unwrap().items().map(variable).collect();
        assert_eq!(variables.len(), container.get("env").unwrap().items().count());
        Some(Self { command, variables })
    }

    fn run(&self, values: &BTreeMap<&str, &str>) -> Ran {
        let named = values.iter().map(|(key, value)| (&self.variables[*key], value));
        let output = Command::new(&self.command[0]).args(&self.command[1..]).env_clear().envs(named).output().unwrap();
        let printed = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        for value in values.values().filter(|value| !value.trim().is_empty()) {
            assert!(!printed.contains(*value), "a value is printed: {printed}");
        }
        assert!(matches!(output.status.code(), Some(0 | 1)), "{:?}: {printed}", output.status);
        Ran { fine: output.status.success(), printed }
    }

    /// Whether `values` with one change pass; when not, that exactly this key is named.
    fn accepts(
        &self,
        values: &BTreeMap<&'static str, &'static str>,
        key: &'static str,
        value: Option<&'static str>,
    ) -> bool {
        let mut changed = values.clone();
        match value {
            Some(value) => changed.insert(key, value),
            None => changed.remove(key),
        };
        let ran = self.run(&changed);
        if !ran.fine {
            let [line] = ran.printed.lines().collect::<Vec<_>>()[..] else { panic!("{}", ran.printed) };
            assert!(line.starts_with(&format!("secret key {key} ")), "{line}");
        }
        ran.fine
    }
}

/// Good values of all keys of pos-partner-api. Each is told apart from anything the script says.
fn good() -> BTreeMap<&'static str, &'static str> {
    BTreeMap::from([
        ("POS_DATA_DATABASE_URL", "postgres://user:pass-0@database:5432/pos?sslmode=require"),
        ("MCA_API_URL", "https://mca.example.com/api"),
        ("MCA_API_KEY", "s3cr3t' \"$(touch /tmp/never)\" `id` ; exit 0 #"),
        ("MCA_API_DATA_SOURCE", "-n workspace*"),
        ("MCA_SA_LIVE_V1_URL", "postgres://za-database/mca"),
        ("MCA_UK_LIVE_V1_URL", "postgres://uk-database/mca"),
        ("POS_PARTNER_API_KEY", "one\ntwo"),
        ("POS_PARTNER_MEMBER_ID_SECRET", "hmac-00112233"),
        ("POS_PARTNER_ADMIN_KEY", "\\n\\\\"),
        ("POS_PARTNER_MEMBER_SOURCE_DEFAULT", "mca_v1_za"),
        ("POS_PARTNER_MEMBER_SOURCE_BY_CLUB", "club-17:scl,club 18:mca_v1_uk"),
        ("POS_RECONCILIATION_SYNC_STALE_MINUTES", "90"),
    ])
}

#[test]
fn good_values_pass_and_are_not_printed() {
    let Some(script) = Script::of(&repository(), "overlays/pos-partner-api/prod") else { return };
    let good = good();
    assert_eq!(good.keys().copied().collect::<Vec<_>>(), script.variables.keys().collect::<Vec<_>>());
    let ran = script.run(&good);
    assert_eq!((ran.fine, ran.printed.as_str()), (true, "all secret keys are there and well formed\n"));
}

#[test]
fn a_required_key_that_is_missing_empty_or_has_no_value_is_named() {
    let Some(script) = Script::of(&repository(), "overlays/pos-partner-api/prod") else { return };
    let optional = ["POS_PARTNER_MEMBER_SOURCE_BY_CLUB", "POS_RECONCILIATION_SYNC_STALE_MINUTES"];
    let good = good();
    for key in good.keys() {
        for value in [None, Some(""), Some(" \n"), Some("<no value>")] {
            assert_eq!(script.accepts(&good, key, value), optional.contains(key), "{key} {value:?}");
        }
    }
}

#[test]
fn every_bad_key_is_named_in_one_run() {
    let Some(script) = Script::of(&repository(), "overlays/pos-partner-api/prod") else { return };
    let ran = script.run(&BTreeMap::new());
    assert!(!ran.fine);
    assert_eq!(ran.printed.lines().count(), 10, "{}", ran.printed);
    assert!(ran.printed.contains("secret key MCA_API_KEY is missing or empty\n"), "{}", ran.printed);
}

/// Values of each format. The same rule holds where values are visible, in a local environment.
const FORMATS: [(&str, &[&str], &[&str]); 4] = [
    (
        "MCA_API_URL",
        &["https://host", "postgres://u:p@h/db", "redis://[::1]:6379"],
        &["mca.example.com/api", "https:/host", "://host", "https://", "http:///path", "plain-text"],
    ),
    (
        "POS_RECONCILIATION_SYNC_STALE_MINUTES",
        &["0", "15", "007", "-1"],
        &["ten", "1.5", "1e3", "12 ", "0x10", "-", "1-", "+5"],
    ),
    (
        "POS_PARTNER_MEMBER_SOURCE_DEFAULT",
        &["mca_v1_za", "mca_v1_uk", "scl"],
        &["mca_v1_us", "SCL", "scl2", "xscl", "scl,scl", "*", "scl\nscl"],
    ),
    (
        "POS_PARTNER_MEMBER_SOURCE_BY_CLUB",
        &["a:scl", "a:scl,b:mca_v1_za", "a b:scl", "a:b:scl", "*:scl", "a:scl,a:scl"],
        &[
            "scl",
            ":scl",
            "a:",
            "a:xyz",
            "a:scl,b",
            "a:scl;b:xyz",
            "a:scl,,b:scl",
            "a:scl,",
            ",a:scl",
            "a:scl ",
            "a:SCL",
        ],
    ),
];

#[test]
fn each_format_accepts_what_it_says_and_nothing_else() {
    let Some(script) = Script::of(&repository(), "overlays/pos-partner-api/prod") else { return };
    let good = good();
    for (key, fine, bad) in FORMATS {
        for value in fine {
            assert!(script.accepts(&good, key, Some(value)), "{key}: {value:?} is refused");
        }
        for value in bad {
            assert!(!script.accepts(&good, key, Some(value)), "{key}: {value:?} is accepted");
        }
    }
}

/// A local environment holds the values themselves, and `build` refuses what the script refuses.
#[test]
fn a_local_environment_refuses_the_same_values() {
    let folder = tempfile::tempdir().unwrap();
    let write = |path: &str, text: &str| {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    let app = std::fs::read_to_string(repository().join("base/pos-partner-api/app.yaml")).unwrap();
    write("base/app.yaml", &app);
    let overlay = "apiVersion: strata.dev/v1alpha1\nkind: Overlay\nbase: ../../base\nenvironment: local\n";
    write(
        "overlays/local/overlay.yaml",
        &format!("{overlay}namespace: pos\napp: {{secrets: {{pos-partner-api: {{path: null}}}}}}\n"),
    );
    let passes = |key: &str, value: &str| {
        let mut values = good();
        values.retain(|known, _| *known != key);
        values.insert(key, value);
        let literals = serde_json::to_string(&values).unwrap();
        let provider = format!("{{provider: local, literals: {{pos-partner-api: {literals}}}}}");
        write("strata.yaml", &format!("environments: {{local: {{local: true, secrets: {provider}}}}}\n"));
        let ran = crate::cli::strata(folder.path(), &["build", "overlays/local"]);
        assert!(!ran.err.contains(value) || value.len() < 6, "{}", ran.err);
        let of_value = ran.err.contains("error[") && ran.err.contains(key);
        assert!(ran.err.is_empty() || of_value, "{key}: {value:?}: {}", ran.err);
        ran.err.is_empty()
    };
    for (key, fine, bad) in FORMATS {
        assert_eq!(fine.iter().filter(|value| !passes(key, value)).collect::<Vec<_>>(), [] as [&&str; 0], "{key}");
        assert_eq!(bad.iter().filter(|value| passes(key, value)).collect::<Vec<_>>(), [] as [&&str; 0], "{key}");
    }
}

#[test]
fn keys_that_are_no_names_of_the_shell_are_checked_as_well() {
    let Some(script) = Script::of(&maximal(), "overlays/everything/infisical-v1alpha1") else { return };
    let good = BTreeMap::from([
        ("TOKEN", "token-0"),
        ("DATABASE_URL", "postgres://database/everything"),
        ("SHARDS", "3"),
        ("SOURCES", "a:alpha"),
        ("renamed-key", "r-0"),
        ("tls.crt", "-----BEGIN CERTIFICATE-----\nMII"),
        ("tls.key", "-----BEGIN PRIVATE KEY-----\nMII"),
    ]);
    assert!(script.run(&good).fine);
    assert!(!script.accepts(&good, "tls.key", None));
    assert!(!script.accepts(&good, "renamed-key", Some("")));
}
