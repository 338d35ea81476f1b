//! Names in a placement and in overrides: a unit that is not there is refused, by name; a cell, cluster or
//! site that an override names in vain is a warning.

use std::collections::BTreeSet;

use crds::federation::MemberCluster;
use crds::ldc::{DeployUnit, LogicalUnit, Site};
use federation_apiserver::status::{ApiResult, FieldError, FieldErrorKind};
use serde_json::Value;

use super::{Findings, exists};

/// Checks all names in `spec.placement` and `spec.overrides`.
pub(super) async fn check(client: &kube::Client, new: &Value) -> ApiResult<Findings> {
    let mut findings = Findings::default();
    findings.errors.extend(selector_misses(new));
    let placement = &new["spec"]["placement"];
    for (index, unit) in texts(&placement["units"]).into_iter().enumerate() {
        if !exists::<LogicalUnit>(client, unit).await? {
            let path = format!("spec.placement.units[{index}]");
            let detail = format!("there is no LogicalUnit {unit}: see `kubectl get unit`");
            findings.errors.push(
                FieldError::new(FieldErrorKind::NotFound, path, detail).shown(Value::from(unit).to_string()),
            );
        }
    }
    let weights = placement["division"]["weights"].as_object();
    let weighted: BTreeSet<&str> = weights.into_iter().flat_map(|w| w.keys().map(String::as_str)).collect();
    for cell in weighted {
        if !exists::<DeployUnit>(client, cell).await? {
            let path = format!("spec.placement.division.weights[{cell}]");
            let detail = format!("there is no DeployUnit {cell}: see `kubectl get cell`");
            findings.errors.push(FieldError::new(FieldErrorKind::NotFound, path, detail));
        }
    }
    for (index, rule) in new["spec"]["overrides"].as_array().into_iter().flatten().enumerate() {
        check_override(client, index, rule, &mut findings).await?;
    }
    Ok(findings)
}

async fn check_override(
    client: &kube::Client,
    index: usize,
    rule: &Value,
    findings: &mut Findings,
) -> ApiResult<()> {
    let mut missing = Vec::new();
    for cell in texts(&rule["cells"]) {
        if !exists::<DeployUnit>(client, cell).await? {
            missing.push(format!("cell {cell}"));
        }
    }
    for cluster in texts(&rule["clusters"]) {
        if !exists::<MemberCluster>(client, cluster).await? {
            missing.push(format!("cluster {cluster}"));
        }
    }
    for unit in texts(&rule["units"]) {
        if !exists::<LogicalUnit>(client, unit).await? {
            missing.push(format!("unit {unit}"));
        }
    }
    for site in texts(&rule["sites"]) {
        if !exists::<Site>(client, site).await? {
            missing.push(format!("site {site}"));
        }
    }
    if !missing.is_empty() {
        let names = missing.join(", ");
        findings
            .warnings
            .push(format!("spec.overrides[{index}]: there is no {names}; it matches nothing there"));
    }
    if ["cells", "clusters", "units", "sites"].iter().all(|key| texts(&rule[key]).is_empty()) {
        let path = format!("spec.overrides[{index}]");
        findings.errors.push(FieldError::new(
            FieldErrorKind::Required,
            path,
            "name cells, clusters, units or sites",
        ));
    }
    Ok(())
}

/// A selector must choose the pods of its own template, or nothing would ever count as its own.
fn selector_misses(new: &Value) -> Option<FieldError> {
    let template = &new["spec"]["template"]["spec"];
    let labels = &template["template"]["metadata"]["labels"];
    let wanted = template["selector"]["matchLabels"].as_object()?;
    let (key, value) = wanted.iter().find(|(key, value)| labels.get(key.as_str()) != Some(value))?;
    let detail = format!(
        "`selector` does not match template `labels`: the template has no {key}={}",
        value.as_str().unwrap_or("?")
    );
    Some(FieldError::new(FieldErrorKind::Invalid, "spec.template.spec.selector", detail))
}

fn texts(list: &Value) -> Vec<&str> {
    list.as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_selector_that_misses_its_own_template_is_refused_by_name() {
        let app = |label: &str| {
            json!({"spec": {"template": {"spec": {
                "selector": {"matchLabels": {"app": "shop"}},
                "template": {"metadata": {"labels": {"app": label}}}
            }}}})
        };
        assert!(selector_misses(&app("shop")).is_none());
        assert!(selector_misses(&app("shopp")).unwrap().to_string().contains("app=shop"));
    }
}
