//! Approves and signs the certificate requests of one signer, as its policy says.
//!
//! A request that is neither approved nor denied is judged: the controller approves it through
//! `/approval`, denies it, or waits. An approved one, by the controller or by a person, is signed into
//! `status.certificate`. A request no signer would sign gets the condition `Failed`.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use k8s_openapi::api::certificates::v1::CertificateSigningRequest;
use kube::api::{Api, PostParams};
use kube::runtime::{WatchStreamExt, watcher};
use kube::{Client, ResourceExt};
use serde_json::{Value, json};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::answered;
use crate::authn::service_account::timestamp;
use crate::pki::Authority;
use crate::signer::{CsrFacts, SignerError, SignerPolicy, Verdict, issue};

/// Pause after a write that failed.
const RETRY: Duration = Duration::from_secs(1);

/// What to do with a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// It is done, or nobody's turn.
    Nothing,
    /// Ask the policy.
    Judge,
    /// It is approved: sign.
    Sign,
    /// No signer would sign it.
    Fail(String),
}

/// Decides on a request of our signer by its conditions. Pure.
pub fn step(request: &Value, facts: &Result<CsrFacts, SignerError>) -> Step {
    let has = |kind: &str| {
        let list = request["status"]["conditions"].as_array().into_iter().flatten();
        list.into_iter().any(|c| c["type"] == kind && c["status"] != "False")
    };
    let is_signed = request["status"]["certificate"].as_str().is_some_and(|c| !c.is_empty());
    if is_signed || has("Denied") || has("Failed") || !request["metadata"]["deletionTimestamp"].is_null() {
        return Step::Nothing;
    }
    match facts {
        Err(error) => Step::Fail(error.to_string()),
        Ok(_) if has("Approved") => Step::Sign,
        Ok(_) => Step::Judge,
    }
}

/// The request with one more condition. Pure.
pub fn with_condition(mut request: Value, kind: &str, reason: &str, message: &str, now: i64) -> Value {
    let condition = json!({
        "type": kind, "status": "True", "reason": reason, "message": message,
        "lastUpdateTime": timestamp(now), "lastTransitionTime": timestamp(now),
    });
    if !request["status"].is_object() {
        request["status"] = json!({});
    }
    match request["status"]["conditions"].as_array_mut() {
        Some(list) => list.push(condition),
        None => request["status"]["conditions"] = json!([condition]),
    }
    request
}

/// Signs for one policy until `stop` is cancelled.
pub async fn run(
    client: Client,
    authority: Arc<Authority>,
    policy: Arc<dyn SignerPolicy>,
    stop: CancellationToken,
) {
    let signer = Signer { api: Api::all(client), authority, policy };
    let _ = stop.run_until_cancelled(signer.watch()).await;
}

struct Signer {
    api: Api<CertificateSigningRequest>,
    authority: Arc<Authority>,
    policy: Arc<dyn SignerPolicy>,
}

impl Signer {
    async fn watch(&self) {
        let events = watcher(self.api.clone(), watcher::Config::default()).default_backoff();
        futures::pin_mut!(events);
        let mut waiting: BTreeMap<String, Instant> = BTreeMap::new();
        loop {
            let next = waiting.iter().min_by_key(|(_, at)| **at).map(|(name, at)| (name.clone(), *at));
            let name = tokio::select! {
                event = events.next() => match event {
                    Some(Ok(watcher::Event::Apply(r) | watcher::Event::InitApply(r))) if self.is_ours(&r) => r.name_any(),
                    Some(Ok(watcher::Event::Delete(r))) => { waiting.remove(&r.name_any()); continue }
                    Some(Ok(_)) => continue,
                    Some(Err(error)) => { tracing::debug!(%error, "watch certificate requests"); continue }
                    None => return,
                },
                () = until(next.as_ref().map(|(_, at)| *at)) => match next { Some((name, _)) => name, None => continue },
            };
            waiting.remove(&name);
            let again = match self.handle(&name).await {
                Ok(again) => again,
                Err(error) => {
                    tracing::warn!(%error, name, "handle a certificate request");
                    Some(RETRY)
                }
            };
            if let Some(after) = again {
                waiting.insert(name, Instant::now() + after);
            }
        }
    }

    fn is_ours(&self, request: &CertificateSigningRequest) -> bool {
        request.spec.signer_name == self.policy.signer_name()
    }

    /// One step with a request; says when to look again, if events alone will not tell.
    async fn handle(&self, name: &str) -> Result<Option<Duration>, kube::Error> {
        let Some(request) = self.api.get_opt(name).await? else { return Ok(None) };
        if !self.is_ours(&request) {
            return Ok(None);
        }
        let mut request = serde_json::to_value(&request).map_err(kube::Error::SerdeError)?;
        request["apiVersion"] = "certificates.k8s.io/v1".into();
        request["kind"] = "CertificateSigningRequest".into();
        let facts = CsrFacts::read(&request);
        let now = k8s_openapi::jiff::Timestamp::now().as_second();
        match (step(&request, &facts), facts) {
            (Step::Judge, Ok(facts)) => self.judge(name, request, &facts, now).await,
            (Step::Sign, Ok(facts)) => self.sign(name, request, &facts, now).await,
            (Step::Fail(why), _) => {
                let failed = with_condition(request, "Failed", "SignerValidationFailure", &why, now);
                self.write("status", name, &failed).await
            }
            _ => Ok(None),
        }
    }

