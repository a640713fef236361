//! Lines and columns, for what is printed.

use std::collections::HashMap;

use super::{Location, Source, Sources, Written};

/// Where positions are, for people. The lines of a source are found once, when it is asked for first.
#[derive(Clone, Debug)]
pub struct Locations<'a> {
    sources: &'a Sources,
    /// Where the lines of a source begin, by the source's start.
    lines: HashMap<u32, Vec<u32>>,
}

/// A line: its index, and where it begins and ends in its source.
struct Line {
    index: usize,
    start: u32,
    end: u32,
}

impl<'a> Locations<'a> {
    /// Locations in `sources`.
    pub fn new(sources: &'a Sources) -> Self {
        Self { sources, lines: HashMap::new() }
    }

    /// The sources.
    pub fn sources(&self) -> &'a Sources {
        self.sources
    }

    /// File, line and column of `position`; of one in a text that stands in a file, those in the file.
    pub fn locate(&mut self, position: u32) -> Option<Location> {
        let position = self.written(position).position;
        let source = self.sources.source(position)?;
        let offset = (position - source.base).min(source.text.len() as u32);
        let line = self.line_at(source, offset);
        let before = source.text.get(line.start as usize..offset as usize).unwrap_or_default();
        Some(Location { path: source.path.clone(), line: line.index + 1, column: before.chars().count() + 1 })
    }

    /// The place in the file that `position` is in: `position` itself, unless it is one of a text that
    /// stands in the file.
    pub fn written(&mut self, position: u32) -> Written {
        let mut written = Written { position, exact: true };
        // A text may stand in a text, each behind what holds it.
        while let Some(outer) = self.outer(written.position) {
            written = Written { exact: written.exact && outer.exact, ..outer };
        }
        written
    }

    /// The place of `position` in the source that holds its source.
    fn outer(&mut self, position: u32) -> Option<Written> {
        let source = self.sources.source(position)?;
        let within = source.within?;
        let holder = self.sources.source(within.at)?;
        let length = source.text.len() as u32;
        let offset = (position - source.base).min(length);
        let here = self.line_at(source, offset);
        let is_end = here.start == length && here.index > 0;
        // The end of a text is the end of its last line.
        let (index, column) = if is_end { (here.index - 1, u32::MAX) } else { (here.index, offset - here.start) };
        if index >= within.lines as usize {
            return Some(Written { position: within.at, exact: false });
        }
        let begin = within.begin - holder.base;
        let there = match index {
            0 => Line { start: begin, ..self.line_at(holder, begin) },
            _ => {
                let first = self.line_at(holder, begin).index;
                self.line(holder, first + index)
            }
        };
        let there = there.start.saturating_add(within.indent).saturating_add(column).min(there.end);
        Some(Written { position: holder.base + there, exact: true })
    }

    /// The line that holds byte `offset` of a source.
    fn line_at(&mut self, source: &Source, offset: u32) -> Line {
        let after = self.starts(source).partition_point(|start| *start <= offset);
        self.line(source, after.saturating_sub(1))
    }

    /// The line of an index; the end of the source behind the last one.
    fn line(&mut self, source: &Source, index: usize) -> Line {
        let text = source.text.as_bytes();
        let starts = self.starts(source);
        let end_of_text = text.len() as u32;
        let start = starts.get(index).copied().unwrap_or(end_of_text);
        let next = starts.get(index + 1).map_or(end_of_text, |next| next - 1);
        let end = if next > start && text.get(next as usize - 1) == Some(&b'\r') { next - 1 } else { next };
        Line { index, start, end }
    }

    fn starts(&mut self, source: &Source) -> &[u32] {
        self.lines.entry(source.base).or_insert_with(|| {
            let breaks = source.text.bytes().zip(1..).filter(|(byte, _)| *byte == b'\n');
            std::iter::once(0).chain(breaks.map(|(_, next)| next)).collect()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Where each character of the text is that stands at `mark` of the file, and whether exactly.
    #[track_caller]
    fn check(file: &str, mark: &str, text: &str, expected: &[(char, usize, usize, bool)]) {
        let mut sources = Sources::default();
        sources.add("other".into(), "/p/other".into(), "a: b\n".into()).unwrap();
        let start = sources.add("f".into(), "/p/f".into(), file.into()).unwrap();
        let at = start + file.find(mark).unwrap() as u32;
        let base = sources.add_within(at, text.into()).unwrap();
        let mut locations = Locations::new(&sources);
        for (c, line, column, exact) in expected {
            let position = base + text.find(*c).unwrap() as u32;
            let found = locations.locate(position).unwrap();
            assert_eq!((found.path.to_str(), found.line, found.column), (Some("f"), *line, *column), "{file:?}: {c}");
            let written = locations.written(position);
            assert_eq!(written.exact, *exact, "{file:?}: {c}");
            if *exact {
                assert!(file[(written.position - start) as usize..].starts_with(*c), "{file:?}: {c}");
            }
        }
    }

    #[test]
    fn a_line_of_a_block_has_its_place_in_the_file() {
        check(
            "p: |\n  ä: b\n\n    c: d\n",
            "ä",
            "ä: b\n\n  c: d\n",
            &[('ä', 2, 3, true), ('b', 2, 6, true), ('d', 4, 8, true)],
        );
        check("p: |-\r\n  a\r\n  b\r\n", "a", "a\nb", &[('a', 2, 3, true), ('b', 3, 3, true)]);
        check("p: |\n\n \n  a\nq: r\n", "a\n", "\n\na\n", &[('a', 4, 3, true)]);
        check("p: |2\n     a\n   b\n", "a", "   a\n b\n", &[('a', 2, 6, true), ('b', 3, 4, true)]);
        check("- - |-\n   a", "a", "a", &[('a', 2, 4, true)]);
    }

    #[test]
    fn a_text_that_is_not_written_in_lines_has_the_place_of_its_beginning() {
        check("p: 'a b'\n", "'", "a b", &[('a', 1, 5, true), ('b', 1, 7, true)]);
        check("p: \"a\\nb\"\n", "\"", "a\nb", &[('a', 1, 5, true), ('b', 1, 4, false)]);
        check("p: 'it''s a'\n", "'", "it's a", &[('a', 1, 4, false)]);
        check("p: >\n  a\n  b\n\n  c\n", "a", "a b\nc\n", &[('a', 2, 3, false), ('c', 2, 3, false)]);
        check("p: &x a\nq: *x\n", "*", "a", &[('a', 2, 4, false)]);
    }

    #[test]
    fn the_end_of_a_text_is_the_end_of_its_last_line() {
        let mut sources = Sources::default();
        sources.add("f".into(), "/p/f".into(), "p: |\n  a: b\nq: r\n".into()).unwrap();
        let base = sources.add_within(7, "a: b\n".into()).unwrap();
        for past in 5..9 {
            let found = sources.locate(base + past).unwrap();
            assert_eq!((found.line, found.column), (2, 7), "{past}");
        }
    }

    #[test]
    fn a_text_in_a_text_has_its_place_in_the_file() {
        let mut sources = Sources::default();
        sources.add("f".into(), "/p/f".into(), "- |\n  p: |\n    a: b\n".into()).unwrap();
        let outer = sources.add_within(6, "p: |\n  a: b\n".into()).unwrap();
        let inner = sources.add_within(outer + 7, "a: b\n".into()).unwrap();
        let found = sources.locate(inner + 3).unwrap();
        assert_eq!((found.path.to_str(), found.line, found.column), (Some("f"), 3, 8));
        assert_eq!(Locations::new(&sources).written(inner + 3), Written { position: 18, exact: true });
    }
}
