//! `fedctl cluster accept`: the second half of the double opt-in.

use kube::ResourceExt;
use serde_json::json;

use super::{Change, change, changed, load};
use crate::failure::Failure;
use crate::plan::{Caution, Plan};
use crate::session::Session;

/// Runs `cluster accept`.
pub(super) async fn run(session: &mut Session, args: Change) -> Result<(), Failure> {
    let hub = session.hub().await?;
    let member = load(&hub, &args.cluster).await?;
    let name = member.name_any();
    if member.spec.accept {
        return changed(session, &member, &format!("member cluster {name} is accepted already"));
    }
    let uid = member.spec.cluster_uid.as_deref().unwrap_or("not bound yet");
    let plan = Plan::new(format!("accept member cluster {name}"))
        .with(format!("site {}, uid of its kube-system namespace {uid}", member.spec.site))
        .with("its agent's certificate is signed; it may then pull work from this hub");
    if !args.consent.settle(&mut session.screen, &plan, Caution::Usual)? {
        return Ok(());
    }
    let attempt = format!("accept member cluster {name}");
    let member = change(&hub, &member, &attempt, json!({"spec": {"accept": true}})).await?;
    changed(session, &member, &format!("member cluster {name} accepted"))
}
