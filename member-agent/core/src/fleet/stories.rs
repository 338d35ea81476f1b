//! Releases as a person would tell them.

use super::{Fleet, shop, template};
use crate::cafe_deployment::{Kind, Phase, Truth};
use crate::in_place_set::PodUpgradePolicy;
use crate::pod::PodView;

/// One line per change of what a person sees.
fn told(fleet: &mut Fleet, story: &mut Vec<String>, what: &str, act: impl FnOnce(&mut Fleet)) {
    act(fleet);
    story.push(format!("== {what}"));
    for _ in 0..400 {
        fleet.now = fleet.now.plus_millis(500);
        let before = (fleet.status.clone(), fleet.pods.clone());
        let writes = fleet.pass(usize::MAX) + fleet.set_passes(usize::MAX);
        for place in (0..fleet.pods.len()).rev() {
            fleet.tend(place);
        }
        let line = line(fleet);
        if story.last() != Some(&line) {
            story.push(line);
        }
        if writes == 0 && before == (fleet.status.clone(), fleet.pods.clone()) {
            return;
        }
    }
    panic!("it never settles: {story:#?}");
}

fn line(fleet: &Fleet) -> String {
    let release = fleet.status.release.as_ref().unwrap();
    let mut images: Vec<&str> = fleet.alive().map(|pod| pod.containers["shop"].image.as_str()).collect();
    images.sort_unstable();
    images.dedup();
    let images: Vec<String> =
        images.iter().map(|image| format!("{} x {image}", fleet.with_image(image))).collect();
    format!(
        "#{} {:?} {:?} {} [{}] available {}",
        fleet.status.release_seq,
        release.kind,
        release.phase,
        release.progress,
        images.join(", "),
        fleet.available()
    )
}

#[test]
fn the_slides_release_with_a_bad_image_in_between() {
    let mut fleet = Fleet::new(shop(10, Some(4)));
    let mut story = Vec::new();
    told(&mut fleet, &mut story, "10 pods over A and B, beta, batches of 4", |_| {});
    told(&mut fleet, &mut story, "image shop:2", |fleet| fleet.set_image("shop:2"));
    told(&mut fleet, &mut story, "confirmed", Fleet::confirm);
    told(&mut fleet, &mut story, "image shop:bad while it waits", |fleet| fleet.set_image("shop:bad"));
    told(&mut fleet, &mut story, "back to shop:1", |fleet| fleet.set_image("shop:1"));
    told(&mut fleet, &mut story, "14 pods", |fleet| fleet.deployment.replicas = 14);
    told(&mut fleet, &mut story, "6 pods", |fleet| fleet.deployment.replicas = 6);
    let told = story.join("\n") + "\n";
    assert_eq!(told, include_str!("stories/slides.txt"), "\n{told}");
}

#[test]
fn a_word_counts_for_its_release_and_group_only() {
    let mut fleet = Fleet::new(shop(10, Some(4)));
    fleet.settle();
    fleet.set_image("shop:2");
    fleet.settle();
    assert_eq!((fleet.phase(), fleet.with_image("shop:2")), (Phase::WaitingForConfirm, 2));
    fleet.confirm();
    fleet.settle();
    assert_eq!(
        (fleet.phase(), fleet.with_image("shop:2")),
        (Phase::WaitingForConfirm, 6),
        "one word, one group"
    );
    // A template change voids the wait; the word for the release before does not count.
    fleet.confirm();
    fleet.set_image("shop:3");
    fleet.settle();
    assert_eq!((fleet.phase(), fleet.with_image("shop:3")), (Phase::WaitingForConfirm, 2));
    fleet.finish();
    assert_eq!((fleet.phase(), fleet.with_image("shop:3")), (Phase::Succeeded, 10));
}

#[test]
fn the_annotation_counts_only_after_the_question_and_without_a_hub() {
    let mut fleet = Fleet::new(shop(10, Some(4)));
    fleet.settle();
    fleet.deployment.upgrade_confirmed = Some("true".into());
    fleet.set_image("shop:2");
    fleet.settle();
    assert_eq!(fleet.with_image("shop:2"), 2, "a word from before the question");
    assert_eq!(fleet.deployment.upgrade_confirmed.as_deref(), Some("false"));
    fleet.deployment.upgrade_confirmed = Some("true".into());
    fleet.settle();
    assert_eq!(fleet.with_image("shop:2"), 6);
    assert_eq!(fleet.deployment.upgrade_confirmed.as_deref(), Some("false"), "asked again");
    fleet.deployment.has_hub_owner = true;
    fleet.deployment.upgrade_confirmed = Some("true".into());
    fleet.settle();
    assert_eq!(fleet.with_image("shop:2"), 6, "a hub owns it");
    fleet.finish();
    assert_eq!(fleet.with_image("shop:2"), 10);
}

