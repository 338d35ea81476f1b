//! `fedctl cluster cordon` and `uncordon`: a taint that keeps new replicas away.

use crds::federation::{MemberCluster, Taint};
use kube::ResourceExt;
use serde_json::json;

use super::state::{CORDONED, is_cordoned};
use super::{Change, change, changed, load, uses};
use crate::failure::Failure;
use crate::plan::{Caution, Plan};
use crate::session::Session;

/// Runs `cluster cordon`.
pub(super) async fn cordon(session: &mut Session, args: Change) -> Result<(), Failure> {
    let hub = session.hub().await?;
    let member = load(&hub, &args.cluster).await?;
    let name = member.name_any();
    if is_cordoned(&member) {
        return changed(session, &member, &format!("member cluster {name} is cordoned already"));
    }
    let used = uses::of(&hub, &name).await?;
    let plan = Plan::new(format!("cordon member cluster {name}: no new replicas go there, what runs stays"))
        .with(uses::lines(&used).join("\n"));
    if !args.consent.settle(&mut session.screen, &plan, Caution::Usual)? {
        return Ok(());
    }
    let taints = taints_with(&member, true);
    let attempt = format!("cordon member cluster {name}");
    let member = change(&hub, &member, &attempt, json!({"spec": {"taints": taints}})).await?;
    changed(session, &member, &format!("member cluster {name} cordoned"))
}

/// Runs `cluster uncordon`.
pub(super) async fn uncordon(session: &mut Session, args: Change) -> Result<(), Failure> {
    let hub = session.hub().await?;
    let member = load(&hub, &args.cluster).await?;
    let name = member.name_any();
    if !is_cordoned(&member) {
        return changed(session, &member, &format!("member cluster {name} is not cordoned"));
    }
    let plan = Plan::new(format!("uncordon member cluster {name}: new replicas may go there again"));
    if !args.consent.settle(&mut session.screen, &plan, Caution::Usual)? {
        return Ok(());
    }
    let taints = taints_with(&member, false);
    let attempt = format!("uncordon member cluster {name}");
    let member = change(&hub, &member, &attempt, json!({"spec": {"taints": taints}})).await?;
    changed(session, &member, &format!("member cluster {name} uncordoned"))
}

/// All taints, with or without ours.
fn taints_with(member: &MemberCluster, cordoned: bool) -> Vec<Taint> {
    let mut taints: Vec<Taint> =
        member.spec.taints.iter().filter(|taint| taint.key != CORDONED).cloned().collect();
    if cordoned {
        taints.push(Taint { key: CORDONED.to_owned(), ..Taint::default() });
    }
    taints
}

#[cfg(test)]
mod tests {
    use super::super::state::tests::member;
    use super::*;

    #[test]
    fn other_taints_stay() {
        let plain = member("hz-a", json!({"taints": [{"key": "a"}]}), &[]);
        let keys = |taints: Vec<Taint>| taints.into_iter().map(|taint| taint.key).collect::<Vec<_>>();
        assert_eq!(keys(taints_with(&plain, true)), ["a", CORDONED]);
        let cordoned = member("hz-a", json!({"taints": [{"key": CORDONED}, {"key": "a"}]}), &[]);
        assert_eq!(keys(taints_with(&cordoned, false)), ["a"]);
    }
}
