//! Units and the rules in force: group `ldc.cafefed.dev`, on the hub.

mod city;
mod deploy_unit;
mod logical_unit;
mod routing_profile;
mod rule_set;
mod site;

pub use city::*;
pub use deploy_unit::*;
pub use logical_unit::*;
pub use routing_profile::*;
pub use rule_set::*;
pub use site::*;
