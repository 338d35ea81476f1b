//! One decision over one application: a snapshot goes in, everything that is to be written comes out. Pure.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crds::federation::{
    Confirmation, ConfirmationStatus, Difference, FederatedDeployment, FederatedDeploymentStatus,
    ReplicasOwner, Work, WorkSpec,
};
use federation_core::status::{Applied, Summary};
use federation_core::work::ObjectName;
use k8s_openapi::jiff;
use model::{CellName, ClusterName, Timestamp};

use super::course::{Chart, Course, course, int};
use super::revision::{Revision, revision};
use super::schedule::{Schedule, schedule};
use super::status::{Picture, core_time, has_ended, refused, show};
use super::words::{self, Standing};
use super::{Along, Missing, Refusal};
use crate::conditions;
use crate::observe::{FleetFacts, Rules};
use crate::overrides::Overrides;
use crate::templates::Template;
use crate::works::{NeedNames, Plan, Wanted, plan};

/// What is decided from.
pub struct Input<'a> {
    /// The application.
    pub app: &'a FederatedDeployment,
    /// Its Works.
    pub works: &'a BTreeMap<ClusterName, Arc<Work>>,
    /// Words of people.
    pub confirmations: &'a [Arc<Confirmation>],
    /// Clusters and cells.
    pub fleet: &'a FleetFacts,
    /// Rules in force.
    pub rules: &'a Rules,
    /// What goes along, or what of it is missing.
    pub along: Result<&'a Along, &'a Missing>,
    /// Objects of templates, where known.
    pub object: &'a dyn Fn(&str) -> Option<Option<ObjectName>>,
    /// The time.
    pub now: jiff::Timestamp,
}

/// Something to tell in an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// Whether it is a warning.
    pub is_warning: bool,
    /// The reason, as conditions have it.
    pub reason: String,
    /// What to say.
    pub text: String,
}

/// Everything that is to be written.
#[derive(Debug, Default)]
pub struct Decision {
    /// The new status.
    pub status: FederatedDeploymentStatus,
    /// Whether the status must be stored before anything is done: a release begins, or a group opens.
    pub stores_first: bool,
    /// Templates that must exist before Works refer to them.
    pub templates: Vec<Template>,
    /// Works to write and delete.
    pub works: Plan,
    /// What became of people's words.
    pub words: Vec<(Arc<Confirmation>, ConfirmationStatus)>,
    /// What to tell.
    pub notes: Vec<Note>,
    /// When to look again, if nothing else happens.
    pub look_again: Option<Timestamp>,
}

/// Decides. `NeedNames` asks to read some templates first.
pub fn decide(input: &Input<'_>) -> Result<Decision, NeedNames> {
    match prepare(input) {
        Ok(prepared) => act(input, &prepared),
        Err(refusal) => Ok(refuse(input, &refusal)),
    }
}

/// What parsing and placing came to.
struct Prepared<'a> {
    along: &'a Along,
    revision: Revision,
    schedule: Schedule,
    overrides: Overrides,
}

fn prepare<'a>(input: &Input<'a>) -> Result<Prepared<'a>, Refusal> {
    let overrides = Overrides::parse(&input.app.spec.overrides)?;
    let along = input.along.map_err(Clone::clone)?;
    let revision = revision(input.app, along.roll.as_deref())?;
    let schedule = schedule(input.app, input.works, input.fleet, input.rules)?;
    Ok(Prepared { along, revision, schedule, overrides })
}

fn refuse(input: &Input<'_>, refusal: &Refusal) -> Decision {
    let status = refused(input.app, refusal, input.now);
    let (about, reason, text) = refusal.condition();
    let mut notes = Vec::new();
    if is_news(input.app, about, reason, &text) {
        notes.push(Note { is_warning: true, reason: reason.to_owned(), text });
    }
    Decision { status, notes, ..Decision::default() }
}

/// Whether the condition does not say this yet.
fn is_news(app: &FederatedDeployment, about: &str, reason: &str, text: &str) -> bool {
    let held = app.status.as_ref().and_then(|status| conditions::find(&status.conditions, about));
    held.is_none_or(|held| held.reason != reason || held.message != text)
}

fn act(input: &Input<'_>, prepared: &Prepared<'_>) -> Result<Decision, NeedNames> {
    let Prepared { along, revision, schedule, overrides } = prepared;
    let course = course(&Chart {
        app: input.app,
        revision: &revision.name,
        template: &revision.template.name,
        schedule,
        works: input.works,
        confirmations: input.confirmations,
        fleet: input.fleet,
    });
    let wanted = match wanted(input, prepared, &course) {
        Ok(wanted) => wanted,
        Err(refusal) => return Ok(refuse(input, &refusal)),
    };
    let picture = Picture {
        app: input.app,
        revision,
        schedule,
        course: &course,
        works: input.works,
        fleet: input.fleet,
        now: input.now,
    };
    let shown = show(&picture);
    let mut given_up = given_up(input.works, &wanted, &shown.summary);
    given_up.retain(|cluster| !input.fleet.departing.contains(cluster));
    let works = plan(&wanted, input.works, &given_up, input.app.spec.deletion_policy, input.object)?;
    let standing = Standing {
        seq: course.seq,
        open_group: course.plan.open_group,
        asks: course.asks,
        is_done: course.is_done(),
        base: course.base,
    };
    let words = words::settle(input.confirmations, standing, &core_time(input.now).to_string());
    let mut templates = vec![revision.template.clone()];
    templates.extend(along.templates.iter().cloned());
    let old = input.app.status.as_ref();
    let group = |status: &FederatedDeploymentStatus| status.release.as_ref().map(|release| release.group);
    let is_first = old.is_none_or(|old| old.release_seq == 0) && input.works.is_empty();
    let stores_first = !is_first
        && old.is_none_or(|old| {
            old.release_seq != shown.status.release_seq || group(old) != group(&shown.status)
        });
    let notes = notes(input, &course, &shown.status, overrides, schedule);
    Ok(Decision {
        status: shown.status,
        stores_first,
        templates,
        works,
        words,
        notes,
        look_again: shown.look_again,
    })
}

