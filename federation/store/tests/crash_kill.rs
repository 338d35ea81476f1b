//! `kill -9` at random instants under the load of 64 writers, a hundred times on the same file: every acknowledged
//! write is there, none by half. (The page cache survives a kill; `power_cut.rs` is about what it hides.)
//!
//! The program has no test harness: it starts itself again as the process that is killed.

#[allow(dead_code)]
mod load;

use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use federation_store::{EmbeddedStore, Options, Store, StoreError};
use load::Acknowledged;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

const ROUNDS: u64 = 100;
const WRITERS: u64 = 64;
const CHILD: &str = "--be-the-process-that-is-killed";

fn main() {
    let args: Vec<String> = std::env::args().collect();
    match args.get(1).map(String::as_str) {
        Some(CHILD) => be_killed(Path::new(&args[2])),
        // What test runners ask before they run a program.
        Some("--list") => {}
        Some(filter) if !filter.starts_with('-') && !"crash_kill".contains(filter) => {}
        _ => {
            kill_and_verify();
            let _ = writeln!(std::io::stdout(), "crash_kill: {ROUNDS} kills, nothing lost, nothing by half");
        }
    }
}

/// Writes for ever; tells each acknowledged step in one line.
fn be_killed(path: &Path) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    runtime.expect("a runtime").block_on(async {
        // Small steps, so that compactions are under way most of the time.
        let options = Options { compaction_step: 16, ..Options::default() };
        let store: Arc<dyn Store> = Arc::new(EmbeddedStore::open(path, options).expect("the store opens"));
        let tell = |writer: u64, step: u64, revision: u64| {
            let line = format!("{writer} {step} {revision}\n");
            // Whoever listens may be gone already; then the end is near.
            let _ = std::io::stdout().lock().write_all(line.as_bytes());
        };
        let compaction = load::compact_until_failure(Arc::clone(&store), Duration::from_millis(5));
        let writers = (0..WRITERS)
            .map(|writer| tokio::spawn(load::write_until_failure(Arc::clone(&store), writer, tell)));
        let writers: Vec<_> = writers.collect();
        let error = compaction.await;
        panic!("the store failed without a fault: {error} ({} writers)", writers.len());
    });
}

fn kill_and_verify() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("store");
    let seed = rand::rng().random::<u64>();
    let mut rng = StdRng::seed_from_u64(seed);
    let mut acknowledged = Acknowledged::new();
    for round in 0..ROUNDS {
        let wait = Duration::from_micros(rng.random_range(0..60_000));
        run_and_kill(&path, wait, &mut acknowledged);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        acknowledged = runtime.block_on(async {
            let store = EmbeddedStore::open(&path, Options::default())
                .unwrap_or_else(|error| panic!("round {round}, seed {seed}: {error:?}"));
            if round == 0 {
                refuses_a_second_process(&path);
            }
            let now = load::verify(&store, &acknowledged, WRITERS).await;
            load::verify_history(&store).await;
            now
        });
    }
    let steps: u64 = acknowledged.values().map(|(step, _)| step).sum();
    assert!(steps > ROUNDS, "the writers wrote next to nothing: {steps} steps");
}

/// Runs the load for `wait` after its first acknowledged write; collects what was acknowledged.
fn run_and_kill(path: &Path, wait: Duration, acknowledged: &mut Acknowledged) {
    let mut child = start(path);
    let mut output = BufReader::new(child.stdout.take().expect("its output is a pipe"));
    let mut lines = String::new();
    output.read_line(&mut lines).expect("its output can be read");
    assert!(!lines.is_empty(), "the process ended by itself");
    let killer = std::thread::spawn(move || {
        std::thread::sleep(wait);
        child.kill().expect("it can be killed");
        child.wait().expect("it can be waited for")
    });
    // Until the pipe closes: what it holds was acknowledged, whenever it is read.
    output.read_to_string(&mut lines).expect("its output can be read");
    let status = killer.join().expect("the killer");
    assert_eq!(status.code(), None, "the process ended by itself");
    for line in lines.split_inclusive('\n').filter(|line| line.ends_with('\n')) {
        let numbers: Vec<u64> = line.split_whitespace().map(|word| word.parse().expect("a number")).collect();
        acknowledged.insert(numbers[0], (numbers[1], numbers[2]));
    }
}

fn start(path: &Path) -> Child {
    Command::new(std::env::current_exe().expect("the path of this program"))
        .arg(CHILD)
        .arg(path)
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn()
        .expect("this program starts again")
}

/// While this process has the file open, another one is told so and ends.
fn refuses_a_second_process(path: &Path) {
    let output = Command::new(std::env::current_exe().expect("the path of this program"))
        .arg(CHILD)
        .arg(path)
        .output()
        .expect("this program starts again");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && said.contains("Locked"), "{said}");
    let error = EmbeddedStore::open(path, Options::default()).err();
    assert!(matches!(error, Some(StoreError::Locked { .. })), "{error:?}");
}
