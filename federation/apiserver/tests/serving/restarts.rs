//! The same store under a new server: nothing is lost, watches go on; what is compacted is expired.

use std::sync::Arc;

use federation_store::{EmbeddedStore, Options, Store};

use crate::support::{WIDGETS, World, version, widget};

type Outcome = Result<(), Box<dyn std::error::Error>>;

/// With `history` the events come from the ring again, without it from the store.
async fn resume(history: u64) -> Outcome {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("store.redb");
    let store = Arc::new(EmbeddedStore::open(&file, Options::default())?);
    let world = World::over(store.clone()).await;
    let first = version(&world.post(WIDGETS, &widget("a", "x")).await.json());
    let second = version(&world.post(WIDGETS, &widget("b", "x")).await.json());
    world.delete(&format!("{WIDGETS}/a")).await;
    world.server.drain().await;
    drop(world);
    store.close().await;
    drop(store);

    let store = Arc::new(EmbeddedStore::open(&file, Options::default())?);
    let world = World::with(store, |options| options.history = history).await;
    let mut resumed = world.watch(&format!("{WIDGETS}?watch=1&resourceVersion={first}")).await;
    assert_eq!(resumed.change().await, Some(("ADDED".into(), "b".into(), second)));
    assert_eq!(resumed.change().await.map(|c| (c.0, c.1)), Some(("DELETED".into(), "a".into())));
    let third = version(&world.post(WIDGETS, &widget("c", "x")).await.json());
    assert_eq!(resumed.change().await, Some(("ADDED".into(), "c".into(), third)));
    let old =
        world.get(&format!("{WIDGETS}?resourceVersion={first}&resourceVersionMatch=Exact")).await.json();
    assert_eq!((version(&old), old["items"].as_array().map(Vec::len)), (first, Some(1)));
    Ok(())
}

#[tokio::test]
async fn watches_resume_from_the_ring() -> Outcome {
    resume(10_000).await
}

#[tokio::test]
async fn watches_resume_from_the_store() -> Outcome {
    resume(0).await
}

#[tokio::test]
async fn what_is_compacted_is_expired() -> Outcome {
    let store = Arc::new(EmbeddedStore::in_memory()?);
    let world = World::over(store.clone()).await;
    for name in ["a", "b", "c"] {
        world.post(WIDGETS, &widget(name, "x")).await;
    }
    let page = world.get(&format!("{WIDGETS}?limit=1")).await.json();
    let token = page["metadata"]["continue"].as_str().unwrap_or_default().to_owned();
    let newest = version(&world.post(WIDGETS, &widget("d", "x")).await.json());
    world.server.drain().await;
    store.compact(newest).await?;

    let world = World::over(store).await;
    let mut watch = world.watch(&format!("{WIDGETS}?watch=1&resourceVersion=2")).await;
    let event = watch.next().await.ok_or("an event")?;
    assert_eq!((&event["type"], &event["object"]["code"]), (&"ERROR".into(), &410.into()));
    assert!(watch.next().await.is_none());
    let gone = world.get(&format!("{WIDGETS}?limit=1&continue={token}")).await;
    assert_eq!((gone.code, gone.json()["reason"].as_str()), (410, Some("Expired")));
    let next = gone.json()["metadata"]["continue"].as_str().unwrap_or_default().to_owned();
    let rest = world.get(&format!("{WIDGETS}?continue={next}")).await.json();
    let names: Vec<_> =
        rest["items"].as_array().into_iter().flatten().map(|i| &i["metadata"]["name"]).collect();
    assert_eq!(names, ["b", "c", "d"], "the rest of the newest state");
    let exact = world.get(&format!("{WIDGETS}?resourceVersion=2&resourceVersionMatch=Exact")).await;
    assert_eq!(exact.code, 410);
    Ok(())
}
