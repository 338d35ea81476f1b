//! What people do: they change the application, and confirm groups, not always the right ones.

use model::groups::UpgradeType;
use model::release::{ConfirmationTarget, GroupIndex, ReleaseSeq};

use super::{CALM_AT, Event, World};
use crate::hub::{AppSpec, Word, unit};
use crate::scenario::Scenario;

impl World {
    pub(super) fn people(&mut self) {
        let wait = self.chance.between(800, 3_000);
        self.after(wait, Event::People);
        if self.hub_lost_since.is_some() {
            return;
        }
        self.confirm();
        if self.scenario == Scenario::EveryWrite {
            self.follow_script();
        } else if self.now < CALM_AT {
            if self.chance.percent(35) {
                self.change();
            }
        } else {
            self.come_to_rest();
        }
        let units = &self.store.app.spec.units;
        if self.wishes.last() != Some(units) {
            self.wishes.push(units.clone());
            let surplus = self.wishes.len().saturating_sub(4);
            self.wishes.drain(..surplus);
        }
    }

    /// Gives the word that is asked for; while faults last sometimes another one, or none.
    fn confirm(&mut self) {
        let Some(wanted) = self.store.app.books.wanted else { return };
        let is_given = self.store.words.iter().any(|word| word.target == wanted && !word.is_consumed);
        if is_given {
            return;
        }
        let target = match self.chance.below(100) {
            _ if !self.has_faults() => wanted,
            0..30 => return,
            30..40 => ConfirmationTarget { release_seq: ReleaseSeq(wanted.release_seq.0 - 1), ..wanted },
            40..50 => ConfirmationTarget { group: GroupIndex(wanted.group.0 + 1), ..wanted },
            _ => wanted,
        };
        let revision = self.store.app.books.current.as_ref().map(|current| current.revision.clone());
        self.say(|| format!("a person confirms {target}"));
        self.store.words.push(Word { target, revision: revision.unwrap_or_default(), is_consumed: false });
        self.store.bump();
    }

    fn change(&mut self) {
        let (scenario, chance) = (self.scenario, &mut self.chance);
        let kind = chance.below(100);
        let version = chance.between(1, 3);
        let bad = chance.percent(12) && scenario != Scenario::HubLost;
        let number = chance.count(1, 24);
        let weight = chance.count(1, 9);
        let units: Vec<_> =
            ["rz00", "rz01", "rz82"].into_iter().filter(|_| chance.percent(60)).map(unit).collect();
        let change = move |spec: &mut AppSpec| match scenario {
            Scenario::Scale if kind < 75 => spec.replicas = number,
            Scenario::Scale if kind < 85 => {
                if let Some(of) = spec.weights.values_mut().next() {
                    *of = weight;
                }
            }
            Scenario::Move if kind < 60 => {
                if !units.is_empty() {
                    spec.units = units;
                }
            }
            _ if kind < 12 => spec.paused = !spec.paused,
            _ if kind < 25 => spec.env = (spec.env + 1) % 3,
            _ if kind < 35 => spec.config += 1,
            _ if kind < 45 && scenario != Scenario::HubLost => spec.replicas = number.max(4),
            _ if bad => spec.image = "shop:bad".to_owned(),
            _ => spec.image = format!("shop:v{version}"),
        };
        self.store.edit(change);
        let spec = &self.store.app.spec;
        let line = format!(
            "a person wants {} of {} env {} config {} paused {} in {:?}",
            spec.replicas, spec.image, spec.env, spec.config, spec.paused, spec.units
        );
        self.say(|| line);
    }

    /// Nothing changes any more; what is paused goes on, and a bad image is taken back, or not.
    fn come_to_rest(&mut self) {
        let fixes = self.fixes_bad_image;
        self.store.edit(|spec| {
            spec.paused = false;
            if fixes && spec.image.contains("bad") {
                spec.image = "shop:v9".to_owned();
            }
        });
    }

    /// The same changes at the same times in every run, far enough apart for each to end.
    fn follow_script(&mut self) {
        let due = u32::try_from(self.now / 30_000).unwrap_or(0);
        if due <= self.script || self.script >= 4 {
            return;
        }
        self.script += 1;
        let step = self.script;
        self.store.edit(|spec| match step {
            1 => spec.image = "shop:v2".to_owned(),
            2 => {
                spec.replicas += 3;
                spec.config += 1;
            }
            3 => spec.units = vec![unit("rz00"), unit("rz82")],
            _ => {
                spec.units = vec![unit("rz00"), unit("rz01")];
                spec.upgrade_type = UpgradeType::Batch;
                spec.env = 1;
            }
        });
        self.say(|| format!("the script takes step {step}"));
    }
}
