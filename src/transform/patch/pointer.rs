//! JSON pointers (RFC 6901).

use ecow::EcoString;

use super::Dialect;

/// A parsed JSON pointer: the unescaped tokens from the root down.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pointer(Vec<EcoString>);

/// Why a text is no JSON pointer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Malformed {
    /// It is neither empty nor starts with `/`.
    NoSlash,
    /// A `~` is followed by something else than `0` or `1`.
    Escape,
}

impl Pointer {
    /// Reads a pointer. kustomize passes over everything before the first `/` and leaves an
    /// unknown escape as it is (evanphx/json-patch v4).
    pub fn parse(text: &str, dialect: Dialect) -> Result<Self, Malformed> {
        if text.is_empty() {
            return Ok(Self::default());
        }
        let (before, tokens) = text.split_once('/').ok_or(Malformed::NoSlash)?;
        if dialect == Dialect::Standard {
            if !before.is_empty() {
                return Err(Malformed::NoSlash);
            }
            if tokens.split('~').skip(1).any(|after| !after.starts_with(['0', '1'])) {
                return Err(Malformed::Escape);
            }
        }
        // `~1` first: `~01` means `~1`, not `/`.
        Ok(Self(tokens.split('/').map(|token| token.replace("~1", "/").replace("~0", "~").into()).collect()))
    }

    /// The tokens from the root down.
    pub fn tokens(&self) -> &[EcoString] {
        &self.0
    }

    /// The first `length` tokens.
    pub(super) fn prefix(&self, length: usize) -> Self {
        Self(self.0.iter().take(length).cloned().collect())
    }

    /// Whether `self` points at something strictly inside of what `other` points at.
    pub(super) fn is_inside(&self, other: &Self) -> bool {
        self.0.len() > other.0.len() && self.0.starts_with(&other.0)
    }
}

/// The pointer as it is written, with escapes.
impl std::fmt::Display for Pointer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|token| write!(f, "/{}", token.replace("~", "~0").replace("/", "~1")))
    }
}

/// Reads a token as the index of a list. RFC 6901 allows digits without leading zeros alone;
/// kustomize reads `01`, `+1`, and `-1` from the end: of `length` items, `-1` is the last one.
pub(super) fn index(token: &str, length: usize, dialect: Dialect) -> Option<usize> {
    match dialect {
        Dialect::Standard => {
            let plain = token.bytes().all(|byte| byte.is_ascii_digit()) && (token == "0" || !token.starts_with('0'));
            plain.then(|| token.parse().ok())?
        }
        Dialect::Kustomize => match token.parse::<i64>().ok()? {
            below if below < 0 => length.checked_sub(usize::try_from(below.unsigned_abs()).ok()?),
            number => usize::try_from(number).ok(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pointers_are_unescaped_and_printed_back() {
        for (text, tokens) in [
            ("", &[][..]),
            ("/", &[""]),
            ("/a/b", &["a", "b"]),
            ("/app.kubernetes.io~1name", &["app.kubernetes.io/name"]),
            ("/~01/~1~0", &["~1", "/~"]),
        ] {
            let pointer = Pointer::parse(text, Dialect::Standard).unwrap();
            assert_eq!(pointer.tokens(), tokens, "{text}");
            assert_eq!(pointer.to_string(), text);
        }
    }

    #[test]
    fn kustomize_is_lenient_about_the_start_and_about_escapes() {
        for (text, error, tokens) in [
            ("spec/x", Malformed::NoSlash, &["x"][..]),
            ("/a~2b", Malformed::Escape, &["a~2b"]),
            ("/a~", Malformed::Escape, &["a~"]),
        ] {
            assert_eq!(Pointer::parse(text, Dialect::Standard), Err(error));
            assert_eq!(Pointer::parse(text, Dialect::Kustomize).unwrap().tokens(), tokens);
        }
        assert_eq!(Pointer::parse("spec", Dialect::Kustomize), Err(Malformed::NoSlash));
    }

    #[test]
    fn an_index_is_read_as_the_dialect_says() {
        for (token, standard, kustomize) in [
            ("0", Some(0), Some(0)),
            ("12", Some(12), Some(12)),
            ("01", None, Some(1)),
            ("+1", None, Some(1)),
            ("-1", None, Some(2)),
            ("-4", None, None),
            ("-", None, None),
            ("", None, None),
            ("x", None, None),
            ("99999999999999999999", None, None),
        ] {
            assert_eq!(index(token, 3, Dialect::Standard), standard, "{token}");
            assert_eq!(index(token, 3, Dialect::Kustomize), kustomize, "{token}");
        }
    }
}
