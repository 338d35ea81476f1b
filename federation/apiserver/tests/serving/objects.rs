//! Create, get, update, patch, apply.

use k8s_openapi::api::core::v1::ConfigMap;
use kube::Api;
use kube::api::{Patch, PatchParams, PostParams};
use serde_json::{Value, json};

use crate::support::{MAPS, WIDGETS, World, config_map, version, widget};

#[tokio::test]
async fn a_kube_client_creates_reads_changes_and_deletes() -> Result<(), kube::Error> {
    let world = World::new().await;
    let maps: Api<ConfigMap> = Api::default_namespaced(world.client());
    let mut map = ConfigMap::default();
    map.metadata.generate_name = Some("made-".into());
    map.data = Some([("a".to_owned(), "1".to_owned())].into());
    let made = maps.create(&PostParams::default(), &map).await?;
    let name = made.metadata.name.clone().unwrap_or_default();
    assert!(
        name.starts_with("made-")
            && made.metadata.uid.is_some()
            && made.metadata.creation_timestamp.is_some()
    );
    let patch = json!({"data": {"a": "2"}});
    maps.patch(&name, &PatchParams::default(), &Patch::Merge(&patch)).await?;
    let read = maps.get(&name).await?;
    assert_eq!(read.data.and_then(|d| d.get("a").cloned()).as_deref(), Some("2"));
    maps.delete(&name, &Default::default()).await?;
    let error = maps.get(&name).await.expect_err("it was deleted");
    assert!(matches!(error, kube::Error::Api(status) if status.code == 404));
    Ok(())
}

#[tokio::test]
async fn a_taken_name_and_a_missing_namespace_are_refused() {
    let world = World::new().await;
    assert_eq!(world.post(MAPS, &config_map("a", "1")).await.code, 201);
    let again = world.post(MAPS, &config_map("a", "1")).await;
    assert_eq!(
        (again.code, again.json()["message"].as_str()),
        (409, Some("configmaps \"a\" already exists"))
    );
    let lost = world.post("/api/v1/namespaces/none/configmaps", &config_map("a", "1")).await;
    assert_eq!((lost.code, lost.json()["message"].as_str()), (404, Some("namespaces \"none\" not found")));
}

#[tokio::test]
async fn updates_check_versions_and_do_nothing_when_nothing_changes() {
    let world = World::new().await;
    let made = world.post(MAPS, &config_map("a", "1")).await.json();
    let path = format!("{MAPS}/a");
    let same = world.put(&path, &made).await;
    assert_eq!((same.code, version(&same.json())), (200, version(&made)), "a no-op keeps the version");
    let mut newer = made.clone();
    newer["data"]["k"] = "2".into();
    let changed = world.put(&path, &newer).await.json();
    assert!(version(&changed) > version(&made));
    assert_eq!(world.put(&path, &newer).await.json()["reason"], "Conflict");
    newer["metadata"]["resourceVersion"] = Value::Null;
    newer["data"]["k"] = "3".into();
    assert_eq!(world.put(&path, &newer).await.code, 200, "a built-in kind is replaced without a version");
    newer["metadata"]["uid"] = "other".into();
    assert_eq!(world.put(&path, &newer).await.code, 409);
}

#[tokio::test]
async fn custom_kinds_count_generations_and_keep_the_status_apart() {
    let world = World::new().await;
    let mut body = widget("w", "RZ01");
    body["status"] = json!({"phase": "invented"});
    let made = world.post(WIDGETS, &body).await.json();
    assert_eq!(made["metadata"]["generation"], 1);
    assert_eq!(made["spec"]["replicas"], 1, "defaulted");
    assert!(made.get("status").is_none(), "the main endpoint writes no status");
    let path = format!("{WIDGETS}/w");
    let status = format!("{path}/status");
    let told = world
        .patch(&status, "merge-patch+json", &json!({"status": {"phase": "Up"}, "spec": {"unit": "X"}}))
        .await;
    let told = told.json();
    assert_eq!((&told["status"]["phase"], &told["spec"]["unit"]), (&json!("Up"), &json!("RZ01")));
    assert_eq!(told["metadata"]["generation"], 1);
    let changed = world
        .patch(&path, "merge-patch+json", &json!({"spec": {"unit": "RZ02"}, "status": null}))
        .await
        .json();
    assert_eq!((&changed["metadata"]["generation"], &changed["status"]["phase"]), (&json!(2), &json!("Up")));
    let mut versionless = widget("w", "RZ03");
    versionless["metadata"]["resourceVersion"] = "".into();
    assert_eq!(world.put(&path, &versionless).await.code, 422);
    assert_eq!(world.patch(&path, "strategic-merge-patch+json", &json!({})).await.code, 415);
}

#[tokio::test(flavor = "multi_thread")]
async fn patches_without_a_version_never_conflict() {
    const WRITERS: usize = 12;
    let world = World::new().await;
    world.post(MAPS, &config_map("m", "0")).await;
    let path = format!("{MAPS}/m");
    let rounds = (0..WRITERS).map(|writer| {
        let (world, path) = (&world, &path);
        async move {
            for round in 0..10 {
                let body = json!({"data": {format!("k{writer}-{round}"): "x"}});
                assert_eq!(world.patch(path, "merge-patch+json", &body).await.code, 200);
            }
        }
    });
    futures::future::join_all(rounds).await;
    let map = world.get(&path).await.json();
    assert_eq!(map["data"].as_object().map(serde_json::Map::len), Some(1 + WRITERS * 10));
}

