//! What every namespace has: the ServiceAccount `default` and the ConfigMap `kube-root-ca.crt`.
//!
//! Upstream: the service account controller and the root CA publisher.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use futures::StreamExt;
use k8s_openapi::api::core::v1::{ConfigMap, Namespace, ServiceAccount};
use kube::api::{Api, Patch, PatchParams, PostParams};
use kube::core::PartialObjectMeta;
use kube::runtime::{WatchStreamExt, watcher};
use kube::{Client, ResourceExt};
use serde_json::json;

use super::{FIELD_MANAGER, answered};

/// Name of the ServiceAccount.
pub const ACCOUNT: &str = "default";
/// Name of the ConfigMap.
pub const ROOT_CA: &str = "kube-root-ca.crt";
/// Its key.
const ROOT_CA_KEY: &str = "ca.crt";
/// What its annotation says, as upstream has it.
const DESCRIPTION: &str = "Contains a CA bundle that can be used to verify the kube-apiserver when using internal \
     endpoints such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across \
     distributions of Kubernetes clusters.";
/// Pause after a write that failed.
const RETRY: Duration = Duration::from_secs(1);

/// Something a namespace lacks.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Missing {
    /// The ServiceAccount, in this namespace.
    Account(String),
    /// The ConfigMap, or its content, in this namespace.
    RootCa(String),
}

/// What is known of all namespaces. Pure.
#[derive(Debug, Default)]
pub struct Known {
    namespaces: BTreeMap<String, bool>,
    accounts: BTreeSet<String>,
    root_cas: BTreeSet<String>,
    listed: u8,
    fresh: BTreeSet<String>,
}

impl Known {
    /// What is missing in the namespaces that are not on their way out, once all lists are in.
    pub fn missing(&self) -> Vec<Missing> {
        if self.listed != ALL_LISTED {
            return Vec::new();
        }
        let live = self.namespaces.iter().filter(|(_, live)| **live).map(|(name, _)| name);
        let mut missing = Vec::new();
        for name in live {
            if !self.accounts.contains(name) {
                missing.push(Missing::Account(name.clone()));
            }
            if !self.root_cas.contains(name) {
                missing.push(Missing::RootCa(name.clone()));
            }
        }
        missing
    }

    /// Takes note of something made, ahead of the watch.
    fn made(&mut self, what: &Missing) {
        match what {
            Missing::Account(namespace) => self.accounts.insert(namespace.clone()),
            Missing::RootCa(namespace) => self.root_cas.insert(namespace.clone()),
        };
    }

    fn namespace(&mut self, event: watcher::Event<Namespace>) {
        let live = |n: &Namespace| n.metadata.deletion_timestamp.is_none();
        match event {
            watcher::Event::Init => self.fresh.clear(),
            watcher::Event::InitApply(n) => {
                self.namespaces.insert(n.name_any(), live(&n));
                self.fresh.insert(n.name_any());
            }
            watcher::Event::InitDone => {
                self.namespaces.retain(|name, _| self.fresh.contains(name));
                self.fresh.clear();
                self.listed |= NAMESPACES_LISTED;
            }
            watcher::Event::Apply(n) => {
                self.namespaces.insert(n.name_any(), live(&n));
            }
            watcher::Event::Delete(n) => {
                self.namespaces.remove(&n.name_any());
            }
        }
    }

    fn account(&mut self, event: watcher::Event<PartialObjectMeta<ServiceAccount>>) {
        follow(&mut self.accounts, event, |_| true, &mut self.listed, ACCOUNTS_LISTED);
    }

    fn root_ca(&mut self, event: watcher::Event<ConfigMap>, pem: &str) {
        let is_right =
            |c: &ConfigMap| c.data.as_ref().and_then(|d| d.get(ROOT_CA_KEY)).is_some_and(|v| v == pem);
        follow(&mut self.root_cas, event, is_right, &mut self.listed, ROOT_CAS_LISTED);
    }
}

const NAMESPACES_LISTED: u8 = 1;
const ACCOUNTS_LISTED: u8 = 2;
const ROOT_CAS_LISTED: u8 = 4;
const ALL_LISTED: u8 = 7;

/// Keeps the set of namespaces that have a right object. A new list starts from nothing: until it is
/// whole nothing counts as missing.
fn follow<K: ResourceExt>(
    set: &mut BTreeSet<String>,
    event: watcher::Event<K>,
    is_right: impl Fn(&K) -> bool,
    listed: &mut u8,
    bit: u8,
) {
    match event {
        watcher::Event::Init => {
            set.clear();
            *listed &= !bit;
        }
        watcher::Event::InitDone => *listed |= bit,
        watcher::Event::InitApply(object) | watcher::Event::Apply(object) => {
            let namespace = object.namespace().unwrap_or_default();
            if is_right(&object) {
                set.insert(namespace)
            } else {
                set.remove(&namespace)
            };
        }
        watcher::Event::Delete(object) => {
            set.remove(&object.namespace().unwrap_or_default());
        }
    }
}

