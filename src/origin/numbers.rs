//! The numbers of derivations, which parts of one step give beside each other.

use super::Derived;

/// How many numbers in a row one part has.
const BLOCK: u64 = 64;

/// The numbers that one part gives: its first block comes after those of the parts before it, and its
/// next block after those of all parts, so that no part has to know how many the others need.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Numbers {
    /// The first number of the first part.
    base: u64,
    part: u64,
    parts: u64,
}

impl Default for Numbers {
    fn default() -> Self {
        Self { base: 0, part: 0, parts: 1 }
    }
}

impl Numbers {
    /// The numbers of one of several parts that begin where these do.
    pub fn of_part(self, part: usize, parts: usize) -> Self {
        Self { base: self.base, part: part as u64, parts: parts.max(1) as u64 }
    }

    /// The number of the derivation at `index`.
    pub fn of(self, index: usize) -> u64 {
        let index = index as u64;
        self.base + (index / BLOCK * self.parts + self.part) * BLOCK + index % BLOCK
    }

    /// The index of the derivation of this number; `None` when another part or run gave it.
    pub fn index(self, number: u64) -> Option<usize> {
        let (part, index) = split(number.checked_sub(self.base)?, self.parts);
        (part == self.part).then_some(index as usize)
    }

    /// The numbers after these, of which the longest part gave `count`.
    pub fn after(self, count: usize) -> Self {
        let blocks = (count as u64).div_ceil(BLOCK) * self.parts;
        Self { base: self.base + blocks * BLOCK, part: 0, parts: 1 }
    }
}

/// The part that gave the number `offset` of a run of so many parts, and the index of its derivation.
fn split(offset: u64, parts: u64) -> (u64, u64) {
    let (block, place) = (offset / BLOCK, offset % BLOCK);
    (block % parts, block / parts * BLOCK + place)
}

/// What some parts recorded beside each other.
#[derive(Clone, Debug)]
pub(super) struct Run {
    base: u64,
    parts: Vec<Vec<Derived>>,
}

impl Run {
    /// What the parts of one step recorded, with the numbers of the first.
    pub fn new(numbers: Numbers, parts: Vec<Vec<Derived>>) -> Self {
        Self { base: numbers.base, parts }
    }

    /// Whether this number is not of a run before.
    pub fn begins_by(&self, number: u64) -> bool {
        self.base <= number
    }

    /// The derivation of a number.
    pub fn get(&self, number: u64) -> Option<&Derived> {
        let (part, index) = split(number.checked_sub(self.base)?, self.parts.len() as u64);
        self.parts.get(part as usize)?.get(index as usize)
    }

    /// The derivations, in the order of the parts.
    pub fn derivations(&self) -> impl Iterator<Item = &Derived> {
        self.parts.iter().flatten()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.parts.iter().map(Vec::len).sum()
    }
}
