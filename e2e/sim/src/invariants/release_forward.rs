//! A release never goes back to an older number, and its open group never goes back.

use super::Fact;

/// Fires when a Work or a member goes back.
pub(super) fn check(fact: &Fact) -> Option<String> {
    match fact {
        Fact::WorkWritten { cluster, before: Some((uid, seq, group)), after } if *uid == after.0 => {
            let is_back = (after.1, after.2) < (*seq, *group);
            is_back.then(|| {
                format!(
                    "the Work of {cluster} went from group {group} of {seq} to group {} of {}",
                    after.2, after.1
                )
            })
        }
        Fact::Applied { cluster, before: Some(before), after, .. } if after < before => {
            Some(format!("{cluster} went from release {before} back to {after}"))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fires_when_a_work_goes_back() {
        let written =
            |after| check(&Fact::WorkWritten { cluster: "hz-a".into(), before: Some((1, 3, 2)), after });
        assert!(written((1, 2, 5)).is_some());
        assert!(written((1, 3, 1)).is_some());
        assert_eq!(written((1, 3, 3)), None);
        assert_eq!(written((1, 4, 0)), None);
        assert_eq!(written((2, 1, 0)), None, "another Work of that name");
    }

    #[test]
    fn fires_when_a_member_goes_back() {
        let applied = |after| {
            check(&Fact::Applied { cluster: "hz-a".into(), before: Some(3), after, is_instructed: true })
        };
        assert!(applied(2).is_some());
        assert_eq!(applied(3), None);
    }
}
