//! Names, tags and digests of images.

mod matcher;

use std::collections::{BTreeMap, BTreeSet, HashMap};

pub use matcher::Matcher;

use ecow::{EcoString, EcoVec};

use super::fields::{self, FieldSpec};
use crate::diagnostic::near_miss;
use crate::image::ImageRef;
use crate::origin::{Cause, Origin, Origins};
use crate::resource::{Resource, ResourceSet};
use crate::tree::{Node, Value};

/// What becomes of one image. Tag and digest together replace both; one of them alone replaces
/// both too, by itself; the suffix goes after the tag that is there and drops the digest.
#[derive(Clone, Debug)]
pub struct ImageEntry {
    /// The name of the image as it stands in the resources, without tag and digest.
    pub name: EcoString,
    /// Which images it is for.
    pub matcher: Matcher,
    /// Another name.
    pub new_name: Option<EcoString>,
    /// Another tag.
    pub tag: Option<EcoString>,
    /// A text after the tag.
    pub tag_suffix: Option<EcoString>,
    /// A digest.
    pub digest: Option<EcoString>,
    /// Where the user wrote the entry.
    pub origin: Origin,
}

impl ImageEntry {
    /// The reference that takes the place of `image`, which is one of the entry's.
    pub fn rewrite(&self, image: ImageRef<'_>) -> EcoString {
        let name = self.new_name.as_deref().unwrap_or(image.name);
        let suffixed;
        let (tag, digest) = match (&self.tag, &self.digest, &self.tag_suffix) {
            (None, None, None) => (image.tag, image.digest),
            (None, None, Some(suffix)) => {
                suffixed = [image.tag.unwrap_or_default(), suffix].concat();
                (Some(suffixed.as_str()), None)
            }
            (tag, digest, _) => (tag.as_deref(), digest.as_deref()),
        };
        ecow::eco_format!("{}", ImageRef { name, tag, digest })
    }
}

/// Where images are looked for.
#[derive(Clone, Copy, Debug)]
pub struct Options<'a> {
    /// The keys of lists of containers, wherever they are in a resource.
    pub lists: &'a [&'a str],
    /// More fields that hold an image.
    pub fields: &'a [FieldSpec<'a>],
    /// Whether an entry sees what an entry before it wrote. As entries of a mapping have no order,
    /// those of typed overlays do not. An entry then also applies once more to an image that
    /// both `lists` and `fields` find, as it does in kustomize.
    pub chained: bool,
}

impl Options<'static> {
    /// The rules of typed overlays: containers of every sort, and image volumes.
    pub const TYPED: Self = Self {
        lists: &["containers", "initContainers", "ephemeralContainers"],
        fields: &[
            field("spec/volumes[]/image/reference"),
            field("spec/template/spec/volumes[]/image/reference"),
            field("spec/jobTemplate/spec/template/spec/volumes[]/image/reference"),
        ],
        chained: false,
    };
    /// The rules of kustomize 5.5: `containers` and `initContainers` anywhere, then its `images`
    /// field specs once more, so that a tag suffix comes twice where both find an image.
    pub const KUSTOMIZE: Self = Self {
        lists: &["containers", "initContainers"],
        fields: &[
            field("spec/containers[]/image"),
            field("spec/initContainers[]/image"),
            field("spec/template/spec/containers[]/image"),
            field("spec/template/spec/initContainers[]/image"),
        ],
        chained: true,
    };
}

