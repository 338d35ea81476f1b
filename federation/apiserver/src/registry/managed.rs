//! Who owns which field: how a write calls on [`crate::apply`].

use serde_json::Value;

use super::request::Write;
use crate::apply::{self, ApplyContext, ResetFields};
use crate::resource::Endpoint;
use crate::status::ApiResult;

/// Calls `with` with the context that [`crate::apply`] needs.
fn context<T>(write: &Write, api_version: &str, with: impl FnOnce(&ApplyContext<'_>) -> T) -> T {
    let now = jiff::Timestamp::from_second(write.now.as_second()).unwrap_or_default().to_string();
    with(&ApplyContext {
        manager: &write.manager,
        force: write.force,
        api_version,
        now: &now,
        subresource: write.subresource(),
        reset: reset(write),
    })
}

fn reset(write: &Write) -> ResetFields {
    match write.ctx.endpoint {
        Endpoint::Main if write.kind.stored.subresources.status => ResetFields::Status,
        Endpoint::Status => ResetFields::AllButStatus,
        _ => ResetFields::Nothing,
    }
}

/// Records the fields that a write other than apply changes; both objects are of the stored kind.
pub(super) fn record(write: &Write, live: Option<&Value>, new: &mut Value) {
    let stored = &write.kind.stored;
    context(write, &stored.api_version(), |ctx| apply::update(ctx, live, new, &stored.schema));
}

/// Merges an applied configuration into the live object; both are of the kind of the path. Errors: 409 with the
/// conflicts.
pub(super) fn merge(write: &Write, live: Option<&Value>, config: &Value) -> ApiResult<Value> {
    let resource = &write.kind.resource;
    context(write, &resource.api_version(), |ctx| apply::apply(ctx, live, config, &resource.schema))
}
