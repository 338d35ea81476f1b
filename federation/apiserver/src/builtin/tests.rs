//! The built-in kinds as Resources: schemas, defaults, rules and columns.

use serde_json::{Value, json};

use super::{hub, member};
use crate::resource::{Caller, Endpoint, Resource, WriteContext};
use crate::table::{IncludeObject, Printer};

const NOW: i64 = 1_767_225_600;

fn kind(plural: &str) -> Resource {
    member().into_iter().find(|kind| kind.plural == plural).unwrap()
}

fn ctx(endpoint: Endpoint) -> WriteContext {
    let caller = Caller { name: "anna".into(), groups: vec!["dev".into()], ..Caller::default() };
    WriteContext { caller, endpoint, now_unix_seconds: NOW }
}

/// Prepares and validates a create; the object as it would be stored, and the problems.
fn create(plural: &str, mut object: Value) -> (Value, Vec<String>) {
    let ctx = ctx(Endpoint::Main);
    let strategy = kind(plural).strategy;
    strategy.prepare_create(&ctx, &mut object);
    let errors = strategy.validate(&ctx, &object, None).iter().map(ToString::to_string).collect();
    (object, errors)
}

fn update(plural: &str, endpoint: Endpoint, mut object: Value, old: &Value) -> (Value, Vec<String>) {
    let ctx = ctx(endpoint);
    let strategy = kind(plural).strategy;
    strategy.prepare_update(&ctx, &mut object, old);
    let errors = strategy.validate(&ctx, &object, Some(old)).iter().map(ToString::to_string).collect();
    (object, errors)
}

fn cells(plural: &str, object: &Value) -> Value {
    let row = Printer::new(&kind(plural)).row(object, IncludeObject::None, NOW);
    serde_json::from_slice::<Value>(&row).unwrap()["cells"].clone()
}

fn with(mut object: Value, pointer: &str, value: Value) -> Value {
    *object.pointer_mut(pointer).unwrap() = value;
    object
}

#[test]
fn kinds_are_unique_and_their_schemas_shared() {
    let kinds = member();
    let mut names: Vec<_> = kinds.iter().map(|k| (k.group.clone(), k.plural.clone())).collect();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), kinds.len());
    assert!(hub().iter().all(|k| names.contains(&(k.group.clone(), k.plural.clone()))));
    assert!(std::sync::Arc::ptr_eq(&kind("pods").schema, &kind("pods").schema));
}

#[test]
fn a_namespace_gets_its_finalizer_phase_and_label() {
    let (namespace, errors) = create("namespaces", json!({"metadata": {"name": "shop"}}));
    assert!(errors.is_empty());
    assert_eq!(namespace["spec"]["finalizers"], json!(["kubernetes"]));
    assert_eq!(namespace["status"]["phase"], "Active");
    assert_eq!(namespace["metadata"]["labels"], json!({"kubernetes.io/metadata.name": "shop"}));
    let strategy = kind("namespaces").strategy;
    assert!(strategy.blocks_deletion(&namespace));
    let emptied = with(namespace.clone(), "/spec/finalizers", json!([]));
    let (main, _) = update("namespaces", Endpoint::Main, emptied.clone(), &namespace);
    assert!(strategy.blocks_deletion(&main), "only /finalize takes the finalizer away");
    let (finalized, _) = update("namespaces", Endpoint::Other("finalize".into()), emptied, &namespace);
    assert!(!strategy.blocks_deletion(&finalized));
}

#[test]
fn a_secret_keeps_string_data_as_data() {
    let object = json!({"metadata": {"name": "s"}, "stringData": {"user": "anna"}, "data": {"a": "Yg=="}});
    let (secret, errors) = create("secrets", object);
    assert!(errors.is_empty());
    assert_eq!(secret["data"], json!({"a": "Yg==", "user": "YW5uYQ=="}));
    assert_eq!(secret["type"], "Opaque");
    assert!(secret.get("stringData").is_none());
    let (_, errors) = update("secrets", Endpoint::Main, with(secret.clone(), "/type", json!("x/y")), &secret);
    assert_eq!(errors, ["type: Invalid value: \"x/y\": field is immutable"]);
    let (_, errors) = create("secrets", json!({"type": "kubernetes.io/tls", "data": {"tls.crt": ""}}));
    assert_eq!(errors, ["data[tls.key]: Required value"]);
}