#[tokio::test]
async fn empty_metadata_is_not_kept() {
    let world = World::new().await;
    let mut body = config_map("m", "1");
    body["metadata"]["labels"] = json!({});
    body["metadata"]["annotations"] = json!({"a": "1"});
    let made = world.post(MAPS, &body).await.json();
    assert!(made["metadata"].get("labels").is_none(), "{made}");
    let patch = json!({"metadata": {"annotations": {"a": null}}});
    let left = world.patch(&format!("{MAPS}/m"), "merge-patch+json", &patch).await.json();
    assert!(left["metadata"].get("annotations").is_none(), "{left}");
}

#[tokio::test]
async fn field_validation_refuses_or_warns() {
    let world = World::new().await;
    let body = r#"{"apiVersion":"example.com/v1","kind":"Widget","metadata":{"name":"w"},"spec":{"unit":"a","unit":"b","colour":"red"}}"#;
    let json = [("content-type", "application/json")];
    let strict =
        world.send("POST", &format!("{WIDGETS}?fieldValidation=Strict"), &json, body.as_bytes()).await;
    let message = strict.json()["message"].as_str().unwrap_or_default().to_owned();
    assert_eq!(strict.code, 400);
    assert!(message.contains("spec.colour") && message.contains("spec.unit"), "{message}");
    let warned = world.send("POST", WIDGETS, &json, body.as_bytes()).await;
    assert_eq!((warned.code, warned.headers.get_all("warning").iter().count()), (201, 2));
    let wrong = world.post(WIDGETS, &json!({"apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"name": "x"}, "spec": {"replicas": -1}})).await;
    assert_eq!((wrong.code, wrong.json()["reason"].as_str()), (422, Some("Invalid")));
}

#[tokio::test]
async fn dry_runs_change_nothing() {
    let world = World::new().await;
    let made = world.post(&format!("{MAPS}?dryRun=All"), &config_map("a", "1")).await;
    assert_eq!(made.code, 201);
    assert_eq!(world.get(&format!("{MAPS}/a")).await.code, 404);
    let kept = world.post(MAPS, &config_map("a", "1")).await.json();
    let path = format!("{MAPS}/a");
    let patched =
        world.patch(&format!("{path}?dryRun=All"), "merge-patch+json", &json!({"data": {"k": "2"}})).await;
    assert_eq!(patched.json()["data"]["k"], "2");
    assert_eq!(world.delete(&format!("{path}?dryRun=All")).await.code, 200);
    assert_eq!(world.get(&path).await.json(), kept);
}

#[tokio::test]
async fn apply_creates_merges_and_tells_conflicts() {
    let world = World::new().await;
    let path = format!("{WIDGETS}/w");
    let apply = |manager: &str, force: bool| format!("{path}?fieldManager={manager}&force={force}");
    let made = world.patch(&apply("one", false), "apply-patch+yaml", &widget("w", "RZ01")).await;
    assert_eq!(made.code, 201, "{made:?}");
    let again = world.patch(&apply("one", false), "apply-patch+yaml", &widget("w", "RZ01")).await;
    assert_eq!((again.code, version(&again.json())), (200, version(&made.json())), "nothing changed");
    let conflict = world.patch(&apply("two", false), "apply-patch+yaml", &widget("w", "RZ02")).await;
    assert_eq!(conflict.code, 409);
    let cause = &conflict.json()["details"]["causes"][0];
    assert_eq!((&cause["reason"], &cause["field"]), (&json!("FieldManagerConflict"), &json!(".spec.unit")));
    let forced = world.patch(&apply("two", true), "apply-patch+yaml", &widget("w", "RZ02")).await;
    assert_eq!((forced.code, &forced.json()["spec"]["unit"]), (200, &json!("RZ02")));
    let nameless = world.patch(&path, "apply-patch+yaml", &widget("w", "RZ02")).await;
    assert_eq!(nameless.code, 422);
}

#[tokio::test]
async fn concurrent_patches_all_count() {
    let world = World::new().await;
    world.post(MAPS, &config_map("a", "1")).await;
    let path = format!("{MAPS}/a");
    let bodies: Vec<Value> = (0..4).map(|n| json!({"data": {format!("n{n}"): "x"}})).collect();
    let all = bodies.iter().map(|body| world.patch(&path, "merge-patch+json", body));
    for got in futures::future::join_all(all).await {
        assert_eq!(got.code, 200, "{got:?}");
    }
    let data = world.get(&path).await.json()["data"].as_object().map(serde_json::Map::len);
    assert_eq!(data, Some(5));
}

#[tokio::test]
async fn yaml_goes_in_and_out() {
    let world = World::new().await;
    let body = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\ndata:\n  k: v\n";
    let yaml = [("content-type", "application/yaml"), ("accept", "application/yaml")];
    let got = world.send("POST", MAPS, &yaml, body.as_bytes()).await;
    let text = String::from_utf8_lossy(&got.bytes).into_owned();
    assert_eq!((got.code, got.headers["content-type"].to_str().ok()), (201, Some("application/yaml")));
    assert!(text.contains("  k: v"), "{text}");
}
