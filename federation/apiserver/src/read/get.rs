//! GET of one object.

use std::sync::Arc;

use crate::cache::entry::Entry;
use crate::cache::keys;
use crate::http::answer::Answer;
use crate::http::negotiate::Accepted;
use crate::http::query::Query;
use crate::read::kind::Kind;
use crate::read::options::revision;
use crate::server::core::Core;
use crate::status::ApiResult;

/// Finds an object as a GET asks for it: no resourceVersion is the newest state, 0 whatever the cache has,
/// N something at least as new. Errors: 404, 504 for a version ahead of the server.
pub(crate) async fn find(
    core: &Core,
    kind: &Kind,
    namespace: &str,
    name: &str,
    query: &Query,
) -> ApiResult<Arc<Entry>> {
    match revision(query.get("resourceVersion").unwrap_or_default())? {
        None => drop(core.newest().await?),
        Some(0) => {}
        Some(n) => drop(core.at_least(n).await?),
    }
    kind.cache.get(&keys::local(namespace, name)).ok_or_else(|| kind.not_found(name))
}

/// Answers with one object in the form the client accepts.
pub(crate) fn answer(
    core: &Core,
    kind: &Kind,
    entry: &Entry,
    revision: u64,
    accepted: Accepted,
    code: u16,
) -> ApiResult<Answer> {
    let mut out = Vec::with_capacity(entry.written_len());
    kind.writer(accepted.form, core.now()).single(entry, revision, true, &mut out);
    Answer::document(code, accepted.media, out.into())
}
