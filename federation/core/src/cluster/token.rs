//! Whether a join token lets a cluster in.

use model::{ClusterName, Timestamp};

/// A join token as the hub keeps it. The comparison of its secret (by hash, in constant time) is the shell's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JoinToken {
    /// The public half of the token: what messages name it by.
    pub id: String,
    /// The cluster it is good for.
    pub cluster: ClusterName,
    /// When it ends; `None`: never.
    pub expires: Option<Timestamp>,
    /// The UID of the cluster that used it first, until the token is deleted. That one may ask again, because its
    /// first answer may have been lost; nobody else may.
    pub used_by: Option<String>,
}

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JoinRequest {
    /// The name it wants.
    pub cluster: ClusterName,
    /// The UID of its `kube-system` namespace.
    pub uid: String,
}

/// Why a token does not let a cluster in. An unknown token is refused before this check.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// It ended.
    #[error(
        "join token {id} expired {seconds} s ago: make a new one with `fedctl token create --cluster {cluster}`"
    )]
    Expired {
        /// The token.
        id: String,
        /// How long ago.
        seconds: i64,
        /// The cluster that asks.
        cluster: ClusterName,
    },
    /// It is for another cluster.
    #[error(
        "join token {id} is for cluster {bound}, not for {cluster}: make one with `fedctl token create --cluster {cluster}`"
    )]
    OtherCluster {
        /// The token.
        id: String,
        /// The cluster it is for.
        bound: ClusterName,
        /// The cluster that asks.
        cluster: ClusterName,
    },
    /// Another cluster used it.
    #[error(
        "join token {id} was used by another cluster (UID {used_by}): make a new one with `fedctl token create --cluster {cluster}`"
    )]
    Reused {
        /// The token.
        id: String,
        /// Who used it.
        used_by: String,
        /// The cluster that asks.
        cluster: ClusterName,
    },
}

/// Whether `token`, whose secret matched, lets the cluster in.
pub fn check_token(token: &JoinToken, request: &JoinRequest, now: Timestamp) -> Result<(), TokenError> {
    let (id, cluster) = (|| token.id.clone(), || request.cluster.clone());
    if token.cluster != request.cluster {
        return Err(TokenError::OtherCluster { id: id(), bound: token.cluster.clone(), cluster: cluster() });
    }
    if let Some(expires) = token.expires.filter(|expires| *expires <= now) {
        let seconds = now.seconds_since(expires);
        return Err(TokenError::Expired { id: id(), seconds, cluster: cluster() });
    }
    match &token.used_by {
        Some(used_by) if *used_by != request.uid => {
            Err(TokenError::Reused { id: id(), used_by: used_by.clone(), cluster: cluster() })
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fleet::tests::cluster;

    #[test]
    fn each_refusal_says_what_to_do() {
        let token = JoinToken {
            id: "abc123".to_owned(),
            cluster: cluster("hz-a"),
            expires: Some(Timestamp::from_seconds(100)),
            used_by: None,
        };
        let request = JoinRequest { cluster: cluster("hz-a"), uid: "u1".to_owned() };
        let at = Timestamp::from_seconds;
        assert_eq!(check_token(&token, &request, at(99)), Ok(()));
        assert_eq!(
            check_token(&token, &request, at(107)).unwrap_err().to_string(),
            "join token abc123 expired 7 s ago: make a new one with `fedctl token create --cluster hz-a`"
        );
        assert!(matches!(
            check_token(&token, &request, at(100)),
            Err(TokenError::Expired { seconds: 0, .. })
        ));
        let other = JoinRequest { cluster: cluster("hz-b"), ..request.clone() };
        assert!(matches!(check_token(&token, &other, at(0)), Err(TokenError::OtherCluster { .. })));
        let used = JoinToken { used_by: Some("u2".to_owned()), ..token.clone() };
        assert!(matches!(check_token(&used, &request, at(0)), Err(TokenError::Reused { .. })));
        let again = JoinToken { used_by: Some("u1".to_owned()), expires: None, ..token };
        assert_eq!(check_token(&again, &request, at(1_000_000)), Ok(()));
    }
}
