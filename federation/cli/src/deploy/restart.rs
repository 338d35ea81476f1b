//! `fedctl deploy restart`: all pods anew, as a release.

use serde_json::{Value, json};

use super::target::Target;
use super::{Change, progress};
use crate::failure::Failure;
use crate::plan::{Caution, Plan};
use crate::session::{Session, now};

/// Annotation of the pods whose change asks for new ones.
const RESTARTED_AT: &str = "kubectl.kubernetes.io/restartedAt";

/// Runs `deploy restart`.
pub(super) async fn run(session: &mut Session, args: Change) -> Result<(), Failure> {
    let target = Target::load(session, &args.name).await?;
    let name = target.name();
    let plan =
        Plan::new(format!("restart {name}: all {} replicas are made anew", target.status.desired_replicas))
            .noting(progress::summary(&target.application))
            .with("group by group, as a release of its own");
    if !args.consent.settle(&mut session.screen, &plan, Caution::Usual)? {
        return Ok(());
    }
    let object = target.merge(patch(&now().to_string()), &format!("restart {name}")).await?;
    target.changed(session, &format!("{name} restarts"), &object)
}

/// The wish for new pods, where `kubectl rollout restart` puts it: as a part of the pods it is a change of the
/// template, so that it has a generation to wait for and goes away with a rollback.
fn patch(at: &str) -> Value {
    let pods = json!({"metadata": {"annotations": {RESTARTED_AT: at}}});
    json!({"spec": {"template": {"spec": {"template": pods}}}})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pods_carry_the_wish() {
        let pointer = "/spec/template/spec/template/metadata/annotations/kubectl.kubernetes.io~1restartedAt";
        assert_eq!(patch("now").pointer(pointer), Some(&json!("now")));
    }
}
