//! The same store under a new server: nothing is lost, watches go on.

use std::sync::Arc;

use federation_store::{EmbeddedStore, Options};

use crate::support::{WIDGETS, World, version, widget};

#[tokio::test]
async fn objects_and_watches_survive_a_restart() -> Result<(), Box<dyn std::error::Error>> {
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
    let world = World::over(store).await;
    let mut resumed = world.watch(&format!("{WIDGETS}?watch=1&resourceVersion={first}")).await;
    assert_eq!(resumed.change().await, Some(("ADDED".into(), "b".into(), second)));
    assert_eq!(resumed.change().await.map(|c| (c.0, c.1)), Some(("DELETED".into(), "a".into())));
    let third = version(&world.post(WIDGETS, &widget("c", "x")).await.json());
    assert_eq!(resumed.change().await, Some(("ADDED".into(), "c".into(), third)));
    assert_eq!(world.get(&format!("{WIDGETS}/b")).await.code, 200);
    Ok(())
}
