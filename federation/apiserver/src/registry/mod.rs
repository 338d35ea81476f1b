//! Writes: one file per verb, over shared steps.
//!
//! Reading order: `request` (what every write knows), `meta` (metadata fields), `body` (decoding), `prepare`
//! (prune, default, validate, admit), `commit` (the transaction), then the verbs: `create`, `update`, `patch`,
//! `apply`, `delete`, `delete_collection`, with `modify` as the loop that updates share, and `scale`,
//! `namespaces`, `review`, `binding`, `eviction` as the special cases.
//!
//! Every write is optimistic: it reads the object, computes the new one, and commits under the condition that
//! the object did not change in between.

mod apply;
mod binding;
mod body;
mod commit;
mod create;
mod delete;
mod delete_collection;
mod delete_options;
mod eviction;
mod managed;
pub(crate) mod meta;
mod modify;
mod namespaces;
mod patch;
mod prepare;
pub(crate) mod request;
mod review;
mod scale;
mod update;

pub(crate) use create::create;
pub(crate) use delete::delete;
pub(crate) use delete_collection::delete_collection;
pub(crate) use delete_options::DeleteOptions;
pub(crate) use patch::patch;
pub(crate) use review::post;
pub(crate) use scale::get as get_scale;
pub(crate) use update::update;
