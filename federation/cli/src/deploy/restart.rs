//! `fedctl deploy restart`: all pods anew, as a release.

use crds::names;
use serde_json::{Value, json};

use super::target::Target;
use super::{Change, progress};
use crate::failure::Failure;
use crate::plan::{Caution, Plan};
use crate::session::{Session, now};

/// Runs `deploy restart`.
pub(super) async fn run(session: &mut Session, args: Change) -> Result<(), Failure> {
    let target = Target::load(session, &args.name).await?;
    let name = target.name();
    let plan =
        Plan::new(format!("restart {name}: all {} replicas are made anew", target.status.desired_replicas))
            .noting(progress::summary(&target.application))
            .with("group by group, as a release of its own");
    if !args.consent.settle(&mut session.screen, &plan, Caution::Usual)? {
        return Ok(());
    }
    let object = target.merge(patch(&now().to_string()), &format!("restart {name}")).await?;
    target.changed(session, &format!("{name} restarts"), &object)
}

/// The wish, on the application: the hub hands it on to the pods.
fn patch(at: &str) -> Value {
    json!({"metadata": {"annotations": {names::RESTARTED_AT: at}}})
}
