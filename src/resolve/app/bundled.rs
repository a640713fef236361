//! Backing services that run beside the application: a StatefulSet of one pod, its Service, its
//! credentials, and for PostgreSQL the Job that makes databases.

use ecow::{EcoString, eco_format};
use sha2::{Digest, Sha256};

use super::Resolver;
use super::databases::{Planned, databases};
use super::dependencies::{DependencyTable, Known, bundled_labels, local_password};
use super::secrets::SecretTable;
use super::server::{self, Server, Setting};
use crate::app::{
    Bundled, ClaimRequest, ClaimTemplate, Container, ContainerPort, Database, EnvSource, Job, JobPurpose, KeyReference,
    LocalSecret, Pod, Probe, ProbeAction, SecretSource, Service, ServiceAccount, ServicePort, StatefulSet, Volume,
    VolumeMount, VolumeSource,
};
use crate::diagnostic::Diagnostic;
use crate::model::container::{Lifecycle, ResourceAmounts, Resources, Security};
use crate::model::dependency::{self, DependencyType, SecretKeyReference};
use crate::model::scalar::{IntOrText, Quantity};
use crate::model::workload::Scheduling;
use crate::names;
use crate::origin::Origin;
use crate::tree::{Keyed, Node, Spanned, Text};

/// What is made while bundled services are resolved.
#[derive(Default)]
pub(super) struct Made {
    /// The services.
    pub bundled: Vec<Bundled>,
    /// The Jobs that make databases.
    pub jobs: Vec<Job>,
    /// Credentials that are made for a local environment.
    pub secrets: Vec<SecretSource>,
}

/// One service in the making.
struct Making<'m> {
    known: &'m Known<'m>,
    spec: &'m dependency::Bundled,
    /// The place of everything that nobody wrote.
    place: Origin,
    name: Text,
    image: Text,
    /// Credentials that are made.
    generated: Vec<(Text, Text)>,
}

impl Making<'_> {
    fn text(&self, text: impl Into<EcoString>) -> Text {
        Text::new(text, self.place)
    }

    /// What a client with a few statements needs; a namespace with a quota refuses pods that do not
    /// say, and capacity cannot be counted without it (Kubernetes: Resource Quotas).
    fn small(&self) -> Resources {
        let amount = |text: &str| Some(Quantity(self.text(text)));
        Resources {
            requests: ResourceAmounts { cpu: amount("10m"), memory: amount("32Mi"), ephemeral_storage: None },
            limits: ResourceAmounts { memory: amount("64Mi"), ..ResourceAmounts::default() },
        }
    }

    fn words(&self, words: &[EcoString]) -> Vec<Text> {
        words.iter().map(|word| self.text(word.clone())).collect()
    }

    fn kind(&self) -> DependencyType {
        self.known.spec.dependency_type.value
    }

    /// A password that is made for a local environment, in the Secret of such ones.
    fn made_password(&mut self, app: &str, namespace: &str, key: EcoString, user: &str) -> KeyReference {
        let password = self.text(local_password(app, namespace, self.known.key, user));
        let key = self.text(key);
        if !self.generated.iter().any(|(known, _)| *known == key) {
            self.generated.push((key.clone(), password));
        }
        KeyReference { name: self.text(eco_format!("{}-credentials", self.name)), key, optional: None }
    }
}

