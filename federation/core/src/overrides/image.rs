//! Image references (`registry.example:5000/team/shop:v1@sha256:…`): reading, and rewriting registry and tag.
//!
//! The grammar is the one of the distribution project, as container runtimes read it.

use std::fmt;
use std::str::FromStr;

/// Longest name part of a reference, registry included.
const NAME_CHARS_MAX: usize = 255;
/// Longest tag.
const TAG_CHARS_MAX: usize = 128;

/// Why a text is no image reference.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("image {image:?} is not a reference: {fault} in {part:?}")]
pub struct ImageError {
    /// The text, cut when long.
    pub image: String,
    /// What is wrong.
    pub fault: &'static str,
    /// Where.
    pub part: String,
}

/// An image reference in its parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageRef {
    /// Host and port, when the reference names one (`registry.example:5000`).
    pub registry: Option<String>,
    /// The path in the registry (`team/shop`).
    pub path: String,
    /// The tag, without its colon.
    pub tag: Option<String>,
    /// The digest, without its at sign (`sha256:…`).
    pub digest: Option<String>,
}

/// What to change in image references.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ImageRewrite {
    /// Host, port and optional path prefix to use instead of the reference's registry.
    pub registry: Option<String>,
    /// The tag to use; it takes the place of a digest too, which would otherwise win over it.
    pub tag: Option<String>,
}

impl ImageRewrite {
    /// The reference after the change.
    pub fn apply(&self, image: &str) -> Result<String, ImageError> {
        let mut parsed: ImageRef = image.parse()?;
        if let Some(registry) = &self.registry {
            parsed.registry = Some(registry.trim_end_matches('/').to_owned());
        }
        if let Some(tag) = &self.tag {
            parsed.tag = Some(tag.clone());
            parsed.digest = None;
        }
        let written = parsed.to_string();
        // What was put in must make a reference again; a bad registry or tag is found here, by name.
        written.parse::<ImageRef>().map(|_| written)
    }
}

impl FromStr for ImageRef {
    type Err = ImageError;

    fn from_str(image: &str) -> Result<Self, ImageError> {
        let error = |fault, part: &str| ImageError {
            image: image.chars().take(120).collect(),
            fault,
            part: part.chars().take(120).collect(),
        };
        let (rest, digest) = match image.split_once('@') {
            Some((rest, digest)) if is_digest(digest) => (rest, Some(digest.to_owned())),
            Some((_, digest)) => return Err(error("malformed digest", digest)),
            None => (image, None),
        };
        // A colon after the last slash begins a tag; one before it, a port.
        let name_end = rest.rfind('/').map_or(0, |slash| slash + 1);
        let (name, tag) = match rest[name_end..].split_once(':') {
            Some((last, tag)) if is_tag(tag) => (&rest[..name_end + last.len()], Some(tag.to_owned())),
            Some((_, tag)) => return Err(error("malformed tag", tag)),
            None => (rest, None),
        };
        if name.chars().count() > NAME_CHARS_MAX {
            return Err(error("more than 255 characters", name));
        }
        let (registry, path) = match name.split_once('/') {
            Some((first, path)) if looks_like_host(first) => (Some(first), path),
            _ => (None, name),
        };
        if let Some(host) = registry.filter(|host| !is_host(host)) {
            return Err(error("malformed registry", host));
        }
        match path.split('/').find(|component| !is_path_component(component)) {
            Some(bad) => Err(error("malformed name", bad)),
            None => Ok(Self { registry: registry.map(str::to_owned), path: path.to_owned(), tag, digest }),
        }
    }
}

impl fmt::Display for ImageRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(registry) = &self.registry {
            write!(f, "{registry}/")?;
        }
        f.write_str(&self.path)?;
        if let Some(tag) = &self.tag {
            write!(f, ":{tag}")?;
        }
        if let Some(digest) = &self.digest {
            write!(f, "@{digest}")?;
        }
        Ok(())
    }
}

/// The first component is a registry when it could be no path: it has a dot, a port, or an upper case letter, or
/// is `localhost`.
fn looks_like_host(first: &str) -> bool {
    first == "localhost" || first.contains(['.', ':']) || first.bytes().any(|byte| byte.is_ascii_uppercase())
}

fn is_host(host: &str) -> bool {
    let (name, port) = match host.strip_prefix('[').and_then(|inner| inner.split_once(']')) {
        Some((address, rest)) => {
            let is_address =
                address.contains(':') && address.bytes().all(|b| b.is_ascii_hexdigit() || b == b':');
            return is_address && (rest.is_empty() || rest.strip_prefix(':').is_some_and(is_port));
        }
        None => host.split_once(':').map_or((host, None), |(name, port)| (name, Some(port))),
    };
    let is_label = |label: &str| {
        let inner = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        !label.is_empty() && !label.starts_with('-') && !label.ends_with('-') && label.bytes().all(inner)
    };
    name.split('.').all(is_label) && port.is_none_or(is_port)
}

fn is_port(port: &str) -> bool {
    !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_tag(tag: &str) -> bool {
    let word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let bytes = tag.as_bytes();
    bytes.len() <= TAG_CHARS_MAX
        && bytes.first().is_some_and(|byte| word(*byte))
        && bytes.iter().all(|byte| word(*byte) || matches!(byte, b'.' | b'-'))
}

fn is_digest(digest: &str) -> bool {
    digest.split_once(':').is_some_and(|(algorithm, hex)| {
        algorithm.bytes().next().is_some_and(|byte| byte.is_ascii_alphabetic())
            && algorithm.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+._-".contains(&byte))
            && hex.len() >= 32
            && hex.bytes().all(|byte| byte.is_ascii_hexdigit())
    })
}

/// Lower case letters and digits, with single `.`, `_`, `__` or any number of `-` between them.
fn is_path_component(component: &str) -> bool {
    let inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let bytes = component.as_bytes();
    let (Some(first), Some(last)) = (bytes.first(), bytes.last()) else { return false };
    let separators = component.split(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit());
    inner(*first)
        && inner(*last)
        && separators.into_iter().all(|between| {
            matches!(between, "" | "." | "_" | "__") || between.bytes().all(|byte| byte == b'-')
        })
}

#[cfg(test)]
mod tests;
