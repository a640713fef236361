//! What Strata writes whole: Jobs that prove something, and containers that wait. They need a shell
//! and a connection, so any user will do, and little CPU and memory.

use super::Lowering;
use super::rules::WAIT_CONTAINER;
use crate::app::Container;
use crate::model::container::{ResourceAmounts, Resources};
use crate::model::scalar::Quantity;
use crate::origin::Origin;
use crate::tree::{Node, Spanned, Text, Value};

/// The user that owns nothing.
const NOBODY: u32 = 65534;

/// Gives every value at `place` the origin `made`.
pub(super) fn attribute(node: &mut Node, place: Origin, made: Origin) {
    let here = node.origin() == place;
    match node.value_mut() {
        Value::Map(map) => map.iter_mut().for_each(|entry| attribute(&mut entry.node, place, made)),
        Value::Seq(items) => items.make_mut().iter_mut().for_each(|item| attribute(item, place, made)),
        _ if here => *node = node.clone().with_origin(made),
        _ => {}
    }
}

/// Makes a container one that needs a shell and nothing else, also where the image's own user is
/// root or has no number.
pub(super) fn confine(container: &mut Container, origin: Origin) {
    let security = &mut container.security;
    security.run_as_user.get_or_insert(Spanned::new(NOBODY, origin));
    security.read_only_root_filesystem.get_or_insert(Spanned::new(true, origin));
    // What is written is kept whole: a default beside it could be a limit below its request.
    if container.resources == Resources::default() {
        container.resources = small(origin);
    }
}

/// What a shell with a few lines of script needs.
fn small(origin: Origin) -> Resources {
    let amount = |text: &str| Some(Quantity(Text::new(text, origin)));
    Resources {
        requests: ResourceAmounts { cpu: amount("10m"), memory: amount("16Mi"), ephemeral_storage: None },
        limits: ResourceAmounts { memory: amount("64Mi"), ..ResourceAmounts::default() },
    }
}

impl Lowering<'_> {
    /// A container that waits, confined; what it is made of leads to its rule and to `place`.
    pub(super) fn confined_wait(&mut self, container: &Container) -> Container {
        let origin = self.rule(&WAIT_CONTAINER);
        let mut container = container.clone();
        confine(&mut container, origin);
        container
    }

    /// Says of the lowered container that the rule made it, because of what is said at `place`.
    pub(super) fn attribute_wait(&mut self, node: &mut Node, place: Origin) {
        let made = self.rule_at(&WAIT_CONTAINER, place);
        attribute(node, place, made);
    }
}
