//! Durable creates per second.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use anyhow::{Context, Result};
use http_body_util::BodyExt;
use kube::Client;
use kube::client::Body;
use tokio::task::JoinSet;

use super::Kind;
use super::list::count;
use crate::report::Figure;

/// Objects that the lone writer makes; their names do not meet those of the fill.
const ALONE: std::ops::Range<usize> = 900_000..900_300;
/// Writers of the fill.
const WRITERS: usize = 64;

/// One writer, one object after another; each takes as long as the sample says.
pub(super) async fn one_writer(client: &Client, subject: &str) -> Result<Figure> {
    let mut times = Vec::new();
    for number in ALONE {
        let start = Instant::now();
        create(client, Kind::ConfigMap, number).await?;
        times.push(start.elapsed());
    }
    Ok(Figure::times("durable create of a ConfigMap, 1 writer", subject, &times))
}

/// 64 writers fill the collection up to `total` objects.
pub(super) async fn many_writers(client: &Client, subject: &str, kind: Kind, total: usize) -> Result<Figure> {
    let there = count(client, kind).await?;
    // What the lone writer made counts for nothing here.
    let there = if kind == Kind::ConfigMap { there.saturating_sub(ALONE.len() + 1) } else { there };
    let next = Arc::new(AtomicUsize::new(there));
    let start = Instant::now();
    let mut writers = JoinSet::new();
    for _ in 0..WRITERS {
        let (client, next) = (client.clone(), next.clone());
        writers.spawn(async move {
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= total {
                    return anyhow::Ok(());
                }
                create(&client, kind, number).await?;
            }
        });
    }
    while let Some(done) = writers.join_next().await {
        done.context("a writer broke")??;
    }
    let rate = (total - there) as f64 / start.elapsed().as_secs_f64();
    let what = format!("durable creates, {WRITERS} writers, {} up to {total}", kind.name());
    Ok(Figure::one(what, subject, rate, "/s").aim("5 × kube-apiserver"))
}

async fn create(client: &Client, kind: Kind, number: usize) -> Result<()> {
    let request = http::Request::post(kind.path()).header("content-type", "application/json");
    let answer = client.send(request.body(Body::from(kind.body(number)))?).await?;
    let status = answer.status();
    let body = answer.into_body().collect().await?.to_bytes();
    anyhow::ensure!(status == 201, "create answered {status}: {}", String::from_utf8_lossy(&body));
    Ok(())
}
