//! Which certificate requests the hub signs: those that the join controller approved, and no others.

use std::time::Duration;

use async_trait::async_trait;
use federation_apiserver::signer::{CsrFacts, SignerPolicy, Verdict};

/// Signs what is approved, for `life`.
pub(super) struct AgentSigner {
    pub(super) life: Duration,
}

#[async_trait]
impl SignerPolicy for AgentSigner {
    fn signer_name(&self) -> &str {
        crds::names::AGENT_SIGNER
    }

    async fn judge(&self, _: &CsrFacts) -> Verdict {
        Verdict::Wait { reason: "approval by the hub".to_owned() }
    }

    fn ttl_by_hand(&self) -> Duration {
        self.life
    }
}
