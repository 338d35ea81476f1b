//! WATCH: where it starts, what it sends, when it ends.
//!
//! Reading order: `start` (the options decide the starting point), `watcher` (the stream of frames),
//! `frame` (how one event is written), `replay` (events older than the ring, from the store).

mod frame;
mod replay;
pub(crate) mod start;
mod watcher;
