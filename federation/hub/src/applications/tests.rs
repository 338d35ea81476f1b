//! The decision over an application, played through without a server.

use crds::apps::UpgradeType;
use crds::federation::FederatedDeployment;
use serde_json::json;

/// 10 replicas over both cells of rz00, beta and batches of 4, with confirmations.
pub(super) fn shop() -> FederatedDeployment {
    let mut app: FederatedDeployment = serde_json::from_value(json!({
        "apiVersion": "federation.cafefed.dev/v1alpha1", "kind": "FederatedDeployment",
        "metadata": {"name": "shop", "namespace": "default", "uid": "u1", "generation": 1},
        "spec": {
            "replicas": 10,
            "placement": {"units": ["rz00"]},
            "template": {"spec": {
                "selector": {"matchLabels": {"app": "shop"}},
                "strategy": {"upgradeType": "Beta", "batchSize": 4, "needWaitingForConfirm": true},
                "template": {
                    "metadata": {"labels": {"app": "shop"}},
                    "spec": {"containers": [{"name": "shop", "image": "registry.example/shop:v1"}]}}
            }}
        }
    }))
    .expect("a valid application");
    app.spec.template.spec.strategy.upgrade_type = UpgradeType::Beta;
    app
}
