//! The values of the libraries that Kubernetes adds to CEL, and times.

use core::net::IpAddr;
use std::cmp::Ordering;

use ecow::EcoString;

use super::Value;
use super::operators::{Outcome, Refusal, because};

/// A value with a type of its own.
#[derive(Clone, Debug, PartialEq)]
pub enum Special {
    /// A span of time in nanoseconds.
    Duration(i128),
    /// A point in time in nanoseconds since 1970.
    Timestamp(i128),
    /// An amount in billionths.
    Quantity(i128),
    /// A URL.
    Url(Url),
    /// An address.
    Ip(IpAddr),
    /// A network: an address and the length of its prefix.
    Cidr(IpAddr, u8),
    /// A semantic version.
    Semver(semver::Version),
    /// A format of names.
    Format(&'static str),
}

/// The parts of a URL, as Go's `net/url` takes it apart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Url {
    /// `https`.
    pub scheme: EcoString,
    /// Name and port.
    pub host: EcoString,
    /// The name without brackets.
    pub hostname: EcoString,
    /// The port, empty where none is written.
    pub port: EcoString,
    /// The path, escaped.
    pub path: EcoString,
    /// The query without `?`.
    pub query: EcoString,
}

/// The longest span of time: 290 years, as in Go.
const MAX_DURATION: i128 = i64::MAX as i128;

impl Special {
    pub(super) fn type_name(&self) -> &'static str {
        match self {
            Self::Duration(_) => "google.protobuf.Duration",
            Self::Timestamp(_) => "google.protobuf.Timestamp",
            Self::Quantity(_) => "kubernetes.Quantity",
            Self::Url(_) => "kubernetes.URL",
            Self::Ip(_) => "net.IP",
            Self::Cidr(..) => "net.CIDR",
            Self::Semver(_) => "kubernetes.Semver",
            Self::Format(_) => "kubernetes.NamedFormat",
        }
    }

    pub(super) fn duration(nanoseconds: i128) -> Outcome {
        match nanoseconds.abs() <= MAX_DURATION {
            true => Ok(Value::special(Self::Duration(nanoseconds))),
            false => because("the span of time is longer than 290 years"),
        }
    }

    pub(super) fn add(a: &Self, b: &Self) -> Outcome {
        match (a, b) {
            (Self::Duration(a), Self::Duration(b)) => Self::duration(a + b),
            (Self::Timestamp(a), Self::Duration(b)) | (Self::Duration(b), Self::Timestamp(a)) => {
                Ok(Value::special(Self::Timestamp(a + b)))
            }
            _ => Err(Refusal::NoOverload),
        }
    }

    pub(super) fn subtract(a: &Self, b: &Self) -> Outcome {
        match (a, b) {
            (Self::Duration(a), Self::Duration(b)) => Self::duration(a - b),
            (Self::Timestamp(a), Self::Duration(b)) => Ok(Value::special(Self::Timestamp(a - b))),
            (Self::Timestamp(a), Self::Timestamp(b)) => Self::duration(a - b),
            _ => Err(Refusal::NoOverload),
        }
    }

    pub(super) fn negate(&self) -> Outcome {
        match self {
            Self::Duration(span) => Self::duration(-span),
            _ => Err(Refusal::NoOverload),
        }
    }

    /// The order of operators; quantities and versions are compared by functions alone.
    pub(super) fn order(a: &Self, b: &Self) -> Option<Ordering> {
        match (a, b) {
            (Self::Duration(a), Self::Duration(b)) | (Self::Timestamp(a), Self::Timestamp(b)) => Some(a.cmp(b)),
            _ => None,
        }
    }
}
