//! `fedctl unit list`.

use std::ops::ControlFlow;

use crds::ldc::LogicalUnit;
use kube::ResourceExt;
use kube::api::ListParams;
use kube::runtime::watcher;

use crate::args::Watch;
use crate::failure::{Attempt, Failure};
use crate::follow::follow;
use crate::live::Live;
use crate::session::{Session, now};
use crate::show::{self, Shown};
use crate::table::Table;
use crate::time::age_of;

/// Flags of `unit list`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Stay and show changes.
    #[command(flatten)]
    pub watch: Watch,
}

/// Runs `unit list`.
pub(super) async fn run(session: &mut Session, args: Args) -> Result<(), Failure> {
    let api = session.hub().await?.all::<LogicalUnit>();
    if args.watch.watch {
        let mut live = Live::default();
        return follow(api, watcher::Config::default(), |units| {
            let units: Vec<&LogicalUnit> = units.values().collect();
            live.table(&mut session.screen, &table(&units, now()), &["AGE"])?;
            Ok(ControlFlow::<()>::Continue(()))
        })
        .await;
    }
    let found = api.list(&ListParams::default()).await.attempt(|| "list units".into())?;
    let units: Vec<&LogicalUnit> = found.items.iter().collect();
    let shown = Shown {
        table: table(&units, now()),
        when_empty: "No units.".into(),
        objects: units.iter().map(|unit| show::object(*unit)).collect(),
        names: units.iter().map(|unit| show::name_of::<LogicalUnit>(&unit.name_any())).collect(),
    };
    show::list(&mut session.screen, session.output, &shown)
}

fn table(units: &[&LogicalUnit], now: jiff::Timestamp) -> Table {
    let mut table =
        Table::new(["UNIT", "TYPE", "HOME", "SERVES", "SHARE", "DR-STATE", "CELLS", "EPOCH", "AGE"]);
    for unit in units {
        let status = unit.status.clone().unwrap_or_default();
        table.row([
            unit.name_any().to_ascii_uppercase(),
            format!("{:?}", unit.spec.type_),
            unit.spec.base_uids.clone().unwrap_or_default(),
            status.effective_uids,
            status.share,
            status.dr_state,
            status.cell_names.to_ascii_uppercase(),
            status.epoch,
            age_of(unit.metadata.creation_timestamp.as_ref(), now),
        ]);
    }
    table
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn units_are_shown_in_upper_case() {
        let unit: LogicalUnit = serde_json::from_value(json!({
            "apiVersion": "ldc.cafefed.dev/v1alpha1", "kind": "LogicalUnit", "metadata": {"name": "rz00"},
            "spec": {"type": "RZone", "baseUIDs": "00-49"},
            "status": {"effectiveUIDs": "00-48", "share": "49%", "cellNames": "rz00a:50 rz00b:50", "epoch": "1.2"},
        }))
        .unwrap();
        let lines = table(&[&unit], jiff::Timestamp::UNIX_EPOCH).lines();
        assert!(lines[1].starts_with("RZ00   RZone   00-49   00-48    49%"), "{}", lines[1]);
        assert!(lines[1].contains("RZ00A:50 RZ00B:50   1.2"), "{}", lines[1]);
    }
}