/// Watches for ever. `root_ca` is the PEM to publish.
pub async fn run(client: Client, root_ca: String) {
    let named = |name: &str| watcher::Config::default().fields(&format!("metadata.name={name}"));
    let namespaces =
        watcher(Api::<Namespace>::all(client.clone()), watcher::Config::default()).default_backoff();
    let accounts: Api<PartialObjectMeta<ServiceAccount>> = Api::all(client.clone());
    let accounts = watcher(accounts, named(ACCOUNT)).default_backoff();
    let maps = watcher(Api::<ConfigMap>::all(client.clone()), named(ROOT_CA)).default_backoff();
    futures::pin_mut!(namespaces, accounts, maps);
    let mut known = Known::default();
    let mut retry = None;
    loop {
        tokio::select! {
            Some(event) = namespaces.next() => if let Ok(event) = event { known.namespace(event) },
            Some(event) = accounts.next() => if let Ok(event) = event { known.account(event) },
            Some(event) = maps.next() => if let Ok(event) = event { known.root_ca(event, &root_ca) },
            () = pause(retry.take()) => {}
        }
        for missing in known.missing() {
            match make(&client, &missing, &root_ca).await {
                Ok(()) => known.made(&missing),
                Err(error) => {
                    tracing::warn!(%error, ?missing, "give a namespace what it lacks");
                    retry = Some(RETRY);
                }
            }
        }
    }
}

async fn pause(time: Option<Duration>) {
    match time {
        Some(time) => tokio::time::sleep(time).await,
        None => std::future::pending().await,
    }
}

async fn make(client: &Client, missing: &Missing, root_ca: &str) -> Result<(), kube::Error> {
    let params = PostParams { field_manager: Some(FIELD_MANAGER.into()), ..PostParams::default() };
    let made = match missing {
        Missing::Account(namespace) => {
            let api: Api<ServiceAccount> = Api::namespaced(client.clone(), namespace);
            let mut account = ServiceAccount::default();
            account.metadata.name = Some(ACCOUNT.into());
            api.create(&params, &account).await.map(|_| ())
        }
        Missing::RootCa(namespace) => publish(client, &params, namespace, root_ca).await,
    };
    match made {
        // It is there already, or the namespace ends or is gone; its events will say so.
        Err(error) if [403, 404, 409].iter().any(|code| answered(&error, *code)) => Ok(()),
        other => other,
    }
}

async fn publish(
    client: &Client,
    params: &PostParams,
    namespace: &str,
    root_ca: &str,
) -> Result<(), kube::Error> {
    let api: Api<ConfigMap> = Api::namespaced(client.clone(), namespace);
    let data = BTreeMap::from([(ROOT_CA_KEY.to_owned(), root_ca.to_owned())]);
    let mut map = ConfigMap { data: Some(data), ..ConfigMap::default() };
    map.metadata.name = Some(ROOT_CA.into());
    map.metadata.annotations =
        Some(BTreeMap::from([("kubernetes.io/description".to_owned(), DESCRIPTION.to_owned())]));
    match api.create(params, &map).await {
        Err(error) if answered(&error, 409) => {
            let patch = Patch::Merge(json!({ "data": { ROOT_CA_KEY: root_ca } }));
            api.patch(ROOT_CA, &PatchParams::default(), &patch).await.map(|_| ())
        }
        other => other.map(|_| ()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn namespace(name: &str, ending: bool) -> Namespace {
        let mut object = json!({ "metadata": { "name": name } });
        if ending {
            object["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z".into();
        }
        serde_json::from_value(object).expect("a namespace")
    }

    fn map(namespace: &str, pem: &str) -> ConfigMap {
        let object =
            json!({ "metadata": { "name": ROOT_CA, "namespace": namespace }, "data": { "ca.crt": pem } });
        serde_json::from_value(object).expect("a config map")
    }

    #[test]
    fn only_live_namespaces_lack_something_and_only_when_all_is_known() {
        let mut known = Known::default();
        known.namespace(watcher::Event::Init);
        known.namespace(watcher::Event::InitApply(namespace("a", false)));
        known.namespace(watcher::Event::InitApply(namespace("b", true)));
        known.namespace(watcher::Event::InitDone);
        known.root_ca(watcher::Event::Init, "pem");
        known.root_ca(watcher::Event::InitApply(map("a", "pem")), "pem");
        known.root_ca(watcher::Event::InitDone, "pem");
        assert_eq!(known.missing(), [], "the accounts are not listed yet");
        known.account(watcher::Event::Init);
        known.account(watcher::Event::InitDone);
        assert_eq!(known.missing(), [Missing::Account("a".into())]);
        known.made(&Missing::Account("a".into()));
        assert_eq!(known.missing(), []);
        known.root_ca(watcher::Event::Apply(map("a", "changed by hand")), "pem");
        assert_eq!(known.missing(), [Missing::RootCa("a".into())]);
        known.namespace(watcher::Event::Delete(namespace("a", true)));
        assert_eq!(known.missing(), []);
    }
}
