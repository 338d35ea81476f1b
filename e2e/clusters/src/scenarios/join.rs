//! How a cluster becomes a member: token, certificate, acceptance; and who does not.

use anyhow::{Context, Result, ensure};
use crds::federation::MemberCluster;
use crds::names;
use jiff::SignedDuration;
use k8s_openapi::api::certificates::v1::CertificateSigningRequest;
use k8s_openapi::api::core::v1::Namespace;
use kube::ResourceExt;
use kube::api::Api;
use serde_json::json;

use super::ground::{forget_request, member, ready, token};
use super::manifests;
use crate::wait;
use crate::world::{AgentStart, MEMBERS, World};

const HOUR: SignedDuration = SignedDuration::from_hours(1);

/// Two members join with tokens that accept them, the third waits for a person.
pub(super) async fn with_a_token_and_acceptance(world: &mut dyn World) -> Result<()> {
    let hub = world.hub();
    let [first, second, third] = MEMBERS;
    for name in [first, second] {
        let token = token(&hub, name, true, HOUR).await?;
        world.start_agent(AgentStart::of(name).token(token)).await?;
    }
    let last = token(&hub, third, false, HOUR).await?;
    world.start_agent(AgentStart::of(third).token(&last)).await?;
    for name in [first, second] {
        ready(world, name).await?;
    }

    let requests: Api<CertificateSigningRequest> = Api::all(hub.clone());
    let request = names::agent_object(third);
    wait::until("the third member to wait for a person", wait::LONG, async || {
        let found = requests.get(&request).await?;
        let status = found.status.unwrap_or_default();
        ensure!(status.certificate.is_none(), "it has a certificate");
        let member = member(&hub, third).await?.context("there is no member yet")?;
        ensure!(!member.spec.accept, "it is accepted");
        Ok(())
    })
    .await?;
    manifests::merge(&Api::<MemberCluster>::all(hub.clone()), third, json!({"spec": {"accept": true}}))
        .await?;
    ready(world, third).await?;
    for name in MEMBERS {
        check_member(world, name).await?;
    }
    a_token_is_good_once(world, third, second, last).await
}

/// A member is bound to its cluster's UID and says what it is.
async fn check_member(world: &mut dyn World, name: &str) -> Result<()> {
    let kube_system = Api::<Namespace>::all(world.member(name)).get("kube-system").await?;
    wait::until(&format!("the report of {name}"), wait::LONG, async || {
        let member = member(&world.hub(), name).await?.context("it is gone")?;
        ensure!(member.spec.cluster_uid == kube_system.uid(), "bound to {:?}", member.spec.cluster_uid);
        ensure!(member.spec.site == name, "site {}", member.spec.site);
        let status = member.status.unwrap_or_default();
        ensure!(status.nodes >= 6, "{} nodes", status.nodes);
        ensure!(!status.kubernetes_version.is_empty() && !status.agent_version.is_empty(), "no versions");
        let cells: Vec<&str> = status.cells.iter().map(|cell| cell.name.as_str()).collect();
        ensure!(cells.len() >= 3, "cells {cells:?}");
        Ok(())
    })
    .await
}

/// The token of `member` was spent by its join; it does not let in the cluster of `place`.
async fn a_token_is_good_once(world: &mut dyn World, member: &str, place: &str, token: String) -> Result<()> {
    forget_request(&world.hub(), member).await?;
    let words = refused(world, "reused", member, place, token).await?;
    ensure!(words.contains("used"), "{words}");
    Ok(())
}

/// Starts an agent that calls itself `cluster` in the cluster of `place`, and waits until it gives up.
async fn refused(
    world: &mut dyn World,
    agent: &str,
    cluster: &str,
    place: &str,
    token: String,
) -> Result<String> {
    let start = AgentStart {
        agent: agent.to_owned(),
        cluster: cluster.to_owned(),
        place: place.to_owned(),
        token: Some(token),
    };
    world.start_agent(start).await?;
    let words = wait::until(&format!("agent {agent} to be refused"), wait::LONG, async || {
        world.last_words(agent).await?.context("it still tries")
    })
    .await?;
    ensure!(words.contains("the hub refuses the join of cluster"), "{words}");
    world.kill_agent(agent).await?;
    forget_request(&world.hub(), cluster).await?;
    Ok(words)
}

/// A token nobody made.
pub(super) async fn a_wrong_token_is_refused(world: &mut dyn World) -> Result<()> {
    let words = refused(world, "wrong", "wrong", MEMBERS[0], "abcdef.0123456789abcdef".to_owned()).await?;
    ensure!(words.contains("the token is unknown, expired or used"), "{words}");
    no_member(world, "wrong").await
}

/// A token whose time is over.
pub(super) async fn an_expired_token_is_refused(world: &mut dyn World) -> Result<()> {
    let token = token(&world.hub(), "late", true, -HOUR).await?;
    let words = refused(world, "late", "late", MEMBERS[0], token).await?;
    ensure!(words.contains("expired"), "{words}");
    no_member(world, "late").await
}

/// A token that was made for another name.
pub(super) async fn a_token_of_another_cluster_is_refused(world: &mut dyn World) -> Result<()> {
    let token = token(&world.hub(), "someone", true, HOUR).await?;
    let words = refused(world, "else", "else", MEMBERS[0], token).await?;
    ensure!(words.contains("is for cluster someone, not for else"), "{words}");
    no_member(world, "else").await?;
    no_member(world, "someone").await
}

/// A good token does not give a member's name to another cluster, nor a second name to a member.
pub(super) async fn a_name_belongs_to_its_cluster(world: &mut dyn World) -> Result<()> {
    let [first, second, _] = MEMBERS;
    let bound = member(&world.hub(), first).await?.context("no member")?.spec.cluster_uid;

    forget_request(&world.hub(), first).await?;
    let other = token(&world.hub(), first, true, HOUR).await?;
    let words = refused(world, "thief", first, second, other).await?;
    ensure!(
        words.contains(&format!("is bound to cluster UID {}", bound.clone().unwrap_or_default())),
        "{words}"
    );
    let after = member(&world.hub(), first).await?.context("the member is gone")?;
    ensure!(after.spec.cluster_uid == bound, "the refused join changed the member: {:?}", after.spec);

    let twice = token(&world.hub(), "twice", true, HOUR).await?;
    let words = refused(world, "twice", "twice", first, twice).await?;
    ensure!(words.contains(&format!("is member {first} already")), "{words}");
    no_member(world, "twice").await
}

async fn no_member(world: &dyn World, name: &str) -> Result<()> {
    ensure!(member(&world.hub(), name).await?.is_none(), "the refused join left a member {name}");
    Ok(())
}
