//! `fedctl deploy cancel`: back to the revision that everything ran before.

use crds::federation::{FederatedDeployment, RevisionRecord};

use super::target::{Target, is_observed};
use super::{Change, progress, rollback};
use crate::failure::Failure;
use crate::session::Session;

/// Runs `deploy cancel`.
pub(super) async fn run(session: &mut Session, args: Change) -> Result<(), Failure> {
    let target = Target::load(session, &args.name).await?;
    let record = before(&target.application).map_err(Failure::Refused)?;
    let (name, seq) = (target.name(), target.status.release_seq);
    let what = format!("cancel release {seq} of {name}: back to revision {}", record.revision);
    rollback::release(session, &target, record, &what, &args.consent).await
}

/// The revision before the release that is under way, or why there is none.
fn before(application: &FederatedDeployment) -> Result<&RevisionRecord, String> {
    let line = progress::summary(application);
    let nothing = || format!("there is no release to cancel: {line}");
    let status = application.status.as_ref().filter(|_| is_observed(application)).ok_or_else(nothing)?;
    if status.current_revision == status.updated_revision {
        return Err(nothing());
    }
    if status.current_revision.is_empty() {
        return Err(format!("this is the first roll-out, there is nothing to go back to: {line}"));
    }
    status.revisions.iter().rev().find(|record| record.revision == status.current_revision).ok_or_else(|| {
        format!(
            "revision {} is not kept any more: `fedctl deploy history` shows what is",
            status.current_revision
        )
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::target::tests::application;
    use super::*;

    #[test]
    fn only_a_release_under_way_is_cancelled() {
        let with = |current: &str, updated: &str, kept: &str| {
            application(
                json!({"observedGeneration": 3, "currentRevision": current, "updatedRevision": updated,
                "revisions": [{"template": "t", "revision": kept, "releaseSeq": 1, "at": ""}]}),
            )
        };
        assert_eq!(before(&with("a", "b", "a")).unwrap().revision, "a");
        for (application, part) in [
            (with("a", "a", "a"), "no release to cancel"),
            (with("", "a", "a"), "first roll-out"),
            (with("a", "b", "c"), "not kept"),
            (application(json!({})), "no release to cancel"),
        ] {
            let said = before(&application).unwrap_err();
            assert!(said.contains(part), "{said}");
        }
    }
}
