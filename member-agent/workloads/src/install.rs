//! Installs the CRDs of the member's kinds, where the agent may, and waits until they are served.

use std::time::Duration;

use crds::names::AGENT_MANAGER;
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::api::{Api, Patch, PatchParams};
use kube::{Client, ResourceExt};

use crate::Error;
use crate::error::code;

/// How long a CRD may take to be established.
const ESTABLISH_SECONDS: u64 = 60;

/// Applies the CRDs and waits until the API server serves them. Without the right to write CRDs it only waits: then
/// somebody else has to install them.
pub async fn install_crds(client: &Client) -> Result<(), Error> {
    let api: Api<CustomResourceDefinition> = Api::all(client.clone());
    for crd in crds::manifests::member() {
        let name = crd.name_any();
        let apply = PatchParams::apply(AGENT_MANAGER).force();
        match api.patch(&name, &apply, &Patch::Apply(&crd)).await {
            Ok(_) => {}
            Err(error) if code(&error) == Some(403) => {
                tracing::info!(crd = name, "may not install CRDs; expecting them to be installed");
            }
            Err(error) => return Err(Error::request(format!("apply CRD {name}"))(error)),
        }
        wait_established(&api, &name).await?;
    }
    Ok(())
}

async fn wait_established(api: &Api<CustomResourceDefinition>, name: &str) -> Result<(), Error> {
    let mut pause = Duration::from_millis(25);
    let end = tokio::time::Instant::now() + Duration::from_secs(ESTABLISH_SECONDS);
    while tokio::time::Instant::now() < end {
        match api.get_opt(name).await {
            Ok(Some(crd)) if is_established(&crd) => return Ok(()),
            Ok(_) => {}
            // Not even read them: the watches will tell whether the kinds are there.
            Err(error) if code(&error) == Some(403) => return Ok(()),
            Err(error) => return Err(Error::request(format!("read CRD {name}"))(error)),
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(Duration::from_secs(1));
    }
    Err(Error::NotEstablished { name: name.to_owned(), seconds: ESTABLISH_SECONDS })
}

fn is_established(crd: &CustomResourceDefinition) -> bool {
    let conditions = crd.status.iter().flat_map(|status| status.conditions.iter().flatten());
    conditions.into_iter().any(|condition| condition.type_ == "Established" && condition.status == "True")
}
