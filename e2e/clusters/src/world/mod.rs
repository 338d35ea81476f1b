//! A federation as scenarios see it: a hub, members, an agent in each, and a link between each agent and the hub.
//!
//! There are two worlds: [`RealWorld`] is made of processes and real clusters, and the playground's is one
//! process with simulated members. Scenarios know only [`World`], so that they run on both.

mod real;

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Result;
use async_trait::async_trait;
use kube::Client;
pub use real::RealWorld;

use crate::link::Link;

/// The members of every world, as `deploy/examples/world.yaml` has them; their sites have the same names.
pub const MEMBERS: [&str; 3] = ["hz-a", "hz-b", "sh-a"];

/// Cities, sites, units and cells of every world.
pub const HOME_MAP: &str = include_str!("../../../../deploy/examples/world.yaml");

/// Life of agents' certificates where a scenario is not about it.
pub const CERTIFICATES: Duration = Duration::from_secs(24 * 3600);

/// An agent as it is started.
#[derive(Clone, Debug)]
pub struct AgentStart {
    /// What it is called here: the key for later verbs, and its folder. A member's own agent is called as the
    /// member.
    pub agent: String,
    /// The name it takes on the hub.
    pub cluster: String,
    /// The member it runs in.
    pub place: String,
    /// The join token of a first start.
    pub token: Option<String>,
}

impl AgentStart {
    /// A member's own agent, which has its credential.
    pub fn of(member: &str) -> Self {
        Self { agent: member.to_owned(), cluster: member.to_owned(), place: member.to_owned(), token: None }
    }

    /// The same with a join token.
    #[must_use]
    pub fn token(mut self, token: impl Into<String>) -> Self {
        self.token = Some(token.into());
        self
    }
}

/// A federation that can be broken.
#[async_trait(?Send)]
pub trait World {
    /// A client of the hub with all rights. It outlives the hub: requests fail while the hub is away.
    fn hub(&self) -> Client;

    /// A client of a member with all rights.
    fn member(&self, name: &str) -> Client;

    /// What is between a member's agents and the hub.
    fn link(&self, member: &str) -> &Link;

    /// The folder in which an agent keeps its credential and its last instructions.
    fn state_dir(&self, agent: &str) -> PathBuf;

    /// Starts the hub on its data; nothing happens when it runs. `certificates` is the life of those that it
    /// signs for agents.
    async fn start_hub(&mut self, certificates: Duration) -> Result<()>;

    /// Ends the hub as abruptly as this world can: `kill -9` where it is a process.
    async fn kill_hub(&mut self) -> Result<()>;

    /// Starts an agent; nothing happens when it runs. Does not wait for it.
    async fn start_agent(&mut self, start: AgentStart) -> Result<()>;

    /// Ends an agent as abruptly as this world can; nothing happens when it does not run.
    async fn kill_agent(&mut self, agent: &str) -> Result<()>;

    /// What an agent said when it ended by itself; `None` while it runs.
    async fn last_words(&mut self, agent: &str) -> Result<Option<String>>;

    /// Whether [`World::kill_member`] is possible.
    fn members_restart(&self) -> bool {
        false
    }

    /// Ends the API server of a member.
    async fn kill_member(&mut self, member: &str) -> Result<()> {
        anyhow::bail!("member {member} of this world cannot be ended")
    }

    /// Starts the API server of a member again; nothing happens when it runs.
    async fn start_member(&mut self, _member: &str) -> Result<()> {
        Ok(())
    }

    /// Where the logs are, for a person who reads about a failure.
    fn logs(&self) -> String;

    /// Ends all of it; `well` says that nothing has to be kept.
    async fn end(self: Box<Self>, well: bool) -> Result<()>;
}
