//! The contract suite against the embedded store, in a file and in memory.

mod contract;

use std::path::PathBuf;
use std::sync::Arc;

use contract::Subject;
use federation_store::{EmbeddedStore, Options};

mod file {
    use super::*;

    async fn fresh(name: &str) -> Subject {
        // The folder goes with the test program's temporary folder; a store keeps its file open, so its name may go.
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path: PathBuf = folder.path().join("store");
        let store = EmbeddedStore::open(path, Options::default()).expect("a new store");
        Subject::new(Arc::new(store), name)
    }

    crate::contract!(super::fresh);
}

mod memory {
    use super::*;

    async fn fresh(name: &str) -> Subject {
        Subject::new(Arc::new(EmbeddedStore::in_memory().expect("a new store")), name)
    }

    crate::contract!(super::fresh);
}

/// Every limit that bounds memory or a step of work as small as it goes, so that the paths behind them are taken.
mod narrow {
    use super::*;

    async fn fresh(name: &str) -> Subject {
        let options = Options {
            cache_bytes: 64 << 10,
            recent_bytes: 1,
            max_batch: 1,
            compaction_step: 1,
            ..Options::default()
        };
        let backend = Box::new(redb::backends::InMemoryBackend::new());
        Subject::new(Arc::new(EmbeddedStore::open_backend(backend, options).expect("a new store")), name)
    }

    crate::contract!(super::fresh);
}
