//! Who may approve and sign: the verbs `approve` and `sign` on the pseudo resource `signers`.
//!
//! The right to write `/approval` alone is not enough, or an approver for one signer could approve for
//! all. Upstream: the admission plugins CertificateApproval, CertificateSigning and
//! CertificateSubjectRestriction.

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::Value;

use super::facts::CsrFacts;
use crate::authz::authorizer::MASTERS;
use crate::authz::{Attributes, Authorizer};
use crate::resource::{Admission, AdmissionReview, Caller, Endpoint};
use crate::status::{ApiError, ApiResult};

const GROUP: &str = "certificates.k8s.io";
const PLURAL: &str = "certificatesigningrequests";
/// The signer whose certificates are trusted with any name; it must not make more masters.
const ANY_CLIENT: &str = "kubernetes.io/kube-apiserver-client";

/// Refuses approvals and signatures by callers who may not give them for the signer in question.
pub struct SignerAdmission {
    authorizer: Arc<Authorizer>,
}

impl SignerAdmission {
    /// The check over the rules that `authorizer` knows.
    pub fn new(authorizer: Arc<Authorizer>) -> Self {
        Self { authorizer }
    }

    /// Checks one write of a CertificateSigningRequest.
    ///
    /// # Errors
    /// 403, worded as upstream words it.
    pub fn check(
        &self,
        caller: &Caller,
        endpoint: &Endpoint,
        name: &str,
        new: &Value,
        old: Option<&Value>,
    ) -> ApiResult<()> {
        let refuse = |why: &str| Err(ApiError::forbidden(GROUP, PLURAL, name, why));
        let signer = old.unwrap_or(new)["spec"]["signerName"].as_str().unwrap_or_default();
        match (endpoint, old) {
            (Endpoint::Main, None) if signer == ANY_CLIENT && asks_for_masters(new) => {
                refuse(&format!("use of {ANY_CLIENT} signer with {MASTERS} group is not allowed"))
            }
            (Endpoint::Other(subresource), _)
                if subresource == "approval" && !self.may(caller, "approve", signer) =>
            {
                refuse(&format!("user not permitted to approve requests with signerName \"{signer}\""))
            }
            (Endpoint::Status, Some(old))
                if new["status"]["certificate"] != old["status"]["certificate"]
                    && !self.may(caller, "sign", signer) =>
            {
                refuse(&format!("user not permitted to sign requests with signerName \"{signer}\""))
            }
            _ => Ok(()),
        }
    }

    /// By the signer's whole name, or by `domain/*`.
    fn may(&self, caller: &Caller, verb: &str, signer: &str) -> bool {
        let ask = |name: &str| {
            let asked = Attributes { verb, group: GROUP, resource: "signers", name, ..Attributes::default() };
            self.authorizer.authorize(caller, &asked).allowed
        };
        ask(signer) || signer.split_once('/').is_some_and(|(domain, _)| ask(&format!("{domain}/*")))
    }
}

fn asks_for_masters(request: &Value) -> bool {
    CsrFacts::read(request).is_ok_and(|facts| facts.subject.groups.iter().any(|g| g == MASTERS))
}

#[async_trait]
impl Admission for SignerAdmission {
    async fn admit(&self, review: AdmissionReview<'_>) -> ApiResult<Vec<String>> {
        if let Some(new) = review.new
            && review.resource.group == GROUP
            && review.resource.plural == PLURAL
        {
            self.check(&review.ctx.caller, &review.ctx.endpoint, review.name, new, review.old)?;
        }
        Ok(Vec::new())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::authz::RbacKind;

    fn check(endpoint: &Endpoint, new: &Value, old: Option<&Value>) -> Result<(), String> {
        let authorizer = Authorizer::new();
        let role = json!({ "metadata": { "name": "r" }, "rules": [
            { "verbs": ["approve"], "apiGroups": [GROUP], "resources": ["signers"], "resourceNames": ["a.io/one"] },
            { "verbs": ["sign"], "apiGroups": [GROUP], "resources": ["signers"], "resourceNames": ["b.io/*"] },
        ]});
        let binding = json!({ "metadata": { "name": "b" }, "roleRef": { "kind": "ClusterRole", "name": "r" },
            "subjects": [{ "kind": "User", "name": "u" }] });
        for (kind, object) in [(RbacKind::ClusterRole, role), (RbacKind::ClusterRoleBinding, binding)] {
            authorizer.apply(kind, object.to_string().as_bytes()).expect("well formed");
        }
        let caller = Caller { name: "u".into(), ..Caller::default() };
        let admission = SignerAdmission::new(Arc::new(authorizer));
        admission.check(&caller, endpoint, "c", new, old).map_err(|e| e.to_string())
    }

    #[test]
    fn approving_and_signing_are_rights_by_signer() {
        let request = |signer: &str, certificate: &str| json!({ "spec": { "signerName": signer }, "status": { "certificate": certificate } });
        let approval = Endpoint::Other("approval".into());
        let (one, two) = (request("a.io/one", ""), request("a.io/two", ""));
        assert_eq!(check(&approval, &one, Some(&one)), Ok(()));
        assert_eq!(
            check(&approval, &two, Some(&two)).expect_err("another signer"),
            "certificatesigningrequests.certificates.k8s.io \"c\" is forbidden: user not permitted to approve requests with signerName \"a.io/two\""
        );
        assert_eq!(check(&Endpoint::Status, &one, Some(&one)), Ok(()), "the certificate is unchanged");
        assert!(check(&Endpoint::Status, &request("a.io/one", "x"), Some(&one)).is_err());
        let other = request("b.io/x", "");
        assert_eq!(check(&Endpoint::Status, &request("b.io/x", "x"), Some(&other)), Ok(()));
        // What the writer claims the signer to be does not count.
        assert!(check(&approval, &one, Some(&two)).is_err());
    }
}
