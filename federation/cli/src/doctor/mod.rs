//! `fedctl doctor`: the way to the hub, the hub, and its members, check by check.

mod finding;
mod members;
mod rules;
mod way;

use finding::{Finding, Level};
use serde_json::json;

use crate::args::Output;
use crate::failure::Failure;
use crate::hub::Hub;
use crate::session::Session;
use crate::show;
use crate::table::Table;

/// Flags of `doctor`.
#[derive(Debug, clap::Args)]
pub struct Args {}

/// Runs `doctor`.
pub async fn run(session: &mut Session, _: Args) -> Result<(), Failure> {
    let findings = match session.hub().await {
        Err(failure) => {
            vec![Finding::fail("kubeconfig", failure.to_string(), "set KUBECONFIG, or give --kubeconfig")]
        }
        Ok(hub) => all(&hub).await,
    };
    print(session, &findings)?;
    match findings.iter().filter(|finding| finding.level == Level::Fail).count() {
        0 => Ok(()),
        1 => Err(Failure::Refused("1 check failed".into())),
        many => Err(Failure::Refused(format!("{many} checks failed"))),
    }
}

async fn all(hub: &Hub) -> Vec<Finding> {
    let mut findings = vec![way::kubeconfig(hub), way::certificate(hub, crate::session::now())];
    let (reached, is_reached) = way::reach(hub).await;
    findings.extend(reached);
    if !is_reached {
        return findings;
    }
    let (served, is_hub) = way::kinds(hub).await;
    findings.push(served);
    if is_hub {
        findings.extend(rules::check(hub).await);
        findings.extend(members::check(hub).await);
    }
    findings
}

fn print(session: &mut Session, findings: &[Finding]) -> Result<(), Failure> {
    match session.output {
        Output::Json | Output::Yaml => {
            let facts: Vec<_> = findings
                .iter()
                .map(|finding| {
                    json!({"check": finding.check, "level": finding.level.word(), "message": finding.said, "next": finding.next})
                })
                .collect();
            show::data(&mut session.screen, session.output, &json!({"checks": facts}))
        }
        Output::Name => {
            let bad = findings.iter().filter(|finding| finding.level != Level::Ok);
            show::lines(&mut session.screen, &bad.map(|finding| finding.check).collect::<Vec<_>>())
        }
        Output::Table | Output::Wide => {
            let mut table = Table::new(["", "CHECK", "FINDING"]);
            for finding in findings {
                let next =
                    if finding.next.is_empty() { String::new() } else { format!("; {}", finding.next) };
                table.row([finding.level.word(), finding.check, &format!("{}{next}", finding.said)]);
            }
            show::lines(&mut session.screen, &table.lines())
        }
    }
}
