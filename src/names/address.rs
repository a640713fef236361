//! Addresses of IP: `core` knows how they are written, and has no sockets.

use core::net::IpAddr;

/// An address of IP version 4 or 6.
pub fn ip_address(text: &str) -> Result<(), String> {
    text.parse::<IpAddr>().map(|_| ()).map_err(|_| "write the like of `10.0.0.1`".to_owned())
}

/// A range of addresses in CIDR notation.
pub fn cidr(text: &str) -> Result<(), String> {
    let reason = || "write the like of `10.0.0.0/24`".to_owned();
    let (address, length) = text.split_once('/').ok_or_else(reason)?;
    let address: IpAddr = address.parse().map_err(|_| reason())?;
    let most = if address.is_ipv4() { 32 } else { 128 };
    match length.parse::<u8>() {
        Ok(length) if length <= most => Ok(()),
        _ => Err(reason()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_has_an_address_and_a_length_that_fits() {
        for good in ["10.0.0.0/24", "0.0.0.0/0", "fd00::/8"] {
            assert!(cidr(good).is_ok(), "{good}");
        }
        for bad in ["", "10.0.0.0", "10.0.0.0/33", "10.0.0/24", "host/24", "fd00::/129", "10.0.0.0/-1"] {
            assert!(cidr(bad).is_err(), "{bad}");
        }
    }
}