#[test]
fn the_hubs_number_is_the_releases_number() {
    let mut fleet = Fleet::new(shop(4, None));
    fleet.deployment.hub_release_seq = Some(7);
    fleet.settle();
    assert_eq!(fleet.status.release_seq, 7);
    fleet.set_image("shop:2");
    fleet.deployment.hub_release_seq = Some(9);
    fleet.settle();
    assert_eq!((fleet.status.release_seq, fleet.with_image("shop:2")), (9, 2));
    fleet.deployment.hub_release_seq = Some(3);
    fleet.settle();
    assert_eq!(fleet.status.release_seq, 9, "it never goes back");
}

#[test]
fn replicas_that_change_in_mid_release_are_planned_anew() {
    let mut fleet = Fleet::new(shop(10, Some(4)));
    fleet.settle();
    fleet.set_image("shop:2");
    fleet.settle();
    fleet.deployment.replicas = 14;
    fleet.settle();
    assert_eq!((fleet.with_image("shop:1"), fleet.with_image("shop:2")), (12, 2), "capacity does not wait");
    fleet.deployment.replicas = 6;
    fleet.settle();
    assert_eq!((fleet.with_image("shop:1"), fleet.with_image("shop:2")), (4, 2));
    fleet.finish();
    assert_eq!((fleet.phase(), fleet.with_image("shop:2")), (Phase::Succeeded, 6));
}

#[test]
fn rollback_goes_in_groups_and_asks() {
    let mut fleet = Fleet::new(shop(10, Some(4)));
    fleet.settle();
    fleet.set_image("shop:2");
    fleet.finish();
    fleet.deployment.rollback_to = Some("1".into());
    fleet.settle();
    assert_eq!(
        (fleet.kind(), fleet.phase(), fleet.with_image("shop:1")),
        (Kind::Update, Phase::WaitingForConfirm, 2)
    );
    fleet.finish();
    assert_eq!(fleet.with_image("shop:1"), 10);
    fleet.deployment.rollback_to = Some("99".into());
    fleet.settle();
    let invalid = fleet.status.conditions.iter().find(|condition| condition.kind == "Invalid").unwrap();
    assert!(
        invalid.message.contains("asks for revision 99, which is not in the history"),
        "{}",
        invalid.message
    );
}

#[test]
fn pause_strands_no_pod() {
    let mut fleet = Fleet::new(shop(10, Some(4)));
    fleet.deployment.need_confirm = false;
    fleet.settle();
    fleet.set_image("shop:2");
    // In the middle: gates of the beta group are closed.
    fleet.pass(usize::MAX);
    fleet.set_passes(usize::MAX);
    assert!(fleet.alive().any(|pod| pod.gate == Some(false)));
    fleet.deployment.pause = true;
    fleet.settle();
    assert_eq!((fleet.phase(), fleet.available(), fleet.with_image("shop:2")), (Phase::Paused, 10, 0));
    fleet.deployment.pause = false;
    fleet.settle();
    assert_eq!((fleet.phase(), fleet.with_image("shop:2")), (Phase::Succeeded, 10));
}

#[test]
fn a_lost_pod_comes_back_on_its_own_revision() {
    let mut fleet = Fleet::new(shop(10, Some(4)));
    fleet.settle();
    fleet.set_image("shop:2");
    fleet.settle();
    let old = fleet.pods.iter().position(|pod| pod.containers["shop"].image == "shop:1").unwrap();
    fleet.pods.remove(old);
    fleet.settle();
    assert_eq!((fleet.with_image("shop:1"), fleet.with_image("shop:2")), (8, 2));
}

