//! The nouns of the domain, and the group planner that hub and agent share.
//!
//! Nothing here knows Kubernetes, a clock, a random source, a hash order, or IO. Other crates parse their own
//! formats once, at their edge, and speak in these types from there on.
//!
//! Reading order:
//! 1. [`names`] and [`uid`]: what things are called, and the algebra of user shards;
//! 2. [`city`], [`site`], [`cluster`], [`unit`], [`cell`], [`map`]: the home map, which people write;
//! 3. [`epoch`], [`ruleset`], [`invariants`]: what is in force, and what must always hold;
//! 4. [`apportion`], [`groups`], [`release`]: how replicas are shared out and released in groups;
//! 5. [`selector`], [`timestamp`]: small vocabulary.

pub mod apportion;
pub mod cell;
pub mod city;
pub mod cluster;
pub mod epoch;
pub mod groups;
pub mod invariants;
pub mod map;
pub mod names;
pub mod release;
pub mod ruleset;
pub mod selector;
pub mod site;
pub mod timestamp;
pub mod uid;
pub mod unit;

pub use apportion::{Claimant, apportion};
pub use cell::{Cell, Side, Weight};
pub use city::City;
pub use cluster::Cluster;
pub use epoch::Epoch;
pub use map::HomeMap;
pub use names::{CellLabel, CellName, CityName, ClusterName, NameError, SiteName, UnitName};
pub use ruleset::RuleSet;
pub use site::{Site, SiteRole};
pub use timestamp::Timestamp;
pub use uid::{Share, Uid, UidSet, UidSpace};
pub use unit::{Unit, UnitType};
