//! I21: nothing is deleted or scaled down because data is missing, late or unreadable; only a Work with a known uid
//! that says so takes anything away.

use super::Fact;

/// Fires when something goes or shrinks that nobody asked to.
pub(super) fn check(fact: &Fact) -> Option<String> {
    match fact {
        Fact::Removed { cluster, object, is_instructed: false, .. } => {
            Some(format!("{cluster} deleted {object}, and no Work that there ever was says so"))
        }
        Fact::WorkDeleted { cluster, is_wanted: true } => {
            Some(format!("the hub deletes the Work of {cluster}, which the placement wants"))
        }
        Fact::Applied { cluster, is_instructed: false, after, .. } => {
            Some(format!("{cluster} applied release {after}, which no Work that there is ever said"))
        }
        Fact::Resized { cluster, set, before, after, floor } if after < before && after < floor => {
            Some(format!("{cluster} shrank {set} from {before} to {after}, and {floor} are asked for"))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fires_when_nobody_asked() {
        let removed = |is_instructed| Fact::Removed {
            cluster: "hz-a".into(),
            object: "shop".into(),
            is_instructed,
            hub_lost_since: None,
        };
        assert!(check(&removed(false)).is_some());
        assert_eq!(check(&removed(true)), None);
        let deleted = |is_wanted| Fact::WorkDeleted { cluster: "hz-a".into(), is_wanted };
        assert!(check(&deleted(true)).is_some());
        assert_eq!(check(&deleted(false)), None);
        let applied =
            |is_instructed| Fact::Applied { cluster: "hz-a".into(), before: None, after: 1, is_instructed };
        assert!(check(&applied(false)).is_some());
        assert_eq!(check(&applied(true)), None);
    }

    #[test]
    fn fires_when_a_set_shrinks_below_what_is_asked_for() {
        let resized = |before, after, floor| {
            check(&Fact::Resized { cluster: "hz-a".into(), set: "shop-rz00a".into(), before, after, floor })
        };
        assert!(resized(3, 1, 2).is_some());
        assert_eq!(resized(3, 2, 2), None);
        assert_eq!(resized(0, 1, 2), None, "it grows, in groups");
    }
}
