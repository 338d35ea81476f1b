//! Writers that race: no update is lost, one candidate holds a lease, one owner has a field.

use anyhow::{Context, Result, ensure};
use e2e_clusters::hub::Hub;
use futures::future::{join_all, try_join_all};
use k8s_openapi::api::coordination::v1::Lease;
use k8s_openapi::api::core::v1::ConfigMap;
use kube::api::{Patch, PatchParams, PostParams};
use kube::{Api, Client};
use serde_json::json;

const WRITERS: usize = 8;
const ROUNDS: usize = 20;

#[tokio::test(flavor = "multi_thread")]
async fn no_update_is_lost() -> Result<()> {
    let hub = Hub::start("races").await?;
    let maps: Api<ConfigMap> = Api::default_namespaced(hub.client().await?);
    let map: ConfigMap =
        serde_json::from_value(json!({"metadata": {"name": "counter"}, "data": {"n": "0"}}))?;
    maps.create(&PostParams::default(), &map).await?;
    let conflicts: usize = try_join_all((0..WRITERS).map(|_| count_up(&maps))).await?.into_iter().sum();
    let counted = maps.get("counter").await?;
    ensure!(number(&counted) == WRITERS * ROUNDS, "{} of {}", number(&counted), WRITERS * ROUNDS);
    ensure!(conflicts > 0, "the writers did not meet");
    no_patch_is_lost(&maps).await?;
    hub.finish();
    Ok(())
}

fn number(map: &ConfigMap) -> usize {
    map.data.as_ref().and_then(|data| data["n"].parse().ok()).unwrap_or_default()
}

/// Adds one, `ROUNDS` times, by replacing what was read; returns how often somebody was faster.
async fn count_up(maps: &Api<ConfigMap>) -> Result<usize> {
    let mut conflicts = 0;
    for _ in 0..ROUNDS {
        loop {
            let mut map = maps.get("counter").await?;
            let next = number(&map) + 1;
            map.data.get_or_insert_default().insert("n".to_owned(), next.to_string());
            match maps.replace("counter", &PostParams::default(), &map).await {
                Ok(_) => break,
                Err(kube::Error::Api(status)) if status.code == 409 && status.reason == "Conflict" => {
                    conflicts += 1
                }
                Err(error) => return Err(error.into()),
            }
        }
    }
    Ok(conflicts)
}

/// Patches without a version never conflict: the server tries again by itself.
async fn no_patch_is_lost(maps: &Api<ConfigMap>) -> Result<()> {
    try_join_all((0..4).map(|writer| async move {
        for round in 0..ROUNDS {
            let patch = Patch::Merge(json!({"data": {format!("w{writer}-{round}"): "x"}}));
            maps.patch("counter", &PatchParams::default(), &patch).await?;
        }
        anyhow::Ok(())
    }))
    .await?;
    let keys = maps.get("counter").await?.data.unwrap_or_default().len();
    ensure!(keys == 1 + 4 * ROUNDS, "{keys} keys");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn one_candidate_holds_the_lease() -> Result<()> {
    let mut hub = Hub::start("lease").await?;
    let client = hub.client().await?;
    // All want to make it; PUT creates a Lease that is not there.
    let holder = elect(&client, None).await?;
    let leases: Api<Lease> = Api::default_namespaced(client.clone());
    let held = leases.get("leader").await?;
    ensure!(held.spec.as_ref().and_then(|spec| spec.holder_identity.clone()) == Some(holder.clone()));

    hub.kill9()?;
    hub.start_again().await?;
    ensure!(leases.get("leader").await? == held, "the lease is there after a kill");
    // Its time is over: all want to take it.
    let next = elect(&client, Some(held.clone())).await?;
    // The old holder renews what it read long ago, and must not get it back.
    let late = leases.replace("leader", &PostParams::default(), &held).await;
    ensure!(matches!(&late, Err(kube::Error::Api(status)) if status.code == 409), "{late:?}");
    let now = leases.get("leader").await?.spec.context("a spec")?;
    ensure!(now.holder_identity == Some(next) && now.lease_transitions == Some(1));
    hub.finish();
    Ok(())
}

/// `WRITERS` candidates try at once; returns the only one that succeeded.
async fn elect(client: &Client, held: Option<Lease>) -> Result<String> {
    let leases: Api<Lease> = Api::default_namespaced(client.clone());
    let tries = join_all((0..WRITERS).map(|number| {
        let (leases, held) = (leases.clone(), held.clone());
        async move {
            let name = format!("candidate-{number}");
            let mut lease = held.clone().unwrap_or_default();
            lease.metadata.name = Some("leader".to_owned());
            let spec = lease.spec.get_or_insert_default();
            spec.holder_identity = Some(name.clone());
            spec.lease_duration_seconds = Some(15);
            spec.lease_transitions = Some(i32::from(held.is_some()));
            let done = match held {
                Some(_) => leases.replace("leader", &PostParams::default(), &lease).await,
                None => leases.create(&PostParams::default(), &lease).await,
            };
            (name, done)
        }
    }))
    .await;
    let mut winners = Vec::new();
    for (name, done) in tries {
        match done {
            Ok(_) => winners.push(name),
            Err(kube::Error::Api(status)) => ensure!(status.code == 409, "{status}"),
            Err(error) => return Err(error.into()),
        }
    }
    ensure!(winners.len() == 1, "{winners:?} all hold it");
    winners.pop().context("one")
}

#[tokio::test(flavor = "multi_thread")]
async fn one_owner_has_a_field() -> Result<()> {
    let hub = Hub::start("owners").await?;
    let maps: Api<ConfigMap> = Api::default_namespaced(hub.client().await?);
    let tries = join_all((0..WRITERS).map(|number| {
        let maps = maps.clone();
        async move {
            let applied = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "owned"}, "data": {"n": number.to_string(), format!("own-{number}"): "x"}});
            let params = PatchParams::apply(&format!("owner-{number}"));
            maps.patch("owned", &params, &Patch::Apply(applied)).await
        }
    }))
    .await;
    let (won, lost): (Vec<_>, Vec<_>) = tries.into_iter().partition(Result::is_ok);
    ensure!(won.len() == 1, "{} own the field", won.len());
    for error in lost.into_iter().filter_map(Result::err) {
        let kube::Error::Api(status) = &error else { return Err(error.into()) };
        let cause = status.details.as_ref().and_then(|details| details.causes.first()).context("a cause")?;
        ensure!(
            status.code == 409 && cause.reason == "FieldManagerConflict" && cause.field == ".data.n",
            "{status:?}"
        );
    }
    let data = maps.get("owned").await?.data.unwrap_or_default();
    ensure!(data.len() == 2, "those who lost changed nothing: {data:?}");
    hub.finish();
    Ok(())
}
