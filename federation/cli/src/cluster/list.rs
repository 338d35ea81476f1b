//! `fedctl cluster list`.

use std::ops::ControlFlow;

use crds::federation::MemberCluster;
use jiff::Timestamp;
use kube::ResourceExt;
use kube::api::ListParams;
use kube::runtime::watcher;

use super::state::{conditions, state};
use crate::args::Output;
use crate::failure::{Attempt, Failure};
use crate::follow::follow;
use crate::live::Live;
use crate::session::{Session, now};
use crate::show::{self, Shown};
use crate::table::Table;
use crate::time::age_of;

/// Flags of `cluster list`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// By labels.
    #[arg(short = 'l', long, value_name = "SELECTOR")]
    pub selector: Option<String>,
    /// Stay and show changes.
    #[command(flatten)]
    pub watch: crate::args::Watch,
}

/// Runs `cluster list`.
pub(super) async fn run(session: &mut Session, args: Args) -> Result<(), Failure> {
    let api = session.hub().await?.all::<MemberCluster>();
    let wide = session.output == Output::Wide;
    let selector = args.selector.as_deref().unwrap_or_default();
    if args.watch.watch {
        let mut live = Live::default();
        return follow(api, watcher::Config::default().labels(selector), |members| {
            let members: Vec<&MemberCluster> = members.values().collect();
            live.table(&mut session.screen, &table(&members, wide, now()), &["AGE"])?;
            Ok(ControlFlow::<()>::Continue(()))
        })
        .await;
    }
    let found = api.list(&ListParams::default().labels(selector)).await;
    let found = found.attempt(|| "list member clusters".into())?;
    let members: Vec<&MemberCluster> = found.items.iter().collect();
    let shown = Shown {
        table: table(&members, wide, now()),
        when_empty: "No member clusters. `fedctl cluster join NAME --site SITE` says how one joins.".into(),
        objects: members.iter().map(|member| show::object(*member)).collect(),
        names: members.iter().map(|member| show::name_of::<MemberCluster>(&member.name_any())).collect(),
    };
    show::list(&mut session.screen, session.output, &shown)
}

fn table(members: &[&MemberCluster], wide: bool, now: Timestamp) -> Table {
    let mut header = vec!["NAME", "SITE", "STATE", "CELLS", "NODES", "VERSION", "AGE"];
    if wide {
        header.extend(["AGENT", "UID", "WHY"]);
    }
    let mut table = Table::new(header);
    for member in members {
        let status = member.status.clone().unwrap_or_default();
        let mut row = vec![
            member.name_any(),
            member.spec.site.clone(),
            state(member),
            status.cell_names,
            status.nodes.to_string(),
            status.kubernetes_version,
            age_of(member.metadata.creation_timestamp.as_ref(), now),
        ];
        if wide {
            row.extend([
                status.agent_version,
                member.spec.cluster_uid.clone().unwrap_or_default(),
                why(member),
            ]);
        }
        table.row(row);
    }
    table
}

/// What is not as it should be.
fn why(member: &MemberCluster) -> String {
    let bad = conditions(member)
        .iter()
        .filter(|condition| condition.status != "True" && condition.type_ != "Suspended");
    bad.map(|condition| format!("{}: {}", condition.reason, condition.message)).collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::state::tests::member;
    use super::*;

    #[test]
    fn a_row_says_what_a_member_is_and_how() {
        let spec = json!({"site": "hz-a", "accept": true, "clusterUID": "u-1"});
        let ready = member("hz-a", spec, &[("Joined", "True"), ("Ready", "False")]);
        let lines = table(&[&ready], false, Timestamp::UNIX_EPOCH).lines();
        assert_eq!(lines[0], "NAME   SITE   STATE      CELLS         NODES   VERSION   AGE");
        assert_eq!(lines[1], "hz-a   hz-a   NotReady   RZ00A,RZ01A   4       v1.36.1   <unknown>");
        assert!(table(&[&ready], true, Timestamp::UNIX_EPOCH).lines()[1].ends_with("u-1   X:"));
    }
}
