//! What one object cannot decide alone: names that must exist, users that two units would own.
//!
//! Mounted into our own API server as an admission. References are looked up by a client in this process,
//! which costs a read of the server's cache.

mod application;
mod home;

use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use federation_apiserver::resource::{Admission, AdmissionReview};
use federation_apiserver::status::{ApiError, ApiResult, FieldError};
use kube::api::Api;

/// Checks our own kinds.
#[derive(Default)]
pub struct HomeGuard {
    client: Mutex<Option<kube::Client>>,
}

impl HomeGuard {
    /// The client for look-ups; set once the server is there. Until then nothing of ours is written.
    pub fn set_client(&self, client: kube::Client) {
        self.replace(Some(client));
    }

    /// Lets the client go when the server serves no more: it holds the server, and the server holds this guard, so
    /// that the store's file would never be released.
    pub fn forget_client(&self) {
        self.replace(None);
    }

    fn replace(&self, client: Option<kube::Client>) {
        *self.client.lock().unwrap_or_else(PoisonError::into_inner) = client;
    }

    fn client(&self) -> Option<kube::Client> {
        self.client.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[async_trait]
impl Admission for HomeGuard {
    async fn admit(&self, review: AdmissionReview<'_>) -> ApiResult<Vec<String>> {
        let (Some(new), Some(client)) = (review.new, self.client()) else { return Ok(Vec::new()) };
        if review.new.map(|n| &n["spec"]) == review.old.map(|o| &o["spec"]) {
            return Ok(Vec::new());
        }
        let found = match review.resource.kind.as_str() {
            "LogicalUnit" => home::check_unit(&client, review.name, new).await?,
            "DeployUnit" => home::check_cell(&client, new).await?,
            "FederatedDeployment" | "FederatedResource" => application::check(&client, new).await?,
            _ => return Ok(Vec::new()),
        };
        if found.errors.is_empty() {
            return Ok(found.warnings);
        }
        Err(ApiError::invalid(&review.resource.group, &review.resource.kind, review.name, &found.errors))
    }
}

/// What a check found.
#[derive(Default)]
struct Findings {
    errors: Vec<FieldError>,
    warnings: Vec<String>,
}

/// Whether an object of this name is there.
async fn exists<K>(client: &kube::Client, name: &str) -> ApiResult<bool>
where
    K: kube::Resource<DynamicType = (), Scope = kube::core::ClusterResourceScope>
        + Clone
        + std::fmt::Debug
        + serde::de::DeserializeOwned,
{
    let api: Api<K> = Api::all(client.clone());
    Ok(api.get_metadata_opt(name).await.map_err(ApiError::internal)?.is_some())
}
