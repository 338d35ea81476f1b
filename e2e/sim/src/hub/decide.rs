//! One pass over the application: placement, division, release and Works, all by the shipped core.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use federation_core::division::{Bounds, Candidate, Divided, Division, divide};
use federation_core::placement::{Placement, Present, place};
use federation_core::release::deadline::{Progress, Seen};
use federation_core::release::sequence::{Current, Next, next_release};
use federation_core::release::{ClusterProgress, Gate, ReleasePlan, ReleaseState, plan_release};
use federation_core::work::{
    Action, DeletionPolicy, DesiredWork, ObjectName, ObservedWork, canonical_bytes, plan_works, template_name,
};
use federation_core::{Fleet, Reach};
use model::release::{ConfirmationTarget, GroupIndex, ReleaseSeq};
use model::{CellName, ClusterName, Timestamp};
use serde_json::Value;

use super::replica::HubWrite;
use super::{AppSpec, Books, Store, Work, WorkSpec, fleet};
use crate::mutant::Mutant;

/// Digests of the manifest of one generation, so that they are not computed at every pass.
#[derive(Debug, Default)]
pub(super) struct Memo(Option<Named>);

#[derive(Clone, Debug)]
struct Named {
    generation: i64,
    template: String,
    revision: String,
    manifest: Arc<Value>,
}

impl Memo {
    fn name(&mut self, generation: i64, spec: &AppSpec) -> Named {
        if let Some(named) = self.0.as_ref().filter(|named| named.generation == generation) {
            return named.clone();
        }
        let manifest = spec.manifest();
        let name = |value: &Value| template_name(&canonical_bytes(value).expect("the manifest is not deep"));
        let named = Named {
            generation,
            template: name(&manifest),
            revision: name(&manifest["template"])[..12].to_owned(),
            manifest: Arc::new(manifest),
        };
        self.0 = Some(named.clone());
        named
    }
}

/// The writes, in their order: what is referred to first, then the log, then what follows from it.
pub(super) fn decide(
    store: &Store,
    memo: &mut Memo,
    now: Timestamp,
    mutant: Option<Mutant>,
) -> Vec<HubWrite> {
    let (app, fleet) = (&store.app, fleet(store, now));
    let named = memo.name(app.generation, &app.spec);
    let mut writes = Vec::new();
    let Some(Scheduled { shares, divided, given_up }) = schedule(store, &fleet, mutant) else {
        return writes;
    };
    let (mut books, plan) = release(store, &fleet, &named.revision, &shares, now, mutant);
    books.generation = app.generation;
    (books.total, books.unplaced) = (app.spec.replicas, divided.unplaced);
    books.shares = divided.shares;
    books.weights = app.spec.weights.clone();
    if !store.templates.contains_key(&named.template) {
        writes.push(HubWrite::Template(named.template.clone(), named.manifest.clone()));
    }
    let works = works(store, &named, &shares, &given_up, &books);
    let counted = plan.1;
    if !is_same(&books, &app.books) {
        writes.push(HubWrite::Books { seen: app.version, books: Box::new(books.clone()), counted });
    }
    writes.extend(works);
    for target in plan.0.consumed {
        let spent = |word: &super::Word| word.target == target && !word.is_consumed;
        writes.extend(store.words.iter().position(spent).map(|place| HubWrite::Consume { place }));
    }
    for (cluster, work) in store.works.iter().filter(|(_, work)| work.is_deleting) {
        if work.status.is_finished && work.status.observed_generation == work.generation {
            writes.push(HubWrite::LetGo { cluster: cluster.clone(), uid: work.uid });
        }
    }
    writes
}

/// Whether nothing but the clock of a release that does not move differs.
fn is_same(new: &Books, old: &Books) -> bool {
    let since = |books: &Books| books.progress.map(|progress| progress.since);
    let mut new = new.clone();
    if let (Some(progress), Some(since)) = (new.progress.as_mut(), since(old)) {
        progress.since = since;
    }
    new == *old
}

