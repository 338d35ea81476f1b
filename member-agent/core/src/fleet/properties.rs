//! What holds in every order of events, and after a crash between any two writes.

use proptest::prelude::*;

use super::{Fleet, shop};
use crate::cafe_deployment::{Kind, Phase};

#[derive(Clone, Debug)]
enum Event {
    /// A pass over the application ends after so many writes.
    Pass(usize),
    /// A pass over every set ends after so many writes.
    Sets(usize),
    /// The kubelet looks at a pod.
    Tend(usize),
    /// Time passes.
    Wait(i64),
    /// A pod is gone.
    Lose(usize),
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    let event = prop_oneof![
        3 => (0..4_usize).prop_map(Event::Pass),
        4 => (0..4_usize).prop_map(Event::Sets),
        8 => (0..24_usize).prop_map(Event::Tend),
        1 => (0..3000_i64).prop_map(Event::Wait),
    ];
    proptest::collection::vec(event, 0..120)
}

fn happen(fleet: &mut Fleet, event: &Event) {
    match event {
        Event::Pass(writes) => drop(fleet.pass(*writes)),
        Event::Sets(writes) => drop(fleet.set_passes(*writes)),
        Event::Tend(place) => fleet.tend(*place),
        Event::Wait(millis) => fleet.now = fleet.now.plus_millis(*millis),
        Event::Lose(place) => {
            if *place < fleet.pods.len() {
                fleet.pods.remove(*place);
            }
        }
    }
}

/// Pods that the groups up to the open one may move.
fn open(fleet: &Fleet) -> usize {
    let Some(release) = &fleet.status.release else { return 0 };
    if release.phase == Phase::Succeeded {
        return fleet.deployment.replicas as usize;
    }
    let place = usize::try_from(release.group).unwrap_or(0);
    release.groups.iter().take(place + 1).flat_map(|group| group.values()).sum::<u32>() as usize
}

/// Pods of the open group.
fn in_flight(fleet: &Fleet) -> usize {
    let Some(release) = &fleet.status.release else { return 0 };
    let place = usize::try_from(release.group).unwrap_or(0);
    release.groups.get(place).map_or(0, |group| group.values().sum::<u32>() as usize)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn an_update_stays_within_its_open_group_and_resumes_after_any_crash(
        replicas in 1..12_u32, batch in proptest::option::of(1..5_u32), need_confirm in any::<bool>(),
        recreate in any::<bool>(), events in events(),
    ) {
        let mut fleet = Fleet::new(shop(replicas, batch));
        fleet.deployment.need_confirm = need_confirm;
        if recreate {
            fleet.deployment.policy = crate::in_place_set::PodUpgradePolicy::Recreate;
        }
        fleet.settle();
        fleet.set_image("shop:2");
        for event in &events {
            happen(&mut fleet, event);
            let moved = fleet.with_image("shop:2");
            prop_assert!(moved <= open(&fleet) || fleet.kind() == Kind::Rollout, "{moved} moved, {} open", open(&fleet));
            let least = (replicas as usize).saturating_sub(in_flight(&fleet));
            if fleet.kind() == Kind::Update {
                prop_assert!(fleet.available() >= least, "{} of {least} available after {event:?}", fleet.available());
            }
            prop_assert!(fleet.alive().count() <= replicas as usize);
        }
        fleet.finish();
        prop_assert_eq!(fleet.phase(), Phase::Succeeded);
        prop_assert_eq!(fleet.with_image("shop:2"), replicas as usize);
        prop_assert_eq!(fleet.available(), replicas as usize);
        prop_assert!(fleet.alive().all(|pod| pod.is_proven() && pod.gate == Some(true)));
    }

    #[test]
    fn pause_and_cancel_work_from_every_state(
        replicas in 1..10_u32, bad in any::<bool>(), pause in any::<bool>(), events in events(),
    ) {
        let mut fleet = Fleet::new(shop(replicas, Some(3)));
        fleet.deployment.need_confirm = false;
        fleet.settle();
        fleet.set_image(if bad { "shop:bad" } else { "shop:2" });
        events.iter().for_each(|event| happen(&mut fleet, event));
        if pause {
            fleet.deployment.pause = true;
            fleet.settle();
            let stranded = fleet.alive().filter(|pod| pod.gate == Some(false) && pod.containers["shop"].ready).count();
            prop_assert_eq!(stranded, 0, "gated and able to serve: {:#?}", &fleet.pods);
            fleet.deployment.pause = false;
        }
        fleet.deployment.need_confirm = true;
        let over = fleet.phase() == Phase::Succeeded && fleet.with_image("shop:2") == replicas as usize;
        fleet.set_image("shop:1");
        if over { fleet.finish() } else { fleet.settle() }
        prop_assert_eq!(fleet.phase(), Phase::Succeeded, "nobody is asked: {:#?}", &fleet.status);
        prop_assert_eq!(fleet.with_image("shop:1"), replicas as usize);
        prop_assert_eq!(fleet.available(), replicas as usize);
    }

    #[test]
    fn lost_pods_and_changes_of_replicas_in_mid_release_end_well(
        from in 1..10_u32, to in 0..10_u32, events in events(),
        losses in proptest::collection::vec(0..10_usize, 0..6),
    ) {
        let mut fleet = Fleet::new(shop(from, Some(2)));
        fleet.settle();
        fleet.set_image("shop:2");
        let half = events.len() / 2;
        events[..half].iter().for_each(|event| happen(&mut fleet, event));
        fleet.deployment.replicas = to;
        for (place, event) in events[half..].iter().enumerate() {
            happen(&mut fleet, event);
            if let Some(loss) = losses.get(place) {
                happen(&mut fleet, &Event::Lose(*loss));
            }
        }
        fleet.finish();
        prop_assert_eq!(fleet.phase(), Phase::Succeeded);
        prop_assert_eq!(fleet.with_image("shop:2"), to as usize);
        prop_assert_eq!(fleet.alive().count(), to as usize);
        prop_assert_eq!(fleet.available(), to as usize);
    }
}
