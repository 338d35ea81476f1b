//! `fedctl token revoke`.

use k8s_openapi::api::core::v1::Secret;
use kube::Api;
use kube::api::{DeleteParams, Preconditions};

use super::secret::{NAMESPACE, name_of, read};
use crate::failure::{Attempt, Failure};
use crate::plan::{Caution, Consent, Plan};
use crate::session::Session;
use crate::show;

/// Flags of `token revoke`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The id: what stands before the dot.
    #[arg(value_name = "ID")]
    pub id: String,
    /// Plan and consent.
    #[command(flatten)]
    pub consent: Consent,
}

/// Runs `token revoke`.
pub(super) async fn run(session: &mut Session, args: Args) -> Result<(), Failure> {
    // People paste the whole token; its secret is nobody's business.
    let id = args.id.split('.').next().unwrap_or_default().to_ascii_lowercase();
    let hub = session.hub().await?;
    let api: Api<Secret> = Api::namespaced(hub.client.clone(), NAMESPACE);
    let attempt = || format!("revoke join token {id}");
    let found = api.get_opt(&name_of(&id)).await.attempt(attempt)?;
    let Some((secret, token)) = found.and_then(|secret| read(&secret).map(|token| (secret, token))) else {
        let said = format!("there is no join token {id}: `fedctl token list` shows them; a used one is gone");
        return Err(Failure::Refused(said));
    };
    let plan = Plan::new(format!("end join token {id} of member cluster {}", token.cluster))
        .with("a cluster that has joined with it stays a member");
    if !args.consent.settle(&mut session.screen, &plan, Caution::Usual)? {
        return Ok(());
    }
    let same = Preconditions { uid: secret.metadata.uid.clone(), resource_version: None };
    let parameters = DeleteParams { preconditions: Some(same), ..DeleteParams::default() };
    api.delete(&name_of(&id), &parameters).await.attempt(attempt)?;
    let name = format!("secret/{}", name_of(&id));
    let facts = serde_json::json!({"id": id, "cluster": token.cluster, "revoked": true});
    show::change(&mut session.screen, session.output, &name, &format!("join token {id} revoked"), &facts)
}
