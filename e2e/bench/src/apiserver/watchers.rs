//! Many watchers of one collection and a stream of updates: from the write until the last watcher has the event.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use http_body_util::BodyExt;
use kube::Client;
use kube::client::Body;
use tokio::task::JoinSet;

use super::Contender;
use super::objects::config_map;
use crate::report::Figure;

/// Updates.
const UPDATES: usize = 200;
/// Between two updates; both servers get the same pace.
const PACE: Duration = Duration::from_millis(200);
/// Watchers that share a client.
const PER_CLIENT: usize = 50;
/// Name of the object that is updated, alone in a namespace of that name.
pub(super) const NAME: &str = "watched";
/// The collection that is watched.
const PATH: &str = "/api/v1/namespaces/watched/configmaps";

/// What the watchers of one run share.
struct Board {
    start: Instant,
    /// When the last watcher so far had the event, in nanoseconds after the start.
    last: Vec<AtomicU64>,
    heard: Vec<AtomicUsize>,
    open: AtomicUsize,
}

/// Opens the watches, updates at the pace, and says for each update when the last watcher had it.
pub(super) async fn measure(contender: &Contender, watchers: usize) -> Result<Figure> {
    let writer = contender.connect().await?;
    post(&writer, PATH, &config_map(NAME, NAME, 0)).await?;
    let board = Arc::new(Board {
        start: Instant::now(),
        last: (0..UPDATES).map(|_| AtomicU64::new(0)).collect(),
        heard: (0..UPDATES).map(|_| AtomicUsize::new(0)).collect(),
        open: AtomicUsize::new(0),
    });
    let mut watching = JoinSet::new();
    for _ in 0..watchers.div_ceil(PER_CLIENT) {
        let client = contender.connect().await?;
        for _ in 0..PER_CLIENT.min(watchers - watching.len()) {
            watching.spawn(follow(client.clone(), board.clone()));
        }
    }
    while board.open.load(Ordering::Relaxed) < watchers {
        ensure!(watching.try_join_next().is_none(), "a watch ended before the updates");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let mut written = Vec::new();
    let mut pace = tokio::time::interval(PACE);
    for revision in 1..=UPDATES {
        pace.tick().await;
        written.push(board.start.elapsed());
        put(&writer, &format!("{PATH}/{NAME}"), &config_map(NAME, NAME, revision)).await?;
    }
    while let Some(done) = watching.join_next().await {
        done.context("a watcher broke")??;
    }
    ensure!(board.heard.iter().all(|heard| heard.load(Ordering::Relaxed) == watchers), "an event was lost");
    let times: Vec<Duration> = written
        .iter()
        .zip(&board.last)
        .map(|(written, last)| Duration::from_nanos(last.load(Ordering::Relaxed)).saturating_sub(*written))
        .collect();
    let rate = 1000 / PACE.as_millis();
    let what = format!("{watchers} watchers, {rate} updates/s of 1 KB: write → last watcher");
    Ok(Figure::times(what, contender.name(), &times))
}

/// One watcher: every line is one event, the first one the object as it was.
async fn follow(client: Client, board: Arc<Board>) -> Result<()> {
    let path = format!("{PATH}?watch=1&resourceVersion=0&timeoutSeconds=600");
    let answer = client.send(http::Request::get(path).body(Body::empty())?).await?;
    ensure!(answer.status() == 200, "a watch answered {}", answer.status());
    let mut body = answer.into_body();
    let mut lines = 0;
    while lines <= UPDATES {
        let frame = body.frame().await.context("a watch ended too early")??;
        let now = u64::try_from(board.start.elapsed().as_nanos())?;
        for _ in frame.data_ref().into_iter().flat_map(|data| data.iter()).filter(|byte| **byte == b'\n') {
            match lines {
                0 => {
                    board.open.fetch_add(1, Ordering::Relaxed);
                }
                update => {
                    board.last[update - 1].fetch_max(now, Ordering::Relaxed);
                    board.heard[update - 1].fetch_add(1, Ordering::Relaxed);
                }
            }
            lines += 1;
        }
    }
    Ok(())
}

async fn post(client: &Client, path: &str, object: &serde_json::Value) -> Result<()> {
    write(client, http::Request::post(path), object).await
}

async fn put(client: &Client, path: &str, object: &serde_json::Value) -> Result<()> {
    write(client, http::Request::put(path), object).await
}

async fn write(client: &Client, request: http::request::Builder, object: &serde_json::Value) -> Result<()> {
    let request = request.header("content-type", "application/json");
    let answer = client.send(request.body(Body::from(object.to_string().into_bytes()))?).await?;
    let status = answer.status();
    let body = answer.into_body().collect().await?.to_bytes();
    ensure!(status.is_success(), "a write answered {status}: {}", String::from_utf8_lossy(&body));
    Ok(())
}
