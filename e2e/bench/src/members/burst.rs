//! A hundred applications at once, in all.

use std::time::Instant;

use anyhow::Result;
use futures::{StreamExt, TryStreamExt, stream};

use super::CLUSTERS;
use super::stage::{Stage, image};
use crate::report::Figure;
use crate::rig::{application, mirror};

/// Applications of the burst.
pub(super) const APPLICATIONS: usize = 100;
/// Writers at once.
const WRITERS: usize = 8;
/// What an orderly machine needs is far below this.
const LIMIT: std::time::Duration = std::time::Duration::from_secs(300);

/// Name of an application of the burst.
pub(super) fn name(number: usize) -> String {
    format!("burst-{number:03}")
}

/// Writes them and waits until each is in all members, and until all their pods are available.
pub(super) async fn measure(stage: &Stage) -> Result<Vec<Figure>> {
    let manifests: Vec<_> = (0..APPLICATIONS)
        .map(|number| application::manifest(&name(number), CLUSTERS, 1, &image(&name(number), 1)))
        .collect();
    let start = Instant::now();
    stream::iter(&manifests)
        .map(|manifest| application::create(&stage.client, manifest))
        .buffer_unordered(WRITERS)
        .try_collect::<()>()
        .await?;
    let written = start.elapsed();
    let everywhere = |objects: &mirror::Objects| {
        objects.keys().filter(|(_, name)| name.starts_with("burst-")).count() == APPLICATIONS * CLUSTERS
    };
    let present = stage.workloads.until("the burst in all members", LIMIT, everywhere).await? - start;
    let all_up = |objects: &mirror::Objects| {
        let up =
            |number| objects.get(&(0, name(number))).is_some_and(|a| mirror::available(a, CLUSTERS as i64));
        (0..APPLICATIONS).all(up)
    };
    let available = stage.applications.until("the burst to be available", LIMIT, all_up).await? - start;
    let what = |end: &str| format!("burst of {APPLICATIONS} applications: first apply → {end}");
    Ok(vec![
        Figure::times(what("last apply answered"), "hub", &[written]),
        Figure::times(what("last one present in all members"), "hub and agents", &[present]).aim("3 s"),
        Figure::times(what("last one available, seen on the hub"), "hub, agents, members", &[available]),
    ])
}
