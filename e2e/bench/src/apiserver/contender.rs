//! The two servers, and what is the same for both: a user whose rights come from RBAC, and the custom kind.

use std::path::PathBuf;

use anyhow::{Context, Result};
use e2e_clusters::member::{Cluster, Options, connect};
use e2e_clusters::ports::Port;
use e2e_clusters::process::{Launch, Program};
use e2e_clusters::wait;
use e2e_clusters::workdir::Workdir;
use k8s_openapi::api::core::v1::Namespace;
use k8s_openapi::api::rbac::v1::{ClusterRole, ClusterRoleBinding};
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::Client;
use kube::api::{Api, PostParams};
use kube::runtime::wait::{await_condition, conditions};
use serde_json::json;

use super::watchers;

/// The user of all requests that are measured, and its group.
pub(super) const USER: &str = "benchmark";
/// The definition of the custom kind.
const CUSTOM: &str = "federateddeployments.federation.cafefed.dev";

/// A server under measurement.
pub struct Contender {
    side: Side,
    user: PathBuf,
}

#[expect(clippy::large_enum_variant, reason = "there are two of them in a run")]
enum Side {
    Ours { program: Program, workdir: Workdir, _port: Port },
    Theirs(Box<std::sync::Mutex<Cluster>>),
}

impl Contender {
    /// Our API server.
    pub async fn ours() -> Result<Self> {
        let workdir = Workdir::create("bench-apiserver")?;
        let port = Port::reserve()?;
        let dir = workdir.path();
        let program = std::env::current_exe().context("find the running program")?;
        let launch = Launch::new("apiserver", program, dir)
            .arg("serve")
            .args([format!("--data-dir={}", dir.display()), format!("--listen={}", port.address())])
            .ready_file(workdir.join("ready"));
        let program = Program::start(launch).await?;
        let user = workdir.join("user.kubeconfig");
        grant(&connect(&workdir.join("admin.kubeconfig")).await?).await?;
        Ok(Self { side: Side::Ours { program, workdir, _port: port }, user })
    }

    /// kube-apiserver on an etcd that waits for the disk.
    pub async fn theirs() -> Result<Self> {
        let cluster = Cluster::start(Options::bare("bench-peer").durable()).await?;
        let client = cluster.client();
        grant(&client).await?;
        let api: Api<CustomResourceDefinition> = Api::all(client);
        let wanted = |crd: &CustomResourceDefinition| crd.metadata.name.as_deref() == Some(CUSTOM);
        let definition = crds::manifests::hub().into_iter().find(wanted).context("no definition")?;
        api.create(&PostParams::default(), &definition).await.context("install the custom kind")?;
        await_condition(api, CUSTOM, conditions::is_crd_established()).await?;
        let user = cluster.kubeconfig_for(USER, USER)?;
        Ok(Self { side: Side::Theirs(Box::new(std::sync::Mutex::new(cluster))), user })
    }

    /// Its name in figures.
    pub fn name(&self) -> &'static str {
        match self.side {
            Side::Ours { .. } => "ours",
            Side::Theirs(_) => "kube-apiserver",
        }
    }

    /// A client of the user, who may read and write both kinds by RBAC.
    pub async fn connect(&self) -> Result<Client> {
        let client = connect(&self.user).await?;
        wait::until("the user's rights", wait::LONG, async || {
            for kind in [super::Kind::ConfigMap, super::Kind::Custom] {
                let path = format!("{}?limit=1", kind.path());
                client.request_text(http::Request::get(path).body(Vec::new())?).await?;
            }
            Ok(())
        })
        .await?;
        Ok(client)
    }

    /// Resident bytes of the server, and of its store where that is a process of its own.
    pub fn resident(&self) -> Result<(u64, Option<u64>)> {
        match &self.side {
            Side::Ours { program, .. } => Ok((program.resident_bytes()?, None)),
            Side::Theirs(cluster) => {
                let mut cluster = cluster.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                Ok((cluster.apiserver().resident_bytes()?, Some(cluster.etcd().resident_bytes()?)))
            }
        }
    }

    /// Ends it after a run that went well.
    pub fn end(self) {
        match self.side {
            Side::Ours { program, mut workdir, .. } => {
                drop(program);
                workdir.remove();
            }
            Side::Theirs(cluster) => {
                cluster.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner).finish();
            }
        }
    }
}

/// Gives the user its rights by RBAC (the group system:masters would not be asked), and makes the namespace of the
/// watchers.
async fn grant(admin: &Client) -> Result<()> {
    let role: ClusterRole = serde_json::from_value(json!({
        "metadata": {"name": USER},
        "rules": [
            {"apiGroups": [""], "resources": ["configmaps"], "verbs": ["*"]},
            {"apiGroups": [crds::names::FEDERATION_GROUP], "resources": ["federateddeployments"], "verbs": ["*"]},
        ],
    }))?;
    let binding: ClusterRoleBinding = serde_json::from_value(json!({
        "metadata": {"name": USER},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": USER},
        "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": USER}],
    }))?;
    let namespace: Namespace = serde_json::from_value(json!({"metadata": {"name": watchers::NAME}}))?;
    Api::all(admin.clone())
        .create(&PostParams::default(), &namespace)
        .await
        .context("create the namespace")?;
    Api::all(admin.clone()).create(&PostParams::default(), &role).await.context("create the role")?;
    Api::all(admin.clone()).create(&PostParams::default(), &binding).await.context("create the binding")?;
    Ok(())
}
