//! Reads: options and selectors, GET, LIST with its pages, and the bodies of their answers.
//!
//! Reading order: `kind` (a kind and how its objects are written out), `options`, `selector`, `token`
//! (what a client asks), `get`, `list`, `list_body` (the answers).

pub(crate) mod get;
pub(crate) mod kind;
pub(crate) mod list;
pub(crate) mod list_body;
pub(crate) mod options;
pub(crate) mod selector;
pub(crate) mod token;
