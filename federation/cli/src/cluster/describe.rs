//! `fedctl cluster describe`.

use crds::federation::MemberCluster;
use kube::ResourceExt;

use super::state::{conditions, state};
use super::{Name, uses};
use crate::failure::Failure;
use crate::session::{Session, now};
use crate::show;
use crate::table::Table;
use crate::time::{age_of, age_of_text};

/// Runs `cluster describe`.
pub(super) async fn run(session: &mut Session, args: Name) -> Result<(), Failure> {
    let hub = session.hub().await?;
    let member = super::load(&hub, &args.cluster).await?;
    match session.output {
        crate::args::Output::Name => return changed_name(session, &member),
        _ if !session.is_for_people() => {
            return show::data(&mut session.screen, session.output, &show::object(&member));
        }
        _ => {}
    }
    let used = uses::of(&hub, &member.name_any()).await?;
    show::lines(&mut session.screen, &lines(&member, &uses::lines(&used), now()))
}

fn changed_name(session: &mut Session, member: &MemberCluster) -> Result<(), Failure> {
    Ok(session.screen.line(show::name_of::<MemberCluster>(&member.name_any()))?)
}

fn lines(member: &MemberCluster, used: &[String], now: jiff::Timestamp) -> Vec<String> {
    let status = member.status.clone().unwrap_or_default();
    let heartbeat = match age_of_text(&status.last_heartbeat, now) {
        age if age.is_empty() => "never".to_owned(),
        age => format!("{age} ago, every {}s", member.spec.heartbeat_seconds),
    };
    let mut lines = vec![
        format!("Cluster      {} (site {})", member.name_any(), member.spec.site),
        format!("State        {}", state(member)),
        format!("UID          {}", member.spec.cluster_uid.as_deref().unwrap_or("not bound yet")),
        format!("Kubernetes   {}", or_unknown(&status.kubernetes_version)),
        format!("Agent        {}", or_unknown(&status.agent_version)),
        format!("Heartbeat    {heartbeat}"),
        format!("Age          {}", age_of(member.metadata.creation_timestamp.as_ref(), now)),
    ];
    for taint in &member.spec.taints {
        lines.push(format!("Taint        {}={}:NoSchedule", taint.key, taint.value));
    }
    lines.push(String::new());
    let mut table = Table::new(["CONDITION", "STATUS", "REASON", "MESSAGE"]);
    for condition in conditions(member) {
        table.row([&condition.type_, &condition.status, &condition.reason, &condition.message]);
    }
    lines.extend(table.lines());
    lines.push(String::new());
    let mut table = Table::new(["CELL", "NODES", "CPU FREE/TOTAL", "MEMORY FREE/TOTAL", "PODS FREE/TOTAL"]);
    for cell in &status.cells {
        let room = |resource: &str| {
            let value = |of: &std::collections::BTreeMap<String, String>| {
                of.get(resource).cloned().unwrap_or("-".into())
            };
            format!("{}/{}", value(&cell.free), value(&cell.total))
        };
        table.row([cell.name.clone(), cell.nodes.to_string(), room("cpu"), room("memory"), room("pods")]);
    }
    lines.extend(table.lines());
    lines.push(String::new());
    lines.extend(used.iter().cloned());
    lines
}

fn or_unknown(text: &str) -> &str {
    if text.is_empty() { "unknown" } else { text }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::state::tests::member;
    use super::*;

    #[test]
    fn a_member_reads_from_top_to_bottom() {
        let spec = json!({"site": "hz-a", "accept": true, "taints": [{"key": "a", "value": "b"}]});
        let member = member("hz-a", spec, &[("Joined", "True")]);
        let lines = lines(&member, &["no application".into()], jiff::Timestamp::UNIX_EPOCH);
        assert_eq!(lines[0], "Cluster      hz-a (site hz-a)");
        assert!(lines.contains(&"Heartbeat    never".to_owned()));
        assert!(lines.contains(&"Taint        a=b:NoSchedule".to_owned()));
        assert_eq!(lines.last().unwrap(), "no application");
    }
}
