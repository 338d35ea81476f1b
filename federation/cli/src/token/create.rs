//! `fedctl token create`.

use crds::federation::MemberCluster;
use k8s_openapi::api::core::v1::Secret;
use kube::Api;
use kube::api::PostParams;
use model::{ClusterName, SiteName};
use serde_json::json;

use super::secret::{Drawn, NAMESPACE, Purpose, secret};
use crate::args::Output;
use crate::cluster::condition;
use crate::failure::{Attempt, Failure};
use crate::hub::Hub;
use crate::session::{Session, now};
use crate::{show, time};

/// Shortest life of a token, in seconds.
const SHORTEST: i64 = 60;
/// Longest life of a token, in seconds: a token is meant for now.
const LONGEST: i64 = 7 * 86_400;
/// Longest name of a member cluster: the kind has the same limit.
const CLUSTER_NAME: usize = 40;

/// Flags of `token create`.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// The member cluster it is good for.
    #[arg(long, value_name = "NAME")]
    pub cluster: String,
    /// The site that cluster stands in.
    #[arg(long, value_name = "SITE")]
    pub site: String,
    /// Let the cluster in at once; otherwise somebody accepts it with `fedctl cluster accept`.
    #[arg(long)]
    pub accept: bool,
    /// How long it is good: 60s to 7d.
    #[arg(long, value_name = "DURATION", default_value = "1h", value_parser = time::seconds)]
    pub ttl: i64,
}

/// A token that was made.
#[derive(Clone, Debug)]
pub struct Made {
    /// The cluster.
    pub cluster: String,
    /// The token.
    pub token: Drawn,
    /// When it ends.
    pub expires: jiff::Timestamp,
}

/// Runs `token create`.
pub(super) async fn run(session: &mut Session, args: Args) -> Result<(), Failure> {
    let hub = session.hub().await?;
    let made = create(&hub, &args).await?;
    let text = made.token.text();
    match session.output {
        Output::Name => Ok(session.screen.line(text)?),
        Output::Json | Output::Yaml => {
            let facts = json!({
                "id": made.token.id, "token": text, "cluster": made.cluster, "site": args.site,
                "accept": args.accept, "expires": made.expires.to_string(),
            });
            show::data(&mut session.screen, session.output, &facts)
        }
        Output::Table | Output::Wide => {
            session.screen.line(format!("token    {text}"))?;
            session.screen.line(format!("good for {} until {}", made.cluster, made.expires))?;
            session.screen.line("")?;
            show::lines(
                &mut session.screen,
                &crate::cluster::join_command(&hub, &made.cluster, &text, args.accept)?,
            )
        }
    }
}

/// Makes a token, or says why not.
pub async fn create(hub: &Hub, args: &Args) -> Result<Made, Failure> {
    let (cluster, site) = check(args)?;
    let member = hub.all::<MemberCluster>().get_opt(cluster.as_str()).await;
    let member = member.attempt(|| format!("look for member cluster {cluster}"))?;
    if let Some(refused) = member.and_then(|member| refuse_member(&member, cluster.as_str(), site.as_str())) {
        return Err(Failure::Refused(refused));
    }
    let token = Drawn::new(&mut rand::rng());
    let expires = now() + jiff::SignedDuration::from_secs(args.ttl);
    let expires = expires.round(jiff::Unit::Second).unwrap_or(expires);
    let purpose =
        Purpose { cluster: cluster.to_string(), site: site.to_string(), accept: args.accept, expires };
    let api: Api<Secret> = Api::namespaced(hub.client.clone(), NAMESPACE);
    let parameters = PostParams { field_manager: Some(crate::hub::MANAGER.into()), ..PostParams::default() };
    api.create(&parameters, &secret(&token, &purpose))
        .await
        .attempt(|| format!("make a join token for {cluster}"))?;
    Ok(Made { cluster: purpose.cluster, token, expires })
}

/// Names and bounds.
fn check(args: &Args) -> Result<(ClusterName, SiteName), Failure> {
    let usage = |error: model::NameError| Failure::Usage(error.to_string());
    let cluster = ClusterName::new(args.cluster.to_ascii_lowercase()).map_err(usage)?;
    let site = SiteName::new(args.site.to_ascii_lowercase()).map_err(usage)?;
    if cluster.as_str().len() > CLUSTER_NAME {
        let length = cluster.as_str().len();
        let said = format!("--cluster {cluster} has {length} characters: at most {CLUSTER_NAME} are allowed");
        return Err(Failure::Usage(said));
    }
    if !(SHORTEST..=LONGEST).contains(&args.ttl) {
        let said = format!("--ttl is {} s: give between {SHORTEST} s and 7 days ({LONGEST} s)", args.ttl);
        return Err(Failure::Usage(said));
    }
    Ok((cluster, site))
}

/// Why a member that is there needs no token.
fn refuse_member(member: &MemberCluster, name: &str, site: &str) -> Option<String> {
    let conditions = member.status.as_ref().map(|status| status.conditions.as_slice()).unwrap_or_default();
    let joined = condition(conditions, "Joined").is_some_and(|joined| joined.status == "True");
    if joined {
        let uid = member.spec.cluster_uid.as_deref().unwrap_or("unknown");
        return Some(format!(
            "member cluster {name} has joined already (uid {uid}): choose another name, or remove it first with `fedctl cluster remove {name}`"
        ));
    }
    let of = member.spec.site.as_str();
    (!of.is_empty() && of != site)
        .then(|| format!("member cluster {name} is of site {of}, not of {site}: give --site {of}"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn args(cluster: &str, site: &str, ttl: i64) -> Args {
        Args { cluster: cluster.into(), site: site.into(), accept: false, ttl }
    }

    #[test]
    fn bad_names_and_lives_are_wrong_use() {
        assert!(check(&args("HZ-A", "hz-a", 3600)).is_ok());
        let long = "x".repeat(41);
        for (bad, part) in [
            (args("hz_a", "hz-a", 3600), "'_'"),
            (args("hz-a", "", 3600), "empty"),
            (args(&long, "hz-a", 3600), "41"),
            (args("hz-a", "hz-a", 59), "59 s"),
            (args("hz-a", "hz-a", LONGEST + 1), "7 days"),
        ] {
            let failure = check(&bad).unwrap_err();
            assert!(failure.exit_code() == 2 && failure.to_string().contains(part), "{failure}");
        }
    }

    #[test]
    fn a_joined_member_is_named_and_a_waiting_one_may_join() {
        let member = |joined: &str| -> MemberCluster {
            serde_json::from_value(json!({
                "apiVersion": "federation.cafefed.dev/v1alpha1", "kind": "MemberCluster",
                "metadata": {"name": "hz-a"}, "spec": {"site": "hz-a", "clusterUID": "u-1"},
                "status": {"conditions": [{"type": "Joined", "status": joined, "reason": "X", "message": "",
                    "lastTransitionTime": "2026-01-01T00:00:00Z"}]},
            }))
            .unwrap()
        };
        let said = refuse_member(&member("True"), "hz-a", "hz-a").unwrap();
        assert!(said.contains("u-1") && said.contains("fedctl cluster remove hz-a"), "{said}");
        assert_eq!(refuse_member(&member("False"), "hz-a", "hz-a"), None);
        assert!(refuse_member(&member("False"), "hz-a", "sh-a").unwrap().contains("--site hz-a"));
    }
}
