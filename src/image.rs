//! Image references: `registry:5000/team/app:v1@sha256:...`.

/// The parts of an image reference. Splitting never fails; [`name`], [`tag`] and [`digest`] say
/// whether the parts are valid.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ImageRef<'a> {
    /// Everything before the tag and the digest, a registry and its port included.
    pub name: &'a str,
    /// The text after `:`.
    pub tag: Option<&'a str>,
    /// The text after `@`, such as `sha256:...`.
    pub digest: Option<&'a str>,
}

impl<'a> ImageRef<'a> {
    /// Splits a reference. A `:` before the last `/` belongs to the registry's port.
    pub fn split(text: &'a str) -> Self {
        let (rest, digest) = text.split_once('@').map_or((text, None), |(rest, digest)| (rest, Some(digest)));
        let path = rest.rfind('/').map_or(0, |slash| slash + 1);
        match rest[path..].find(':') {
            Some(colon) => Self { name: &rest[..path + colon], tag: Some(&rest[path + colon + 1..]), digest },
            None => Self { name: rest, tag: None, digest },
        }
    }
}

impl std::fmt::Display for ImageRef<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)?;
        self.tag.map_or(Ok(()), |tag| write!(f, ":{tag}"))?;
        self.digest.map_or(Ok(()), |digest| write!(f, "@{digest}"))
    }
}

/// A whole reference: name, tag and digest are each valid.
pub fn reference(text: &str) -> Result<(), String> {
    let image = ImageRef::split(text);
    name(image.name)?;
    image.tag.map_or(Ok(()), tag)?;
    image.digest.map_or(Ok(()), digest)
}

/// The name of an image: an optional registry (`host` or `host:port`), then parts of lower-case
/// letters and digits joined by `/`; inside a part `.`, `_`, `__` or any number of `-` separate
/// (distribution reference grammar).
pub fn name(text: &str) -> Result<(), String> {
    if text.is_empty() {
        return Err("the name of an image is not empty".into());
    }
    if text.len() > 255 {
        return Err("the name of an image has at most 255 characters".into());
    }
    let path = match text.split_once('/') {
        Some((first, rest)) if is_host(first) => {
            registry(first)?;
            rest
        }
        _ => text,
    };
    path.split('/').try_for_each(name_part)
}

/// A registry, or a folder of one: `ghcr.io/acme`. It begins with a host, since a name without one
/// could be a folder of any registry.
pub fn registry_folder(text: &str) -> Result<(), String> {
    let host = text.split('/').next().unwrap_or_default();
    if !is_host(host) {
        return Err("it begins with no host such as `docker.io`".into());
    }
    name(&format!("{text}/x"))
}

/// What is left of the image `name` behind the registry or folder `folder`; `None` when it is not
/// in there. A name without a registry is in `docker.io`, and one of a single part in its folder
/// `library`, as container runtimes read them.
pub fn below(name: &str, folder: &str) -> Option<String> {
    let whole = whole(name);
    let rest = whole.strip_prefix(folder)?.strip_prefix('/')?;
    Some(rest.to_owned())
}

/// Whether the image `name` is `entry`, or in the registry or folder `entry`.
pub fn within(name: &str, entry: &str) -> bool {
    whole(name) == whole(entry) || below(name, entry).is_some()
}

/// The name with its registry.
fn whole(name: &str) -> String {
    let host = name.split('/').next().filter(|host| name.contains('/') && is_host(host));
    match host {
        Some(_) => name.to_owned(),
        None if name.contains('/') => format!("docker.io/{name}"),
        None => format!("docker.io/library/{name}"),
    }
}

/// Whether the first part of a name is a registry.
fn is_host(part: &str) -> bool {
    part.contains(['.', ':']) || part == "localhost" || has_upper(part)
}

fn has_upper(text: &str) -> bool {
    text.contains(|c: char| c.is_ascii_uppercase())
}

fn registry(text: &str) -> Result<(), String> {
    let (host, port) = text.split_once(':').map_or((text, None), |(host, port)| (host, Some(port)));
    if port.is_some_and(|port| port.is_empty() || !port.bytes().all(|b| b.is_ascii_digit())) {
        return Err(format!("the port of the registry `{text}` is no number"));
    }
    let part_is_good = |part: &str| {
        !part.is_empty()
            && part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && !part.starts_with('-')
            && !part.ends_with('-')
    };
    match host.split('.').all(part_is_good) {
        true => Ok(()),
        false => Err(format!("the registry `{host}` is no host name")),
    }
}

fn name_part(part: &str) -> Result<(), String> {
    if part.is_empty() {
        return Err("the name of an image has no empty part between two `/`".into());
    }
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '_' | '-');
    if let Some(bad) = part.chars().find(|c| !allowed(*c)) {
        let bad = bad.escape_debug();
        return Err(format!("an image name has lower-case letters, digits, `.`, `_` and `-`; `{bad}` is not allowed"));
    }
    let separators = part.split(|c: char| c.is_ascii_alphanumeric()).filter(|separator| !separator.is_empty());
    let good = |separator: &str| matches!(separator, "." | "_" | "__") || separator.bytes().all(|b| b == b'-');
    let edge = |c: char| matches!(c, '.' | '_' | '-');
    if part.starts_with(edge) || part.ends_with(edge) {
        return Err(format!("the part `{part}` of an image name starts and ends with a letter or a digit"));
    }
    match separators.into_iter().find(|separator| !good(separator)) {
        Some(separator) => Err(format!("the part `{part}` of an image name has `{separator}` in a row")),
        None => Ok(()),
    }
}

