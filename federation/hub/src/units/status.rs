//! What the statuses of units and cells say. Pure.

use crds::federation::MemberCluster;
use crds::ldc::{DeployUnit, DeployUnitStatus, LogicalUnitStatus};
use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};
use model::{HomeMap, RuleSet, UnitName};

/// A unit's status by the rules in force; without rules, only its cells are known.
pub(super) fn unit_status(
    name: &UnitName,
    generation: i64,
    home: &HomeMap,
    rules: Option<&RuleSet>,
    old: &[Condition],
    now: Timestamp,
) -> LogicalUnitStatus {
    let cells: Vec<String> = home.cells_of(name).map(|cell| cell.name.to_string()).collect();
    let weight = |cell: &str| match rules {
        Some(rules) => rules.weight(name.as_str(), cell).to_string(),
        None => home
            .cells_of(name)
            .find(|c| c.name.as_str() == cell)
            .map_or_else(String::new, |c| c.weight.to_string()),
    };
    let cell_names: Vec<String> = cells.iter().map(|cell| format!("{cell}:{}", weight(cell))).collect();
    let mut status = LogicalUnitStatus {
        observed_generation: generation,
        cell_names: cell_names.join(" "),
        cells,
        ..LogicalUnitStatus::default()
    };
    let Some(rules) = rules else {
        status.conditions = vec![condition(
            "HomeDiffers",
            "Unknown",
            "NoRuleSet",
            "nothing is in force: fedctl unit commit",
            old,
            now,
        )];
        return status;
    };
    let uids = rules.effective_uids(name);
    if rules.base.contains_key(name) || !uids.is_empty() {
        status.effective_uids = uids.to_string();
        status.share = percent(uids.share().basis_points());
        status.dr_state = rules.recovery_state(home, name).to_string();
    }
    status.epoch = rules.epoch.to_string();
    let of_unit =
        |difference: &model::ruleset::HomeDifference| difference.to_string().contains(name.as_str());
    let differences: Vec<String> =
        rules.home_differences(home).iter().filter(|d| of_unit(d)).map(ToString::to_string).collect();
    status.conditions = vec![if differences.is_empty() {
        condition("HomeDiffers", "False", "InForce", "the home map is in force", old, now)
    } else {
        condition("HomeDiffers", "True", "HomeDiffers", &differences.join("; "), old, now)
    }];
    status
}

fn percent(basis_points: u32) -> String {
    match basis_points % 100 {
        0 => format!("{}%", basis_points / 100),
        rest => format!("{}.{rest:02}%", basis_points / 100),
    }
}

/// A cell's status: ready when its member is, and has a ready node with its label.
pub(super) fn cell_status(
    cell: &DeployUnit,
    member: Option<&MemberCluster>,
    old: &[Condition],
    now: Timestamp,
) -> DeployUnitStatus {
    let label = cell.node_label_value();
    let cluster = &cell.spec.cluster;
    let status = member.and_then(|m| m.status.clone()).unwrap_or_default();
    let ready = status.conditions.iter().find(|c| c.type_ == "Ready").map(|c| c.status.as_str());
    let nodes = status.cells.iter().find(|c| c.name == label).map_or(0, |c| c.nodes);
    let (value, reason, message) = match (member, ready) {
        (None, _) => ("False", "NoMember", format!("there is no member {cluster}")),
        (Some(_), Some("True")) if nodes > 0 => {
            ("True", "NodesReady", format!("{nodes} ready nodes carry {label}"))
        }
        (Some(_), Some("True")) => {
            ("False", "NoNodes", format!("no ready node of {cluster} carries {label}"))
        }
        (Some(_), _) => ("Unknown", "MemberUnknown", format!("nothing is known of {cluster} now")),
    };
    DeployUnitStatus {
        observed_generation: cell.metadata.generation.unwrap_or_default(),
        nodes,
        conditions: vec![condition("Ready", value, reason, &message, old, now)],
    }
}

fn condition(
    type_: &str,
    status: &str,
    reason: &str,
    message: &str,
    old: &[Condition],
    now: Timestamp,
) -> Condition {
    let since = match old.iter().find(|c| c.type_ == type_) {
        Some(before) if before.status == status => before.last_transition_time.clone(),
        _ => Time(now),
    };
    Condition {
        type_: type_.to_owned(),
        status: status.to_owned(),
        reason: reason.to_owned(),
        message: message.to_owned(),
        last_transition_time: since,
        observed_generation: None,
    }
}

#[cfg(test)]
mod tests {
    use crds::federation::{CellCapacity, MemberClusterSpec, MemberClusterStatus};
    use crds::ldc::{DeployUnitSpec, Side};

    use super::*;

    fn cell() -> DeployUnit {
        let spec = DeployUnitSpec {
            unit: "rz00".into(),
            side: Side::A,
            cluster: "hz-a".into(),
            ..DeployUnitSpec::default()
        };
        DeployUnit::new("rz00a", spec)
    }

    fn member(ready: &str, nodes: i32) -> MemberCluster {
        let mut member = MemberCluster::new("hz-a", MemberClusterSpec::default());
        let now = Timestamp::UNIX_EPOCH;
        member.status = Some(MemberClusterStatus {
            cells: vec![CellCapacity { name: "RZ00A".into(), nodes, ..CellCapacity::default() }],
            conditions: vec![condition("Ready", ready, "x", "", &[], now)],
            ..MemberClusterStatus::default()
        });
        member
    }

    #[test]
    fn a_cell_is_ready_with_its_member_and_a_node() {
        let say = |member: Option<&MemberCluster>| {
            let status = cell_status(&cell(), member, &[], Timestamp::UNIX_EPOCH);
            (status.conditions[0].status.clone(), status.conditions[0].reason.clone())
        };
        assert_eq!(say(None).1, "NoMember");
        assert_eq!(say(Some(&member("True", 2))).0, "True");
        assert_eq!(say(Some(&member("True", 0))).1, "NoNodes");
        assert_eq!(
            say(Some(&member("Unknown", 2))).0,
            "Unknown",
            "a member that is cut off says nothing of its cells"
        );
    }

    #[test]
    fn shares_read_as_percent() {
        assert_eq!((percent(5000), percent(1234)), ("50%".into(), "12.34%".into()));
    }
}
