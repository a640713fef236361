//! The minor releases of Kubernetes.

use std::fmt;
use std::str::FromStr;

use super::pack::PACK;

/// A minor release of Kubernetes, such as 1.30.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version {
    /// 1 in every release so far.
    pub major: u8,
    /// The minor number.
    pub minor: u8,
}

impl Version {
    /// The oldest release with definitions.
    pub const OLDEST: Self = Self { major: 1, minor: PACK.first_minor };
    /// The newest release with definitions.
    pub const NEWEST: Self = Self { major: 1, minor: PACK.first_minor + PACK.minors - 1 };

    /// The nearest release with definitions: itself, the oldest or the newest.
    #[must_use]
    pub fn nearest_supported(self) -> Self {
        self.clamp(Self::OLDEST, Self::NEWEST)
    }

    /// Whether there are definitions of exactly this release.
    pub fn is_supported(self) -> bool {
        self == self.nearest_supported()
    }

    /// All releases with definitions, oldest first.
    pub fn supported() -> impl DoubleEndedIterator<Item = Self> {
        (0..PACK.minors).map(Self::at)
    }

    /// The release at `index` of the pack.
    pub(super) fn at(index: u8) -> Self {
        Self { major: 1, minor: PACK.first_minor.saturating_add(index) }
    }

    /// The index of the nearest supported release in the pack.
    pub(super) fn index(self) -> u8 {
        self.nearest_supported().minor.saturating_sub(PACK.first_minor)
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

/// The text was not a version such as `1.30` or `v1.30.2`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidVersion;

impl fmt::Display for InvalidVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a Kubernetes version is written as `1.30` or `v1.30.2`")
    }
}

impl std::error::Error for InvalidVersion {}

/// Reads `1.30`, `v1.30` and `v1.30.2`; what follows the patch number (`-gke.100`, `+k3s1`) does
/// not count, nor does the `+` that some clouds write after the minor number.
impl FromStr for Version {
    type Err = InvalidVersion;

    fn from_str(text: &str) -> Result<Self, InvalidVersion> {
        let text = text.strip_prefix('v').unwrap_or(text);
        let (major, rest) = text.split_once('.').ok_or(InvalidVersion)?;
        let (release, _) = rest.split_once(['-', '+']).unwrap_or((rest, ""));
        let (minor, patch) = release.split_once('.').unwrap_or((release, "0"));
        number(patch)?;
        let narrow = |number: u32| u8::try_from(number).map_err(|_| InvalidVersion);
        Ok(Self { major: narrow(number(major)?)?, minor: narrow(number(minor)?)? })
    }
}

fn number(text: &str) -> Result<u32, InvalidVersion> {
    match text.bytes().all(|byte| byte.is_ascii_digit()) {
        true => text.parse().map_err(|_| InvalidVersion),
        false => Err(InvalidVersion),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_as_clusters_and_people_write_them() {
        let read = |text: &str| text.parse::<Version>();
        let v1_30 = Version { major: 1, minor: 30 };
        for text in ["1.30", "v1.30", "v1.30.2", "1.30+", "v1.30.2-gke.100", "v1.30.4+k3s1"] {
            assert_eq!(read(text), Ok(v1_30), "{text}");
        }
        for text in ["", "1", "v1.", "1.x", "1.30.", "1.-30", "1.300", "+1.30", "1.30.2.1", "1. 30"] {
            assert_eq!(read(text), Err(InvalidVersion), "{text}");
        }
    }

    #[test]
    fn an_unknown_release_takes_the_nearest_known_one() {
        let nearest = |text: &str| text.parse::<Version>().unwrap().nearest_supported();
        assert_eq!(nearest("1.19"), Version::OLDEST);
        assert_eq!(nearest("1.99"), Version::NEWEST);
        assert_eq!(nearest("2.0"), Version::NEWEST);
        assert_eq!(nearest("1.31").to_string(), "1.31");
        assert_eq!(Version::supported().next(), Some(Version::OLDEST));
        assert_eq!(Version::supported().next_back(), Some(Version::NEWEST));
    }
}
