//! `fedctl unit commit`: the home map into force, as epoch 1.1.

use crds::convert::rule_set_spec;
use crds::ldc::{RuleSet, RuleSetSpec};
use k8s_openapi::api::authentication::v1::SelfSubjectReview;
use kube::api::{Api, PostParams};
use model::Epoch;

use super::validate::refused;
use super::world::{CURRENT, World, is_as_committed};
use crate::failure::{Attempt, Failure};
use crate::hub::{Hub, MANAGER};
use crate::plan::{Caution, Consent, Plan};
use crate::session::Session;
use crate::show;

/// Flags of `unit commit`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Why, for those who read it later.
    #[arg(long, value_name = "TEXT", default_value = "")]
    pub reason: String,
    /// Plan and consent; `--confirm` is the digest of the plan.
    #[command(flatten)]
    pub consent: Consent,
}

/// Runs `unit commit`.
pub(super) async fn run(session: &mut Session, args: Args) -> Result<(), Failure> {
    let hub = session.hub().await?;
    let world = World::load(&hub).await?;
    if let Some(current) = &world.current {
        return committed_before(session, &hub, &world, current).await;
    }
    let rules = first(&world)?;
    if !args.consent.settle(&mut session.screen, &plan(&world, &rules), Caution::Usual)? {
        return Ok(());
    }
    let author = author(&hub).await?;
    let spec = rule_set_spec(&rules, &author, &args.reason)
        .map_err(|error| Failure::Refused(format!("commit the home map: {error}")))?;
    // The create is the compare-and-set: of two commits at once, one finds the other's.
    let made = create(&hub, CURRENT, &spec).await?;
    keep_history(&hub, &spec).await?;
    let said = format!("epoch {} is in force, digest {}", spec.epoch.text, spec.digest);
    changed(session, &made, &said)
}

fn changed(session: &mut Session, current: &RuleSet, said: &str) -> Result<(), Failure> {
    let name = show::name_of::<RuleSet>(CURRENT);
    show::change(&mut session.screen, session.output, &name, said, &show::object(current))
}

/// The first rules, or all that is wrong with the home map.
fn first(world: &World) -> Result<model::RuleSet, Failure> {
    let faults = world.faults();
    faults.iter().for_each(|fault| crate::screen::note(fault));
    match model::RuleSet::first(&world.home) {
        Ok(_) if world.home.units.is_empty() => Err(Failure::Refused(
            "there is no unit to commit: apply LogicalUnits and DeployUnits first".into(),
        )),
        Ok(rules) if faults.is_empty() => Ok(rules),
        _ => Err(refused(faults.len(), "the home map was not committed")),
    }
}

/// Rules are in force: nothing to do when the home map says the same.
async fn committed_before(
    session: &mut Session,
    hub: &Hub,
    world: &World,
    current: &RuleSet,
) -> Result<(), Failure> {
    let rules = world.rules_in_force()?;
    if !is_as_committed(&world.home, &rules) || !world.misfits.is_empty() {
        return Err(Failure::Refused(format!(
            "epoch {} is in force and the home map differs from it: a changed home map takes force by a switch (kind Rebase), not by a commit; `fedctl unit map` and `fedctl unit map --home` show both",
            rules.epoch
        )));
    }
    if rules.epoch == Epoch::FIRST {
        // Made up for, if the commit was cut off between its two objects.
        keep_history(hub, &current.spec).await?;
    }
    changed(
        session,
        current,
        &format!("epoch {} is in force already, digest {}", rules.epoch, rules.digest()),
    )
}

/// The immutable copy of an epoch.
async fn keep_history(hub: &Hub, spec: &RuleSetSpec) -> Result<(), Failure> {
    match create(hub, &history_name(spec), spec).await {
        Err(failure) if failure.status().is_some_and(|status| status.reason == "AlreadyExists") => Ok(()),
        result => result.map(|_| ()),
    }
}

/// `1-1`: an epoch as a name.
fn history_name(spec: &RuleSetSpec) -> String {
    format!("{}-{}", spec.epoch.generation, spec.epoch.counter)
}

async fn create(hub: &Hub, name: &str, spec: &RuleSetSpec) -> Result<RuleSet, Failure> {
    let parameters = PostParams { field_manager: Some(MANAGER.into()), ..PostParams::default() };
    let made = hub.all::<RuleSet>().create(&parameters, &RuleSet::new(name, spec.clone())).await;
    made.attempt(|| format!("commit epoch {} as RuleSet {name}", spec.epoch.text))
}

/// Who the hub takes the caller for.
async fn author(hub: &Hub) -> Result<String, Failure> {
    let api: Api<SelfSubjectReview> = Api::all(hub.client.clone());
    let answer = api.create(&PostParams::default(), &SelfSubjectReview::default()).await;
    let answer = answer.attempt(|| "ask the hub who you are".into())?;
    let user = answer.status.and_then(|status| status.user_info).and_then(|user| user.username);
    Ok(user.unwrap_or_else(|| "unknown".into()))
}

fn plan(world: &World, rules: &model::RuleSet) -> Plan {
    let mut plan = Plan::new(format!("put the home map into force as epoch {}", rules.epoch))
        .with(format!("digest {}", rules.digest()))
        .with(format!(
            "{} units, {} cells, {} UIDs",
            world.home.units.len(),
            world.home.cells.len(),
            rules.space.size()
        ));
    for (unit, uids) in &rules.base {
        let users = if uids.is_empty() { "no users".to_owned() } else { uids.to_string() };
        plan = plan.with(format!("{}: {users}", unit.shown()));
    }
    for (unit, writer) in &rules.writers {
        let writer = writer.as_ref().map_or_else(|| "nobody".to_owned(), |cell| cell.shown());
        plan = plan.with(format!("{}: written by {writer}", unit.shown()));
    }
    plan
}

#[cfg(test)]
mod tests {
    use model::{UidSet, Unit, UnitName};

    use super::super::world::tests::{home, world};
    use super::*;

    #[test]
    fn the_plan_names_owners_writers_and_the_digest() {
        let world = world(home());
        let rules = first(&world).unwrap();
        let text = plan(&world, &rules).lines().join("\n");
        for part in ["epoch 1.1", &rules.digest().to_string(), "RZ00: 00-49", "GZ00: written by GZ00A"] {
            assert!(text.contains(part), "{part} in {text}");
        }
        let spec = rule_set_spec(&rules, "ann", "").unwrap();
        assert_eq!(history_name(&spec), "1-1");
    }

    #[test]
    fn an_unsound_or_empty_map_is_refused() {
        assert!(first(&world(model::HomeMap::default())).is_err());
        let mut bad = home();
        let rz01 = UnitName::new("rz01").unwrap();
        bad.add_unit(Unit::r_zone(rz01, UidSet::parse(bad.space, "40-99").unwrap()));
        let said = first(&world(bad)).unwrap_err().to_string();
        assert!(said.contains("1 violation"), "{said}");
    }
}