const fn field(path: &'static str) -> FieldSpec<'static> {
    FieldSpec { group: "", version: "", kind: "", path, create: false }
}

/// What the entries did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// For each entry, in order, the number of places whose image it names.
    pub matched: Vec<usize>,
    /// The names of all images that occurred before the rewrite, without tag and digest.
    pub occurring: BTreeSet<EcoString>,
    /// The mappings and lists that stand where an image should.
    pub not_text: Vec<(Origin, &'static str)>,
}

impl Facts {
    /// The image that the name of an entry without a match was probably meant to be: one that
    /// differs by its registry or folders alone, or by a few letters.
    pub fn near_miss(&self, name: &str) -> Option<&str> {
        let base = |name: &str| name.rsplit('/').next().unwrap_or_default().to_owned();
        let names = || self.occurring.iter().map(EcoString::as_str);
        let wanted = base(ImageRef::split(name).name);
        names().find(|known| base(known) == wanted).or_else(|| near_miss(name, names()))
    }
}

/// Rewrites the images of all resources but CustomResourceDefinitions (whose schemas may speak of
/// containers).
pub fn apply(set: &mut ResourceSet, entries: &[ImageEntry], options: &Options<'_>, origins: &mut Origins) -> Facts {
    let mut rewriter = Rewriter::new(entries, options.chained);
    for index in 0..set.len() {
        let mut changes = Vec::new();
        let resource = set.get(index);
        for (place, Image { node, times }) in images(resource, options) {
            let Some(text) = node.as_str() else {
                if node.as_map().is_some() || node.as_seq().is_some() {
                    rewriter.facts.not_text.push((node.origin(), node.kind()));
                }
                continue;
            };
            let rewritten =
                rewriter.rewrite(text, times).into_iter().fold(None, |before: Option<Node>, (new, entry)| {
                    let old = before.as_ref().unwrap_or(node);
                    let origin = origins.replace(Cause::Transform("images"), entries[entry].origin, old);
                    Some(Node::string(new, origin))
                });
            changes.extend(rewritten.map(|node| (place, node)));
        }
        if changes.is_empty() {
            continue;
        }
        // Images are no part of an id, so this cannot fail.
        let _ = set.update(index, |resource| {
            for (place, node) in changes {
                fields::replace(&mut resource.root, &place, node);
            }
        });
    }
    rewriter.facts
}

/// The images that a resource names, in written order.
pub fn references<'n>(resource: &'n Resource, options: &Options<'_>) -> Vec<&'n str> {
    images(resource, options).into_values().filter_map(|image| image.node.as_str()).collect()
}

struct Rewriter<'a> {
    entries: &'a [ImageEntry],
    /// The entries that are for all images of a name.
    by_name: HashMap<&'a str, Vec<usize>>,
    /// The others.
    by_text: Vec<usize>,
    chained: bool,
    facts: Facts,
}

impl<'a> Rewriter<'a> {
    fn new(entries: &'a [ImageEntry], chained: bool) -> Self {
        let mut by_name: HashMap<&str, Vec<usize>> = HashMap::new();
        let mut by_text = Vec::new();
        for (index, entry) in entries.iter().enumerate() {
            match entry.matcher {
                Matcher::Name => by_name.entry(&entry.name).or_default().push(index),
                Matcher::Kustomize | Matcher::Pattern(_) => by_text.push(index),
            }
        }
        let facts = Facts { matched: vec![0; entries.len()], occurring: BTreeSet::new(), not_text: Vec::new() };
        Self { entries, by_name, by_text, chained, facts }
    }

    /// The references that one after the other replace `text`, and the entries that ask for them; none
    /// when it stays as it is.
    fn rewrite(&mut self, text: &str, times: usize) -> Vec<(EcoString, usize)> {
        let name = ImageRef::split(text).name;
        if !self.facts.occurring.contains(name) {
            self.facts.occurring.insert(name.into());
        }
        let mut current = EcoString::from(text);
        let mut changed = Vec::new();
        let mut next = 0;
        while let Some(index) = self.entry(&current, next) {
            let entry = &self.entries[index];
            self.facts.matched[index] += 1;
            let mut new = entry.rewrite(ImageRef::split(&current));
            if self.chained && times > 1 && entry.matcher.fits(&entry.name, &new) {
                new = entry.rewrite(ImageRef::split(&new));
            }
            if new != current {
                changed.push((new.clone(), index));
                current = new;
            }
            if !self.chained {
                break;
            }
            next = index + 1;
        }
        changed
    }

