//! The rules in force: there, consistent, and fit for the home map.

use super::finding::Finding;
use crate::hub::Hub;
use crate::unit::{World, is_as_committed};

const CHECK: &str = "rules";

/// Reads and judges them.
pub(super) async fn check(hub: &Hub) -> Vec<Finding> {
    match World::load(hub).await {
        Ok(world) => judge(&world),
        Err(failure) => vec![Finding::fail(CHECK, failure.to_string(), "")],
    }
}

fn judge(world: &World) -> Vec<Finding> {
    let faults = world.faults();
    let mut findings = Vec::new();
    if !faults.is_empty() {
        let said = format!("{}; {} in all", faults[0], faults.len());
        findings.push(Finding::warn("home map", said, "`fedctl unit validate` lists them"));
    } else if !world.home.units.is_empty() {
        findings.push(Finding::ok(
            "home map",
            format!("{} units, {} cells", world.home.units.len(), world.home.cells.len()),
        ));
    }
    findings.push(match world.rules() {
        Err(error) => Finding::fail(
            CHECK,
            error.to_string(),
            "restore RuleSet current from its history (`fedctl get rules`)",
        ),
        Ok(None) => {
            Finding::warn(CHECK, "none are in force", "`fedctl unit commit` puts the home map into force")
        }
        Ok(Some(rules)) => match world.faults_of(&rules).as_slice() {
            [] if is_as_committed(&world.home, &rules) => {
                Finding::ok(CHECK, format!("epoch {} is in force", rules.epoch))
            }
            [] => Finding::warn(
                CHECK,
                format!("epoch {} is in force and the home map differs", rules.epoch),
                "`fedctl unit map --home` shows it",
            ),
            [first, ..] => {
                Finding::fail(CHECK, format!("epoch {}: {first}", rules.epoch), "`fedctl unit map` shows it")
            }
        },
    });
    findings
}
