//! Deletes: preconditions, finalizers, policies, collections, namespaces.

use serde_json::json;

use crate::support::{MAPS, World, config_map, version};

#[tokio::test]
async fn preconditions_hold() {
    let world = World::new().await;
    let made = world.post(MAPS, &config_map("a", "1")).await.json();
    let path = format!("{MAPS}/a");
    let delete = |body: serde_json::Value| {
        let (world, path) = (&world, &path);
        async move {
            world
                .send("DELETE", path, &[("content-type", "application/json")], body.to_string().as_bytes())
                .await
        }
    };
    assert_eq!(delete(json!({"preconditions": {"uid": "other"}})).await.code, 409);
    assert_eq!(delete(json!({"preconditions": {"resourceVersion": "1"}})).await.code, 409);
    let version = version(&made).to_string();
    let gone =
        delete(json!({"preconditions": {"uid": made["metadata"]["uid"], "resourceVersion": version}})).await;
    assert_eq!((gone.code, &gone.json()["details"]["uid"]), (200, &made["metadata"]["uid"]));
    assert_eq!(world.delete(&path).await.code, 404);
}

#[tokio::test]
async fn finalizers_hold_an_object_until_the_last_is_gone() {
    let world = World::new().await;
    let mut body = config_map("a", "1");
    body["metadata"]["finalizers"] = json!(["example.com/hold"]);
    world.post(MAPS, &body).await;
    let path = format!("{MAPS}/a");
    let marked = world.delete(&path).await.json();
    assert!(marked["metadata"]["deletionTimestamp"].is_string());
    assert_eq!(version(&world.delete(&path).await.json()), version(&marked), "twice is once");
    let more = json!({"metadata": {"finalizers": ["example.com/hold", "example.com/more"]}});
    assert_eq!(world.patch(&path, "merge-patch+json", &more).await.code, 422);
    assert_eq!(
        world.patch(&path, "merge-patch+json", &json!({"metadata": {"finalizers": null}})).await.code,
        200
    );
    assert_eq!(world.get(&path).await.code, 404);
}

#[tokio::test]
async fn policies_leave_their_finalizer() {
    let world = World::new().await;
    for (policy, finalizer) in [("Foreground", "foregroundDeletion"), ("Orphan", "orphan")] {
        world.post(MAPS, &config_map("a", "1")).await;
        let path = format!("{MAPS}/a");
        let marked = world.delete(&format!("{path}?propagationPolicy={policy}")).await.json();
        assert_eq!(marked["metadata"]["finalizers"], json!([finalizer]));
        world.patch(&path, "merge-patch+json", &json!({"metadata": {"finalizers": []}})).await;
        assert_eq!(world.get(&path).await.code, 404);
    }
}

#[tokio::test]
async fn a_collection_goes_by_selector() {
    let world = World::new().await;
    for (name, app) in [("a", "x"), ("b", "y"), ("c", "x")] {
        let mut body = config_map(name, "1");
        body["metadata"]["labels"] = json!({"app": app});
        world.post(MAPS, &body).await;
    }
    let path = format!("{MAPS}?labelSelector=app%3Dx");
    assert_eq!(
        world.delete(&format!("{path}&dryRun=All")).await.json()["items"].as_array().map(Vec::len),
        Some(2)
    );
    assert_eq!(world.delete(&path).await.json()["items"].as_array().map(Vec::len), Some(2));
    let left = world.get(MAPS).await.json();
    assert_eq!(left["items"].as_array().map(Vec::len), Some(1));
    assert_eq!(left["items"][0]["metadata"]["name"], "b");
}

#[tokio::test]
async fn a_terminating_namespace_takes_nothing_new() {
    let world = World::new().await;
    let namespace = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "n"}});
    assert_eq!(world.post("/api/v1/namespaces", &namespace).await.code, 201);
    let ended = world.delete("/api/v1/namespaces/n").await.json();
    assert_eq!(ended["status"]["phase"], "Terminating");
    let refused = world.post("/api/v1/namespaces/n/configmaps", &config_map("a", "1")).await;
    assert_eq!(
        (refused.code, &refused.json()["details"]["causes"][0]["reason"]),
        (403, &json!("NamespaceTerminating"))
    );
    let mut done = world.get("/api/v1/namespaces/n").await.json();
    done["spec"]["finalizers"] = json!([]);
    assert_eq!(world.put("/api/v1/namespaces/n/finalize", &done).await.code, 200);
    assert_eq!(world.get("/api/v1/namespaces/n").await.code, 404);
    assert_eq!(world.delete("/api/v1/namespaces/default").await.code, 403);
}

#[tokio::test]
async fn a_running_pod_gets_its_time() {
    let world = World::new().await;
    let pods = "/api/v1/namespaces/default/pods";
    let pod = json!({
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "p"},
        "spec": {"nodeName": "n1", "containers": [{"name": "c", "image": "i"}]},
    });
    assert_eq!(world.post(pods, &pod).await.code, 201);
    let path = format!("{pods}/p");
    let marked = world.delete(&path).await.json();
    assert_eq!(marked["metadata"]["deletionGracePeriodSeconds"], 30);
    assert_eq!(world.delete(&format!("{path}?gracePeriodSeconds=0")).await.code, 200);
    assert_eq!(world.get(&path).await.code, 404, "the kubelet's word is final");
    let mut unbound = pod.clone();
    unbound["spec"]["nodeName"] = "".into();
    world.post(pods, &unbound).await;
    world.delete(&path).await;
    assert_eq!(world.get(&path).await.code, 404);
}