    /// The first entry from `from` on that is for this image.
    fn entry(&self, image: &str, from: usize) -> Option<usize> {
        let later = |index: &usize| *index >= from;
        let named = self.by_name.get(ImageRef::split(image).name).into_iter().flatten().copied().find(later);
        let fits = |index: &usize| self.entries[*index].matcher.fits(&self.entries[*index].name, image);
        let fitting = self.by_text.iter().copied().filter(later).find(fits);
        named.into_iter().chain(fitting).min()
    }
}

/// One image field, and how many of the two searches found it.
struct Image<'n> {
    node: &'n Node,
    times: usize,
}

type Images<'n> = BTreeMap<Vec<usize>, Image<'n>>;

/// The image fields of one resource by their places, in written order.
fn images<'n>(resource: &'n Resource, options: &Options<'_>) -> Images<'n> {
    let mut found = Images::new();
    if resource.kind() == "CustomResourceDefinition" {
        return found;
    }
    containers(&resource.root, options.lists, &mut Vec::new(), &mut found);
    for field in options.fields.iter().filter(|field| field.selects(&resource.id().gvk)) {
        fields::visit(&resource.root, field.path, &mut |leaf| {
            found.entry(leaf.place.to_vec()).or_insert(Image { node: leaf.node, times: 0 }).times += 1;
        });
    }
    found
}

fn containers<'n>(node: &'n Node, lists: &[&str], place: &mut Vec<usize>, found: &mut Images<'n>) {
    match node.value() {
        Value::Map(map) => {
            for (position, entry) in map.iter().enumerate() {
                place.push(position);
                if let (Value::Seq(items), true) = (entry.node.value(), lists.contains(&entry.key.as_str())) {
                    images_of(items, place, found);
                }
                containers(&entry.node, lists, place, found);
                place.pop();
            }
        }
        Value::Seq(items) => {
            for (index, item) in items.iter().enumerate() {
                place.push(index);
                containers(item, lists, place, found);
                place.pop();
            }
        }
        _ => {}
    }
}

