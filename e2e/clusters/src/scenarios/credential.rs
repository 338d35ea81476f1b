//! An agent's certificate is replaced well before its end, and the link lives on.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use super::application::{Application, V1};
use super::{ground, pods};
use crate::wait;
use crate::world::{CERTIFICATES, World};

const MEMBER: &str = "hz-b";
/// Life of the certificates of this scenario: short, and long enough for a slow machine to renew it in the last
/// third.
const LIFE: Duration = Duration::from_secs(30);

fn certificate(world: &dyn World) -> Result<String> {
    let path = world.state_dir(MEMBER).join("credential.json");
    let bytes = std::fs::read(&path).with_context(|| format!("read {}", path.display()))?;
    let credential: Value = serde_json::from_slice(&bytes).context("a credential half written")?;
    Ok(credential["certificatePem"].as_str().unwrap_or_default().to_owned())
}

/// Twice in a row; then the member takes new work with the third certificate.
pub(super) async fn is_rotated_before_its_end(world: &mut dyn World) -> Result<()> {
    world.kill_hub().await?;
    world.start_hub(LIFE).await?;
    leave(world).await?;
    ground::join(world, MEMBER).await?;
    ground::ready(world, MEMBER).await?;
    let mut seen = vec![certificate(world)?];
    for _ in 0..2 {
        // The answered request of before stays for a minute, which is longer than these certificates live.
        ground::forget_request(&world.hub(), MEMBER).await?;
        let fresh = wait::until("another certificate", wait::LONG, async || {
            let now = certificate(world)?;
            ensure!(!seen.contains(&now), "still the certificate of before");
            Ok(now)
        })
        .await?;
        seen.push(fresh);
        ground::ready(world, MEMBER).await?;
    }
    let app = Application::new(&world.hub(), "rotated", &["rz00"], 2);
    app.roll_out().await?;
    pods::run(&world.member(MEMBER), &app.name, V1, &[("RZ00B", 1)]).await?;
    app.delete().await?;

    // Scenarios after this one have agents that may be away for longer.
    leave(world).await?;
    world.kill_hub().await?;
    world.start_hub(CERTIFICATES).await?;
    ground::join(world, MEMBER).await?;
    ground::ready(world, MEMBER).await
}

async fn leave(world: &mut dyn World) -> Result<()> {
    use crds::federation::MemberCluster;
    use kube::api::Api;
    let members: Api<MemberCluster> = Api::all(world.hub());
    super::manifests::delete(&members, MEMBER).await?;
    super::manifests::gone(&members, MEMBER).await
}
