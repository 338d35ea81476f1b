//! The scheduler of a simulated cluster may give a pod its node by an update, which nobody else may.

use std::sync::Arc;

use federation_apiserver::resource::{Strategy, WriteContext};
use federation_apiserver::status::FieldError;
use serde_json::Value;

/// User name of the simulator.
pub(super) const SIMULATOR: &str = "system:simulator";

/// The strategy of pods, but for the node that the simulator gives.
pub(super) struct AllowsBinding(pub(super) Arc<dyn Strategy>);

impl Strategy for AllowsBinding {
    fn prepare_create(&self, ctx: &WriteContext, object: &mut Value) {
        self.0.prepare_create(ctx, object);
    }

    fn prepare_update(&self, ctx: &WriteContext, object: &mut Value, old: &Value) {
        self.0.prepare_update(ctx, object, old);
    }

    fn validate(&self, ctx: &WriteContext, object: &Value, old: Option<&Value>) -> Vec<FieldError> {
        match old {
            Some(old) if ctx.caller.name == SIMULATOR && old["spec"].get("nodeName").is_none() => {
                let mut bound = old.clone();
                bound["spec"]["nodeName"] = object["spec"]["nodeName"].clone();
                self.0.validate(ctx, object, Some(&bound))
            }
            old => self.0.validate(ctx, object, old),
        }
    }

    fn create_on_update(&self) -> bool {
        self.0.create_on_update()
    }

    fn ttl_seconds(&self) -> Option<i64> {
        self.0.ttl_seconds()
    }

    fn blocks_deletion(&self, object: &Value) -> bool {
        self.0.blocks_deletion(object)
    }
}
