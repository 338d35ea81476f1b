//! The federation on real members: three kube-apiservers with etcd, scheduler, controllers and simulated nodes;
//! hub and agents as release processes over TLS, each agent through a link that can be cut.

mod burst;
mod cut_off;
mod footprint;
mod hub_kill;
mod present;
mod stage;

use anyhow::Result;

pub use footprint::sizes;
pub use stage::Stage;

use crate::report::Figure;

/// Member clusters.
pub const CLUSTERS: usize = 3;

/// All measurements on real members, on one stage.
pub async fn measure() -> Result<Vec<Figure>> {
    let mut stage = Stage::set().await?;
    let mut figures = footprint::empty(&stage)?;
    figures.extend(present::measure(&stage).await?);
    figures.extend(cut_off::measure(&stage).await?);
    figures.extend(hub_kill::measure(&mut stage).await?);
    figures.extend(burst::measure(&stage).await?);
    figures.extend(footprint::full(&mut stage).await?);
    stage.clear();
    Ok(figures)
}
