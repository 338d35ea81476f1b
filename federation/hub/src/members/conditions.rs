//! The conditions of a member: `Joined`, `Ready`, `Suspended`. Pure.

use crds::federation::MemberCluster;
use federation_core::cluster::Readiness;
use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};
use kube::ResourceExt;

/// All three, with the times of those that did not change kept from `old`.
pub(super) fn conditions(
    member: &MemberCluster,
    readiness: &Readiness,
    old: &[Condition],
    now: Timestamp,
) -> Vec<Condition> {
    [joined(member, readiness), ready(member, readiness), suspended(member)]
        .into_iter()
        .map(|(type_, status, reason, message)| {
            let before = old.iter().find(|c| c.type_ == type_);
            let since = match before {
                Some(before) if before.status == status => before.last_transition_time.clone(),
                _ => Time(now),
            };
            Condition {
                type_: type_.to_owned(),
                status: status.to_owned(),
                reason: reason.to_owned(),
                message,
                last_transition_time: since,
                observed_generation: None,
            }
        })
        .collect()
}

type Row = (&'static str, &'static str, &'static str, String);

fn joined(member: &MemberCluster, readiness: &Readiness) -> Row {
    let name = member.name_any();
    match (&member.spec.cluster_uid, readiness) {
        (_, Readiness::Ready { .. } | Readiness::Unknown { .. }) => {
            ("Joined", "True", "Joined", "its agent has a certificate".into())
        }
        (None, _) => (
            "Joined",
            "False",
            "NoAgent",
            format!("no agent has asked to join: fedctl token create --cluster {name}"),
        ),
        (Some(_), _) if !member.spec.accept => (
            "Joined",
            "False",
            "WaitingForAccept",
            format!("its agent asks to join: fedctl cluster accept {name}"),
        ),
        (Some(_), _) => {
            ("Joined", "False", "WaitingForAgent", "its agent may join and was not heard yet".into())
        }
    }
}

fn ready(member: &MemberCluster, readiness: &Readiness) -> Row {
    let limit = i64::from(member.spec.heartbeat_seconds.max(1)) * federation_core::cluster::MISSED_BEATS;
    match readiness {
        Readiness::Ready { .. } => ("Ready", "True", "HeartbeatFresh", format!("heard within {limit} s")),
        Readiness::Unknown { .. } => (
            "Ready",
            "Unknown",
            "HeartbeatMissed",
            format!("not heard for more than {limit} s; what runs there is kept"),
        ),
        Readiness::NeverHeard => ("Ready", "Unknown", "NeverHeard", "its agent was never heard".into()),
    }
}

fn suspended(member: &MemberCluster) -> Row {
    if member.spec.suspended {
        ("Suspended", "True", "Suspended", "its agent writes no workload".into())
    } else {
        ("Suspended", "False", "NotSuspended", String::new())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_member_that_waits_says_for_what() {
        let mut member = MemberCluster::new("hz-a", crds::federation::MemberClusterSpec::default());
        let now = Timestamp::from_second(5).unwrap();
        let all = conditions(&member, &Readiness::NeverHeard, &[], now);
        assert!(all[0].message.contains("fedctl token create --cluster hz-a"));
        member.spec.cluster_uid = Some("u".into());
        let all = conditions(&member, &Readiness::NeverHeard, &all, now);
        assert_eq!(all[0].reason, "WaitingForAccept");
        assert_eq!(all[1].status, "Unknown");
    }
}
