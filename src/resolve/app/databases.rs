//! The databases of a bundled PostgreSQL, and which of them is the application's own.

use super::Resolver;
use crate::diagnostic::Diagnostic;
use crate::model::dependency::{self, DependencyType, SecretKeyReference};
use crate::tree::Text;

/// A database that a bundled PostgreSQL has.
pub(super) struct Planned<'a> {
    /// Its name.
    pub name: Text,
    /// Its owner.
    pub user: Text,
    /// The owner's password.
    pub password: Option<&'a SecretKeyReference>,
    /// Its schemas.
    pub schemas: Vec<Text>,
    /// Its extensions.
    pub extensions: Vec<Text>,
}

impl Resolver<'_> {
    /// The application's database among those that are bundled.
    pub(super) fn own_database<'p>(
        &mut self,
        key: &Text,
        dependency: &dependency::Dependency,
        planned: &'p [Planned<'p>],
    ) -> Option<&'p Planned<'p>> {
        let Some(wanted) = &dependency.database else { return planned.first() };
        let found = planned.iter().find(|database| database.name == *wanted);
        if found.is_none() {
            let known: Vec<&str> = planned.iter().map(|database| database.name.as_str()).collect();
            let what = format!("in the dependency `{key}`, the database");
            self.unknown("unknown-database", &what, wanted, &known, "declare it under `databases:` of what is bundled");
        }
        let owner = found.filter(|found| dependency.user.as_ref().is_some_and(|user| *user != found.user));
        if let (Some(found), Some(user)) = (owner, &dependency.user) {
            self.another_user(user, found);
        }
        found
    }

    fn another_user(&mut self, user: &Text, database: &Planned<'_>) {
        let message = format!("`{user}` is not the owner of the database `{}`", database.name);
        self.say(
            Diagnostic::error("unknown-database-user", message)
                .at(user.origin)
                .related(database.user.origin, "its owner")
                .help(format!("did you mean `{}`?", database.user)),
        );
    }
}

/// The databases that a bundled PostgreSQL has: those that are listed, or the one that the
/// application says it needs. What the application needs in its own one counts there.
pub(super) fn databases<'s>(app: &Text, dependency: &'s dependency::Dependency) -> Vec<Planned<'s>> {
    let Some(bundled) =
        dependency.bundled.as_ref().filter(|_| dependency.dependency_type.value == DependencyType::Postgres)
    else {
        return Vec::new();
    };
    if bundled.databases.is_empty() {
        let name = dependency.database.clone();
        return vec![plan_default(
            name.unwrap_or_else(|| Text::new(app.replace('-', "_"), bundled.origin)),
            dependency,
        )];
    }
    let alone = bundled.databases.len() == 1;
    bundled.databases.iter().map(|(name, database)| plan(name, database, dependency, alone)).collect()
}

fn plan_default(name: Text, dependency: &dependency::Dependency) -> Planned<'_> {
    Planned {
        user: dependency.user.clone().unwrap_or_else(|| name.clone()),
        name,
        password: dependency.password.as_ref(),
        schemas: dependency.schemas.clone(),
        extensions: dependency.extensions.clone(),
    }
}

fn plan<'s>(
    name: &Text,
    database: &'s dependency::Database,
    dependency: &'s dependency::Dependency,
    alone: bool,
) -> Planned<'s> {
    let own = dependency.database.as_ref().map_or(alone, |own| own == name);
    let user = database.user.clone().or_else(|| dependency.user.clone().filter(|_| own));
    let needed = |listed: &[Text], needed: &[Text]| {
        let more = needed.iter().filter(|name| own && !listed.contains(name));
        listed.iter().chain(more).cloned().collect()
    };
    Planned {
        name: name.clone(),
        user: user.unwrap_or_else(|| name.clone()),
        password: database.password.as_ref().or(dependency.password.as_ref().filter(|_| own)),
        schemas: needed(&database.schemas, &dependency.schemas),
        extensions: needed(&database.extensions, &dependency.extensions),
    }
}
