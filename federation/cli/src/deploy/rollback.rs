//! `fedctl deploy rollback`: an old revision is released again.

use crds::federation::{CafeTemplate, FederatedDeployment, RevisionRecord};
use crds::names;
use kube::ResourceExt;
use serde_json::{Value, json};

use super::target::Target;
use super::{diff, progress, revisions};
use crate::failure::Failure;
use crate::plan::{Caution, Consent, Plan};
use crate::session::Session;

/// Flags of `deploy rollback`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The application.
    #[arg(value_name = "NAME")]
    pub name: String,
    /// The revision, or the number of its release; otherwise the one before.
    #[arg(long, value_name = "REVISION")]
    pub to: Option<String>,
    /// Plan and consent.
    #[command(flatten)]
    pub consent: Consent,
}

/// Runs `deploy rollback`.
pub(super) async fn run(session: &mut Session, args: Args) -> Result<(), Failure> {
    let target = Target::load(session, &args.name).await?;
    let record = revisions::pick(&target.status, args.to.as_deref())?;
    let what = format!(
        "roll {} back to revision {} (release {})",
        target.name(),
        record.revision,
        record.release_seq
    );
    release(session, &target, record, &what, &args.consent).await
}

/// Puts the template of a revision into the application, after its plan.
pub(super) async fn release(
    session: &mut Session,
    target: &Target,
    record: &RevisionRecord,
    what: &str,
    consent: &Consent,
) -> Result<(), Failure> {
    let now = &target.application.spec.template;
    let found = revisions::load(target.hub(), record).await?;
    let old = with_present_strategy(found.template, now);
    let restart = restart_operations(&target.application, found.restarted_at.as_deref());
    let names = ["wanted now".to_owned(), format!("revision {}", record.revision)];
    let difference = diff::between(now, &old, &names)?;
    if difference.is_empty() && restart.is_empty() {
        return target
            .unchanged(session, &format!("{} is at revision {} already", target.name(), record.revision));
    }
    let plan = Plan::new(what)
        .noting(progress::summary(&target.application))
        .with("it goes out as a release of its own, with the strategy as it is now")
        .with(&difference);
    if !consent.settle(&mut session.screen, &plan, Caution::Usual)? {
        return Ok(());
    }
    let mut operations = vec![json!({"op": "replace", "path": "/spec/template", "value": old})];
    operations.extend(restart);
    let object = target.operate(operations, what).await?;
    let said = format!("{} goes back to revision {}", target.name(), record.revision);
    target.changed(session, &said, &object)
}

/// A restart is part of a revision: the wish for it goes back too.
fn restart_operations(application: &FederatedDeployment, then: Option<&str>) -> Vec<Value> {
    let now = application.annotations().get(names::RESTARTED_AT).map(String::as_str);
    let path = format!("/metadata/annotations/{}", names::RESTARTED_AT.replace('/', "~1"));
    match (now, then) {
        (now, then) if now == then => Vec::new(),
        (_, None) => vec![json!({"op": "remove", "path": path})],
        (_, Some(then)) if application.metadata.annotations.is_none() => {
            vec![json!({"op": "add", "path": "/metadata/annotations", "value": {names::RESTARTED_AT: then}})]
        }
        (_, Some(then)) => vec![json!({"op": "add", "path": path, "value": then})],
    }
}

/// How a release goes out is no part of what is released: batch size and confirmations stay as they are now.
fn with_present_strategy(mut old: CafeTemplate, now: &CafeTemplate) -> CafeTemplate {
    old.spec.strategy = now.spec.strategy.clone();
    old.spec.history_limit = now.spec.history_limit;
    old
}

#[cfg(test)]
mod tests {
    use super::super::target::tests::application;
    use super::*;

    #[test]
    fn the_pods_go_back_and_the_strategy_stays() {
        let now = application(json!({})).spec.template;
        let mut then = now.clone();
        then.spec.strategy.batch_size = Some(99);
        then.spec.template.0["spec"]["containers"][0]["image"] = json!("shop:v1");
        let back = with_present_strategy(then, &now);
        assert_eq!(back.spec.strategy.batch_size, Some(4));
        assert_eq!(back.spec.template.0["spec"]["containers"][0]["image"], "shop:v1");
    }

    #[test]
    fn a_restart_goes_back_too() {
        let mut application = application(json!({}));
        assert!(restart_operations(&application, None).is_empty());
        let added = restart_operations(&application, Some("then"));
        assert_eq!(added[0]["path"], "/metadata/annotations");
        application.annotations_mut().insert(names::RESTARTED_AT.into(), "now".into());
        assert!(restart_operations(&application, Some("now")).is_empty());
        assert_eq!(restart_operations(&application, None)[0]["op"], "remove");
        assert_eq!(
            restart_operations(&application, Some("then"))[0]["path"],
            "/metadata/annotations/federation.cafefed.dev~1restarted-at"
        );
    }
}
