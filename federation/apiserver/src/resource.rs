//! What the server must know of one kind to serve it: names, schema, subresources, columns, behaviour.
//!
//! Built-in kinds and custom kinds are the same [`Resource`]; they differ in [`Origin`] and in their
//! [`Strategy`]. The serving code asks nothing else about a kind.

use std::sync::Arc;

use serde_json::Value;

use crate::openapi::Published;
use crate::schema::Schema;
use crate::schema::metadata::NameRule;
use crate::status::{ApiResult, FieldError, FieldErrorKind};

/// Group, version and resource, with everything that is needed to serve it.
#[derive(Clone)]
pub struct Resource {
    /// API group; empty for the core group.
    pub group: String,
    /// Served (and stored) version.
    pub version: String,
    /// Lower-case plural: the path segment.
    pub plural: String,
    /// Lower-case singular.
    pub singular: String,
    /// Kind.
    pub kind: String,
    /// Kind of the list.
    pub list_kind: String,
    /// Short names for kubectl.
    pub short_names: Vec<String>,
    /// Categories for kubectl, for example `all`.
    pub categories: Vec<String>,
    /// Whether objects live in namespaces.
    pub namespaced: bool,
    /// Verbs that are served; discovery and routing both obey it.
    pub verbs: Verbs,
    /// The structural schema: prune, default, validate, apply.
    pub schema: Arc<Schema>,
    /// The OpenAPI v3 schema with its descriptions, as it is published.
    pub openapi: Published,
    /// Name of the published schema, for example `io.k8s.api.core.v1.ConfigMap`.
    pub definition_name: String,
    /// Compiled in as upstream has it, or a kind with a structural schema.
    pub origin: Origin,
    /// Which subresources are served beside `verbs`.
    pub subresources: Subresources,
    /// Printer columns after `Name` (`Age` is one of them when wanted). `Name` is put before them
    /// unless one of them is called so (Events show it last).
    pub columns: Vec<Column>,
    /// JSON paths (`.spec.unit`) that field selectors may name, beside metadata.name and metadata.namespace.
    pub selectable_fields: Vec<String>,
    /// What is particular about the kind.
    pub strategy: Arc<dyn Strategy>,
}

impl Resource {
    /// `apiVersion` of its objects: `v1`, `apps/v1`.
    pub fn api_version(&self) -> String {
        if self.group.is_empty() { self.version.clone() } else { format!("{}/{}", self.group, self.version) }
    }

    /// What is wrong with `new`, beside its metadata: the schema first, then the strategy. `new` is
    /// prepared and defaulted.
    ///
    /// Lists with keys may hold a key twice in built-in kinds where their own rules do not forbid it
    /// (`env`, `ports`): upstream reads the list type for merging only. An object with a value of a wrong type is
    /// not asked for more: upstream could not even read it.
    pub fn validate(&self, ctx: &WriteContext, new: &Value, old: Option<&Value>) -> Vec<FieldError> {
        let mut errors = crate::schema::validate(new, &self.schema, old);
        if self.origin == Origin::Builtin {
            errors.retain(|error| error.kind != FieldErrorKind::Duplicate);
        }
        if !errors.iter().any(|error| error.kind == FieldErrorKind::TypeInvalid) {
            errors.extend(self.strategy.validate(ctx, new, old));
        }
        errors
    }
}

/// The verbs of discovery, `get list watch create update patch delete deletecollection`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verbs {
    /// `get`, `list`, `watch`.
    pub read: bool,
    /// `create`.
    pub create: bool,
    /// `update`, `patch`.
    pub update: bool,
    /// `delete`.
    pub delete: bool,
    /// `deletecollection`.
    pub delete_collection: bool,
}

impl Verbs {
    /// Everything.
    pub const ALL: Self =
        Self { read: true, create: true, update: true, delete: true, delete_collection: true };
    /// Reviews such as SelfSubjectAccessReview: answered, never stored.
    pub const CREATE_ONLY: Self =
        Self { read: false, create: true, update: false, delete: false, delete_collection: false };
}

/// Where a kind comes from; upstream treats the two differently in a few places.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Strategic merge patch is served, PUT without a version is unconditional.
    Builtin,
    /// Strategic merge answers 415, PUT needs a version.
    Custom,
}

/// Subresources of a kind.
#[derive(Clone, Debug, Default)]
pub struct Subresources {
    /// `/status`.
    pub status: bool,
    /// `/scale` and the paths it maps.
    pub scale: Option<ScalePaths>,
    /// Others with their own rules, for example `approval` of a CSR or `finalize` of a namespace.
    pub others: Vec<ExtraSubresource>,
}

/// A subresource that writes one part of the object.
#[derive(Clone, Debug)]
pub struct ExtraSubresource {
    /// Path segment, for example `approval`.
    pub name: String,
    /// Whether PATCH is served beside GET and PUT.
    pub patch: bool,
    /// `Some`: nothing but POST of an object of this other kind is served (`binding`, `eviction`).
    pub posted: Option<&'static PostedKind>,
}

/// A kind that exists only as the body of a POST to a subresource.
#[derive(Debug, PartialEq, Eq)]
pub struct PostedKind {
    /// API group; empty for the core group.
    pub group: &'static str,
    /// Version.
    pub version: &'static str,
    /// Kind.
    pub kind: &'static str,
    /// Name of its published schema.
    pub definition_name: &'static str,
}

