//! Waiting for a state of the world, with an error that says what was seen instead.
//!
//! A look returns `Ok` when the state is there, and an error that describes what it saw when it is not (yet):
//!
//! ```no_run
//! # async fn example(pods: Vec<String>) -> anyhow::Result<()> {
//! use std::time::Duration;
//! use e2e_clusters::wait;
//!
//! let pods = wait::until("three pods of shop", Duration::from_secs(60), async || {
//!     anyhow::ensure!(pods.len() == 3, "{} pods: {pods:?}", pods.len());
//!     Ok(pods.clone())
//! })
//! .await?;
//! # Ok(()) }
//! ```
//! Time limits are generous: they end a hopeless run, they measure nothing.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};

/// The time limit for one step of a scenario on a slow machine.
pub const LONG: Duration = Duration::from_secs(90);

/// The first pause between two looks, in milliseconds; it doubles up to [`LAST_PAUSE_MILLIS`].
const FIRST_PAUSE_MILLIS: u64 = 20;
/// The longest pause between two looks.
const LAST_PAUSE_MILLIS: u64 = 250;

/// Looks again and again until a look succeeds; returns what it found.
///
/// An error of a look, or one that takes too long, means "not yet"; the last one is in the error at the end.
pub async fn until<T>(what: &str, limit: Duration, mut look: impl AsyncFnMut() -> Result<T>) -> Result<T> {
    let end = Instant::now() + limit;
    let mut pause = FIRST_PAUSE_MILLIS;
    let mut seen: Option<anyhow::Error> = None;
    loop {
        let left = end.saturating_duration_since(Instant::now());
        match tokio::time::timeout(left, look()).await {
            Ok(Ok(found)) => return Ok(found),
            Ok(Err(error)) => seen = Some(error),
            // A look that hangs says less than the one before it.
            Err(_) => seen = seen.or_else(|| Some(anyhow::anyhow!("the first look did not end"))),
        }
        if Instant::now() + Duration::from_millis(pause) >= end {
            let seen = seen.unwrap_or_else(|| anyhow::anyhow!("nothing"));
            return Err(seen.context(format!("waited {limit:?} for {what}; last seen")));
        }
        tokio::time::sleep(Duration::from_millis(pause)).await;
        pause = (pause * 2).min(LAST_PAUSE_MILLIS);
    }
}

/// Looks again and again for the whole time and fails at the first look that fails: for what must not happen.
pub async fn stays(what: &str, time: Duration, mut look: impl AsyncFnMut() -> Result<()>) -> Result<()> {
    let start = Instant::now();
    while start.elapsed() < time {
        look().await.with_context(|| format!("{what} held for {:?} of {time:?}, then", start.elapsed()))?;
        tokio::time::sleep(Duration::from_millis(LAST_PAUSE_MILLIS)).await;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn returns_what_the_first_good_look_found() {
        let mut looks = 0;
        let found = until("the third look", LONG, async || {
            looks += 1;
            anyhow::ensure!(looks == 3, "look {looks}");
            Ok(looks * 10)
        });
        assert_eq!(found.await.unwrap(), 30);
    }

    #[tokio::test]
    async fn says_what_was_last_seen() {
        let error = until("blue", Duration::from_millis(60), async || -> Result<()> { anyhow::bail!("red") });
        let message = format!("{:#}", error.await.unwrap_err());
        assert_eq!(message, "waited 60ms for blue; last seen: red");
    }

    #[tokio::test]
    async fn a_look_that_hangs_ends_with_the_limit() {
        let hangs = until("an answer", Duration::from_millis(40), async || {
            std::future::pending::<()>().await;
            Ok(())
        });
        let message = format!("{:#}", hangs.await.unwrap_err());
        assert_eq!(message, "waited 40ms for an answer; last seen: the first look did not end");
    }

    #[tokio::test]
    async fn stays_fails_at_the_first_bad_look() {
        let mut looks = 0;
        let result = stays("calm", LONG, async || {
            looks += 1;
            anyhow::ensure!(looks < 2, "storm");
            Ok(())
        });
        assert!(format!("{:#}", result.await.unwrap_err()).ends_with("then: storm"));
    }
}
