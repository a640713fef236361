//! Addresses and networks.

use core::net::IpAddr;

use super::super::Value;
use super::super::budget::Budget;
use super::super::operators::{Outcome, Refusal, because};
use super::super::types::Special;
use super::{Function, both, format, free, method, text};

pub(super) const FUNCTIONS: [Function; 15] = [
    both("ip", 1, 1, ip),
    free("isIP", 1, |a, _| Ok(Value::Bool(address(text(&a[0])?).is_some()))),
    free("ip.isCanonical", 1, |a, _| match address(text(&a[0])?) {
        Some(ip) => Ok(Value::Bool(ip.to_string() == text(&a[0])?)),
        None => because(format!("`{}` is no address", format::cut(text(&a[0])?))),
    }),
    method("family", 1, 1, |a, _| Ok(Value::Int(if of(&a[0])?.is_ipv4() { 4 } else { 6 }))),
    method("isUnspecified", 1, 1, |a, _| Ok(Value::Bool(of(&a[0])?.is_unspecified()))),
    method("isLoopback", 1, 1, |a, _| Ok(Value::Bool(of(&a[0])?.is_loopback()))),
    method("isLinkLocalMulticast", 1, 1, |a, _| Ok(Value::Bool(is_link_local_multicast(of(&a[0])?)))),
    method("isLinkLocalUnicast", 1, 1, |a, _| Ok(Value::Bool(is_link_local(of(&a[0])?)))),
    method("isGlobalUnicast", 1, 1, |a, _| Ok(Value::Bool(is_global(of(&a[0])?)))),
    free("cidr", 1, |a, _| match network(text(&a[0])?) {
        Some((ip, length)) => Ok(Value::special(Special::Cidr(ip, length))),
        None => because(format!("`{}` is no network", format::cut(text(&a[0])?))),
    }),
    free("isCIDR", 1, |a, _| Ok(Value::Bool(network(text(&a[0])?).is_some()))),
    method("containsIP", 2, 2, |a, _| {
        let ip = match &a[1] {
            Value::Text(text) => {
                address(text).ok_or_else(|| Refusal::Because(format!("`{}` is no address", format::cut(text))))?
            }
            other => of(other)?,
        };
        let (base, length) = cidr(&a[0])?;
        Ok(Value::Bool(contains(base, length, ip)))
    }),
    method("containsCIDR", 2, 2, |a, _| {
        let (inner, inner_length) = match &a[1] {
            Value::Text(text) => {
                network(text).ok_or_else(|| Refusal::Because(format!("`{}` is no network", format::cut(text))))?
            }
            other => cidr(other)?,
        };
        let (base, length) = cidr(&a[0])?;
        Ok(Value::Bool(length <= inner_length && contains(base, length, inner)))
    }),
    method("masked", 1, 1, |a, _| {
        let (ip, length) = cidr(&a[0])?;
        Ok(Value::special(Special::Cidr(masked(ip, length), length)))
    }),
    method("prefixLength", 1, 1, |a, _| Ok(Value::Int(cidr(&a[0])?.1.into()))),
];

/// An address of a text, or that of a network.
fn ip(a: &[Value], _: &mut Budget) -> Outcome {
    if let Ok((ip, _)) = cidr(&a[0]) {
        return Ok(Value::special(Special::Ip(ip)));
    }
    match address(text(&a[0])?) {
        Some(ip) => Ok(Value::special(Special::Ip(ip))),
        None => because(format!("`{}` is no address", format::cut(text(&a[0])?))),
    }
}

/// Kubernetes takes no addresses of IPv4 that are written as IPv6, and no zones.
fn address(text: &str) -> Option<IpAddr> {
    match text.parse().ok()? {
        IpAddr::V6(ip) if ip.to_ipv4_mapped().is_some() => None,
        ip => Some(ip),
    }
}

fn network(text: &str) -> Option<(IpAddr, u8)> {
    let (ip, length) = text.split_once('/')?;
    let ip = address(ip)?;
    let canonical = length == "0" || (!length.starts_with(['0', '+']) && !length.is_empty());
    let length: u8 = length.parse().ok().filter(|_| canonical)?;
    (length <= bits(ip)).then_some((ip, length))
}

fn bits(ip: IpAddr) -> u8 {
    if ip.is_ipv4() { 32 } else { 128 }
}

fn of(value: &Value) -> Result<IpAddr, Refusal> {
    match value {
        Value::Special(special) => match special.as_ref() {
            Special::Ip(ip) => Ok(*ip),
            _ => Err(Refusal::NoOverload),
        },
        _ => Err(Refusal::NoOverload),
    }
}

fn cidr(value: &Value) -> Result<(IpAddr, u8), Refusal> {
    match value {
        Value::Special(special) => match special.as_ref() {
            Special::Cidr(ip, length) => Ok((*ip, *length)),
            _ => Err(Refusal::NoOverload),
        },
        _ => Err(Refusal::NoOverload),
    }
}

fn masked(ip: IpAddr, length: u8) -> IpAddr {
    match ip {
        IpAddr::V4(ip) => {
            let mask = u32::MAX.checked_shl(32 - u32::from(length)).unwrap_or_default();
            IpAddr::V4((u32::from(ip) & mask).into())
        }
        IpAddr::V6(ip) => {
            let mask = u128::MAX.checked_shl(128 - u32::from(length)).unwrap_or_default();
            IpAddr::V6((u128::from(ip) & mask).into())
        }
    }
}

fn contains(base: IpAddr, length: u8, ip: IpAddr) -> bool {
    base.is_ipv4() == ip.is_ipv4() && masked(base, length) == masked(ip, length)
}

fn is_link_local_multicast(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => matches!(ip.octets(), [224, 0, 0, _]),
        IpAddr::V6(ip) => ip.segments()[0] & 0xff0f == 0xff02,
    }
}

fn is_link_local(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => ip.is_link_local(),
        IpAddr::V6(ip) => ip.segments()[0] & 0xffc0 == 0xfe80,
    }
}

/// As Go means it: neither unspecified, loopback, multicast, link-local nor broadcast.
fn is_global(ip: IpAddr) -> bool {
    let broadcast = matches!(ip, IpAddr::V4(ip) if ip.is_broadcast());
    !(broadcast || ip.is_unspecified() || ip.is_loopback() || ip.is_multicast() || is_link_local(ip))
}
