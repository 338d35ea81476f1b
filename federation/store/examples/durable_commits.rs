//! Measures durable creates of 1 KB values by 1 and by 64 writers: the embedded store, and below it redb and, with
//! the feature `measure-fjall`, fjall behind the same committing thread (gather, commit, sync once, answer).
//!
//! `cargo run --release -p federation-store --features measure-fjall --example durable_commits -- [folder] [seconds]`
//!
//! The figures of one run are in `docs/adr/0002-embedded-store.md`.

use std::io::Write;
use std::path::Path;
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use federation_store::{Compare, EmbeddedStore, Options, Store, Txn};

const WRITERS: [usize; 2] = [1, 64];
const VALUE_BYTES: usize = 1024;

type Error = Box<dyn std::error::Error + Send + Sync>;

fn main() -> Result<(), Error> {
    let mut args = std::env::args().skip(1);
    let folder = args.next().unwrap_or_else(|| ".".to_owned());
    let seconds = args.next().map_or(Ok(5), |text| text.parse())?;
    let time = Duration::from_secs(seconds);
    let scratch = tempfile::tempdir_in(folder)?;
    say("engine             writers  creates/s   p50 ms   p99 ms")?;
    for writers in WRITERS {
        report("disk (fdatasync)", writers, &sync_alone(&scratch.path().join("plain"), time)?, time)?;
        let redb = Redb::open(&scratch.path().join(format!("redb-{writers}")))?;
        report("redb", writers, &engine(redb, writers, time), time)?;
        #[cfg(feature = "measure-fjall")]
        {
            let fjall = fjall_engine::Fjall::open(&scratch.path().join(format!("fjall-{writers}")))?;
            report("fjall", writers, &engine(fjall, writers, time), time)?;
        }
        let store = EmbeddedStore::open(scratch.path().join(format!("store-{writers}")), Options::default())?;
        report("embedded store", writers, &through_the_store(&store, writers, time)?, time)?;
        let memory = EmbeddedStore::in_memory()?;
        report("store in memory", writers, &through_the_store(&memory, writers, time)?, time)?;
    }
    Ok(())
}

fn say(line: &str) -> Result<(), Error> {
    Ok(writeln!(std::io::stdout(), "{line}")?)
}

fn report(name: &str, writers: usize, latencies: &[Duration], time: Duration) -> Result<(), Error> {
    let mut sorted = latencies.to_vec();
    sorted.sort_unstable();
    let at = |part: f64| {
        let index = (sorted.len().saturating_sub(1)) as f64 * part;
        sorted.get(index as usize).map_or(0.0, |latency| latency.as_secs_f64() * 1000.0)
    };
    let rate = latencies.len() as f64 / time.as_secs_f64();
    say(&format!("{name:<18} {writers:>7} {rate:>10.0} {:>8.2} {:>8.2}", at(0.5), at(0.99)))
}

/// What the disk alone can do: 4 KiB and a sync, by one writer.
fn sync_alone(path: &Path, time: Duration) -> Result<Vec<Duration>, Error> {
    use std::os::unix::fs::FileExt;
    let file = std::fs::File::create(path)?;
    file.set_len(16 << 20)?;
    file.sync_all()?;
    let (mut latencies, begin) = (Vec::new(), Instant::now());
    while begin.elapsed() < time {
        let at = Instant::now();
        file.write_at(&[latencies.len() as u8; 4096], (latencies.len() as u64 % 4096) * 4096)?;
        file.sync_data()?;
        latencies.push(at.elapsed());
    }
    Ok(latencies)
}

/// A database that commits a batch durably.
trait Engine: Send + 'static {
    fn commit(&mut self, batch: &[(Vec<u8>, Vec<u8>)]) -> Result<(), Error>;
}

struct Redb(redb::Database);

const TABLE: redb::TableDefinition<'static, &'static [u8], &'static [u8]> = redb::TableDefinition::new("t");

impl Redb {
    fn open(path: &Path) -> Result<Self, Error> {
        Ok(Self(redb::Builder::new().set_cache_size(8 << 20).create(path)?))
    }
}

