//! The revisions of an application, and what stands in them.

use crds::federation::{CafeTemplate, FederatedDeploymentStatus, RevisionRecord, WorkTemplate};
use crds::names;
use federation_core::release::sequence::{Revision, rollback_target};
use kube::api::Api;
use model::release::ReleaseSeq;
use serde_json::Value;

use crate::failure::{Attempt, Failure};
use crate::hub::Hub;

/// The revision that is meant: by its name (or the start of it), by the number of its release, or by default the
/// last one that is not the current one.
pub(super) fn pick<'a>(
    status: &'a FederatedDeploymentStatus,
    asked: Option<&str>,
) -> Result<&'a RevisionRecord, Failure> {
    let current = status.updated_revision.as_str();
    let record = |seq: ReleaseSeq| status.revisions.iter().find(|record| seq_of(record) == seq);
    let by_name = asked.map(str::to_ascii_lowercase).and_then(|asked| {
        status.revisions.iter().rev().find(|record| {
            let names = [record.revision.as_str(), record.template.as_str()];
            names.contains(&asked.as_str())
                || (asked.len() >= 4 && names.iter().any(|name| name.starts_with(&asked)))
        })
    });
    let asked_seq = match (asked, by_name) {
        (None, _) => None,
        (Some(_), Some(found)) => Some(seq_of(found)),
        (Some(asked), None) => Some(ReleaseSeq(asked.parse().map_err(|_| unknown(status, asked))?)),
    };
    let history: Vec<Revision> = status
        .revisions
        .iter()
        .map(|record| Revision { seq: seq_of(record), revision: record.revision.clone() })
        .collect();
    let found = rollback_target(&history, current, asked_seq)
        .map_err(|error| Failure::Refused(format!("{error}; `fedctl deploy history` shows the revisions")))?;
    record(found.seq).ok_or_else(|| unknown(status, &found.revision))
}

fn seq_of(record: &RevisionRecord) -> ReleaseSeq {
    ReleaseSeq(u64::try_from(record.release_seq).unwrap_or(0))
}

fn unknown(status: &FederatedDeploymentStatus, asked: &str) -> Failure {
    let kept: Vec<String> = status
        .revisions
        .iter()
        .map(|record| format!("{} (release {})", record.revision, record.release_seq))
        .collect();
    let kept = if kept.is_empty() { "none yet".to_owned() } else { kept.join(", ") };
    Failure::Refused(format!("there is no revision {asked}; kept are: {kept}"))
}

/// Pod annotation with the digest of what goes along with `rollOnChange`; the hub sets it anew.
const ALONG_DIGEST: &str = "federation.cafefed.dev/dependencies";

/// What a revision was.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Old {
    /// The template of the application.
    pub(super) template: CafeTemplate,
    /// The wish for new pods that it carried.
    pub(super) restarted_at: Option<String>,
}

/// Reads what a revision was.
pub(super) async fn load(hub: &Hub, record: &RevisionRecord) -> Result<Old, Failure> {
    let api: Api<WorkTemplate> = Api::namespaced(hub.client.clone(), names::TEMPLATES_NAMESPACE);
    let attempt = || format!("read revision {}", record.revision);
    let found = api.get(&record.template).await.attempt(attempt)?;
    let manifest = serde_json::to_value(&found.spec.manifest)
        .map_err(|error| Failure::Parse { attempt: attempt(), message: error.to_string() })?;
    template(&manifest).map_err(|error| Failure::Parse { attempt: attempt(), message: error.to_string() })
}

/// The template of an application out of the CafeDeployment that was made of it: without replicas and topology,
/// which are the hub's to say, and without the marks that the hub puts on what it sends.
fn template(manifest: &Value) -> Result<Old, serde_json::Error> {
    let mut metadata = serde_json::Map::new();
    for field in ["labels", "annotations"] {
        let Some(Value::Object(pairs)) = manifest.pointer(&format!("/metadata/{field}")) else { continue };
        let own = pairs.iter().filter(|(key, value)| !is_mark(key, value));
        metadata.insert(field.into(), Value::Object(own.map(|(k, v)| (k.clone(), v.clone())).collect()));
    }
    let mut spec = manifest.get("spec").cloned().unwrap_or_default();
    if let Value::Object(fields) = &mut spec {
        ["replicas", "topology", "progressDeadlineSeconds"].iter().for_each(|field| {
            fields.remove(*field);
        });
        if let Some(Value::Object(strategy)) = fields.get_mut("strategy") {
            strategy.remove("confirmed");
        }
    }
    let restarted_at = take_marks(&mut spec);
    let template = serde_json::from_value(serde_json::json!({"metadata": metadata, "spec": spec}))?;
    Ok(Old { template, restarted_at })
}

