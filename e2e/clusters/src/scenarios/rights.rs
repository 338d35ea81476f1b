//! What an agent may do on the hub, tried with its own credential: its own, and nothing else.

use anyhow::{Context, Result, ensure};
use base64::Engine;
use crds::federation::{FederatedDeployment, MemberCluster, Work, WorkSpec, WorkTemplate};
use crds::names;
use k8s_openapi::api::certificates::v1::CertificateSigningRequest;
use k8s_openapi::api::coordination::v1::Lease;
use k8s_openapi::api::core::v1::{ConfigMap, Namespace, Secret};
use kube::Client;
use kube::api::{Api, DeleteParams, ListParams, Patch, PatchParams, PostParams};
use kube::config::Kubeconfig;
use serde_json::{Value, json};

use super::application::Application;
use super::manifests::{self, refused};
use crate::world::{MEMBERS, World};

const FORBIDDEN: u16 = 403;

/// A client with the stored credential of an agent.
async fn agent_client(world: &dyn World, agent: &str) -> Result<Client> {
    let path = world.state_dir(agent).join("credential.json");
    let bytes = std::fs::read(&path).with_context(|| format!("read {}", path.display()))?;
    let credential: Value = serde_json::from_slice(&bytes)?;
    let base64 = |key: &str| {
        let pem = credential[key].as_str().unwrap_or_default();
        base64::engine::general_purpose::STANDARD.encode(pem)
    };
    let kubeconfig: Kubeconfig = serde_json::from_value(json!({
        "current-context": "hub",
        "contexts": [{"name": "hub", "context": {"cluster": "hub", "user": "agent"}}],
        "clusters": [{"name": "hub", "cluster": {
            "server": credential["hubUrl"], "certificate-authority-data": base64("caPem")}}],
        "users": [{"name": "agent", "user": {
            "client-certificate-data": base64("certificatePem"), "client-key-data": base64("keyPem")}}],
    }))?;
    let config = kube::Config::from_custom_kubeconfig(kubeconfig, &Default::default()).await?;
    Ok(Client::try_from(config)?)
}

/// Reads and writes that an agent needs are done, all others refused.
pub(super) async fn an_agent_touches_only_its_own(world: &mut dyn World) -> Result<()> {
    let [own, other, _] = MEMBERS;
    let app = Application::new(&world.hub(), "rights", &["rz00"], 2);
    app.roll_out().await?;
    let agent = agent_client(world, own).await?;
    may_use_its_own(&agent, own).await?;
    may_only_report_on_works(&agent, own).await?;
    may_not_read_others(&agent, other).await?;
    may_not_read_what_all_share(&agent).await?;
    may_not_speak_for_others(&agent, own, other).await?;
    app.delete().await
}

async fn may_use_its_own(agent: &Client, own: &str) -> Result<()> {
    let namespace = names::cluster_namespace(own);
    let works = Api::<Work>::namespaced(agent.clone(), &namespace).list(&ListParams::default()).await?.items;
    let work = works.first().context("it sees none of its Works")?;
    let templates: Api<WorkTemplate> = Api::namespaced(agent.clone(), names::TEMPLATES_NAMESPACE);
    templates.get(&work.spec.template_ref).await.context("get a template by its digest")?;
    let leases: Api<Lease> = Api::namespaced(agent.clone(), &namespace);
    leases.get(&names::agent_object(own)).await.context("get its Lease")?;
    Api::<MemberCluster>::all(agent.clone()).get(own).await.context("get its MemberCluster")?;
    Api::<Secret>::namespaced(agent.clone(), &namespace).list(&ListParams::default()).await?;
    Ok(())
}

/// The status of a Work is the agent's, all else of it the hub's.
async fn may_only_report_on_works(agent: &Client, own: &str) -> Result<()> {
    let works: Api<Work> = Api::namespaced(agent.clone(), &names::cluster_namespace(own));
    let name = names::work_name("FederatedDeployment", manifests::NAMESPACE, "rights");
    let merge = |body: Value| Patch::Merge(body);
    let params = PatchParams::default();
    let spec = json!({"spec": {"difference": {"replicas": 1000}}});
    refused("write the spec of a Work", FORBIDDEN, works.patch(&name, &params, &merge(spec)).await)?;
    let made = Work::new("made-up", WorkSpec { template_ref: "0".into(), ..WorkSpec::default() });
    refused("create a Work", FORBIDDEN, works.create(&PostParams::default(), &made).await)?;
    refused("delete a Work", FORBIDDEN, works.delete(&name, &DeleteParams::default()).await)?;
    let all = works.delete_collection(&DeleteParams::default(), &ListParams::default()).await;
    refused("delete all Works", FORBIDDEN, all)?;
    let before = works.get(&name).await?;
    let status = json!({"status": {"observedGeneration": 0}, "spec": {"openGroup": 77}});
    works.patch_status(&name, &params, &merge(status)).await.context("report on a Work")?;
    let after = works.get(&name).await?;
    ensure!(after.spec == before.spec, "a report changed the spec: {:?}", after.spec);
    Ok(())
}