impl Resolver<'_> {
    pub(super) fn bundled(
        &mut self,
        table: &DependencyTable<'_>,
        secrets: &SecretTable,
        accounts: &mut Vec<ServiceAccount>,
    ) -> Made {
        let mut made = Made::default();
        for known in table.iter() {
            if let Some(spec) = &known.spec.bundled {
                self.bundle(known, spec, secrets, accounts, &mut made);
            }
        }
        made
    }

    fn bundle(
        &mut self,
        known: &Known<'_>,
        spec: &Spanned<dependency::Bundled>,
        secrets: &SecretTable,
        accounts: &mut Vec<ServiceAccount>,
        made: &mut Made,
    ) -> Option<()> {
        let name = self.bundled_name(known.key);
        // The StatefulSet's controller appends a hash of up to ten characters to name revisions.
        self.name("a bundled service", &name, 52);
        let image = self.server_image(known, spec);
        let mut making = Making { known, spec: &spec.value, place: spec.origin, name, image, generated: Vec::new() };
        let admin = self.admin_password(&mut making, secrets);
        let server = self.server(&making)?;
        let container = self.server_container(&making, &server, admin.as_ref());
        let pod = self.server_pod(&making, &server, container, accounts);
        let databases = self.planned_databases(&mut making, secrets);
        if let Some(admin) = admin.filter(|_| !databases.is_empty()) {
            made.jobs.push(self.databases_job(&making, &pod, &databases, admin));
        }
        made.bundled.push(Bundled {
            dependency: known.key.clone(),
            dependency_type: making.kind(),
            healthy: making.words(&server.healthy),
            stateful_set: stateful_set(&making, &server, pod),
            databases,
        });
        if !making.generated.is_empty() {
            let name = making.text(eco_format!("{}-credentials", making.name));
            made.secrets.push(SecretSource::Local(LocalSecret { name, data: Vec::new(), made: making.generated }));
        }
        Some(())
    }

    /// The image that is written, or the official one of the version.
    fn server_image(&mut self, known: &Known<'_>, spec: &Spanned<dependency::Bundled>) -> Text {
        let kind = known.spec.dependency_type.value;
        let version = known.spec.version.as_ref();
        let Some(image) = &spec.image else {
            return Text::new(server::official_image(kind, version.map(Text::as_str)), spec.origin);
        };
        self.valid(image, "invalid-image", "an image", |image| {
            crate::image::name(crate::image::ImageRef::split(image).name)
        });
        let fits = |wanted: &str, tagged: &str| {
            tagged.strip_prefix(wanted).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
                || wanted.strip_prefix(tagged).is_some_and(|rest| rest.starts_with('.'))
        };
        if let (Some(version), Some(tagged)) = (version, server::tagged_version(image))
            && !fits(version, tagged)
        {
            let message = format!("the image is version {tagged}, but the application needs {version}");
            self.say(
                Diagnostic::error("conflicting-fields", message).at(image.origin).related(version.origin, "`version`"),
            );
        }
        image.clone()
    }

    fn server(&self, making: &Making<'_>) -> Option<Server> {
        let namespace = self.context.namespace.map(Text::as_str).unwrap_or_default();
        let identity = Sha256::digest(format!("strata/cluster\0{}\0{namespace}", making.name));
        let setting = Setting {
            image: &making.image,
            host: &making.known.host,
            port: making.known.port.value,
            user: making.known.user.as_deref().unwrap_or_default(),
            identity: &identity,
        };
        server::of(making.kind(), &setting)
    }

    /// The password of the administrator, or of the one user; Kafka has none.
    fn admin_password(&mut self, making: &mut Making<'_>, secrets: &SecretTable) -> Option<KeyReference> {
        let kind = making.kind();
        let own = making.known.spec.password.as_ref().filter(|_| kind != DependencyType::Postgres);
        let written = making.spec.credentials.as_ref().or(own);
        if kind == DependencyType::Kafka {
            if !self.context.local {
                let message = "a bundled Kafka asks nobody for a password, so it is for local environments only";
                self.say(
                    Diagnostic::error("local-only", message)
                        .at(making.place)
                        .help("name a Kafka with `external` or `service`; set `local: true` only for an environment on a machine of your own"),
                );
            }
            return None;
        }
        let user = match kind {
            DependencyType::Postgres => server::POSTGRES_ADMIN,
            _ => making.known.user.as_deref().unwrap_or_default(),
        };
        let user = EcoString::from(user);
        self.password(making, written, "admin-password".into(), &user, "`credentials`", secrets)
    }

    /// The key with a password: the one that is named, or one that is made for a local environment.
    fn password(
        &mut self,
        making: &mut Making<'_>,
        written: Option<&SecretKeyReference>,
        key: EcoString,
        user: &str,
        field: &str,
        secrets: &SecretTable,
    ) -> Option<KeyReference> {
        if let Some(reference) = written {
            return self.key_reference(reference, secrets);
        }
        if self.context.local {
            let namespace = self.context.namespace.map(Text::as_str).unwrap_or_default();
            let app = &self.spec.metadata.name;
            return Some(making.made_password(app, namespace, key, user));
        }
        let message = format!("{field} of the bundled dependency `{}` is missing", making.known.key);
        self.say(
            Diagnostic::error("missing-credentials", message).at(making.place).help(
                "write `{secret: NAME, key: KEY}` of a declared secret; only a local environment makes passwords",
            ),
        );
        None
    }

    fn planned_databases(&mut self, making: &mut Making<'_>, secrets: &SecretTable) -> Vec<Database> {
        let known = making.known;
        let planned = databases(&self.spec.metadata.name, known.spec);
        let mut made: Vec<Database> = Vec::with_capacity(planned.len());
        for Planned { name, user, password, schemas, extensions } in planned {
            for name in [&name, &user].into_iter().chain(&schemas).chain(&extensions) {
                self.sql_name(name);
            }
            if user == *server::POSTGRES_ADMIN {
                let message = format!("the database `{name}` cannot belong to the administrator `{user}`");
                let help = "name another `user`: the administrator may read every database";
                self.say(Diagnostic::error("invalid-database-name", message).at(user.origin).help(help));
            }
            let field = format!("`password` of the database `{name}`");
            let key = eco_format!("{user}-password");
            let Some(password) = self.password(making, password, key, &user, &field, secrets) else { continue };
            if let Some(other) = made.iter().find(|other| other.user == user && other.password.key != password.key) {
                let message = format!("the user `{user}` has two passwords");
                self.say(
                    Diagnostic::error("conflicting-fields", message)
                        .at(user.origin)
                        .related(other.user.origin, "the other one"),
                );
            }
            made.push(Database { name, user, password, schemas, extensions });
        }
        made
    }

    fn server_container(&mut self, making: &Making<'_>, server: &Server, admin: Option<&KeyReference>) -> Container {
        let plain = server.env.iter().map(|(name, value)| (*name, EnvSource::Literal(making.text(value.clone()))));
        let secret = server.password.iter().filter_map(|name| Some((*name, EnvSource::Secret(admin?.clone()))));
        let env = secret.chain(plain).map(|(name, source)| (making.text(name), source)).collect();
        let scratch = server.scratch.iter().map(|(volume, path)| mount(making, volume, path));
        Container {
            name: making.known.key.clone(),
            sidecar: false,
            waits: None,
            image: making.image.clone(),
            image_pull_policy: None,
            command: (!server.command.is_empty()).then(|| making.words(&server.command)),
            args: None,
            working_dir: None,
            env_from: Vec::new(),
            env,
            ports: vec![ContainerPort { name: making.text(server.port), port: making.known.port, protocol: None }],
            liveness: Some(probe(making, tcp(making, server), 20, 5, 6)),
            readiness: Some(readiness(making, server)),
            startup: Some(probe(making, tcp(making, server), 5, 5, 120)),
            resources: self.resources(&making.spec.resources),
            mounts: scratch.chain([mount(making, DATA, server.data)]).collect(),
            lifecycle: Lifecycle::default(),
            security: security(making, server),
        }
    }

    /// The pod runs under an account of its own: the application's may have rights that a server
    /// does not need.
    fn server_pod(
        &mut self,
        making: &Making<'_>,
        server: &Server,
        main: Container,
        accounts: &mut Vec<ServiceAccount>,
    ) -> Pod {
        let spec = self.spec;
        if !accounts.iter().any(|account| account.name == making.name) {
            accounts.push(ServiceAccount {
                name: making.name.clone(),
                annotations: Keyed::default(),
                image_pull_secrets: spec.image_pull_secrets.clone(),
                rules: Vec::new(),
            });
        }
        let scratch = |(volume, _): &server::Scratch| Volume {
            name: making.text(*volume),
            source: VolumeSource::EmptyDir(None, None),
        };
        Pod {
            component: making.known.key.clone(),
            name_label: making.name.clone(),
            labels: spec.metadata.labels.0.clone(),
            annotations: Vec::new(),
            pod_annotations: Vec::new(),
            wave: None,
            service_account: making.name.clone(),
            token: None,
            image_pull_secrets: spec.image_pull_secrets.clone(),
            init: Vec::new(),
            main,
            volumes: server.scratch.iter().map(scratch).collect(),
            scheduling: Scheduling::default(),
            selector: bundled_labels(&making.name, making.known.key),
            termination_grace_period_seconds: None,
            checksums: Vec::new(),
        }
    }

    /// The Job that makes databases. It runs on every sync, so one that is added later is made too.
    fn databases_job(&mut self, making: &Making<'_>, pod: &Pod, databases: &[Database], admin: KeyReference) -> Job {
        let name = making.text(eco_format!("{}-databases", making.name));
        self.valid(&name, "invalid-name", "the name of a Job", names::dns_label);
        let mut env = vec![
            ("PGHOST".into(), EnvSource::Literal(making.known.host.clone())),
            ("PGUSER".into(), EnvSource::Literal(making.text(server::POSTGRES_ADMIN))),
            ("PGPASSWORD".into(), EnvSource::Secret(admin)),
        ];
        let passwords = databases.iter().enumerate();
        env.extend(passwords.map(|(index, database)| {
            (eco_format!("PASSWORD_{}", index + 1), EnvSource::Secret(database.password.clone()))
        }));
        let env = env.into_iter().map(|(name, source)| (making.text(name), source)).collect();
        let script = super::databases_script::script(databases);
        let component = making.text(eco_format!("{}-databases", making.known.key));
        let mut pod = pod.clone();
        pod.selector = bundled_labels(&making.name, &component);
        pod.volumes.clear();
        pod.main = Container {
            name: component.clone(),
            command: Some(making.words(&["/bin/sh".into(), "-ec".into()])),
            args: Some(vec![making.text(script)]),
            env,
            ports: Vec::new(),
            liveness: None,
            readiness: None,
            startup: None,
            resources: making.small(),
            mounts: Vec::new(),
            security: Security { fs_group: None, ..pod.main.security },
            ..pod.main
        };
        pod.component = component;
        Job {
            name,
            purpose: JobPurpose::Databases,
            after: Vec::new(),
            backoff_limit: None,
            active_deadline_seconds: None,
            pod,
        }
    }
}

