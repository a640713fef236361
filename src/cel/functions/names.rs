//! The named formats of Kubernetes: `format.dns1123Label().validate(text)`.

use super::super::Value;
use super::super::budget::Budget;
use super::super::operators::{Outcome, Refusal};
use super::super::types::Special;
use super::{Function, free, method, patterns, text, time};
use crate::base64;
use crate::names;

pub(super) const FUNCTIONS: [Function; 14] = [
    free("format.named", 1, |a, _| {
        let name = text(&a[0])?;
        let known = NAMES.iter().find(|known| **known == name);
        Ok(known.map_or(Value::Optional(None), |known| Value::some(Value::special(Special::Format(known)))))
    }),
    free("format.dns1123Label", 0, |_, _| named("dns1123Label")),
    free("format.dns1123Subdomain", 0, |_, _| named("dns1123Subdomain")),
    free("format.dns1035Label", 0, |_, _| named("dns1035Label")),
    free("format.qualifiedName", 0, |_, _| named("qualifiedName")),
    free("format.dns1123LabelPrefix", 0, |_, _| named("dns1123LabelPrefix")),
    free("format.dns1123SubdomainPrefix", 0, |_, _| named("dns1123SubdomainPrefix")),
    free("format.dns1035LabelPrefix", 0, |_, _| named("dns1035LabelPrefix")),
    free("format.labelValue", 0, |_, _| named("labelValue")),
    free("format.uri", 0, |_, _| named("uri")),
    free("format.uuid", 0, |_, _| named("uuid")),
    free("format.byte", 0, |_, _| named("byte")),
    free("format.date", 0, |_, _| named("date")),
    method("validate", 2, 2, validate),
];

const NAMES: [&str; 12] = [
    "dns1123Label",
    "dns1123Subdomain",
    "dns1035Label",
    "qualifiedName",
    "dns1123LabelPrefix",
    "dns1123SubdomainPrefix",
    "dns1035LabelPrefix",
    "labelValue",
    "uri",
    "uuid",
    "byte",
    "date",
];

fn named(name: &'static str) -> Outcome {
    Ok(Value::special(Special::Format(name)))
}

/// What is wrong with a text, as an optional list; none when nothing is.
fn validate(a: &[Value], _: &mut Budget) -> Outcome {
    let (Value::Special(format), of) = (&a[0], text(&a[1])?) else { return Err(Refusal::NoOverload) };
    let Special::Format(name) = format.as_ref() else { return Err(Refusal::NoOverload) };
    if fits(name, of) {
        return Ok(Value::Optional(None));
    }
    let message = Value::text(format!("{} is no {name}", super::format::cut(of)));
    Ok(Value::some(Value::List([message].into_iter().collect())))
}

fn fits(name: &str, text: &str) -> bool {
    // A prefix may end in a dash: the rest comes behind it.
    if let Some(whole) = name.strip_suffix("Prefix") {
        let text = text.strip_suffix('-').filter(|rest| !rest.is_empty()).unwrap_or(text);
        return fits(whole, text);
    }
    match name {
        "dns1123Label" => names::dns_label(text).is_ok(),
        "dns1035Label" => names::service_name(text).is_ok(),
        "dns1123Subdomain" => names::dns_subdomain(text).is_ok(),
        "labelValue" => names::label_value(text).is_ok(),
        "qualifiedName" => names::label_key(text).is_ok(),
        "uri" => text.contains(':') && !text.contains(char::is_whitespace),
        "uuid" => patterns::compile("(?i)^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$")
            .is_ok_and(|pattern| pattern.is_match(text)),
        "byte" => base64::decode(text).is_some(),
        "date" => time::timestamp(&format!("{text}T00:00:00Z")).is_some(),
        _ => false,
    }
}
