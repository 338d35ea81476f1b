//! The members, and applications that are stuck.

use crds::federation::{FederatedDeployment, MemberCluster};
use kube::ResourceExt;
use kube::api::{Api, ListParams};

use super::finding::Finding;
use crate::cluster::{condition, state};
use crate::hub::Hub;

/// Reads and judges them.
pub(super) async fn check(hub: &Hub) -> Vec<Finding> {
    let all = ListParams::default();
    let applications: Api<FederatedDeployment> = Api::all(hub.client.clone());
    let members: Api<MemberCluster> = hub.all();
    match tokio::try_join!(members.list(&all), applications.list(&all)) {
        Err(error) => {
            vec![Finding::fail("members", format!("list them: {error}"), "ask for the right to read them")]
        }
        Ok((members, applications)) => {
            let mut findings = judge_members(&members.items);
            findings.extend(judge_applications(&applications.items));
            findings
        }
    }
}

fn judge_members(members: &[MemberCluster]) -> Vec<Finding> {
    const CHECK: &str = "members";
    if members.is_empty() {
        return vec![Finding::warn(
            CHECK,
            "there is none",
            "`fedctl cluster join NAME --site SITE` says how one joins",
        )];
    }
    let mut findings: Vec<Finding> = members.iter().filter_map(judge_member).collect();
    let well = members.len() - findings.len();
    if well > 0 {
        findings.insert(0, Finding::ok(CHECK, format!("{well} of {} are ready", members.len())));
    }
    findings
}

fn judge_member(member: &MemberCluster) -> Option<Finding> {
    const CHECK: &str = "member";
    let (name, state) = (member.name_any(), state(member));
    let conditions = member.status.as_ref().map(|status| status.conditions.as_slice()).unwrap_or_default();
    let why = condition(conditions, "Ready").map(|ready| format!(" ({})", ready.message)).unwrap_or_default();
    let said = format!("{name} is {state}{why}");
    match state.split(',').next().unwrap_or_default() {
        "Ready" if state == "Ready" => None,
        "Ready" => Some(Finding::warn(CHECK, said, "`fedctl cluster uncordon` and `resume` take it back")),
        "Asks" => Some(Finding::warn(CHECK, said, "`fedctl cluster accept` lets it in")),
        "Joining" | "Leaving" => Some(Finding::warn(CHECK, said, "its agent has to act: see its log")),
        _ => Some(Finding::fail(CHECK, said, "does its agent run, and does it reach this hub?")),
    }
}

fn judge_applications(applications: &[FederatedDeployment]) -> Vec<Finding> {
    const CHECK: &str = "applications";
    let stuck: Vec<Finding> = applications.iter().filter_map(judge_application).collect();
    match stuck.is_empty() {
        true => vec![Finding::ok(CHECK, format!("none of {} is stuck", applications.len()))],
        false => stuck,
    }
}

fn judge_application(application: &FederatedDeployment) -> Option<Finding> {
    let conditions =
        application.status.as_ref().map(|status| status.conditions.as_slice()).unwrap_or_default();
    let bad = [("Scheduled", ""), ("Progressing", "ProgressDeadlineExceeded")].iter().find_map(
        |(type_, reason)| {
            condition(conditions, type_)
                .filter(|found| found.status == "False" && (reason.is_empty() || found.reason == *reason))
        },
    )?;
    let said = format!(
        "{}/{}: {}: {}",
        application.namespace().unwrap_or_default(),
        application.name_any(),
        bad.reason,
        bad.message
    );
    Some(Finding::warn("application", said, "`fedctl deploy status` shows where"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::finding::Level;
    use super::*;

    fn member(accept: bool, ready: &str, suspended: bool) -> MemberCluster {
        let condition = |type_: &str, status: &str| json!({"type": type_, "status": status, "reason": "X", "message": "m", "lastTransitionTime": "2026-01-01T00:00:00Z"});
        serde_json::from_value(json!({
            "apiVersion": "federation.cafefed.dev/v1alpha1", "kind": "MemberCluster", "metadata": {"name": "hz-a"},
            "spec": {"accept": accept, "suspended": suspended},
            "status": {"conditions": [condition("Joined", if accept { "True" } else { "False" }), condition("Ready", ready)]},
        }))
        .unwrap()
    }

    #[test]
    fn members_that_do_not_answer_fail() {
        let level = |member: MemberCluster| judge_member(&member).map(|finding| finding.level);
        assert_eq!(level(member(true, "True", false)), None);
        assert_eq!(level(member(true, "True", true)), Some(Level::Warn));
        assert_eq!(level(member(false, "Unknown", false)), Some(Level::Warn));
        assert_eq!(level(member(true, "Unknown", false)), Some(Level::Fail));
        assert_eq!(judge_members(&[]).remove(0).level, Level::Warn);
        assert_eq!(judge_members(&[member(true, "True", false)]).remove(0).said, "1 of 1 are ready");
    }
}
