//! Between our words and etcd's.

use bytes::Bytes;
use etcd_client as etcd;
use etcd_client::CompareOp;

use crate::{
    Compare, Event, EventKind, KeyRange, KeyValue, LeaseId, Op, OpResponse, RangeResponse, Revision, Txn,
    TxnResponse,
};

/// What etcd takes for "no upper bound" and for the lowest key.
const ZERO: &[u8] = b"\0";

/// The key and the end of a range as etcd wants them; no end for one key.
pub(crate) fn bounds(range: &KeyRange) -> (Vec<u8>, Option<Vec<u8>>) {
    let or_zero = |bytes: &Bytes| if bytes.is_empty() { ZERO.to_vec() } else { bytes.to_vec() };
    match &range.end {
        None => (range.start.to_vec(), None),
        Some(end) => (or_zero(&range.start), Some(or_zero(end))),
    }
}

/// Revisions are positive in both worlds.
pub(crate) fn revision(number: i64) -> Revision {
    Revision::try_from(number).unwrap_or(0)
}

/// A revision beyond etcd's numbers is as much in the future as the highest.
pub(crate) fn number(revision: Revision) -> i64 {
    i64::try_from(revision).unwrap_or(i64::MAX)
}

/// The revision in a header; 0 where etcd sent none.
pub(crate) fn header(header: Option<&etcd::ResponseHeader>) -> Revision {
    header.map_or(0, |header| revision(header.revision()))
}

pub(crate) fn key_value(kv: etcd::KeyValue) -> KeyValue {
    let (create_revision, mod_revision) = (revision(kv.create_revision()), revision(kv.mod_revision()));
    let (version, lease) = (revision(kv.version()), kv.lease());
    let (key, value) = kv.into_key_value();
    KeyValue {
        key: key.into(),
        value: value.into(),
        create_revision,
        mod_revision,
        version,
        lease: (lease != 0).then_some(LeaseId(lease)),
    }
}

/// An event; `None` where etcd sent no key.
pub(crate) fn event(event: &etcd::Event) -> Option<Event> {
    let kv = key_value(event.kv()?.clone());
    let prev = event.prev_kv().map(|prev| key_value(prev.clone()));
    Some(match event.event_type() {
        etcd::EventType::Put => Event { kind: EventKind::Put, kv, prev },
        etcd::EventType::Delete => {
            Event { kind: EventKind::Delete, kv: KeyValue::deleted(kv.key, kv.mod_revision), prev }
        }
    })
}

pub(crate) fn txn(txn: Txn) -> etcd::Txn {
    etcd::Txn::new()
        .when(txn.compares.into_iter().map(compare).collect::<Vec<_>>())
        .and_then(txn.success.into_iter().map(op).collect::<Vec<_>>())
        .or_else(txn.failure.into_iter().map(op).collect::<Vec<_>>())
}

fn compare(compare: Compare) -> etcd::Compare {
    let equal = CompareOp::Equal;
    match compare {
        Compare::ModRevision(key, revision) => etcd::Compare::mod_revision(key, equal, number(revision)),
        Compare::CreateRevision(key, revision) => {
            etcd::Compare::create_revision(key, equal, number(revision))
        }
        Compare::Version(key, version) => etcd::Compare::version(key, equal, number(version)),
        Compare::Exists(key) => etcd::Compare::create_revision(key, CompareOp::Greater, 0),
        Compare::Value(key, value) => etcd::Compare::value(key, equal, value),
    }
}

fn op(op: Op) -> etcd::TxnOp {
    match op {
        Op::Put { key, value, lease } => {
            let mut options = etcd::PutOptions::new().with_prev_key();
            if let Some(lease) = lease {
                options = options.with_lease(lease.0);
            }
            etcd::TxnOp::put(key, value, Some(options))
        }
        Op::Delete { range } => {
            let (key, end) = bounds(&range);
            let options = etcd::DeleteOptions::new().with_prev_key();
            let options = match end {
                Some(end) => options.with_range(end),
                None => options,
            };
            etcd::TxnOp::delete(key, Some(options))
        }
        Op::Get { range } => {
            let (key, end) = bounds(&range);
            let options = end.map(|end| etcd::GetOptions::new().with_range(end));
            etcd::TxnOp::get(key, options)
        }
    }
}

pub(crate) fn txn_response(response: &etcd::TxnResponse) -> TxnResponse {
    let revision = header(response.header());
    let responses = response.op_responses().into_iter().filter_map(|op| op_response(op, revision)).collect();
    TxnResponse { succeeded: response.succeeded(), revision, responses }
}

/// `None` for a nested transaction, which this crate never sends.
fn op_response(response: etcd::TxnOpResponse, at: Revision) -> Option<OpResponse> {
    Some(match response {
        etcd::TxnOpResponse::Put(mut put) => OpResponse::Put { prev: put.take_prev_key().map(key_value) },
        etcd::TxnOpResponse::Delete(mut delete) => OpResponse::Delete {
            deleted: revision(delete.deleted()),
            prev: delete.take_prev_kvs().into_iter().map(key_value).collect(),
        },
        etcd::TxnOpResponse::Get(mut get) => OpResponse::Get(RangeResponse {
            revision: at,
            count: revision(get.count()),
            more: get.more(),
            kvs: get.take_kvs().into_iter().map(key_value).collect(),
        }),
        etcd::TxnOpResponse::Txn(_) => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_become_what_etcd_means_by_them() {
        for (range, key, end) in [
            (KeyRange::key("a"), "a", None),
            (KeyRange::prefix("a/"), "a/", Some("a0")),
            (KeyRange::interval("a", "c"), "a", Some("c")),
            (KeyRange::starting_at("a"), "a", Some("\0")),
            (KeyRange::all(), "\0", Some("\0")),
        ] {
            let expected = (key.as_bytes().to_vec(), end.map(|end| end.as_bytes().to_vec()));
            assert_eq!(bounds(&range), expected, "{range:?}");
        }
    }
}