/// A tag: a letter, digit or `_`, then at most 127 letters, digits, `_`, `.` and `-`.
pub fn tag(text: &str) -> Result<(), String> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
    if text.is_empty() {
        return Err("a tag is not empty".into());
    }
    if let Some(bad) = text.chars().find(|c| !allowed(*c)) {
        let bad = bad.escape_debug();
        return Err(format!("a tag has letters, digits, `_`, `.` and `-`; `{bad}` is not allowed"));
    }
    if text.starts_with(['.', '-']) {
        return Err(format!("a tag starts with a letter, a digit or `_`, not with `{}`", &text[..1]));
    }
    match text.len() {
        ..=128 => Ok(()),
        length => Err(format!("a tag has at most 128 characters, this one has {length}")),
    }
}

/// A digest: `sha256:` and 64 hexadecimal digits, or `sha512:` and 128 (the algorithms that the
/// OCI image specification registers).
pub fn digest(text: &str) -> Result<(), String> {
    let Some((algorithm, hex)) = text.split_once(':') else {
        return Err("a digest is written `sha256:` and 64 hexadecimal digits".into());
    };
    let length = match algorithm {
        "sha256" => 64,
        "sha512" => 128,
        other => return Err(format!("`{other}` is no digest algorithm; write `sha256:` and 64 hexadecimal digits")),
    };
    if let Some(bad) = hex.chars().find(|c| !matches!(c, '0'..='9' | 'a'..='f')) {
        return Err(format!("a digest has lower-case hexadecimal digits; `{}` is not allowed", bad.escape_debug()));
    }
    match hex.len() == length {
        true => Ok(()),
        false => Err(format!("a {algorithm} digest has {length} hexadecimal digits, this one has {}", hex.len())),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_image_is_below_its_registry_and_every_folder_on_the_way() {
        for (name, folder, rest) in [
            ("ghcr.io/acme/shop", "ghcr.io/acme", Some("shop")),
            ("ghcr.io/acme/shop", "ghcr.io", Some("acme/shop")),
            ("ghcr.io/acme/shop", "ghcr.io/ac", None),
            ("ghcr.io/acme", "ghcr.io/acme", None),
            ("busybox", "docker.io", Some("library/busybox")),
            ("busybox", "docker.io/library", Some("busybox")),
            ("acme/shop", "docker.io/acme", Some("shop")),
            ("localhost/shop", "localhost", Some("shop")),
            ("registry:5000/a/b", "registry:5000", Some("a/b")),
        ] {
            assert_eq!(below(name, folder).as_deref(), rest, "{name} in {folder}");
        }
        for (name, entry, within_it) in [
            ("prom/node", "docker.io/prom/node", true),
            ("quay.io/prom/node", "quay.io/prom", true),
            ("quay.io/prometheus/node", "quay.io/prom", false),
            ("postgres", "postgres", true),
            ("postgres", "docker.io/library", true),
            ("bitnami/postgres", "postgres", false),
        ] {
            assert_eq!(within(name, entry), within_it, "{name} in {entry}");
        }
        for good in ["ghcr.io", "ghcr.io/acme/team", "registry:5000", "localhost/x"] {
            assert_eq!(registry_folder(good), Ok(()), "{good}");
        }
        for bad in ["acme", "acme/x", "ghcr.io/", "ghcr.io/a:v1", "ghcr.io/A", ""] {
            assert!(registry_folder(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_reference_splits_at_tag_and_digest_and_not_at_a_port() {
        let check =
            |text, name, tag, digest| assert_eq!(ImageRef::split(text), ImageRef { name, tag, digest }, "{text}");
        check("nginx", "nginx", None, None);
        check("nginx:1.7", "nginx", Some("1.7"), None);
        check("localhost:5000/a", "localhost:5000/a", None, None);
        check("registry:5000/a/b:t@sha256:ab", "registry:5000/a/b", Some("t"), Some("sha256:ab"));
        check("a@sha256:ab", "a", None, Some("sha256:ab"));
        check("", "", None, None);
        check(":", "", Some(""), None);
    }

    #[test]
    fn references_follow_the_distribution_grammar() {
        let hex = "a".repeat(64);
        for text in ["nginx", "a/b__c/d--e.f", "registry:5000/a", "GHCR.io/acme/x_y.z:V1", &format!("x@sha256:{hex}")] {
            assert_eq!(reference(text), Ok(()), "{text}");
        }
        for (text, reason) in [
            ("", "not empty"),
            ("Nginx", "`N`"),
            ("ghcr.io/Acme/x", "`A`"),
            ("a//b", "empty part"),
            ("a:", "a tag is not empty"),
            ("a:.b", "not with `.`"),
            ("a:b c", "` ` is not allowed"),
            ("a___b", "`___` in a row"),
            ("-a", "starts and ends"),
            ("reg:x/a", "port"),
            ("a@sha256:ab", "64 hexadecimal digits, this one has 2"),
            ("a@md5:ab", "`md5` is no digest"),
            ("a@x", "written `sha256:`"),
        ] {
            let message = reference(text).expect_err(text);
            assert!(message.contains(reason), "{text}: {message}");
        }
    }

    proptest! {
        #[test]
        fn splitting_loses_nothing(text in ".*") {
            prop_assert_eq!(ImageRef::split(&text).to_string(), text.clone());
            let _ = reference(&text);
        }
    }
}
