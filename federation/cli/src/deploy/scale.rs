//! `fedctl deploy scale`.

use crds::federation::{DivisionType, FederatedDeploymentSpec, ReplicasOwner};

use super::target::Target;
use crate::failure::Failure;
use crate::plan::{Caution, Consent, Plan};
use crate::session::Session;

/// Flags of `deploy scale`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The application.
    #[arg(value_name = "NAME")]
    pub name: String,
    /// How many in all cells together (in each cell, with division `Duplicated`).
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(i32).range(0..))]
    pub replicas: i32,
    /// Plan and consent.
    #[command(flatten)]
    pub consent: Consent,
}

/// Runs `deploy scale`.
pub(super) async fn run(session: &mut Session, args: Args) -> Result<(), Failure> {
    let target = Target::load(session, &args.name).await?;
    let (name, spec) = (target.name(), &target.application.spec);
    if spec.replicas_owner == ReplicasOwner::Member {
        return Err(Failure::Refused(format!(
            "{name} is scaled in its members (replicasOwner: Member): scale it there, or set replicasOwner: Hub first"
        )));
    }
    if spec.replicas == args.replicas && target.is_observed() {
        return target.unchanged(session, &format!("{name} has {} replicas already", args.replicas));
    }
    if !args.consent.settle(&mut session.screen, &plan(&name, spec, args.replicas), Caution::Usual)? {
        return Ok(());
    }
    let attempt = format!("scale {name} to {}", args.replicas);
    let object = target.scale(args.replicas, &attempt).await?;
    target.changed(session, &format!("{name} scaled to {}", args.replicas), &object)
}

fn plan(name: &str, spec: &FederatedDeploymentSpec, replicas: i32) -> Plan {
    let each = if spec.placement.division.type_ == DivisionType::Duplicated { " in each cell" } else { "" };
    let plan = Plan::new(format!("scale {name} from {} to {replicas} replicas{each}", spec.replicas));
    match replicas {
        0 => plan.with("no replica is left: nobody serves its users"),
        _ => plan,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::target::tests::application;
    use super::*;

    #[test]
    fn the_plan_has_both_numbers() {
        let spec = application(json!({})).spec;
        assert_eq!(plan("shop", &spec, 30).lines(), ["scale shop from 20 to 30 replicas"]);
        assert_eq!(plan("shop", &spec, 0).lines().len(), 2);
    }
}
