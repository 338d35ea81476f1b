//! `/scale`, reviews, views of a kind under another group.

use serde_json::{Value, json};

use crate::support::{WIDGETS, World, version, widget};

#[tokio::test]
async fn a_scale_reads_and_writes_the_object() {
    let world = World::new().await;
    world.post(WIDGETS, &widget("w", "x")).await;
    let path = format!("{WIDGETS}/w/scale");
    let mut scale = world.get(&path).await.json();
    assert_eq!((&scale["kind"], &scale["spec"]["replicas"]), (&json!("Scale"), &json!(1)));
    scale["spec"]["replicas"] = 4.into();
    assert_eq!(world.put(&path, &scale).await.json()["spec"]["replicas"], 4);
    assert_eq!(world.put(&path, &scale).await.code, 409, "the version moved on");
    let patched = world.patch(&path, "merge-patch+json", &json!({"spec": {"replicas": 6}})).await;
    assert_eq!((patched.code, &patched.json()["spec"]["replicas"]), (200, &json!(6)));
    let object = world.get(&format!("{WIDGETS}/w")).await.json();
    assert_eq!((&object["spec"]["replicas"], &object["metadata"]["generation"]), (&json!(6), &json!(3)));
    assert_eq!(world.patch(&path, "merge-patch+json", &json!({"spec": {"replicas": -1}})).await.code, 422);
}

#[tokio::test]
async fn reviews_answer_and_store_nothing() {
    let world = World::new().await;
    let review = json!({
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": {"resourceAttributes": {"verb": "list", "resource": "pods"}},
    });
    let path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
    let got = world.post(path, &review).await;
    assert_eq!((got.code, &got.json()["status"]["allowed"]), (201, &json!(true)));
    assert_eq!(world.get(path).await.code, 405);
}

#[tokio::test]
async fn events_are_one_object_under_two_groups() {
    let world = World::new().await;
    let event = json!({
        "apiVersion": "events.k8s.io/v1",
        "kind": "Event",
        "metadata": {"name": "e", "namespace": "default"},
        "eventTime": "2026-01-01T00:00:00.000000Z",
        "reportingController": "example.com/c",
        "reportingInstance": "c-1",
        "action": "Act",
        "reason": "Because",
        "note": "a note",
        "type": "Normal",
        "regarding": {"kind": "Pod", "name": "p", "namespace": "default"},
    });
    let new = "/apis/events.k8s.io/v1/namespaces/default/events";
    let made = world.post(new, &event).await;
    assert_eq!(made.code, 201, "{made:?}");
    assert_eq!(made.json()["note"], "a note");
    let old = world.get("/api/v1/namespaces/default/events/e").await.json();
    assert_eq!((&old["message"], &old["involvedObject"]["name"]), (&json!("a note"), &json!("p")));
    let again = world.get(&format!("{new}/e")).await.json();
    assert_eq!((&again["note"], version(&again)), (&Value::from("a note"), version(&old)));
    let list = world.get(new).await.json();
    assert_eq!(list["items"][0]["regarding"]["name"], "p");
}

#[tokio::test]
async fn a_binding_places_a_pod_once() {
    let world = World::new().await;
    let pods = "/api/v1/namespaces/default/pods";
    let pod = json!({
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "p"},
        "spec": {"containers": [{"name": "c", "image": "i"}]},
    });
    assert_eq!(world.post(pods, &pod).await.code, 201);
    let target = json!({"kind": "Node", "name": "n1"});
    let binding = json!({"apiVersion": "v1", "kind": "Binding", "metadata": {"name": "p"}, "target": target});
    let path = format!("{pods}/p/binding");
    assert_eq!(world.post(&path, &binding).await.code, 201);
    assert_eq!(world.get(&format!("{pods}/p")).await.json()["spec"]["nodeName"], "n1");
    assert_eq!(world.post(&path, &binding).await.code, 409);
}

#[tokio::test]
async fn an_eviction_spends_the_budget() {
    let world = World::new().await;
    let pods = "/api/v1/namespaces/default/pods";
    for name in ["p", "q"] {
        let pod = json!({
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": name, "labels": {"app": "shop"}},
            "spec": {"containers": [{"name": "c", "image": "i"}]},
        });
        assert_eq!(world.post(pods, &pod).await.code, 201);
        let running = json!({"status": {"phase": "Running"}});
        assert_eq!(
            world.patch(&format!("{pods}/{name}/status"), "merge-patch+json", &running).await.code,
            200
        );
    }
    let budget = json!({
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": {"name": "b"},
        "spec": {"minAvailable": 1, "selector": {"matchLabels": {"app": "shop"}}},
    });
    let budgets = "/apis/policy/v1/namespaces/default/poddisruptionbudgets";
    assert_eq!(world.post(budgets, &budget).await.code, 201);
    let status = json!({"status": {
        "disruptionsAllowed": 1, "observedGeneration": 1, "currentHealthy": 2, "desiredHealthy": 1, "expectedPods": 2,
    }});
    assert_eq!(world.patch(&format!("{budgets}/b/status"), "merge-patch+json", &status).await.code, 200);
    let evict =
        |name: &str| json!({"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": name}});
    let first = world.post(&format!("{pods}/p/eviction"), &evict("p")).await;
    assert_eq!(first.code, 201, "{first:?}");
    assert_eq!(world.get(&format!("{pods}/p")).await.code, 404);
    let second = world.post(&format!("{pods}/q/eviction"), &evict("q")).await;
    let cause = second.json()["details"]["causes"][0]["reason"].clone();
    assert_eq!((second.code, cause), (429, json!("DisruptionBudget")));
    assert_eq!(world.get(&format!("{pods}/q")).await.code, 200);
}