fn images_of<'n>(items: &'n EcoVec<Node>, place: &[usize], found: &mut Images<'n>) {
    for (index, item) in items.iter().enumerate() {
        let Some(map) = item.as_map() else { continue };
        if let Some(position) = map.position("image") {
            let node = &map.as_slice()[position].node;
            found.insert([place, &[index, position]].concat(), Image { node, times: 1 });
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::test::{entry, field, origins, resource, set};
    use super::*;

    fn image(name: &str, new_name: &str, tag: &str, suffix: &str, digest: &str) -> ImageEntry {
        let text = |text: &str| (!text.is_empty()).then(|| text.into());
        let (new_name, tag) = (text(new_name), text(tag));
        let (name, matcher, origin) = (name.into(), Matcher::Name, entry());
        ImageEntry { name, matcher, new_name, tag, tag_suffix: text(suffix), digest: text(digest), origin }
    }

    fn check(entries: &[ImageEntry], options: &Options<'_>, fields: &str, expected: &str) -> Facts {
        let mut set = set([resource("example.com/v1 Own", "d", &format!(r#"{{"spec":{fields}}}"#))]);
        let facts = apply(&mut set, entries, options, &mut origins());
        assert_eq!(field(&set, 0, &["spec"]), expected);
        facts
    }

    fn check_one(entry: ImageEntry, old: &str, new: &str) {
        let text = |image: &str| format!(r#"{{"containers":[{{"image":"{image}"}}]}}"#);
        check(&[entry], &Options::TYPED, &text(old), &text(new));
    }

    #[test]
    fn tag_and_digest_replace_what_was_there() {
        check_one(image("a", "", "2", "", ""), "a:1", "a:2");
        check_one(image("a", "", "2", "", ""), "a", "a:2");
        check_one(image("a", "", "2", "", ""), "a:1@sha256:x", "a:2");
        check_one(image("a", "", "", "", "sha256:y"), "a:1", "a@sha256:y");
        check_one(image("a", "", "2", "", "sha256:y"), "a:1", "a:2@sha256:y");
        check_one(image("a", "b/c", "", "", ""), "a:1@sha256:x", "b/c:1@sha256:x");
        check_one(image("a", "", "", "-x", ""), "a:1@sha256:x", "a:1-x");
        check_one(image("r:5000/a", "", "2", "", ""), "r:5000/a", "r:5000/a:2");
    }

    #[test]
    fn only_the_exact_name_matches() {
        for other in ["b/a:1", "a/b:1", "ab:1", "r:5000/a"] {
            check_one(image("a", "", "2", "", ""), other, other);
        }
    }

    #[test]
    fn every_sort_of_container_is_found_at_any_depth() {
        let text = |tag: &str, last: &str| {
            let c = format!(r#"[{{"image":"a:{tag}"}},{{"name":"x"}}]"#);
            format!(
                r#"{{"initContainers":{c},"deep":[{{"x":{{"containers":{c}}}}}],"ephemeralContainers":[{{"image":"a:{last}"}}],"volumes":[{{"image":{{"reference":"a:{last}"}}}}]}}"#
            )
        };
        let entries = [image("a", "", "2", "", ""), image("zz", "", "2", "", "")];
        let facts = check(&entries, &Options::TYPED, &text("1", "1"), &text("2", "2"));
        assert_eq!(facts.matched, [4, 0]);
        check(&entries, &Options::KUSTOMIZE, &text("1", "1"), &text("2", "1"));
    }

    #[test]
    fn entries_see_one_another_only_when_chained() {
        let entries = [image("a", "b", "", "", ""), image("b", "", "2", "", "")];
        let old = r#"{"containers":[{"image":"a:1"}]}"#;
        assert_eq!(check(&entries, &Options::TYPED, old, r#"{"containers":[{"image":"b:1"}]}"#).matched, [1, 0]);
        assert_eq!(check(&entries, &Options::KUSTOMIZE, old, r#"{"containers":[{"image":"b:2"}]}"#).matched, [1, 1]);
    }

    #[test]
    fn a_tag_suffix_comes_twice_where_kustomize_looks_twice() {
        let entries = [image("a", "", "", "-x", "")];
        let text = |a: &str, b: &str| {
            format!(r#"{{"containers":[{{"image":"{a}"}}],"deep":{{"containers":[{{"image":"{b}"}}]}}}}"#)
        };
        check(&entries, &Options::KUSTOMIZE, &text("a:1", "a:1"), &text("a:1-x-x", "a:1-x"));
        check(&entries, &Options::TYPED, &text("a:1", "a:1"), &text("a:1-x", "a:1-x"));
    }

    #[test]
    fn an_entry_that_matches_nothing_has_near_misses() {
        let text = r#"{"containers":[{"image":"ghcr.io/acme/app:1"},{"image":"redis"}]}"#;
        let facts = check(&[image("acme/app", "", "2", "", "")], &Options::TYPED, text, text);
        assert_eq!(facts.near_miss("acme/app"), Some("ghcr.io/acme/app"));
        assert_eq!(facts.near_miss("ghcr.io/acme/app:1"), Some("ghcr.io/acme/app"));
        assert_eq!(facts.near_miss("reds"), Some("redis"));
        assert_eq!(facts.near_miss("postgres"), None);
    }

    proptest! {
        #[test]
        fn an_entry_without_change_keeps_every_reference(text in "[a-z/:@.0-9]{0,24}") {
            let name = ImageRef::split(&text).name;
            prop_assert_eq!(image(name, "", "", "", "").rewrite(ImageRef::split(&text)), text.as_str());
        }
    }
}
