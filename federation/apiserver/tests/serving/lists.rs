//! Lists: which state, pages, selectors, forms.

use serde_json::Value;

use crate::support::{MAPS, WIDGETS, World, config_map, version, widget};

fn names(list: &Value) -> Vec<String> {
    let items = list["items"].as_array().cloned().unwrap_or_default();
    items.iter().map(|i| i["metadata"]["name"].as_str().unwrap_or_default().to_owned()).collect()
}

async fn five(world: &World) {
    for n in 0..5 {
        world.post(WIDGETS, &widget(&format!("w{n}"), if n % 2 == 0 { "even" } else { "odd" })).await;
    }
}

#[tokio::test]
async fn pages_share_one_version() {
    let world = World::new().await;
    five(&world).await;
    let first = world.get(&format!("{WIDGETS}?limit=2")).await.json();
    assert_eq!(names(&first), ["w0", "w1"]);
    assert_eq!(first["metadata"]["remainingItemCount"], 3);
    world.delete(&format!("{WIDGETS}/w3")).await;
    world.post(WIDGETS, &widget("w9", "odd")).await;
    let token = first["metadata"]["continue"].as_str().unwrap_or_default().to_owned();
    let second = world.get(&format!("{WIDGETS}?limit=3&continue={token}")).await.json();
    assert_eq!(names(&second), ["w2", "w3", "w4"], "as it was at the first page");
    assert_eq!(version(&second), version(&first));
    assert!(second["metadata"].get("continue").is_none());
    assert_eq!(names(&world.get(WIDGETS).await.json()), ["w0", "w1", "w2", "w4", "w9"]);
}

#[tokio::test]
async fn versions_choose_the_state() {
    let world = World::new().await;
    five(&world).await;
    let before = version(&world.get(WIDGETS).await.json());
    world.delete(&format!("{WIDGETS}/w0")).await;
    let exact =
        world.get(&format!("{WIDGETS}?resourceVersion={before}&resourceVersionMatch=Exact")).await.json();
    assert_eq!((names(&exact).len(), version(&exact)), (5, before));
    let newer = world.get(&format!("{WIDGETS}?resourceVersion={before}")).await.json();
    assert!(version(&newer) >= before);
    let ahead = world.get(&format!("{WIDGETS}?resourceVersion=999999")).await;
    let cause = ahead.json()["details"]["causes"][0]["reason"].clone();
    assert_eq!((ahead.code, cause), (504, Value::from("ResourceVersionTooLarge")));
}

#[tokio::test]
async fn selectors_select() {
    let world = World::new().await;
    five(&world).await;
    let odd = world.get(&format!("{WIDGETS}?fieldSelector=spec.unit%3Dodd")).await.json();
    assert_eq!(names(&odd), ["w1", "w3"]);
    let one = world.get(&format!("{WIDGETS}?fieldSelector=metadata.name%3Dw2")).await.json();
    assert_eq!(names(&one), ["w2"]);
    let unknown = world.get(&format!("{WIDGETS}?fieldSelector=spec.colour%3Dred")).await;
    assert_eq!(
        (unknown.code, unknown.json()["message"].as_str()),
        (400, Some("field label not supported: spec.colour"))
    );
    let mut labelled = config_map("a", "1");
    labelled["metadata"]["labels"] = serde_json::json!({"app": "shop", "tier": "web"});
    world.post(MAPS, &labelled).await;
    world.post(MAPS, &config_map("b", "1")).await;
    let found = world.get("/api/v1/configmaps?labelSelector=app%20in%20(shop,bank),!canary").await.json();
    assert_eq!(names(&found), ["a"]);
    assert_eq!(world.get(&format!("{MAPS}?labelSelector=a%20b")).await.code, 400);
}

#[tokio::test]
async fn tables_and_metadata() {
    let world = World::new().await;
    five(&world).await;
    let table = [("accept", "application/json;as=Table;v=v1;g=meta.k8s.io,application/json")];
    let got = world.send("GET", WIDGETS, &table, b"").await.json();
    assert_eq!((&got["kind"], got["rows"].as_array().map(Vec::len)), (&Value::from("Table"), Some(5)));
    assert_eq!(got["rows"][1]["cells"][1], "odd");
    assert_eq!(got["rows"][1]["object"]["kind"], "PartialObjectMetadata");
    let partial =
        [("accept", "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io,application/json")];
    let got = world.send("GET", WIDGETS, &partial, b"").await.json();
    assert_eq!(got["kind"], "PartialObjectMetadataList");
    assert!(got["items"][0].get("spec").is_none() && got["items"][0]["metadata"]["uid"].is_string());
}

#[tokio::test]
async fn long_lists_stream_and_pack() {
    use std::io::Read;
    let world = World::new().await;
    let long = "x".repeat(4000);
    for n in 0..100 {
        world.post(MAPS, &config_map(&format!("m{n:03}"), &long)).await;
    }
    let plain = world.get(MAPS).await;
    assert_eq!(names(&plain.json()).len(), 100);
    let packed = world.send("GET", MAPS, &[("accept-encoding", "gzip")], b"").await;
    assert_eq!(packed.headers["content-encoding"], "gzip");
    let mut text = Vec::new();
    flate2::read::GzDecoder::new(packed.bytes.as_ref()).read_to_end(&mut text).expect("gzip");
    assert_eq!(text, plain.bytes);
}
