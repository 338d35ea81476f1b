//! What must always hold, one file each. Every checker looks at facts alone, so that each has a test that makes it
//! fire.
//!
//! | file | rule | from |
//! |---|---|---|
//! | [`i19_static_stability`] | losing the hub deletes nothing and keeps workloads healthy | 02 I19 |
//! | [`i20_resumable`] | a crash between any two writes ends where no crash ends | 02 I20 |
//! | [`i21_positive_instruction`] | nothing goes or shrinks without a positive instruction | 02 I21 |
//! | [`i22_division`] | a division sums up, and raising the total lowers no cell | 02 I22 |
//! | [`group_order`] | no group opens early or without the word it needs | 02 §3.4, 03 *Across clusters* |
//! | [`release_forward`] | no release number and no open group goes back | 02 §3.4 |
//! | [`group_bounds`] | an update takes no more pods than the open groups allow | 02 §3.2 |
//! | [`soak`] | a group is finished only when its pods soaked at this revision | 02 §3.3, §5 |
//! | [`i23_converges`] | once faults end all is as wanted and stays, or says who is awaited | 02 I23 |

mod group_bounds;
mod group_order;
mod i19_static_stability;
mod i20_resumable;
mod i21_positive_instruction;
mod i22_division;
mod i23_converges;
mod release_forward;
mod soak;

use std::collections::{BTreeMap, BTreeSet};

/// Replicas of cells, by name.
pub(crate) type Cells = BTreeMap<String, u32>;

/// What happened, with everything that is needed to judge it.
#[derive(Clone, Debug)]
pub(crate) enum Fact {
    /// The hub wrote its log.
    Booked {
        before: Division,
        after: Division,
        /// Groups that were opened by it, of which release.
        seq: u64,
        opened: Vec<OpenedGroup>,
    },
    /// The hub made or changed a Work: (uid, seq, open group) of before and after.
    WorkWritten { cluster: String, before: Option<(u64, u64, u32)>, after: (u64, u64, u32) },
    /// The hub began to delete a Work.
    WorkDeleted { cluster: String, is_wanted: bool },
    /// The agent applied an application with this release over one with that.
    Applied { cluster: String, before: Option<i64>, after: i64, is_instructed: bool },
    /// The agent deleted something that a Work had brought.
    Removed { cluster: String, object: String, is_instructed: bool, hub_lost_since: Option<u64> },
    /// The agent changed the replicas of a set. `floor` is the least that the application asks for there.
    Resized { cluster: String, set: String, before: u32, after: u32, floor: u32 },
    /// An update put a pod at its revision.
    Taken { cluster: String, cell: String, seq: i64, revision: String, at_revision: u32, allowed: u32 },
    /// The agent says that a group is finished: by cell, pods it needs, pods that soaked, pods lost a moment ago.
    Finished { cluster: String, seq: i64, group: u32, cells: Vec<(String, u32, u32, u32)> },
    /// The hub has been away: pods that should be available in a member, and those that are.
    Alone { cluster: String, for_ms: u64, desired: u32, available: u32 },
    /// A run with a crash ended: what is there, and what is there without the crash.
    Resumed { write: u64, with: String, without: String },
    /// All faults ended long ago: what is not as wanted, who is awaited, and writes that were made after it was.
    Settled { after_ms: u64, differences: Vec<String>, awaited: Option<String>, restless: u64 },
}

/// A division as the log has it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Division {
    pub total: u32,
    pub unplaced: u32,
    pub shares: Cells,
    pub weights: Cells,
}

/// A group that was opened, and what was true then.
#[derive(Clone, Debug)]
pub(crate) struct OpenedGroup {
    /// The group before it, which must be finished.
    pub finished: u32,
    pub needs_word: bool,
    pub has_word: bool,
    /// Clusters that counted and have not finished it.
    pub unfinished: BTreeSet<String>,
}

/// A rule that was broken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The rule.
    pub invariant: &'static str,
    /// How, with names and numbers.
    pub message: String,
}

type Check = fn(&Fact) -> Option<String>;

/// All checkers.
const CHECKS: [(&str, Check); 9] = [
    ("I19 static stability", i19_static_stability::check),
    ("I20 resumable", i20_resumable::check),
    ("I21 positive instruction", i21_positive_instruction::check),
    ("I22 division", i22_division::check),
    ("group order", group_order::check),
    ("release forward", release_forward::check),
    ("group bounds", group_bounds::check),
    ("soak", soak::check),
    ("I23 converges", i23_converges::check),
];

/// The first rule that a fact breaks.
pub(crate) fn check(fact: &Fact) -> Option<Violation> {
    CHECKS.iter().find_map(|(invariant, check)| Some(Violation { invariant, message: check(fact)? }))
}

#[cfg(test)]
fn cells(pairs: &[(&str, u32)]) -> Cells {
    pairs.iter().map(|(cell, count)| ((*cell).to_owned(), *count)).collect()
}
