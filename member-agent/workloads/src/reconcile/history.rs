//! The history of templates: one ControllerRevision per revision, named `APPLICATION-REVISION`.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use crds::apps::CafeDeployment;
use crds::names::{CAFEDEPLOYMENT_LABEL, REVISION_LABEL};
use k8s_openapi::api::apps::v1::ControllerRevision;
use k8s_openapi::apimachinery::pkg::runtime::RawExtension;
use kube::api::{Api, DeleteParams, Patch, PostParams};
use kube::{Resource, ResourceExt};
use member_agent_core::cafe_deployment::{RecordSeen, RecordWrite};
use member_agent_core::template::{CellOverride, render};
use serde_json::{Value, json};

use super::{Context, change};
use crate::world::Key;
use crate::{Error, watch};

/// What a revision was.
#[derive(Clone, Debug)]
struct Recorded {
    template: Arc<Value>,
    overrides: Arc<Vec<CellOverride>>,
}

/// Older templates that were read, by application and revision; `None`: there is no record any more.
#[derive(Default)]
pub(crate) struct Templates(Mutex<BTreeMap<Key, BTreeMap<String, Option<Recorded>>>>);

impl Templates {
    fn with<T>(&self, act: impl FnOnce(&mut BTreeMap<Key, BTreeMap<String, Option<Recorded>>>) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Drops what was read for an application.
    pub(crate) fn forget(&self, application: &Key) {
        self.with(|known| known.remove(application));
    }
}

/// A record as the plan sees it.
pub(super) fn seen(record: &ControllerRevision) -> RecordSeen {
    RecordSeen {
        name: record.name_any(),
        revision: record.labels().get(REVISION_LABEL).cloned().unwrap_or_default(),
        number: record.revision,
    }
}

/// Writes the changes of the history.
pub(super) async fn write(
    context: &Context,
    object: &CafeDeployment,
    writes: &[RecordWrite],
) -> Result<(), Error> {
    let namespace = object.namespace().unwrap_or_default();
    let api: Api<ControllerRevision> = Api::namespaced(context.client.clone(), &namespace);
    for write in writes {
        match write {
            RecordWrite::Create { revision, number } => {
                let record = record(object, revision, *number);
                let attempt = format!("record revision {namespace}/{}", record.name_any());
                match api.create(&PostParams::default(), &record).await.map_err(Error::request(attempt)) {
                    Ok(written) => watch::note_record(context, written),
                    // It is there; the watch is behind.
                    Err(error) if error.is_conflict() => {}
                    Err(error) => return Err(error),
                }
            }
            RecordWrite::Renumber { name, number } => {
                let patch = Patch::Merge(json!({"revision": number}));
                let attempt = format!("renumber revision {namespace}/{name}");
                let written = api.patch(name, &change(), &patch).await.map_err(Error::request(attempt))?;
                watch::note_record(context, written);
            }
            RecordWrite::Delete { name } => {
                let attempt = format!("delete revision {namespace}/{name} beyond the history limit");
                match api.delete(name, &DeleteParams::default()).await.map_err(Error::request(attempt)) {
                    Err(error) if !error.is_not_found() => return Err(error),
                    _ => {}
                }
            }
        }
    }
    Ok(())
}

fn record(object: &CafeDeployment, revision: &str, number: i64) -> ControllerRevision {
    let mut data = json!({"template": object.spec.template.0});
    if !object.spec.topology.overrides.is_empty() {
        data["overrides"] = json!(object.spec.topology.overrides);
    }
    let mut record =
        ControllerRevision { revision: number, data: Some(RawExtension(data)), ..Default::default() };
    record.metadata.namespace = object.namespace();
    record.metadata.name = Some(name(&object.name_any(), revision));
    record.metadata.owner_references = object.controller_owner_ref(&()).map(|owner| vec![owner]);
    let labels = [(CAFEDEPLOYMENT_LABEL, object.name_any()), (REVISION_LABEL, revision.to_owned())];
    record.metadata.labels = Some(labels.into_iter().map(|(key, value)| (key.to_owned(), value)).collect());
    record
}

fn name(application: &str, revision: &str) -> String {
    format!("{application}-{revision}")
}

async fn recorded(context: &Context, application: &Key, revision: &str) -> Result<Option<Recorded>, Error> {
    let known = |all: &mut BTreeMap<Key, BTreeMap<String, Option<Recorded>>>| {
        all.get(application).and_then(|known| known.get(revision)).cloned()
    };
    if let Some(known) = context.templates.with(known) {
        return Ok(known);
    }
    let api: Api<ControllerRevision> = Api::namespaced(context.client.clone(), &application.namespace);
    let name = name(&application.name, revision);
    let attempt = format!("read revision {}/{name}", application.namespace);
    let found = api.get_opt(&name).await.map_err(Error::request(attempt))?;
    let recorded = found.and_then(|record| record.data).map(|data| {
        let overrides = data.0["overrides"].as_array().map(Vec::as_slice).unwrap_or_default();
        Recorded {
            overrides: Arc::new(overrides.iter().filter_map(CellOverride::from_json).collect()),
            template: Arc::new(data.0["template"].clone()),
        }
    });
    context.templates.with(|all| {
        all.entry(application.clone()).or_default().insert(revision.to_owned(), recorded.clone());
    });
    Ok(recorded)
}

/// The template of a revision as a cell has it; `None` when there is no record of it any more.
pub(super) async fn cell_template(
    context: &Context,
    application: &Key,
    revision: &str,
    cell: &str,
) -> Result<Option<Arc<Value>>, Error> {
    let Some(recorded) = recorded(context, application, revision).await? else { return Ok(None) };
    // A recorded override was applied once; one that no longer fits counts as no record.
    Ok(render(&recorded.template, &recorded.overrides, cell).ok().map(Arc::new))
}

/// The template of a revision without overrides.
pub(super) async fn whole_template(
    context: &Context,
    application: &Key,
    revision: &str,
) -> Result<Option<Arc<Value>>, Error> {
    if revision.is_empty() {
        return Ok(None);
    }
    Ok(recorded(context, application, revision).await?.map(|recorded| recorded.template))
}
