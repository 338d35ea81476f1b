//! The home map: a unit's users can be read and belong to no other unit; a cell's unit is there.

use crds::ldc::{LogicalUnit, RoutingProfile};
use federation_apiserver::status::{ApiError, ApiResult, FieldError, FieldErrorKind};
use kube::ResourceExt;
use kube::api::{Api, ListParams};
use model::{UidSet, UidSpace};
use serde_json::Value;

use super::{Findings, exists};

/// A unit's `baseUIDs`: readable, inside the space, and nobody else's. A gap is found when the map is committed.
pub(super) async fn check_unit(client: &kube::Client, name: &str, new: &Value) -> ApiResult<Findings> {
    let mut findings = Findings::default();
    let Some(text) = new["spec"]["baseUIDs"].as_str() else { return Ok(findings) };
    let space = space(client).await?;
    let wrong = |detail: String| {
        FieldError::new(FieldErrorKind::Invalid, "spec.baseUIDs", detail).shown(Value::from(text).to_string())
    };
    let uids = match UidSet::parse(space, text) {
        Ok(uids) => uids,
        Err(error) => {
            findings.errors.push(wrong(error.to_string()));
            return Ok(findings);
        }
    };
    let units = Api::<LogicalUnit>::all(client.clone())
        .list(&ListParams::default())
        .await
        .map_err(ApiError::internal)?;
    for other in units.items.iter().filter(|unit| unit.name_any() != name) {
        let Some(Ok(theirs)) = other.spec.base_uids.as_deref().map(|t| UidSet::parse(space, t)) else {
            continue;
        };
        let both = uids.intersection(&theirs);
        if !both.is_empty() {
            let owner = other.name_any();
            findings.errors.push(wrong(format!(
                "UIDs {both} are at home in unit {owner} already: take them out there first"
            )));
        }
    }
    Ok(findings)
}

/// A cell's unit and cluster; a cluster may come later, a unit must be there.
pub(super) async fn check_cell(client: &kube::Client, new: &Value) -> ApiResult<Findings> {
    let mut findings = Findings::default();
    let unit = new["spec"]["unit"].as_str().unwrap_or_default();
    if !exists::<LogicalUnit>(client, unit).await? {
        let detail = format!("there is no LogicalUnit {unit}: apply it first");
        findings.errors.push(
            FieldError::new(FieldErrorKind::NotFound, "spec.unit", detail)
                .shown(Value::from(unit).to_string()),
        );
    }
    let cluster = new["spec"]["cluster"].as_str().unwrap_or_default();
    if !exists::<crds::federation::MemberCluster>(client, cluster).await? {
        findings
            .warnings
            .push(format!("spec.cluster: {cluster} is no member yet; the cell is ready when it joins"));
    }
    Ok(findings)
}

/// The UID space of this hub.
async fn space(client: &kube::Client) -> ApiResult<UidSpace> {
    let profile =
        Api::<RoutingProfile>::all(client.clone()).get_opt("default").await.map_err(ApiError::internal)?;
    match profile {
        Some(profile) => UidSpace::new(profile.spec.uid_space_size).map_err(ApiError::internal),
        None => Ok(UidSpace::default()),
    }
}
