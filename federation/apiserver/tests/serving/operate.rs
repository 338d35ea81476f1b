//! Health, version, discovery, errors, authorization, draining.

use federation_apiserver::resource::Caller;
use serde_json::Value;

use crate::support::{MAPS, WIDGETS, World, config_map, widget};

#[tokio::test]
async fn health_version_and_metrics() {
    let world = World::new().await;
    for path in ["/livez", "/readyz", "/healthz", "/livez/ping"] {
        let got = world.get(path).await;
        assert_eq!((got.code, got.bytes.as_ref()), (200, b"ok".as_ref()), "{path}");
    }
    let verbose = world.get("/readyz?verbose").await;
    assert!(String::from_utf8_lossy(&verbose.bytes).ends_with("[+]shutdown ok\nreadyz check passed\n"));
    assert_eq!(world.get("/livez/none").await.code, 404);
    let version = world.get("/version").await.json();
    assert_eq!((&version["major"], &version["minor"]), (&Value::from("1"), &Value::from("36")));
    world.post(MAPS, &config_map("a", "1")).await;
    world.get(MAPS).await;
    let metrics = String::from_utf8_lossy(&world.get("/metrics").await.bytes).into_owned();
    assert!(metrics.contains(r#"apiserver_storage_objects{group="",resource="configmaps"} 1"#), "{metrics}");
}

#[tokio::test]
async fn discovery_in_both_forms() {
    let world = World::new().await;
    let accept = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json";
    let got = world.send("GET", "/apis", &[("accept", accept)], b"").await;
    assert_eq!(got.json()["kind"], "APIGroupDiscoveryList");
    assert_eq!(got.headers["vary"], "Accept");
    let tag = got.headers["etag"].to_str().unwrap_or_default().to_owned();
    let same = world.send("GET", "/apis", &[("accept", accept), ("if-none-match", &tag)], b"").await;
    let kinds = (&got.headers["content-type"], &same.headers["content-type"]);
    assert_eq!((same.code, kinds.0), (304, kinds.1), "caches take over the headers of a 304");
    assert_eq!(world.get("/apis").await.json()["kind"], "APIGroupList");
    let list = world.get("/apis/example.com/v1").await;
    assert_eq!(list.json()["resources"][0]["name"], "widgets");
    let etag = list.headers["etag"].to_str().unwrap_or_default().to_owned();
    let same = world.send("GET", "/apis/example.com/v1", &[("if-none-match", &etag)], b"").await;
    assert_eq!((same.code, same.bytes.len()), (304, 0));
    let index = world.get("/openapi/v3").await.json();
    let url =
        index["paths"]["apis/example.com/v1"]["serverRelativeURL"].as_str().unwrap_or_default().to_owned();
    assert!(world.get(&url).await.json()["paths"].is_object());
    assert_eq!(world.get("/openapi/v2").await.json()["swagger"], "2.0");
    let proto = "application/com.github.proto-openapi.spec.v2@v1.0+protobuf";
    let got = world.send("GET", "/openapi/v2", &[("accept", proto)], b"").await;
    assert_eq!(got.headers["content-type"], proto.replace('@', "."));
    assert_eq!(&got.bytes[..5], b"\x0a\x032.0");
}

#[tokio::test]
async fn every_error_is_a_status() {
    let world = World::new().await;
    let cases = [
        ("GET", "/nothing", 404),
        ("GET", "/apis/none/v1/things", 404),
        ("POST", "/version", 405),
        ("PUT", MAPS, 405),
        ("GET", "/api/v1/namespaces/default/configmaps/a/status", 404),
        ("GET", "/api/v1/namespaces/default/configmaps/none", 404),
    ];
    for (method, path, code) in cases {
        let got = world.send(method, path, &[], b"{}").await;
        assert_eq!((got.code, &got.json()["kind"]), (code, &Value::from("Status")), "{method} {path}");
        assert!(got.headers.contains_key("audit-id"));
        assert_eq!(got.headers["cache-control"], "no-cache, private");
    }
    let media = [("content-type", "application/cbor")];
    assert_eq!(world.send("POST", MAPS, &media, b"{}").await.code, 415);
    assert_eq!(world.send("GET", MAPS, &[("accept", "application/cbor")], b"").await.code, 406);
    assert_eq!(world.send("POST", MAPS, &[], &vec![b' '; 4 << 20]).await.code, 413);
    assert_eq!(world.send("POST", MAPS, &[], b"{\"kind\":").await.code, 400);
}

#[tokio::test]
async fn who_has_no_right_is_told_which() {
    let world = World::new().await;
    let nobody = Caller { name: "nobody".into(), ..Caller::default() };
    let client = kube::Client::new(world.server.service(nobody), "default");
    let maps: kube::Api<k8s_openapi::api::core::v1::ConfigMap> = kube::Api::default_namespaced(client);
    let error = maps.list(&Default::default()).await.expect_err("nobody may list");
    let text = error.to_string();
    assert!(text.contains("User \"nobody\" cannot list resource \"configmaps\" in API group \"\" in the namespace \"default\""), "{text}");
}

#[tokio::test]
async fn a_role_counts_at_once() {
    use serde_json::json;
    let world = World::new().await;
    let role = json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": {"name": "r"}, "rules": [{"apiGroups": [""], "resources": ["configmaps"], "verbs": ["list"]}]});
    let binding = json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding", "metadata": {"name": "r"}, "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "r"}, "subjects": [{"kind": "User", "apiGroup": "rbac.authorization.k8s.io", "name": "reader"}]});
    let base = "/apis/rbac.authorization.k8s.io/v1/namespaces/default";
    assert_eq!(world.post(&format!("{base}/roles"), &role).await.code, 201);
    assert_eq!(world.post(&format!("{base}/rolebindings"), &binding).await.code, 201);
    // A consistent read waits for the feed, which tells the authorizer first.
    world.get(&format!("{base}/rolebindings")).await;
    let reader = Caller { name: "reader".into(), ..Caller::default() };
    let client = kube::Client::new(world.server.service(reader), "default");
    let maps: kube::Api<k8s_openapi::api::core::v1::ConfigMap> = kube::Api::default_namespaced(client);
    assert!(maps.list(&Default::default()).await.is_ok());
}

#[tokio::test]
async fn draining_ends_watches_and_readiness() {
    let world = World::new().await;
    world.post(WIDGETS, &widget("a", "x")).await;
    let mut watch = world.watch(&format!("{WIDGETS}?watch=1")).await;
    assert!(watch.change().await.is_some());
    world.server.drain().await;
    assert!(watch.next().await.is_none());
    assert_eq!(world.get("/readyz").await.code, 500);
    assert!(world.server.is_draining());
}
