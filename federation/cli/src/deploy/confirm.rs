//! `fedctl deploy confirm`: a person's word that the next group may start, bound to what that person saw.

use crds::federation::{
    Confirmation, ConfirmationKind, ConfirmationSpec, ConfirmationTarget, FederatedDeployment,
};
use kube::ResourceExt;
use kube::api::{ObjectMeta, PostParams};

use super::progress;
use super::target::Target;
use crate::failure::{Attempt, Failure};
use crate::plan::{Caution, Consent, Plan};
use crate::session::Session;
use crate::show;

/// Flags of `deploy confirm`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The application.
    #[arg(value_name = "NAME")]
    pub name: String,
    /// Only if this group waits, by its number in `status.release.group` (`Beta` counts from 0).
    #[arg(long, value_name = "NUMBER")]
    pub group: Option<i32>,
    /// Only if this release waits.
    #[arg(long, value_name = "NUMBER")]
    pub release: Option<i64>,
    /// Why, for those who read it later.
    #[arg(long, value_name = "TEXT", default_value = "")]
    pub reason: String,
    /// Plan and consent; `--confirm` is the digest of the plan.
    #[command(flatten)]
    pub consent: Consent,
}

/// The group that waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Waiting {
    release: i64,
    group: i32,
}

/// Runs `deploy confirm`.
pub(super) async fn run(session: &mut Session, args: Args) -> Result<(), Failure> {
    let target = Target::load(session, &args.name).await?;
    let waiting = waiting(&target.application, args.release, args.group).map_err(Failure::Refused)?;
    let name = target.name();
    let Waiting { release, group } = waiting;
    let counted = progress::group(&target.application);
    let plan = Plan::new(format!("confirm {counted} of release {release} of {name}"))
        .with(format!("revision {}", target.status.updated_revision))
        .noting(progress::summary(&target.application))
        .with(format!(
            "bound to release {release} and group number {group}; the next group then starts in every cluster"
        ));
    if !args.consent.settle(&mut session.screen, &plan, Caution::Usual)? {
        return Ok(());
    }
    let confirmation = Confirmation {
        metadata: ObjectMeta { generate_name: Some(format!("{name}-")), ..ObjectMeta::default() },
        spec: ConfirmationSpec {
            target: ConfirmationTarget { kind: ConfirmationKind::FederatedDeployment, name: name.clone() },
            release_seq: release,
            group,
            reason: args.reason,
            author: String::new(),
        },
        status: None,
    };
    let api = target.hub().here::<Confirmation>();
    let parameters = PostParams { field_manager: Some(crate::hub::MANAGER.into()), ..PostParams::default() };
    let made = api.create(&parameters, &confirmation).await;
    let made = made.attempt(|| format!("confirm group {group} of release {release} of {name}"))?;
    let said = format!("confirmed {counted} of release {release} of {name}");
    let full = show::name_of::<Confirmation>(&made.name_any());
    show::change(&mut session.screen, session.output, &full, &said, &show::object(&made))
}

/// The group that waits for a person, or what is going on instead.
fn waiting(
    application: &FederatedDeployment,
    asked_release: Option<i64>,
    asked_group: Option<i32>,
) -> Result<Waiting, String> {
    let now = progress::summary(application);
    let Some(status) = application.status.as_ref().filter(|_| super::target::is_observed(application)) else {
        return Err(format!("nothing waits for a confirmation: {now}"));
    };
    let Some(release) = status.release.as_ref().filter(|release| release.phase == "WaitingForConfirm") else {
        return Err(format!("nothing waits for a confirmation: {now}"));
    };
    if let Some(asked) = asked_release.filter(|asked| *asked != status.release_seq) {
        return Err(format!("release {} waits, not release {asked}: {now}", status.release_seq));
    }
    if let Some(asked) = asked_group.filter(|asked| *asked != release.group) {
        return Err(format!("the group with number {} waits, not {asked}: {now}", release.group));
    }
    Ok(Waiting { release: status.release_seq, group: release.group })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::target::tests::application;
    use super::*;

    fn waits(phase: &str) -> FederatedDeployment {
        application(json!({"observedGeneration": 3, "releaseSeq": 4,
            "release": {"phase": phase, "group": 1, "lastGroup": 3}}))
    }

    #[test]
    fn only_what_waits_is_confirmed() {
        let found = waiting(&waits("WaitingForConfirm"), None, None).unwrap();
        assert_eq!(found, Waiting { release: 4, group: 1 });
        assert!(waiting(&waits("WaitingForConfirm"), Some(4), Some(1)).is_ok());
        for (application, release, group, part) in [
            (waits("Releasing"), None, None, "Releasing group 2 of 4"),
            (waits("WaitingForConfirm"), Some(3), None, "release 4 waits, not release 3"),
            (waits("WaitingForConfirm"), None, Some(0), "the group with number 1 waits, not 0"),
            (application(json!({})), None, None, "not seen by the hub"),
        ] {
            let said = waiting(&application, release, group).unwrap_err();
            assert!(said.contains(part), "{said}");
        }
    }
}
