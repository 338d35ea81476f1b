//! The CRDs of all kinds, as they are checked in under `crds/generated` and installed by programs.

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::CustomResourceExt;

use crate::{apps, federation, ldc};

/// The kinds that the hub serves.
pub fn hub() -> Vec<CustomResourceDefinition> {
    vec![
        federation::MemberCluster::crd(),
        federation::FederatedDeployment::crd(),
        federation::FederatedResource::crd(),
        federation::Work::crd(),
        federation::WorkTemplate::crd(),
        federation::Confirmation::crd(),
        ldc::City::crd(),
        ldc::Site::crd(),
        ldc::LogicalUnit::crd(),
        ldc::DeployUnit::crd(),
        ldc::RoutingProfile::crd(),
        ldc::RuleSet::crd(),
    ]
}

/// The kinds that a member cluster serves.
pub fn member() -> Vec<CustomResourceDefinition> {
    vec![apps::CafeDeployment::crd(), apps::InPlaceSet::crd()]
}

/// Names and texts of the CRDs of [`member`], as checked in: to apply them without building them in memory.
pub const MEMBER_YAML: [(&str, &str); 2] = [
    ("cafedeployments.apps.cafefed.dev", include_str!("../generated/apps.cafefed.dev_cafedeployments.yaml")),
    ("inplacesets.apps.cafefed.dev", include_str!("../generated/apps.cafefed.dev_inplacesets.yaml")),
];

/// File name and text of every generated file, in the order of [`hub`] and [`member`].
pub fn files() -> Result<Vec<(String, String)>, serde_yaml_ng::Error> {
    const HEADER: &str = "# Generated from the Rust types by `make generate`; do not edit.\n";
    hub()
        .into_iter()
        .chain(member())
        .map(|crd| {
            let name = format!("{}_{}.yaml", crd.spec.group, crd.spec.names.plural);
            Ok((name, format!("{HEADER}{}", serde_yaml_ng::to_string(&crd)?)))
        })
        .collect()
}