#[test]
fn an_immutable_config_map_stays_as_it_is() {
    let old = json!({"metadata": {"name": "c"}, "immutable": true, "data": {"a": "1"}});
    let (_, errors) = update("configmaps", Endpoint::Main, json!({"data": {"a": "2"}}), &old);
    assert_eq!(
        errors,
        [
            "immutable: Forbidden: field is immutable when `immutable` is set",
            "data: Forbidden: field is immutable when `immutable` is set"
        ]
    );
    let (_, errors) = create("configmaps", json!({"data": {"..": "", "a b": ""}}));
    assert_eq!(errors.len(), 2);
}

#[test]
fn both_views_of_an_event_are_one_object() {
    let view = hub().into_iter().find(|k| k.group == "events.k8s.io").unwrap().strategy.view().unwrap();
    let new = json!({"apiVersion": "events.k8s.io/v1", "kind": "Event", "metadata": {"namespace": "default"},
        "eventTime": "2026-01-01T00:00:00.000000Z", "regarding": {"kind": "Pod", "name": "a", "namespace": "default"},
        "note": "hello", "reason": "R", "action": "A", "reportingController": "c", "reportingInstance": "i"});
    let mut event = new.clone();
    (view.to_stored)(&mut event);
    assert_eq!((&event["apiVersion"], &event["involvedObject"]["name"]), (&json!("v1"), &json!("a")));
    assert_eq!((&event["message"], &event["reportingComponent"]), (&json!("hello"), &json!("c")));
    let (_, errors) = create("events", event.clone());
    assert!(errors.is_empty(), "{errors:?}");
    assert_eq!(
        cells("events", &event),
        json!(["0s", null, "R", "pod/a", "", "c, i", "hello", "0s", 1, null])
            .as_array()
            .map(|list| list
                .iter()
                .enumerate()
                .map(|(i, v)| if i == 1 { json!("") } else { v.clone() })
                .collect::<Value>())
            .unwrap()
    );
    (view.from_stored)(&mut event);
    assert_eq!(event, new);
}

#[test]
fn a_request_for_a_certificate_is_stamped_with_who_asks() {
    let spec = json!({"request": "eA==", "signerName": "example.com/agent", "usages": ["client auth"],
        "username": "root", "groups": ["system:masters"]});
    let (csr, errors) =
        create("certificatesigningrequests", json!({"spec": spec, "status": {"certificate": "eA=="}}));
    assert_eq!((&csr["spec"]["username"], &csr["spec"]["groups"]), (&json!("anna"), &json!(["dev"])));
    assert_eq!(csr["status"], json!({}));
    assert_eq!(errors, ["spec.request: Invalid value: \"eA==\": PEM block type must be CERTIFICATE REQUEST"]);
    let approved = json!({"conditions": [{"type": "Approved", "status": "True"}]});
    let mut wanted = csr.clone();
    wanted["status"] = approved;
    let (_, errors) = update("certificatesigningrequests", Endpoint::Status, wanted.clone(), &csr);
    assert!(
        errors.iter().any(|e| e.contains("updates may not add a condition of type \"Approved\"")),
        "{errors:?}"
    );
    let approval = Endpoint::Other("approval".into());
    let (done, errors) = update("certificatesigningrequests", approval, wanted, &csr);
    assert_eq!(errors.len(), 1, "only the request itself is wrong: {errors:?}");
    assert_eq!(done["status"]["conditions"][0]["lastUpdateTime"], "2026-01-01T00:00:00Z");
    assert_eq!(cells("certificatesigningrequests", &done)[5], "Approved");
}

#[test]
fn a_binding_keeps_its_role() {
    let object = json!({"roleRef": {"kind": "ClusterRole", "name": "view"},
        "subjects": [{"kind": "User", "name": "anna"}, {"kind": "ServiceAccount", "name": "x"}]});
    assert!(create("rolebindings", object.clone()).1.is_empty());
    let (binding, errors) = create("clusterrolebindings", object);
    assert_eq!(errors, ["subjects[1].namespace: Required value"]);
    assert_eq!(binding["roleRef"]["apiGroup"], "rbac.authorization.k8s.io");
    let changed = with(binding.clone(), "/roleRef/name", json!("edit"));
    let (_, errors) = update("clusterrolebindings", Endpoint::Main, changed, &binding);
    assert!(errors.last().unwrap().ends_with("cannot change roleRef"));
    let (_, errors) = create("roles", json!({"rules": [{"verbs": ["get"], "resources": ["pods"]}]}));
    assert_eq!(
        errors,
        ["rules[0].apiGroups: Required value: resource rules must supply at least one api group"]
    );
}

