//! Rotation: a new certificate when two thirds of the old one's life are over.

use std::time::Duration;

use jiff::Timestamp;
use tracing::{info, warn};

use super::credential::{Credential, CredentialError, CredentialFiles};
use super::request::{JoinError, cluster_uid, obtain};
use crate::backoff::Backoff;

/// When a certificate in use from `from` until `until` is to be replaced.
pub fn rotation_due(from: Timestamp, until: Timestamp) -> Timestamp {
    let life = until.as_second().saturating_sub(from.as_second()).max(0);
    Timestamp::from_second(from.as_second() + life * 2 / 3).unwrap_or(until)
}

/// Waits until the credential is due, gets a new one and stores it. Comes back with the new one, or with an
/// error when the hub refuses.
pub async fn rotate(
    credential: &Credential,
    files: &CredentialFiles,
    hub: kube::Client,
    member: kube::Client,
) -> Result<Credential, JoinError> {
    let (begin, until) = credential.validity()?;
    let from = credential.obtained.map_or(begin, |obtained| obtained.max(begin));
    sleep_until(rotation_due(from, until)).await;
    info!(cluster = credential.cluster, until = %until, "rotating the credential");
    let uid = cluster_uid(member).await?;
    let (key_pem, certificate_pem) = obtain(hub, files, &credential.cluster, &uid).await?;
    let obtained = Some(Timestamp::now());
    let fresh = Credential { key_pem, certificate_pem, obtained, ..credential.clone() };
    let mut backoff = Backoff::default();
    while let Err(error) = files.save(&fresh) {
        report(&error);
        tokio::time::sleep(backoff.next_wait()).await;
    }
    Ok(fresh)
}

fn report(error: &CredentialError) {
    warn!(error = %error, "cannot store the new credential; trying again");
}

/// Sleeps by the wall clock: a suspended machine wakes up late, not never.
async fn sleep_until(at: Timestamp) {
    loop {
        let left = at.as_second() - Timestamp::now().as_second();
        if left <= 0 {
            return;
        }
        tokio::time::sleep(Duration::from_secs(left.clamp(1, 60).unsigned_abs())).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rotation_is_due_after_two_thirds() {
        let at = |s| Timestamp::from_second(s).unwrap();
        assert_eq!(rotation_due(at(1000), at(4000)), at(3000));
        assert_eq!(
            rotation_due(at(4000), at(1000)),
            at(4000),
            "a certificate that ends before it begins is due"
        );
    }
}
