//! `fedctl unit route`: who serves a user, and why.

use model::ruleset::RouteRule;
use serde_json::json;

use super::world::World;
use crate::args::Output;
use crate::failure::Failure;
use crate::session::Session;
use crate::show;

/// Flags of `unit route`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The user's UID.
    #[arg(long, value_name = "NUMBER")]
    pub uid: u32,
}

/// Runs `unit route`.
pub(super) async fn run(session: &mut Session, args: Args) -> Result<(), Failure> {
    let hub = session.hub().await?;
    let rules = World::load(&hub).await?.rules_in_force()?;
    let route = rules.route(args.uid).ok_or_else(|| {
        let space = rules.space;
        Failure::Usage(format!(
            "UID {} is not of this hub: UIDs are {} to {}",
            args.uid,
            space.show(0),
            space.show(space.last())
        ))
    })?;
    match session.output {
        Output::Table | Output::Wide => session.screen.line(route.to_string())?,
        Output::Name => {
            let unit = route.owner.as_ref().map(|(unit, _)| unit.as_str()).unwrap_or_default();
            session.screen.line(show::name_of::<crds::ldc::LogicalUnit>(unit))?;
        }
        Output::Json | Output::Yaml => {
            let rule = route.owner.as_ref().map(|(_, rule)| match rule {
                RouteRule::Base => json!({"kind": "Base"}),
                RouteRule::Override { kind, from } => json!({"kind": format!("{kind:?}"), "from": from}),
            });
            let cells = route.cells.iter().map(|cell| json!({"cell": cell.cell, "weight": cell.weight.0}));
            let facts = json!({
                "uid": route.uid, "unit": route.owner.as_ref().map(|(unit, _)| unit), "rule": rule,
                "cells": cells.collect::<Vec<_>>(), "forbiddenBy": route.forbidden_by,
                "epoch": route.epoch.to_string(),
            });
            show::data(&mut session.screen, session.output, &facts)?;
        }
    }
    match route.owner {
        Some(_) => Ok(()),
        None => Err(Failure::Refused(format!("nobody serves UID {} at epoch {}", args.uid, route.epoch))),
    }
}
