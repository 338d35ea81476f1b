//! The home map and what is in force: [`commit`] makes epoch 1, [`follow`] shows both in the units' statuses.

mod commit;
mod follow;
mod status;

pub use commit::{CommitError, Committed, commit, read_home, read_rules};
pub use follow::Units;
