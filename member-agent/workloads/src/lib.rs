//! The controllers of CafeDeployment and InPlaceSet for one Kubernetes cluster: watch, ask the pure core what to do,
//! and carry it out.
//!
//! Reading order:
//! 1. [`run`](run()): installs the kinds, starts the watches and the workers;
//! 2. [`world`]: what was seen, small, with our own writes in it at once, so that a late watch never doubles one;
//! 3. [`queue`]: which objects are to be looked at, and when;
//! 4. [`convert`]: Kubernetes objects to the core's facts and back;
//! 5. [`reconcile`]: one pass over one object.
//!
//! Everything is level-triggered: a pass looks at the whole object, and every write is idempotent or bound to the
//! version that was seen.

mod convert;
mod error;
mod events;
mod install;
mod queue;
mod reconcile;
mod run;
mod watch;
mod world;

pub use error::Error;
pub use install::install_crds;
pub use run::{Options, run};
