//! Field selectors: `metadata.name=web,spec.unit!=RZ01`, over the fields that a kind declares.

use std::sync::Arc;

use crate::cache::entry::Entry;
use crate::resource::{Origin, Resource};
use crate::status::{ApiError, ApiResult};

/// All terms must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct FieldSelector {
    terms: Arc<[Term]>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Term {
    field: Field,
    value: String,
    equal: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Field {
    Name,
    Namespace,
    /// Index into the selectable fields of the kind; a view lists them in the order of the kind it is stored as.
    Declared(usize),
}

impl FieldSelector {
    /// Reads a selector. Errors: 400 for a text that is none, and for a field that the kind does not declare.
    pub(crate) fn parse(text: &str, resource: &Resource) -> ApiResult<Self> {
        let mut terms = Vec::new();
        for part in split_unescaped(text) {
            if part.is_empty() {
                continue;
            }
            let (name, value, equal) = split_term(part).ok_or_else(|| {
                ApiError::bad_request(format!("invalid selector: '{text}'; can't understand '{part}'"))
            })?;
            let value = unescape(value).ok_or_else(|| {
                ApiError::bad_request(format!("invalid field selector: invalid escape sequence in '{part}'"))
            })?;
            terms.push(Term { field: field(name, resource)?, value, equal });
        }
        Ok(Self { terms: terms.into() })
    }

    /// Whether it selects everything.
    pub(crate) fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }

    /// Whether `entry` is selected.
    pub(crate) fn matches(&self, entry: &Entry) -> bool {
        self.terms.iter().all(|term| {
            let value = match term.field {
                Field::Name => entry.name(),
                Field::Namespace => entry.namespace(),
                Field::Declared(index) => entry.field(index),
            };
            (value == term.value) == term.equal
        })
    }

    /// The name that is asked for, if it is.
    pub(crate) fn name(&self) -> Option<&str> {
        self.value_of(|field| field == Field::Name)
    }

    /// The namespace that is asked for, if it is.
    pub(crate) fn namespace(&self) -> Option<&str> {
        self.value_of(|field| field == Field::Namespace)
    }

    /// A declared field that must have one value.
    pub(crate) fn exact(&self) -> Option<(usize, &str)> {
        self.terms.iter().find_map(|term| match term.field {
            Field::Declared(index) if term.equal => Some((index, term.value.as_str())),
            _ => None,
        })
    }

    fn value_of(&self, wanted: impl Fn(Field) -> bool) -> Option<&str> {
        self.terms.iter().find(|term| term.equal && wanted(term.field)).map(|term| term.value.as_str())
    }
}

fn field(name: &str, resource: &Resource) -> ApiResult<Field> {
    match name {
        "metadata.name" => return Ok(Field::Name),
        "metadata.namespace" if resource.namespaced => return Ok(Field::Namespace),
        _ => {}
    }
    let declared = resource.selectable_fields.iter().position(|path| path.trim_start_matches('.') == name);
    declared.map(Field::Declared).ok_or_else(|| {
        if resource.origin == Origin::Builtin && resource.selectable_fields.is_empty() {
            const KNOWN: &str = "only \"metadata.name\", \"metadata.namespace\"";
            ApiError::bad_request(format!("\"{name}\" is not a known field selector: {KNOWN}"))
        } else {
            ApiError::bad_request(format!("field label not supported: {name}"))
        }
    })
}

/// Splits at commas that no backslash hides.
fn split_unescaped(text: &str) -> impl Iterator<Item = &str> {
    let mut escaped = false;
    text.split(move |c: char| {
        let split = c == ',' && !escaped;
        escaped = c == '\\' && !escaped;
        split
    })
}

fn split_term(part: &str) -> Option<(&str, &str, bool)> {
    let at = part.find(['=', '!'])?;
    let (name, rest) = part.split_at(at);
    for (operator, equal) in [("==", true), ("!=", false), ("=", true)] {
        if let Some(value) = rest.strip_prefix(operator) {
            return Some((name, value, equal));
        }
    }
    None
}

fn unescape(text: &str) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next()? {
                escaped @ ('\\' | ',' | '=') => out.push(escaped),
                _ => return None,
            },
            ',' | '=' => return None,
            plain => out.push(plain),
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn terms_fall_apart() {
        assert_eq!(split_term("a.b=c"), Some(("a.b", "c", true)));
        assert_eq!(split_term("a==c"), Some(("a", "c", true)));
        assert_eq!(split_term("a!=c"), Some(("a", "c", false)));
        assert_eq!(split_term("a"), None);
        assert_eq!(split_unescaped(r"a=x\,y,b=z").collect::<Vec<_>>(), [r"a=x\,y", "b=z"]);
        assert_eq!(unescape(r"x\,y\=\\"), Some(r"x,y=\".to_owned()));
        assert_eq!(unescape(r"x\y"), None);
    }

    proptest! {
        #[test]
        fn never_panics(text in r"[a=!,\\.]{0,16}") {
            for part in split_unescaped(&text) {
                if let Some((_, value, _)) = split_term(part) {
                    let _ = unescape(value);
                }
            }
        }
    }
}
