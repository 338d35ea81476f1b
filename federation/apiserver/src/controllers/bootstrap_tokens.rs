//! Deletes bootstrap token Secrets once they have expired.
//!
//! Upstream: `pkg/controller/bootstrap/tokencleaner.go`.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use futures::StreamExt;
use k8s_openapi::api::core::v1::Secret;
use kube::api::{Api, DeleteParams, Preconditions};
use kube::runtime::{WatchStreamExt, watcher};
use kube::{Client, ResourceExt};

use super::answered;
use crate::authn::bootstrap;

/// Which token ends when. Pure.
#[derive(Debug, Default)]
pub struct Expiries {
    by_name: BTreeMap<String, (i64, String)>,
    by_time: BTreeSet<(i64, String)>,
}

impl Expiries {
    /// Takes in a token that ends at `at` (Unix seconds; `None` is never).
    pub fn apply(&mut self, name: &str, uid: &str, at: Option<i64>) {
        self.remove(name);
        if let Some(at) = at {
            self.by_name.insert(name.to_owned(), (at, uid.to_owned()));
            self.by_time.insert((at, name.to_owned()));
        }
    }

    /// Forgets a token.
    pub fn remove(&mut self, name: &str) {
        if let Some((at, _)) = self.by_name.remove(name) {
            self.by_time.remove(&(at, name.to_owned()));
        }
    }

    /// Seconds until the next one ends, 0 if one has.
    pub fn next(&self, now: i64) -> Option<u64> {
        self.by_time.first().map(|(at, _)| u64::try_from(at.saturating_sub(now)).unwrap_or(0))
    }

    /// Names and UIDs of those that have ended at `now`.
    pub fn due(&self, now: i64) -> Vec<(String, String)> {
        let ended = self.by_time.iter().take_while(|(at, _)| *at <= now);
        ended
            .filter_map(|(_, name)| self.by_name.get(name).map(|(_, uid)| (name.clone(), uid.clone())))
            .collect()
    }
}

/// Watches for ever.
pub async fn run(client: Client) {
    let api: Api<Secret> = Api::namespaced(client, bootstrap::NAMESPACE);
    let events = watcher(api.clone(), watcher::Config::default()).default_backoff();
    futures::pin_mut!(events);
    let mut known = Expiries::default();
    loop {
        let now = k8s_openapi::jiff::Timestamp::now().as_second();
        tokio::select! {
            event = events.next() => match event {
                Some(Ok(watcher::Event::Init)) => known = Expiries::default(),
                Some(Ok(watcher::Event::InitApply(s) | watcher::Event::Apply(s))) => follow(&mut known, &s),
                Some(Ok(watcher::Event::Delete(secret))) => known.remove(&secret.name_any()),
                Some(Ok(watcher::Event::InitDone)) => {}
                Some(Err(error)) => tracing::debug!(%error, "watch bootstrap tokens"),
                None => return,
            },
            () = wait(known.next(now)) => clean(&api, &mut known).await,
        }
    }
}

fn follow(known: &mut Expiries, secret: &Secret) {
    if secret.type_.as_deref() != Some(bootstrap::SECRET_TYPE) {
        return;
    }
    // Its own form of the data is base64; the reader wants the stored form.
    let at = serde_json::to_value(secret).ok().and_then(|stored| bootstrap::expires_at(&stored));
    known.apply(&secret.name_any(), &secret.uid().unwrap_or_default(), at);
}

async fn wait(seconds: Option<u64>) {
    match seconds {
        // An hour at most: the clock of the machine may be set.
        Some(seconds) => tokio::time::sleep(Duration::from_secs(seconds.min(3600))).await,
        None => std::future::pending().await,
    }
}

async fn clean(api: &Api<Secret>, known: &mut Expiries) {
    let now = k8s_openapi::jiff::Timestamp::now().as_second();
    for (name, uid) in known.due(now) {
        let same = Preconditions { uid: Some(uid.clone()), ..Preconditions::default() };
        match api.delete(&name, &DeleteParams::default().preconditions(same)).await {
            Err(error) if !answered(&error, 404) && !answered(&error, 409) => {
                tracing::warn!(%error, name, "delete an expired bootstrap token");
                known.apply(&name, &uid, Some(now + 5));
            }
            _ => known.remove(&name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_earliest_is_next() {
        let mut known = Expiries::default();
        assert_eq!(known.next(0), None);
        known.apply("a", "1", Some(20));
        known.apply("b", "2", Some(10));
        known.apply("c", "3", None);
        assert_eq!(known.next(4), Some(6));
        assert_eq!(known.due(9), []);
        assert_eq!(known.due(10), [("b".to_owned(), "2".to_owned())]);
        assert_eq!(known.next(30), Some(0));
        known.apply("b", "4", Some(40));
        known.remove("a");
        assert_eq!(known.next(30), Some(10));
    }
}
