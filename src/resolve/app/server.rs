//! What the official images of bundled servers need: ids, folders, environment, and how to ask
//! them whether they are well.

use ecow::{EcoString, eco_format};

use crate::image::ImageRef;
use crate::model::dependency::DependencyType;

/// A file system path and the volume that is mounted there.
pub(super) type Scratch = (&'static str, &'static str);

/// What one image needs.
pub(super) struct Server {
    /// The id of its user.
    pub user: u32,
    /// The id of its group, which owns the volume too.
    pub group: u32,
    /// Where its volume is mounted.
    pub data: &'static str,
    /// Folders beside the volume that it writes to, by volume.
    pub scratch: &'static [Scratch],
    /// Replaces the entry point.
    pub command: Vec<EcoString>,
    /// Plain variables.
    pub env: Vec<(&'static str, EcoString)>,
    /// Variables with the password of the administrator.
    pub password: &'static [&'static str],
    /// The name of its port.
    pub port: &'static str,
    /// Exits 0 when it answers.
    pub healthy: Vec<EcoString>,
    /// Whether the kubelet asks by that command whether it is ready; otherwise it connects.
    pub ready_by_command: bool,
}

/// What a server is told about itself.
pub(super) struct Setting<'s> {
    /// The image.
    pub image: &'s str,
    /// The host by which clients know it.
    pub host: &'s str,
    /// The port.
    pub port: u16,
    /// The user.
    pub user: &'s str,
    /// What tells it from every other.
    pub identity: &'s [u8],
}

/// The administrator of PostgreSQL.
pub(super) const POSTGRES_ADMIN: &str = "postgres";

/// The official image. Where no layer says a version, it is the one that was current when edition
/// 2026.1 began: hub.docker.com/_/postgres, _/redis, _/rabbitmq (its alpine images have no support
/// of the RabbitMQ team) and hub.docker.com/r/apache/kafka, whose tags are whole versions.
pub(super) fn official_image(kind: DependencyType, version: Option<&str>) -> EcoString {
    match kind {
        DependencyType::Postgres => eco_format!("docker.io/library/postgres:{}-alpine", version.unwrap_or("17")),
        DependencyType::Redis => eco_format!("docker.io/library/redis:{}-alpine", version.unwrap_or("7.4")),
        DependencyType::Rabbitmq => eco_format!("docker.io/library/rabbitmq:{}", version.unwrap_or("4.0")),
        DependencyType::Kafka => eco_format!("docker.io/apache/kafka:{}", whole(version.unwrap_or("4.0.0"))),
        DependencyType::Http | DependencyType::Tcp => EcoString::new(),
    }
}

fn whole(version: &str) -> EcoString {
    match version.split('.').count() {
        1 => eco_format!("{version}.0.0"),
        2 => eco_format!("{version}.0"),
        _ => version.into(),
    }
}

/// The version that the tag of an image says, as far as it begins with one.
pub(super) fn tagged_version(image: &str) -> Option<&str> {
    let tag = ImageRef::split(image).tag?;
    let end = tag.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(tag.len());
    Some(tag[..end].trim_end_matches('.')).filter(|version| !version.is_empty())
}

/// What the server of this type needs; `None` for types that nobody bundles.
pub(super) fn of(kind: DependencyType, setting: &Setting<'_>) -> Option<Server> {
    let alpine = ImageRef::split(setting.image).tag.is_some_and(|tag| tag.contains("alpine"));
    match kind {
        DependencyType::Postgres => Some(postgres(alpine, tagged_version(setting.image))),
        DependencyType::Redis => Some(redis(alpine)),
        DependencyType::Rabbitmq => Some(rabbitmq(alpine, setting.user)),
        DependencyType::Kafka => Some(kafka(setting)),
        DependencyType::Http | DependencyType::Tcp => None,
    }
}

/// The data lies in a folder of the volume, because the root of many volumes holds `lost+found`,
/// which initdb refuses. From 18 on the image wants the volume one folder higher.
fn postgres(alpine: bool, version: Option<&str>) -> Server {
    let id = if alpine { 70 } else { 999 };
    let major = version.and_then(|version| version.split('.').next()?.parse::<u32>().ok()).filter(|major| *major >= 18);
    let (data, folder) = match major {
        Some(major) => ("/var/lib/postgresql", eco_format!("/var/lib/postgresql/{major}/docker")),
        None => ("/var/lib/postgresql/data", "/var/lib/postgresql/data/pgdata".into()),
    };
    Server {
        user: id,
        group: id,
        data,
        scratch: &[("run", "/var/run/postgresql"), ("tmp", "/tmp")],
        command: Vec::new(),
        env: vec![("PGDATA", folder)],
        password: &["POSTGRES_PASSWORD"],
        port: "postgres",
        healthy: words(&["pg_isready", "-q", "-h", "127.0.0.1", "-U", POSTGRES_ADMIN]),
        ready_by_command: true,
    }
}

/// The configuration comes by standard input, so that the password is no argument of a process.
const REDIS: &str = r#"password=$(printf %s "$REDISCLI_AUTH" | sed 's/[\\"]/\\&/g')
exec redis-server - <<CONFIG
dir /data
appendonly yes
requirepass "$password"
CONFIG
"#;

fn redis(alpine: bool) -> Server {
    Server {
        user: 999,
        group: if alpine { 1000 } else { 999 },
        data: "/data",
        scratch: &[("tmp", "/tmp")],
        command: words(&["sh", "-ec", REDIS]),
        env: Vec::new(),
        password: &["REDISCLI_AUTH"],
        port: "redis",
        healthy: words(&["sh", "-c", "redis-cli ping | grep -q PONG"]),
        ready_by_command: true,
    }
}