/// Takes the hub's marks off the pods.
fn take_marks(spec: &mut Value) -> Option<String> {
    let metadata = spec.pointer_mut("/template/metadata")?.as_object_mut()?;
    let annotations = metadata.get_mut("annotations")?.as_object_mut()?;
    annotations.remove(ALONG_DIGEST);
    let restarted_at = annotations.remove(names::RESTARTED_AT);
    if annotations.is_empty() {
        metadata.remove("annotations");
    }
    restarted_at.and_then(|at| at.as_str().map(str::to_owned))
}

fn is_mark(key: &str, value: &Value) -> bool {
    let ours = key == names::MANAGED_BY && value == names::CAFE_FEDERATION;
    ours || key.starts_with("federation.cafefed.dev/") || key == names::RELEASE_SEQ
}

#[cfg(test)]
pub(super) mod tests {
    use serde_json::json;

    use super::*;

    pub(crate) fn status() -> FederatedDeploymentStatus {
        let record = |seq: i64, revision: &str| {
            json!({"template": format!("{revision}0000"), "revision": revision, "releaseSeq": seq,
                "at": "2026-01-01T00:00:00Z"})
        };
        serde_json::from_value(json!({
            "currentRevision": "aaa1", "updatedRevision": "ccc3",
            "revisions": [record(1, "aaa1"), record(2, "bbb2"), record(3, "ccc3")],
        }))
        .unwrap()
    }

    #[test]
    fn a_revision_has_many_names() {
        let status = status();
        let pick = |asked| pick(&status, asked).map(|record| record.release_seq);
        assert_eq!(pick(None).unwrap(), 2);
        for (asked, seq) in [("1", 1), ("aaa1", 1), ("AAA1", 1), ("bbb20000", 2), ("bbb2", 2)] {
            assert_eq!(pick(Some(asked)).unwrap(), seq, "{asked}");
        }
        let said = pick(Some("zzz")).unwrap_err().to_string();
        assert!(said.contains("bbb2 (release 2)"), "{said}");
        let said = pick(Some("3")).unwrap_err().to_string();
        assert!(said.contains("current") && said.contains("deploy history"), "{said}");
        let none = FederatedDeploymentStatus::default();
        assert!(super::pick(&none, None).is_err());
    }

    #[test]
    fn a_template_comes_back_without_what_the_hub_added() {
        let manifest = json!({
            "kind": "CafeDeployment",
            "metadata": {"name": "shop", "labels": {"app": "shop", "federation.cafefed.dev/work": "x",
                names::MANAGED_BY: names::CAFE_FEDERATION}},
            "spec": {"replicas": 3, "selector": {"matchLabels": {"app": "shop"}}, "topology": {"values": ["A"]},
                "strategy": {"batchSize": 4, "confirmed": {"releaseSeq": 1, "group": 0}},
                "template": {"metadata": {"annotations": {names::RESTARTED_AT: "then", ALONG_DIGEST: "d"}},
                    "spec": {"containers": [{"name": "shop", "image": "shop:v1"}]}}},
        });
        let Old { template, restarted_at } = template(&manifest).unwrap();
        assert_eq!(restarted_at.as_deref(), Some("then"));
        assert_eq!(template.spec.template.0["metadata"], json!({}));
        assert_eq!(template.metadata.labels.into_iter().collect::<Vec<_>>(), [("app".into(), "shop".into())]);
        assert_eq!(template.spec.strategy.batch_size, Some(4));
        assert_eq!(template.spec.strategy.confirmed, None);
        assert_eq!(template.spec.template.0["spec"]["containers"][0]["image"], "shop:v1");
    }
}
