//! Reads: options and selectors, GET, LIST with its pages, and the bodies of their answers.

pub(crate) mod get;
pub(crate) mod list;
pub(crate) mod list_body;
pub(crate) mod options;
pub(crate) mod revision;
pub(crate) mod selector;
pub(crate) mod token;
