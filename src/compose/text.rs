//! Texts of a Compose file: its interpolation, times and amounts.

use ecow::{EcoString, eco_format};

use crate::names;
use crate::tree::{Node, Text};

/// A text that Compose takes as it is: `$` starts an interpolation, `$$` is the character.
pub(super) fn literal(text: &str) -> EcoString {
    text.replace('$', "$$").into()
}

/// [`literal`] with the place of the text.
pub(super) fn taken(text: &Text) -> Node {
    Node::string(literal(text), text.origin)
}

/// A command that Compose takes as it is. In Kubernetes `$(NAME)` stands for a variable; here a
/// shell alone would read it.
pub(super) fn words(words: &[Text]) -> Vec<Node> {
    words.iter().map(taken).collect()
}

/// A text in a line of a shell.
pub(super) fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=@%+,".contains(c);
    match !text.is_empty() && text.chars().all(plain) {
        true => text.to_owned(),
        false => format!("'{}'", text.replace('\'', r"'\''")),
    }
}

/// Seconds as Compose writes them.
pub(super) fn seconds(count: u32) -> EcoString {
    eco_format!("{count}s")
}

/// An amount of memory: bytes, or a whole number of their powers of 1024.
pub(super) fn memory(quantity: &str) -> Option<EcoString> {
    let bytes = names::amount(quantity)? / 1_000_000_000;
    let fitting =
        [("g", 30), ("m", 20), ("k", 10)].into_iter().find(|(_, power)| bytes > 0 && bytes % (1 << power) == 0);
    Some(match fitting {
        Some((unit, power)) => eco_format!("{}{unit}", bytes >> power),
        None => eco_format!("{bytes}b"),
    })
}

/// A number of cores: `0.2` for `200m`.
pub(super) fn cores(quantity: &str) -> Option<EcoString> {
    let billionths = names::amount(quantity)?;
    let (whole, rest) = (billionths / 1_000_000_000, billionths % 1_000_000_000);
    let fraction = format!("{rest:09}");
    Some(match fraction.trim_end_matches('0') {
        "" => eco_format!("{whole}"),
        fraction => eco_format!("{whole}.{fraction}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_those_of_compose() {
        let texts = ["2Gi", "512Mi", "1500Ki", "500M", "1", "0.5Gi"];
        assert_eq!(texts.map(|text| memory(text).unwrap()), ["2g", "512m", "1500k", "500000000b", "1b", "512m"]);
        assert_eq!(["1", "200m", "1500m", "0.25"].map(|text| cores(text).unwrap()), ["1", "0.2", "1.5", "0.25"]);
    }

    #[test]
    fn a_dollar_is_doubled_and_words_are_quoted_where_a_shell_would_read_them() {
        assert_eq!(literal("a$b${C}"), "a$$b$${C}");
        assert_eq!(["/a-b", "a b", "it's", ""].map(quoted), ["/a-b", "'a b'", r"'it'\''s'", "''"]);
    }
}
