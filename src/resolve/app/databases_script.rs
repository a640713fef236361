//! The script that makes databases, users, schemas and extensions of a PostgreSQL. It can run any
//! number of times, and takes nothing away.
//!
//! Passwords come from the environment into variables of psql, which quotes them (`:'password'`).
//! They are no argument of a process, and neither psql nor the server's log shows the statement
//! that holds one, also where it fails.

use std::fmt::Write as _;

use crate::app::Database;

/// The script for `/bin/sh`; the password of the database at `index` is in `PASSWORD_<index + 1>`.
pub(super) fn script(databases: &[Database]) -> String {
    let mut script = String::from(
        "until pg_isready -q; do sleep 2; done\n\
         psql --no-psqlrc --quiet --dbname=postgres <<'SQL'\n\
         \\set ON_ERROR_STOP on\n\
         \\set VERBOSITY terse\n\
         SET log_statement = 'none';\n\
         SET log_min_error_statement = 'panic';\n\
         SET log_min_duration_statement = -1;\n",
    );
    for (index, database) in databases.iter().enumerate() {
        owner(&mut script, &database.user, index + 1);
    }
    for database in databases {
        one(&mut script, &database.name, &database.user);
    }
    for database in databases.iter().filter(|one| !one.schemas.is_empty() || !one.extensions.is_empty()) {
        let _ = writeln!(script, "\\connect {}", identifier(&database.name));
        for extension in &database.extensions {
            let _ = writeln!(script, "CREATE EXTENSION IF NOT EXISTS {};", identifier(extension));
        }
        for schema in &database.schemas {
            let (schema, user) = (identifier(schema), identifier(&database.user));
            let _ = writeln!(script, "CREATE SCHEMA IF NOT EXISTS {schema} AUTHORIZATION {user};");
        }
    }
    script.push_str("SQL\necho 'all databases are there'\n");
    script
}

/// A user, with the password that the environment has now.
fn owner(script: &mut String, user: &str, number: usize) {
    let (name, text) = (identifier(user), literal(user));
    let _ = write!(
        script,
        "\\set password `printenv PASSWORD_{number}`\n\
         SELECT 'CREATE ROLE {name}' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = {text}) \\gexec\n\
         ALTER ROLE {name} WITH LOGIN PASSWORD :'password';\n\
         \\unset password\n"
    );
}

/// A database that nobody but its owner connects to.
fn one(script: &mut String, database: &str, user: &str) {
    let (name, text, user) = (identifier(database), literal(database), identifier(user));
    let _ = write!(
        script,
        "SELECT 'CREATE DATABASE {name} OWNER {user}' WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = {text}) \\gexec\n\
         ALTER DATABASE {name} OWNER TO {user};\n\
         REVOKE ALL ON DATABASE {name} FROM PUBLIC;\n"
    );
}

/// A quoted name. The names were checked to hold letters, digits, `_` and `-` alone.
fn identifier(name: &str) -> String {
    format!("\"{name}\"")
}

fn literal(name: &str) -> String {
    format!("'{name}'")
}
