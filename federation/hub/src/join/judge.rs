//! Whether a cluster may join, or renew its certificate. Pure: facts in, steps and a verdict out.

use std::collections::BTreeMap;

use crds::names;
use federation_core::cluster::{Bound, JoinRequest, JoinToken, check_binding, check_token};
use model::{ClusterName, Timestamp};

use super::facts::{Requestor, Subject, Token};

/// A member as far as a join cares.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Member {
    pub(super) uid: Option<String>,
    pub(super) accept: bool,
    pub(super) deleting: bool,
}

/// What is asked, and by whom.
#[derive(Clone, Debug)]
pub(super) struct Request {
    pub(super) cluster: String,
    pub(super) uid: String,
    pub(super) subject: Result<Subject, String>,
    pub(super) requestor: Requestor,
}

/// What is to be written before the verdict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    CreateMember { cluster: String, site: String, uid: String, accept: bool },
    BindUid { cluster: String, uid: String, accept: bool },
    MarkTokenUsed { id: String, uid: String },
}

/// The answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Approve,
    WaitForAccept,
    Deny(String),
}

/// Steps and answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Judgement {
    pub(super) steps: Vec<Step>,
    pub(super) verdict: Verdict,
}

/// Judges one request.
pub(super) fn judge(
    request: &Request,
    token: Option<&Token>,
    members: &BTreeMap<String, Member>,
    now: Timestamp,
) -> Judgement {
    match try_judge(request, token, members, now) {
        Ok(judgement) => judgement,
        Err(message) => Judgement { steps: Vec::new(), verdict: Verdict::Deny(message) },
    }
}

fn try_judge(
    request: &Request,
    token: Option<&Token>,
    members: &BTreeMap<String, Member>,
    now: Timestamp,
) -> Result<Judgement, String> {
    check_subject(request)?;
    let cluster = ClusterName::new(request.cluster.clone()).map_err(|e| e.to_string())?;
    let member = members.get(&request.cluster);
    if member.is_some_and(|m| m.deleting) {
        return Err(format!("member {cluster} is being removed: wait until it is gone, then join again"));
    }
    match &request.requestor {
        Requestor::Agent(name) if *name == request.cluster => renew(request, member),
        Requestor::Agent(name) => {
            Err(format!("the agent of {name} may not ask for a certificate of {cluster}"))
        }
        Requestor::Other(user) => {
            Err(format!("user {user:?} is neither a join token nor the agent of {cluster}"))
        }
        Requestor::Token(id) => {
            let token = token.ok_or_else(|| {
                format!(
                    "join token {id} is gone: make a new one with `fedctl token create --cluster {cluster}`"
                )
            })?;
            check_join_token(request, &cluster, token, now)?;
            let bound = bindings(members)?;
            check_binding(&cluster, &request.uid, &bound).map_err(|e| e.to_string())?;
            Ok(join(request, token, member))
        }
    }
}

/// The certificate will speak for exactly this cluster's agent.
fn check_subject(request: &Request) -> Result<(), String> {
    let subject = request.subject.as_ref().map_err(Clone::clone)?;
    let user = format!("{}{}", names::AGENT_USER_PREFIX, request.cluster);
    if subject.common_names != [user.clone()] || subject.organizations != [names::AGENTS_GROUP] {
        return Err(format!(
            "the request is for CN={} O={}, but agent {} must ask for CN={user} O={}",
            subject.common_names.join(","),
            subject.organizations.join(","),
            request.cluster,
            names::AGENTS_GROUP
        ));
    }
    if subject.has_extensions {
        return Err("the request asks for extensions; an agent's certificate has none of its own".to_owned());
    }
    Ok(())
}

fn check_join_token(
    request: &Request,
    cluster: &ClusterName,
    token: &Token,
    now: Timestamp,
) -> Result<(), String> {
    let bound = ClusterName::new(token.cluster.clone())
        .map_err(|_| format!("token {} is no join token: it names no cluster", token.id))?;
    let known = JoinToken {
        id: token.id.clone(),
        cluster: bound,
        expires: token.expires_millis.map(Timestamp::from_millis),
        used_by: token.used_by.clone(),
    };
    let asked = JoinRequest { cluster: cluster.clone(), uid: request.uid.clone() };
    check_token(&known, &asked, now).map_err(|e| e.to_string())
}

fn bindings(members: &BTreeMap<String, Member>) -> Result<Vec<Bound>, String> {
    members
        .iter()
        .map(|(name, member)| {
            let cluster = ClusterName::new(name.clone()).map_err(|e| e.to_string())?;
            Ok(Bound { cluster, uid: member.uid.clone() })
        })
        .collect()
}

fn join(request: &Request, token: &Token, member: Option<&Member>) -> Judgement {
    let (cluster, uid) = (request.cluster.clone(), request.uid.clone());
    let mut steps = Vec::new();
    if token.used_by.is_none() {
        steps.push(Step::MarkTokenUsed { id: token.id.clone(), uid: uid.clone() });
    }
    match member {
        None => {
            steps.push(Step::CreateMember { cluster, site: token.site.clone(), uid, accept: token.accept })
        }
        Some(member) if member.uid.is_none() || (token.accept && !member.accept) => {
            steps.push(Step::BindUid { cluster, uid, accept: token.accept });
        }
        Some(_) => {}
    }
    let accepted = token.accept || member.is_some_and(|m| m.accept);
    Judgement { steps, verdict: if accepted { Verdict::Approve } else { Verdict::WaitForAccept } }
}

