//! Reads `schemas/crds/definitions.pack`. The layout is written down in `schemas/crds/pack.py`,
//! which makes the file. The tables are cut out while compiling, so nothing is done at start-up; a
//! definition becomes a tree when an object of its kind is met. A look-up that leaves a table finds
//! nothing instead of failing.

use std::cmp::Ordering;

use ecow::EcoVec;

use super::pack::word;
use crate::origin::Origin;
use crate::tree::{Map, Node, Value};

static BYTES: &[u8] = include_bytes!("../../schemas/crds/definitions.pack");

/// The pack that the binary holds.
pub(super) static PACK: Pack = Pack::cut(BYTES);

// A pack that does not fit its own header must not compile.
const _: () = assert!(matches!(BYTES, [b'S', b'C', b'D', b'1', ..]) && PACK_IS_WHOLE, "definitions.pack is damaged");
const PACK_IS_WHOLE: bool = !Pack::cut(BYTES).kinds.is_empty();

const HEADER: usize = 16;

/// The tables of the pack.
pub(super) struct Pack {
    ends: &'static [[u8; 4]],
    kinds: &'static [[u8; 6]],
    nodes: &'static [[u8; 5]],
    cells: &'static [[u8; 2]],
    text: &'static str,
}

/// A kind and the place of its definition.
#[derive(Clone, Copy, Debug)]
pub(super) struct KindRecord {
    pub(super) kind: &'static str,
    pub(super) group: &'static str,
    node: u16,
}

impl Pack {
    /// Cuts the tables out; the pack is empty when the header asks for more than there is.
    const fn cut(bytes: &'static [u8]) -> Self {
        let Some((header, rest)) = bytes.split_at_checked(HEADER) else { return Self::EMPTY };
        let [kinds, nodes, cells, strings] = [word(header, 4), word(header, 6), word(header, 8), word(header, 10)];
        let Some((ends, rest)) = rest.split_at_checked(strings * 4) else { return Self::EMPTY };
        let Some((kinds, rest)) = rest.split_at_checked(kinds * 6) else { return Self::EMPTY };
        let Some((nodes, rest)) = rest.split_at_checked(nodes * 5) else { return Self::EMPTY };
        let Some((cells, text)) = rest.split_at_checked(cells * 2) else { return Self::EMPTY };
        let Ok(text) = std::str::from_utf8(text) else { return Self::EMPTY };
        Self {
            ends: ends.as_chunks().0,
            kinds: kinds.as_chunks().0,
            nodes: nodes.as_chunks().0,
            cells: cells.as_chunks().0,
            text,
        }
    }

    const EMPTY: Self = Self { ends: &[], kinds: &[], nodes: &[], cells: &[], text: "" };

    /// All kinds, sorted by kind and group.
    pub(super) fn kinds(&'static self) -> impl ExactSizeIterator<Item = KindRecord> {
        self.kinds.iter().map(|bytes| self.kind_record(bytes))
    }

    /// The kind `kind` of `group`.
    pub(super) fn kind(&'static self, kind: &str, group: &str) -> Option<KindRecord> {
        let order = |record: KindRecord| -> Ordering { (record.kind, record.group).cmp(&(kind, group)) };
        let found = self.kinds.binary_search_by(|bytes| order(self.kind_record(bytes))).ok()?;
        Some(self.kind_record(&self.kinds[found]))
    }

    fn kind_record(&'static self, bytes: &[u8; 6]) -> KindRecord {
        let [kind, group, node] = [word(bytes, 0), word(bytes, 2), word(bytes, 4)].map(|word| word as u16);
        KindRecord { kind: self.string(kind), group: self.string(group), node }
    }

    /// The definition of a kind; what is equal in it is one node that is shared.
    pub(super) fn definition(&self, of: KindRecord) -> Option<Node> {
        Unpacked { pack: self, nodes: vec![None; usize::from(of.node) + 1] }.node(of.node)
    }

    /// The text of string `id`; empty when there is none.
    fn string(&self, id: u16) -> &'static str {
        let end = |place: usize| self.ends.get(place).map(|bytes| u32::from_le_bytes(*bytes) as usize);
        let place = usize::from(id);
        let start = if place == 0 { Some(0) } else { end(place - 1) };
        start.zip(end(place)).and_then(|(start, end)| self.text.get(start..end)).unwrap_or_default()
    }
}

/// The nodes of a definition that are trees by now.
struct Unpacked<'p> {
    pack: &'p Pack,
    nodes: Vec<Option<Node>>,
}

