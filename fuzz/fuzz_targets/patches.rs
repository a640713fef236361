//! Patches of all three kinds. The documents of a text are a resource and its patches: a list is
//! JSON 6902, a mapping a strategic merge and a JSON merge. A patch that fails changes nothing, and
//! one that does not leaves what can be written and read again.

#![no_main]

use libfuzzer_sys::{Corpus, fuzz_target};
use strata::kubernetes::{Definitions, Type, Version};
use strata::load::yaml::Dialect as Yaml;
use strata::origin::Origins;
use strata::resource::Gvk;
use strata::transform::patch::{Dialect, Outcome, json6902, merge, strategic};
use strata::tree::Node;
use strata_fuzz::{depth, documents, same};

fuzz_target!(|text: &str| -> Corpus {
    let Some(read) = documents(text, Yaml::Resource) else { return Corpus::Reject };
    let [root, patches @ ..] = &read[..] else { return Corpus::Reject };
    for dialect in [Dialect::Standard, Dialect::Kustomize] {
        for patch in patches {
            let once = apply(root, patch, dialect);
            assert_eq!(format!("{once:?}"), format!("{:?}", apply(root, patch, dialect)));
        }
        patches.iter().fold(root.clone(), |root, patch| apply(&root, patch, dialect));
    }
    Corpus::Keep
});

fn apply(root: &Node, patch: &Node, dialect: Dialect) -> Node {
    if patch.as_seq().is_some() {
        let Ok(operations) = json6902::parse(patch, dialect) else { return root.clone() };
        return checked(root, |node, origins| json6902::apply(node, &operations, dialect, origins).ok());
    }
    checked(root, |node, origins| Some(merge::apply(node, patch, origins)));
    checked(root, |node, origins| strategic::apply(node, patch, shape(root), dialect, origins).ok())
}

fn checked(root: &Node, apply: impl Fn(&mut Node, &mut Origins) -> Option<Outcome>) -> Node {
    let (mut node, mut origins) = (root.clone(), Origins::default());
    let outcome = apply(&mut node, &mut origins);
    if outcome.is_none_or(|outcome| outcome.deleted) {
        assert_eq!(format!("{node:?}"), format!("{root:?}"), "what fails or deletes changes nothing");
    }
    assert!(depth(&node) <= 128, "{}", depth(&node));
    let written = String::from_utf8(strata::emit::yaml::yaml([&node])).unwrap();
    let again = documents(&written, Yaml::Resource);
    assert!(again.is_some_and(|again| same(&again[0], &node)), "{node:?}\n{written}");
    node
}

fn shape(root: &Node) -> Option<Type> {
    let text = |key| root.get(key).and_then(Node::as_str).unwrap_or_default();
    let gvk = Gvk::new(text("apiVersion"), text("kind"));
    Definitions::of(Version::NEWEST).resource(&gvk)
}
