//! From the bytes of a file to text.

use crate::diagnostic::Diagnostic;
use crate::origin::Origin;

/// Why bytes are no text. The text before the problem is valid and ends where the problem is, so
/// a caller registers `prefix` as the source and points at its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Undecodable {
    /// What is wrong.
    pub problem: Encoding,
    /// The byte of the file at which the problem is, counted from 0; a byte order mark counts.
    pub offset: usize,
    /// The text before the problem, without a byte order mark.
    pub prefix: String,
}

/// What is wrong with bytes that should be UTF-8 text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-16, in either byte order.
    Utf16,
    /// UTF-32, in either byte order.
    Utf32,
    /// A NUL byte.
    Nul,
    /// A byte that UTF-8 does not allow there.
    NotUtf8,
}

impl Undecodable {
    /// The error to show, for a caller that registered `prefix` as a source with base `base`.
    pub fn diagnostic(&self, base: u32) -> Diagnostic {
        let offset = self.offset;
        let message = match self.problem {
            Encoding::Utf16 => "the file is UTF-16 text; only UTF-8 is read".to_owned(),
            Encoding::Utf32 => "the file is UTF-32 text; only UTF-8 is read".to_owned(),
            Encoding::Nul => format!("byte {offset} of the file is NUL, which no text holds"),
            Encoding::NotUtf8 => format!("the file is not UTF-8 text: byte {offset} does not fit"),
        };
        let help = match self.problem {
            Encoding::Utf16 | Encoding::Utf32 => "save the file as UTF-8",
            Encoding::Nul => "remove the byte, or check whether this is a binary file",
            Encoding::NotUtf8 => "save the file as UTF-8, or put binary data in base64",
        };
        let end = base.saturating_add(u32::try_from(self.prefix.len()).unwrap_or(u32::MAX));
        let code = if self.problem == Encoding::Nul { "control-character" } else { "not-utf8" };
        Diagnostic::error(code, message).at(Origin::source(end.min(u32::MAX >> 1))).help(help)
    }
}

/// The text of a file. A UTF-8 byte order mark is taken off: it is no part of the text, so
/// position 0 is the byte after it. UTF-16, UTF-32, NUL bytes and anything else that is not UTF-8
/// are refused.
pub fn decode(mut bytes: Vec<u8>) -> Result<String, Undecodable> {
    if let Some(problem) = wide_encoding(&bytes) {
        return Err(Undecodable { problem, offset: 0, prefix: String::new() });
    }
    let mark = if bytes.starts_with(b"\xEF\xBB\xBF") { 3 } else { 0 };
    bytes.drain(..mark);
    // `contains` looks at many bytes at once.
    let nul = bytes.contains(&0).then(|| bytes.iter().position(|byte| *byte == 0)).flatten();
    let invalid = std::str::from_utf8(&bytes).err().map(|error| error.valid_up_to());
    let bad = [(nul, Encoding::Nul), (invalid, Encoding::NotUtf8)];
    let bad = bad.into_iter().filter_map(|(end, problem)| Some((end?, problem))).min_by_key(|(end, _)| *end);
    if let Some((end, _)) = bad {
        bytes.truncate(end);
    }
    match (String::from_utf8(bytes), bad) {
        (Ok(text), None) => Ok(text),
        (Ok(prefix), Some((end, problem))) => Err(Undecodable { problem, offset: mark + end, prefix }),
        (Err(error), _) => {
            let offset = mark + error.utf8_error().valid_up_to();
            Err(Undecodable { problem: Encoding::NotUtf8, offset, prefix: String::new() })
        }
    }
}

/// UTF-16 or UTF-32 by its byte order mark, or by the NUL bytes around the first character, which
/// the YAML specification (1.2.2, section 5.2) makes an ASCII one.
fn wide_encoding(bytes: &[u8]) -> Option<Encoding> {
    match bytes {
        [0, 0, 0xFE, 0xFF, ..] | [0xFF, 0xFE, 0, 0, ..] => Some(Encoding::Utf32),
        [0, 0, 0, 1..=255, ..] | [1..=255, 0, 0, 0, ..] => Some(Encoding::Utf32),
        [0xFE, 0xFF, ..] | [0xFF, 0xFE, ..] => Some(Encoding::Utf16),
        [0, 1..=255, 0, _, ..] | [1..=255, 0, _, 0, ..] | [0, 1..=255] | [1..=255, 0] => Some(Encoding::Utf16),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(bytes: &[u8]) -> (Encoding, usize, String) {
        let error = decode(bytes.to_vec()).unwrap_err();
        (error.problem, error.offset, error.prefix)
    }

    #[test]
    fn a_byte_order_mark_is_no_part_of_the_text() {
        assert_eq!(decode(b"\xEF\xBB\xBFa: 1".to_vec()).unwrap(), "a: 1");
        assert_eq!(decode(b"".to_vec()).unwrap(), "");
    }

    #[test]
    fn utf_16_and_utf_32_are_named_with_and_without_their_mark() {
        let wide: Vec<u8> = "a: 1".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let wide_be: Vec<u8> = "a: 1".encode_utf16().flat_map(u16::to_be_bytes).collect();
        let four: Vec<u8> = "a: 1".chars().flat_map(|c| (c as u32).to_le_bytes()).collect();
        assert_eq!(problem(&wide).0, Encoding::Utf16);
        assert_eq!(problem(&wide_be).0, Encoding::Utf16);
        assert_eq!(problem(&four).0, Encoding::Utf32);
        assert_eq!(problem(b"\xFF\xFEa\0").0, Encoding::Utf16);
        assert_eq!(problem(b"\xFF\xFE\0\0a\0\0\0").0, Encoding::Utf32);
    }

    #[test]
    fn the_place_of_a_bad_byte_is_the_end_of_the_prefix() {
        assert_eq!(problem(b"a: b\nc: \xFF\n"), (Encoding::NotUtf8, 8, "a: b\nc: ".into()));
        assert_eq!(problem(b"\xEF\xBB\xBFab\0"), (Encoding::Nul, 5, "ab".into()));
        assert_eq!(problem(b"abcd\xFF\0").1, 4);
        let diagnostic = decode(b"a: \xFF".to_vec()).unwrap_err().diagnostic(100);
        assert_eq!(diagnostic.primary.unwrap().origin, Origin::source(103));
        assert_eq!(diagnostic.message, "the file is not UTF-8 text: byte 3 does not fit");
    }
}
