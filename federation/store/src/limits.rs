//! The rules a transaction must keep before anything looks at it; the same for every store.

use std::collections::BTreeSet;

use bytes::Bytes;

use crate::{KeyRange, Op, StoreError, Txn};

/// The most steps in one branch, and the most compares (etcd's `--max-txn-ops`).
pub const MAX_TXN_OPERATIONS: usize = 128;

/// The longest key, in bytes.
pub const MAX_KEY_BYTES: usize = 16 * 1024;

/// Checks the rules that need no state: counts, keys, sizes, and that no key is written twice.
pub(crate) fn check_txn(txn: &Txn, max_bytes: usize) -> Result<(), StoreError> {
    for (what, count) in [
        ("the number of compares", txn.compares.len()),
        ("the number of steps", txn.success.len()),
        ("the number of steps", txn.failure.len()),
    ] {
        at_most(what, count, MAX_TXN_OPERATIONS)?;
    }
    for branch in [&txn.success, &txn.failure] {
        check_branch(branch, max_bytes)?;
    }
    Ok(())
}

fn check_branch(ops: &[Op], max_bytes: usize) -> Result<(), StoreError> {
    let mut written: BTreeSet<&Bytes> = BTreeSet::new();
    let mut deleted: Vec<&KeyRange> = Vec::new();
    let mut bytes = 0usize;
    for op in ops {
        match op {
            Op::Put { key, value, .. } => {
                if key.is_empty() {
                    return Err(StoreError::Invalid("a put needs a key that is not empty".into()));
                }
                at_most("the length of a key in bytes", key.len(), MAX_KEY_BYTES)?;
                bytes = bytes.saturating_add(key.len()).saturating_add(value.len());
                if !written.insert(key) {
                    return Err(twice(key));
                }
            }
            Op::Delete { range } => deleted.push(range),
            Op::Get { .. } => {}
        }
    }
    at_most("the size of a transaction in bytes", bytes, max_bytes)?;
    for range in deleted {
        if let Some(key) = written.iter().find(|key| range.contains(key)) {
            return Err(twice(key));
        }
    }
    Ok(())
}

fn twice(key: &Bytes) -> StoreError {
    StoreError::Invalid(format!("the key {key:?} is written twice in one transaction"))
}

fn at_most(what: &'static str, size: usize, limit: usize) -> Result<(), StoreError> {
    if size > limit {
        return Err(StoreError::TooLarge { what, size: size as u64, limit: limit as u64 });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put(key: &str) -> Op {
        Op::Put { key: Bytes::copy_from_slice(key.as_bytes()), value: Bytes::from("v"), lease: None }
    }

    #[test]
    fn refuses_what_cannot_be_done() {
        let delete = Op::Delete { range: KeyRange::prefix("a") };
        let cases = [
            (vec![put("")], "not empty"),
            (vec![put("a"), put("a")], "written twice"),
            (vec![put("ab"), delete.clone()], "written twice"),
            (vec![delete, put("ab")], "written twice"),
        ];
        for (ops, word) in cases {
            for txn in [Txn::of(ops.clone()), Txn::default().otherwise(ops)] {
                let error = check_txn(&txn, 100).expect_err("the transaction breaks a rule");
                assert!(error.to_string().contains(word), "{error}");
            }
        }
    }

    #[test]
    fn counts_and_sizes_have_limits() {
        let many = |count: usize| (0..count).map(|n| put(&n.to_string())).collect::<Vec<_>>();
        assert!(check_txn(&Txn::of(many(MAX_TXN_OPERATIONS)), 10_000).is_ok());
        for txn in [
            Txn::of(many(MAX_TXN_OPERATIONS + 1)),
            Txn::put("k", vec![0; 100]),
            Txn::put(vec![b'k'; MAX_KEY_BYTES + 1], ""),
        ] {
            assert!(matches!(check_txn(&txn, 100), Err(StoreError::TooLarge { .. })));
        }
    }

    #[test]
    fn the_same_key_may_be_written_in_both_branches() {
        assert!(check_txn(&Txn::of(vec![put("a")]).otherwise(vec![put("a")]), 100).is_ok());
    }
}
