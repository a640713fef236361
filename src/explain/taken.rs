//! What is asked for and is not in the output, because something took it away.

use super::chain::counterpart_item;
use super::path::{FieldPath, Found};
use super::target::Wanted;
use crate::origin::{Origin, Origins, Taken};
use crate::resource::{Resource, ResourceId};
use crate::tree::{Entry, Node, Segment, Value};

/// The fields that `path` led to in `resource` before the newest step that took them away.
pub fn taken_fields<'a>(origins: &'a Origins, resource: &Resource, path: &FieldPath) -> Vec<Found<'a>> {
    let is_same = |root: &Node| {
        let id = ResourceId::of(root);
        id.is_some_and(|id| resource.every_id().chain([resource.original_id()]).any(|known| *known == id))
    };
    let found = origins.losses().iter().rev().find_map(|taken| {
        // A patch may hold another name, which does not count.
        let after = taken.after.as_ref().filter(|_| is_same(&taken.before))?;
        let is_gone = path.find(after).is_err();
        path.find(&taken.before).ok().filter(|_| is_gone).map(|found| (taken, found))
    });
    let (taken, found) = found.unzip();
    found.into_iter().flatten().map(|field| Found { taken, ..field }).collect()
}

/// The newest step that took the whole resource away which is asked for.
pub fn taken_resource<'a>(origins: &'a Origins, wanted: &Wanted) -> Option<&'a Taken> {
    let is_wanted =
        |taken: &&Taken| taken.after.is_none() && ResourceId::of(&taken.before).is_some_and(|id| wanted.is(&id));
    origins.losses().iter().rev().find(is_wanted)
}

/// Whether a `null` of a layer takes something away.
pub fn has_nulls(origins: &Origins) -> bool {
    origins.losses().iter().any(is_null)
}

/// Whether a `null` of a layer took away what is no resource, but a part of an application.
pub(super) fn is_null(taken: &Taken) -> bool {
    taken.after.is_none() && ResourceId::of(&taken.before).is_none()
}

/// The `null` of a layer that keeps `fields` away: they are those of a build without it, by which
/// `of_build` knows where their values come from. `origins` are those of the build with it.
pub fn taken_by_null<'a>(origins: &'a Origins, fields: &[Found], of_build: &Origins) -> Option<&'a Taken> {
    let leaves: Vec<u32> = fields
        .iter()
        .flat_map(Found::leaves)
        .filter_map(|leaf| leaf.node().and_then(|node| of_build.place(node.origin())))
        .collect();
    origins.losses().iter().rev().filter(|taken| is_null(taken)).find(|taken| {
        let mut holds = false;
        taken.each_scalar(&mut |node| holds |= origins.place(node.origin()).is_some_and(|at| leaves.contains(&at)));
        holds
    })
}

/// Where exactly the field is taken away: the `null` or the directive of a merge patch.
pub(super) fn place(taken: &Taken, found: &Found) -> Origin {
    let exact = taken.patch.as_ref().and_then(|patch| directive(patch, found.path.segments(), &found.way));
    exact.unwrap_or(taken.by)
}

/// The innermost thing of `patch` on the way to a field that can take it away: a `null`, a directive,
/// or a list that comes in the place of another. `way` is the field and what holds it before.
fn directive(patch: &Node, path: &[Segment], way: &[&Node]) -> Option<Origin> {
    let said = patch.entries().find(|entry| entry.key.starts_with("$patch"));
    let said = said.map(|entry| entry.key_origin);
    let below = way.get(1..).unwrap_or_default();
    let deeper = path.split_first().and_then(|(first, rest)| match (first, patch.value()) {
        (_, Value::Null) => Some(patch.origin()),
        (Segment::Key(key), Value::Map(map)) => {
            let of_list = format!("$deleteFromPrimitiveList/{key}");
            let next = map.get(key).and_then(|next| directive(next, rest, below));
            next.or_else(|| map.entry(&of_list).map(|entry| entry.key_origin))
        }
        (Segment::Index(index), Value::Seq(_)) => {
            let before = below.first().copied();
            let deleted = patch.items().find(|item| before.is_some_and(|before| deletes(item, before)));
            let item = deleted.or_else(|| counterpart_item(patch, *index, before));
            item.and_then(|item| directive(item, rest, below)).or(Some(patch.origin()))
        }
        _ => None,
    });
    deeper.or(said).or_else(|| patch.is_null().then(|| patch.origin()))
}

/// Whether an item of a patch has a directive for this item of a list: all that it says beside is the
/// same there.
fn deletes(patch: &Node, item: &Node) -> bool {
    let is_directive = |entry: &&Entry| entry.key.starts_with("$patch");
    patch.entries().any(|entry| is_directive(&entry))
        && patch.entries().filter(|entry| !is_directive(entry)).all(|entry| item.get(&entry.key) == Some(&entry.node))
}
