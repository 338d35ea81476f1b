//! What keeps a pod from being available, in one line.

use model::Timestamp;

use super::{PodView, Scheduling};

/// A pod and what is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// Name of the pod.
    pub pod: String,
    /// What is wrong, for example `ImagePullBackOff: shop: registry.example/shop:bad`.
    pub reason: String,
}

/// Problems that a status names.
const SHOWN: usize = 5;

/// What is wrong with a pod: a container that waits for more than its first start, or no room. A pod that is merely
/// on its way has no problem.
pub fn problem(pod: &PodView) -> Option<Problem> {
    if pod.deleting {
        return None;
    }
    let found = |reason: String| Some(Problem { pod: pod.name.clone(), reason });
    if pod.ended {
        return found("Ended: it will be replaced".to_owned());
    }
    if let Scheduling::NoRoom { message, .. } = &pod.scheduling {
        return found(format!("Unschedulable: {message}"));
    }
    let starting = ["ContainerCreating", "PodInitializing", ""];
    for (name, container) in &pod.containers {
        if let Some((reason, _)) = &container.waiting
            && !starting.contains(&reason.as_str())
        {
            return found(format!("{reason}: {name}: {}", container.image));
        }
    }
    None
}

/// The first problems of all pods, by name; pods that are not available without a named problem come after them.
pub fn worst<'a>(
    pods: impl Iterator<Item = &'a PodView>,
    min_ready_seconds: u32,
    now: Timestamp,
) -> Vec<Problem> {
    let mut named = Vec::new();
    let mut waiting = Vec::new();
    for pod in pods.filter(|pod| !pod.deleting) {
        match problem(pod) {
            Some(problem) => named.push(problem),
            None if !pod.is_ready() => {
                waiting
                    .push(Problem { pod: pod.name.clone(), reason: "NotReady: it is starting".to_owned() });
            }
            None if !pod.is_available(min_ready_seconds, now) => waiting.push(Problem {
                pod: pod.name.clone(),
                reason: format!("NotAvailable: ready for less than {min_ready_seconds} s"),
            }),
            None => {}
        }
    }
    named.sort();
    waiting.sort();
    named.extend(waiting);
    named.truncate(SHOWN);
    named
}