/// Another API version of objects that are stored as a different kind.
///
/// `events.k8s.io/v1` and `v1` Events are the same objects under two sets of field names. The server
/// stores them once, as the other kind, and translates at the edge.
#[derive(Clone, Copy)]
pub struct View {
    /// Group of the stored kind.
    pub group: &'static str,
    /// Version of the stored kind.
    pub version: &'static str,
    /// Plural of the stored kind.
    pub plural: &'static str,
    /// From this kind to the stored one, in place, `apiVersion` included.
    pub to_stored: fn(&mut Value),
    /// From the stored kind to this one, in place, `apiVersion` included.
    pub from_stored: fn(&mut Value),
}

/// JSON paths of the scale subresource, as a CRD declares them.
#[derive(Clone, Debug)]
pub struct ScalePaths {
    /// For example `.spec.replicas`.
    pub spec_replicas: String,
    /// For example `.status.replicas`.
    pub status_replicas: String,
    /// For example `.status.selector`; a string, or a LabelSelector that is rendered as one.
    pub label_selector: Option<String>,
}

/// A printer column, as `additionalPrinterColumns` has it.
#[derive(Clone, Debug)]
pub struct Column {
    /// Heading.
    pub name: String,
    /// `string`, `integer`, `number`, `boolean` or `date`.
    pub type_: String,
    /// OpenAPI format, often empty.
    pub format: String,
    /// One sentence.
    pub description: String,
    /// 0 is shown always, 1 with `-o wide`.
    pub priority: i32,
    /// How a cell comes out of an object.
    pub source: CellSource,
}

/// How a column finds its value.
#[derive(Clone)]
pub enum CellSource {
    /// A JSON path as kubectl writes them: `.spec.unit`, `.status.conditions[?(@.type=="Ready")].status`.
    JsonPath(String),
    /// Computed from the whole object, for built-in kinds (a pod's `READY 1/1`).
    Computed(fn(&Value, now_unix_seconds: i64) -> Value),
}

impl std::fmt::Debug for CellSource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::JsonPath(path) => f.debug_tuple("JsonPath").field(path).finish(),
            Self::Computed(_) => f.write_str("Computed"),
        }
    }
}

/// Which endpoint a write came through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Endpoint {
    /// The object itself.
    Main,
    /// `/status`.
    Status,
    /// `/scale` (already translated into a change of the object).
    Scale,
    /// Another subresource by name.
    Other(String),
}

/// Who asks, as far as a strategy may know.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Caller {
    /// User name, for example `system:serviceaccount:default:default`.
    pub name: String,
    /// UID of the user, if known.
    pub uid: String,
    /// Groups.
    pub groups: Vec<String>,
    /// Extra attributes of the authenticator.
    pub extra: std::collections::BTreeMap<String, Vec<String>>,
}

/// What a strategy may look at beside the object.
#[derive(Clone, Debug)]
pub struct WriteContext {
    /// Who asks.
    pub caller: Caller,
    /// Through which endpoint.
    pub endpoint: Endpoint,
    /// Now, in Unix seconds.
    pub now_unix_seconds: i64,
}

/// What is particular about a kind. All methods are pure; the defaults suit custom kinds.
pub trait Strategy: Send + Sync + 'static {
    /// Before a create: fill what the server owns, drop what a client may not set.
    fn prepare_create(&self, _ctx: &WriteContext, _object: &mut Value) {}
    /// Before an update: restore what may not change through this endpoint.
    fn prepare_update(&self, _ctx: &WriteContext, _object: &mut Value, _old: &Value) {}
    /// After defaulting and schema validation: what the schema cannot say.
    fn validate(&self, _ctx: &WriteContext, _object: &Value, _old: Option<&Value>) -> Vec<FieldError> {
        Vec::new()
    }
    /// Whether a PUT to a name that is not there creates it (Lease, Event, RBAC).
    fn create_on_update(&self) -> bool {
        false
    }
    /// Objects of this kind vanish by themselves after this many seconds (Event: 3600).
    fn ttl_seconds(&self) -> Option<i64> {
        None
    }
    /// What `metadata.name` may look like.
    fn name_rule(&self) -> NameRule {
        NameRule::Subdomain
    }
    /// `Some` when objects of this kind are stored as another kind.
    fn view(&self) -> Option<View> {
        None
    }
    /// Seconds that a deleted object gets to end by itself (a running Pod); `asked` is what the client wants.
    /// 0 deletes at once.
    fn grace_seconds(&self, _object: &Value, _asked: Option<i64>) -> i64 {
        0
    }
    /// Whether something beside finalizers still holds a deleted object (a Namespace: its `spec.finalizers`).
    fn blocks_deletion(&self, _object: &Value) -> bool {
        false
    }
}

/// The strategy of kinds without peculiarities.
pub struct Plain;

impl Strategy for Plain {}

/// A decision that needs other objects: the hub's own admission (03 *Admission*), mounted by the owner
/// of the server. Called after validation and before the write, for dry runs too.
#[async_trait::async_trait]
pub trait Admission: Send + Sync + 'static {
    /// Refuse with an error, or return warnings for the client. `old` is `None` on create, `new` is
    /// `None` on delete.
    async fn admit(&self, review: AdmissionReview<'_>) -> ApiResult<Vec<String>>;
}

/// What an [`Admission`] sees.
pub struct AdmissionReview<'a> {
    /// The kind.
    pub resource: &'a Resource,
    /// Namespace; empty for cluster scope.
    pub namespace: &'a str,
    /// Name.
    pub name: &'a str,
    /// The object as it would be stored.
    pub new: Option<&'a Value>,
    /// The object as it is stored.
    pub old: Option<&'a Value>,
    /// Who, how, when.
    pub ctx: &'a WriteContext,
    /// Whether nothing will be written.
    pub dry_run: bool,
}
