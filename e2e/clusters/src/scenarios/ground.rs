//! The ground scenarios stand on: the home map, tokens, members that joined and are well.

use anyhow::{Context, Result, ensure};
use crds::federation::MemberCluster;
use crds::names;
use jiff::{SignedDuration, Timestamp};
use k8s_openapi::api::certificates::v1::CertificateSigningRequest;
use k8s_openapi::api::core::v1::Secret;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use kube::Client;
use kube::api::{Api, PostParams};
use serde_json::json;

use super::manifests;
use crate::link::State;
use crate::wait;
use crate::world::{AgentStart, CERTIFICATES, HOME_MAP, MEMBERS, World};

/// How long a token may be used.
const LIFE: SignedDuration = SignedDuration::from_mins(10);

/// Cities, sites, units and cells; no member yet.
pub(super) async fn prepare(world: &dyn World) -> Result<()> {
    let hub = world.hub();
    wait::until("the hub to take the home map", wait::LONG, async || {
        manifests::apply_yaml(&hub, HOME_MAP).await
    })
    .await
}

/// Brings everything up that an earlier scenario left down: hub, members, links, agents; all members are Ready
/// and the home map is in force.
pub(super) async fn heal(world: &mut dyn World) -> Result<()> {
    world.start_hub(CERTIFICATES).await.context("start the hub again")?;
    for name in MEMBERS {
        world.start_member(name).await.with_context(|| format!("start member {name} again"))?;
        world.link(name).set(State::Open);
        let known = member(&world.hub(), name).await?;
        if let Some(known) = known.filter(|known| known.metadata.deletion_timestamp.is_none()) {
            if known.spec.suspended {
                let resumed = json!({"spec": {"suspended": false}});
                manifests::merge(&Api::<MemberCluster>::all(world.hub()), name, resumed).await?;
            }
            world.start_agent(AgentStart::of(name)).await?;
        } else {
            manifests::gone(&Api::<MemberCluster>::all(world.hub()), name).await?;
            join(world, name).await?;
        }
    }
    for name in MEMBERS {
        ready(world, name).await?;
    }
    federation_hub_lib::units::commit(&world.hub(), "scenarios", "the first home map", false).await?;
    Ok(())
}

/// A member joins anew with a token that accepts it.
pub(super) async fn join(world: &mut dyn World, name: &str) -> Result<()> {
    world.kill_agent(name).await?;
    forget_request(&world.hub(), name).await?;
    let _ = std::fs::remove_dir_all(world.state_dir(name));
    let token = token(&world.hub(), name, true, LIFE).await?;
    world.start_agent(AgentStart::of(name).token(token)).await
}

/// Takes away an answered request for a certificate, which stays for a minute otherwise and holds up the next
/// one of its name.
pub(super) async fn forget_request(hub: &Client, cluster: &str) -> Result<()> {
    let api: Api<CertificateSigningRequest> = Api::all(hub.clone());
    manifests::delete(&api, &names::agent_object(cluster)).await
}

/// Makes a token for a cluster, whose site has the same name; it lives for `life` from now, or is over already.
pub(super) async fn token(hub: &Client, cluster: &str, accept: bool, life: SignedDuration) -> Result<String> {
    let (id, secret) = (random(6), random(16));
    let object: Secret = serde_json::from_value(json!({
        "metadata": {"name": format!("bootstrap-token-{id}"), "namespace": "kube-system"},
        "type": "bootstrap.kubernetes.io/token",
        "stringData": {
            "token-id": id, "token-secret": secret,
            "expiration": (Timestamp::now() + life).to_string(),
            "usage-bootstrap-authentication": "true",
            "auth-extra-groups": names::JOINERS_GROUP,
            names::TOKEN_CLUSTER: cluster, names::TOKEN_SITE: cluster, names::TOKEN_ACCEPT: accept.to_string(),
        },
    }))?;
    let api: Api<Secret> = Api::namespaced(hub.clone(), "kube-system");
    api.create(&PostParams::default(), &object).await.context("make a join token")?;
    Ok(format!("{id}.{secret}"))
}

/// Lower-case letters and digits, as tokens have them.
fn random(length: usize) -> String {
    const ALPHABET: &[u8] = b"abcdefghijklmnopqrstuvwxyz0123456789";
    (0..length).map(|_| char::from(ALPHABET[rand::random_range(0..ALPHABET.len())])).collect()
}

/// A member as the hub has it.
pub(super) async fn member(hub: &Client, name: &str) -> Result<Option<MemberCluster>> {
    Ok(Api::<MemberCluster>::all(hub.clone()).get_opt(name).await?)
}

/// Waits until a member is Ready; an agent that ended says why.
pub(super) async fn ready(world: &mut dyn World, name: &str) -> Result<()> {
    let hub = world.hub();
    wait::until(&format!("member {name} to be Ready"), wait::LONG, async || {
        check_condition(&hub, name, "Ready", "True").await?;
        Ok(())
    })
    .await?;
    let words = world.last_words(name).await?;
    ensure!(words.is_none(), "the agent of {name} ended: {}", words.unwrap_or_default());
    Ok(())
}

/// Waits until a condition of a member has a status.
pub(super) async fn member_is(hub: &Client, name: &str, kind: &str, status: &str) -> Result<Condition> {
    wait::until(&format!("{kind}={status} of member {name}"), wait::LONG, async || {
        check_condition(hub, name, kind, status).await
    })
    .await
}

async fn check_condition(hub: &Client, name: &str, kind: &str, status: &str) -> Result<Condition> {
    let found = member(hub, name).await?.with_context(|| format!("there is no member {name}"))?;
    let conditions = found.status.unwrap_or_default().conditions;
    let condition = conditions.iter().find(|condition| condition.type_ == kind);
    let condition = condition.with_context(|| format!("{name} has no condition {kind}: {conditions:?}"))?;
    ensure!(condition.status == status, "{name}: {kind}={} {}", condition.status, condition.message);
    Ok(condition.clone())
}
