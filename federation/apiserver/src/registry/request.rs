//! What every write knows: the kind, the object, who asks, and the options of the query.

use std::sync::Arc;

use bytes::Bytes;
use http::HeaderMap;
use http::header::USER_AGENT;
use jiff::Timestamp;
use serde_json::Value;

use crate::http::query::Query;
use crate::read::kind::Kind;
use crate::resource::{Caller, Endpoint, WriteContext};
use crate::server::core::Core;
use crate::status::{ApiError, ApiResult, FieldError, FieldErrorKind};

/// Upstream's bound for the name of a field manager.
const MANAGER_MAX: usize = 128;

/// One write.
pub(crate) struct Write {
    /// Store, kinds, settings.
    pub(crate) core: Arc<Core>,
    /// The kind of the path.
    pub(crate) kind: Arc<Kind>,
    /// Namespace of the path; empty for cluster scope.
    pub(crate) namespace: String,
    /// Name of the path; empty on create.
    pub(crate) name: String,
    /// Who, through which endpoint, when.
    pub(crate) ctx: WriteContext,
    /// Now, with the full resolution that managedFields are written with.
    pub(crate) now: Timestamp,
    /// Nothing is written.
    pub(crate) dry_run: bool,
    /// `Strict`, `Warn` or `Ignore`.
    pub(crate) field_validation: String,
    /// Who owns the fields that change.
    pub(crate) manager: String,
    /// Whether the manager was named in the query.
    pub(crate) manager_named: bool,
    /// Apply takes fields over from others.
    pub(crate) force: bool,
}

/// What a write did.
pub(crate) struct Written {
    /// HTTP code.
    pub(crate) code: u16,
    /// What it answers with.
    pub(crate) reply: Reply,
    /// For `Warning` headers.
    pub(crate) warnings: Vec<String>,
}

/// What a write answers with.
pub(crate) enum Reply {
    /// An object as it is stored, and its version.
    Object {
        /// Its name, which a create may have made up.
        name: String,
        /// The stored bytes.
        value: Bytes,
        /// The version; 0 when nothing was stored (dry run of a create).
        revision: u64,
    },
    /// Any other document.
    Document(Value),
}

impl Write {
    /// Reads the options that all writes share. Errors: 400 or 422 for options that are none.
    pub(crate) fn new(
        core: &Arc<Core>,
        kind: &Arc<Kind>,
        (namespace, name): (&str, &str),
        endpoint: Endpoint,
        caller: &Caller,
        (headers, query): (&HeaderMap, &Query),
    ) -> ApiResult<Self> {
        let now = Timestamp::now();
        let manager = query.get("fieldManager").unwrap_or_default();
        check_manager(manager)?;
        Ok(Self {
            core: core.clone(),
            kind: kind.clone(),
            namespace: namespace.to_owned(),
            name: name.to_owned(),
            ctx: WriteContext { caller: caller.clone(), endpoint, now_unix_seconds: now.as_second() },
            now,
            dry_run: dry_run(query)?,
            field_validation: field_validation(query)?,
            manager: if manager.is_empty() { agent(headers) } else { manager.to_owned() },
            manager_named: !manager.is_empty(),
            force: query.flag("force"),
        })
    }

    /// 409 because the version moved on.
    pub(crate) fn modified(&self) -> ApiError {
        ApiError::modified(&self.kind.resource.group, &self.kind.resource.plural, &self.name)
    }

    /// 422 for these fields.
    pub(crate) fn invalid(&self, name: &str, errors: &[FieldError]) -> ApiError {
        ApiError::invalid(&self.kind.resource.group, &self.kind.resource.kind, name, errors)
    }

    /// 404 for the object of the path.
    pub(crate) fn not_found(&self) -> ApiError {
        self.kind.not_found(&self.name)
    }

    /// The name of the subresource as managedFields record it; empty for the object itself.
    pub(crate) fn subresource(&self) -> &str {
        match &self.ctx.endpoint {
            Endpoint::Main => "",
            Endpoint::Status => "status",
            Endpoint::Scale => "scale",
            Endpoint::Other(name) => name,
        }
    }
}

/// The manager of a client that names none: its User-Agent up to the first slash.
fn agent(headers: &HeaderMap) -> String {
    let text = headers.get(USER_AGENT).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let name: String = text.split('/').next().unwrap_or_default().chars().take(MANAGER_MAX).collect();
    if name.is_empty() { "unknown".to_owned() } else { name }
}

/// `dryRun` of a query. Errors: 422 for anything but `All`.
pub(crate) fn dry_run(query: &Query) -> ApiResult<bool> {
    dry_run_of(query.all("dryRun"))
}

/// `dryRun` as a list of words. Errors: 422 for anything but `All`.
pub(crate) fn dry_run_of<'a>(words: impl Iterator<Item = &'a str>) -> ApiResult<bool> {
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    if words.iter().all(|word| *word == "All") {
        return Ok(!words.is_empty());
    }
    let error = FieldError::new(FieldErrorKind::NotSupported, "dryRun", "supported values: \"All\"");
    let shown = serde_json::to_string(&words).unwrap_or_default();
    Err(ApiError::invalid("meta.k8s.io", "Options", "", &[error.shown(shown)]))
}

fn field_validation(query: &Query) -> ApiResult<String> {
    match query.get("fieldValidation").unwrap_or_default() {
        "" => Ok("Warn".to_owned()),
        known @ ("Strict" | "Warn" | "Ignore") => Ok(known.to_owned()),
        other => {
            let known = "supported values: \"Ignore\", \"Strict\", \"Warn\"";
            let error = FieldError::new(FieldErrorKind::NotSupported, "fieldValidation", known);
            let error = error.shown(format!("\"{other}\""));
            Err(ApiError::invalid("meta.k8s.io", "Options", "", &[error]))
        }
    }
}

fn check_manager(manager: &str) -> ApiResult<()> {
    let error = if manager.len() > MANAGER_MAX {
        FieldError::new(
            FieldErrorKind::TooLong,
            "fieldManager",
            format!("may not be more than {MANAGER_MAX} bytes"),
        )
    } else if manager.chars().any(char::is_control) {
        FieldError::new(FieldErrorKind::Invalid, "fieldManager", "should only contain printable characters")
            .shown(format!("{manager:?}"))
    } else {
        return Ok(());
    };
    Err(ApiError::invalid("meta.k8s.io", "Options", "", &[error]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_checked() {
        let code = |query: &str| dry_run(&Query::parse(query)).map_err(|e| e.code());
        assert_eq!((code(""), code("dryRun=All"), code("dryRun=Some")), (Ok(false), Ok(true), Err(422)));
        let mode = |query: &str| field_validation(&Query::parse(query)).map_err(|e| e.code());
        assert_eq!((mode(""), mode("fieldValidation=x")), (Ok("Warn".into()), Err(422)));
        assert!(
            check_manager("a\nb").is_err()
                && check_manager(&"a".repeat(129)).is_err()
                && check_manager("a b").is_ok()
        );
    }

    #[test]
    fn the_agent_names_the_manager() {
        let mut headers = HeaderMap::new();
        assert_eq!(agent(&headers), "unknown");
        headers.insert(USER_AGENT, "kubectl/v1.35.0 (linux)".parse().expect("a header"));
        assert_eq!(agent(&headers), "kubectl");
    }
}
