//! `fedctl deploy pause` and `resume`.

use serde_json::json;

use super::target::Target;
use super::{Change, progress};
use crate::failure::Failure;
use crate::plan::{Caution, Plan};
use crate::session::Session;

/// Runs `deploy pause`.
pub(super) async fn pause(session: &mut Session, args: Change) -> Result<(), Failure> {
    set(session, args, true).await
}

/// Runs `deploy resume`.
pub(super) async fn resume(session: &mut Session, args: Change) -> Result<(), Failure> {
    set(session, args, false).await
}

async fn set(session: &mut Session, args: Change, paused: bool) -> Result<(), Failure> {
    let target = Target::load(session, &args.name).await?;
    let name = target.name();
    if target.application.spec.rollout.paused == paused {
        let said = if paused { "is paused already" } else { "is not paused" };
        return target.unchanged(session, &format!("{name} {said}"));
    }
    let (verb, done, what) = match paused {
        true => ("pause", "paused", "no further group opens; pods in the middle of an update are finished"),
        false => ("resume", "resumed", "the release goes on where it stopped"),
    };
    let plan = Plan::new(format!("{verb} {name}")).noting(progress::summary(&target.application)).with(what);
    if !args.consent.settle(&mut session.screen, &plan, Caution::Usual)? {
        return Ok(());
    }
    let object =
        target.merge(json!({"spec": {"rollout": {"paused": paused}}}), &format!("{verb} {name}")).await?;
    target.changed(session, &format!("{name} {done}"), &object)
}
