//! The values of secrets that can be seen: fixed ones of a local environment, and literals that
//! stand in the place of a secret's key.

use crate::model::secret::SecretFormat;
use crate::tree::Text;

/// Whether a value is written as its format says, by the rules of the script that verifies secrets
/// in the cluster; the reason never holds the value.
pub(super) fn well_formed(value: &str, format: SecretFormat, allowed: &[Text]) -> Result<(), String> {
    let among = |value: &str| allowed.is_empty() || allowed.iter().any(|known| *known == value);
    let list = || {
        let names: Vec<&str> = allowed.iter().map(Text::as_str).collect();
        super::quoted(&names)
    };
    match format {
        _ if value.trim().is_empty() => Err("is empty".to_owned()),
        SecretFormat::Text if !among(value) => Err(format!("is none of {}", list())),
        SecretFormat::Text => Ok(()),
        SecretFormat::Url => match value.split_once("://") {
            Some((scheme, rest)) if !scheme.is_empty() && !rest.is_empty() && !rest.starts_with('/') => Ok(()),
            _ => Err("is not a URL with scheme and host".to_owned()),
        },
        SecretFormat::Integer => match value.strip_prefix('-').unwrap_or(value) {
            digits if !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()) => Ok(()),
            _ => Err("is not a whole number".to_owned()),
        },
        SecretFormat::Pairs => value.split(',').try_for_each(|pair| match pair.rsplit_once(':') {
            Some((name, value)) if !name.is_empty() && !value.is_empty() && among(value) => Ok(()),
            Some(_) => Err(format!("has a pair whose right side is none of {}", list())),
            None => Err("is not a list of `name:value` pairs with commas between them".to_owned()),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::origin::Origin;

    #[test]
    fn values_are_checked_without_being_shown() {
        let allowed = [Text::new("scl", Origin::source(0)), Text::new("mca_v1_za", Origin::source(0))];
        let check = |value, format| well_formed(value, format, &allowed);
        assert!(check("scl", SecretFormat::Text).is_ok());
        assert!(check("club1:scl,club2:mca_v1_za", SecretFormat::Pairs).is_ok());
        assert!(well_formed("postgres://host/db", SecretFormat::Url, &[]).is_ok());
        for (value, format) in [
            ("hunter2", SecretFormat::Text),
            ("hunter2", SecretFormat::Pairs),
            ("club:hunter2", SecretFormat::Pairs),
            ("hunter2", SecretFormat::Url),
            ("hunter2", SecretFormat::Integer),
            (" ", SecretFormat::Text),
        ] {
            let reason = check(value, format).unwrap_err();
            assert!(!reason.contains("hunter2"), "{reason}");
        }
    }
}
