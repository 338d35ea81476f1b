//! Keeps the statuses of units and cells up to date.

use std::time::Duration;

use crds::convert::{self, HomeParts};
use crds::federation::MemberCluster;
use crds::ldc::{City, DeployUnit, LogicalUnit, RoutingProfile, RuleSet as RuleSetObject, Site};
use futures::StreamExt;
use jiff::Timestamp;
use kube::ResourceExt;
use kube::api::{Api, Patch, PatchParams};
use kube::runtime::reflector::{self, Store};
use kube::runtime::{WatchStreamExt, watcher};
use serde::Serialize;
use serde_json::json;
use tokio_util::sync::CancellationToken;
use tracing::warn;

use super::commit::space_of;
use super::status::{cell_status, unit_status};
use crate::status_patch::difference;

/// The unit controller.
pub struct Units {
    client: kube::Client,
}

/// Changes that come together are looked at together.
const GATHER: Duration = Duration::from_millis(50);
/// How long after a failure everything is looked at again.
const RETRY: Duration = Duration::from_secs(1);

struct Seen {
    profiles: Store<RoutingProfile>,
    cities: Store<City>,
    sites: Store<Site>,
    members: Store<MemberCluster>,
    units: Store<LogicalUnit>,
    cells: Store<DeployUnit>,
    rules: Store<RuleSetObject>,
}

impl Units {
    /// Over `client`.
    pub fn new(client: kube::Client) -> Self {
        Self { client }
    }

    /// Runs until `stop`. Units and cells are few: each change looks at all of them.
    pub async fn run(self, stop: CancellationToken) {
        let mut changes = futures::stream::SelectAll::new();
        let seen = Seen {
            profiles: self.follow(&mut changes),
            cities: self.follow(&mut changes),
            sites: self.follow(&mut changes),
            members: self.follow(&mut changes),
            units: self.follow(&mut changes),
            cells: self.follow(&mut changes),
            rules: self.follow(&mut changes),
        };
        loop {
            let changed = tokio::select! {
                () = stop.cancelled() => return,
                changed = changes.next() => changed,
            };
            if changed.is_none() {
                return;
            }
            while let Ok(Some(())) = tokio::time::timeout(GATHER, changes.next()).await {}
            while let Err(error) = self.pass(&seen).await {
                warn!(%error, "the status of a unit could not be written; trying again");
                tokio::select! {
                    () = stop.cancelled() => return,
                    () = tokio::time::sleep(RETRY) => {}
                }
            }
        }
    }

    /// A reflector of one kind; each of its events is a change.
    fn follow<K>(
        &self,
        changes: &mut futures::stream::SelectAll<futures::stream::BoxStream<'static, ()>>,
    ) -> Store<K>
    where
        K: kube::Resource<DynamicType = (), Scope = kube::core::ClusterResourceScope>
            + Clone
            + std::fmt::Debug
            + serde::de::DeserializeOwned
            + Send
            + Sync
            + 'static,
    {
        let (store, writer) = reflector::store();
        let stream = watcher(Api::<K>::all(self.client.clone()), watcher::Config::default())
            .default_backoff()
            .modify(|object| object.meta_mut().managed_fields = None)
            .reflect(writer)
            .applied_objects()
            .map(|_| ());
        changes.push(stream.boxed());
        store
    }

    async fn pass(&self, seen: &Seen) -> Result<(), kube::Error> {
        let members: Vec<MemberCluster> = owned(&seen.members);
        let cells: Vec<DeployUnit> = owned(&seen.cells);
        for cell in &cells {
            let member = members.iter().find(|m| m.name_any() == cell.spec.cluster);
            let old = cell.status.clone().unwrap_or_default();
            let new = cell_status(cell, member, &old.conditions, Timestamp::now());
            if cell.status.as_ref() != Some(&new) {
                self.write(
                    &Api::<DeployUnit>::all(self.client.clone()),
                    &cell.name_any(),
                    &cell.status,
                    &new,
                )
                .await?;
            }
        }
        let (profiles, cities, sites, units) =
            (owned(&seen.profiles), owned(&seen.cities), owned(&seen.sites), owned(&seen.units));
        let (home, unreadable) = convert::home_map(HomeParts {
            space: space_of(profiles.first()),
            cities: &cities,
            sites: &sites,
            clusters: &members,
            units: &units,
            cells: &cells,
        });
        for error in unreadable {
            tracing::debug!(%error, "an object of the home map is left out");
        }
        let current = owned(&seen.rules).into_iter().find(|r: &RuleSetObject| r.name_any() == "current");
        let rules = current.and_then(|c| {
            convert::rule_set(&c).inspect_err(|error| warn!(%error, "the rule set in force")).ok()
        });
        for unit in &units {
            let Ok(name) = model::UnitName::new(unit.name_any()) else { continue };
            let old = unit.status.clone().unwrap_or_default();
            let generation = unit.metadata.generation.unwrap_or_default();
            let new =
                unit_status(&name, generation, &home, rules.as_ref(), &old.conditions, Timestamp::now());
            if unit.status.as_ref() != Some(&new) {
                self.write(
                    &Api::<LogicalUnit>::all(self.client.clone()),
                    &unit.name_any(),
                    &unit.status,
                    &new,
                )
                .await?;
            }
        }
        Ok(())
    }

    /// Makes `new` out of the status that was seen; what is empty now is taken away by name.
    async fn write<K, S>(&self, api: &Api<K>, name: &str, old: &Option<S>, new: &S) -> Result<(), kube::Error>
    where
        K: Clone + std::fmt::Debug + serde::de::DeserializeOwned,
        S: Serialize,
    {
        let old = serde_json::to_value(old).map_err(kube::Error::SerdeError)?;
        let new = serde_json::to_value(new).map_err(kube::Error::SerdeError)?;
        let Some(status) = difference(&old, &new) else { return Ok(()) };
        let params = PatchParams {
            field_manager: Some(crds::names::HUB_MANAGER.to_owned()),
            ..PatchParams::default()
        };
        match api.patch_status(name, &params, &Patch::Merge(json!({"status": status}))).await {
            Err(kube::Error::Api(status)) if status.is_not_found() => Ok(()),
            result => result.map(|_| ()),
        }
    }
}

/// All objects of a store, in the order of names.
fn owned<K>(store: &Store<K>) -> Vec<K>
where
    K: kube::Resource<DynamicType = ()> + Clone,
{
    let mut all: Vec<K> = store.state().iter().map(|object| (**object).clone()).collect();
    all.sort_by_key(ResourceExt::name_any);
    all
}
