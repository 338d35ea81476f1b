//! `fedctl unit validate`: everything that is wrong with the home map, at once.

use serde_json::json;

use super::world::{World, is_as_committed};
use crate::failure::Failure;
use crate::session::Session;
use crate::show;

/// Runs `unit validate`.
pub(super) async fn run(session: &mut Session) -> Result<(), Failure> {
    let hub = session.hub().await?;
    let world = World::load(&hub).await?;
    let faults = world.faults();
    let rules = world.rules().map_err(|error| Failure::Refused(error.to_string()))?;
    let differs = rules.as_ref().map(|rules| !is_as_committed(&world.home, rules));
    if session.is_for_people() {
        show::lines(&mut session.screen, &faults)?;
    } else if session.output != crate::args::Output::Name {
        let facts = json!({"violations": faults, "homeDiffers": differs, "epoch": rules.map(|rules| rules.epoch.to_string())});
        show::data(&mut session.screen, session.output, &facts)?;
    }
    if !faults.is_empty() {
        return Err(refused(faults.len(), "the home map is not sound"));
    }
    if session.is_for_people() {
        session.screen.line(said(&world, differs))?;
    }
    Ok(())
}

/// So many violations, and what to do about them.
pub(super) fn refused(count: usize, what: &str) -> Failure {
    let violations = if count == 1 { "1 violation".to_owned() } else { format!("{count} violations") };
    Failure::Refused(format!(
        "{what}: {violations}; correct these units and cells, then look again with `fedctl unit validate`"
    ))
}

fn said(world: &World, differs: Option<bool>) -> String {
    let (units, cells) = (world.home.units.len(), world.home.cells.len());
    let force = match differs {
        None => "not in force yet: `fedctl unit commit` does it",
        Some(false) => "in force",
        Some(true) => "not what is in force: it takes force by a switch (Rebase)",
    };
    format!("the home map is sound: {units} units, {cells} cells, {} UIDs; {force}", world.home.space.size())
}

#[cfg(test)]
mod tests {
    use super::super::world::tests::{home, world};
    use super::*;

    #[test]
    fn a_sound_map_is_said_with_its_numbers() {
        let world = world(home());
        assert_eq!(
            said(&world, None),
            "the home map is sound: 3 units, 4 cells, 100 UIDs; not in force yet: `fedctl unit commit` does it"
        );
        assert!(refused(2, "no").to_string().contains("2 violations"));
    }
}
