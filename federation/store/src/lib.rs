//! An MVCC key-value store with the semantics of etcd: the trait, the embedded store, the etcd store.