fn renew(request: &Request, member: Option<&Member>) -> Result<Judgement, String> {
    let cluster = &request.cluster;
    let member =
        member.ok_or_else(|| format!("{cluster} is no member any more: join again with a new token"))?;
    if member.uid.as_deref() != Some(request.uid.as_str()) {
        return Err(format!("member {cluster} is bound to another cluster UID than {}", request.uid));
    }
    let verdict = if member.accept { Verdict::Approve } else { Verdict::WaitForAccept };
    Ok(Judgement { steps: Vec::new(), verdict })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(cluster: &str, uid: &str, requestor: Requestor) -> Request {
        let subject = Subject {
            common_names: vec![format!("cafefed:agent:{cluster}")],
            organizations: vec!["cafefed:agents".into()],
            has_extensions: false,
        };
        Request { cluster: cluster.into(), uid: uid.into(), subject: Ok(subject), requestor }
    }

    fn token(cluster: &str, accept: bool) -> Token {
        Token {
            id: "abcdef".into(),
            cluster: cluster.into(),
            site: "hz".into(),
            accept,
            expires_millis: Some(10_000),
            used_by: None,
        }
    }

    fn by_token() -> Requestor {
        Requestor::Token("abcdef".into())
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_seconds(seconds)
    }

    fn denied(judgement: &Judgement, words: &str) {
        let Verdict::Deny(message) = &judgement.verdict else { panic!("not denied: {judgement:?}") };
        assert!(message.contains(words), "{message}");
        assert!(judgement.steps.is_empty(), "a refusal changes nothing");
    }

    #[test]
    fn a_first_join_makes_the_member_and_waits_unless_the_token_accepts() {
        let ask = request("hz-a", "u1", by_token());
        let judged = judge(&ask, Some(&token("hz-a", false)), &BTreeMap::new(), at(1));
        assert_eq!(judged.verdict, Verdict::WaitForAccept);
        assert!(judged.steps.iter().any(|s| matches!(s, Step::CreateMember { accept: false, .. })));
        let judged = judge(&ask, Some(&token("hz-a", true)), &BTreeMap::new(), at(1));
        assert_eq!(judged.verdict, Verdict::Approve);
    }

    #[test]
    fn wrong_expired_and_reused_tokens_are_refused() {
        let ask = request("hz-a", "u1", by_token());
        denied(&judge(&ask, None, &BTreeMap::new(), at(1)), "is gone");
        denied(&judge(&ask, Some(&token("hz-b", true)), &BTreeMap::new(), at(1)), "for cluster hz-b");
        denied(&judge(&ask, Some(&token("hz-a", true)), &BTreeMap::new(), at(11)), "expired");
        let used = Token { used_by: Some("u2".into()), ..token("hz-a", true) };
        denied(&judge(&ask, Some(&used), &BTreeMap::new(), at(1)), "used by another cluster");
    }

    #[test]
    fn another_cluster_does_not_get_the_name_of_a_member() {
        let members =
            [("hz-a".to_owned(), Member { uid: Some("u1".into()), accept: true, deleting: false })].into();
        denied(
            &judge(&request("hz-a", "u2", by_token()), Some(&token("hz-a", true)), &members, at(1)),
            "bound to cluster UID u1",
        );
        denied(
            &judge(&request("hz-b", "u1", by_token()), Some(&token("hz-b", true)), &members, at(1)),
            "member hz-a already",
        );
    }

    #[test]
    fn an_agent_renews_only_for_itself() {
        let members: BTreeMap<String, Member> =
            [("hz-a".to_owned(), Member { uid: Some("u1".into()), accept: true, deleting: false })].into();
        let own = request("hz-a", "u1", Requestor::Agent("hz-a".into()));
        assert_eq!(judge(&own, None, &members, at(1)).verdict, Verdict::Approve);
        denied(
            &judge(&request("hz-a", "u1", Requestor::Agent("hz-b".into())), None, &members, at(1)),
            "may not ask",
        );
        denied(
            &judge(&request("hz-a", "u9", Requestor::Agent("hz-a".into())), None, &members, at(1)),
            "another cluster UID",
        );
        denied(&judge(&own, None, &BTreeMap::new(), at(1)), "no member any more");
    }

    #[test]
    fn a_subject_that_is_not_the_agents_is_refused() {
        let mut ask = request("hz-a", "u1", by_token());
        ask.subject = Ok(Subject {
            common_names: vec!["admin".into()],
            organizations: vec!["system:masters".into()],
            has_extensions: false,
        });
        denied(
            &judge(&ask, Some(&token("hz-a", true)), &BTreeMap::new(), at(1)),
            "CN=admin O=system:masters",
        );
    }
}
