//! Reads `schemas/kubernetes/definitions.pack` in place. The layout is written down in
//! `schemas/kubernetes/pack.py`, which makes the file. The tables are cut out while compiling, so
//! nothing is done at start-up; a look-up that leaves a table finds nothing instead of failing.

use std::cmp::Ordering;
use std::ops::Range;

static BYTES: &[u8] = include_bytes!("../../schemas/kubernetes/definitions.pack");

/// The pack that the binary holds.
pub(super) static PACK: Pack = Pack::cut(BYTES);

// A pack that does not fit its own header must not compile.
const _: () = assert!(matches!(BYTES, [b'S', b'K', b'D', b'1', ..]) && PACK_IS_WHOLE, "definitions.pack is damaged");
const PACK_IS_WHOLE: bool = !Pack::cut(BYTES).kinds.is_empty();

const HEADER: usize = 24;
const NONE: u16 = 0xFFFF;

/// The tables of the pack.
pub(super) struct Pack {
    /// The minor release that versions are counted from.
    pub(super) first_minor: u8,
    /// The number of minor releases.
    pub(super) minors: u8,
    ends: &'static [[u8; 4]],
    types: &'static [[u8; 8]],
    fields: &'static [[u8; 6]],
    kinds: &'static [[u8; 10]],
    lists: &'static [[u8; 10]],
    text: &'static str,
}

/// A type as it is stored.
#[derive(Clone, Copy, Debug)]
pub(super) struct TypeRecord {
    pub(super) kind: u8,
    pub(super) flags: u8,
    /// First field, type of items or values, or format; by kind.
    pub(super) a: u16,
    /// The number of field records.
    pub(super) b: u16,
    list: u16,
}

/// A field of an object, for a run of versions.
#[derive(Clone, Copy, Debug)]
pub(super) struct FieldRecord {
    pub(super) name: u16,
    pub(super) type_id: u16,
    pub(super) versions: Run,
    pub(super) required: bool,
}

/// A group, version and kind, for a run of versions.
#[derive(Clone, Copy, Debug)]
pub(super) struct KindRecord {
    pub(super) kind: u16,
    pub(super) group: u16,
    pub(super) version: u16,
    pub(super) type_id: u16,
    pub(super) versions: Run,
    pub(super) scope: u8,
}

/// First and last version, counted from the first minor release of the pack.
#[derive(Clone, Copy, Debug)]
pub(super) struct Run(u8);

impl Run {
    pub(super) fn first(self) -> u8 {
        self.0 >> 4
    }

    pub(super) fn last(self) -> u8 {
        self.0 & 0x0F
    }

    pub(super) fn contains(self, version: u8) -> bool {
        self.first() <= version && version <= self.last()
    }
}

impl Pack {
    /// Cuts the tables out; the pack is empty when the header asks for more than there is.
    const fn cut(bytes: &'static [u8]) -> Self {
        let Some((header, rest)) = bytes.split_at_checked(HEADER) else { return Self::EMPTY };
        let [types, fields, kinds, lists, strings] =
            [word(header, 6), word(header, 8), word(header, 10), word(header, 12), word(header, 14)];
        let Some((ends, rest)) = rest.split_at_checked(strings * 4) else { return Self::EMPTY };
        let Some((types, rest)) = rest.split_at_checked(types * 8) else { return Self::EMPTY };
        let Some((fields, rest)) = rest.split_at_checked(fields * 6) else { return Self::EMPTY };
        let Some((kinds, rest)) = rest.split_at_checked(kinds * 10) else { return Self::EMPTY };
        let Some((lists, text)) = rest.split_at_checked(lists * 10) else { return Self::EMPTY };
        let Ok(text) = std::str::from_utf8(text) else { return Self::EMPTY };
        Self {
            first_minor: header[4],
            minors: header[5],
            ends: ends.as_chunks().0,
            types: types.as_chunks().0,
            fields: fields.as_chunks().0,
            kinds: kinds.as_chunks().0,
            lists: lists.as_chunks().0,
            text,
        }
    }

    const EMPTY: Self =
        Self { first_minor: 0, minors: 0, ends: &[], types: &[], fields: &[], kinds: &[], lists: &[], text: "" };