impl Unpacked<'_> {
    /// Node `id`, all of it at place 0. It has only nodes before it, so this ends.
    fn node(&mut self, id: u16) -> Option<Node> {
        if let Some(known) = self.nodes.get(usize::from(id))? {
            return Some(known.clone());
        }
        let [tag, a0, a1, b0, b1] = *self.pack.nodes.get(usize::from(id))?;
        let (a, b) = (u16::from_le_bytes([a0, a1]), u16::from_le_bytes([b0, b1]));
        let value = match tag {
            0 => Value::Null,
            1 | 2 => Value::Bool(tag == 2),
            3 => number(self.pack.string(a))?,
            4 => Value::Str(self.pack.string(a).into()),
            5 => Value::Seq(self.cells(a, b)?.iter().map(|cell| self.below(id, *cell)).collect::<Option<EcoVec<_>>>()?),
            6 => {
                let cells = self.cells(a, b)?.as_chunks::<2>().0;
                let mut map = Map::with_capacity(cells.len());
                for [key, cell] in cells {
                    let node = self.below(id, *cell)?;
                    map.push(self.pack.string(u16::from_le_bytes(*key)), node.origin(), node);
                }
                Value::Map(map)
            }
            _ => return None,
        };
        let node = Node::new(value, Origin::source(0));
        self.nodes[usize::from(id)] = Some(node.clone());
        Some(node)
    }

    /// A node in node `id`.
    fn below(&mut self, id: u16, cell: [u8; 2]) -> Option<Node> {
        let below = u16::from_le_bytes(cell);
        if below < id { self.node(below) } else { None }
    }

    fn cells(&self, first: u16, count: u16) -> Option<&'static [[u8; 2]]> {
        let (first, count) = (usize::from(first), usize::from(count));
        self.pack.cells.get(first..first + count)
    }
}

/// The value of a number's text.
fn number(text: &str) -> Option<Value> {
    let whole = text.parse().ok().map(Value::Int);
    whole.or_else(|| text.parse().ok().map(Value::Uint)).or_else(|| text.parse().ok().map(Value::Float))
}

#[cfg(test)]
mod tests {
    use super::super::oracle::tree;
    use super::*;

    /// The definitions as files, by their names.
    fn files() -> Vec<(String, Node)> {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/schemas/crds");
        let paths = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        let json = paths.filter(|path| path.extension().is_some_and(|ending| ending == "json"));
        let read = |path: std::path::PathBuf| {
            let text = std::fs::read_to_string(&path).unwrap();
            (path.file_name().unwrap().to_str().unwrap().to_owned(), tree(&serde_json::from_str(&text).unwrap()))
        };
        json.map(read).collect()
    }

    #[test]
    fn the_pack_holds_every_file_as_it_is_and_the_readme_names_it() {
        let readme = include_str!("../../schemas/crds/README.md");
        let files = files();
        assert_eq!(files.len(), PACK.kinds().len(), "run schemas/crds/pack.py");
        for (name, definition) in files {
            let text = |path: &[&str]| definition.at(path).unwrap().as_str().unwrap();
            let record = PACK.kind(text(&["spec", "names", "kind"]), text(&["spec", "group"]));
            let packed = record.and_then(|record| PACK.definition(record));
            assert_eq!(packed, Some(definition), "{name}: run schemas/crds/pack.py");
            assert!(readme.contains(&format!("| {name} | ")), "{name} has no line in schemas/crds/README.md");
        }
    }

    #[test]
    fn what_is_equal_is_shared_and_small() {
        assert!(BYTES.len() < 120_000, "{}", BYTES.len());
        assert!(PACK.kinds().map(|record| (record.kind, record.group)).is_sorted());
        assert!(PACK.kind("SecretStore", "example.com").is_none());
    }

    #[test]
    fn a_short_or_lying_pack_is_empty_and_ends() {
        assert!(Pack::cut(&[]).kinds.is_empty());
        assert!(Pack::cut(&[0xFF; 30]).kinds.is_empty());
        assert!(Pack::cut(&BYTES[..1000]).kinds.is_empty());
        // A list that holds itself, one that holds a later node, one of cells that are not there, an odd tag.
        let nodes = &[[5, 0, 0, 1, 0], [5, 1, 0, 1, 0], [6, 9, 0, 2, 0], [9, 0, 0, 0, 0]];
        let pack = Pack { nodes, cells: &[[0, 0], [2, 0]], ..Pack::EMPTY };
        for node in 0..5 {
            assert_eq!(pack.definition(KindRecord { kind: "", group: "", node }), None);
        }
    }

    #[test]
    fn numbers_are_read_as_in_json() {
        assert_eq!(number("-1"), Some(Value::Int(-1)));
        assert_eq!(number("18446744073709551615"), Some(Value::Uint(u64::MAX)));
        assert_eq!(number("0.5"), Some(Value::Float(0.5)));
        assert_eq!(number("x"), None);
    }
}
