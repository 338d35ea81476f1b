//! `/livez`, `/readyz`, `/healthz`: one line per check when asked.

use crate::http::answer::Answer;
use crate::http::query::Query;
use crate::server::assembly::Shared;
use crate::status::{ApiError, ApiResult};

/// A check: its name, and why it fails.
type Check = (&'static str, Result<(), String>);

/// Answers a health path. `path` has no slash at its beginning. Errors: 404 for a check that is none.
pub(super) async fn answer(shared: &Shared, path: &str, query: &Query) -> ApiResult<Answer> {
    let (endpoint, one) = path.split_once('/').unwrap_or((path, ""));
    let mut checks = checks(shared, endpoint).await;
    if !one.is_empty() {
        checks.retain(|(name, _)| *name == one);
        if checks.is_empty() {
            return Err(ApiError::no_route());
        }
    }
    let excluded: Vec<&str> = query.all("exclude").collect();
    let counts = |name: &str| !excluded.contains(&name);
    let failed = checks.iter().any(|(name, result)| counts(name) && result.is_err());
    if !failed && !query.flag("verbose") && query.get("verbose").is_none() {
        return Ok(text(200, "ok".to_owned()));
    }
    let mut lines = String::new();
    for (name, result) in &checks {
        match result {
            _ if !counts(name) => lines.push_str(&format!("[+]{name} excluded: ok\n")),
            Ok(()) => lines.push_str(&format!("[+]{name} ok\n")),
            Err(why) => lines.push_str(&format!("[-]{name} failed: {why}\n")),
        }
    }
    let (code, word) = if failed { (500, "failed") } else { (200, "passed") };
    lines.push_str(&format!("{endpoint} check {word}\n"));
    Ok(text(code, lines))
}

async fn checks(shared: &Shared, endpoint: &str) -> Vec<Check> {
    let store = shared.core.store.revision().await.map(drop).map_err(|error| error.to_string());
    let mut checks = vec![("ping", Ok(())), ("store", store)];
    if endpoint != "livez" {
        let filled = shared.core.feed.reached() > 0;
        checks.push(("cache-sync", if filled { Ok(()) } else { Err("the cache is not filled".to_owned()) }));
    }
    if endpoint == "readyz" {
        let draining = shared.core.draining.is_cancelled();
        checks.push((
            "shutdown",
            if draining { Err("the server is shutting down".to_owned()) } else { Ok(()) },
        ));
    }
    checks
}

fn text(code: u16, text: String) -> Answer {
    let mut answer = Answer::whole(code, "text/plain; charset=utf-8", text);
    answer.headers.push((http::header::X_CONTENT_TYPE_OPTIONS, http::HeaderValue::from_static("nosniff")));
    answer
}
