//! What goes wrong: a link that is cut at random, a hub that is killed now and then.

use std::time::Duration;

use anyhow::Result;
use e2e_clusters::hub::Hub;
use e2e_clusters::link::{Link, State};
use rand::Rng;

/// Cuts `link` at random, in both ways, until it is dropped; it is open in between for long enough to connect.
pub(crate) async fn cut_at_random(link: &Link) -> std::convert::Infallible {
    loop {
        for (state, longest) in
            [(State::Open, 400), (State::Refused, 60), (State::Open, 400), (State::Silent, 120)]
        {
            link.set(state);
            let millis = rand::rng().random_range(1..longest);
            tokio::time::sleep(Duration::from_millis(millis)).await;
        }
    }
}

/// Kills the hub `times` times with a pause before each, and starts it again at once.
pub(crate) async fn kill_now_and_then(hub: &mut Hub, times: usize) -> Result<()> {
    for _ in 0..times {
        let millis = rand::rng().random_range(300..1500);
        tokio::time::sleep(Duration::from_millis(millis)).await;
        hub.kill9()?;
        hub.start_again().await?;
    }
    Ok(())
}
