//! What is read and written is read again as what it was, and written again as the same bytes.

#![no_main]

use libfuzzer_sys::{Corpus, fuzz_target};
use strata::emit::json::{self, Layout};
use strata::emit::yaml;
use strata::load::yaml::Dialect;
use strata_fuzz::{documents, same};

fuzz_target!(|text: &str| -> Corpus {
    let Some(read) = documents(text, Dialect::Resource) else { return Corpus::Keep };
    for root in &read {
        let written = text_of(yaml::yaml([root]));
        again(&written, root);
        assert_eq!(written, text_of(yaml::yaml(&documents(&written, Dialect::Resource).unwrap())));
        again(&text_of(yaml::as_written(root)), root);
        again(&text_of(json::json([root], Layout::Compact)), root);
    }
    Corpus::Keep
});

#[track_caller]
fn again(written: &str, root: &strata::tree::Node) {
    let read = documents(written, Dialect::Resource);
    let is_same = read.as_ref().is_some_and(|read| matches!(&read[..], [node] if same(node, root)));
    assert!(is_same, "{root:?}\nis written as\n{written}\nwhich is\n{read:?}");
}

fn text_of(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap()
}
