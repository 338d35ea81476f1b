//! Clusters and what runs on them: group `federation.cafefed.dev`, on the hub.

mod confirmation;
mod federated_deployment;
mod federated_resource;
mod member_cluster;
mod placement;
mod work;
mod work_template;

pub use confirmation::*;
pub use federated_deployment::*;
pub use federated_resource::*;
pub use member_cluster::*;
pub use placement::*;
pub use work::*;
pub use work_template::*;
