//! Watches.

use federation_store::{KeyRange, Op, Txn, WatchRequest};

use super::{Subject, events, progress, text};

async fn told(s: &Subject, request: WatchRequest, count: usize) -> Vec<String> {
    let mut watch = s.store.watch(request).await.expect("a watch");
    events(&mut watch, count).await.iter().map(|event| s.told(event)).collect()
}

pub(crate) async fn from_now_on_only_new_changes_come(s: Subject) {
    s.put("a", "1").await;
    let mut watch = s.store.watch(WatchRequest::new(s.everything())).await.expect("a watch");
    let put = s.put("a", "2").await;
    let deleted = s.delete("a").await;
    let seen = events(&mut watch, 2).await;
    assert_eq!(seen.iter().map(|event| s.told(event)).collect::<Vec<_>>(), ["put a=2", "delete a"]);
    assert_eq!((seen[0].kv.mod_revision, seen[0].kv.version), (put, 2));
    let gone = &seen[1].kv;
    assert_eq!((gone.mod_revision, gone.create_revision, gone.version), (deleted, 0, 0));
    assert!(seen[1].kv.value.is_empty() && seen.iter().all(|event| event.prev.is_none()));
}

pub(crate) async fn from_a_revision_history_and_news_come_without_a_gap(s: Subject) {
    let mut revisions = Vec::new();
    for n in 0..50 {
        revisions.push(s.put("a", &n.to_string()).await);
    }
    let request = WatchRequest::new(s.everything()).starting_at(revisions[10]);
    let mut watch = s.store.watch(request).await.expect("a watch");
    for n in 50..60 {
        s.put("a", &n.to_string()).await;
    }
    s.put("other", "x").await;
    let seen = events(&mut watch, 51).await;
    let expected =
        (10..60).map(|n| format!("put a={n}")).chain(["put other=x".to_owned()]).collect::<Vec<_>>();
    assert_eq!(seen.iter().map(|event| s.told(event)).collect::<Vec<_>>(), expected);
    let one_key = WatchRequest::new(KeyRange::key(s.key("other"))).starting_at(revisions[0]);
    assert_eq!(told(&s, one_key, 1).await, ["put other=x"]);
}

pub(crate) async fn from_the_future_it_waits(s: Subject) {
    let head = s.put("a", "1").await;
    let request = WatchRequest::new(s.everything()).starting_at(head + 3);
    let mut watch = s.store.watch(request).await.expect("a watch");
    for n in 2..=5 {
        s.put("a", &n.to_string()).await;
    }
    let seen = events(&mut watch, 2).await;
    assert_eq!(seen.iter().map(|event| s.told(event)).collect::<Vec<_>>(), ["put a=4", "put a=5"]);
}

pub(crate) async fn previous_values_come_when_asked_for(s: Subject) {
    let first = s.put("a", "1").await;
    s.put("a", "2").await;
    let request = WatchRequest::new(s.everything()).starting_at(first).with_prev();
    let mut watch = s.store.watch(request).await.expect("a watch");
    s.delete("a").await;
    s.put("a", "3").await;
    let seen = events(&mut watch, 4).await;
    let prev: Vec<_> = seen.iter().map(|event| event.prev.as_ref().map(|prev| text(&prev.value))).collect();
    assert_eq!(prev, [None, Some("1".into()), Some("2".into()), None]);
    let before = seen[2].prev.as_ref().expect("what was deleted");
    assert_eq!((before.create_revision, before.version), (first, 2));
}

pub(crate) async fn a_revision_is_never_split(s: Subject) {
    let start = s.store.revision().await.expect("a revision") + 1;
    let write = |round: usize| {
        let op = |n: usize| Op::Put {
            key: s.key(&format!("{n:03}")),
            value: vec![b'0' + round as u8; 3000].into(),
            lease: None,
        };
        Txn::of((0..100).map(op).collect())
    };
    for round in 0..4 {
        s.store.txn(write(round)).await.expect("a transaction");
    }
    let request = WatchRequest::new(s.everything()).starting_at(start);
    let mut watch = s.store.watch(request).await.expect("a watch");
    for round in 4..8 {
        s.store.txn(write(round)).await.expect("a transaction");
    }
    // `events` fails on a split.
    let seen = events(&mut watch, 800).await;
    for (round, revision) in seen.chunks(100).enumerate() {
        assert!(revision.iter().all(|event| event.kv.mod_revision == revision[0].kv.mod_revision));
        assert!(revision.iter().all(|event| event.kv.value[0] == b'0' + round as u8));
    }
}

pub(crate) async fn progress_comes_when_asked_for(s: Subject) {
    s.put("a", "1").await;
    let range = KeyRange::prefix(s.key("quiet/"));
    let mut watch = s.store.watch(WatchRequest::new(range).with_progress()).await.expect("a watch");
    for n in 0..3 {
        let head = s.put("a", &n.to_string()).await;
        progress(&s, &mut watch, head).await;
    }
    let last = s.put("quiet/x", "1").await;
    let seen = loop {
        if let federation_store::WatchResponse::Events { events, .. } =
            super::next(&mut watch).await.expect("a message")
        {
            break events;
        }
    };
    assert_eq!(seen[0].kv.mod_revision, last);
}

pub(crate) async fn two_watches_see_the_same_order(s: Subject) {
    let start = s.store.revision().await.expect("a revision") + 1;
    let request = WatchRequest::new(s.everything()).starting_at(start);
    let mut live = s.store.watch(request.clone()).await.expect("a watch");
    let writers = (0..8).map(|writer| {
        let s = s.clone();
        tokio::spawn(async move {
            for n in 0..20 {
                s.put(&format!("k{}", n % 3), &format!("{writer}-{n}")).await;
            }
        })
    });
    for writer in writers.collect::<Vec<_>>() {
        writer.await.expect("a writer");
    }
    let from_live = events(&mut live, 160).await;
    let mut late = s.store.watch(request).await.expect("a watch");
    assert_eq!(events(&mut late, 160).await, from_live);
}

pub(crate) async fn a_slow_watch_misses_nothing(s: Subject) {
    let mut watch = s.store.watch(WatchRequest::new(s.everything())).await.expect("a watch");
    // More than any store keeps ready for watchers.
    let value = "x".repeat(20_000);
    for n in 0..120 {
        s.put("a", &format!("{n} {value}")).await;
    }
    let seen = events(&mut watch, 120).await;
    for (n, event) in seen.iter().enumerate() {
        assert!(text(&event.kv.value).starts_with(&format!("{n} ")), "event {n}");
    }
}
