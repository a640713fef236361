//! The documented rules of Compose files: each field that nobody wrote leads to one of them.

use crate::origin::Rule;

/// Declares a rule.
macro_rules! rules {
    ($($ident:ident = $name:literal: $text:literal, change: $change:literal;)*) => {
        $(pub(super) static $ident: Rule = Rule { name: $name, text: $text, change: $change };)*
        /// Every rule.
        pub(super) static ALL: &[&Rule] = &[$(&$ident),*];
    };
}

rules! {
    PROJECT = "compose-project":
        "A Compose file is one project, named after the namespace, so that two environments on one machine do not mix.",
        change: "write `compose: {project: NAME, network: NAME}` of the overlay";
    SERVICE = "compose-service":
        "Each workload is a service, and so is each of its init containers and sidecars; it is named like the object in Kubernetes. It restarts unless it is stopped; what runs once does not. Its capabilities are dropped and it gains no privileges, as in Kubernetes.",
        change: "write the fields of the workload";
    ORDER = "compose-order":
        "A service starts when what comes before it is healthy, or has ended well where it runs once: migrations before everything that serves, init containers before their own, one after the other.",
        change: "write `after:` of the workload, `run:` of the job, and a readiness probe of what others wait for";
    HEALTH = "compose-health":
        "A service is healthy when its readiness probe succeeds (or the liveness probe, where there is no other), as often as Kubernetes would ask. HTTP is asked by wget or curl and TCP by nc, which the image needs, with a shell.",
        change: "write `probes:` of the workload; an `exec` probe needs no tool but its own";
    FILES = "compose-files":
        "Configuration is written into the file, as variables and as `configs`; files of secrets come from the variables of the env file.",
        change: "write `config:` and `volumes:`";
    VOLUMES = "compose-volumes":
        "Claims are named volumes, which outlive containers. An empty folder is a volume of its container alone, of all containers of the pod where several mount it, and a tmpfs where it is in memory.",
        change: "write `volumes:` of the workload";
    VARIABLES = "compose-variables":
        "Values of secrets stand in the env file, never here. A service that needs one gets the file; a variable that is called otherwise than its key is interpolated, and a required one that is missing stops Compose.",
        change: "write `compose: {envFile: PATH}` of the overlay";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_says_what_and_how_to_change_it() {
        for (index, rule) in ALL.iter().enumerate() {
            assert!(ALL[..index].iter().all(|other| other.name != rule.name), "{}", rule.name);
            assert!(rule.text.ends_with('.') && !rule.change.is_empty(), "{}", rule.name);
        }
    }
}
