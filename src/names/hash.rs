//! The suffix that generated ConfigMaps and Secrets get.

/// Letters and digits of a hash: kustomize replaces the vowels and what looks like another character
/// (`encode` in api/hasher), so that no word arises.
const ALPHABET: &[u8] = b"bcdfghkmt2456789";

/// The name before a hash as kustomize appends it: `-` and ten of its letters and digits.
pub fn without_hash(name: &str) -> Option<&str> {
    let (before, hash) = name.rsplit_once('-')?;
    let is_hash = hash.len() == 10 && hash.bytes().all(|byte| ALPHABET.contains(&byte));
    (is_hash && !before.is_empty()).then_some(before)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_ten_characters_of_the_alphabet_are_a_hash() {
        assert_eq!(without_hash("config-2mg9ffmtk8"), Some("config"));
        for name in
            ["config", "-2mg9ffmtk8", "config-2mg9ffmtk", "config-2mg9ffmta8", "config-2mg9ffmtk88", "é-ébcdfghkm"]
        {
            assert_eq!(without_hash(name), None, "{name}");
        }
    }
}
