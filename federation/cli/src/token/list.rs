//! `fedctl token list`.

use std::ops::ControlFlow;

use jiff::Timestamp;
use k8s_openapi::api::core::v1::Secret;
use kube::Api;
use kube::api::ListParams;
use kube::runtime::watcher;
use serde_json::json;

use super::secret::{Listed, NAMESPACE, TYPE, name_of, read};
use crate::failure::{Attempt, Failure};
use crate::follow::follow;
use crate::live::Live;
use crate::session::{Session, now};
use crate::show::{self, Shown};
use crate::table::Table;

/// Flags of `token list`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Stay and show changes.
    #[command(flatten)]
    pub watch: crate::args::Watch,
}

/// Runs `token list`.
pub(super) async fn run(session: &mut Session, args: Args) -> Result<(), Failure> {
    let hub = session.hub().await?;
    let api: Api<Secret> = Api::namespaced(hub.client.clone(), NAMESPACE);
    let only = format!("type={TYPE}");
    if args.watch.watch {
        let mut live = Live::default();
        return follow(api, watcher::Config::default().fields(&only), |secrets| {
            let tokens: Vec<Listed> = secrets.values().filter_map(read).collect();
            let shown = shown(&tokens, now());
            live.table(&mut session.screen, &shown.table, &["EXPIRES"])?;
            Ok(ControlFlow::<()>::Continue(()))
        })
        .await;
    }
    let found = api.list(&ListParams::default().fields(&only)).await.attempt(|| "list join tokens".into())?;
    let tokens: Vec<Listed> = found.items.iter().filter_map(read).collect();
    show::list(&mut session.screen, session.output, &shown(&tokens, now()))
}

fn shown(tokens: &[Listed], now: Timestamp) -> Shown {
    let mut table = Table::new(["ID", "CLUSTER", "SITE", "ACCEPT", "EXPIRES", "USED-BY"]);
    for token in tokens {
        table.row([
            token.id.clone(),
            token.cluster.clone(),
            token.site.clone(),
            if token.accept { "at once".into() } else { "by hand".into() },
            token.expires.map_or_else(|| "never".into(), |at| ends(at, now)),
            token.used_by.clone(),
        ]);
    }
    let objects = tokens.iter().map(|token| {
        json!({
            "id": token.id, "cluster": token.cluster, "site": token.site, "accept": token.accept,
            "expires": token.expires.map(|at| at.to_string()), "usedBy": token.used_by,
        })
    });
    Shown {
        when_empty: "No join tokens. `fedctl token create` makes one.".into(),
        objects: objects.collect(),
        names: tokens.iter().map(|token| format!("secret/{}", name_of(&token.id))).collect(),
        table,
    }
}

fn ends(at: Timestamp, now: Timestamp) -> String {
    match at > now {
        true => format!("in {}", crate::time::age(now, at)),
        false => format!("{} ago", crate::time::age(at, now)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn life_is_said_from_now() {
        let now: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        let token =
            Listed { id: "abcdef".into(), cluster: "hz-a".into(), site: "hz-a".into(), ..Listed::default() };
        let ended = Listed { expires: Some("2025-12-31T23:59:00Z".parse().unwrap()), ..token.clone() };
        let good = Listed { expires: Some("2026-01-01T00:30:00Z".parse().unwrap()), ..token };
        let lines = shown(&[good, ended], now).table.lines();
        assert!(lines[1].contains("in 30m") && lines[2].contains("60s ago"), "{lines:?}");
    }
}
