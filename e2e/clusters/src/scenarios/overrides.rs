//! What differs in one cluster.

use anyhow::Result;
use serde_json::json;

use super::application::{Application, V1, V2};
use super::pods;
use crate::world::World;

/// One cluster pulls from its own registry, through releases.
pub(super) async fn an_image_registry_by_cluster(world: &mut dyn World) -> Result<()> {
    let app = Application::new(&world.hub(), "registry", &["rz00"], 4)
        .set("/overrides", json!([{"clusters": ["hz-b"], "images": {"registry": "registry.near.example"}}]));
    app.roll_out().await?;
    pods::run(&world.member("hz-a"), &app.name, V1, &[("RZ00A", 2)]).await?;
    pods::run(&world.member("hz-b"), &app.name, "registry.near.example/shop:v1", &[("RZ00B", 2)]).await?;
    let app = app.image(V2);
    app.roll_out().await?;
    pods::run(&world.member("hz-a"), &app.name, V2, &[("RZ00A", 2)]).await?;
    pods::run(&world.member("hz-b"), &app.name, "registry.near.example/shop:v2", &[("RZ00B", 2)]).await?;
    app.delete().await
}