fn pod() -> Value {
    json!({"metadata": {"name": "a", "namespace": "default"}, "spec": {
        "readinessGates": [{"conditionType": "example.org/Ready"}],
        "containers": [{"name": "main", "image": "shop:v1", "resources": {"limits": {"cpu": 1}},
            "ports": [{"containerPort": 80}], "readinessProbe": {"httpGet": {"port": 80}}}]}})
}

#[test]
fn a_pod_gets_the_defaults_people_see() {
    let (pod, errors) = create("pods", pod());
    assert!(errors.is_empty(), "{errors:?}");
    let container = &pod["spec"]["containers"][0];
    assert_eq!(container["imagePullPolicy"], "IfNotPresent");
    assert_eq!(container["resources"], json!({"limits": {"cpu": "1"}, "requests": {"cpu": "1"}}));
    assert_eq!(container["ports"][0]["protocol"], "TCP");
    assert_eq!(container["readinessProbe"]["periodSeconds"], 10);
    assert_eq!(pod["spec"]["restartPolicy"], "Always");
    assert_eq!(pod["spec"]["terminationGracePeriodSeconds"], 30);
    assert_eq!(pod["status"], json!({"phase": "Pending", "qosClass": "Burstable"}));
}

#[test]
fn only_images_of_a_pod_may_change() {
    let (old, _) = create("pods", pod());
    let image = with(old.clone(), "/spec/containers/0/image", json!("shop:v2"));
    assert!(update("pods", Endpoint::Main, image, &old).1.is_empty());
    let name = with(old.clone(), "/spec/containers/0/name", json!("other"));
    let (_, errors) = update("pods", Endpoint::Main, name, &old);
    assert!(
        errors[0].starts_with("spec: Forbidden: pod updates may not change fields other than"),
        "{errors:?}"
    );
    let (_, errors) = update("pods", Endpoint::Main, with(old.clone(), "/spec/containers", json!([])), &old);
    assert_eq!(errors, ["spec.containers: Forbidden: pod updates may not add or remove containers"]);
    let status = json!({"spec": {}, "metadata": {}, "status": {"phase": "Running"}});
    let (after, _) = update("pods", Endpoint::Status, status, &old);
    assert_eq!(after["spec"], old["spec"]);
    assert_eq!(after["status"], json!({"phase": "Running", "qosClass": "Burstable"}));
}

#[test]
fn a_pod_reads_as_kubectl_shows_it() {
    let (mut pod, _) = create("pods", pod());
    pod["metadata"]["creationTimestamp"] = json!("2025-12-31T23:50:00Z");
    assert_eq!(
        cells("pods", &pod),
        json!(["a", "0/1", "Pending", "0", "10m", "<none>", "<none>", "<none>", "0/1"])
    );
    pod["status"] = json!({"phase": "Running", "podIPs": [{"ip": "10.0.0.7"}],
        "conditions": [{"type": "example.org/Ready", "status": "True"}],
        "containerStatuses": [{"name": "main", "ready": true, "restartCount": 2, "state": {"running": {}},
            "lastState": {"terminated": {"exitCode": 1, "finishedAt": "2025-12-31T23:59:00Z"}}}]});
    pod["spec"]["nodeName"] = json!("n1");
    let expected = json!(["a", "1/1", "Running", "2 (60s ago)", "10m", "10.0.0.7", "n1", "<none>", "1/1"]);
    assert_eq!(cells("pods", &pod), expected);
    let waiting =
        json!([{"name": "main", "restartCount": 0, "state": {"waiting": {"reason": "ImagePullBackOff"}}}]);
    pod["status"]["containerStatuses"] = waiting;
    assert_eq!(cells("pods", &pod)[2], "ImagePullBackOff");
    pod["metadata"]["deletionTimestamp"] = json!("2026-01-01T00:00:00Z");
    assert_eq!(cells("pods", &pod)[2], "Terminating");
}

#[test]
fn an_init_container_that_waits_is_the_status() {
    let pod = json!({"metadata": {"name": "a"}, "spec": {"containers": [{}], "initContainers": [{"name": "i"}, {"name": "j"}]},
        "status": {"phase": "Pending", "initContainerStatuses": [
            {"name": "i", "state": {"terminated": {"exitCode": 0}}}, {"name": "j", "state": {"waiting": {"reason": "PodInitializing"}}}]}});
    assert_eq!(cells("pods", &pod)[2], "Init:1/2");
}

