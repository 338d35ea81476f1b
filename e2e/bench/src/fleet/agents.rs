//! The agents of the fleet: the real code, joined by tokens.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use federation_playground::playground::create_token;
use kube::Client;
use member_agent::agent::{Agent, AgentOptions, HubAccess};
use member_agent::metrics::Metrics;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::light_member::LightMember;
use crate::rig::programs::HubProcess;
use crate::rig::world;

/// Members with their agents; the agents end when it is dropped.
pub(super) struct Fleet {
    members: Vec<LightMember>,
    _stop: DropGuard,
}

impl Fleet {
    /// Starts members and joins an agent in each, one after another; says how long each join took.
    pub(super) async fn join(
        hub: &HubProcess,
        client: &Client,
        agents: usize,
    ) -> Result<(Self, Vec<Duration>)> {
        let stop = CancellationToken::new();
        let ca = std::fs::read_to_string(hub.ca()).context("read the hub's CA")?;
        let (mut members, mut joined) = (Vec::new(), Vec::new());
        for number in 0..agents {
            let member = LightMember::start().await?;
            let start = Instant::now();
            join_one(hub, client, &ca, number, &member, &stop).await?;
            joined.push(start.elapsed());
            members.push(member);
        }
        Ok((Self { members, _stop: stop.drop_guard() }, joined))
    }

    /// Clients of the members, in order.
    pub(super) fn members(&self) -> Vec<Client> {
        self.members.iter().map(LightMember::client).collect()
    }
}

async fn join_one(
    hub: &HubProcess,
    client: &Client,
    ca: &str,
    number: usize,
    member: &LightMember,
    stop: &CancellationToken,
) -> Result<()> {
    let cluster = world::cluster(number);
    let options = AgentOptions {
        hub: HubAccess::Join {
            cluster: cluster.clone(),
            hub_url: Some(format!("https://{}", hub.address())),
            ca_pem: Some(ca.to_owned()),
            token: Some(create_token(client, &cluster, &cluster).await?),
        },
        member: member.client(),
        state_dir: hub.dir.join("agents").join(&cluster),
        metrics: Arc::new(Metrics::default()),
        install_kinds: false,
    };
    let agent = Agent::start(options, stop.clone()).await.with_context(|| format!("join {cluster}"))?;
    let mut connected = agent.connected.clone();
    tokio::spawn(agent.run());
    connected
        .wait_for(|connected| *connected)
        .await
        .with_context(|| format!("the agent of {cluster} ended"))?;
    Ok(())
}
