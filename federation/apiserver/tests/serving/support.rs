//! A server over a store, a raw client, and a kube client.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use federation_apiserver::resource::Caller;
use federation_apiserver::server::{Body, LocalService};
use federation_apiserver::{ApiServer, Config, Options, builtin, custom};
use federation_store::{EmbeddedStore, Store};
use http::{HeaderMap, Request};
use http_body_util::{BodyExt, Full};
use serde_json::{Value, json};
use tower::ServiceExt;

/// Somebody who may do everything.
pub(crate) fn admin() -> Caller {
    Caller { name: "admin".into(), groups: vec!["system:masters".into()], ..Caller::default() }
}

/// A server and its admin.
pub(crate) struct World {
    pub(crate) server: ApiServer,
    service: LocalService,
}

/// An answer, read to its end.
#[derive(Debug)]
pub(crate) struct Got {
    pub(crate) code: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) bytes: Bytes,
}

impl Got {
    /// The body as JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes).unwrap_or_else(|e| panic!("{e}: {:?}", self.bytes))
    }
}

/// The custom kind `widgets.example.com/v1`: a spec with `unit` and `replicas`, status and scale.
pub(crate) fn widget_crd() -> Value {
    json!({
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "widgets.example.com"},
        "spec": {
            "group": "example.com",
            "scope": "Namespaced",
            "names": {"plural": "widgets", "singular": "widget", "kind": "Widget", "listKind": "WidgetList"},
            "versions": [{
                "name": "v1",
                "served": true,
                "storage": true,
                "selectableFields": [{"jsonPath": ".spec.unit"}],
                "additionalPrinterColumns": [{"name": "Unit", "type": "string", "jsonPath": ".spec.unit"}],
                "subresources": {
                    "status": {},
                    "scale": {"specReplicasPath": ".spec.replicas", "statusReplicasPath": ".status.replicas"},
                },
                "schema": {"openAPIV3Schema": {
                    "type": "object",
                    "properties": {
                        "spec": {"type": "object", "properties": {
                            "unit": {"type": "string"},
                            "replicas": {"type": "integer", "minimum": 0, "default": 1},
                        }},
                        "status": {"type": "object", "properties": {
                            "replicas": {"type": "integer"},
                            "phase": {"type": "string"},
                        }},
                    },
                }},
            }],
        },
    })
}

impl World {
    /// A server over a fresh store in memory.
    pub(crate) async fn new() -> Self {
        Self::over(Arc::new(EmbeddedStore::in_memory().expect("a store in memory"))).await
    }

    /// A server over `store`.
    pub(crate) async fn over(store: Arc<dyn Store>) -> Self {
        Self::with(store, |_| {}).await
    }

    /// A server over `store` with changed settings.
    pub(crate) async fn with(store: Arc<dyn Store>, change: impl FnOnce(&mut Options)) -> Self {
        let mut resources = builtin::member();
        resources.push(custom::resource(&widget_crd()).expect("the sample is a good CRD"));
        let mut config = Config::new(store, resources);
        config.options.bookmark_every = Duration::from_millis(200);
        change(&mut config.options);
        let server = ApiServer::start(config).await.expect("the server starts");
        let service = server.service(admin());
        Self { server, service }
    }

    /// A kube client of the admin.
    pub(crate) fn client(&self) -> kube::Client {
        kube::Client::new(self.service.clone(), "default")
    }

    /// Sends a request as the admin and waits for the headers.
    pub(crate) async fn open(&self, request: Request<Full<Bytes>>) -> http::Response<Body> {
        match self.service.clone().oneshot(request).await {
            Ok(response) => response,
            Err(never) => match never {},
        }
    }

    /// Sends a request with headers and reads the whole answer.
    pub(crate) async fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Got {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Full::from(Bytes::copy_from_slice(body))).expect("a good request");
        let (parts, body) = self.open(request).await.into_parts();
        let bytes = body.collect().await.map(|b| b.to_bytes()).unwrap_or_default();
        Got { code: parts.status.as_u16(), headers: parts.headers, bytes }
    }

    pub(crate) async fn get(&self, path: &str) -> Got {
        self.send("GET", path, &[], b"").await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Got {
        self.send("POST", path, &[("content-type", "application/json")], body.to_string().as_bytes()).await
    }

    pub(crate) async fn put(&self, path: &str, body: &Value) -> Got {
        self.send("PUT", path, &[("content-type", "application/json")], body.to_string().as_bytes()).await
    }

    pub(crate) async fn patch(&self, path: &str, kind: &str, body: &Value) -> Got {
        let kind = format!("application/{kind}");
        self.send("PATCH", path, &[("content-type", &kind)], body.to_string().as_bytes()).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Got {
        self.send("DELETE", path, &[], b"").await
    }

    /// Opens a watch.
    pub(crate) async fn watch(&self, path: &str) -> Lines {
        let request = Request::get(path).body(Full::default()).expect("a good request");
        let response = self.open(request).await;
        assert_eq!(response.status(), 200, "{path}");
        Lines { body: response.into_body(), buffer: Vec::new() }
    }
}

/// The events of a watch, line by line.
pub(crate) struct Lines {
    body: Body,
    buffer: Vec<u8>,
}

impl Lines {
    /// The next event; `None` at the end. Panics when nothing comes for ten seconds.
    pub(crate) async fn next(&mut self) -> Option<Value> {
        loop {
            if let Some(end) = self.buffer.iter().position(|b| *b == b'\n') {
                let line: Vec<u8> = self.buffer.drain(..=end).collect();
                return Some(serde_json::from_slice(&line).expect("a line is JSON"));
            }
            let frame = tokio::time::timeout(Duration::from_secs(10), self.body.frame()).await;
            match frame.expect("an event within ten seconds") {
                None => return None,
                Some(Ok(frame)) => self.buffer.extend_from_slice(&frame.into_data().unwrap_or_default()),
                Some(Err(never)) => match never {},
            }
        }
    }

    /// The next event that is no bookmark, as type, name and version.
    pub(crate) async fn change(&mut self) -> Option<(String, String, u64)> {
        loop {
            let event = self.next().await?;
            if event["type"] != "BOOKMARK" {
                return Some(told(&event));
            }
        }
    }
}

/// Type, name and version of an event.
pub(crate) fn told(event: &Value) -> (String, String, u64) {
    let text = |pointer: &str| event.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
    (text("/type"), text("/object/metadata/name"), version(&event["object"]))
}

/// The version of an object or list.
pub(crate) fn version(object: &Value) -> u64 {
    object["metadata"]["resourceVersion"].as_str().and_then(|v| v.parse().ok()).unwrap_or(0)
}

/// A ConfigMap.
pub(crate) fn config_map(name: &str, value: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": {"k": value}})
}

/// A widget.
pub(crate) fn widget(name: &str, unit: &str) -> Value {
    json!({"apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"name": name}, "spec": {"unit": unit}})
}

pub(crate) const MAPS: &str = "/api/v1/namespaces/default/configmaps";
pub(crate) const WIDGETS: &str = "/apis/example.com/v1/namespaces/default/widgets";