/// What each cluster should hold.
fn wanted(
    input: &Input<'_>,
    prepared: &Prepared<'_>,
    course: &Course,
) -> Result<BTreeMap<ClusterName, Wanted>, Refusal> {
    let Prepared { along, revision, schedule, overrides } = prepared;
    let mut contents = along.contents.clone();
    contents.insert(revision.template.object());
    let mut wanted = BTreeMap::new();
    for (cluster, cells) in &schedule.shares {
        let places: Vec<_> =
            schedule.places.iter().filter(|place| place.cluster == *cluster).cloned().collect();
        let label = |cell: &CellName| input.fleet.label(cell);
        let patches = overrides.of_cluster(&revision.template.manifest, &places, label)?;
        let total: u32 = cells.values().sum();
        let is_hub_owned = input.app.spec.replicas_owner == ReplicasOwner::Hub;
        let difference = Difference {
            replicas: is_hub_owned.then(|| int(total)),
            cells: cells.iter().map(|(cell, share)| (input.fleet.label(cell), int(*share))).collect(),
            patches: patches.manifest,
            cell_overrides: patches.cells,
        };
        let spec = WorkSpec {
            template_ref: revision.template.name.clone(),
            difference,
            carried: along.carried.clone(),
            prune: Vec::new(),
            deletion_policy: input.app.spec.deletion_policy,
            conflict: input.app.spec.conflict,
            release_seq: i64::try_from(course.seq.0).unwrap_or(i64::MAX),
            open_group: course.open_group,
            paused: course.is_paused,
        };
        wanted.insert(cluster.clone(), Wanted { spec, contents: contents.clone() });
    }
    Ok(wanted)
}

/// Clusters to leave: not chosen any more, and the others hold all of it, applied and available. An empty target is
/// never healthy: with no cluster chosen nothing is left (02 §10).
fn given_up(
    works: &BTreeMap<ClusterName, Arc<Work>>,
    wanted: &BTreeMap<ClusterName, Wanted>,
    summary: &Summary,
) -> BTreeSet<ClusterName> {
    let others: BTreeSet<ClusterName> = works.keys().filter(|c| !wanted.contains_key(*c)).cloned().collect();
    if wanted.is_empty() || others.is_empty() {
        return BTreeSet::new();
    }
    let stay = |cluster: &ClusterName| wanted.contains_key(cluster);
    let applied = summary
        .clusters
        .iter()
        .filter(|c| stay(&c.cluster))
        .all(|c| c.applied == Applied::Yes && c.reach.counts());
    let available =
        summary.cells.iter().filter(|c| stay(&c.cluster)).all(|cell| cell.counts.available >= cell.desired);
    if applied && available { others } else { BTreeSet::new() }
}

/// What changed in this pass that people should hear of.
fn notes(
    input: &Input<'_>,
    course: &Course,
    status: &FederatedDeploymentStatus,
    overrides: &Overrides,
    schedule: &Schedule,
) -> Vec<Note> {
    let mut notes = Vec::new();
    let mut tell = |is_warning, reason: &str, text: String| {
        notes.push(Note { is_warning, reason: reason.to_owned(), text });
    };
    let old = input.app.status.as_ref();
    if course.is_new {
        let (seq, revision) = (course.seq, &status.updated_revision);
        tell(false, "ReleaseStarted", format!("release {seq} ({}) of revision {revision}", course.cause));
    }
    let old_group =
        old.filter(|old| old.release_seq == status.release_seq).and_then(|old| old.release.as_ref());
    if let (Some(before), Some(now)) = (old_group, &status.release)
        && now.group > before.group
        && course.open_group != i32::MAX
    {
        let text = format!("release {}: group {} of {} opened", course.seq, now.group, now.last_group);
        tell(false, "GroupOpened", text);
    }
    for word in &course.plan.consumed {
        tell(false, "Confirmed", format!("{word} was confirmed"));
    }
    if has_ended(old, status) {
        tell(
            false,
            "ReleaseSucceeded",
            format!("release {} of revision {} is complete", course.seq, status.updated_revision),
        );
    }
    for about in ["Scheduled", "Progressing", "Applied"] {
        let held = conditions::find(&status.conditions, about);
        let Some(held) = held.filter(|held| held.status == "False" && held.reason != "Applying") else {
            continue;
        };
        if is_news_of(old, about, &held.reason) {
            tell(true, &held.reason, held.message.clone());
        }
    }
    // A generation that was refused at first is told of when it is taken up.
    if course.is_new || old.is_none_or(|old| old.observed_generation != status.observed_generation) {
        for finding in &overrides.unmatched(&schedule.places).findings {
            tell(true, "OverrideMatchesNothing", format!("{} {}", finding.subject, finding.reason));
        }
        for unknown in &schedule.unknown {
            tell(true, "UnknownName", unknown.clone());
        }
    }
    notes
}

fn is_news_of(old: Option<&FederatedDeploymentStatus>, about: &str, reason: &str) -> bool {
    let held = old.and_then(|old| conditions::find(&old.conditions, about));
    held.is_none_or(|held| held.status != "False" || held.reason != reason)
}
