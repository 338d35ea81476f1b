//! Whether a change is a new release, and which number it gets.

use model::release::ReleaseSeq;

/// The release that is on the books.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Current {
    /// Its number.
    pub seq: ReleaseSeq,
    /// The digest of what it releases.
    pub revision: String,
    /// Why it was made.
    pub cause: Cause,
    /// Whether it reached every cluster that counted.
    pub is_done: bool,
    /// Replicas per cell, in one comparable text or digest, that it was planned for.
    pub shape: String,
}

/// Why a release was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Cause {
    /// There was none before.
    FirstRollout,
    /// The template, or what is carried with it, changed. A rollback is one too (02 §3.6).
    TemplateChange,
    /// Only the number of replicas, or how they are divided, changed.
    Scaling,
}

impl Cause {
    /// Whether a person's word is needed between groups: only template changes ask, and scaling when it is told to
    /// (02 §3.2).
    #[must_use]
    pub const fn needs_confirmation(self, need_waiting_for_confirm: bool, confirm_scaling: bool) -> bool {
        match self {
            Self::TemplateChange => need_waiting_for_confirm,
            Self::FirstRollout | Self::Scaling => need_waiting_for_confirm && confirm_scaling,
        }
    }
}

/// What a change means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// Nothing new: go on with the release on the books.
    Keep,
    /// A new release, from its group 0. Confirmations of earlier ones are void by its number.
    Start {
        /// Its number.
        seq: ReleaseSeq,
        /// Why.
        cause: Cause,
    },
}

/// Decides from the release on the books and what is wanted now.
///
/// A new revision always is a new release, also in the middle of one, and also when it returns to an old one. A
/// change of shape alone is one only when nothing is under way: in mid-release the groups are replanned, and its
/// cause, and so the question for confirmations, stays (02 §3.5).
#[must_use]
pub fn next_release(current: Option<&Current>, revision: &str, shape: &str) -> Next {
    let Some(current) = current else {
        return Next::Start { seq: ReleaseSeq(1), cause: Cause::FirstRollout };
    };
    if current.revision != revision {
        return Next::Start { seq: current.seq.next(), cause: Cause::TemplateChange };
    }
    if current.shape != shape && current.is_done {
        return Next::Start { seq: current.seq.next(), cause: Cause::Scaling };
    }
    Next::Keep
}

/// A revision that was released before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revision {
    /// The release that brought it last.
    pub seq: ReleaseSeq,
    /// Its digest.
    pub revision: String,
}

/// Why there is nothing to roll back to.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RollbackError {
    /// Only one revision was ever released.
    #[error("there is no revision before {current}: nothing to roll back to")]
    NoEarlier {
        /// The one there is.
        current: String,
    },
    /// The asked one is not kept.
    #[error("release {asked} is not in the history, which has {}", kept(kept_seqs))]
    NotKept {
        /// What was asked for.
        asked: ReleaseSeq,
        /// Releases that are kept.
        kept_seqs: Vec<ReleaseSeq>,
    },
    /// The asked one is what runs.
    #[error("release {asked} has revision {current}, which is the current one")]
    IsCurrent {
        /// What was asked for.
        asked: ReleaseSeq,
        /// Its revision.
        current: String,
    },
}

fn kept(seqs: &[ReleaseSeq]) -> String {
    match seqs.is_empty() {
        true => "none".to_owned(),
        false => seqs.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
    }
}

/// The revision to release again: the asked one, or the last that differs from the current one.
pub fn rollback_target<'h>(
    history: &'h [Revision],
    current: &str,
    asked: Option<ReleaseSeq>,
) -> Result<&'h Revision, RollbackError> {
    match asked {
        None => history
            .iter()
            .filter(|revision| revision.revision != current)
            .max_by_key(|revision| revision.seq)
            .ok_or_else(|| RollbackError::NoEarlier { current: current.to_owned() }),
        Some(asked) => match history.iter().find(|revision| revision.seq == asked) {
            Some(found) if found.revision == current => {
                Err(RollbackError::IsCurrent { asked, current: current.to_owned() })
            }
            Some(found) => Ok(found),
            None => {
                let kept_seqs = history.iter().map(|revision| revision.seq).collect();
                Err(RollbackError::NotKept { asked, kept_seqs })
            }
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn current(is_done: bool) -> Current {
        let (revision, shape) = ("v1".to_owned(), "10".to_owned());
        Current { seq: ReleaseSeq(4), revision, cause: Cause::TemplateChange, is_done, shape }
    }

    #[test]
    fn every_change_of_revision_is_a_release_with_a_new_number() {
        let start = |seq, cause| Next::Start { seq: ReleaseSeq(seq), cause };
        assert_eq!(next_release(None, "v1", "10"), start(1, Cause::FirstRollout));
        assert_eq!(next_release(Some(&current(true)), "v1", "10"), Next::Keep);
        assert_eq!(next_release(Some(&current(false)), "v2", "10"), start(5, Cause::TemplateChange));
        assert_eq!(next_release(Some(&current(true)), "v0", "12"), start(5, Cause::TemplateChange));
        assert_eq!(next_release(Some(&current(true)), "v1", "12"), start(5, Cause::Scaling));
        assert_eq!(next_release(Some(&current(false)), "v1", "12"), Next::Keep);
    }

    #[test]
    fn only_template_changes_ask_unless_told_otherwise() {
        for (cause, asks, asks_when_told) in [
            (Cause::FirstRollout, false, true),
            (Cause::Scaling, false, true),
            (Cause::TemplateChange, true, true),
        ] {
            assert_eq!(cause.needs_confirmation(true, false), asks);
            assert_eq!(cause.needs_confirmation(true, true), asks_when_told);
            assert!(!cause.needs_confirmation(false, true));
        }
    }

    #[test]
    fn rollback_finds_the_last_other_revision_or_says_why_not() {
        let revision = |seq, name: &str| Revision { seq: ReleaseSeq(seq), revision: name.to_owned() };
        let history = [revision(1, "v1"), revision(2, "v2"), revision(3, "v3")];
        assert_eq!(rollback_target(&history, "v3", None).unwrap().revision, "v2");
        assert_eq!(rollback_target(&history, "v3", Some(ReleaseSeq(1))).unwrap().revision, "v1");
        assert_eq!(
            rollback_target(&history, "v3", Some(ReleaseSeq(9))).unwrap_err().to_string(),
            "release 9 is not in the history, which has 1, 2, 3"
        );
        assert!(matches!(
            rollback_target(&history, "v3", Some(ReleaseSeq(3))),
            Err(RollbackError::IsCurrent { .. })
        ));
        assert!(matches!(rollback_target(&history[..1], "v1", None), Err(RollbackError::NoEarlier { .. })));
    }
}
