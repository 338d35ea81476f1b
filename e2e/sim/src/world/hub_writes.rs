//! One step of a hub replica: it observes, decides, and makes one write; what that means is judged.

use std::collections::BTreeSet;
use std::sync::Arc;

use model::ClusterName;
use model::release::{ConfirmationTarget, GroupIndex, ReleaseSeq};

use super::{Down, World};
use crate::hub::{Books, Conflict, HubWrite};
use crate::invariants::{Division, Fact, OpenedGroup};
use crate::mutant::Mutant;

impl World {
    pub(super) fn hub(&mut self, place: usize) {
        if self.hub_lost_since.is_some() || self.replicas[place].down_until > self.now {
            return;
        }
        let is_behind = self.has_faults() && self.chance.percent(25);
        let (now, mutant, version) = (self.now, self.mutant, self.store.version);
        let replica = &mut self.replicas[place];
        let is_stuck = replica.stuck_until > now || is_behind;
        if replica.cache.is_none() || !is_stuck {
            let is_known = replica.cache.as_ref().is_some_and(|cache| cache.version == version);
            // Heartbeats raise no version, as they raise none that a watch of Works would show.
            let is_fresh = is_known && replica.decided.is_some_and(|(_, at)| now < at + 900);
            if !is_fresh {
                replica.cache = Some(Arc::new(self.store.clone()));
            }
        }
        if replica.program.is_empty() {
            replica.think(now, mutant);
        }
        let Some(write) = replica.program.pop_front() else { return };
        let outcome = self.hub_write(place, write);
        if outcome.is_err() {
            let replica = &mut self.replicas[place];
            replica.program.clear();
            replica.decided = None;
        }
        self.count_write(|world| {
            let until = world.now + 3_000;
            world.replicas[place].crash(until);
        });
    }

    /// Counts a write; the process that made the chosen one is killed after it.
    pub(super) fn count_write(&mut self, kill: impl FnOnce(&mut Self)) {
        self.writes += 1;
        if self.kill_after == Some(self.writes) {
            self.say(|| "the process is killed".to_owned());
            kill(self);
        }
    }

    fn hub_write(&mut self, place: usize, write: HubWrite) -> Result<(), Conflict> {
        let compares = self.mutant != Some(Mutant::NoCompareAndSet);
        let seen = |seen: u64| compares.then_some(seen);
        match write {
            HubWrite::Template(digest, manifest) => {
                self.say(|| format!("hub{place} keeps template {}", &digest[..8]));
                self.store.templates.insert(digest, manifest);
                self.store.bump();
            }
            HubWrite::Books { seen: version, books, counted } => {
                let before = self.store.app.books.clone();
                self.store.write_books(seen(version), (*books).clone())?;
                self.say(|| {
                    let seq = books.current.as_ref().map_or(0, |current| current.seq.0);
                    format!(
                        "hub{place} books release {seq} group {} {} {}",
                        books.open_group, books.phase, books.said
                    )
                });
                self.judge_books(&before, &books, &counted);
            }
            HubWrite::Apply { cluster, seen: version, spec } => {
                let before = self
                    .store
                    .works
                    .get(&cluster)
                    .map(|work| (work.uid, work.spec.seq, work.spec.open_group));
                self.store.write_work(&cluster, seen(version), (*spec).clone())?;
                let work = &self.store.works[&cluster];
                let after = (work.uid, work.spec.seq, work.spec.open_group);
                self.say(|| format!("hub{place} writes Work {cluster} {after:?} {:?}", spec.cells.values()));
                self.judge(&Fact::WorkWritten { cluster: cluster.to_string(), before, after });
                self.tell(&cluster);
            }
            HubWrite::Delete { cluster, uid, seen: version } => {
                let is_wanted = self.is_wanted(&cluster);
                self.store.delete_work(&cluster, uid, seen(version))?;
                self.say(|| format!("hub{place} deletes Work {cluster}"));
                self.judge(&Fact::WorkDeleted { cluster: cluster.to_string(), is_wanted });
                self.tell(&cluster);
            }
            HubWrite::LetGo { cluster, uid } => {
                let is_it =
                    self.store.works.get(&cluster).is_some_and(|work| work.uid == uid && work.is_deleting);
                if !is_it {
                    return Err(Conflict);
                }
                self.store.works.remove(&cluster);
                self.store.bump();
                self.say(|| format!("hub{place} lets Work {cluster} go"));
                let now = self.now;
                self.sites.get_mut(&cluster).expect("sites never go").note(now, None);
                self.push(&cluster, Down::Gone { uid, was_deleting: true });
            }
            HubWrite::Consume { place: word } => {
                if let Some(word) = self.store.words.get_mut(word) {
                    word.is_consumed = true;
                    self.store.bump();
                }
            }
        }
        Ok(())
    }

    /// Whether every spec of late, the one that was decided on included, wants a cell that the Work has.
    fn is_wanted(&self, cluster: &ClusterName) -> bool {
        let Some(work) = self.store.works.get(cluster) else { return false };
        let unit_of = |cell: &model::CellName| {
            crate::hub::CELLS
                .iter()
                .find(|(name, ..)| *name == cell.as_str())
                .map_or("", |(_, unit, ..)| *unit)
        };
        let wants = |units: &Vec<model::UnitName>| {
            work.spec.cells.keys().any(|cell| units.iter().any(|unit| unit.as_str() == unit_of(cell)))
        };
        self.wishes.iter().all(wants)
    }

    fn judge_books(&mut self, before: &Books, after: &Books, counted: &[ClusterName]) {
        let seq = after.current.as_ref().map_or(ReleaseSeq(0), |current| current.seq);
        let is_same = before.current.as_ref().is_some_and(|current| current.seq == seq);
        let from = if is_same { before.open_group } else { 0 };
        let opened = (from..after.open_group)
            .map(|group| {
                let target = ConfirmationTarget { release_seq: seq, group: GroupIndex(group) };
                let is_behind = |cluster: &&ClusterName| {
                    let found = self.sites[*cluster].finished.get(&seq.0);
                    found.is_none_or(|(groups, finished)| *finished <= group && finished < groups)
                };
                OpenedGroup {
                    finished: group,
                    needs_word: after.asks,
                    has_word: self.store.words.iter().any(|word| word.target == target),
                    unfinished: counted
                        .iter()
                        .filter(is_behind)
                        .map(ToString::to_string)
                        .collect::<BTreeSet<_>>(),
                }
            })
            .collect();
        let fact = Fact::Booked { before: division(before), after: division(after), seq: seq.0, opened };
        self.judge(&fact);
    }
}

fn division(books: &Books) -> Division {
    let cells = |of: &std::collections::BTreeMap<model::CellName, u32>| {
        of.iter().map(|(cell, count)| (cell.to_string(), *count)).collect()
    };
    Division {
        total: books.total,
        unplaced: books.unplaced,
        shares: cells(&books.shares),
        weights: cells(&books.weights),
    }
}
