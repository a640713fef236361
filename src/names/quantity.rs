//! Amounts of resources: `250m`, `1Gi`, `1e3` (Kubernetes `resource.Quantity`).

/// The parts of a quantity: digits before and after the point, and the suffix as a power of 2
/// (binary notation) or of 10 (the others).
struct Parsed<'a> {
    negative: bool,
    whole: &'a str,
    fraction: &'a str,
    notation: Notation,
    exponent: i32,
}

#[derive(Clone, Copy, PartialEq)]
enum Notation {
    /// `k`, `M`, `m`, or no suffix.
    Decimal,
    /// `Ki`, `Mi`.
    Binary,
    /// `e3`.
    Scientific,
}

const DECIMAL: [(&str, i32); 10] =
    [("n", -9), ("u", -6), ("m", -3), ("", 0), ("k", 3), ("M", 6), ("G", 9), ("T", 12), ("P", 15), ("E", 18)];
const BINARY: [&str; 6] = ["Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];

/// The smallest amount is a billionth; what is smaller is rounded up to it.
const NANO: i32 = -9;

/// A quantity: a decimal number with an optional sign and one of the suffixes `n u m k M G T P E`,
/// `Ki Mi Gi Ti Pi Ei` or an exponent such as `e3`.
pub fn quantity(text: &str) -> Result<(), String> {
    parse(text).map(|_| ())
}

fn parse(text: &str) -> Result<Parsed<'_>, String> {
    let (negative, rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let (whole, rest) = rest.split_at(digits(rest));
    let (fraction, suffix) = match rest.strip_prefix('.') {
        Some(rest) => rest.split_at(digits(rest)),
        None => ("", rest),
    };
    if whole.is_empty() && fraction.is_empty() {
        return Err(format!(
            "`{text}` is no quantity; write a number, then `m`, `k`, `M`, `G`, `Ki`, `Mi`, `Gi` or nothing"
        ));
    }
    let (notation, exponent) = suffix_of(suffix).ok_or_else(|| wrong_suffix(suffix))?;
    Ok(Parsed { negative, whole, fraction, notation, exponent })
}

fn suffix_of(suffix: &str) -> Option<(Notation, i32)> {
    if let Some((_, exponent)) = DECIMAL.iter().find(|(known, _)| *known == suffix) {
        return Some((Notation::Decimal, *exponent));
    }
    if let Some(index) = BINARY.iter().position(|known| *known == suffix) {
        return Some((Notation::Binary, 10 * (index as i32 + 1)));
    }
    let exponent = suffix.strip_prefix(['e', 'E'])?;
    Some((Notation::Scientific, exponent.parse().ok()?))
}

fn wrong_suffix(suffix: &str) -> String {
    let hint = match suffix {
        "K" => "; write `k` (1000) or `Ki` (1024)",
        "g" | "GB" | "gb" | "gi" | "GiB" => "; write `G` or `Gi`",
        "MB" | "mb" | "mi" | "MiB" => "; write `M` or `Mi`",
        _ => "; the suffixes are n u m k M G T P E, Ki Mi Gi Ti Pi Ei and exponents such as e3",
    };
    format!("`{suffix}` is no suffix of a quantity{hint}")
}

/// The quantity as the API server prints it back: `1000m` is `1`, `0.1` is `100m`, `1024Mi` is
/// `1Gi`. A text that is no quantity, or one of more than 30 digits, comes back unchanged.
pub fn canonical_quantity(text: &str) -> String {
    parse(text).ok().and_then(|parsed| canonical(&parsed)).unwrap_or_else(|| text.to_owned())
}

/// Which of two amounts is greater; `None` when one of them is no quantity. Amounts are compared
/// in billionths, and amounts of more than 38 digits of these as equal to the greatest.
pub fn compare_quantities(a: &str, b: &str) -> Option<std::cmp::Ordering> {
    Some(billionths(&parse(a).ok()?)?.cmp(&billionths(&parse(b).ok()?)?))
}

/// An amount in billionths; `None` for what is no quantity.
pub fn amount(text: &str) -> Option<i128> {
    billionths(&parse(text).ok()?)
}

/// Billionths as people write an amount of memory: in Gi, Mi or Ki, with one digit behind the
/// point where it does not fit.
pub fn memory_text(billionths: i128) -> String {
    let bytes = billionths / 1_000_000_000;
    let unit = |power: u32| 1i128 << (10 * power);
    for (power, suffix) in [(3, "Gi"), (2, "Mi"), (1, "Ki")] {
        if bytes >= unit(power) {
            let tenths = (bytes * 10 + unit(power) / 2) / unit(power);
            return match tenths % 10 {
                _ if bytes % unit(power) == 0 => format!("{}{suffix}", bytes / unit(power)),
                // 1.5Gi is 1536Mi, which can be compared with what is written.
                _ if power > 1 && bytes % unit(power - 1) == 0 => continue,
                rest => format!("{}.{rest}{suffix}", tenths / 10),
            };
        }
    }
    bytes.to_string()
}

/// Billionths as people write an amount of CPU: `2` or `1500m`.
pub fn cpu_text(billionths: i128) -> String {
    let thousandths = (billionths + 999_999) / 1_000_000;
    match thousandths % 1000 {
        0 => (thousandths / 1000).to_string(),
        _ => format!("{thousandths}m"),
    }
}

fn billionths(parsed: &Parsed<'_>) -> Option<i128> {
    let digits = [parsed.whole, parsed.fraction].concat();
    let amount: i128 = digits.get(..digits.len().min(30))?.parse().ok()?;
    let (mut scale, mut factor) = (9 - i32::try_from(parsed.fraction.len()).ok()?, 1i128);
    match parsed.notation {
        Notation::Binary => factor = 1i128.checked_shl(parsed.exponent.unsigned_abs())?,
        _ => scale = scale.saturating_add(parsed.exponent),
    }
    let power = |exponent: u32| 10i128.checked_pow(exponent).unwrap_or(i128::MAX);
    let amount = amount.saturating_mul(factor);
    let amount = match u32::try_from(scale) {
        Ok(up) => amount.saturating_mul(power(up)),
        Err(_) => amount / power(scale.unsigned_abs()),
    };
    Some(if parsed.negative { -amount } else { amount })
}

fn canonical(parsed: &Parsed<'_>) -> Option<String> {
    let digits = [parsed.whole, parsed.fraction].concat();
    let digits = digits.trim_start_matches('0');
    if digits.is_empty() {
        return Some("0".into());
    }
    let mut amount: i128 = Some(digits).filter(|digits| digits.len() <= 30)?.parse().ok()?;
    let mut scale = -i32::try_from(parsed.fraction.len()).ok()?;
    let mut notation = parsed.notation;
    match notation {
        Notation::Binary => amount = amount.checked_mul(1i128 << parsed.exponent)?,
        _ => scale = scale.checked_add(parsed.exponent)?,
    }
    (amount, scale) = without_zeros(amount, scale);
    if scale < NANO {
        let divisor = u32::try_from(NANO - scale).ok().and_then(|power| 10i128.checked_pow(power));
        amount = divisor.map_or(1, |divisor| (amount - 1) / divisor + 1);
        (amount, scale) = without_zeros(amount, NANO);
    }
    if notation == Notation::Binary {
        let whole = u32::try_from(scale).ok().and_then(|power| amount.checked_mul(10i128.checked_pow(power)?));
        match whole.map(|whole| whole.min(i64::MAX.into())) {
            Some(whole) if whole >= 1024 => return Some(signed(parsed.negative, &binary(whole))),
            // Fractions and small numbers are printed with decimal suffixes.
            _ => notation = Notation::Decimal,
        }
    }
    Some(signed(parsed.negative, &decimal(amount, scale, notation)))
}

fn without_zeros(mut amount: i128, mut scale: i32) -> (i128, i32) {
    while amount != 0 && amount % 10 == 0 && scale < i32::MAX {
        amount /= 10;
        scale += 1;
    }
    (amount, scale)
}

fn binary(mut amount: i128) -> String {
    let mut suffix = "";
    for next in BINARY {
        if amount % 1024 != 0 {
            break;
        }
        amount /= 1024;
        suffix = next;
    }
    format!("{amount}{suffix}")
}

/// The exponent goes down to the next multiple of three.
fn decimal(amount: i128, scale: i32, notation: Notation) -> String {
    let extra = scale.rem_euclid(3);
    let exponent = scale - extra;
    let zeros = &"00"[..extra as usize];
    let suffix = DECIMAL.iter().find(|(_, known)| *known == exponent);
    match (notation, suffix) {
        (_, Some((_, 0))) => format!("{amount}{zeros}"),
        (Notation::Decimal, Some((suffix, _))) => format!("{amount}{zeros}{suffix}"),
        _ => format!("{amount}{zeros}e{exponent}"),
    }
}

fn signed(negative: bool, text: &str) -> String {
    format!("{}{text}", if negative { "-" } else { "" })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn sums_are_shown_in_the_units_that_people_write() {
        for (text, shown) in
            [("2Gi", "2Gi"), ("1536Mi", "1536Mi"), ("1G", "953.7Mi"), ("100Ki", "100Ki"), ("12", "12"), ("0", "0")]
        {
            assert_eq!(memory_text(amount(text).unwrap()), shown);
        }
        for (text, shown) in [("2", "2"), ("1500m", "1500m"), ("0.1", "100m"), ("1u", "1m"), ("0", "0")] {
            assert_eq!(cpu_text(amount(text).unwrap()), shown);
        }
    }

    #[test]
    fn quantities_print_as_the_api_server_prints_them() {
        for (text, expected) in [
            ("1000m", "1"),
            ("0.1", "100m"),
            ("1024Mi", "1Gi"),
            ("1.5Gi", "1536Mi"),
            ("0.5Gi", "512Mi"),
            ("100Mi", "100Mi"),
            ("1000Mi", "1000Mi"),
            ("1000k", "1M"),
            ("1000Ki", "1000Ki"),
            ("0.5Ki", "512"),
            ("1.3Ki", "1331200m"),
            ("1e3", "1e3"),
            ("1e4", "10e3"),
            ("1E3", "1e3"),
            ("1e0", "1"),
            ("2E", "2E"),
            ("+5", "5"),
            ("-5m", "-5m"),
            ("00.500", "500m"),
            (".5", "500m"),
            ("5.", "5"),
            ("0Gi", "0"),
            ("1n", "1n"),
            ("0.1n", "1n"),
            ("1e-20", "1e-9"),
            ("12300m", "12300m"),
            ("1.0", "1"),
            ("16Ei", "9223372036854775807"),
            ("no", "no"),
        ] {
            assert_eq!(canonical_quantity(text), expected, "{text}");
        }
    }

    #[test]
    fn what_is_no_quantity_is_refused_with_its_suffix() {
        for (text, reason) in [
            ("", "no quantity"),
            ("m", "no quantity"),
            (".", "no quantity"),
            ("1K", "write `k` (1000) or `Ki` (1024)"),
            ("1GB", "`G` or `Gi`"),
            ("1 Gi", "` Gi` is no suffix"),
            ("1e", "`e` is no suffix"),
            ("1e1.5", "no suffix"),
            ("1e99999999999", "no suffix"),
            ("1,5", "no suffix"),
            ("--1", "no quantity"),
        ] {
            let message = quantity(text).expect_err(text);
            assert!(message.contains(reason), "{text}: {message}");
        }
    }

    proptest! {
        #[test]
        fn canonical_is_idempotent(text in "[+-]?[0-9]{0,12}(\\.[0-9]{0,12})?(n|u|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei|e-?[0-9]{1,2}|)") {
            let once = canonical_quantity(&text);
            prop_assert_eq!(quantity(&text).is_ok(), quantity(&once).is_ok());
            prop_assert_eq!(canonical_quantity(&once), once);
        }

        #[test]
        fn no_text_makes_a_rule_panic(text in ".*") {
            let _ = (quantity(&text), canonical_quantity(&text), super::super::cron(&text), super::super::duration(&text));
            let _ = (super::super::dns_subdomain(&text), super::super::label_key(&text));
        }
    }
}
