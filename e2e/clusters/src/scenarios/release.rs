//! A release from the hub: groups, confirmations, a bad image, the way back.

use std::collections::BTreeMap;

use anyhow::{Result, ensure};

use super::application::{Application, BAD, V1, V2, show};
use super::pods;
use crate::world::World;

/// The member whose cells `RZ82A` and `RZ82B` are.
const BOTH: &str = "sh-a";

/// Ten replicas over two cells of one cluster: 1+1, 2+2, 2+2, a confirmation between, every pod kept.
pub(super) async fn in_place_over_two_cells(world: &mut dyn World) -> Result<()> {
    let member = world.member(BOTH);
    let app = Application::new(&world.hub(), "in-place", &["rz82"], 10).asking();
    app.roll_out().await?;
    let before = pods::run(&member, &app.name, V1, &[("RZ82A", 5), ("RZ82B", 5)]).await?;
    let app = app.image(V2);
    app.apply().await?;
    for (group, there) in [(0, 1), (1, 3)] {
        app.asks(group).await?;
        pods::run(&member, &app.name, V2, &[("RZ82A", there), ("RZ82B", there)]).await?;
        app.confirm(group).await?;
    }
    app.settled().await?;
    let after = pods::run(&member, &app.name, V2, &[("RZ82A", 5), ("RZ82B", 5)]).await?;
    pods::ensure_kept(&before, &after)?;
    app.delete().await
}

/// Group n opens everywhere when group n-1 is done everywhere, by one confirmation.
pub(super) async fn the_groups_of_two_clusters_go_in_step(world: &mut dyn World) -> Result<()> {
    let (a, b) = (world.member("hz-a"), world.member("hz-b"));
    let app = Application::new(&world.hub(), "in-step", &["rz00"], 14).asking();
    app.roll_out().await?;
    let app = app.image(V2);
    app.apply().await?;
    // Seven pods in the one cell of each cluster: 1, 4, 2.
    for (group, there) in [(0, 1), (1, 5)] {
        app.asks(group).await?;
        pods::run(&a, &app.name, V2, &[("RZ00A", there)]).await?;
        pods::run(&b, &app.name, V2, &[("RZ00B", there)]).await?;
        app.confirm(group).await?;
    }
    let status = app.settled().await?;
    let cells: BTreeMap<&str, i32> = status.cells.iter().map(|c| (c.name.as_str(), c.available)).collect();
    ensure!(cells == BTreeMap::from([("rz00a", 7), ("rz00b", 7)]), "{}", show(&status));
    app.delete().await
}

/// An image that cannot be pulled stops the release at its first group, with the pods named; rolling back brings
/// the old one back without a question.
pub(super) async fn a_bad_image_stops_at_its_group(world: &mut dyn World) -> Result<()> {
    let member = world.member(BOTH);
    let app = Application::new(&world.hub(), "bad-image", &["rz82"], 10).asking();
    app.roll_out().await?;
    let before = pods::run(&member, &app.name, V1, &[("RZ82A", 5), ("RZ82B", 5)]).await?;
    app.clone().image(BAD).apply().await?;
    app.until("the problem", |status| {
        let names_it = status.problems.iter().any(|problem| {
            problem.cluster == BOTH
                && problem.pod.starts_with(&app.name)
                && problem.reason.contains("ImagePull")
        });
        ensure!(names_it && status.available_replicas == 8, "{}", show(status));
        Ok(())
    })
    .await?;
    let stuck = pods::of(&member, &app.name).await?;
    let bad = pods::count(&stuck, |pod| pod.image == BAD);
    ensure!(bad == BTreeMap::from([("RZ82A", 1), ("RZ82B", 1)]), "pods with the bad image: {bad:?}");

    app.apply().await?;
    app.settled().await?;
    let after = pods::run(&member, &app.name, V1, &[("RZ82A", 5), ("RZ82B", 5)]).await?;
    pods::ensure_kept(&before, &after)?;
    app.until("the end of the problems", |status| {
        ensure!(status.problems.is_empty(), "{}", show(status));
        Ok(())
    })
    .await?;
    app.delete().await
}
