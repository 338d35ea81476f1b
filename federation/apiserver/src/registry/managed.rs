//! Who owns which field: how a write calls on [`crate::apply`].

use serde_json::Value;

use super::request::Write;
use crate::apply::{self, ApplyContext, ResetFields};
use crate::resource::Endpoint;
use crate::status::ApiResult;

/// Calls `with` with the context that [`crate::apply`] needs.
fn context<T>(write: &Write, with: impl FnOnce(&ApplyContext<'_>) -> T) -> T {
    let now = jiff::Timestamp::from_second(write.now.as_second()).unwrap_or_default().to_string();
    let api_version = write.kind.stored.api_version();
    with(&ApplyContext {
        manager: &write.manager,
        force: write.force,
        api_version: &api_version,
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

/// Records the fields that a write other than apply changes.
pub(super) fn record(write: &Write, live: Option<&Value>, new: &mut Value) {
    context(write, |ctx| apply::update(ctx, live, new, &write.kind.stored.schema));
}

/// Merges an applied configuration into the live object. Errors: 409 with the conflicts.
pub(super) fn merge(write: &Write, live: Option<&Value>, config: &Value) -> ApiResult<Value> {
    context(write, |ctx| apply::apply(ctx, live, config, &write.kind.stored.schema))
}
