//! Hub, members and agents in one process: [`world`](crate::world) brought to life, [`run_story`] run on it.

mod dir;
mod start;
mod story;
mod token;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

pub use start::Playground;
pub use story::{Outcome, run_story};
pub use token::create_token;

/// What a playground is like (03 *Programs*).
#[derive(Clone, Debug)]
pub struct Options {
    /// Kubeconfigs and keys are written here.
    pub data_dir: PathBuf,
    /// Where the hub listens; port 0 takes any.
    pub listen: SocketAddr,
    /// Member clusters of the world, at most three.
    pub clusters: usize,
    /// How long a container takes to start.
    pub start_delay: Duration,
}
