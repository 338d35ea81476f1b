//! The end of a run: whether all is as wanted and stays, and how members fare alone.

use std::collections::BTreeMap;

use federation_core::work::DeletionPolicy;
use member_agent_core::template::hash;

use super::{CALM_AT, END_AT, Event, World};
use crate::invariants::Fact;
use crate::scenario::Scenario;

/// How long all must be as wanted, and without a write, before a run is over.
const REST_MS: u64 = 20_000;
/// Of that, how long late echoes may still be written.
const ECHO_MS: u64 = 10_000;
/// When a member alone is judged.
const ALONE_MS: u64 = 45_000;

impl World {
    /// Looks once a second after faults have ended.
    pub(super) fn look(&mut self) {
        if self.scenario == Scenario::HubLost {
            if self.now >= CALM_AT + ALONE_MS {
                self.judge_alone();
                self.is_over = true;
            }
        } else if self.now >= self.first_rest() && self.differences().is_empty() {
            let (since, writes) = *self.clean_since.get_or_insert((self.now, self.writes));
            if self.now < since + ECHO_MS {
                self.clean_since = Some((since, self.writes));
            } else if self.now >= since + REST_MS {
                let restless = self.writes - writes;
                let fact = Fact::Settled {
                    after_ms: self.now - CALM_AT,
                    differences: Vec::new(),
                    awaited: None,
                    restless,
                };
                self.judge(&fact);
                self.is_over = true;
            }
        } else {
            self.clean_since = None;
        }
        self.after(1_000, Event::Look);
    }

    /// No run rests before its script is over.
    fn first_rest(&self) -> u64 {
        if self.scenario == Scenario::EveryWrite && self.script < 4 { u64::MAX } else { CALM_AT }
    }

    /// The time is up.
    pub(super) fn end(&mut self) {
        let differences = self.differences();
        let waits = self.store.app.spec.image.contains("bad") && self.names_the_late();
        let awaited = waits.then(|| self.store.app.books.said.clone());
        for difference in &differences {
            let line = format!("still {difference}");
            self.say(|| line);
        }
        let restless = u64::from(differences.is_empty());
        self.judge(&Fact::Settled { after_ms: END_AT - CALM_AT, differences, awaited, restless });
    }

    /// Whether what is said names a cluster that is waited for.
    fn names_the_late(&self) -> bool {
        self.sites.keys().any(|cluster| self.store.app.books.said.contains(cluster.as_str()))
    }

    fn judge_alone(&mut self) {
        let facts: Vec<Fact> = self
            .sites
            .iter()
            .map(|(cluster, site)| {
                let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
                Fact::Alone {
                    cluster: cluster.to_string(),
                    for_ms: ALONE_MS,
                    desired: site.member.sets.values().map(|set| set.replicas).sum(),
                    available: count(site.ready().len()),
                }
            })
            .collect();
        for fact in facts {
            self.judge(&fact);
        }
    }

    /// What is not as wanted.
    fn differences(&self) -> Vec<String> {
        let (app, mut found) = (&self.store.app, Vec::new());
        if app.books.generation != app.generation {
            found.push(format!("the hub has seen generation {} of {}", app.books.generation, app.generation));
        }
        if app.books.current.as_ref().is_none_or(|current| !current.is_done) {
            found.push(format!("the release is not done: {}", app.books.said));
        }
        let revision = hash(&[&app.spec.manifest()["template"]]);
        for (cluster, site) in &self.sites {
            let shares: BTreeMap<String, u32> = app
                .books
                .shares
                .iter()
                .filter(|(cell, _)| {
                    crate::hub::CELLS
                        .iter()
                        .any(|(name, .., place)| *name == cell.as_str() && *place == cluster.as_str())
                })
                .map(|(cell, share)| (cell.default_label().as_str().to_owned(), *share))
                .collect();
            let work = self.store.works.get(cluster);
            if work.is_some() == shares.is_empty() || work.is_some_and(|work| work.is_deleting) {
                found.push(format!("the Work of {cluster} should not be as it is"));
            }
            if shares.is_empty() && app.spec.policy == DeletionPolicy::Orphan {
                continue;
            }
            self.member_differences(cluster.as_str(), site, &shares, &revision, &mut found);
        }
        found
    }

    fn member_differences(
        &self,
        cluster: &str,
        site: &super::Site,
        shares: &BTreeMap<String, u32>,
        revision: &str,
        found: &mut Vec<String>,
    ) {
        let now = self.timestamp();
        let spec = &self.store.app.spec;
        for pod in site.member.pods.values() {
            let is_right = pod.has_soaked(revision, spec.min_ready_seconds, now)
                && pod.image == spec.image
                && shares.contains_key(&pod.cell);
            if !is_right {
                found.push(format!("pod {} of {} in {cluster} is not as wanted", pod.name, pod.cell));
            }
        }
        for (cell, share) in shares {
            let pods = site.member.pods.values().filter(|pod| pod.cell == *cell).count();
            if u32::try_from(pods) != Ok(*share) {
                found.push(format!("{cluster} has {pods} of {share} pods in {cell}"));
            }
        }
        let config = format!("config-{}", spec.config);
        let expected = usize::from(!shares.is_empty());
        let is_right = site.member.configs.contains_key(&config) == (expected == 1);
        let is_alone = site.member.configs.len() == expected || spec.policy == DeletionPolicy::Orphan;
        if !is_right || !is_alone {
            found.push(format!("{cluster} has {:?}, not {config}", site.member.configs.keys()));
        }
        if site.member.cafe.is_some() == shares.is_empty() {
            found.push(format!(
                "{cluster} holds the application although it should not, or the other way round"
            ));
        }
    }
}
