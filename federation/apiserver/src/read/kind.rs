//! A kind as it is served: its description, its cache, and how its objects are written out.

use std::sync::Arc;

use bytes::Bytes;
use serde_json::Value;

use crate::cache::entry::Entry;
use crate::cache::event::{Form, Include};
use crate::cache::feed::Feed;
use crate::cache::kind::KindCache;
use crate::resource::{Resource, View};
use crate::status::{ApiError, ApiResult};
use crate::table::{IncludeObject, Printer};

/// One served kind.
pub(crate) struct Kind {
    /// The kind as clients see it.
    pub(crate) resource: Arc<Resource>,
    /// The kind its objects are stored as: itself, except for views.
    pub(crate) stored: Arc<Resource>,
    /// Set when the objects are stored as another kind.
    pub(crate) view: Option<View>,
    /// Objects and events.
    pub(crate) cache: Arc<KindCache>,
    printer: Printer,
}

impl Kind {
    /// Whether objects of `resource` have a place of their own in the store.
    pub(crate) fn is_stored(resource: &Resource) -> bool {
        resource.verbs.read && resource.strategy.view().is_none()
    }

    /// Serves `resource` from the caches of `feed`; a view is served from those of the kind it is stored as,
    /// which must be among `all`.
    pub(crate) fn new(resource: Arc<Resource>, feed: &Feed, all: &[Arc<Resource>]) -> Self {
        let view = resource.strategy.view();
        let target =
            view.and_then(|view| all.iter().find(|r| r.group == view.group && r.plural == view.plural));
        let stored = target.unwrap_or(&resource).clone();
        let cache = feed.kind(&stored).cloned().unwrap_or_else(|| Arc::new(KindCache::new(&stored)));
        Self { printer: Printer::new(&resource), view, cache, stored, resource }
    }

    /// `apiVersion` of the objects.
    pub(crate) fn api_version(&self) -> String {
        self.resource.api_version()
    }

    /// A writer of objects in `form`. `now` is in Unix seconds.
    pub(crate) fn writer(&self, form: Form, now: i64) -> Writer<'_> {
        Writer { kind: self, form, now }
    }

    /// 404 for an object of this kind.
    pub(crate) fn not_found(&self, name: &str) -> ApiError {
        ApiError::not_found(&self.resource.group, &self.resource.plural, name)
    }

    /// An object for the answer to a write, indexed like a cached one. Errors: 500 for bytes that are not an
    /// object.
    pub(crate) fn entry(&self, local: &str, value: Bytes, revision: u64) -> ApiResult<Entry> {
        Entry::new(local, value, revision, &self.cache.paths).map_err(ApiError::internal)
    }
}

/// Writes objects of one kind in one form.
#[derive(Clone, Copy)]
pub(crate) struct Writer<'a> {
    kind: &'a Kind,
    form: Form,
    now: i64,
}

impl Writer<'_> {
    /// Appends `entry` as one item of a list in this form: an object, or a table row.
    pub(crate) fn item(&self, entry: &Entry, revision: u64, out: &mut Vec<u8>) {
        match self.form {
            Form::Native => match self.kind.view {
                None => entry.write(revision, out),
                Some(_) => write_value(&self.value(entry, revision), out),
            },
            Form::Metadata => entry.write_metadata(revision, out),
            Form::Table(include) => {
                // Rows are made from stored objects, for a view too.
                let stored = parsed(entry, revision);
                self.kind.printer.write_row(out, &stored, include.into(), self.now);
            }
        }
    }

    /// Appends `entry` as a document of its own. `columns` are written into a table when wanted.
    pub(crate) fn single(&self, entry: &Entry, revision: u64, columns: bool, out: &mut Vec<u8>) {
        if let Form::Table(_) = self.form {
            let metadata = format!("{{\"resourceVersion\":\"{revision}\"}}");
            out.extend_from_slice(&self.kind.printer.table_start(&metadata, columns));
            self.item(entry, revision, out);
            out.extend_from_slice(Printer::TABLE_END);
        } else {
            self.item(entry, revision, out);
        }
    }

    /// The beginning of a list document, up to its first item; `metadata` is the JSON of its ListMeta.
    pub(crate) fn list_start(&self, metadata: &str) -> Vec<u8> {
        let (kind, version) = match self.form {
            Form::Native => (self.kind.resource.list_kind.as_str(), self.kind.api_version()),
            Form::Metadata => ("PartialObjectMetadataList", "meta.k8s.io/v1".to_owned()),
            Form::Table(_) => return self.kind.printer.table_start(metadata, true),
        };
        format!("{{\"kind\":\"{kind}\",\"apiVersion\":\"{version}\",\"metadata\":{metadata},\"items\":[")
            .into_bytes()
    }

    /// A document of this form that carries nothing but a version: the object of a bookmark.
    pub(crate) fn bookmark(&self, metadata: &str) -> String {
        let (kind, version) = match self.form {
            Form::Native => (self.kind.resource.kind.as_str(), self.kind.api_version()),
            Form::Metadata => ("PartialObjectMetadata", "meta.k8s.io/v1".to_owned()),
            Form::Table(_) => {
                let mut table = self.kind.printer.table_start(metadata, false);
                table.extend_from_slice(Printer::TABLE_END);
                return String::from_utf8_lossy(&table).into_owned();
            }
        };
        format!("{{\"kind\":\"{kind}\",\"apiVersion\":\"{version}\",\"metadata\":{metadata}}}")
    }

    fn value(&self, entry: &Entry, revision: u64) -> Value {
        let mut value = parsed(entry, revision);
        if let Some(view) = &self.kind.view {
            (view.from_stored)(&mut value);
        }
        value
    }
}

impl From<Include> for IncludeObject {
    fn from(include: Include) -> Self {
        match include {
            Include::None => Self::None,
            Include::Metadata => Self::Metadata,
            Include::Object => Self::Object,
        }
    }
}

fn parsed(entry: &Entry, revision: u64) -> Value {
    // What is in the cache was scanned as JSON before.
    serde_json::from_slice(&entry.to_bytes(revision)).unwrap_or_default()
}

fn write_value(value: &Value, out: &mut Vec<u8>) {
    // A `Value` always serializes into memory.
    let _ = serde_json::to_writer(out, value);
}