/// The name of the volume with the data.
const DATA: &str = "data";

fn stateful_set(making: &Making<'_>, server: &Server, pod: Pod) -> StatefulSet {
    let request = ClaimRequest {
        size: making.spec.storage.clone(),
        storage_class: making.spec.storage_class.clone(),
        access_modes: Vec::new(),
    };
    StatefulSet {
        replicas: Some(Spanned::new(1, making.place)),
        pod_management: None,
        restarted_by: None,
        selector: pod.selector.clone(),
        revision_history_limit: None,
        min_ready_seconds: None,
        governing: Service {
            name: making.name.clone(),
            service_type: None,
            headless: None,
            annotations: Keyed::default(),
            ports: vec![ServicePort {
                name: making.text(server.port),
                port: making.known.port,
                node_port: None,
                protocol: None,
                app_protocol: None,
            }],
        },
        service: None,
        claim_templates: vec![ClaimTemplate { name: making.text(DATA), request }],
        delete_claims: making.spec.retain.filter(|retain| !retain.value).map(|retain| retain.origin),
        bundled: Some(making.place),
        name: making.name.clone(),
        pod,
    }
}

fn mount(making: &Making<'_>, volume: &str, path: &str) -> VolumeMount {
    VolumeMount { volume: making.text(volume), path: making.text(path), sub_path: None, read_only: None }
}

