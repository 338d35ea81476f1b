//! The kubelet of all nodes of a member: starts containers late, fails images that cannot be pulled, removes pods.

use model::Timestamp;

use super::Member;
use crate::chance::Chance;

impl Member {
    /// One look at every pod; what is due happens.
    pub(crate) fn kubelet(&mut self, now: u64, chance: &mut Chance) {
        let at = Timestamp::from_millis(i64::try_from(now).unwrap_or(i64::MAX));
        let names: Vec<String> = self.pods.keys().cloned().collect();
        for name in names {
            if self.pods[&name].is_deleting {
                if chance.percent(60) {
                    self.remove_pod(&name);
                }
                continue;
            }
            let next = self.version + 1;
            let Some(pod) = self.pods.get_mut(&name).filter(|pod| !pod.has_ended) else { continue };
            let before = (
                pod.container.clone(),
                pod.is_started,
                pod.waiting.clone(),
                pod.ready_since,
                pod.is_observed,
            );
            pod.is_observed = true;
            // One that was stopped for another image starts anew, also when the image is the old one again.
            if pod.running != pod.image || !pod.is_started {
                pod.is_started = false;
                let starts_at = *pod.starts_at.get_or_insert_with(|| now + chance.between(200, 2_500));
                if pod.image.contains("bad") {
                    pod.waiting = Some(("ImagePullBackOff".to_owned(), pod.image.clone()));
                } else if now >= starts_at {
                    pod.running = pod.image.clone();
                    pod.container = format!("c{next}");
                    (pod.is_started, pod.waiting, pod.starts_at) = (true, None, None);
                }
            }
            pod.ready_since = match pod.is_started && pod.gate == Some(true) {
                true => pod.ready_since.or(Some(at)),
                false => None,
            };
            pod.first_ready = pod.first_ready.or(pod.ready_since);
            let after = (
                pod.container.clone(),
                pod.is_started,
                pod.waiting.clone(),
                pod.ready_since,
                pod.is_observed,
            );
            if before != after {
                (pod.version, self.version) = (next, next);
            }
        }
        self.collect_garbage();
    }
}
