//! Where a release is, in words: decided over one application, for `status`, `list` and `confirm`.

use crds::apps::UpgradeType;
use crds::federation::FederatedDeployment;
use kube::ResourceExt;

use super::target::is_observed;
use crate::cluster::condition;

/// Cells of a progress bar.
const BAR: i64 = 20;

/// How a release ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// Everything runs the updated revision.
    Done,
    /// It does not go on by itself.
    Failed(String),
}

/// Whether the release has ended; `None` while it is under way, or not seen by the hub yet.
pub(super) fn end(application: &FederatedDeployment) -> Option<End> {
    if !is_observed(application) {
        return None;
    }
    let status = application.status.as_ref()?;
    let phase = status.release.as_ref().map(|release| release.phase.as_str()).unwrap_or_default();
    if let Some(progressing) = condition(&status.conditions, "Progressing")
        && progressing.status == "False"
        && (progressing.reason == "ProgressDeadlineExceeded" || phase == "Failed")
    {
        return Some(End::Failed(format!("{}: {}", progressing.reason, progressing.message)));
    }
    match phase {
        "Succeeded" => Some(End::Done),
        "Failed" => {
            let why = status.release.as_ref().map(|release| release.waiting_for.clone()).unwrap_or_default();
            Some(End::Failed(why))
        }
        _ => None,
    }
}

/// `group 1 of 3`: the open group as people count, like the hub's own messages; empty before there is a release.
pub(super) fn group(application: &FederatedDeployment) -> String {
    match application.status.as_ref().and_then(|status| status.release.as_ref()) {
        Some(release) if !release.phase.is_empty() => {
            let offset = first_is_zero(application);
            format!("group {} of {}", release.group + offset, release.last_group + offset)
        }
        _ => String::new(),
    }
}

/// 1 where the API counts groups from 0: with `Beta`, the group of one pod per cell is number 0.
fn first_is_zero(application: &FederatedDeployment) -> i32 {
    i32::from(application.spec.template.spec.strategy.upgrade_type == UpgradeType::Beta)
}

/// One line for each change, for a pipe: [`summary`] with the problems.
pub(super) fn line(application: &FederatedDeployment) -> String {
    let mut line = summary(application);
    for problem in application.status.iter().flat_map(|status| &status.problems) {
        line.push_str(&format!("; {}/{}: {}", problem.cluster, problem.pod, problem.reason));
    }
    line
}

/// One line: `shop release 3 WaitingForConfirm group 1 of 4: 4/20 updated, …`.
pub(super) fn summary(application: &FederatedDeployment) -> String {
    let name = application.name_any();
    let Some(status) = application.status.as_ref().filter(|_| is_observed(application)) else {
        return format!("{name} is not seen by the hub yet");
    };
    let phase = status.release.as_ref().map_or("no release", |release| release.phase.as_str());
    let mut line = format!(
        "{name} release {} {phase} {}: {}/{} updated, {} ready, {} available",
        status.release_seq,
        group(application),
        status.updated_replicas,
        status.desired_replicas,
        status.ready_replicas,
        status.available_replicas,
    );
    if let Some(release) = status.release.as_ref().filter(|release| !release.waiting_for.is_empty()) {
        line.push_str(&format!("; {}", release.waiting_for));
    }
    line
}

/// `[#####...............]`: `#` is updated and available, `+` is updated and not available yet.
pub(super) fn bar(updated: i32, available: i32, desired: i32) -> String {
    let desired = i64::from(desired).max(1);
    let part = |count: i32| (i64::from(count).clamp(0, desired) * BAR / desired).clamp(0, BAR);
    let (updated, done) = (part(updated), part(updated.min(available)));
    let run = |what: &str, from: i64, to: i64| what.repeat(usize::try_from(to - from).unwrap_or(0));
    format!("[{}{}{}]", run("#", 0, done), run("+", done, updated), run(".", updated, BAR))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::super::target::tests::application;
    use super::*;

    fn status(phase: &str, progressing: &str, reason: &str) -> Value {
        json!({
            "observedGeneration": 3, "releaseSeq": 2, "desiredReplicas": 20, "updatedReplicas": 4,
            "readyReplicas": 20, "availableReplicas": 19,
            "release": {"phase": phase, "group": 0, "lastGroup": 3, "waitingFor": "a person"},
            "conditions": [{"type": "Progressing", "status": progressing, "reason": reason, "message": "m",
                "lastTransitionTime": "2026-01-01T00:00:00Z"}],
            "problems": [{"cluster": "hz-a", "pod": "shop-1", "reason": "ImagePullBackOff"}],
        })
    }

    #[test]
    fn an_end_is_told_from_a_wait() {
        let end = |phase, progressing, reason| end(&application(status(phase, progressing, reason)));
        assert_eq!(end("WaitingForConfirm", "True", "WaitingForConfirm"), None);
        assert_eq!(end("Succeeded", "True", "Complete"), Some(End::Done));
        let failed = Some(End::Failed("ProgressDeadlineExceeded: m".into()));
        assert_eq!(end("Releasing", "False", "ProgressDeadlineExceeded"), failed);
        assert_eq!(end("Paused", "False", "Paused"), None);
        let mut old = status("Succeeded", "True", "Complete");
        old["observedGeneration"] = json!(2);
        assert_eq!(super::end(&application(old)), None);
    }

    #[test]
    fn a_line_has_numbers_and_names() {
        let said = line(&application(status("WaitingForConfirm", "True", "WaitingForConfirm")));
        assert_eq!(
            said,
            "shop release 2 WaitingForConfirm group 1 of 4: 4/20 updated, 20 ready, 19 available; a person; hz-a/shop-1: ImagePullBackOff"
        );
        assert!(line(&application(json!({}))).contains("not seen"));
    }

    proptest! {
        #[test]
        fn a_bar_is_always_as_long(updated: i32, available: i32, desired: i32) {
            prop_assert_eq!(bar(updated, available, desired).len(), 22);
        }
    }

    #[test]
    fn a_bar_shows_updated_and_available() {
        assert_eq!(bar(10, 5, 20), "[#####+++++..........]");
        assert_eq!(bar(20, 20, 20), "[####################]");
    }
}
