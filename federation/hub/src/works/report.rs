//! What an agent says about a Work, in the core's words.

use crds::federation::Work;
use federation_core::Reach;
use federation_core::status::{Applied, CellCounts, ClusterReport};
use model::ClusterName;
use model::release::PodProblem;

use crate::conditions;
use crate::observe::FleetFacts;

/// Generation of a Work; 0 when the server keeps none.
pub fn generation(work: &Work) -> i64 {
    work.metadata.generation.unwrap_or_default()
}

/// Whether the agent has carried out what the Work says now.
pub fn is_settled(work: &Work) -> bool {
    let status = work.status.as_ref();
    status.is_some_and(|status| status.observed_generation >= generation(work))
        && applied(work) == Applied::Yes
}

/// The report of one cluster. `counts_release` says whether its numbers of updated pods are of the release that is
/// under way.
pub fn cluster_report(
    cluster: &ClusterName,
    work: Option<&Work>,
    fleet: &FleetFacts,
    counts_release: impl Fn(&Work) -> bool,
) -> ClusterReport {
    let reach = fleet.fleet.clusters.get(cluster).map_or(Reach::NotJoined, |view| view.reach);
    let mut report = ClusterReport {
        cluster: cluster.clone(),
        reach,
        applied: work.map_or(Applied::NotYet, applied),
        observed_generation: 0,
        cells: Default::default(),
        problems: Vec::new(),
    };
    let Some((work, status)) = work.and_then(|work| Some((work, work.status.as_ref()?))) else {
        return report;
    };
    report.observed_generation = status.observed_generation;
    let Some(workload) = &status.workload else { return report };
    let count = |number: i32| u32::try_from(number).unwrap_or(0);
    for cell in &workload.cells {
        let Some(name) = fleet.cell(cluster, &cell.name) else { continue };
        let counts = CellCounts {
            revision: workload.revision.clone(),
            replicas: count(cell.replicas),
            updated: if counts_release(work) { count(cell.updated) } else { 0 },
            ready: count(cell.ready),
            available: count(cell.available),
        };
        report.cells.insert(name, counts);
    }
    let problem = |p: &crds::apps::PodProblem| PodProblem { pod: p.pod.clone(), reason: p.reason.clone() };
    report.problems = workload.problems.iter().map(problem).collect();
    report
}

fn applied(work: &Work) -> Applied {
    let Some(status) = &work.status else { return Applied::NotYet };
    if let Some(workload) = status.workload.as_ref().filter(|workload| !workload.invalid.is_empty()) {
        return Applied::Failed { message: format!("Invalid: {}", workload.invalid) };
    }
    let Some(condition) = conditions::find(&status.conditions, "Applied") else { return Applied::NotYet };
    match (condition.status.as_str(), condition.reason.as_str()) {
        ("True", _) if status.observed_generation >= generation(work) => Applied::Yes,
        ("False", "Removing" | "Suspended" | "Removed" | "Orphaned") => Applied::NotYet,
        ("False", reason) => Applied::Failed { message: format!("{reason}: {}", condition.message) },
        _ => Applied::NotYet,
    }
}

#[cfg(test)]
mod tests {
    use crds::apps::CellStatus;
    use crds::federation::{WorkSpec, WorkStatus, WorkloadSummary};
    use k8s_openapi::jiff::Timestamp;

    use super::*;
    use crate::observe::FleetFacts;

    fn work(observed: i64, status: &str, reason: &str) -> Work {
        let mut work = Work::new("w", WorkSpec::default());
        work.metadata.generation = Some(2);
        let mut found = WorkStatus { observed_generation: observed, ..WorkStatus::default() };
        conditions::set(&mut found.conditions, ("Applied", status, reason), "text", 1, Timestamp::UNIX_EPOCH);
        let cell = CellStatus {
            name: "RZ00A".into(),
            desired: 3,
            replicas: 3,
            updated: 2,
            ready: 2,
            available: 1,
            ..Default::default()
        };
        found.workload = Some(WorkloadSummary { cells: vec![cell], ..WorkloadSummary::default() });
        work.status = Some(found);
        work
    }

    #[test]
    fn applied_counts_only_for_what_the_work_says_now() {
        assert_eq!(applied(&work(2, "True", "Applied")), Applied::Yes);
        assert_eq!(applied(&work(1, "True", "Applied")), Applied::NotYet);
        assert_eq!(applied(&work(2, "False", "Suspended")), Applied::NotYet);
        let failed = Applied::Failed { message: "ConflictWithUnmanaged: text".into() };
        assert_eq!(applied(&work(1, "False", "ConflictWithUnmanaged")), failed);
    }

    #[test]
    fn cells_are_found_by_their_label_and_updated_pods_of_another_release_do_not_count() {
        let cluster = ClusterName::new("hz-a").unwrap();
        let count = |counts: bool| {
            let work = work(2, "True", "Applied");
            let report = cluster_report(&cluster, Some(&work), &FleetFacts::default(), |_| counts);
            report
                .cells
                .into_iter()
                .map(|(cell, c)| (cell.to_string(), c.updated, c.available))
                .collect::<Vec<_>>()
        };
        assert_eq!(count(true), [("rz00a".to_owned(), 2, 1)]);
        assert_eq!(count(false), [("rz00a".to_owned(), 0, 1)]);
    }
}
