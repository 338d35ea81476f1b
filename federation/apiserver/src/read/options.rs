//! The query of a LIST, WATCH or deletecollection: parsed and validated as upstream validates it.

use std::time::Duration;

use crate::http::query::Query;
use crate::status::{ApiError, ApiResult, FieldError, FieldErrorKind};

/// `resourceVersionMatch`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Match {
    /// `Exact`.
    Exact,
    /// `NotOlderThan`.
    NotOlderThan,
}

/// `ListOptions` without the selectors.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ListOptions {
    /// `None` for the empty text: the most recent.
    pub(crate) revision: Option<u64>,
    /// How `revision` is meant.
    pub(crate) matching: Option<Match>,
    /// Most items of a page; 0 is no limit.
    pub(crate) limit: usize,
    /// The continue token, empty for a first page.
    pub(crate) token: String,
    /// When a watch ends, or a list gives up.
    pub(crate) timeout: Option<Duration>,
    /// Whether a watch sends bookmarks.
    pub(crate) bookmarks: bool,
    /// Whether a watch begins with the state, and how it was asked.
    pub(crate) send_initial_events: Option<bool>,
}

impl ListOptions {
    /// Reads the query of a LIST or WATCH. Errors: 400 for what cannot be read, 422 for what contradicts
    /// itself, as `ValidateListOptions` has it.
    pub(crate) fn parse(query: &Query, watch: bool) -> ApiResult<Self> {
        let matching = match query.get("resourceVersionMatch") {
            None | Some("") => None,
            Some(text) => Some(text),
        };
        let revision_text = query.get("resourceVersion").unwrap_or_default();
        let options = Self {
            revision: revision(revision_text)?,
            matching: match matching {
                Some("Exact") => Some(Match::Exact),
                Some("NotOlderThan") => Some(Match::NotOlderThan),
                _ => None,
            },
            limit: number(query, "limit")?.and_then(|n| usize::try_from(n).ok()).unwrap_or(0),
            token: query.get("continue").unwrap_or_default().to_owned(),
            timeout: number(query, "timeoutSeconds")?
                .and_then(|n| u64::try_from(n).ok())
                .map(Duration::from_secs),
            bookmarks: query.flag("allowWatchBookmarks"),
            send_initial_events: query.get("sendInitialEvents").map(|_| query.flag("sendInitialEvents")),
        };
        let errors =
            if watch { options.watch_errors(matching) } else { options.list_errors(matching, revision_text) };
        if !errors.is_empty() {
            return Err(ApiError::invalid("meta.k8s.io", "ListOptions", "", &errors));
        }
        if !watch && !options.token.is_empty() && !matches!(revision_text, "" | "0") {
            const WHY: &str = "specifying resource version is not allowed when using continue";
            return Err(ApiError::bad_request(WHY));
        }
        Ok(options)
    }

    fn list_errors(&self, matching: Option<&str>, revision: &str) -> Vec<FieldError> {
        let mut errors = Vec::new();
        if let Some(text) = matching {
            if revision.is_empty() {
                errors.push(forbidden_match(
                    "resourceVersionMatch is forbidden unless resourceVersion is provided",
                ));
            }
            if !self.token.is_empty() {
                errors.push(forbidden_match("resourceVersionMatch is forbidden when continue is provided"));
            }
            if self.matching.is_none() {
                errors.push(unsupported_match(text, "\"Exact\", \"NotOlderThan\", \"\""));
            }
            if self.matching == Some(Match::Exact) && revision == "0" {
                errors.push(forbidden_match(
                    "resourceVersionMatch \"exact\" is forbidden for resourceVersion \"0\"",
                ));
            }
        }
        if self.send_initial_events.is_some() {
            const WHY: &str = "sendInitialEvents is forbidden for list";
            errors.push(FieldError::new(FieldErrorKind::Forbidden, "sendInitialEvents", WHY));
        }
        errors
    }

    fn watch_errors(&self, matching: Option<&str>) -> Vec<FieldError> {
        let mut errors = Vec::new();
        if self.send_initial_events.is_some() && self.matching != Some(Match::NotOlderThan) {
            const WHY: &str = "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan";
            errors.push(forbidden_match(WHY));
        }
        if let Some(text) = matching {
            if self.send_initial_events.is_none() {
                const WHY: &str =
                    "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided";
                errors.push(forbidden_match(WHY));
            }
            if self.matching != Some(Match::NotOlderThan) {
                errors.push(unsupported_match(text, "\"NotOlderThan\""));
            }
            if !self.token.is_empty() {
                errors.push(forbidden_match("resourceVersionMatch is forbidden when continue is provided"));
            }
        }
        errors
    }
}

/// Reads a resourceVersion; the empty text is `None`. Errors: 400.
pub(crate) fn revision(text: &str) -> ApiResult<Option<u64>> {
    if text.is_empty() {
        return Ok(None);
    }
    text.parse().map(Some).map_err(|_| {
        ApiError::bad_request(format!(
            "Invalid value: \"{text}\": resourceVersion must be a decimal number without sign"
        ))
    })
}

fn number(query: &Query, name: &str) -> ApiResult<Option<i64>> {
    match query.get(name) {
        None | Some("") => Ok(None),
        Some(text) => text.parse().map(Some).map_err(|_| {
            ApiError::bad_request(format!("{name}: Invalid value: \"{text}\": must be a whole number"))
        }),
    }
}

fn forbidden_match(why: &str) -> FieldError {
    FieldError::new(FieldErrorKind::Forbidden, "resourceVersionMatch", why)
}

fn unsupported_match(text: &str, known: &str) -> FieldError {
    FieldError::new(
        FieldErrorKind::NotSupported,
        "resourceVersionMatch",
        format!("supported values: {known}"),
    )
    .shown(format!("\"{text}\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contradictions_are_refused() {
        let cases = [
            ("resourceVersion=5&resourceVersionMatch=Exact", false, 0),
            ("resourceVersionMatch=Exact", false, 422),
            ("resourceVersion=0&resourceVersionMatch=Exact", false, 422),
            ("resourceVersion=5&resourceVersionMatch=Newest", false, 422),
            ("sendInitialEvents=true", false, 422),
            ("resourceVersion=5&continue=x", false, 400),
            ("resourceVersion=0&continue=x", false, 0),
            ("resourceVersion=-1", false, 400),
            ("limit=many", false, 400),
            ("sendInitialEvents=true", true, 422),
            ("sendInitialEvents=true&resourceVersionMatch=NotOlderThan", true, 0),
            ("resourceVersionMatch=NotOlderThan&resourceVersion=1", true, 422),
            ("resourceVersionMatch=Exact&sendInitialEvents=true", true, 422),
        ];
        for (query, watch, code) in cases {
            let got = ListOptions::parse(&Query::parse(query), watch).map_or_else(|e| e.code(), |_| 0);
            assert_eq!(got, code, "{query} watch={watch}");
        }
    }
}
