//! What is written is read again as what it was, by both readers, and written again as the same bytes.

use proptest::prelude::*;
use strata::diagnostic::Diagnostics;
use strata::emit::json::{self, Layout};
use strata::emit::yaml;
use strata::load::yaml::{Dialect, Reader, read_with};
use strata::origin::Origin;
use strata::tree::{Entry, Map, Node, Value};

/// Pieces of texts: letters, and all that breaks a line or is hard to print.
const PIECES: [&str; 26] = [
    "a",
    "word",
    " ",
    " ",
    "\n",
    "\n",
    "\t",
    "\r",
    "\u{2028}",
    "\u{2029}",
    "\u{85}",
    "\u{feff}",
    "\u{a0}",
    "\u{e000}",
    "\u{1f600}",
    "\u{e9}",
    "'",
    "\"",
    "\\",
    ": ",
    " #",
    "-",
    "|",
    ">",
    "1",
    "yes",
];

fn text() -> impl Strategy<Value = String> {
    let short = prop::collection::vec(prop::sample::select(&PIECES[..]), 0..8).prop_map(|pieces| pieces.concat());
    let long = prop::collection::vec(prop::sample::select(&PIECES[..]), 60..120).prop_map(|pieces| pieces.concat());
    prop_oneof![6 => short, 1 => long]
}

fn tree() -> impl Strategy<Value = Node> {
    let origin = Origin::source(0);
    text().prop_map(move |text| Node::string(text, origin)).prop_recursive(3, 16, 4, move |inner| {
        let entry = move |(key, node): (String, Node)| Entry { key: key.into(), key_origin: origin, node };
        prop_oneof![
            prop::collection::vec(inner.clone(), 1..4).prop_map(move |items| Node::new(items, origin)),
            prop::collection::btree_map(text(), inner, 1..4)
                .prop_map(move |map| Node::new(map.into_iter().map(entry).collect::<Map>(), origin)),
        ]
    })
}

fn read(reader: Reader, text: &str) -> Result<Vec<Node>, String> {
    let mut said = Diagnostics::default();
    let documents = read_with(reader, text, 0, Dialect::Resource, &mut said);
    documents.ok_or_else(|| format!("{text:?}: {said:?}"))
}

fn same(a: &Node, b: &Node) -> bool {
    match (a.value(), b.value()) {
        (Value::Map(x), Value::Map(y)) => {
            x.len() == y.len() && x.iter().all(|entry| y.get(&entry.key).is_some_and(|node| same(&entry.node, node)))
        }
        (Value::Seq(x), Value::Seq(y)) => x.len() == y.len() && x.iter().zip(y).all(|(x, y)| same(x, y)),
        (x, y) => x == y,
    }
}

fn again(written: Vec<u8>, root: &Node) -> Result<(), TestCaseError> {
    let written = String::from_utf8(written).unwrap();
    for reader in [Reader::Fast, Reader::Granit] {
        let read = read(reader, &written).map_err(TestCaseError::fail)?;
        prop_assert!(matches!(&read[..], [node] if same(node, root)), "{root:?}\nas\n{written:?}\nis\n{read:?}");
    }
    Ok(())
}

fn round(root: &Node) -> Result<(), TestCaseError> {
    let written = yaml::yaml([root]);
    again(written.clone(), root)?;
    let first = read(Reader::Fast, &String::from_utf8(written.clone()).unwrap()).map_err(TestCaseError::fail)?;
    prop_assert_eq!(yaml::yaml(&first), written);
    again(yaml::as_written(root), root)?;
    again(json::json([root], Layout::Compact), root)
}

#[test]
fn what_was_found_by_chance_reads_back() {
    let seeds = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds/writer");
    let mut count = 0;
    for seed in std::fs::read_dir(seeds).unwrap() {
        let text = std::fs::read_to_string(seed.unwrap().path()).unwrap();
        for root in read(Reader::Fast, &text).unwrap_or_default() {
            round(&root).unwrap();
            count += 1;
        }
    }
    assert!(count > 3, "{count} documents");
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn any_text_reads_back(root in tree()) {
        // What kustomize makes of U+0085 on the way is part of reading: it is read once before.
        let first = json::json([&root], Layout::Compact);
        let Ok(roots) = read(Reader::Fast, &String::from_utf8(first).unwrap()) else { return Ok(()) };
        roots.iter().try_for_each(round)?;
    }
}
