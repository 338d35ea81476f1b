//! How a cluster becomes a member: its agent's certificate request is judged, and approved or denied.
//!
//! The judging is in [`judge`] (pure); this shell gathers the facts, makes or binds the MemberCluster, and
//! ends a token once its certificate is signed. The signing itself is the API server's (the upstream signer
//! for API server clients), so that the same code works with a plain kube-apiserver as the hub.

mod facts;
mod judge;

use std::collections::BTreeMap;
use std::time::Duration;

use crds::federation::{MemberCluster, MemberClusterSpec};
use crds::names;
use futures::StreamExt;
use jiff::Timestamp;
use k8s_openapi::api::certificates::v1::{CertificateSigningRequest, CertificateSigningRequestCondition};
use k8s_openapi::api::core::v1::Secret;
use kube::ResourceExt;
use kube::api::{Api, DeleteParams, ObjectMeta, Patch, PatchParams, PostParams};
use kube::runtime::WatchStreamExt;
use kube::runtime::watcher::{self, Event, watcher};
use serde_json::json;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use facts::{Requestor, request_facts, token_of};
use judge::{Judgement, Member, Request, Step, judge};

/// How long an answered request stays, so that its agent can read the answer.
const KEEP_ANSWERED: Duration = Duration::from_secs(60);
/// How long a token still opens the door after its certificate is signed: its agent fetches the certificate with
/// it. For every other cluster it is used up from the first request on.
const FETCH: Duration = Duration::from_secs(5);
/// How often open requests are looked at beside changes.
const RESYNC: Duration = Duration::from_secs(2);

/// The join controller.
pub struct Joins {
    client: kube::Client,
    open: BTreeMap<String, CertificateSigningRequest>,
    /// When a certificate was first seen to be there.
    signed: BTreeMap<String, Instant>,
}

impl Joins {
    /// Over `client`.
    pub fn new(client: kube::Client) -> Self {
        Self { client, open: BTreeMap::new(), signed: BTreeMap::new() }
    }

