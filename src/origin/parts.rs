//! The same work for each of many things, on threads.

use rayon::prelude::*;

use super::numbers::Run;
use super::{Kept, Origins};

/// From how many things on threads pay for themselves.
const MANY: usize = 128;

/// How many things one part holds at least, and how many parts there are at most.
const PART: usize = 32;
const PARTS: usize = 64;

impl Origins {
    /// Does `work` to each of `items` and gives back what came of it, in their order. Many are done
    /// beside each other; what they record has the same numbers on any number of threads. The origins
    /// that `work` is given know the steps of its part and no others.
    pub fn each<T: Send, R: Send>(
        &mut self,
        items: &mut [T],
        work: impl Fn(&mut T, &mut Origins) -> R + Sync,
    ) -> Vec<R> {
        if items.len() < MANY {
            return items.iter_mut().map(|item| work(item, self)).collect();
        }
        let size = items.len().div_ceil(PARTS).max(PART);
        let parts = self.parts(items.len().div_ceil(size));
        let part = |(items, mut origins): (&mut [T], Origins)| {
            let done: Vec<R> = items.iter_mut().map(|item| work(item, &mut origins)).collect();
            (done, origins)
        };
        // A thread that waits for parts would begin with another build meanwhile, and lay it on its stack.
        let (done, parts): (Vec<Vec<R>>, Vec<Origins>) = match rayon::current_thread_index() {
            Some(_) => items.chunks_mut(size).zip(parts).map(part).unzip(),
            None => items.par_chunks_mut(size).zip(parts).map(part).unzip(),
        };
        self.join(parts);
        done.into_iter().flatten().collect()
    }

    /// Origins for `count` parts, each with its own numbers; [`Origins::join`] takes them back.
    fn parts(&mut self, count: usize) -> Vec<Origins> {
        if !self.derived.is_empty() {
            let next = self.numbers.after(self.derived.len());
            self.before.push(Run::new(self.numbers, vec![std::mem::take(&mut self.derived)]));
            self.numbers = next;
        }
        let kept = || self.kept.as_ref().map(|kept| Box::new(Kept { prevented: kept.prevented, ..Kept::default() }));
        let part = |part| Self {
            numbers: self.numbers.of_part(part, count),
            rules: self.rules.clone(),
            transforms: self.transforms.clone(),
            kept: kept(),
            ..Self::default()
        };
        (0..count).map(part).collect()
    }

    /// Takes what the parts recorded, in their order.
    fn join(&mut self, parts: Vec<Origins>) {
        let numbers = self.numbers.of_part(0, parts.len());
        let longest = parts.iter().map(|part| part.derived.len()).max().unwrap_or_default();
        let mut recorded = Vec::with_capacity(parts.len());
        for part in parts {
            recorded.push(part.derived);
            if let (Some(kept), Some(own)) = (&mut self.kept, part.kept) {
                kept.losses.extend(own.losses);
                kept.printed.extend(own.printed);
            }
        }
        self.numbers = numbers.after(longest);
        self.before.push(Run::new(numbers, recorded));
    }
}

#[cfg(test)]
mod tests {
    use crate::origin::{Cause, Derived, Origin, Origins, Rule};
    use crate::tree::Node;

    fn step(at: u32, replaced: Option<Origin>) -> Derived {
        Derived { cause: Cause::Layer, at: Some(Origin::source(at)), replaced, old: None }
    }

    /// Records `count(i)` steps for item `i`, twice, each over the one before.
    fn recorded(items: u32, count: impl Fn(u32) -> u32 + Sync) -> (Origins, Vec<(u32, Vec<Origin>)>) {
        let mut origins = Origins::default();
        origins.derive(step(0, None));
        let mut all: Vec<(u32, Vec<Origin>)> = (0..items).map(|item| (item, Vec::new())).collect();
        for round in 0..2 {
            let done = origins.each(&mut all, |(item, made), origins| {
                for number in 0..count(*item) {
                    let last = made.last().copied();
                    made.push(origins.derive(step(*item * 1000 + number, last)));
                    assert_eq!(
                        origins.get(made[made.len() - 1]).unwrap().at,
                        Some(Origin::source(*item * 1000 + number))
                    );
                }
                *item
            });
            assert_eq!(done, (0..items).collect::<Vec<_>>());
            let between = origins.derive(step(round, None));
            assert_eq!(origins.place(between), Some(round));
        }
        (origins, all)
    }

    #[test]
    fn each_step_is_found_by_its_number_however_many_parts_there_are() {
        for items in [0, 1, 127, 128, 129, 1000, 5000] {
            for count in [|_| 1, |item| item % 7, |item| if item == 70 { 900 } else { 0 }] {
                let (origins, all) = recorded(items, count);
                let mut seen = std::collections::HashSet::new();
                for (item, made) in &all {
                    for (place, origin) in made.iter().enumerate() {
                        assert!(seen.insert(*origin), "a number is given once");
                        let number = place as u32 % count(*item);
                        let derived = origins.get(*origin).unwrap();
                        assert_eq!(derived.at, Some(Origin::source(item * 1000 + number)));
                        assert_eq!(derived.replaced, place.checked_sub(1).map(|before| made[before]));
                    }
                }
                assert_eq!(origins.derivations().count(), seen.len() + 3);
            }
        }
    }

    #[test]
    fn steps_stand_in_the_order_of_the_things_that_they_are_about() {
        let (origins, _) = recorded(300, |_| 2);
        let places: Vec<u32> = origins.derivations().filter_map(|step| step.at?.position()).collect();
        let round: Vec<u32> = (0..300).flat_map(|item| [item * 1000, item * 1000 + 1]).collect();
        assert_eq!(places, [&[0][..], &round, &[0], &round, &[1]].concat());
    }

    #[test]
    fn what_was_taken_away_is_kept_in_order() {
        let mut origins = Origins::with_losses();
        let mut nodes: Vec<Node> = (0..500).map(|item| Node::string("x", Origin::source(item))).collect();
        origins.each(&mut nodes, |node, origins| origins.taken_away(node, None, node.origin()));
        let by: Vec<u32> = origins.losses().iter().filter_map(|taken| taken.by.position()).collect();
        assert_eq!(by, (0..500).collect::<Vec<_>>());
    }

    #[test]
    fn a_rule_that_was_known_before_is_the_same_in_each_part() {
        static RULE: Rule = Rule { name: "r", text: "t", change: "c" };
        let mut origins = Origins::default();
        let made = origins.rule(&RULE);
        let all = origins.each(&mut [(); 500], |(), origins| origins.rule(&RULE));
        assert!(all.iter().all(|origin| *origin == made));
    }
}
