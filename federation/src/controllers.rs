//! The hub controllers against any API server, through a client alone.

use anyhow::Context;
use crds::names;
use federation_hub_lib::metrics::HubMetrics;
use federation_hub_lib::{HubControllers, Options, bootstrap, join::Joins, members::Members, units::Units};
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::ResourceExt;
use kube::api::{Api, Patch, PatchParams};
use kube::runtime::wait::{await_condition, conditions};
use tokio_util::sync::CancellationToken;

/// Runs all hub controllers until `stop`.
pub async fn run(client: kube::Client, metrics: HubMetrics, stop: CancellationToken) -> anyhow::Result<()> {
    bootstrap::prepare(&client).await?;
    let (_, _, _, applications) = tokio::join!(
        Joins::new(client.clone()).run(stop.clone()),
        Members::new(client.clone(), metrics.clone()).run(stop.clone()),
        Units::new(client.clone()).run(stop.clone()),
        HubControllers::run(client.clone(), Options { metrics, ..Options::default() }, stop.clone()),
    );
    Ok(applications?)
}

/// Installs the hub's kinds as CRDs; for an API server that is not our own.
pub async fn install_kinds(client: &kube::Client) -> anyhow::Result<()> {
    let api: Api<CustomResourceDefinition> = Api::all(client.clone());
    let params = PatchParams::apply(names::HUB_MANAGER).force();
    for crd in crds::manifests::hub() {
        let name = crd.name_any();
        api.patch(&name, &params, &Patch::Apply(&crd))
            .await
            .with_context(|| format!("cannot install {name}"))?;
    }
    for crd in crds::manifests::hub() {
        let name = crd.name_any();
        await_condition(api.clone(), &name, conditions::is_crd_established())
            .await
            .with_context(|| format!("{name} was installed but is not served"))?;
    }
    Ok(())
}
