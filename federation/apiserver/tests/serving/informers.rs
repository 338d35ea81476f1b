//! The watcher of kube-rs, as controllers use it, in both of its modes.

use std::collections::BTreeSet;
use std::time::Duration;

use futures::{StreamExt, TryStreamExt};
use k8s_openapi::api::core::v1::ConfigMap;
use kube::Api;
use kube::runtime::watcher::{Config, Event, watcher};

use crate::support::{MAPS, World, config_map};

#[tokio::test]
async fn watchers_of_kube_see_state_and_changes() -> Result<(), Box<dyn std::error::Error>> {
    let world = World::new().await;
    for n in 0..7 {
        world.post(MAPS, &config_map(&format!("m{n}"), "1")).await;
    }
    for config in [Config::default().page_size(3), Config::default().streaming_lists()] {
        let maps: Api<ConfigMap> = Api::default_namespaced(world.client());
        let mut events = watcher(maps, config).boxed();
        let mut names = BTreeSet::new();
        let wait = Duration::from_secs(10);
        loop {
            match tokio::time::timeout(wait, events.try_next()).await?? {
                Some(Event::InitApply(map)) => drop(names.insert(map.metadata.name.unwrap_or_default())),
                Some(Event::InitDone) => break,
                Some(_) => {}
                None => return Err("the watcher ended".into()),
            }
        }
        assert_eq!(names.len(), 7);
        world.post(MAPS, &config_map("late", "1")).await;
        world.delete(&format!("{MAPS}/late")).await;
        let mut seen = Vec::new();
        while seen.len() < 2 {
            match tokio::time::timeout(wait, events.try_next()).await?? {
                Some(Event::Apply(map)) => seen.push(("apply", map.metadata.name.unwrap_or_default())),
                Some(Event::Delete(map)) => seen.push(("delete", map.metadata.name.unwrap_or_default())),
                Some(_) => {}
                None => return Err("the watcher ended".into()),
            }
        }
        assert_eq!(seen, [("apply", "late".to_owned()), ("delete", "late".to_owned())]);
    }
    Ok(())
}
