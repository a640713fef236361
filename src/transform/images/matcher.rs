//! Which images an entry is for.

use regex::Regex;

use crate::image::ImageRef;

/// Which images an entry is for.
#[derive(Clone, Debug, Default)]
pub enum Matcher {
    /// Those with the name of the entry, whatever their tag and digest.
    #[default]
    Name,
    /// Those that kustomize finds by a name without anything special: a dot of the name stands for
    /// any character, and what follows the name is a tag of `[a-zA-Z0-9_.{}-]` and a digest of
    /// `sha256`, or neither.
    Kustomize,
    /// Those whose whole reference fits.
    Pattern(Regex),
}

impl Matcher {
    /// Whether `image` is one of those of an entry with this name.
    pub fn fits(&self, name: &str, image: &str) -> bool {
        match self {
            Self::Name => ImageRef::split(image).name == name,
            Self::Kustomize => behind(name, image).is_some_and(is_version),
            Self::Pattern(pattern) => pattern.is_match(image),
        }
    }
}

/// What follows the name in a reference that begins with it.
fn behind<'i>(name: &str, image: &'i str) -> Option<&'i str> {
    let mut rest = image.chars();
    for wanted in name.chars() {
        let found = rest.next()?;
        if found != wanted && (wanted != '.' || found == '\n') {
            return None;
        }
    }
    Some(rest.as_str())
}

/// Whether a text is nothing, `:` and a tag, `@sha256:` and a digest, or both.
fn is_version(text: &str) -> bool {
    let is_plain = |text: &str| text.bytes().all(|b| b.is_ascii_alphanumeric() || b"_.{}-".contains(&b));
    let (tag, digest) = match text.split_once('@') {
        Some((tag, digest)) => (tag, Some(digest)),
        None => (text, None),
    };
    (tag.is_empty() || tag.strip_prefix(':').is_some_and(is_plain))
        && digest.is_none_or(|digest| digest.strip_prefix("sha256:").is_some_and(is_plain))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kustomize_finds_a_name_with_the_tags_and_digests_that_it_knows() {
        for image in ["a.b/c", "a.b/c:", "a.b/c:v1_{x}", "a.b/c@sha256:0f", "a.b/c:1@sha256:0f", "axb/c:1"] {
            assert!(Matcher::Kustomize.fits("a.b/c", image), "{image}");
        }
        for image in ["b/c", "a.b/cd", "a.b/c:${T}", "a.b/c:$(T)", "a.b/c@md5:0f", "a.b/c:1:2", "a\nb/c", "a.b/c:1/d"] {
            assert!(!Matcher::Kustomize.fits("a.b/c", image), "{image}");
        }
        assert!(Matcher::Kustomize.fits("nginx:1.25", "nginx:1.25") && Matcher::Name.fits("a", "a:${T}"));
    }
}