impl Engine for Redb {
    fn commit(&mut self, batch: &[(Vec<u8>, Vec<u8>)]) -> Result<(), Error> {
        let write = self.0.begin_write()?;
        {
            let mut table = write.open_table(TABLE)?;
            for (key, value) in batch {
                table.insert(&key[..], &value[..])?;
            }
        }
        Ok(write.commit()?)
    }
}

#[cfg(feature = "measure-fjall")]
mod fjall_engine {
    use std::path::Path;

    use fjall::{Database, Keyspace, KeyspaceCreateOptions, PersistMode};

    use super::{Engine, Error};

    pub(super) struct Fjall(Database, Keyspace);

    impl Fjall {
        pub(super) fn open(path: &Path) -> Result<Self, Error> {
            let db = Database::builder(path).cache_size(8 << 20).open()?;
            let keyspace = db.keyspace("t", KeyspaceCreateOptions::default)?;
            Ok(Self(db, keyspace))
        }
    }

    impl Engine for Fjall {
        fn commit(&mut self, batch: &[(Vec<u8>, Vec<u8>)]) -> Result<(), Error> {
            let mut write = self.0.batch().durability(Some(PersistMode::SyncData));
            for (key, value) in batch {
                write.insert(&self.1, &key[..], &value[..]);
            }
            Ok(write.commit()?)
        }
    }
}

type Write1 = ((Vec<u8>, Vec<u8>), mpsc::SyncSender<()>);

/// Drives an engine the way the embedded store does.
fn engine(mut engine: impl Engine, writers: usize, time: Duration) -> Vec<Duration> {
    let (to, requests) = mpsc::channel::<Write1>();
    let committing = std::thread::spawn(move || -> Result<(), Error> {
        let mut previous = 0;
        while let Ok(first) = requests.recv() {
            let mut batch = vec![first];
            let until = Instant::now() + Options::default().gather;
            while batch.len() < previous {
                match requests.recv_timeout(until.saturating_duration_since(Instant::now())) {
                    Ok(next) => batch.push(next),
                    Err(_) => break,
                }
            }
            batch.extend(requests.try_iter());
            previous = batch.len();
            let (pairs, replies): (Vec<_>, Vec<_>) = batch.into_iter().unzip();
            engine.commit(&pairs)?;
            for reply in replies {
                // A writer that is gone has stopped waiting.
                let _ = reply.send(());
            }
        }
        Ok(())
    });
    let end = Instant::now() + time;
    let writers: Vec<_> = (0..writers)
        .map(|writer| {
            let to = to.clone();
            std::thread::spawn(move || {
                let (reply, done) = mpsc::sync_channel(1);
                let mut latencies = Vec::new();
                while Instant::now() < end {
                    let at = Instant::now();
                    let key = format!("/registry/things/{writer:03}/{:09}", latencies.len()).into_bytes();
                    if to.send(((key, vec![b'v'; VALUE_BYTES]), reply.clone())).is_err()
                        || done.recv().is_err()
                    {
                        break;
                    }
                    latencies.push(at.elapsed());
                }
                latencies
            })
        })
        .collect();
    drop(to);
    let latencies = writers.into_iter().filter_map(|writer| writer.join().ok()).flatten().collect();
    if !matches!(committing.join(), Ok(Ok(()))) {
        tracing::error!("the engine failed");
    }
    latencies
}

/// Creates (compare: absent) through the trait, by async tasks.
fn through_the_store(store: &EmbeddedStore, writers: usize, time: Duration) -> Result<Vec<Duration>, Error> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let store: Arc<dyn Store> = Arc::new(store.clone());
    let end = Instant::now() + time;
    runtime.block_on(async {
        let tasks: Vec<_> = (0..writers)
            .map(|writer| {
                let store = Arc::clone(&store);
                tokio::spawn(async move {
                    let mut latencies = Vec::new();
                    while Instant::now() < end {
                        let at = Instant::now();
                        let key = format!("/registry/things/{writer:03}/{:09}", latencies.len());
                        let txn = Txn::put(key.clone(), vec![b'v'; VALUE_BYTES])
                            .when(Compare::ModRevision(key.into(), 0));
                        store.txn(txn).await?;
                        latencies.push(at.elapsed());
                    }
                    Ok::<_, Error>(latencies)
                })
            })
            .collect();
        let mut all = Vec::new();
        for task in tasks {
            all.extend(task.await??);
        }
        Ok(all)
    })
}
