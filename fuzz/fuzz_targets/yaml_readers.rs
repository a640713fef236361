//! The block scanner and the parser say the same of every text: trees, positions, diagnostics.

#![no_main]

use libfuzzer_sys::{Corpus, fuzz_target};
use strata::diagnostic::{Diagnostic, Diagnostics};
use strata::load::yaml::{Dialect, Reader, read_with};
use strata::tree::Node;

fuzz_target!(|text: &str| -> Corpus {
    for dialect in [Dialect::Resource, Dialect::MergePatch, Dialect::JsonPatch, Dialect::Model] {
        let (fast, granit) = (said(Reader::Fast, dialect, text), said(Reader::Granit, dialect, text));
        assert_eq!(format!("{fast:?}"), format!("{granit:?}"), "{dialect:?}");
    }
    Corpus::Keep
});

fn said(reader: Reader, dialect: Dialect, text: &str) -> (Option<Vec<Node>>, Vec<Diagnostic>) {
    let mut diagnostics = Diagnostics::default();
    let documents = read_with(reader, text, 0, dialect, &mut diagnostics);
    (documents, diagnostics.into_iter().collect())
}
