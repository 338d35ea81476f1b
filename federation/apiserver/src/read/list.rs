//! LIST: which state, which page, and its metadata.

use std::ops::Bound;
use std::sync::Arc;

use federation_store::StoreError;

use crate::cache::entry::Entry;
use crate::cache::feed::{namespace_bounds, walk};
use crate::cache::kind::Snapshot;
use crate::http::answer::Answer;
use crate::http::negotiate::{Accepted, Media};
use crate::read::kind::Kind;
use crate::read::list_body::{ListBody, Source};
use crate::read::options::{ListOptions, Match};
use crate::read::selector::Selector;
use crate::read::token::Token;
use crate::server::core::Core;
use crate::status::{ApiError, ApiResult};

const TOO_OLD: &str = "The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.";

/// A page: its items, and where the next one begins.
pub(crate) struct Page {
    /// The version of the list.
    pub(crate) revision: u64,
    /// The items.
    pub(crate) items: Vec<Arc<Entry>>,
    token: Option<Token>,
    remaining: Option<usize>,
}

/// Answers a LIST.
pub(crate) async fn list(
    core: &Core,
    kind: &Arc<Kind>,
    selector: Selector,
    options: &ListOptions,
    accepted: Accepted,
) -> ApiResult<Answer> {
    let token = if options.token.is_empty() { None } else { Some(Token::decode(&options.token)?) };
    let snapshot = state(core, kind, options, token.as_ref()).await?;
    let writer = kind.writer(accepted.form, core.now());
    let paged = options.limit > 0 || token.is_some() || selector.one_key(kind.resource.namespaced).is_some();
    let (head, source) = if paged {
        let page = page(kind, &snapshot, &selector, options.limit, token.as_ref());
        if page.token.is_some() {
            kind.cache.pin(&snapshot, core.feed.seconds());
        }
        (writer.list_start(&page.metadata()), Source::Page(page.items.into_iter()))
    } else {
        let metadata = format!("{{\"resourceVersion\":\"{}\"}}", snapshot.revision);
        (writer.list_start(&metadata), Source::walk(snapshot.objects, selector))
    };
    let body = ListBody::new(kind.clone(), accepted.form, core.now(), head, source);
    match accepted.media {
        Media::Json => Ok(body.answer()),
        Media::Yaml => Answer::document(200, Media::Yaml, body.whole()),
    }
}

/// The state that the options ask for (08 §1.4). Errors: 410 when it is gone, 504 when it is ahead.
pub(crate) async fn state(
    core: &Core,
    kind: &Kind,
    options: &ListOptions,
    token: Option<&Token>,
) -> ApiResult<Snapshot> {
    if let Some(token) = token {
        let Some(revision) = token.revision() else { return Ok(kind.cache.snapshot(core.newest().await?)) };
        core.at_least(revision).await?;
        return exactly(core, kind, revision).await?.ok_or_else(|| expired_token(token));
    }
    match (options.revision, options.matching) {
        (None, _) => Ok(kind.cache.snapshot(core.newest().await?)),
        (Some(0), _) => Ok(kind.cache.snapshot(core.feed.reached())),
        (Some(n), matching) => {
            let reached = core.at_least(n).await?;
            // A page at a version without a match is exact: what clients did before there was a match.
            let exact = matching == Some(Match::Exact) || (matching.is_none() && options.limit > 0);
            if !exact {
                return Ok(kind.cache.snapshot(reached));
            }
            const WHY: &str = "The resourceVersion for the provided list is too old.";
            exactly(core, kind, n).await?.ok_or_else(|| ApiError::expired(WHY))
        }
    }
}

/// The state at exactly `revision`: from the cache, else from the store; `None` when both have forgotten it.
async fn exactly(core: &Core, kind: &Kind, revision: u64) -> ApiResult<Option<Snapshot>> {
    if let Some(snapshot) = kind.cache.snapshot_at(revision) {
        return Ok(Some(snapshot));
    }
    match core.feed.read_kind(&*core.store, &kind.stored, revision).await {
        Ok(objects) => Ok(Some(Snapshot { revision, objects })),
        Err(StoreError::Compacted { .. }) => Ok(None),
        Err(error) => Err(ApiError::internal(error)),
    }
}

/// Up to `limit` selected objects (0: all) from where `token` points.
pub(crate) fn page(
    kind: &Kind,
    snapshot: &Snapshot,
    selector: &Selector,
    limit: usize,
    token: Option<&Token>,
) -> Page {
    let mut page = Page { revision: snapshot.revision, items: Vec::new(), token: None, remaining: None };
    if let Some(key) = selector.one_key(kind.resource.namespaced) {
        let found = snapshot.objects.get(key.as_str()).map(|item| item.0.clone());
        page.items.extend(found.filter(|entry| selector.matches(entry)));
        return page;
    }
    let (low, high) = namespace_bounds(&selector.namespace);
    let all = selector.namespace.is_empty();
    let start = match token {
        Some(token) if all || token.start() > low.as_str() => Bound::Included(token.start()),
        _ if all => Bound::Unbounded,
        _ => Bound::Included(low.as_str()),
    };
    let end = if all { Bound::Unbounded } else { Bound::Excluded(high.as_str()) };
    if matches!((start, end), (Bound::Included(s), Bound::Excluded(e)) if s >= e) {
        return page;
    }
    let mut left = walk(&snapshot.objects, start, end);
    for entry in left.by_ref().filter(|entry| selector.matches(entry)) {
        if limit > 0 && page.items.len() == limit {
            let last = page.items.last().map_or("", |entry| entry.key());
            page.token = Some(Token::after(last, snapshot.revision));
            break;
        }
        page.items.push(entry.clone());
    }
    if page.token.is_some() && selector.is_everything() {
        page.remaining = Some(1 + left.count());
    }
    page
}

impl Page {
    fn metadata(&self) -> String {
        let mut text = format!("{{\"resourceVersion\":\"{}\"", self.revision);
        if let Some(token) = &self.token {
            text.push_str(&format!(",\"continue\":\"{}\"", token.encode()));
        }
        if let Some(remaining) = self.remaining {
            text.push_str(&format!(",\"remainingItemCount\":{remaining}"));
        }
        text.push('}');
        text
    }
}

/// 410 with the token that lets the client go on without consistency.
fn expired_token(token: &Token) -> ApiError {
    let mut error = ApiError::expired(TOO_OLD);
    error.0.metadata.insert("continue".into(), token.inconsistent().encode().into());
    error
}
