//! DELETE of a collection: what a list selects, one by one.

use std::sync::Arc;

use futures::stream::{self, StreamExt, TryStreamExt};

use super::delete::delete;
use super::delete_options::DeleteOptions;
use super::request::Write;
use crate::cache::entry::Entry;
use crate::read::kind::Kind;
use crate::read::list::{page, state};
use crate::read::options::ListOptions;
use crate::read::selector::Selector;
use crate::read::token::Token;
use crate::resource::{Caller, Endpoint, WriteContext};
use crate::server::core::Core;
use crate::status::ApiResult;

/// Deletes under way at the same time.
const AT_ONCE: usize = 16;

/// Deletes what `selector` selects and returns it as it was, with the version of the list. Objects that go by
/// themselves in between are no error; any other error ends it half done, as upstream's does.
pub(crate) async fn delete_collection(
    core: &Arc<Core>,
    kind: &Arc<Kind>,
    caller: &Caller,
    selector: &Selector,
    list: &ListOptions,
    options: &DeleteOptions,
) -> ApiResult<(u64, Vec<Arc<Entry>>)> {
    let token = if list.token.is_empty() { None } else { Some(Token::decode(&list.token)?) };
    let snapshot = state(core, kind, list, token.as_ref()).await?;
    let page = page(kind, &snapshot, selector, list.limit, token.as_ref());
    let now = jiff::Timestamp::now();
    let ctx =
        WriteContext { caller: caller.clone(), endpoint: Endpoint::Main, now_unix_seconds: now.as_second() };
    let one = |entry: &Arc<Entry>| {
        let write = Write {
            core: core.clone(),
            kind: kind.clone(),
            namespace: entry.namespace().to_owned(),
            name: entry.name().to_owned(),
            ctx: ctx.clone(),
            now,
            dry_run: options.dry_run,
            field_validation: String::new(),
            manager: String::new(),
            manager_named: false,
            force: false,
        };
        async move {
            match delete(&write, options).await {
                Ok(_) => Ok(()),
                Err(error) if error.reason() == "NotFound" => Ok(()),
                Err(error) => Err(error),
            }
        }
    };
    let deletes: Vec<_> = page.items.iter().map(one).collect();
    stream::iter(deletes).buffer_unordered(AT_ONCE).try_collect::<Vec<()>>().await.map(drop)?;
    Ok((page.revision, page.items))
}
