//! WATCH: where it starts, what it sends, when it ends.
//!
//! Reading order: `start` (the options decide the starting point), `watcher` (the stream of frames),
//! `frame` (how one event is written).

mod frame;
pub(crate) mod start;
mod watcher;
