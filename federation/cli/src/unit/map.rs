//! `fedctl unit map`: the picture of cities, sites, clusters and cells.

use model::{Cell, CityName, ClusterName, RuleSet, SiteRole, UnitType};
use serde_json::{Value, json};

use super::world::{World, is_as_committed};
use crate::failure::Failure;
use crate::session::Session;
use crate::show;

/// Flags of `unit map`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Draw the home map as it stands in the units and cells, not the rules in force.
    #[arg(long)]
    pub home: bool,
}

/// Runs `unit map`.
pub(super) async fn run(session: &mut Session, args: Args) -> Result<(), Failure> {
    let hub = session.hub().await?;
    let world = World::load(&hub).await?;
    let rules = match args.home {
        true => None,
        false => world.rules().map_err(|error| Failure::Refused(error.to_string()))?,
    };
    match session.output {
        crate::args::Output::Name => {
            let cells: Vec<String> = world
                .home
                .cells
                .keys()
                .map(|cell| show::name_of::<crds::ldc::DeployUnit>(cell.as_str()))
                .collect();
            show::lines(&mut session.screen, &cells)
        }
        _ if session.is_for_people() => show::lines(&mut session.screen, &picture(&world, rules.as_ref())),
        output => show::data(&mut session.screen, output, &facts(&world, rules.as_ref())),
    }
}

/// The drawing. Without rules it shows the home map and says so.
fn picture(world: &World, rules: Option<&RuleSet>) -> Vec<String> {
    let home = RuleSet::of_home(&world.home, model::Epoch::default());
    let shown = rules.unwrap_or(&home);
    let mut lines = vec![match rules {
        Some(rules) => format!(
            "In force: epoch {}, digest {}, {} UIDs",
            rules.epoch,
            rules.digest().short(),
            rules.space.size()
        ),
        None => format!(
            "The home map, {} UIDs (`fedctl unit commit` puts it into force)",
            world.home.space.size()
        ),
    }];
    if rules.is_some_and(|rules| !is_as_committed(&world.home, rules)) {
        lines.push("The home map differs from what is in force: see it with --home".into());
    }
    for city in world.home.cities.values() {
        lines.push(String::new());
        lines.push(match city.display_name.as_str() {
            "" => format!("{}", city.name),
            display => format!("{} ({display})", city.name),
        });
        let sites: Vec<_> = world.home.sites.values().filter(|site| site.city == city.name).collect();
        for (place, site) in sites.iter().enumerate() {
            let (branch, below) = limbs(place + 1 == sites.len());
            let role = if site.role == SiteRole::Elastic { " (elastic)" } else { "" };
            lines.push(format!("{branch}site {}{role}", site.name));
            let clusters: Vec<_> =
                world.home.clusters.values().filter(|cluster| cluster.site == site.name).collect();
            for (place, cluster) in clusters.iter().enumerate() {
                let (branch, deeper) = limbs(place + 1 == clusters.len());
                lines.push(format!(
                    "{below}{branch}cluster {} {}",
                    cluster.name,
                    member(world, &cluster.name)
                ));
                lines.extend(cell_lines(world, shown, &cluster.name, &format!("{below}{deeper}")));
            }
        }
    }
    let lost: Vec<&Cell> = world
        .home
        .cells
        .values()
        .filter(|cell| world.home.city_of_cluster(&cell.cluster).is_none())
        .collect();
    if !lost.is_empty() {
        lines.push(String::new());
        lines.push("Nowhere (their cluster, its site or its city is not declared):".into());
        lines.extend(lost.iter().map(|cell| format!("  {} in {}", cell.name.shown(), cell.cluster)));
    }
    lines.extend(loans(shown));
    lines
}

fn limbs(is_last: bool) -> (&'static str, &'static str) {
    if is_last { ("└─ ", "   ") } else { ("├─ ", "│  ") }
}

fn member(world: &World, cluster: &ClusterName) -> String {
    use kube::ResourceExt;
    let found = world.members.iter().find(|member| member.name_any() == cluster.as_str());
    found.map_or_else(|| "not joined".into(), crate::cluster::state)
}

fn cell_lines(world: &World, rules: &RuleSet, cluster: &ClusterName, indent: &str) -> Vec<String> {
    let cells: Vec<&Cell> = world.home.cells.values().filter(|cell| cell.cluster == *cluster).collect();
    let mut rows = crate::table::Table::new(["", "", "", "", ""]);
    for cell in &cells {
        rows.row([
            cell.name.shown(),
            format!("{} {}", cell.unit.shown(), cell.side),
            duty(world, rules, cell),
            format!("weight {}", rules.weight(cell.unit.as_str(), cell.name.as_str())),
            world.readiness(cell.name.as_str()),
        ]);
    }
    let lines = rows.lines().split_off(1);
    let count = lines.len();
    lines
        .into_iter()
        .enumerate()
        .map(|(place, line)| format!("{indent}{}{line}", limbs(place + 1 == count).0))
        .collect()
}

