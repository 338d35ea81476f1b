//! The power goes, or the disk refuses, in the middle of any write: every acknowledged write is there afterwards,
//! none by half; and a store that met a failing disk takes no more writes.

#[allow(dead_code)]
mod disk;
#[allow(dead_code)]
mod load;

use std::sync::Arc;
use std::time::Duration;

use disk::{Disk, Stop};
use federation_store::{EmbeddedStore, Options, Store, StoreError, Txn, WatchRequest};
use futures::StreamExt;
use load::Acknowledged;
use parking_lot::Mutex;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

const SEEDS: u64 = 48;
const CUTS_PER_SEED: u64 = 4;
const WRITERS: u64 = 8;

fn options() -> Options {
    Options { cache_bytes: 256 << 10, compaction_step: 8, ..Options::default() }
}

/// Writes until the disk stops. What was acknowledged is added.
async fn write_until_the_disk_stops(disk: &Disk, acknowledged: &mut Acknowledged) {
    let store: Arc<dyn Store> = match EmbeddedStore::open_backend(Box::new(disk.clone()), options()) {
        Ok(store) => Arc::new(store),
        Err(error) => {
            assert!(disk.has_stopped(), "a disk without fault: {error:?}");
            return;
        }
    };
    let told = Arc::new(Mutex::new(acknowledged.clone()));
    let mut tasks: Vec<_> = (0..WRITERS)
        .map(|writer| {
            let told = Arc::clone(&told);
            let tell = move |writer, step, revision| {
                told.lock().insert(writer, (step, revision));
            };
            tokio::spawn(load::write_until_failure(Arc::clone(&store), writer, tell))
        })
        .collect();
    tasks.push(tokio::spawn(load::compact_until_failure(Arc::clone(&store), Duration::from_millis(1))));
    for task in tasks {
        let error = task.await.expect("a writer");
        assert!(matches!(error, StoreError::Failed { .. }), "{error:?}");
    }
    assert!(disk.has_stopped());
    let refused = store.txn(Txn::put("late", "x")).await;
    assert!(matches!(refused, Err(StoreError::Failed { .. })), "{refused:?}");
    *acknowledged = told.lock().clone();
}

/// One disk that stops several times. Its first life includes the creation of the file.
async fn survive(seed: u64, how: Stop) {
    let mut rng = StdRng::seed_from_u64(seed);
    let mut disk = Disk::new(seed);
    let mut acknowledged = Acknowledged::new();
    for life in 0..CUTS_PER_SEED {
        // Early in the first lives (creation, opening, recovery), anywhere later.
        let most = if life % 2 == 0 { 40 } else { 1500 };
        disk.stop_after(rng.random_range(0..most), how);
        write_until_the_disk_stops(&disk, &mut acknowledged).await;
        disk = disk.restart();
        let store = EmbeddedStore::open_backend(Box::new(disk.clone()), options())
            .unwrap_or_else(|error| panic!("seed {seed}, life {life}: {error:?}"));
        acknowledged = load::verify(&store, &acknowledged, WRITERS).await;
        load::verify_history(&store).await;
        drop(store);
        disk = disk.restart();
    }
}

#[test]
fn a_power_cut_loses_nothing_acknowledged() {
    for seed in 0..SEEDS {
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime")
            .block_on(survive(seed, Stop::PowerCut));
    }
}

#[test]
fn a_disk_that_refuses_leaves_what_was_acknowledged() {
    for seed in 0..SEEDS / 3 {
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime")
            .block_on(survive(1000 + seed, Stop::Refuse));
    }
}

#[tokio::test]
async fn a_failing_disk_ends_watches_and_is_named() {
    let disk = Disk::new(1);
    let store = EmbeddedStore::open_backend(Box::new(disk.clone()), options()).expect("a new store");
    store.txn(Txn::put("a", "1")).await.expect("a put");
    let mut watch = store.watch(WatchRequest::new(federation_store::KeyRange::all())).await.expect("a watch");
    disk.stop_after(0, Stop::Refuse);
    let error = store.txn(Txn::put("a", "2")).await.expect_err("the disk is full");
    let cause = std::error::Error::source(&error).expect("a cause").to_string();
    assert!(
        error.to_string().contains("takes no more writes") && cause.contains("no space left"),
        "{error}: {cause}"
    );
    assert!(matches!(store.revision().await, Err(StoreError::Failed { .. })));
    let ended = watch.next().await.expect("a last message");
    assert!(matches!(ended, Err(StoreError::Failed { .. })), "{ended:?}");
    assert!(watch.next().await.is_none());
}

/// The disk of these tests does lose what was not synced; else they would prove nothing.
#[test]
fn the_disk_forgets_what_was_not_synced() {
    use redb::StorageBackend;
    let mut lost = 0;
    for seed in 0..50 {
        let disk = Disk::new(seed);
        disk.set_len(4096)
            .and_then(|()| disk.write(0, &[1; 1024]))
            .and_then(|()| disk.sync_data())
            .expect("no fault");
        disk.write(0, &[2; 1024]).expect("no fault");
        disk.stop_after(0, Stop::PowerCut);
        assert!(disk.write(2048, &[3; 1024]).is_err() && disk.has_stopped());
        let mut bytes = [0; 4096];
        disk.restart().read(0, &mut bytes).expect("no fault");
        assert!(
            bytes[..1024].iter().all(|byte| *byte == 1 || *byte == 2),
            "what was synced is there or replaced"
        );
        lost += usize::from(bytes[..1024].contains(&1));
    }
    assert!((10..50).contains(&lost), "{lost} of 50");
}
