//! Watches: where they start, what they tell, how they resume.

use serde_json::{Value, json};

use crate::support::{MAPS, WIDGETS, World, config_map, told, version, widget};

#[tokio::test]
async fn a_watch_tells_state_then_changes() {
    let world = World::new().await;
    world.post(WIDGETS, &widget("a", "x")).await;
    let mut watch = world.watch(&format!("{WIDGETS}?watch=1")).await;
    assert_eq!(watch.change().await.map(|c| (c.0, c.1)), Some(("ADDED".into(), "a".into())));
    let made = version(&world.post(WIDGETS, &widget("b", "x")).await.json());
    assert_eq!(watch.change().await, Some(("ADDED".into(), "b".into(), made)));
    let changed =
        world.patch(&format!("{WIDGETS}/b"), "merge-patch+json", &json!({"spec": {"unit": "y"}})).await;
    assert_eq!(watch.change().await, Some(("MODIFIED".into(), "b".into(), version(&changed.json()))));
    world.delete(&format!("{WIDGETS}/b")).await;
    let last = watch.change().await.expect("a deletion");
    assert_eq!((last.0.as_str(), last.1.as_str()), ("DELETED", "b"));
    assert!(last.2 > version(&changed.json()), "a deletion has its own version");
}

#[tokio::test]
async fn selectors_make_entering_added_and_leaving_deleted() {
    let world = World::new().await;
    let paths = [
        format!("{WIDGETS}?watch=1&fieldSelector=spec.unit%3Din"),
        "/apis/example.com/v1/widgets?watch=1&fieldSelector=spec.unit%3Din".to_owned(),
    ];
    for path in paths {
        let mut watch = world.watch(&path).await;
        world.post(WIDGETS, &widget("a", "out")).await;
        let unit = |unit: &str| json!({"spec": {"unit": unit}});
        let entered = world.patch(&format!("{WIDGETS}/a"), "merge-patch+json", &unit("in")).await.json();
        assert_eq!(watch.change().await, Some(("ADDED".into(), "a".into(), version(&entered))));
        let left = world.patch(&format!("{WIDGETS}/a"), "merge-patch+json", &unit("out")).await.json();
        let event = watch.next().await.expect("it left");
        assert_eq!(told(&event), ("DELETED".into(), "a".into(), version(&left)));
        assert_eq!(event["object"]["spec"]["unit"], "in", "the old state, the new version");
        world.delete(&format!("{WIDGETS}/a")).await;
    }
}

#[tokio::test]
async fn narrow_watches_see_their_own_only() {
    let world = World::new().await;
    let mut one = world.watch(&format!("{MAPS}?watch=1&fieldSelector=metadata.name%3Db")).await;
    let mut by_path = world.watch(&format!("{MAPS}/b?watch=1")).await;
    let mut other = world.watch("/api/v1/namespaces/kube-system/configmaps?watch=1").await;
    for name in ["a", "b"] {
        world.post(MAPS, &config_map(name, "1")).await;
    }
    world.post("/api/v1/namespaces/kube-system/configmaps", &config_map("c", "1")).await;
    for (watch, name) in [(&mut one, "b"), (&mut by_path, "b"), (&mut other, "c")] {
        assert_eq!(watch.change().await.map(|c| c.1).as_deref(), Some(name));
    }
}

#[tokio::test]
async fn initial_events_end_with_the_marked_bookmark() {
    let world = World::new().await;
    world.post(WIDGETS, &widget("a", "x")).await;
    let query = "watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true";
    let mut watch = world.watch(&format!("{WIDGETS}?{query}")).await;
    let added = watch.next().await.expect("the state");
    let mark = watch.next().await.expect("the mark");
    assert_eq!((&added["type"], &mark["type"]), (&json!("ADDED"), &json!("BOOKMARK")));
    assert_eq!(mark["object"]["metadata"]["annotations"]["k8s.io/initial-events-end"], "true");
    assert!(version(&mark["object"]) >= version(&added["object"]));
    let later = watch.next().await.expect("a bookmark of its own accord");
    assert_eq!(later["type"], "BOOKMARK");
    let wrong = world.get(&format!("{WIDGETS}?watch=1&sendInitialEvents=true")).await;
    assert_eq!(wrong.code, 422);
}

#[tokio::test]
async fn a_watch_ends_at_its_timeout_with_a_last_bookmark() {
    let world = World::new().await;
    let mut watch =
        world.watch(&format!("{WIDGETS}?watch=1&timeoutSeconds=1&allowWatchBookmarks=true")).await;
    let mut last = Value::Null;
    while let Some(event) = watch.next().await {
        last = event;
    }
    assert_eq!(last["type"], "BOOKMARK");
}

#[tokio::test]
async fn a_fresh_server_has_its_whole_history() {
    let world = World::new().await;
    let mut watch = world.watch(&format!("{WIDGETS}?watch=1&resourceVersion=1")).await;
    world.post(WIDGETS, &widget("a", "x")).await;
    assert_eq!(watch.change().await.map(|c| c.0).as_deref(), Some("ADDED"));
}

#[tokio::test]
async fn two_watchers_see_one_order_and_resumes_lose_nothing() {
    let world = World::new().await;
    let start = version(&world.get(WIDGETS).await.json());
    let writes = (0..6).map(|task| {
        let world = &world;
        async move {
            for n in 0..10 {
                let name = format!("t{task}-{n}");
                world.post(WIDGETS, &widget(&name, "x")).await;
                world
                    .patch(&format!("{WIDGETS}/{name}"), "merge-patch+json", &json!({"spec": {"unit": "y"}}))
                    .await;
                world.delete(&format!("{WIDGETS}/{name}")).await;
            }
        }
    });
    futures::future::join_all(writes).await;
    let expected = 6 * 10 * 3;
    let mut whole = world.watch(&format!("{WIDGETS}?watch=1&resourceVersion={start}")).await;
    let mut all = Vec::new();
    while all.len() < expected {
        all.push(whole.change().await.expect("the watch goes on"));
    }
    assert!(all.windows(2).all(|pair| pair[0].2 < pair[1].2), "in the order of versions");
    for cut in [0, 1, 17, 90, expected - 1] {
        let from = if cut == 0 { start } else { all[cut - 1].2 };
        let mut resumed = world.watch(&format!("{WIDGETS}?watch=1&resourceVersion={from}")).await;
        for event in &all[cut..] {
            assert_eq!(resumed.change().await.as_ref(), Some(event), "resumed after {from}");
        }
    }
}

#[tokio::test]
async fn tables_are_watched_with_columns_once() {
    let world = World::new().await;
    world.post(WIDGETS, &widget("a", "x")).await;
    world.post(WIDGETS, &widget("b", "x")).await;
    let request = http::Request::get(format!("{WIDGETS}?watch=1&timeoutSeconds=1"))
        .header("accept", "application/json;as=Table;v=v1;g=meta.k8s.io")
        .body(http_body_util::Full::default())
        .expect("a good request");
    let body = world.open(request).await.into_body();
    let bytes = http_body_util::BodyExt::collect(body).await.map(|b| b.to_bytes()).unwrap_or_default();
    let events: Vec<Value> = bytes
        .split(|b| *b == b'\n')
        .filter(|l| !l.is_empty())
        .map(|l| serde_json::from_slice(l).expect("JSON"))
        .collect();
    assert_eq!(events.len(), 2);
    assert!(
        events[0]["object"]["columnDefinitions"].is_array()
            && events[1]["object"]["columnDefinitions"].is_null()
    );
    assert_eq!(events[1]["object"]["rows"][0]["cells"][0], "b");
}
