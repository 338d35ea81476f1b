//! The watch cache: every object as bytes with a small index, the recent events, snapshots and cursors.
//!
//! It is fed by the store's watch alone, never by this server's own writes, so that several servers on one
//! store show the same order. Reading order: `scan` and `entry` (one object), `event` (one change and its
//! shared frames), `ring` and `lanes` (recent changes and who wants them), `kind` (one kind), `cursor` (one
//! watcher's place), `feed` (the task that fills everything), `keys` (where objects stand in the store).

pub(crate) mod cursor;
pub(crate) mod entry;
pub(crate) mod event;
pub(crate) mod feed;
pub(crate) mod keys;
pub(crate) mod kind;
pub(crate) mod lanes;
pub(crate) mod ring;
pub(crate) mod scan;

#[cfg(test)]
mod tests;
