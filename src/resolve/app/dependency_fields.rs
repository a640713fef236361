//! Fields of a dependency that say nothing about its type or place, and names in a database.

use super::Resolver;
use crate::diagnostic::Diagnostic;
use crate::model::dependency::{self, DependencyType, SecretKeyReference};
use crate::origin::Origin;
use crate::tree::Text;

impl Resolver<'_> {
    /// Fields that say nothing about a dependency of this type, or at this place.
    pub(super) fn fields_of_type(&mut self, key: &Text, dependency: &dependency::Dependency) {
        use DependencyType::{Http, Kafka, Postgres, Rabbitmq, Redis, Tcp};
        let kind = dependency.dependency_type.value;
        let first = |list: &[Text]| list.first().map(|text| text.origin);
        let text = |text: &Option<Text>| text.as_ref().map(|text| text.origin);
        let reference = |key: &Option<SecretKeyReference>| key.as_ref().map(|key| key.secret.origin);
        let bundled = dependency.bundled.as_deref();
        let fields: [(&str, Option<Origin>, &[DependencyType]); 10] = [
            ("version", text(&dependency.version), &[Postgres, Redis, Rabbitmq, Kafka]),
            ("database", text(&dependency.database), &[Postgres]),
            ("user", text(&dependency.user), &[Postgres, Rabbitmq]),
            ("password", reference(&dependency.password), &[Postgres, Redis, Rabbitmq, Kafka, Http, Tcp]),
            ("url", reference(&dependency.url), &[Postgres, Redis, Rabbitmq, Http, Tcp]),
            ("schemas", first(&dependency.schemas), &[Postgres]),
            ("extensions", first(&dependency.extensions), &[Postgres]),
            ("bundled", dependency.bundled.as_ref().map(|bundled| bundled.origin), &[Postgres, Redis, Rabbitmq, Kafka]),
            ("credentials", bundled.and_then(|bundled| reference(&bundled.credentials)), &[Postgres, Redis, Rabbitmq]),
            ("databases", bundled.and_then(|b| b.databases.keys().next().map(|key| key.origin)), &[Postgres]),
        ];
        for (field, origin, types) in fields {
            if let Some(origin) = origin.filter(|_| !types.contains(&kind)) {
                let message =
                    format!("`{field}` has no meaning for the dependency `{key}` of type `{}`", kind.as_str());
                self.say(
                    Diagnostic::error("field-without-effect", message)
                        .at(origin)
                        .related(dependency.dependency_type.origin, "the type"),
                );
            }
        }
        let elsewhere = bundled.is_some() || dependency.application.is_some();
        if let Some(port) = dependency.port.filter(|_| elsewhere) {
            let message = "what the project bundles listens on the port of its type";
            self.say(Diagnostic::error("field-without-effect", message).at(port.origin).help("leave `port` out"));
        }
        let names =
            dependency.database.iter().chain(&dependency.user).chain(&dependency.schemas).chain(&dependency.extensions);
        for name in names {
            self.sql_name(name);
        }
    }

    /// A name of PostgreSQL that needs no escaping in a URL and stands in a script as it is.
    pub(super) fn sql_name(&mut self, name: &Text) {
        self.valid(name, "invalid-database-name", "a name in the database", |name| {
            let start = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
            match start && name.len() <= 63 && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-') {
                true => Ok(()),
                false => {
                    Err("it has up to 63 letters, digits, `_` and `-`, and starts with a letter or `_`".to_owned())
                }
            }
        });
    }
}
