//! The columns of `kubectl get pods`: upstream's `printPod`.

use serde_json::{Value, json};

use super::cells;
use super::kind::Kind;
use super::parts::{list, text};
use crate::table::since;

pub(super) fn columns(kind: Kind) -> Kind {
    kind.column("Ready", "string", "The aggregate readiness state of this pod for accepting traffic.", |pod, _| {
        let summary = Summary::of(pod);
        json!(format!("{}/{}", summary.ready, summary.total))
    })
    .column("Status", "string", "The aggregate status of the containers in this pod.", |pod, _| {
        json!(Summary::of(pod).reason)
    })
    .column(
        "Restarts",
        "string",
        "The number of times the containers in this pod have been restarted and when the last container in this pod \
         has restarted.",
        |pod, now| {
            let summary = Summary::of(pod);
            json!(match summary.last_restart {
                Some(time) if summary.restarts != 0 => format!("{} ({} ago)", summary.restarts, since(Some(time), now)),
                _ => summary.restarts.to_string(),
            })
        },
    )
    .age()
    .wide("IP", "string", "podIP address allocated to the pod.", |pod, _| {
        cells::or_none(list(&pod["status"]["podIPs"]).first().map_or("", |ip| text(&ip["ip"])))
    })
    .wide("Node", "string", "NodeName indicates in which node this pod is scheduled.", |pod, _| {
        cells::or_none(text(&pod["spec"]["nodeName"]))
    })
    .wide("Nominated Node", "string", "Where this pod will run once pods it preempts are gone.", |pod, _| {
        cells::or_none(text(&pod["status"]["nominatedNodeName"]))
    })
    .wide("Readiness Gates", "string", "Gates that are open, of all gates.", gates)
}

fn gates(pod: &Value, _now: i64) -> Value {
    let gates = list(&pod["spec"]["readinessGates"]);
    if gates.is_empty() {
        return json!("<none>");
    }
    let open = gates.iter().filter(|gate| is_true(pod, &gate["conditionType"])).count();
    json!(format!("{open}/{}", gates.len()))
}

fn is_true(pod: &Value, type_: &Value) -> bool {
    let condition = list(&pod["status"]["conditions"]).iter().find(|c| c["type"] == *type_);
    condition.is_some_and(|c| c["status"] == "True")
}

/// What the containers of a pod come to.
struct Summary<'a> {
    ready: usize,
    total: usize,
    reason: String,
    restarts: i64,
    last_restart: Option<&'a str>,
}

/// Restarts counted, and the latest end of a container that was restarted.
#[derive(Default)]
struct Restarts<'a> {
    count: i64,
    last: Option<&'a str>,
}

impl<'a> Restarts<'a> {
    fn add(&mut self, status: &'a Value) {
        self.count += status["restartCount"].as_i64().unwrap_or(0);
        // RFC 3339 in UTC sorts as text.
        self.last = self.last.max(status["lastState"]["terminated"]["finishedAt"].as_str());
    }
}

impl<'a> Summary<'a> {
    fn of(pod: &'a Value) -> Self {
        let (spec, status) = (&pod["spec"], &pod["status"]);
        let phase = text(&status["phase"]);
        let mut reason = match text(&status["reason"]) {
            "" => phase.to_owned(),
            reason => reason.to_owned(),
        };
        let gated = |c: &Value| c["type"] == "PodScheduled" && c["reason"] == "SchedulingGated";
        if list(&status["conditions"]).iter().any(gated) {
            reason = "SchedulingGated".into();
        }
        let mut ready = 0;
        let mut restarts = Restarts::default();
        let mut sidecar_restarts = Restarts::default();
        let initializing = init(pod, &mut ready, &mut restarts, &mut sidecar_restarts);
        let initialized = is_true(pod, &json!("Initialized"));
        if let Some(why) = &initializing {
            reason.clone_from(why);
        }
        if initializing.is_none() || initialized {
            restarts = sidecar_restarts;
            reason = main(pod, reason, &mut ready, &mut restarts);
        }
        if pod["metadata"]["deletionTimestamp"].is_string() {
            if status["reason"] == "NodeLost" {
                reason = "Unknown".into();
            } else if !matches!(phase, "Failed" | "Succeeded") {
                reason = "Terminating".into();
            }
        }
        let sidecars = list(&spec["initContainers"]).iter().filter(|c| restartable(c)).count();
        let total = list(&spec["containers"]).len() + sidecars;
        Self { ready, total, reason, restarts: restarts.count, last_restart: restarts.last }
    }
}

fn restartable(container: &Value) -> bool {
    container["restartPolicy"] == "Always"
}

/// The first init container that is not through, as a reason.
fn init<'a>(
    pod: &'a Value,
    ready: &mut usize,
    restarts: &mut Restarts<'a>,
    sidecar_restarts: &mut Restarts<'a>,
) -> Option<String> {
    let containers = list(&pod["spec"]["initContainers"]);
    for (i, status) in list(&pod["status"]["initContainerStatuses"]).iter().enumerate() {
        restarts.add(status);
        let sidecar = containers.iter().any(|c| c["name"] == status["name"] && restartable(c));
        if sidecar {
            sidecar_restarts.add(status);
        }
        let state = &status["state"];
        let terminated = state["terminated"].is_object();
        if terminated && state["terminated"]["exitCode"].as_i64().unwrap_or(0) == 0 {
            continue;
        }
        if sidecar && status["started"] == true {
            *ready += usize::from(status["ready"] == true);
            continue;
        }
        let waiting = text(&state["waiting"]["reason"]);
        return Some(if terminated {
            format!("Init:{}", ended(&state["terminated"]))
        } else if !waiting.is_empty() && waiting != "PodInitializing" {
            format!("Init:{waiting}")
        } else {
            format!("Init:{i}/{}", containers.len())
        });
    }
    None
}

/// The reason that the main containers give, last one first.
fn main<'a>(pod: &'a Value, mut reason: String, ready: &mut usize, restarts: &mut Restarts<'a>) -> String {
    let mut running = false;
    let mut error = None;
    for status in list(&pod["status"]["containerStatuses"]).iter().rev() {
        restarts.add(status);
        let state = &status["state"];
        let waiting = text(&state["waiting"]["reason"]);
        if !waiting.is_empty() {
            reason = waiting.to_owned();
        } else if state["terminated"].is_object() {
            reason = ended(&state["terminated"]);
            if state["terminated"]["exitCode"].as_i64().unwrap_or(0) != 0 {
                error = Some(reason.clone());
            }
        } else if status["ready"] == true && state["running"].is_object() {
            running = true;
            *ready += 1;
        }
    }
    if reason != "Completed" {
        return reason;
    }
    match error {
        _ if running && is_true(pod, &json!("Ready")) => "Running".into(),
        Some(error) => error,
        None if running => "NotReady".into(),
        None => reason,
    }
}

fn ended(terminated: &Value) -> String {
    let number = |field: &str| terminated[field].as_i64().unwrap_or(0);
    match text(&terminated["reason"]) {
        "" if number("signal") != 0 => format!("Signal:{}", number("signal")),
        "" => format!("ExitCode:{}", number("exitCode")),
        reason => reason.to_owned(),
    }
}