type Shares = BTreeMap<ClusterName, BTreeMap<CellName, u32>>;

struct Scheduled {
    shares: Shares,
    divided: Divided,
    given_up: BTreeSet<ClusterName>,
}

fn present(store: &Store, fleet: &Fleet) -> (Present, BTreeMap<CellName, u32>) {
    let (mut present, mut before) = (Present::new(), BTreeMap::new());
    for (cluster, work) in store.works.iter().filter(|(_, work)| !work.is_deleting) {
        for (cell, share) in work.spec.cells.iter().filter(|(cell, _)| fleet.cells.contains_key(*cell)) {
            present.insert(cell.clone(), cluster.clone());
            before.insert(cell.clone(), *share);
        }
    }
    (present, before)
}

/// Chooses cells and divides; `None` where that is refused: what runs keeps running.
fn schedule(store: &Store, fleet: &Fleet, mutant: Option<Mutant>) -> Option<Scheduled> {
    let spec = &store.app.spec;
    let (present, before) = present(store, fleet);
    let wish = Placement { units: spec.units.clone(), ..Placement::default() };
    let mut chosen = place(&wish, fleet, &present).ok()?;
    if mutant == Some(Mutant::UnknownMeansEmpty) {
        let is_heard = |cluster: &ClusterName| {
            fleet.clusters.get(cluster).is_some_and(|view| !matches!(view.reach, Reach::Unknown { .. }))
        };
        chosen.cells.retain(|_, cluster| is_heard(cluster));
    }
    let candidates: Vec<Candidate> = chosen
        .cells
        .keys()
        .map(|cell| Candidate {
            cell: cell.clone(),
            weight: Some(spec.weights.get(cell).copied().unwrap_or(0)),
            present: before.get(cell).copied().unwrap_or(0),
            limit: None,
        })
        .collect();
    let division = Division::Weighted { bounds: Bounds::default(), avoid_disruption: spec.avoid_disruption };
    let mut divided = divide(spec.replicas, division, &candidates).ok()?;
    if mutant == Some(Mutant::LargestRemainder) {
        divided.shares = largest_remainder(spec.replicas, &candidates);
    }
    let given_up = chosen.given_up(&present);
    let mut shares = Shares::new();
    for (cell, cluster) in chosen.cells {
        let share = divided.shares.get(&cell).copied().unwrap_or(0);
        shares.entry(cluster).or_default().insert(cell, share);
    }
    Some(Scheduled { shares, divided, given_up })
}

/// The division that was wrong: whole parts first, then the largest remainders.
fn largest_remainder(replicas: u32, candidates: &[Candidate]) -> BTreeMap<CellName, u32> {
    let weight = |candidate: &Candidate| candidate.weight.unwrap_or(0);
    let of: u32 = candidates.iter().map(weight).sum();
    let mut shares = BTreeMap::new();
    let mut rests = Vec::new();
    let mut left = replicas;
    for candidate in candidates.iter().filter(|_| of > 0) {
        let product = replicas * weight(candidate);
        shares.insert(candidate.cell.clone(), product / of);
        left -= product / of;
        rests.push((std::cmp::Reverse(product % of), candidate.cell.clone()));
    }
    rests.sort();
    for (_, cell) in rests.into_iter().take(left as usize) {
        *shares.entry(cell).or_default() += 1;
    }
    shares
}

