//! Bearer tokens: of ServiceAccounts, and for the first contact.

use anyhow::{Context, Result};
use k8s_openapi::api::authentication::v1::{SelfSubjectReview, TokenRequest};
use k8s_openapi::api::core::v1::{Secret, ServiceAccount};
use kube::Client;
use kube::api::{Api, DeleteParams, PostParams};
use serde_json::json;

use crate::world::{World, eventually, now, refusal};

async fn whoami(client: &Client) -> Result<(String, Vec<String>), kube::Error> {
    let api: Api<SelfSubjectReview> = Api::all(client.clone());
    let review = api.create(&PostParams::default(), &SelfSubjectReview::default()).await?;
    let user = review.status.and_then(|s| s.user_info).unwrap_or_default();
    Ok((user.username.unwrap_or_default(), user.groups.unwrap_or_default()))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_account_acts_by_its_token_while_it_exists() -> Result<()> {
    let world = World::start().await?;
    let admin = world.admin().await?;
    let accounts: Api<ServiceAccount> = Api::namespaced(admin, "default");
    let robot = serde_json::from_value(json!({ "metadata": { "name": "robot" } }))?;
    accounts.create(&PostParams::default(), &robot).await?;
    let request: TokenRequest = serde_json::from_value(json!({ "spec": { "audiences": [] } }))?;
    let answer: TokenRequest =
        accounts.create_subresource("token", "robot", &PostParams::default(), &request).await?;
    let token = answer.status.and_then(|s| s.token).context("has a token")?;
    let client = world.by_token(&token).await?;
    let (name, groups) = whoami(&client).await?;
    assert_eq!(name, "system:serviceaccount:default:robot");
    assert_eq!(groups, ["system:serviceaccounts", "system:serviceaccounts:default", "system:authenticated"]);
    accounts.delete("robot", &DeleteParams::default()).await?;
    eventually("the token is refused", || async { Ok(whoami(&client).await.err()) }).await?;
    assert_eq!(refusal(whoami(&client).await).0, 401);
    world.end().await;
    Ok(())
}

fn bootstrap_token(id: &str, secret: &str, expires: i64) -> Result<Secret> {
    let expires = jiff::Timestamp::from_second(expires)?.to_string();
    Ok(serde_json::from_value(json!({
        "metadata": { "name": format!("bootstrap-token-{id}") },
        "type": "bootstrap.kubernetes.io/token",
        "stringData": {
            "token-id": id, "token-secret": secret, "expiration": expires,
            "usage-bootstrap-authentication": "true", "auth-extra-groups": "system:bootstrappers:example",
        },
    }))?)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bootstrap_token_is_good_until_it_expires_and_then_deleted() -> Result<()> {
    let world = World::start().await?;
    let secrets: Api<Secret> = Api::namespaced(world.admin().await?, "kube-system");
    let long = bootstrap_token("aaaaaa", "0123456789abcdef", now() + 3600)?;
    secrets.create(&PostParams::default(), &long).await?;
    let client = world.by_token("aaaaaa.0123456789abcdef").await?;
    let (name, groups) =
        eventually("the token is known", || async { Ok(whoami(&client).await.ok()) }).await?;
    assert_eq!(name, "system:bootstrap:aaaaaa");
    assert_eq!(groups, ["system:bootstrappers", "system:bootstrappers:example", "system:authenticated"]);
    let api: Api<Secret> = Api::namespaced(client, "kube-system");
    assert_eq!(refusal(api.get("bootstrap-token-aaaaaa").await).0, 403);

    let wrong = world.by_token("aaaaaa.0123456789abcdee").await?;
    assert_eq!(refusal(whoami(&wrong).await), (401, "Unauthorized".to_owned()));

    let over = bootstrap_token("bbbbbb", "0123456789abcdef", now() - 1)?;
    secrets.create(&PostParams::default(), &over).await?;
    let late = world.by_token("bbbbbb.0123456789abcdef").await?;
    assert_eq!(refusal(whoami(&late).await).0, 401);
    eventually("the expired token is deleted", || async {
        Ok(secrets.get_opt("bootstrap-token-bbbbbb").await?.is_none().then_some(()))
    })
    .await?;
    assert!(secrets.get_opt("bootstrap-token-aaaaaa").await?.is_some());
    world.end().await;
    Ok(())
}
