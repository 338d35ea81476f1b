//! `fedctl deploy history`.

use crds::federation::{FederatedDeploymentStatus, RevisionRecord};
use serde_json::json;

use super::target::Target;
use crate::failure::Failure;
use crate::session::{Session, now};
use crate::show::{self, Shown};
use crate::table::Table;
use crate::time::age_of_text;

/// Flags of `deploy history`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The application.
    #[arg(value_name = "NAME")]
    pub name: String,
}

/// Runs `deploy history`.
pub(super) async fn run(session: &mut Session, args: Args) -> Result<(), Failure> {
    let target = Target::load(session, &args.name).await?;
    let records = &target.status.revisions;
    let shown = Shown {
        table: table(&target.status, now()),
        when_empty: format!("{} has no revision yet.", target.name()),
        objects: records.iter().map(|record| json!(record)).collect(),
        names: records
            .iter()
            .map(|record| format!("worktemplate.federation.cafefed.dev/{}", record.template))
            .collect(),
    };
    show::list(&mut session.screen, session.output, &shown)
}

fn table(status: &FederatedDeploymentStatus, now: jiff::Timestamp) -> Table {
    let mut table = Table::new(["RELEASE", "REVISION", "AGE", "USE", "CAUSE"]);
    for record in &status.revisions {
        table.row([
            record.release_seq.to_string(),
            record.revision.clone(),
            age_of_text(&record.at, now),
            used(status, record).to_owned(),
            record.cause.clone(),
        ]);
    }
    table
}

fn used(status: &FederatedDeploymentStatus, record: &RevisionRecord) -> &'static str {
    let (current, updated) =
        (record.revision == status.current_revision, record.revision == status.updated_revision);
    match (current, updated) {
        (true, true) => "runs",
        (true, false) => "runs, being replaced",
        (false, true) => "being released",
        (false, false) => "",
    }
}

#[cfg(test)]
mod tests {
    use super::super::revisions::tests::status;
    use super::*;

    #[test]
    fn it_is_said_which_revision_runs() {
        let lines = table(&status(), "2026-01-01T00:01:00Z".parse().unwrap()).lines();
        assert_eq!(lines[1], "1         aaa1       60s   runs, being replaced");
        assert_eq!(lines[3], "3         ccc3       60s   being released");
    }
}