async fn may_not_read_others(agent: &Client, other: &str) -> Result<()> {
    let namespace = names::cluster_namespace(other);
    let all = ListParams::default();
    let works: Api<Work> = Api::namespaced(agent.clone(), &namespace);
    refused("list another's Works", FORBIDDEN, works.list(&all).await)?;
    refused("get another's Work", FORBIDDEN, works.get("default.federateddeployment.rights").await)?;
    refused("list the Works of all", FORBIDDEN, Api::<Work>::all(agent.clone()).list(&all).await)?;
    let secrets: Api<Secret> = Api::namespaced(agent.clone(), &namespace);
    refused("list another's Secrets", FORBIDDEN, secrets.list(&all).await)?;
    let leases: Api<Lease> = Api::namespaced(agent.clone(), &namespace);
    refused("get another's Lease", FORBIDDEN, leases.get(&names::agent_object(other)).await)?;
    let members: Api<MemberCluster> = Api::all(agent.clone());
    refused("get another's MemberCluster", FORBIDDEN, members.get(other).await)?;
    refused("list MemberClusters", FORBIDDEN, members.list(&all).await).map(|_| ())
}

async fn may_not_read_what_all_share(agent: &Client) -> Result<()> {
    let all = ListParams::default();
    let templates: Api<WorkTemplate> = Api::namespaced(agent.clone(), names::TEMPLATES_NAMESPACE);
    refused("list templates", FORBIDDEN, templates.list(&all).await)?;
    for namespace in ["kube-system", manifests::NAMESPACE] {
        let secrets: Api<Secret> = Api::namespaced(agent.clone(), namespace);
        refused(&format!("list the Secrets of {namespace}"), FORBIDDEN, secrets.list(&all).await)?;
        let maps: Api<ConfigMap> = Api::namespaced(agent.clone(), namespace);
        refused(&format!("list the ConfigMaps of {namespace}"), FORBIDDEN, maps.list(&all).await)?;
    }
    refused("list the Secrets of all", FORBIDDEN, Api::<Secret>::all(agent.clone()).list(&all).await)?;
    refused("list namespaces", FORBIDDEN, Api::<Namespace>::all(agent.clone()).list(&all).await)?;
    let apps = Api::<FederatedDeployment>::all(agent.clone());
    refused("list applications", FORBIDDEN, apps.list(&all).await).map(|_| ())
}

async fn may_not_speak_for_others(agent: &Client, own: &str, other: &str) -> Result<()> {
    let members: Api<MemberCluster> = Api::all(agent.clone());
    let params = PatchParams::default();
    let accept = Patch::Merge(json!({"spec": {"suspended": true}}));
    refused("write its MemberCluster's spec", FORBIDDEN, members.patch(own, &params, &accept).await)?;
    refused("delete its MemberCluster", FORBIDDEN, members.delete(own, &DeleteParams::default()).await)?;
    let status = Patch::Merge(json!({"status": {"nodes": 0}}));
    let reported = members.patch_status(other, &params, &status).await;
    refused("report on another MemberCluster", FORBIDDEN, reported)?;
    let leases: Api<Lease> = Api::namespaced(agent.clone(), &names::cluster_namespace(other));
    let lease = Lease {
        metadata: kube::api::ObjectMeta { name: Some("agent-made-up".into()), ..Default::default() },
        spec: None,
    };
    refused("create a Lease for another", FORBIDDEN, leases.create(&PostParams::default(), &lease).await)?;
    let requests: Api<CertificateSigningRequest> = Api::all(agent.clone());
    refused("get another's request", FORBIDDEN, requests.get(&names::agent_object(other)).await)?;
    refused("list requests", FORBIDDEN, requests.list(&ListParams::default()).await).map(|_| ())
}
