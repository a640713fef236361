//! The order of keys: go-yaml v2's natural order, made deterministic.
//!
//! The relation is not transitive once digits and letters mix (`a02` < `a10b` < `a1b` < `a2b` <
//! `a02`), and kustomize sorts from random map order, so a set of keys that holds such a circle
//! has no fixed order there. Here it has one: keys are laid in byte order first and then merged
//! by the natural relation, so the result depends on the set of keys alone. On every set on which
//! the relation is an order, that is the one order there is. The standard sort is not used
//! because it may panic on a relation like this.

use std::cmp::Ordering;

use crate::tree::Entry;

/// The orders of the mappings that are being written, outermost first, in one reused buffer.
#[derive(Default)]
pub struct Order {
    indexes: Vec<u32>,
    /// Whether keys stay in the order in which the mapping has them.
    as_written: bool,
}

/// The order of one mapping: where its indexes begin, or nothing when it is written in order.
pub struct Sorted(Option<usize>);

impl Order {
    /// The order of each mapping itself.
    pub fn as_written() -> Self {
        Self { as_written: true, ..Self::default() }
    }

    /// Whether keys stay in the order in which the mapping has them.
    pub fn is_as_written(&self) -> bool {
        self.as_written
    }

    /// Finds the order of `entries`; [`Order::release`] gives its room back.
    pub fn sort(&mut self, entries: &[Entry]) -> Sorted {
        if self.as_written || entries.len() < 2 || are_ordered(entries) {
            return Sorted(None);
        }
        let start = self.indexes.len();
        self.indexes.extend(0..u32::try_from(entries.len()).unwrap_or(u32::MAX));
        let indexes = &mut self.indexes[start..];
        let key = |index: u32| entries[index as usize].key.as_bytes();
        indexes.sort_unstable_by(|a, b| key(*a).cmp(key(*b)));
        merge_sort(indexes, &mut Vec::new(), &|a, b| natural(&entries[a as usize].key, &entries[b as usize].key));
        Sorted(Some(start))
    }

    /// The index of the entry that is written at `place`.
    pub fn entry(&self, sorted: &Sorted, place: usize) -> usize {
        sorted.0.map_or(place, |start| self.indexes[start + place] as usize)
    }

    /// Gives the room of an order back; orders are released innermost first.
    pub fn release(&mut self, sorted: Sorted) {
        if let Some(start) = sorted.0 {
            self.indexes.truncate(start);
        }
    }
}

/// Whether the entries are in order as they are, told without sorting. Keys with digits are not
/// judged: among them neighbours in order prove nothing about the rest, and the result must not
/// depend on how the mapping was written.
fn are_ordered(entries: &[Entry]) -> bool {
    let mut previous = &entries[0].key;
    if has_digit(previous) {
        return false;
    }
    entries[1..].iter().all(|entry| {
        let ordered = !has_digit(&entry.key) && natural(previous, &entry.key) == Ordering::Less;
        previous = &entry.key;
        ordered
    })
}

fn has_digit(key: &str) -> bool {
    key.bytes().fold(false, |found, byte| found | byte.is_ascii_digit())
}

/// Runs up to this length are sorted by insertion.
const RUN: usize = 16;

/// A stable sort that is content with any relation.
fn merge_sort(indexes: &mut [u32], buffer: &mut Vec<u32>, order: &impl Fn(u32, u32) -> Ordering) {
    if indexes.len() <= RUN {
        return insertion_sort(indexes, order);
    }
    let middle = indexes.len() / 2;
    merge_sort(&mut indexes[..middle], buffer, order);
    merge_sort(&mut indexes[middle..], buffer, order);
    if order(indexes[middle - 1], indexes[middle]) != Ordering::Greater {
        return;
    }
    buffer.clear();
    buffer.extend_from_slice(&indexes[..middle]);
    let (mut left, mut right) = (0, middle);
    for place in 0..indexes.len() {
        if left == buffer.len() {
            break; // What is left of the right half is in its place.
        }
        let take_right = right < indexes.len() && order(indexes[right], buffer[left]) == Ordering::Less;
        let from = if take_right { &mut right } else { &mut left };
        let index = if take_right { indexes[*from] } else { buffer[*from] };
        *from += 1;
        indexes[place] = index;
    }
}

fn insertion_sort(indexes: &mut [u32], order: &impl Fn(u32, u32) -> Ordering) {
    for end in 1..indexes.len() {
        let index = indexes[end];
        let mut place = end;
        while place > 0 && order(index, indexes[place - 1]) == Ordering::Less {
            indexes[place] = indexes[place - 1];
            place -= 1;
        }
        indexes[place] = index;
    }
}

/// The natural relation. At the first character that differs: two letters go by code point; a
/// letter goes after anything else; otherwise the runs of digits that begin there are compared as
/// numbers, then by length, then the characters by code point. Where one of the two is a `0` that
/// continues a number, both runs count as if a `1` stood before them. Digits are ASCII here.
pub fn natural(a: &str, b: &str) -> Ordering {
    let common = a.bytes().zip(b.bytes()).take_while(|(x, y)| x == y).count();
    let common = (0..=common).rev().find(|&at| a.is_char_boundary(at)).unwrap_or(0);
    let (Some(x), Some(y)) = (a[common..].chars().next(), b[common..].chars().next()) else {
        return a.len().cmp(&b.len());
    };
    match (x.is_alphabetic(), y.is_alphabetic()) {
        (true, true) => x.cmp(&y),
        (true, false) => Ordering::Greater,
        (false, true) => Ordering::Less,
        (false, false) => {
            let lead = i64::from((x == '0' || y == '0') && continues_number(&a.as_bytes()[..common]));
            let run = |key: &str| digit_run(&key.as_bytes()[common..], lead);
            run(a).cmp(&run(b)).then(x.cmp(&y))
        }
    }
}

/// Whether the digits at the end of `before` hold another digit than 0.
fn continues_number(before: &[u8]) -> bool {
    before.iter().rev().take_while(|byte| byte.is_ascii_digit()).any(|byte| *byte != b'0')
}

/// The value and the length of the digits that `rest` begins with. Like go-yaml's, the value
/// wraps around where it does not fit.
fn digit_run(rest: &[u8], lead: i64) -> (i64, usize) {
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit());
    digits.fold((lead, 0), |(value, length), digit| {
        (value.wrapping_mul(10).wrapping_add(i64::from(digit - b'0')), length + 1)
    })
}
