//! HTTP as the API uses it: paths, queries, negotiation, request bodies, answers.

pub(crate) mod answer;
pub(crate) mod body;
pub(crate) mod incoming;
pub(crate) mod negotiate;
pub(crate) mod query;
pub(crate) mod request_info;