#[test]
fn no_progress_is_called_by_its_name_and_recovers() {
    let mut fleet = Fleet::new(shop(4, None));
    fleet.settle();
    fleet.set_image("shop:bad");
    fleet.settle();
    assert_eq!(fleet.phase(), Phase::Releasing);
    fleet.now = fleet.now.plus_seconds(601);
    fleet.settle();
    assert_eq!(fleet.phase(), Phase::Failed);
    let progressing =
        fleet.status.conditions.iter().find(|condition| condition.kind == "Progressing").unwrap();
    assert_eq!((progressing.truth, progressing.reason.as_str()), (Truth::False, "ProgressDeadlineExceeded"));
    assert!(progressing.message.contains("ImagePullBackOff: shop: shop:bad"), "{}", progressing.message);
    assert_eq!(fleet.with_image("shop:bad"), 2, "nothing is rolled back by itself");
    fleet.set_image("shop:2");
    fleet.finish();
    assert_eq!((fleet.phase(), fleet.with_image("shop:2")), (Phase::Succeeded, 4));
}

#[test]
fn a_cell_without_room_lends_its_places_and_gets_them_back() {
    let mut fleet = Fleet::new(shop(8, None));
    fleet.deployment.reschedule_after_seconds = Some(10);
    fleet.room.insert("B".into(), 1);
    fleet.settle();
    fleet.now = fleet.now.plus_seconds(11);
    fleet.settle();
    let desired = |fleet: &Fleet| fleet.status.cells.iter().map(|cell| cell.desired).collect::<Vec<_>>();
    assert_eq!((desired(&fleet), fleet.available()), (vec![7, 1], 8));
    // Scaled in and out while it is stuck.
    fleet.deployment.replicas = 4;
    fleet.settle();
    assert_eq!((desired(&fleet), fleet.available()), (vec![3, 1], 4));
    fleet.room.clear();
    fleet.settle();
    assert_eq!((desired(&fleet), fleet.available(), fleet.alive().count()), (vec![2, 2], 4, 4));
}

#[test]
fn pinned_cells_are_never_moved() {
    let mut fleet = Fleet::new(shop(8, None));
    fleet.deployment.reschedule_after_seconds = Some(10);
    fleet.deployment.pins.insert("B".into(), "3".into());
    fleet.room.insert("B".into(), 1);
    fleet.settle();
    fleet.now = fleet.now.plus_seconds(11);
    fleet.settle();
    let desired: Vec<u32> = fleet.status.cells.iter().map(|cell| cell.desired).collect();
    assert_eq!((desired, fleet.available()), (vec![5, 3], 6));
}

#[test]
fn a_cell_that_is_no_longer_listed_is_emptied_when_others_stand_in() {
    let mut fleet = Fleet::new(shop(8, None));
    fleet.settle();
    fleet.deployment.cells = Some(vec!["A".into(), "C".into()]);
    for _ in 0..3 {
        fleet.pass(usize::MAX);
        fleet.set_passes(usize::MAX);
        assert!(fleet.alive().count() >= 8);
    }
    fleet.settle();
    assert_eq!((fleet.available(), fleet.alive().count()), (8, 8));
    assert!(fleet.alive().all(|pod: &PodView| pod.set != "shop-b"));
}

#[test]
fn in_place_only_refuses_before_anything_moves() {
    let mut fleet = Fleet::new(shop(4, None));
    fleet.deployment.policy = PodUpgradePolicy::InPlaceOnly;
    fleet.settle();
    let before = fleet.pods.clone();
    let mut changed = (*template("shop:2")).clone();
    changed["spec"]["hostNetwork"] = true.into();
    fleet.deployment.template = changed.into();
    fleet.settle();
    assert_eq!(fleet.pods, before);
    let invalid = fleet.status.conditions.iter().find(|condition| condition.kind == "Invalid").unwrap();
    assert!(invalid.message.contains("InPlaceOnly, but spec.hostNetwork"), "{}", invalid.message);
}

#[test]
fn a_status_that_was_lost_does_not_turn_an_update_into_a_first_rollout() {
    let mut fleet = Fleet::new(shop(10, Some(4)));
    fleet.settle();
    fleet.status = crate::cafe_deployment::Status::default();
    fleet.set_image("shop:2");
    fleet.settle();
    assert_eq!(
        (fleet.kind(), fleet.phase(), fleet.with_image("shop:2")),
        (Kind::Update, Phase::WaitingForConfirm, 2)
    );
}
