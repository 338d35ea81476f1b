//! Why a release is where it is: one closed list for conditions, events, `fedctl`, dashboard and logs.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{GroupIndex, ReleaseSeq};

/// What one pod suffers from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PodProblem {
    /// Its name.
    pub pod: String,
    /// Why it is not available, as its cluster says it (`ImagePullBackOff`).
    pub reason: String,
}

impl fmt::Display for PodProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.pod, self.reason)
    }
}

/// Why a release, or a part of it, is where it is. [`Reason::name`] is the condition's reason; `Display` is its
/// message, with the numbers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all_fields = "camelCase")]
pub enum Reason {
    /// A group is done and needs a person's word before the next.
    WaitingForConfirm {
        /// The group that is done.
        group: GroupIndex,
        /// Groups of the release.
        groups: u32,
        /// The revision that is released.
        revision: String,
        /// Pods of the group that are ready.
        ready: u32,
        /// Pods of the group.
        pods: u32,
    },
    /// Pods of the open group are on their way.
    WaitingForPods {
        /// The open group.
        group: GroupIndex,
        /// Groups of the release.
        groups: u32,
        /// The revision that is released.
        revision: String,
        /// Pods of the group that are at the revision and ready.
        ready: u32,
        /// Pods of the group.
        pods: u32,
    },
    /// Clusters have not finished the open group.
    WaitingForClusters {
        /// The open group.
        group: GroupIndex,
        /// Groups of the release.
        groups: u32,
        /// Clusters that finished it.
        finished: u32,
        /// Clusters that count.
        clusters: u32,
        /// Those that have not, in order.
        waiting_for: Vec<String>,
    },
    /// No cluster that counts can be reached.
    NoClusterReachable {
        /// Clusters of the release, in order.
        clusters: Vec<String>,
    },
    /// Pods are being added or removed.
    Scaling {
        /// Pods there are.
        present: u32,
        /// Pods there should be.
        desired: u32,
    },
    /// A person paused it.
    Paused {
        /// Groups that are done.
        groups_done: u32,
        /// Groups of the release.
        groups: u32,
    },
    /// A person cancelled it.
    Cancelled {
        /// The release.
        release: ReleaseSeq,
        /// Pods that were moved before.
        updated: u32,
        /// Pods of the application.
        pods: u32,
    },
    /// Nothing moved for too long.
    ProgressDeadlineExceeded {
        /// Seconds without progress.
        seconds: i64,
        /// The limit in seconds.
        deadline_seconds: i64,
        /// Pods at the revision and available.
        updated: u32,
        /// Pods of the application.
        pods: u32,
        /// The first problems.
        problems: Vec<PodProblem>,
    },
    /// What was asked for cannot be planned.
    Invalid {
        /// The error's message.
        message: String,
    },
    /// All pods run the revision and are available.
    Complete {
        /// The revision.
        revision: String,
        /// Pods of the application.
        pods: u32,
    },
}

impl Reason {
    /// The reason's name as a condition has it.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::WaitingForConfirm { .. } => "WaitingForConfirm",
            Self::WaitingForPods { .. } => "WaitingForPods",
            Self::WaitingForClusters { .. } => "WaitingForClusters",
            Self::NoClusterReachable { .. } => "NoClusterReachable",
            Self::Scaling { .. } => "Scaling",
            Self::Paused { .. } => "Paused",
            Self::Cancelled { .. } => "Cancelled",
            Self::ProgressDeadlineExceeded { .. } => "ProgressDeadlineExceeded",
            Self::Invalid { .. } => "Invalid",
            Self::Complete { .. } => "Complete",
        }
    }
}

/// Problems that one message names.
const PROBLEMS_SHOWN: usize = 5;

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::WaitingForConfirm { group, groups, revision, ready, pods } => {
                let group = group.ordinal();
                write!(f, "group {group} of {groups} of revision {revision}, {ready} of {pods} pods ready")
            }
            Self::WaitingForPods { group, groups, revision, ready, pods } => {
                let group = group.ordinal();
                write!(
                    f,
                    "group {group} of {groups} of revision {revision}, {ready} of {pods} pods ready so far"
                )
            }
            Self::WaitingForClusters { group, groups, finished, clusters, waiting_for } => write!(
                f,
                "group {} of {groups}: {finished} of {clusters} clusters finished, waiting for {}",
                group.ordinal(),
                waiting_for.join(", ")
            ),
            Self::NoClusterReachable { clusters } => {
                write!(f, "none of {} clusters can be reached: {}", clusters.len(), clusters.join(", "))
            }
            Self::Scaling { present, desired } => write!(f, "{present} of {desired} pods present"),
            Self::Paused { groups_done, groups } => {
                write!(f, "paused after {groups_done} of {groups} groups; resume to go on")
            }
            Self::Cancelled { release, updated, pods } => {
                write!(f, "release {release} was cancelled with {updated} of {pods} pods updated")
            }
            Self::ProgressDeadlineExceeded { seconds, deadline_seconds, updated, pods, problems } => {
                write!(f, "no progress for {seconds} s (limit {deadline_seconds} s), ")?;
                write!(f, "{updated} of {pods} pods updated")?;
                for (place, problem) in problems.iter().take(PROBLEMS_SHOWN).enumerate() {
                    write!(f, "{} {problem}", if place == 0 { ":" } else { "," })?;
                }
                match problems.len().saturating_sub(PROBLEMS_SHOWN) {
                    0 => Ok(()),
                    more => write!(f, ", and {more} more"),
                }
            }
            Self::Invalid { message } => f.write_str(message),
            Self::Complete { revision, pods } => write!(f, "{pods} pods run revision {revision}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_have_the_numbers() {
        let waiting = Reason::WaitingForConfirm {
            group: GroupIndex(0),
            groups: 3,
            revision: "7f9c".to_owned(),
            ready: 4,
            pods: 4,
        };
        assert_eq!(waiting.name(), "WaitingForConfirm");
        assert_eq!(waiting.to_string(), "group 1 of 3 of revision 7f9c, 4 of 4 pods ready");
        let problem = |n| PodProblem { pod: format!("shop-{n}"), reason: "ImagePullBackOff".to_owned() };
        let stuck = Reason::ProgressDeadlineExceeded {
            seconds: 601,
            deadline_seconds: 600,
            updated: 2,
            pods: 10,
            problems: (0..6).map(problem).collect(),
        };
        assert_eq!(
            stuck.to_string(),
            "no progress for 601 s (limit 600 s), 2 of 10 pods updated: shop-0 ImagePullBackOff, shop-1 \
             ImagePullBackOff, shop-2 ImagePullBackOff, shop-3 ImagePullBackOff, shop-4 ImagePullBackOff, and 1 \
             more"
        );
    }
}
