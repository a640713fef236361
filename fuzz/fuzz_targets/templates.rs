//! A template prints only whole values: what it prints is read again, or it is an error that has a
//! place. The first document of the text is the values, the rest after `---` is the template.

#![no_main]

use libfuzzer_sys::{Corpus, fuzz_target};
use strata::load::yaml::Dialect;
use strata::origin::Origin;
use strata::resolve::template::{Scope, render};
use strata::tree::Node;
use strata_fuzz::documents;

fuzz_target!(|text: &str| -> Corpus {
    let Some((values, template)) = text.split_once("\n---\n") else { return Corpus::Reject };
    let Some(values) = documents(values, Dialect::Model) else { return Corpus::Reject };
    let [values] = &values[..] else { return Corpus::Reject };
    let app = Node::map(Origin::source(0));
    let scope = Scope { values, app: &app, environment: Some("prod"), namespace: Some("shop") };
    let rendered = render(template, 0, scope);
    assert_eq!(format!("{rendered:?}"), format!("{:?}", render(template, 0, scope)));
    if let Ok(rendered) = rendered {
        documents(&rendered, Dialect::Resource);
    }
    Corpus::Keep
});
