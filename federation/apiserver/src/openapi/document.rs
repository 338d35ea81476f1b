//! One document: paths and schemas of a group version.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::{closure, operations};
use crate::resource::Resource;
use crate::status::{ApiError, ApiResult};

#[derive(Serialize)]
struct Document {
    openapi: &'static str,
    info: Info,
    paths: Map<String, Value>,
    components: Components,
}

#[derive(Serialize)]
struct Info {
    title: &'static str,
    version: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Components {
    schemas: BTreeMap<String, Box<RawValue>>,
    security_schemes: Value,
}

/// The JSON of the document of `kinds`, all of one group version.
pub(super) fn render(kinds: &[Arc<Resource>]) -> ApiResult<Vec<u8>> {
    let mut paths = Map::new();
    for kind in kinds {
        operations::of(kind, &mut paths);
    }
    let security_schemes = serde_json::json!({"BearerToken": {
        "description": "Bearer Token authentication", "in": "header", "name": "authorization", "type": "apiKey"}});
    let document = Document {
        openapi: "3.0.0",
        info: Info { title: "Kubernetes", version: "unversioned" },
        paths,
        components: Components { schemas: closure::of(kinds)?, security_schemes },
    };
    serde_json::to_vec(&document).map_err(ApiError::internal)
}
