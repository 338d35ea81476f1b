//! What the measurements stand on.

use anyhow::Result;
use e2e_clusters::link::Link;
use e2e_clusters::member::{Cell, Cluster, Options};
use e2e_clusters::process::Program;
use e2e_clusters::workdir::Workdir;
use kube::Client;

use super::CLUSTERS;
use crate::rig::mirror::Mirror;
use crate::rig::programs::{HubProcess, start_agent};
use crate::rig::{application, world};

/// Nodes of each member; 110 pods each.
const NODES: u32 = 6;

/// Hub, members, agents, and mirrors of what matters.
pub struct Stage {
    /// The hub.
    pub hub: HubProcess,
    /// A client of the hub with all rights.
    pub client: Client,
    /// The agents, in the order of clusters.
    pub agents: Vec<Program>,
    /// The links between agents and hub.
    pub links: Vec<Link>,
    /// The workloads of all members.
    pub workloads: Mirror,
    /// The applications of the hub.
    pub applications: Mirror,
    clusters: Vec<Cluster>,
    workdir: Workdir,
}

impl Stage {
    /// Starts everything.
    pub async fn set() -> Result<Self> {
        let workdir = Workdir::create("bench-hub")?;
        let hub = HubProcess::start(workdir.path()).await?;
        let client = hub.client().await?;
        world::lay_out(&client, CLUSTERS).await?;
        let mut stage = Self {
            workloads: Mirror::workloads(&[]),
            applications: Mirror::applications(&client),
            agents: Vec::new(),
            links: Vec::new(),
            clusters: Vec::new(),
            hub,
            client,
            workdir,
        };
        for number in 0..CLUSTERS {
            stage.add(number).await?;
        }
        let members: Vec<Client> = stage.clusters.iter().map(Cluster::client).collect();
        stage.workloads = Mirror::workloads(&members);
        stage.warm_up().await?;
        Ok(stage)
    }

    async fn add(&mut self, number: usize) -> Result<()> {
        let name = world::cluster(number);
        let cell = Cell::new(&world::cell_label(number), NODES);
        let cluster = Cluster::start(Options::member(&name, [cell])).await?;
        let link = Link::to(self.hub.address()).await?;
        let agent = start_agent(&self.hub, link.address(), &name, cluster.kubeconfig_path()).await?;
        self.clusters.push(cluster);
        self.links.push(link);
        self.agents.push(agent);
        Ok(())
    }

    /// The first application finds cold connections and a scheduler that has never scheduled.
    async fn warm_up(&self) -> Result<()> {
        let manifest = application::manifest("warm-up", CLUSTERS, 1, &image("warm-up", 1));
        application::create(&self.client, &manifest).await?;
        self.available("warm-up", 1).await.map(|_| ())
    }

    /// Waits until the application has `per_cell` replicas available in every cell; the instant when it had.
    pub async fn available(&self, name: &str, per_cell: i64) -> Result<std::time::Instant> {
        let key = (0, name.to_owned());
        let replicas = per_cell * CLUSTERS as i64;
        let good = |objects: &crate::rig::mirror::Objects| {
            objects.get(&key).is_some_and(|found| crate::rig::mirror::available(found, replicas))
        };
        self.applications.until(&format!("{name} to be available"), e2e_clusters::wait::LONG, good).await
    }

    /// Waits until all members have the workload with this image; the instant when the last one had.
    pub async fn present(&self, name: &str, image: &str) -> Result<std::time::Instant> {
        self.present_in(0..CLUSTERS, name, image).await
    }

    /// As [`Stage::present`], for some members.
    pub async fn present_in(
        &self,
        members: std::ops::Range<usize>,
        name: &str,
        image: &str,
    ) -> Result<std::time::Instant> {
        let keys: Vec<_> = members.map(|number| (number, name.to_owned())).collect();
        let good = |objects: &crate::rig::mirror::Objects| {
            keys.iter().all(|key| objects.get(key).is_some_and(|o| crate::rig::mirror::image(o) == image))
        };
        self.workloads.until(&format!("{name} in all members"), e2e_clusters::wait::LONG * 3, good).await
    }

    /// Ends everything after a run that went well.
    pub fn clear(mut self) {
        self.agents.clear();
        for cluster in self.clusters {
            cluster.finish();
        }
        drop(self.hub);
        self.workdir.remove();
    }
}

/// An image of an application.
pub(super) fn image(name: &str, version: u32) -> String {
    format!("registry.example/payments/{name}:v{version}")
}
