//! The smallest member there can be: our API server over a store in memory, with the kinds an agent needs.

use std::sync::Arc;

use anyhow::{Context, Result};
use federation_apiserver::resource::{Caller, Resource};
use federation_apiserver::server::{ApiServer, Config};
use federation_apiserver::{builtin, custom};
use federation_store::EmbeddedStore;
use kube::Client;

/// A member without nodes.
pub(super) struct LightMember {
    server: ApiServer,
}

impl LightMember {
    /// Starts it.
    pub(super) async fn start() -> Result<Self> {
        let store = EmbeddedStore::in_memory().context("make a store in memory")?;
        let server = ApiServer::start(Config::new(Arc::new(store), resources()?)).await?;
        Ok(Self { server })
    }

    /// A client in this process with all rights.
    pub(super) fn client(&self) -> Client {
        let caller = Caller {
            name: "benchmark".to_owned(),
            groups: vec!["system:masters".to_owned(), "system:authenticated".to_owned()],
            ..Caller::default()
        };
        Client::new(self.server.service(caller), "default")
    }
}

fn resources() -> Result<Vec<Resource>> {
    let mut resources = builtin::member();
    for crd in crds::manifests::member() {
        resources.push(custom::resource(&serde_json::to_value(&crd)?)?);
    }
    Ok(resources)
}
