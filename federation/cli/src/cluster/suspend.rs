//! `fedctl cluster suspend` and `resume`.

use kube::ResourceExt;
use serde_json::json;

use super::{Change, change, changed, load, uses};
use crate::failure::Failure;
use crate::plan::{Caution, Plan};
use crate::session::Session;

/// Runs `cluster suspend`.
pub(super) async fn suspend(session: &mut Session, args: Change) -> Result<(), Failure> {
    set(session, args, true).await
}

/// Runs `cluster resume`.
pub(super) async fn resume(session: &mut Session, args: Change) -> Result<(), Failure> {
    set(session, args, false).await
}

async fn set(session: &mut Session, args: Change, suspended: bool) -> Result<(), Failure> {
    let hub = session.hub().await?;
    let member = load(&hub, &args.cluster).await?;
    let name = member.name_any();
    let (verb, done) = if suspended { ("suspend", "suspended") } else { ("resume", "resumed") };
    if member.spec.suspended == suspended {
        let said = if suspended { "is suspended already" } else { "is not suspended" };
        return changed(session, &member, &format!("member cluster {name} {said}"));
    }
    let plan = match suspended {
        true => Plan::new(format!(
            "suspend member cluster {name}: its agent writes no workload, it still reports"
        ))
        .with(uses::lines(&uses::of(&hub, &name).await?).join("\n")),
        false => Plan::new(format!(
            "resume member cluster {name}: its agent brings everything to what is wanted now"
        )),
    };
    if !args.consent.settle(&mut session.screen, &plan, Caution::Usual)? {
        return Ok(());
    }
    let attempt = format!("{verb} member cluster {name}");
    let member = change(&hub, &member, &attempt, json!({"spec": {"suspended": suspended}})).await?;
    changed(session, &member, &format!("member cluster {name} {done}"))
}
