//! Whether a cluster that asks to join under a name is the one the name is bound to.

use model::ClusterName;

/// A member cluster's name, and the UID of its `kube-system` namespace that the name is bound to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bound {
    /// The name.
    pub cluster: ClusterName,
    /// The UID; `None` until the first join.
    pub uid: Option<String>,
}

/// What a join would do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Binding {
    /// The first of its name: the name is bound to its UID.
    New,
    /// The same cluster again.
    Same,
}

/// Why a cluster may not join under a name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BindingError {
    /// The name belongs to another cluster.
    #[error(
        "member {cluster} is bound to cluster UID {bound}, but this one has UID {uid}: join under another name, or remove member {cluster} first"
    )]
    NameTaken {
        /// The name.
        cluster: ClusterName,
        /// The UID it is bound to.
        bound: String,
        /// The UID that asks.
        uid: String,
    },
    /// The cluster is a member already.
    #[error("cluster UID {uid} is member {other} already: it cannot also be {cluster}")]
    UidTaken {
        /// The name asked for.
        cluster: ClusterName,
        /// The name it has.
        other: ClusterName,
        /// Its UID.
        uid: String,
    },
    /// No UID was given.
    #[error("cluster {cluster} gave no UID of its kube-system namespace: the agent must be able to read it")]
    NoUid {
        /// The name asked for.
        cluster: ClusterName,
    },
}

/// Whether the cluster with `uid` may be `cluster`, next to the `members` there are.
pub fn check_binding(cluster: &ClusterName, uid: &str, members: &[Bound]) -> Result<Binding, BindingError> {
    if uid.is_empty() {
        return Err(BindingError::NoUid { cluster: cluster.clone() });
    }
    let mut binding = Binding::New;
    for member in members {
        match &member.uid {
            Some(bound) if member.cluster == *cluster && bound != uid => {
                let (cluster, bound, uid) = (cluster.clone(), bound.clone(), uid.to_owned());
                return Err(BindingError::NameTaken { cluster, bound, uid });
            }
            Some(bound) if member.cluster != *cluster && bound == uid => {
                let (cluster, other) = (cluster.clone(), member.cluster.clone());
                return Err(BindingError::UidTaken { cluster, other, uid: uid.to_owned() });
            }
            Some(_) if member.cluster == *cluster => binding = Binding::Same,
            _ => {}
        }
    }
    Ok(binding)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fleet::tests::cluster;

    #[test]
    fn a_name_is_one_cluster_and_a_cluster_one_name() {
        let members = [
            Bound { cluster: cluster("hz-a"), uid: Some("u1".to_owned()) },
            Bound { cluster: cluster("hz-b"), uid: None },
        ];
        let check = |name, uid| check_binding(&cluster(name), uid, &members);
        assert_eq!(check("hz-a", "u1"), Ok(Binding::Same));
        assert_eq!(check("hz-b", "u2"), Ok(Binding::New));
        assert_eq!(check("sh-a", "u2"), Ok(Binding::New));
        assert_eq!(
            check("hz-a", "u2").unwrap_err().to_string(),
            "member hz-a is bound to cluster UID u1, but this one has UID u2: join under another name, or remove \
             member hz-a first"
        );
        assert_eq!(
            check("hz-b", "u1").unwrap_err().to_string(),
            "cluster UID u1 is member hz-a already: it cannot also be hz-b"
        );
        assert!(matches!(check("hz-a", ""), Err(BindingError::NoUid { .. })));
    }
}
