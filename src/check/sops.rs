//! Not enforced yet.

use super::Build;
use crate::diagnostic::Diagnostics;

pub(super) fn check(_: &Build<'_>, _: &mut Diagnostics) {}
