//! The life of one pod, walked step by step, and its ways out.

use std::collections::BTreeMap;

use model::Timestamp;

use super::*;
use crate::annotation::{IN_PLACE_STATE, REVISION_LABEL};
use crate::pod::{ContainerView, Scheduling};

const NOW: Timestamp = Timestamp::from_seconds(1000);

fn pod() -> PodView {
    let container = ContainerView { image: "shop:1".into(), id: "c1".into(), ready: true, waiting: None };
    PodView {
        name: "shop-a".into(),
        uid: "u".into(),
        set: "shop".into(),
        revision: "r1".into(),
        created: NOW,
        deleting: false,
        ended: false,
        ready_since: Some(NOW),
        gate: Some(true),
        observed: true,
        scheduling: Scheduling::Placed,
        containers: BTreeMap::from([("shop".to_owned(), container)]),
        record: None,
    }
}

fn to(revision: &str, image: &str) -> Move {
    Move {
        revision: revision.into(),
        group: 1,
        images: BTreeMap::from([("shop".to_owned(), image.to_owned())]),
        ..Move::default()
    }
}

/// What the API server makes of a step.
fn write(pod: &mut PodView, step: &Step) {
    match step {
        Step::OpenGate => pod.gate = Some(true),
        Step::CloseGate { .. } => pod.gate = Some(false),
        Step::Note(record) => pod.record = Some(record.clone()),
        Step::Upgrade(upgrade) => {
            for (name, image) in &upgrade.images {
                pod.containers.get_mut(name).unwrap().image = image.clone();
                pod.observed = false;
            }
            if let Some(Some(revision)) = upgrade.labels.get(REVISION_LABEL) {
                pod.revision = revision.clone();
            }
            if let Some(text) = upgrade.annotations.get(IN_PLACE_STATE) {
                pod.record = text.as_deref().and_then(Record::parse);
            }
        }
        Step::Serve | Step::Wait(_) => panic!("no write: {step:?}"),
    }
}

fn restart(pod: &mut PodView, id: &str) {
    pod.observed = true;
    pod.containers.get_mut("shop").unwrap().id = id.into();
}

fn upgraded(pod: &mut PodView, wanted: &Move) {
    write(pod, &Step::CloseGate { revision: wanted.revision.clone() });
    pod.ready_since = None;
    let step = step(pod, Some(wanted), &[], NOW);
    write(pod, &step);
}

#[test]
fn walks_from_serving_to_serving_with_three_writes() {
    let (mut pod, wanted) = (pod(), to("r2", "shop:2"));
    let close = step(&pod, Some(&wanted), &[], NOW);
    assert_eq!(close, Step::CloseGate { revision: "r2".into() });
    write(&mut pod, &close);
    assert_eq!(step(&pod, Some(&wanted), &[], NOW), Step::Wait(Waiting::GateSeen));
    pod.ready_since = None;
    let upgrade = step(&pod, Some(&wanted), &[], NOW);
    assert!(matches!(upgrade, Step::Upgrade(_)));
    write(&mut pod, &upgrade);
    assert_eq!((pod.revision.as_str(), pod.is_proven()), ("r2", false));
    let waiting = Step::Wait(Waiting::Upgrading { containers: vec!["shop".into()] });
    assert_eq!(step(&pod, Some(&wanted), &[], NOW), waiting);
    restart(&mut pod, "c2");
    assert!(pod.is_proven());
    let open = step(&pod, Some(&wanted), &[], NOW);
    assert_eq!(open, Step::OpenGate);
    write(&mut pod, &open);
    pod.ready_since = Some(NOW);
    assert_eq!(step(&pod, Some(&wanted), &[], NOW), Step::Serve);
    assert!(!is_moving(&pod));
}

#[test]
fn an_image_name_in_the_status_proves_nothing() {
    let (mut pod, wanted) = (pod(), to("r2", "shop:2"));
    upgraded(&mut pod, &wanted);
    pod.observed = true;
    assert!(!pod.is_proven(), "the containerID is the old one");
    restart(&mut pod, "c2");
    pod.containers.get_mut("shop").unwrap().ready = false;
    assert!(!pod.is_proven(), "the new container is not ready");
}