fn security(making: &Making<'_>, server: &Server) -> Security {
    let id = |id: u32| Some(Spanned::new(id, making.place));
    Security {
        run_as_user: id(server.user),
        run_as_group: id(server.group),
        fs_group: id(server.group),
        read_only_root_filesystem: Some(Spanned::new(true, making.place)),
        ..Security::default()
    }
}

fn tcp(making: &Making<'_>, server: &Server) -> ProbeAction {
    ProbeAction::Tcp(IntOrText(Node::string(server.port, making.place)))
}

fn readiness(making: &Making<'_>, server: &Server) -> Probe {
    let action = match server.ready_by_command {
        true => ProbeAction::Exec(making.words(&server.healthy)),
        false => tcp(making, server),
    };
    // The tools of RabbitMQ start a virtual machine of their own, which takes seconds.
    match making.kind() {
        DependencyType::Rabbitmq => probe(making, action, 30, 20, 3),
        _ => probe(making, action, 10, 5, 3),
    }
}

/// A probe. Liveness asks for two minutes before it gives up, and only whether somebody listens: a
/// server that is busy for a while is not better off when it has to recover as well.
fn probe(making: &Making<'_>, action: ProbeAction, period: u32, timeout: u32, failures: u32) -> Probe {
    let number = |number: u32| Some(Spanned::new(number, making.place));
    Probe {
        action,
        origin: making.place,
        initial_delay_seconds: None,
        period_seconds: number(period),
        timeout_seconds: number(timeout),
        failure_threshold: number(failures),
        success_threshold: None,
    }
}