/// The log of the release as it should be now, the plan, and the clusters that the plan waited for.
fn release(
    store: &Store,
    fleet: &Fleet,
    revision: &str,
    shares: &Shares,
    now: Timestamp,
    mutant: Option<Mutant>,
) -> (Books, (ReleasePlan, Vec<ClusterName>)) {
    let mut books = store.app.books.clone();
    let cells = shares.values().flatten().map(|(cell, share)| format!("{cell}={share}"));
    let shape = cells.collect::<Vec<_>>().join(",");
    let current = match next_release(books.current.as_ref(), revision, &shape) {
        Next::Start { seq, cause } => {
            books.asks = cause.needs_confirmation(store.app.spec.need_confirm, false);
            books.open_group = 0;
            books.progress = Some(Progress::begin(seq, now));
            Current { seq, revision: revision.to_owned(), cause, is_done: false, shape }
        }
        Next::Keep => Current { shape, ..books.current.clone().expect("kept is what there is") },
    };
    let state = ReleaseState {
        seq: current.seq,
        revision: revision.to_owned(),
        needs_confirmation: books.asks,
        open_group: GroupIndex(books.open_group),
        gate: if store.app.spec.paused { Gate::Paused } else { Gate::Open },
    };
    let clusters: Vec<ClusterProgress> = shares
        .iter()
        .map(|(cluster, cells)| progress(store, fleet, cluster, cells, &state, mutant))
        .collect();
    let plan = plan_release(&state, &clusters, &words(store, &current, mutant));
    let sum = |of: fn(&ClusterProgress) -> u32| clusters.iter().map(of).sum::<u32>();
    let seen = Seen {
        seq: current.seq,
        updated: sum(|c| c.updated),
        available: sum(|c| c.ready),
        pods: sum(|c| c.total),
    };
    books.progress = books.progress.map(|progress| progress.observe(&seen, plan.phase, now));
    books.open_group = plan.open_group.0;
    books.wanted = plan.wanted;
    books.phase = plan.phase.to_string();
    books.said = format!("{}: {}", plan.reason.name(), plan.reason);
    if !plan.left_out.is_empty() {
        books.said.push_str(&format!("; left out {}", plan.left_out));
    }
    use federation_core::release::Phase::{CatchingUp, Succeeded};
    let is_done = current.is_done || matches!(plan.phase, Succeeded | CatchingUp);
    books.current = Some(Current { is_done, ..current });
    let counted = clusters.into_iter().filter(|c| c.reach.counts()).map(|c| c.cluster).collect();
    (books, (plan, counted))
}

/// Words that may open a group.
fn words(store: &Store, current: &Current, mutant: Option<Mutant>) -> BTreeSet<ConfirmationTarget> {
    if mutant == Some(Mutant::ConfirmedByHash) {
        let of_revision = store.words.iter().filter(|word| word.revision == current.revision);
        return of_revision
            .map(|word| ConfirmationTarget { release_seq: current.seq, ..word.target })
            .collect();
    }
    store.words.iter().filter(|word| !word.is_consumed).map(|word| word.target).collect()
}

fn progress(
    store: &Store,
    fleet: &Fleet,
    cluster: &ClusterName,
    cells: &BTreeMap<CellName, u32>,
    release: &ReleaseState,
    mutant: Option<Mutant>,
) -> ClusterProgress {
    let work = store.works.get(cluster);
    let summary = work.and_then(|work| work.status.summary.as_ref()).cloned().unwrap_or_default();
    // Numbers count only when they are of what the Work says now, and the Work of this release.
    let is_current = work.is_some_and(|work| {
        work.status.is_applied
            && work.status.observed_generation >= work.generation
            && work.spec.seq == release.seq.0
            && work.spec.cells == *cells
            && summary.is_current
    });
    let seq = match mutant {
        Some(Mutant::CountsWithoutSeq) => release.seq,
        _ if is_current => ReleaseSeq(summary.seq),
        _ => ReleaseSeq(0),
    };
    ClusterProgress {
        cluster: cluster.clone(),
        reach: fleet.clusters.get(cluster).map_or(Reach::NotJoined, |view| view.reach),
        seq,
        groups: summary.groups,
        groups_finished: summary.finished,
        group: GroupIndex(summary.group),
        ready: summary.available,
        pods: summary.total,
        updated: summary.updated,
        total: cells.values().sum(),
    }
}

fn object(api_version: &str, kind: &str, name: &str) -> ObjectName {
    ObjectName {
        api_version: api_version.to_owned(),
        kind: kind.to_owned(),
        namespace: "default".to_owned(),
        name: name.to_owned(),
    }
}

