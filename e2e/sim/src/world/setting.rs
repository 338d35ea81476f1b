//! How a run begins: the fleet, an application with a random strategy, and the first events.

use std::collections::BTreeMap;

use federation_core::work::DeletionPolicy;
use model::groups::UpgradeType;

use super::{Event, Site, World};
use crate::agent::Loop;
use crate::chance::Chance;
use crate::hub::{App, AppSpec, Books, CELLS, MemberEntry, Replica, Store, cell, cluster, unit};
use crate::mutant::Mutant;
use crate::scenario::Scenario;

impl World {
    /// A new world, all of it out of the seed.
    pub(crate) fn new(
        seed: u64,
        scenario: Scenario,
        mutant: Option<Mutant>,
        kill_after: Option<u64>,
    ) -> Self {
        let mut chance = Chance::new(seed);
        let spec = spec(&mut chance, scenario);
        let fixes_bad_image = chance.percent(60);
        let mut store = Store {
            version: 1,
            app: App { generation: 1, version: 1, spec, books: Books::default() },
            works: BTreeMap::new(),
            templates: BTreeMap::new(),
            words: Vec::new(),
            members: BTreeMap::new(),
        };
        let mut sites = BTreeMap::new();
        for (_, _, _, name) in CELLS {
            let heard = Some(model::Timestamp::from_millis(0));
            store.members.insert(cluster(name), MemberEntry { heard, is_suspended: false });
            sites.insert(cluster(name), Site::default());
        }
        let mut world = Self {
            now: 0,
            queue: BTreeMap::new(),
            next: 0,
            chance,
            scenario,
            mutant,
            kill_after,
            writes: 0,
            store,
            replicas: vec![Replica::default(), Replica::default()],
            sites,
            hub_lost_since: None,
            clean_since: None,
            is_over: false,
            fixes_bad_image,
            script: 0,
            wishes: Vec::new(),
            trace: Vec::new(),
            violation: None,
        };
        world.wishes.push(world.store.app.spec.units.clone());
        world.first_events();
        world
    }

    fn first_events(&mut self) {
        for place in 0..self.replicas.len() {
            self.at(1, Event::Hub(place));
        }
        let names: Vec<_> = self.sites.keys().cloned().collect();
        for name in names {
            self.at(1, Event::Link(name.clone()));
            self.at(2, Event::Heartbeat(name.clone()));
            self.at(3, Event::Kubelet(name.clone()));
            for of in [Loop::Works, Loop::Workloads, Loop::Sets] {
                self.at(4, Event::Agent(name.clone(), of));
            }
        }
        self.at(1_500, Event::Fault);
        self.at(2_000, Event::People);
        self.at(super::CALM_AT, Event::Look);
    }
}

fn spec(chance: &mut Chance, scenario: Scenario) -> AppSpec {
    let deletes = scenario != Scenario::Move || chance.percent(80);
    AppSpec {
        replicas: chance.count(6, 14),
        image: "shop:v1".to_owned(),
        env: 0,
        config: 1,
        units: vec![unit("rz00"), unit("rz01"), unit("rz82")],
        weights: CELLS.iter().map(|(name, ..)| (cell(name), chance.count(1, 9))).collect(),
        avoid_disruption: chance.percent(50),
        upgrade_type: if chance.percent(60) { UpgradeType::Beta } else { UpgradeType::Batch },
        batch_size: chance.percent(85).then(|| chance.count(1, 4)),
        need_confirm: chance.percent(70),
        min_ready_seconds: chance.count(0, 3),
        paused: false,
        policy: if deletes { DeletionPolicy::Delete } else { DeletionPolicy::Orphan },
    }
}
