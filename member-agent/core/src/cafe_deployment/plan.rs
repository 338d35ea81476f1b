//! One pass: from what was seen to what is to be done, step by step.

use model::Timestamp;

use super::invalid::{self, Invalid};
use super::snapshot::{Deployment, Kind, Phase, Plan, Seen};
use super::{confirm, count, deadline, groups, pause, reschedule, revision, rollback, scale, shares, status};
use crate::in_place_set::PodUpgradePolicy;
use crate::template::{Change, classify, render};

/// What to do with an application now. What cannot be planned is in the status, and nothing else is done.
pub fn plan(deployment: &Deployment, seen: &Seen, now: Timestamp) -> Plan {
    match decide(deployment, seen, now) {
        Ok(plan) => plan,
        Err(invalid) => invalid::plan(deployment, seen, &invalid, now),
    }
}

fn decide(deployment: &Deployment, seen: &Seen, now: Timestamp) -> Result<Plan, Invalid> {
    invalid::check(deployment, seen)?;
    let revision = revision::name(deployment);
    if let Some(edit) = rollback::edit(deployment, seen, &revision)? {
        return Ok(Plan { edit: Some(edit), status: seen.status.clone(), ..Plan::default() });
    }
    let shares = shares::shares(deployment, seen, now)?;
    let cells = count::cells(deployment, seen, shares, &revision, now);
    let mut course = groups::course(deployment, seen, &revision, &cells, now)?;
    check_in_place_only(deployment, seen, course.release.kind)?;

    let mut plan = Plan { paused: deployment.pause, ..Plan::default() };
    if deployment.pause {
        pause::hold(&mut course);
    } else if let Some(edit) = confirm::advance(deployment, seen, &mut course, &revision, &cells) {
        return Ok(Plan { edit: Some(edit), status: seen.status.clone(), ..Plan::default() });
    }
    plan.records = revision::history(deployment, seen, &revision, &course.current);
    plan.status = status::counted(deployment, seen, &revision, &cells, now);
    plan.wake_at = earliest([
        deadline::watch(deployment, seen, &mut course, &plan.status, now),
        count::wake_at(deployment, seen, now),
        reschedule::wake_at(deployment, seen, now),
    ]);
    if deployment.pause {
        // A release that begins while paused is cut for the shares of now, and keeps them.
        if seen.status.updated_revision == revision {
            pause::keep_shares(seen, &mut plan.status);
        }
    } else {
        (plan.sets, plan.remove_sets) = scale::targets(deployment, seen, &course, &revision, &cells, now);
    }
    status::finish(deployment, course, &cells, &mut plan.status, now);
    Ok(plan)
}

fn earliest<const N: usize>(times: [Option<Timestamp>; N]) -> Option<Timestamp> {
    times.into_iter().flatten().min()
}

/// Under `InPlaceOnly` a template that pods cannot take is refused before anything moves.
fn check_in_place_only(deployment: &Deployment, seen: &Seen, kind: Kind) -> Result<(), Invalid> {
    let is_running = seen.status.release.as_ref().is_some_and(|release| release.phase != Phase::Succeeded);
    let applies = deployment.policy == PodUpgradePolicy::InPlaceOnly && (kind == Kind::Update || is_running);
    let Some(from) = seen.current_template.as_ref().filter(|_| applies) else { return Ok(()) };
    for cell in
        deployment.cells.iter().flatten().map(String::as_str).chain(deployment.cells.is_none().then_some(""))
    {
        let to = render(&deployment.template, &deployment.overrides, cell)?;
        if let Change::Recreate { field } = classify(from, &to)
            && deployment.overrides.is_empty()
        {
            return Err(Invalid::InPlaceOnly { field });
        }
    }
    Ok(())
}