/// Objects of a Work.
fn contents(spec: &AppSpec) -> BTreeSet<ObjectName> {
    let config = object("v1", "ConfigMap", &format!("config-{}", spec.config));
    BTreeSet::from([object("apps.cafefed.dev/v1alpha1", "CafeDeployment", "shop"), config])
}

fn works(
    store: &Store,
    named: &Named,
    shares: &Shares,
    given_up: &BTreeSet<ClusterName>,
    books: &Books,
) -> Vec<HubWrite> {
    let spec = &store.app.spec;
    let seq = books.current.as_ref().map_or(ReleaseSeq(0), |current| current.seq);
    let desired_of = |(cluster, cells): (&ClusterName, &BTreeMap<CellName, u32>)| {
        let work = DesiredWork {
            template: named.template.clone(),
            difference: difference(cells, spec.paused),
            contents: contents(spec),
            seq,
            open_group: GroupIndex(books.open_group),
            policy: spec.policy,
        };
        (cluster.clone(), work)
    };
    let desired: BTreeMap<_, _> = shares.iter().map(desired_of).collect();
    let observed = store.works.iter().map(|(cluster, work)| (cluster.clone(), observed(work))).collect();
    let plan = plan_works(&desired, &observed, given_up, spec.policy);
    let mut writes = Vec::new();
    let seen = |cluster: &ClusterName| store.works.get(cluster).map_or(0, |work| work.version);
    for action in plan.actions {
        match action {
            Action::Create { cluster, work } => {
                let spec = written(work, &shares[&cluster], BTreeSet::new(), spec.paused);
                writes.push(HubWrite::Apply { cluster, seen: 0, spec: Box::new(spec) });
            }
            Action::Update { cluster, work, prune } => {
                let spec = written(work, &shares[&cluster], prune, spec.paused);
                writes.push(HubWrite::Apply { seen: seen(&cluster), cluster, spec: Box::new(spec) });
            }
            Action::Delete { cluster, policy } => delete(store, cluster, policy, &mut writes),
        }
    }
    writes
}

/// The policy first, in a pass of its own, so that the deletion is bound to the version that has it.
fn delete(store: &Store, cluster: ClusterName, policy: DeletionPolicy, writes: &mut Vec<HubWrite>) {
    let Some(work) = store.works.get(&cluster) else { return };
    let (uid, seen) = (work.uid, work.version);
    if work.spec.policy == policy {
        writes.push(HubWrite::Delete { cluster, uid, seen });
    } else {
        let spec = WorkSpec { policy, ..work.spec.clone() };
        writes.push(HubWrite::Apply { cluster, seen, spec: Box::new(spec) });
    }
}

fn difference(cells: &BTreeMap<CellName, u32>, paused: bool) -> String {
    format!("{cells:?} {paused}")
}

fn observed(work: &Work) -> ObservedWork {
    let is_settled = work.status.is_applied && work.status.observed_generation >= work.generation;
    let spec = &work.spec;
    ObservedWork {
        work: DesiredWork {
            template: spec.template.clone(),
            difference: difference(&spec.cells, spec.paused),
            contents: spec.contents.clone(),
            seq: ReleaseSeq(spec.seq),
            open_group: GroupIndex(spec.open_group),
            policy: spec.policy,
        },
        prune: spec.prune.clone(),
        pruned: if is_settled { spec.prune.clone() } else { BTreeSet::new() },
        is_deleting: work.is_deleting,
    }
}

fn written(
    work: DesiredWork,
    cells: &BTreeMap<CellName, u32>,
    prune: BTreeSet<ObjectName>,
    paused: bool,
) -> WorkSpec {
    WorkSpec {
        template: work.template,
        cells: cells.clone(),
        contents: work.contents,
        prune,
        policy: work.policy,
        seq: work.seq.0,
        open_group: work.open_group.0,
        paused,
    }
}
