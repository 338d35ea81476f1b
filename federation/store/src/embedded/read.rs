//! Serves ranges from a snapshot.

use std::ops::ControlFlow;
use std::sync::Arc;

use bytes::Bytes;

use super::index::Found;
use super::shared::{Published, Shared};
use super::tables::LogSnapshot;
use crate::{KeyValue, RangeRequest, RangeResponse, Revision, StoreError};

/// Up to this many values are read where the caller runs: they mostly come from memory, and a thread costs more.
const INLINE: usize = 32;

/// Answers a range request.
pub(crate) async fn range(shared: &Arc<Shared>, request: RangeRequest) -> Result<RangeResponse, StoreError> {
    let one_key = request.range.end.is_none();
    let few = request.limit.is_some_and(|limit| (1..=INLINE).contains(&limit)) && request.keys_only;
    if one_key || few {
        return read(shared, &request);
    }
    let shared = Arc::clone(shared);
    tokio::task::spawn_blocking(move || read(&shared, &request)).await.map_err(|_| StoreError::Closed)?
}

fn read(shared: &Shared, request: &RangeRequest) -> Result<RangeResponse, StoreError> {
    if request.keys_only {
        let state = shared.published();
        let (found, count) = select(&state, request)?;
        let kvs = found.into_iter().map(|found| found.with_value(Bytes::new())).collect();
        return Ok(response(&state, kvs, count));
    }
    let snapshot = shared.snapshot()?;
    let (found, count) = select(&snapshot.state, request)?;
    let kvs = with_values(&snapshot.log, found)?;
    Ok(response(&snapshot.state, kvs, count))
}

/// Reads the values. In the order of the log, where neighbours share a page, and gives them in the order of the keys.
fn with_values(log: &LogSnapshot, found: Vec<Found>) -> Result<Vec<KeyValue>, StoreError> {
    let mut order: Vec<usize> = (0..found.len()).collect();
    order.sort_unstable_by_key(|place| found[*place].at());
    let mut values = vec![Bytes::new(); found.len()];
    for place in order {
        values[place] = log.value(found[place].at())?;
    }
    Ok(found.into_iter().zip(values).map(|(found, value)| found.with_value(value)).collect())
}

/// The versions wanted, and how many keys there are.
fn select(state: &Published, request: &RangeRequest) -> Result<(Vec<Found>, u64), StoreError> {
    let at = readable(state, request.revision.unwrap_or(0))?;
    let limit = request.limit.filter(|limit| *limit > 0).unwrap_or(usize::MAX);
    let (mut found, mut count) = (Vec::new(), 0);
    state.index.visit(&request.range, at, |key, revision, version| {
        if found.len() < limit {
            found.push(Found { key: key.clone(), revision, version: *version });
        }
        count += 1;
        ControlFlow::Continue(())
    });
    Ok((found, count))
}

/// The revision to read at; 0 is the newest.
fn readable(state: &Published, requested: Revision) -> Result<Revision, StoreError> {
    match requested {
        0 => Ok(state.head),
        _ if requested < state.compacted => {
            Err(StoreError::Compacted { requested, compacted: state.compacted })
        }
        _ if requested > state.head => Err(StoreError::FutureRevision { requested, current: state.head }),
        _ => Ok(requested),
    }
}

fn response(state: &Published, kvs: Vec<KeyValue>, count: u64) -> RangeResponse {
    RangeResponse { revision: state.head, more: (kvs.len() as u64) < count, kvs, count }
}