#[test]
fn a_replica_set_selects_its_own_pods() {
    let template = json!({"metadata": {"labels": {"app": "shop"}},
        "spec": {"containers": [{"name": "main", "image": "shop:v1"}]}});
    let object = json!({"metadata": {"name": "r"}, "spec": {"selector": {"matchLabels": {"app": "shop"}}, "template": template}});
    let (set, errors) = create("replicasets", object);
    assert!(errors.is_empty(), "{errors:?}");
    assert_eq!((&set["spec"]["replicas"], &set["status"]["replicas"]), (&json!(1), &json!(0)));
    assert_eq!(set["spec"]["template"]["spec"]["dnsPolicy"], "ClusterFirst");
    assert_eq!(cells("replicasets", &set), json!(["r", 1, 0, 0, "<unknown>", "main", "shop:v1", "app=shop"]));
    let other = with(set.clone(), "/spec/selector/matchLabels/app", json!("bank"));
    let (_, errors) = update("replicasets", Endpoint::Main, other, &set);
    assert_eq!(
        errors,
        [
            "spec.template.metadata.labels: Invalid value: {\"app\":\"shop\"}: `selector` does not match template `labels`",
            "spec.selector: Invalid value: {\"matchLabels\":{\"app\":\"bank\"}}: field is immutable"
        ]
    );
}

#[test]
fn a_service_has_an_address_that_stays() {
    let object =
        json!({"metadata": {"name": "web", "namespace": "default"}, "spec": {"ports": [{"port": 80}]}});
    let (service, errors) = create("services", object.clone());
    assert!(errors.is_empty(), "{errors:?}");
    let ip = service["spec"]["clusterIP"].as_str().unwrap();
    assert!(ip.starts_with("10."));
    assert_eq!(service["spec"]["ports"][0], json!({"port": 80, "protocol": "TCP", "targetPort": 80}));
    let (again, errors) = update("services", Endpoint::Main, object, &service);
    assert!(errors.is_empty());
    assert_eq!(again["spec"]["clusterIP"], ip);
    assert_eq!(
        cells("services", &service),
        json!(["web", "ClusterIP", ip, "<none>", "80/TCP", "<unknown>", "<none>"])
    );
    let (headless, errors) =
        create("services", json!({"metadata": {"name": "h"}, "spec": {"clusterIP": "None"}}));
    assert!(errors.is_empty());
    assert_eq!(headless["spec"]["clusterIPs"], json!(["None"]));
}

#[test]
fn budgets_nodes_and_leases_are_checked() {
    let (budget, errors) = create("poddisruptionbudgets", json!({"spec": {"minAvailable": "120%"}}));
    assert_eq!(errors, ["spec.minAvailable: Invalid value: \"120%\": must not be greater than 100%"]);
    assert_eq!(cells("poddisruptionbudgets", &budget), json!([null, "120%", "N/A", 0, "<unknown>"]));
    let node = json!({"metadata": {"name": "n", "labels": {"node-role.kubernetes.io/worker": ""}},
        "status": {"capacity": {"cpu": 4}, "conditions": [{"type": "Ready", "status": "True"}],
            "nodeInfo": {"kubeletVersion": "v1.36.1"}}});
    let (node, errors) = create("nodes", node);
    assert!(errors.is_empty());
    assert_eq!(node["status"]["capacity"]["cpu"], "4");
    assert_eq!(cells("nodes", &node)[1], "Ready");
    assert_eq!(cells("nodes", &node)[2], "worker");
    let (_, errors) = create("leases", json!({"spec": {"leaseDurationSeconds": 0}}));
    assert_eq!(errors, ["spec.leaseDurationSeconds: Invalid value: 0: must be greater than 0"]);
}

#[test]
fn no_strategy_panics_on_odd_objects() {
    let odd = [
        json!(null),
        json!([]),
        json!({"metadata": 1, "spec": "x", "status": []}),
        json!({"metadata": {"labels": 3}, "spec": {"containers": {}, "template": 5, "ports": [1, null]}}),
        json!({"spec": {"containers": [null, 1, {"resources": 1, "ports": {}}], "volumes": [null]}, "subjects": [1]}),
    ];
    for kind in member() {
        for object in &odd {
            for endpoint in [Endpoint::Main, Endpoint::Status, Endpoint::Other("approval".into())] {
                let ctx = ctx(endpoint);
                let mut new = object.clone();
                kind.strategy.prepare_create(&ctx, &mut new);
                kind.strategy.validate(&ctx, &new, None);
                let mut new = object.clone();
                kind.strategy.prepare_update(&ctx, &mut new, &odd[3]);
                kind.strategy.validate(&ctx, &new, Some(&odd[3]));
                Printer::new(&kind).row(object, IncludeObject::Metadata, NOW);
            }
        }
    }
}
