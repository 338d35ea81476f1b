//! `fedctl cluster remove`: a member leaves the federation, in order, or by force when it is gone.

use crds::federation::{DeletionPolicy, MemberCluster};
use crds::names;
use kube::ResourceExt;
use kube::api::{DeleteParams, Preconditions};
use serde_json::json;

use super::{changed, load, state, uses};
use crate::failure::{Attempt, Failure};
use crate::plan::{Caution, Consent, Plan};
use crate::session::Session;

/// Flags of `cluster remove`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The member cluster.
    #[arg(value_name = "CLUSTER")]
    pub cluster: String,
    /// The cluster is gone: do not wait for its agent. What runs there, if anything, stays there.
    #[arg(long, requires = "reason")]
    pub force: bool,
    /// Why, for those who read it later.
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,
    /// Plan and consent.
    #[command(flatten)]
    pub consent: Consent,
}

/// Runs `cluster remove`.
pub(super) async fn run(session: &mut Session, args: Args) -> Result<(), Failure> {
    let hub = session.hub().await?;
    let mut member = load(&hub, &args.cluster).await?;
    let name = member.name_any();
    let reason = args.reason.clone().unwrap_or_default();
    if args.force && reason.trim().is_empty() {
        return Err(Failure::Usage("--force wants a --reason that says why the cluster is gone".into()));
    }
    let used = uses::of(&hub, &name).await?;
    if !args.consent.settle(&mut session.screen, &plan(&member, &args, &used), Caution::Grave)? {
        return Ok(());
    }
    let attempt = format!("remove member cluster {name}");
    if args.force {
        let note = json!({"metadata": {"annotations": {names::FORCE_REMOVE: reason}}});
        member = super::change(&hub, &member, &attempt, note).await?;
    }
    let same = Preconditions { uid: member.metadata.uid.clone(), resource_version: None };
    let parameters = DeleteParams { preconditions: Some(same), ..DeleteParams::default() };
    hub.all::<MemberCluster>().delete(&name, &parameters).await.attempt(|| attempt)?;
    let said = match args.force {
        true => format!("member cluster {name} is being removed by force"),
        false => format!(
            "member cluster {name} leaves as soon as its agent is done (`fedctl cluster list --watch`)"
        ),
    };
    changed(session, &member, &said)
}

fn plan(member: &MemberCluster, args: &Args, used: &[uses::Use]) -> Plan {
    let name = member.name_any();
    let (how, left) = match (args.force, member.spec.on_remove) {
        (true, _) => ("by force, without its agent", "what runs there stays there, out of this hub's sight"),
        (false, DeletionPolicy::Orphan) => {
            ("in order", "its objects stay in the cluster and are forgotten here")
        }
        (false, DeletionPolicy::Delete) => {
            ("in order", "its objects in the cluster ARE DELETED (onRemove: Delete)")
        }
    };
    Plan::new(format!("remove member cluster {name} {how}"))
        .with(format!("it is {} now, site {}", state(member), member.spec.site))
        .with(uses::lines(used).join("\n"))
        .with("the hub gives their replicas to other cells where the placement allows it")
        .with(left)
}

#[cfg(test)]
mod tests {
    use super::super::state::tests::member;
    use super::*;

    #[test]
    fn the_plan_says_what_becomes_of_the_workloads() {
        let args = |force| Args { cluster: "hz-a".into(), force, reason: None, consent: Consent::default() };
        let text = |spec, force| plan(&member("hz-a", spec, &[]), &args(force), &[]).lines().join("\n");
        assert!(text(json!({"accept": true}), false).contains("forgotten"));
        assert!(text(json!({"accept": true, "onRemove": "Delete"}), false).contains("ARE DELETED"));
        assert!(text(json!({"accept": true}), true).contains("by force"));
    }
}