    /// Runs until `stop`. Requests are few: each change looks at all open ones.
    pub async fn run(mut self, stop: CancellationToken) {
        let requests: Api<CertificateSigningRequest> = Api::all(self.client.clone());
        let mut requests = watcher(requests, watcher::Config::default()).default_backoff().boxed();
        let members: Api<MemberCluster> = Api::all(self.client.clone());
        let mut members = watcher(members, watcher::Config::default()).default_backoff().boxed();
        let mut tick = tokio::time::interval(RESYNC);
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                Some(event) = requests.next() => if !self.note(event) { continue },
                Some(event) = members.next() => if event.is_err() { continue },
                _ = tick.tick() => if self.open.is_empty() { continue },
            }
            self.look_at_all().await;
        }
    }

    /// Whether there is something new to look at.
    fn note(&mut self, event: Result<Event<CertificateSigningRequest>, watcher::Error>) -> bool {
        match event {
            Ok(Event::Init) => self.open.clear(),
            Ok(Event::InitApply(request) | Event::Apply(request)) if is_agents(&request) => {
                self.open.insert(request.name_any(), request);
                return true;
            }
            Ok(Event::Delete(request)) => {
                self.open.remove(&request.name_any());
            }
            Ok(_) => return true,
            Err(error) => warn!(error = %error, "the watch of certificate requests broke; it starts again"),
        }
        false
    }

    async fn look_at_all(&mut self) {
        let names: Vec<String> = self.open.keys().cloned().collect();
        for name in names {
            let Some(request) = self.open.get(&name).cloned() else { continue };
            if let Err(error) = self.look_at(&request).await {
                warn!(csr = name, error = %error, "could not answer a certificate request; trying again");
            }
        }
    }

    async fn look_at(&mut self, csr: &CertificateSigningRequest) -> Result<(), kube::Error> {
        match answer_of(csr) {
            Some(signed) => self.after(csr, signed).await,
            None => self.decide(csr).await,
        }
    }

    async fn decide(&mut self, csr: &CertificateSigningRequest) -> Result<(), kube::Error> {
        let name = csr.name_any();
        let Some(cluster) = names::cluster_of_agent_object(&name) else { return Ok(()) };
        let members = self.members().await?;
        let requestor = Requestor::of(csr);
        let token = match &requestor {
            Requestor::Token(id) => token_of(&self.client, id).await?,
            _ => None,
        };
        let request = Request {
            cluster: cluster.to_owned(),
            uid: csr.annotations().get(names::CLUSTER_UID).cloned().unwrap_or_default(),
            subject: request_facts(csr),
            requestor,
        };
        let Judgement { steps, verdict } = judge(&request, token.as_ref(), &members, now());
        for step in steps {
            self.carry_out(step).await?;
        }
        match verdict {
            judge::Verdict::Approve => {
                self.answer(csr, "Approved", "Accepted", "the member is accepted").await
            }
            judge::Verdict::Deny(message) => self.answer(csr, "Denied", "JoinRefused", &message).await,
            judge::Verdict::WaitForAccept => Ok(()),
        }
    }

    async fn carry_out(&self, step: Step) -> Result<(), kube::Error> {
        let api: Api<MemberCluster> = Api::all(self.client.clone());
        match step {
            Step::CreateMember { cluster, site, uid, accept } => {
                let member = MemberCluster {
                    metadata: ObjectMeta { name: Some(cluster.clone()), ..ObjectMeta::default() },
                    spec: MemberClusterSpec {
                        site,
                        cluster_uid: Some(uid),
                        accept,
                        heartbeat_seconds: 5,
                        ..MemberClusterSpec::default()
                    },
                    status: None,
                };
                info!(cluster, accept, "a cluster asks to join");
                match api.create(&PostParams::default(), &member).await {
                    Err(kube::Error::Api(status)) if status.is_already_exists() => Ok(()),
                    result => result.map(|_| ()),
                }
            }
            Step::BindUid { cluster, uid, accept } => {
                let mut spec = json!({"clusterUID": uid});
                if accept {
                    spec["accept"] = true.into();
                }
                let params =
                    PatchParams { field_manager: Some(names::HUB_MANAGER.into()), ..PatchParams::default() };
                api.patch(&cluster, &params, &Patch::Merge(json!({"spec": spec}))).await.map(|_| ())
            }
            Step::MarkTokenUsed { id, uid } => {
                let secrets: Api<Secret> = Api::namespaced(self.client.clone(), "kube-system");
                let body = json!({"metadata": {"annotations": {names::CLUSTER_UID: uid}}});
                let patched = secrets
                    .patch(&facts::token_secret(&id), &PatchParams::default(), &Patch::Merge(body))
                    .await;
                patched.map(|_| ())
            }
        }
    }

    async fn answer(
        &mut self,
        csr: &CertificateSigningRequest,
        type_: &str,
        reason: &str,
        message: &str,
    ) -> Result<(), kube::Error> {
        info!(csr = csr.name_any(), answer = type_, message, "certificate request answered");
        let mut answered = csr.clone();
        let condition = CertificateSigningRequestCondition {
            type_: type_.into(),
            status: "True".into(),
            reason: Some(reason.into()),
            message: Some(message.into()),
            ..CertificateSigningRequestCondition::default()
        };
        answered.status.get_or_insert_default().conditions = Some(vec![condition]);
        let api: Api<CertificateSigningRequest> = Api::all(self.client.clone());
        api.replace_subresource("approval", &csr.name_any(), &PostParams::default(), &answered)
            .await
            .map(|_| ())
    }

    /// The request is answered: a token that brought a certificate has done its work, and the request itself
    /// goes after a while.
    async fn after(&mut self, csr: &CertificateSigningRequest, signed: bool) -> Result<(), kube::Error> {
        let seen = *self.signed.entry(csr.uid().unwrap_or_default()).or_insert_with(Instant::now);
        if signed
            && seen.elapsed() > FETCH
            && let Requestor::Token(id) = Requestor::of(csr)
        {
            let secrets: Api<Secret> = Api::namespaced(self.client.clone(), "kube-system");
            match secrets.delete(&facts::token_secret(&id), &DeleteParams::default()).await {
                Ok(_) => info!(token = id, "the join token was used and is deleted"),
                Err(kube::Error::Api(status)) if status.is_not_found() => {}
                Err(error) => return Err(error),
            }
        }
        let age =
            csr.creation_timestamp().map_or(i64::MAX, |t| Timestamp::now().as_second() - t.0.as_second());
        if age > i64::try_from(KEEP_ANSWERED.as_secs()).unwrap_or(60) {
            let api: Api<CertificateSigningRequest> = Api::all(self.client.clone());
            match api.delete(&csr.name_any(), &DeleteParams::default()).await {
                Err(kube::Error::Api(status)) if status.is_not_found() => {}
                result => drop(result?),
            }
            self.open.remove(&csr.name_any());
            self.signed.remove(&csr.uid().unwrap_or_default());
        }
        Ok(())
    }

    async fn members(&self) -> Result<BTreeMap<String, Member>, kube::Error> {
        let list = Api::<MemberCluster>::all(self.client.clone()).list(&Default::default()).await?;
        let member = |m: MemberCluster| {
            let deleting = m.metadata.deletion_timestamp.is_some();
            (m.name_any(), Member { uid: m.spec.cluster_uid, accept: m.spec.accept, deleting })
        };
        Ok(list.items.into_iter().map(member).collect())
    }
}

fn is_agents(csr: &CertificateSigningRequest) -> bool {
    csr.spec.signer_name == names::AGENT_SIGNER && names::cluster_of_agent_object(&csr.name_any()).is_some()
}

/// `Some(true)` when signed, `Some(false)` when denied, `None` while it is open. An approved request that is
/// not signed yet is left to the signer.
fn answer_of(csr: &CertificateSigningRequest) -> Option<bool> {
    let status = csr.status.as_ref()?;
    if status.certificate.is_some() {
        return Some(true);
    }
    let conditions = status.conditions.as_deref().unwrap_or_default();
    conditions.iter().find(|c| matches!(c.type_.as_str(), "Approved" | "Denied" | "Failed")).map(|_| false)
}

fn now() -> model::Timestamp {
    model::Timestamp::from_millis(Timestamp::now().as_millisecond())
}
