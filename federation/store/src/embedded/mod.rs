//! The embedded store: everything in one redb file, one committing thread, one fsync for all writers waiting.
//!
//! Reading order: `record` and `tables` are what is on disk; `index`, `garbage` and `leases` are the pure state kept
//! in memory; `apply` runs one transaction against both; `committer` is the thread that owns the state, gathers
//! waiting requests into batches, commits and publishes; `shared` is what readers and watchers see; `read`, `ring`
//! and `watch` serve them; `file`, `backend` and `backup` deal with files.
//!
//! On disk there is a log from (revision, step) to record and nothing derived from it. Values live there only; in
//! memory there is one small entry per retained version.

mod apply;
mod backend;
mod backup;
mod batch;
mod committer;
mod file;
mod garbage;
mod handle;
mod index;
mod leases;
mod load;
mod options;
mod read;
mod record;
mod ring;
mod shared;
mod tables;
mod watch;

pub use handle::EmbeddedStore;
pub use options::Options;
