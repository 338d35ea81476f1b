//! Installs the CRDs of the member's kinds, where the agent may, and waits until they are served.
//!
//! The texts are sent as they are checked in, and of the answers only the conditions are read: built in memory, the
//! schemas of two pod templates would be most of what the agent ever needs.

use std::time::Duration;

use crds::names::AGENT_MANAGER;
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::api::{GetParams, Patch, PatchParams};
use kube::core::Request;
use kube::{Client, Resource, ResourceExt};
use serde::Deserialize;
use serde_json::json;

use crate::Error;
use crate::error::code;

/// How long a CRD may take to be established.
const ESTABLISH_SECONDS: u64 = 60;

/// What is read of a CRD.
#[derive(Debug, Default, Deserialize)]
struct Seen {
    #[serde(default)]
    status: SeenStatus,
}

#[derive(Debug, Default, Deserialize)]
struct SeenStatus {
    /// `null` in the first moment.
    conditions: Option<Vec<SeenCondition>>,
}

#[derive(Debug, Deserialize)]
struct SeenCondition {
    #[serde(rename = "type")]
    kind: String,
    status: String,
}

impl Seen {
    fn is_established(&self) -> bool {
        let mut conditions = self.status.conditions.iter().flatten();
        conditions.any(|condition| condition.kind == "Established" && condition.status == "True")
    }
}

/// Applies the CRDs and waits until the API server serves them. Without the right to write CRDs it only waits: then
/// somebody else has to install them.
pub async fn install_crds(client: &Client) -> Result<(), Error> {
    for (name, text) in crds::manifests::MEMBER_YAML {
        match apply(client, name, text.as_bytes().to_vec()).await {
            Ok(()) => {}
            Err(error) if code(&error) == Some(403) => {
                tracing::info!(crd = name, "may not install CRDs; expecting them to be installed");
            }
            // Not every server reads YAML here.
            Err(error) if matches!(code(&error), Some(400 | 415 | 422)) => {
                apply_as_json(client, name).await?
            }
            Err(error) => return Err(Error::request(format!("apply CRD {name}"))(error)),
        }
        wait_established(client, name).await?;
    }
    Ok(())
}

fn requests() -> Request {
    Request::new(CustomResourceDefinition::url_path(&(), None))
}

async fn apply(client: &Client, name: &str, manifest: Vec<u8>) -> Result<(), kube::Error> {
    let how = PatchParams::apply(AGENT_MANAGER).force();
    let request = requests().patch(name, &how, &Patch::Apply(json!({})));
    let mut request = request.map_err(kube::Error::BuildRequest)?;
    *request.body_mut() = manifest;
    client.request::<Seen>(request).await.map(drop)
}

async fn apply_as_json(client: &Client, name: &str) -> Result<(), Error> {
    let Some(crd) = crds::manifests::member().into_iter().find(|crd| crd.name_any() == name) else {
        return Ok(());
    };
    let manifest = serde_json::to_vec(&crd).map_err(Error::json(format!("CRD {name}")))?;
    apply(client, name, manifest).await.map_err(Error::request(format!("apply CRD {name}")))
}

async fn wait_established(client: &Client, name: &str) -> Result<(), Error> {
    let attempt = || format!("read CRD {name}");
    let mut pause = Duration::from_millis(25);
    let end = tokio::time::Instant::now() + Duration::from_secs(ESTABLISH_SECONDS);
    while tokio::time::Instant::now() < end {
        let request = requests().get(name, &GetParams::default());
        let request = request.map_err(kube::Error::BuildRequest).map_err(Error::request(attempt()))?;
        match client.request::<Seen>(request).await {
            Ok(seen) if seen.is_established() => return Ok(()),
            Ok(_) => {}
            Err(error) => match code(&error) {
                // It is to be installed by somebody else, who has not yet.
                Some(404) => {}
                // Not even read them: the watches will tell whether the kinds are there.
                Some(403) => return Ok(()),
                _ => return Err(Error::request(attempt())(error)),
            },
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(Duration::from_secs(1));
    }
    Err(Error::NotEstablished { name: name.to_owned(), seconds: ESTABLISH_SECONDS })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_and_kinds_are_the_same_crds() {
        let built: Vec<String> = crds::manifests::member().iter().map(ResourceExt::name_any).collect();
        let texts: Vec<&str> = crds::manifests::MEMBER_YAML.iter().map(|(name, _)| *name).collect();
        assert_eq!(built, texts);
        for (name, text) in crds::manifests::MEMBER_YAML {
            assert!(text.contains(&format!("name: {name}\n")), "{name}");
        }
    }

    #[test]
    fn only_the_condition_is_read() {
        let seen = |status: &str| {
            let crd = json!({"spec": {"group": "x"}, "status": {"conditions": [{"type": "Established", "status": status}]}});
            serde_json::from_value::<Seen>(crd).unwrap().is_established()
        };
        assert!(seen("True") && !seen("False"));
        for fresh in [json!({"spec": {}}), json!({"status": {"conditions": null}})] {
            assert!(!serde_json::from_value::<Seen>(fresh).unwrap().is_established());
        }
    }
}
