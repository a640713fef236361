//! The types of what users write, how they are read, and their JSON Schemas.

pub mod read;
pub mod schema;
mod schema_walk;

pub use read::read;
pub use schema::schema;
