//! Addresses of IP: `core` knows how they are written, and has no sockets.

use core::net::IpAddr;

/// An address of IP version 4 or 6.
pub fn ip_address(text: &str) -> Result<(), String> {
    text.parse::<IpAddr>().map(|_| ()).map_err(|_| "write the like of `10.0.0.1`".to_owned())
}

/// A range of addresses, such as `10.0.0.0/8` or `2001:db8::/32`, with no bit set behind the prefix.
pub fn cidr(text: &str) -> Result<(), String> {
    let wrong = || format!("write an address and the length of its prefix, such as `10.0.0.0/8`, not `{text}`");
    let (address, length) = text.split_once('/').ok_or_else(wrong)?;
    let address: IpAddr = address.parse().map_err(|_| wrong())?;
    let (bits, width) = match address {
        IpAddr::V4(v4) => (u128::from(v4.to_bits()), 32u32),
        IpAddr::V6(v6) => (v6.to_bits(), 128),
    };
    let is_plain = length.chars().all(|c| c.is_ascii_digit()) && (length == "0" || !length.starts_with('0'));
    let length: u32 = length.parse().ok().filter(|length| is_plain && *length <= width).ok_or_else(wrong)?;
    let host = width - length;
    let host_bits = if host >= 128 { bits } else { bits & ((1u128 << host) - 1) };
    if host_bits != 0 {
        return Err(format!("bits are set behind the prefix of {length}"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_of_addresses_have_no_bits_behind_the_prefix() {
        for good in ["10.0.0.0/8", "0.0.0.0/0", "1.2.3.4/32", "2001:db8::/32", "::/0", "::1/128"] {
            assert_eq!(cidr(good), Ok(()), "{good}");
        }
        for bad in [
            "",
            "10.0.0.0",
            "10.0.0.0/33",
            "10.0.0.1/8",
            "10.0.0/8",
            "::1/64",
            "1.2.3.4/-1",
            "1.2.3.4/+8",
            "0.0.0.0/00",
        ] {
            assert!(cidr(bad).is_err(), "{bad}");
        }
    }
}
