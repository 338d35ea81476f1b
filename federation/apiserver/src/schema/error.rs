//! Why a schema cannot be read.

use crate::cel::RuleError;

/// Why a schema cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum SchemaError {
    /// A `$ref` names nothing.
    #[error("schema of {path}: the reference {reference:?} names no definition; add it to the definitions")]
    MissingDefinition {
        /// Where in the schema.
        path: String,
        /// The text of `$ref`.
        reference: String,
    },
    /// A keyword has a value of the wrong type.
    #[error("schema of {path}: {keyword} must be {expected}")]
    Malformed {
        /// Where in the schema.
        path: String,
        /// The keyword.
        keyword: &'static str,
        /// What it must be.
        expected: &'static str,
    },
    /// A `pattern` is not a regular expression.
    #[error("compile the pattern {pattern:?} of {path}")]
    Pattern {
        /// Where in the schema.
        path: String,
        /// The pattern.
        pattern: String,
        /// Why.
        #[source]
        source: Box<regex::Error>,
    },
    /// A CEL rule cannot be used.
    #[error("read the validation rule of {path}")]
    Rule {
        /// Where in the schema.
        path: String,
        /// Why.
        #[source]
        source: RuleError,
    },
    /// The schema nests too deep.
    #[error("schema of {path}: nested deeper than {max} levels")]
    TooDeep {
        /// The limit.
        max: usize,
        /// Where in the schema.
        path: String,
    },
}
