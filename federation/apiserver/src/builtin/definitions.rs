//! The published schemas of the built-in kinds, as Kubernetes 1.36 has them (`assets/README.md`).
//!
//! The files are compiled in compressed and unpacked when somebody asks; what stays in memory are the
//! structural schemas, shared by all servers of a process.

use std::collections::BTreeMap;
use std::io::Read;
use std::sync::{Arc, LazyLock};

use flate2::read::GzDecoder;
use parking_lot::Mutex;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::structural;
use crate::schema::Schema;
use crate::status::{ApiError, ApiResult};

const HUB: &[u8] = include_bytes!("../../assets/openapi-hub.json.gz");
const MEMBER: &[u8] = include_bytes!("../../assets/openapi-member.json.gz");

/// What the assets hold is compiled in, and a test reads all of it.
const CHECKED_IN: &str = "the compiled-in definitions are read by a test";

/// All definitions by name, as JSON text. Errors: 500 when the compiled-in files cannot be read.
pub(crate) fn published() -> ApiResult<BTreeMap<String, Box<RawValue>>> {
    let mut all: BTreeMap<String, Box<RawValue>> = BTreeMap::new();
    for asset in [HUB, MEMBER] {
        let text = unpack(asset).map_err(ApiError::internal)?;
        let part: BTreeMap<String, Box<RawValue>> =
            serde_json::from_str(&text).map_err(ApiError::internal)?;
        all.extend(part);
    }
    Ok(all)
}

fn unpack(asset: &[u8]) -> std::io::Result<String> {
    let mut text = String::new();
    GzDecoder::new(asset).read_to_string(&mut text)?;
    Ok(text)
}

/// Makes structural schemas; holds the parsed definitions while a set of kinds is put together.
pub(super) struct Library {
    definitions: Option<Map<String, Value>>,
}

static SCHEMAS: LazyLock<Mutex<BTreeMap<&'static str, Arc<Schema>>>> = LazyLock::new(Mutex::default);

impl Library {
    pub(super) fn new() -> Self {
        Self { definitions: None }
    }

    /// The structural schema of a definition; the same `Arc` for everybody who asks.
    pub(super) fn schema(&mut self, name: &'static str) -> Arc<Schema> {
        if let Some(schema) = SCHEMAS.lock().get(name) {
            return Arc::clone(schema);
        }
        let definitions = self.definitions.get_or_insert_with(|| {
            let mut all = Map::new();
            for asset in [HUB, MEMBER] {
                let text = unpack(asset).expect(CHECKED_IN);
                let part: Map<String, Value> = serde_json::from_str(&text).expect(CHECKED_IN);
                all.extend(part);
            }
            all.values_mut().for_each(structural::of_published);
            all
        });
        let schema = Arc::new(Schema::from_json(&definitions[name], definitions).expect(CHECKED_IN));
        Arc::clone(SCHEMAS.lock().entry(name).or_insert(schema))
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_asset_is_read_and_every_kind_is_in_it() {
        let all = super::published().unwrap();
        for kind in crate::builtin::member() {
            assert!(all.contains_key(&kind.definition_name), "{} is missing", kind.definition_name);
        }
    }
}
