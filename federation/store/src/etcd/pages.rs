//! Reads a range in pages of one revision, so that no answer is larger than it must be.

use etcd_client::{GetOptions, GetResponse};

use super::convert::{bounds, header, key_value, number};
use super::error::About;
use super::store::EtcdStore;
use crate::{KeyValue, RangeRequest, RangeResponse, StoreError};

/// Keys of the first page: with values of the usual few KiB it stays below a MiB or two.
const FIRST_PAGE: usize = 256;
/// Bytes that a later page should have.
const PAGE_BYTES: usize = 2 << 20;
/// Keys of a page at most.
const LARGEST_PAGE: usize = 10_000;
/// How often a read of the newest revision starts again when a compaction overtakes it.
const ATTEMPTS: usize = 3;

/// Answers a range request.
pub(crate) async fn range(store: &EtcdStore, request: RangeRequest) -> Result<RangeResponse, StoreError> {
    let newest = request.revision.unwrap_or(0) == 0;
    let mut attempt = 1;
    loop {
        match read(store, &request).await {
            Err(StoreError::Compacted { .. }) if newest && attempt < ATTEMPTS => attempt += 1,
            Err(StoreError::FutureRevision { requested, .. }) => {
                return Err(StoreError::FutureRevision { requested, current: store.head().await? });
            }
            answer => return answer,
        }
    }
}

async fn read(store: &EtcdStore, request: &RangeRequest) -> Result<RangeResponse, StoreError> {
    let limit = request.limit.filter(|limit| *limit > 0).unwrap_or(usize::MAX);
    let (mut start, end) = bounds(&request.range);
    let mut page_size = FIRST_PAGE;
    let mut at = request.revision.unwrap_or(0);
    let mut answer = RangeResponse { revision: 0, kvs: Vec::new(), more: false, count: 0 };
    loop {
        let wanted = page_size.min(limit - answer.kvs.len());
        let mut options = GetOptions::new().with_limit(number(wanted as u64)).with_revision(number(at));
        if let Some(end) = &end {
            options = options.with_range(end.clone());
        }
        if request.keys_only {
            options = options.with_keys_only();
        }
        let mut page = get(store, start, options, at).await?;
        if answer.revision == 0 {
            answer.revision = header(page.header());
            answer.count = u64::try_from(page.count()).unwrap_or(0);
            // The other pages show the same state.
            at = if at == 0 { answer.revision } else { at };
        }
        let kvs: Vec<KeyValue> = page.take_kvs().into_iter().map(key_value).collect();
        page_size = next_page_size(&kvs);
        answer.kvs.extend(kvs);
        answer.more = page.more();
        match answer.kvs.last() {
            Some(last) if page.more() && answer.kvs.len() < limit => start = just_after(&last.key),
            _ => return Ok(answer),
        }
    }
}

async fn get(
    store: &EtcdStore,
    key: Vec<u8>,
    options: GetOptions,
    at: crate::Revision,
) -> Result<GetResponse, StoreError> {
    let mut client = store.kv();
    let about = About { revision: at, ..About::default() };
    store.call("reading a range", about, client.get(key, Some(options))).await
}

/// As many keys as make a page of the wanted size, if they are like these.
fn next_page_size(kvs: &[KeyValue]) -> usize {
    let bytes: usize = kvs.iter().map(|kv| kv.key.len() + kv.value.len() + 64).sum();
    match bytes {
        0 => FIRST_PAGE,
        bytes => (kvs.len().saturating_mul(PAGE_BYTES) / bytes).clamp(1, LARGEST_PAGE),
    }
}

/// The lowest key above this one.
fn just_after(key: &[u8]) -> Vec<u8> {
    [key, b"\0"].concat()
}