#[test]
fn called_off_before_the_upgrade_returns_to_service() {
    let mut pod = pod();
    write(&mut pod, &Step::CloseGate { revision: "r2".into() });
    assert!(is_moving(&pod));
    assert_eq!(step(&pod, None, &[], NOW), Step::OpenGate);
}

#[test]
fn called_off_in_the_upgrade_goes_back_even_if_the_container_never_left() {
    let mut pod = pod();
    upgraded(&mut pod, &to("r2", "shop:bad"));
    assert!(is_moving(&pod));
    let back = step(&pod, Some(&to("r1", "shop:1")), &[], NOW);
    write(&mut pod, &back);
    assert_eq!(pod.revision, "r1");
    assert!(!pod.is_proven(), "the kubelet has not seen the newest spec");
    pod.observed = true;
    assert!(pod.is_proven());
    assert_eq!(step(&pod, None, &[], NOW), Step::OpenGate);
    // The same, when the kubelet had already ended the old container.
    let mut pod = self::pod();
    upgraded(&mut pod, &to("r2", "shop:bad"));
    pod.containers.get_mut("shop").unwrap().ready = false;
    let back = step(&pod, Some(&to("r1", "shop:1")), &[], NOW);
    write(&mut pod, &back);
    pod.observed = true;
    assert!(!pod.is_proven());
    restart(&mut pod, "c2");
    pod.containers.get_mut("shop").unwrap().ready = true;
    assert!(pod.is_proven());
}

#[test]
fn a_second_target_in_the_upgrade_needs_a_restart_of_its_own() {
    let mut pod = pod();
    upgraded(&mut pod, &to("r2", "shop:2"));
    restart(&mut pod, "c2");
    pod.containers.get_mut("shop").unwrap().ready = false;
    let again = step(&pod, Some(&to("r3", "shop:3")), &[], NOW);
    write(&mut pod, &again);
    pod.observed = true;
    pod.containers.get_mut("shop").unwrap().ready = true;
    assert!(!pod.is_proven(), "c2 was started for r2");
    restart(&mut pod, "c3");
    assert!(pod.is_proven());
}

#[test]
fn labels_alone_change_at_once_and_keep_serving() {
    let mut pod = pod();
    let wanted = Move {
        revision: "r2".into(),
        labels: BTreeMap::from([("tier".to_owned(), Some("web".to_owned()))]),
        ..Move::default()
    };
    let upgrade = step(&pod, Some(&wanted), &[], NOW);
    write(&mut pod, &upgrade);
    assert!(pod.is_proven() && pod.is_ready());
    assert_eq!(step(&pod, None, &[], NOW), Step::Serve);
}

#[test]
fn a_new_pod_gets_its_gate_opened() {
    let new = PodView { gate: None, ready_since: None, ..pod() };
    assert_eq!(step(&new, None, &[], NOW), Step::OpenGate);
    assert!(matches!(step(&new, Some(&to("r2", "shop:2")), &[], NOW), Step::Upgrade(_)));
}

#[test]
fn parties_let_go_then_requests_settle_then_it_upgrades_and_they_come_back() {
    let mut pod = PodView { gate: Some(false), ready_since: None, ..pod() };
    let wanted = to("r2", "shop:2");
    let party = |attached| [Party { name: "lb".into(), attached }];
    let held = step(&pod, Some(&wanted), &party(true), NOW);
    assert_eq!(held, Step::Wait(Waiting::Draining { parties: vec!["lb".into()] }));
    let note = step(&pod, Some(&wanted), &party(false), NOW);
    write(&mut pod, &note);
    let until = NOW.plus_seconds(settle::SETTLE_SECONDS);
    assert_eq!(step(&pod, Some(&wanted), &party(false), NOW), Step::Wait(Waiting::Settling { until }));
    assert!(matches!(step(&pod, Some(&wanted), &party(false), until), Step::Upgrade(_)));
    let back = PodView { gate: Some(true), record: None, ..pod };
    let missing = step(&back, None, &party(false), NOW);
    assert_eq!(missing, Step::Wait(Waiting::Attaching { parties: vec!["lb".into()] }));
    assert_eq!(step(&back, None, &party(true), NOW), Step::Serve);
}
