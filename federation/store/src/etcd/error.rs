//! What etcd's errors mean to us.

use std::sync::Arc;

use etcd_client::Error;

use crate::{LeaseId, Revision, StoreError};

/// gRPC status codes (the numbers are part of the protocol).
mod code {
    pub(super) const CANCELLED: i32 = 1;
    pub(super) const UNKNOWN: i32 = 2;
    pub(super) const INVALID_ARGUMENT: i32 = 3;
    pub(super) const DEADLINE_EXCEEDED: i32 = 4;
    pub(super) const RESOURCE_EXHAUSTED: i32 = 8;
    pub(super) const UNAVAILABLE: i32 = 14;
}

/// What a request was about, for errors that name it.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct About {
    pub(crate) revision: Revision,
    pub(crate) lease: Option<LeaseId>,
    /// Bytes of keys and values.
    pub(crate) bytes: usize,
}

/// What etcd takes unless it is started with another `--max-request-bytes`.
const MAX_REQUEST_BYTES: u64 = 1536 << 10;

/// Translates an error of the attempt.
pub(crate) fn translate(attempt: &'static str, about: About, error: Error) -> StoreError {
    let (status_code, message) = match &error {
        Error::GRpcStatus(status) => (status.code() as i32, status.message().to_owned()),
        Error::LeaseKeepAliveError(message) => (code::UNKNOWN, message.clone()),
        Error::TransportError(_) | Error::IoError(_) | Error::WatchError(_) => {
            (code::UNAVAILABLE, String::new())
        }
        _ => return StoreError::Protocol { attempt, source: Arc::new(error) },
    };
    if message.contains("has been compacted") {
        // etcd does not say up to where; the next revision is the least that can be.
        return StoreError::Compacted { requested: about.revision, compacted: about.revision + 1 };
    }
    if message.contains("is a future revision") {
        return StoreError::FutureRevision { requested: about.revision, current: 0 };
    }
    if message.contains("lease not found") {
        return StoreError::LeaseNotFound { id: about.lease.unwrap_or(LeaseId(0)) };
    }
    if message.contains("request is too large") || message.contains("larger than max") {
        let what = "the size of a transaction in bytes (etcd's --max-request-bytes)";
        return StoreError::TooLarge { what, size: about.bytes as u64, limit: MAX_REQUEST_BYTES };
    }
    match status_code {
        code::INVALID_ARGUMENT => StoreError::Invalid(message),
        code::CANCELLED
        | code::UNKNOWN
        | code::DEADLINE_EXCEEDED
        | code::RESOURCE_EXHAUSTED
        | code::UNAVAILABLE => StoreError::Unavailable { attempt, source: Arc::new(error) },
        _ => StoreError::Protocol { attempt, source: Arc::new(error) },
    }
}

/// A request that took longer than it may.
#[derive(Debug, thiserror::Error)]
#[error("no answer within {0:?}")]
pub(crate) struct Late(pub(crate) std::time::Duration);

/// An answer that breaks the protocol.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Unexpected(pub(crate) String);
