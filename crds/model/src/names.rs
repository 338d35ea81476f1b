//! Names of clusters, cells, units, sites and cities: valid by construction, so that no later step checks again.

use std::borrow::Borrow;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Longest DNS label and longest label value, in bytes (RFC 1123; Kubernetes label values have the same limit).
pub const NAME_BYTES_MAX: usize = 63;

/// Why a text is not a name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Nothing was given.
    #[error("{noun} name is empty: give 1 to {NAME_BYTES_MAX} characters")]
    Empty {
        /// What was to be named.
        noun: &'static str,
    },
    /// Longer than [`NAME_BYTES_MAX`].
    #[error("{noun} name {name:?} has {bytes} bytes: at most {NAME_BYTES_MAX} are allowed")]
    TooLong {
        /// What was to be named.
        noun: &'static str,
        /// The text, cut to its first characters.
        name: String,
        /// Its length.
        bytes: usize,
    },
    /// A character that is not allowed at its position.
    #[error("{noun} name {name:?} has {found:?} at position {position}: {rule}")]
    Character {
        /// What was to be named.
        noun: &'static str,
        /// The text.
        name: String,
        /// The character.
        found: char,
        /// Its position in characters, from 0.
        position: usize,
        /// What is allowed.
        rule: &'static str,
    },
}

const LABEL_RULE: &str = "use lower case letters, digits and '-', and begin and end with a letter or digit";
const VALUE_RULE: &str = "use letters, digits, '-', '_' and '.', and begin and end with a letter or digit";

fn check(
    noun: &'static str,
    name: &str,
    rule: &'static str,
    edge: fn(char) -> bool,
    middle: fn(char) -> bool,
) -> Result<(), NameError> {
    if name.is_empty() {
        return Err(NameError::Empty { noun });
    }
    if name.len() > NAME_BYTES_MAX {
        let shown = name.chars().take(NAME_BYTES_MAX).collect();
        return Err(NameError::TooLong { noun, name: shown, bytes: name.len() });
    }
    let last = name.chars().count() - 1;
    for (position, found) in name.chars().enumerate() {
        let at_edge = position == 0 || position == last;
        if !(edge(found) || (!at_edge && middle(found))) {
            return Err(NameError::Character { noun, name: name.to_owned(), found, position, rule });
        }
    }
    Ok(())
}

fn check_dns_label(noun: &'static str, name: &str) -> Result<(), NameError> {
    check(noun, name, LABEL_RULE, |c| c.is_ascii_lowercase() || c.is_ascii_digit(), |c| c == '-')
}

fn check_label_value(noun: &'static str, name: &str) -> Result<(), NameError> {
    check(noun, name, VALUE_RULE, |c| c.is_ascii_alphanumeric(), |c| matches!(c, '-' | '_' | '.'))
}

macro_rules! name {
    ($(#[$doc:meta])* $type:ident, $noun:literal, $check:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $type(String);

        impl $type {
            /// Takes a valid name, or says which character is wrong.
            pub fn new(name: impl Into<String>) -> Result<Self, NameError> {
                let name = name.into();
                $check($noun, &name)?;
                Ok(Self(name))
            }

            /// The name as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// The name as people see it on screens: upper case (`RZ00A`).
            #[must_use]
            pub fn shown(&self) -> String {
                self.0.to_ascii_uppercase()
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl FromStr for $type {
            type Err = NameError;
            fn from_str(name: &str) -> Result<Self, NameError> {
                Self::new(name)
            }
        }

        impl TryFrom<&str> for $type {
            type Error = NameError;
            fn try_from(name: &str) -> Result<Self, NameError> {
                Self::new(name)
            }
        }

        impl Borrow<str> for $type {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl AsRef<str> for $type {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                to.serialize_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                let name = String::deserialize(from)?;
                Self::new(name).map_err(serde::de::Error::custom)
            }
        }
    };
}

name!(
    /// A member cluster (`hz-a`).
    ClusterName, "cluster", check_dns_label
);
name!(
    /// A deploy unit, also called a cell (`rz00a`). Lower case; screens show [`CellName::shown`].
    CellName, "cell", check_dns_label
);
name!(
    /// A logical unit (`rz00`).
    UnitName, "unit", check_dns_label
);
name!(
    /// A data centre (`hz-a`).
    SiteName, "site", check_dns_label
);
name!(
    /// A city (`hangzhou`).
    CityName, "city", check_dns_label
);
name!(
    /// The value of the node label that marks a cell's nodes (`RZ00A`, `CellA`): what `topology.values` of a
    /// CafeDeployment lists. Any Kubernetes label value; by default the cell's name in upper case.
    CellLabel, "cell label", check_label_value
);

impl CellName {
    /// The default node label value of this cell: its name in upper case (03-api, *Names and an example*).
    #[must_use]
    pub fn default_label(&self) -> CellLabel {
        CellLabel(self.shown())
    }

    /// Takes `RZ00A` as well as `rz00a`, as people type it.
    pub fn from_any_case(name: &str) -> Result<Self, NameError> {
        Self::new(name.to_ascii_lowercase())
    }
}

impl UnitName {
    /// Takes `RZ00` as well as `rz00`, as people type it.
    pub fn from_any_case(name: &str) -> Result<Self, NameError> {
        Self::new(name.to_ascii_lowercase())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn refuses_what_dns_1123_refuses() {
        assert!(CellName::new("rz00a").is_ok());
        assert!(ClusterName::new("0").is_ok());
        assert_eq!(UnitName::new(""), Err(NameError::Empty { noun: "unit" }));
        for (bad, position) in [("RZ00", 0), ("-a", 0), ("a-", 1), ("a.b", 1), ("a_b", 1), ("aé", 1)] {
            match ClusterName::new(bad) {
                Err(NameError::Character { position: at, .. }) => assert_eq!(at, position, "{bad}"),
                other => panic!("{bad}: {other:?}"),
            }
        }
        assert!(matches!(SiteName::new("a".repeat(64)), Err(NameError::TooLong { bytes: 64, .. })));
        assert!(SiteName::new("a".repeat(63)).is_ok());
    }

    #[test]
    fn messages_name_the_character_and_what_to_do() {
        let error = CellName::new("Rz00a").unwrap_err().to_string();
        assert_eq!(
            error,
            "cell name \"Rz00a\" has 'R' at position 0: use lower case letters, digits and '-', and begin and \
             end with a letter or digit"
        );
    }

    #[test]
    fn people_may_type_either_case() {
        let cell = CellName::from_any_case("RZ00A").unwrap();
        assert_eq!((cell.as_str(), cell.shown().as_str()), ("rz00a", "RZ00A"));
        assert_eq!(cell.default_label().as_str(), "RZ00A");
        assert!(CellLabel::new("CellA").is_ok());
    }

    proptest! {
        #[test]
        fn never_panics_and_serde_agrees(text in "\\PC{0,70}") {
            let name = CityName::new(text.clone());
            let parsed: Result<CityName, _> = serde_json::from_value(serde_json::Value::String(text));
            prop_assert_eq!(name.ok(), parsed.ok());
        }
    }
}