    async fn judge(
        &self,
        name: &str,
        request: Value,
        facts: &CsrFacts,
        now: i64,
    ) -> Result<Option<Duration>, kube::Error> {
        match self.policy.judge(facts).await {
            Verdict::Sign { .. } => {
                let why = "approved by the policy of its signer";
                let approved = with_condition(request, "Approved", "PolicyApproved", why, now);
                // The approval comes back as an event, and then it is signed.
                self.write("approval", name, &approved).await
            }
            Verdict::Deny { reason } => {
                let denied = with_condition(request, "Denied", "PolicyDenied", &reason, now);
                self.write("approval", name, &denied).await
            }
            Verdict::Wait { reason } => {
                tracing::debug!(name, reason, "a certificate request waits");
                Ok(Some(self.policy.recheck_after()))
            }
        }
    }

    async fn sign(
        &self,
        name: &str,
        mut request: Value,
        facts: &CsrFacts,
        now: i64,
    ) -> Result<Option<Duration>, kube::Error> {
        let ttl = match self.policy.judge(facts).await {
            Verdict::Sign { ttl } => ttl,
            // Somebody approved it while the policy waited: that is what it waited for.
            Verdict::Wait { .. } => self.policy.ttl_by_hand(),
            Verdict::Deny { reason } => {
                let failed = with_condition(request, "Failed", "PolicyDenied", &reason, now);
                return self.write("status", name, &failed).await;
            }
        };
        match issue(&self.authority, facts, ttl, now) {
            Ok(pem) => {
                use base64::Engine;
                let encoded = base64::engine::general_purpose::STANDARD.encode(pem);
                request["status"]["certificate"] = encoded.into();
                let again = self.write("status", name, &request).await?;
                if again.is_none() {
                    self.policy.signed(facts).await;
                }
                Ok(again)
            }
            Err(error) => {
                let failed = with_condition(request, "Failed", "SigningError", &error.to_string(), now);
                self.write("status", name, &failed).await
            }
        }
    }

    /// Writes a subresource under the version that was read.
    async fn write(
        &self,
        subresource: &str,
        name: &str,
        request: &Value,
    ) -> Result<Option<Duration>, kube::Error> {
        match self.api.replace_subresource(subresource, name, &PostParams::default(), request).await {
            Ok(_) => Ok(None),
            Err(error) if answered(&error, 404) => Ok(None),
            // Somebody wrote it meanwhile; look again at once.
            Err(error) if answered(&error, 409) => Ok(Some(Duration::ZERO)),
            Err(error) => Err(error),
        }
    }
}

async fn until(at: Option<Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at).await,
        None => std::future::pending().await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts() -> Result<CsrFacts, SignerError> {
        Ok(CsrFacts {
            name: "c".into(),
            uid: String::new(),
            signer_name: "s".into(),
            username: String::new(),
            user_uid: String::new(),
            user_groups: Vec::new(),
            user_extra: BTreeMap::new(),
            annotations: BTreeMap::new(),
            subject: crate::pki::Subject::default(),
            expiration_seconds: None,
            public_key: Vec::new(),
        })
    }

    #[test]
    fn conditions_say_whose_turn_it_is() {
        let conditions = |list: &[&str]| {
            let list: Vec<Value> = list.iter().map(|c| json!({ "type": c, "status": "True" })).collect();
            json!({ "metadata": {}, "status": { "conditions": list } })
        };
        assert_eq!(step(&json!({ "metadata": {} }), &facts()), Step::Judge);
        assert_eq!(step(&conditions(&["Approved"]), &facts()), Step::Sign);
        assert_eq!(step(&conditions(&["Denied"]), &facts()), Step::Nothing);
        assert_eq!(step(&conditions(&["Approved", "Failed"]), &facts()), Step::Nothing);
        let mut signed = conditions(&["Approved"]);
        signed["status"]["certificate"] = "AAAA".into();
        assert_eq!(step(&signed, &facts()), Step::Nothing);
        let bad = Err(SignerError::NoName);
        assert!(
            matches!(step(&conditions(&["Approved"]), &bad), Step::Fail(why) if why.contains("common name"))
        );
    }

    #[test]
    fn a_condition_is_added_to_the_ones_that_are_there() {
        let one = with_condition(json!({ "metadata": {} }), "Approved", "R", "m", 0);
        let two = with_condition(one, "Failed", "R", "m", 0);
        assert_eq!(two["status"]["conditions"].as_array().map(Vec::len), Some(2));
    }
}