/// The node is called the same on every host, for its data lies below its name. The volume does not
/// hold the Erlang cookie: the group of a volume may read all that is on it, and Erlang refuses a
/// cookie that others can read.
fn rabbitmq(alpine: bool, user: &str) -> Server {
    let (id, group) = if alpine { (100, 101) } else { (999, 999) };
    Server {
        user: id,
        group,
        data: "/var/lib/rabbitmq/mnesia",
        scratch: &[("home", "/var/lib/rabbitmq"), ("log", "/var/log/rabbitmq"), ("tmp", "/tmp")],
        command: Vec::new(),
        env: vec![("RABBITMQ_NODENAME", "rabbit@localhost".into()), ("RABBITMQ_DEFAULT_USER", user.into())],
        password: &["RABBITMQ_DEFAULT_PASS"],
        port: "amqp",
        healthy: words(&["rabbitmq-diagnostics", "-q", "ping"]),
        ready_by_command: true,
    }
}

/// One node that is broker and controller (KRaft). The logs lie in a folder of the volume: Kafka
/// takes every folder beside them, `lost+found` too, for a partition.
fn kafka(setting: &Setting<'_>) -> Server {
    let Setting { host, port, .. } = setting;
    let one = || EcoString::from("1");
    Server {
        user: 1000,
        group: 1000,
        data: "/var/lib/kafka/data",
        scratch: &[("config", "/opt/kafka/config"), ("logs", "/opt/kafka/logs"), ("tmp", "/tmp")],
        command: Vec::new(),
        env: vec![
            ("CLUSTER_ID", cluster_id(setting.identity)),
            ("KAFKA_NODE_ID", one()),
            ("KAFKA_PROCESS_ROLES", "broker,controller".into()),
            ("KAFKA_CONTROLLER_QUORUM_VOTERS", "1@localhost:9093".into()),
            ("KAFKA_LISTENERS", eco_format!("PLAINTEXT://:{port},CONTROLLER://localhost:9093")),
            ("KAFKA_ADVERTISED_LISTENERS", eco_format!("PLAINTEXT://{host}:{port}")),
            ("KAFKA_LISTENER_SECURITY_PROTOCOL_MAP", "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT".into()),
            ("KAFKA_CONTROLLER_LISTENER_NAMES", "CONTROLLER".into()),
            ("KAFKA_INTER_BROKER_LISTENER_NAME", "PLAINTEXT".into()),
            ("KAFKA_LOG_DIRS", "/var/lib/kafka/data/kraft".into()),
            ("KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR", one()),
            ("KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR", one()),
            ("KAFKA_TRANSACTION_STATE_LOG_MIN_ISR", one()),
            ("KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS", "0".into()),
        ],
        password: &[],
        port: "kafka",
        healthy: words(&["bash", "-c", &format!("exec 3<>/dev/tcp/127.0.0.1/{port}")]),
        ready_by_command: false,
    }
}

/// Sixteen bytes in the URL's base64, as Kafka writes its ids; one never begins with `-`.
fn cluster_id(identity: &[u8]) -> EcoString {
    let bytes = identity.get(..16).unwrap_or(identity);
    let text: EcoString = crate::base64::encode(bytes)
        .trim_end_matches('=')
        .chars()
        .map(|c| match c {
            '+' => '-',
            '/' => '_',
            other => other,
        })
        .collect();
    match text.strip_prefix('-') {
        Some(rest) => eco_format!("A{rest}"),
        None => text,
    }
}

fn words(words: &[&str]) -> Vec<EcoString> {
    words.iter().map(|word| (*word).into()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn default_images_are_pinned_by_version() {
        let image = |kind, version| official_image(kind, version);
        assert_eq!(image(DependencyType::Postgres, Some("16")), "docker.io/library/postgres:16-alpine");
        assert_eq!(image(DependencyType::Kafka, Some("3.9")), "docker.io/apache/kafka:3.9.0");
        for kind in [DependencyType::Postgres, DependencyType::Redis, DependencyType::Rabbitmq, DependencyType::Kafka] {
            assert!(tagged_version(&image(kind, None)).is_some());
        }
    }

    #[test]
    fn the_tag_of_an_image_says_its_version() {
        assert_eq!(tagged_version("postgres:16.4-alpine3.20"), Some("16.4"));
        assert_eq!(tagged_version("registry:5000/postgres:17"), Some("17"));
        assert_eq!((tagged_version("postgres:latest"), tagged_version("postgres")), (None, None));
    }

    #[test]
    fn ids_are_those_of_the_images_users() {
        let setting = |image| Setting { image, host: "h", port: 1, user: "u", identity: &[0xff; 32] };
        let ids = |kind, image| of(kind, &setting(image)).map(|server| (server.user, server.group)).unwrap();
        assert_eq!(ids(DependencyType::Postgres, "postgres:16-alpine"), (70, 70));
        assert_eq!(ids(DependencyType::Postgres, "postgres:16"), (999, 999));
        assert_eq!(ids(DependencyType::Redis, "redis:7-alpine"), (999, 1000));
        assert_eq!(ids(DependencyType::Rabbitmq, "rabbitmq:4.0"), (999, 999));
        assert_eq!(ids(DependencyType::Rabbitmq, "rabbitmq:4.0-alpine"), (100, 101));
    }

    #[test]
    fn a_cluster_id_is_a_uuid_that_is_no_option() {
        assert_eq!(cluster_id(&[0xfb; 32]).len(), 22);
        assert!(!cluster_id(&[0xfb; 32]).starts_with('-'));
    }
}