    /// The text of string `id`; empty when there is none.
    pub(super) fn string(&self, id: u16) -> &'static str {
        self.span(id).and_then(|span| self.text.get(span)).unwrap_or_default()
    }

    /// Compares string `id` with `name`, as the strings are sorted: by bytes.
    fn compare(&self, id: u16, name: &str) -> Ordering {
        let bytes = self.span(id).and_then(|span| self.text.as_bytes().get(span));
        bytes.unwrap_or_default().cmp(name.as_bytes())
    }

    fn span(&self, id: u16) -> Option<Range<usize>> {
        let end = |place: usize| self.ends.get(place).map(|bytes| u32::from_le_bytes(*bytes) as usize);
        let place = usize::from(id);
        let start = if place == 0 { 0 } else { end(place - 1)? };
        Some(start..end(place)?)
    }

    /// Type `id`.
    pub(super) fn type_record(&self, id: u16) -> Option<TypeRecord> {
        let [kind, flags, rest @ ..] = *self.types.get(usize::from(id))?;
        let [a, b, list] = words(rest);
        Some(TypeRecord { kind, flags, a, b, list })
    }

    /// The field records of an object, for all versions, sorted by name and version.
    pub(super) fn fields(&self, of: TypeRecord) -> impl Iterator<Item = FieldRecord> + Clone + use<> {
        self.field_slice(of).iter().map(field)
    }

    /// The field `name` of an object at `version`.
    pub(super) fn field(&self, of: TypeRecord, name: &str, version: u8) -> Option<FieldRecord> {
        let records = self.field_slice(of);
        let found = records.binary_search_by(|record| self.compare(field(record).name, name)).ok()?;
        let id = field(&records[found]).name;
        // A field that changed has several records side by side, one per run of versions.
        let start = records[..found].iter().rposition(|record| field(record).name != id).map_or(0, |before| before + 1);
        let mut same = records[start..].iter().map(field).take_while(|record| record.name == id);
        same.find(|record| record.versions.contains(version))
    }

    fn field_slice(&self, of: TypeRecord) -> &'static [[u8; 6]] {
        let start = usize::from(of.a);
        self.fields.get(start..start + usize::from(of.b)).unwrap_or_default()
    }

    /// All kind records, sorted by kind, group, API version and version.
    pub(super) fn kinds(&self) -> impl Iterator<Item = KindRecord> + Clone + use<> {
        let kinds: &'static [[u8; 10]] = self.kinds;
        kinds.iter().map(kind)
    }

    /// The records of one kind in one group, of all API versions.
    pub(super) fn kinds_of<'a>(&'a self, name: &'a str, group: &'a str) -> impl Iterator<Item = KindRecord> + 'a {
        let place = |record: KindRecord| -> Ordering {
            self.compare(record.kind, name).then_with(|| self.compare(record.group, group))
        };
        let start = self.kinds.partition_point(|record| place(kind(record)).is_lt());
        self.kinds[start..].iter().map(kind).take_while(move |record| place(*record).is_eq())
    }

    /// The merge key of a list type.
    pub(super) fn merge_key(&self, of: TypeRecord) -> Option<&'static str> {
        let [key, ..]: [u16; 5] = words(*self.lists.get(usize::from(of.list))?);
        (key != NONE).then(|| self.string(key))
    }

    /// The keys that make the items of a list one map.
    pub(super) fn list_map_keys(&'static self, of: TypeRecord) -> impl Iterator<Item = &'static str> {
        let record = self.lists.get(usize::from(of.list)).map(|bytes| words::<10, 5>(*bytes));
        let keys = record.map_or([NONE; 4], |[_, keys @ ..]| keys);
        keys.into_iter().filter(|key| *key != NONE).map(|key| self.string(key))
    }
}

pub(super) const fn word(bytes: &[u8], at: usize) -> usize {
    u16::from_le_bytes([bytes[at], bytes[at + 1]]) as usize
}

/// The little-endian words of a record; words that are not there are 0.
fn words<const BYTES: usize, const WORDS: usize>(bytes: [u8; BYTES]) -> [u16; WORDS] {
    let mut result = [0; WORDS];
    for (word, pair) in result.iter_mut().zip(bytes.as_chunks().0) {
        *word = u16::from_le_bytes(*pair);
    }
    result
}

fn field(bytes: &[u8; 6]) -> FieldRecord {
    let [a, b, c, d, versions, required] = *bytes;
    // Look-ups read many records: this is faster than `words`.
    let (name, type_id) = (u16::from_le_bytes([a, b]), u16::from_le_bytes([c, d]));
    FieldRecord { name, type_id, versions: Run(versions), required: required != 0 }
}

fn kind(bytes: &[u8; 10]) -> KindRecord {
    let [names @ .., versions, scope] = *bytes;
    let [kind, group, version, type_id] = words::<8, 4>(names);
    KindRecord { kind, group, version, type_id, versions: Run(versions), scope }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_sorted_and_every_reference_leads_somewhere() {
        let names: Vec<_> = (0..PACK.ends.len()).map(|id| PACK.string(id as u16)).collect();
        assert!(names.is_sorted() && names.iter().skip(1).all(|name| !name.is_empty()), "only core's group is empty");
        for id in 0..PACK.types.len() {
            let record = PACK.type_record(id as u16).unwrap();
            assert_eq!(PACK.fields(record).count(), if record.kind == 1 { record.b.into() } else { 0 });
            let known = |id: u16| PACK.type_record(id).is_some();
            assert!(!matches!(record.kind, 2 | 3) || known(record.a));
            assert!(PACK.fields(record).all(|field| known(field.type_id) && field.versions.last() < PACK.minors));
        }
        let order = |r: KindRecord| (r.kind, r.group, r.version, r.versions.first());
        assert!(PACK.kinds().map(order).is_sorted());
    }

    #[test]
    fn the_readme_names_this_pack() {
        use sha2::{Digest, Sha256};
        let digest: String = Sha256::digest(BYTES).iter().map(|byte| format!("{byte:02x}")).collect();
        let readme = include_str!("../../schemas/kubernetes/README.md");
        assert!(readme.contains(&digest), "the pack changed: its digest is {digest}");
    }

    #[test]
    fn a_short_or_lying_pack_is_empty() {
        assert!(Pack::cut(&[]).kinds.is_empty());
        assert!(Pack::cut(&[0xFF; 30]).kinds.is_empty());
        assert!(Pack::cut(&BYTES[..1000]).kinds.is_empty());
    }
}
