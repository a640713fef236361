//! Where each field of a build comes from: the place, the layer, the reason, and what it replaced.
//!
//! All of it is read from the origins that every node has ([`crate::origin`]). Nothing is computed
//! before somebody asks: a place is looked up in its file, and a chain is followed, for one field at
//! a time. It is pure, and `cli` alone imports it.

mod chain;
mod path;
mod place;
mod reason;
mod taken;
mod target;
mod unused;

pub use chain::{Chains, Relation, Step};
pub use path::{FieldPath, Found};
pub use place::{Place, Places};
pub use reason::Reason;
pub use taken::{has_nulls, taken_by_null, taken_fields, taken_resource};
pub use target::{Group, Wanted};
pub use unused::{Loss, Made, Unused, unused};