/// What a cell is there for: its users, the writes of a G unit, a city's copy.
fn duty(world: &World, rules: &RuleSet, cell: &Cell) -> String {
    let Some(unit) = world.home.units.get(&cell.unit) else { return "unit not declared".into() };
    match &unit.unit_type {
        UnitType::RZone { .. } => {
            let uids = rules.effective_uids(&unit.name);
            match uids.is_empty() {
                true => "no users".into(),
                false => format!("{uids} ({}%)", percent(uids.share().basis_points())),
            }
        }
        UnitType::GZone { .. } => {
            let writer = rules.writers.get(&unit.name).and_then(Option::as_ref);
            if writer == Some(&cell.name) { "writer".into() } else { "reader".into() }
        }
        UnitType::CZone { city, group } => copy(rules, cell, city, group),
    }
}

fn copy(rules: &RuleSet, cell: &Cell, city: &CityName, group: &str) -> String {
    let active = rules.active_c.iter().any(|active| active.unit == cell.unit);
    format!("{} of {group} in {city}", if active { "copy" } else { "idle copy" })
}

/// 1234 as `12.34`, 5000 as `50`.
fn percent(basis_points: u32) -> String {
    match basis_points % 100 {
        0 => (basis_points / 100).to_string(),
        rest => format!("{}.{rest:02}", basis_points / 100),
    }
}

fn loans(rules: &RuleSet) -> Vec<String> {
    let mut lines = Vec::new();
    for over in &rules.overrides {
        if lines.is_empty() {
            lines.push(String::new());
        }
        let back = over.return_by.map(|at| format!(", back by {at}")).unwrap_or_default();
        lines.push(format!(
            "{} of {} are with {} ({}{back})",
            over.uids,
            over.from.shown(),
            over.to.shown(),
            over.kind
        ));
    }
    lines
}

/// The same for programs.
fn facts(world: &World, rules: Option<&RuleSet>) -> Value {
    let home = RuleSet::of_home(&world.home, model::Epoch::default());
    let shown = rules.unwrap_or(&home);
    let cells = world.home.cells.values().map(|cell| {
        let cluster = world.home.clusters.get(&cell.cluster);
        json!({
            "cell": cell.name, "unit": cell.unit, "side": cell.side, "cluster": cell.cluster,
            "site": cluster.map(|cluster| &cluster.site), "city": world.home.city_of_cluster(&cell.cluster),
            "uids": shown.effective_uids(&cell.unit).to_string(),
            "weight": shown.weight(cell.unit.as_str(), cell.name.as_str()).0,
            "writer": shown.writers.get(&cell.unit).is_some_and(|writer| writer.as_ref() == Some(&cell.name)),
            "readiness": world.readiness(cell.name.as_str()),
        })
    });
    json!({
        "epoch": rules.map(|rules| rules.epoch.to_string()),
        "digest": rules.map(|rules| rules.digest().to_string()),
        "homeDiffers": rules.map(|rules| !is_as_committed(&world.home, rules)),
        "cells": cells.collect::<Vec<_>>(),
    })
}

#[cfg(test)]
mod tests {
    use super::super::world::tests::{home, world};
    use super::*;

    #[test]
    fn the_picture_has_every_cell_in_its_place() {
        let world = world(home());
        let rules = RuleSet::first(&world.home).unwrap();
        let lines = picture(&world, Some(&rules));
        assert!(lines[0].starts_with("In force: epoch 1.1, digest "), "{}", lines[0]);
        assert_eq!(
            lines[1..],
            [
                "",
                "hangzhou",
                "├─ site hz-a",
                "│  └─ cluster hz-a not joined",
                "│     ├─ GZ00A   GZ00 A   writer        weight 100   ?",
                "│     └─ RZ00A   RZ00 A   00-49 (50%)   weight 50    ?",
                "└─ site hz-b",
                "   └─ cluster hz-b not joined",
                "      └─ RZ00B   RZ00 B   00-49 (50%)   weight 50   ?",
                "",
                "shanghai",
                "└─ site sh-a",
                "   └─ cluster sh-a not joined",
                "      └─ RZ01A   RZ01 A   50-99 (50%)   weight 100   ?",
            ]
        );
    }

    #[test]
    fn a_home_map_that_differs_or_is_not_committed_is_said() {
        let mut world = world(home());
        assert!(picture(&world, None)[0].starts_with("The home map"));
        let rules = RuleSet::first(&world.home).unwrap();
        if let Some(cell) = world.home.cells.values_mut().next() {
            cell.weight = model::Weight(99);
        }
        assert!(picture(&world, Some(&rules))[1].contains("differs"));
        assert_eq!(facts(&world, Some(&rules))["homeDiffers"], true);
    }
}
