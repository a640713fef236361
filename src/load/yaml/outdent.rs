//! Quoted texts and collections in brackets that go on with too little indentation.
//!
//! YAML wants their lines indented deeper than the key, and with spaces. Kustomize's readers do not
//! look, so such manifests exist. For the parser the lines are indented; as line breaks inside
//! quotes fold together with the spaces around them, the values stay what they are.

/// How far a line is indented that was not.
const INDENT: &str = "                                                                ";

/// A text with spaces put in, and where.
pub(super) struct Outdented {
    text: String,
    /// Where the spaces are: offsets in `text`, ascending.
    places: Vec<usize>,
}

impl Outdented {
    pub(super) fn new(text: &str) -> Self {
        Self { text: text.to_owned(), places: Vec::new() }
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    pub(super) fn is_changed(&self) -> bool {
        !self.places.is_empty()
    }

    /// Indents what begins at `at`.
    pub(super) fn indent(&mut self, at: usize) {
        self.text.insert_str(at, INDENT);
        self.places.push(at);
    }

    /// The offset in the text as it was.
    pub(super) fn original(&self, offset: usize) -> usize {
        let before = self.places.partition_point(|place| *place < offset);
        match before.checked_sub(1).and_then(|last| self.places.get(last)) {
            // A place inside of the spaces is the one behind them.
            Some(last) => offset.max(last + INDENT.len()) - before * INDENT.len(),
            None => offset,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_lead_back_to_the_text_as_it_was() {
        let mut outdented = Outdented::new("a: 'b\nc\nd'\n");
        outdented.indent(6);
        outdented.indent(6 + INDENT.len() + 2);
        let offsets = ["b", "c", "d"].map(|text| outdented.original(outdented.text().find(text).unwrap()));
        assert_eq!(offsets, [4, 6, 8]);
        assert_eq!(outdented.original(20), 6);
    }
}
