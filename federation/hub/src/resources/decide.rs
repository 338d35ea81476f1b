//! One decision over one resource. Pure.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crds::federation::{
    Difference, FederatedResource, FederatedResourceStatus, Placement as WrittenPlacement, Work, WorkSpec,
};
use federation_core::overrides::Place;
use federation_core::placement::{Chosen, Placement, Present, place};
use federation_core::status::{Applied, ClusterSummary, Summary, summarize};
use federation_core::work::ObjectName;
use federation_core::{CellView, ClusterView, Fleet};
use k8s_openapi::jiff;
use kube::ResourceExt;
use model::{CellName, ClusterName, Side, UnitName, Weight};

use crate::applications::{Note, Refusal, cluster_status, placement, places};
use crate::conditions;
use crate::observe::FleetFacts;
use crate::overrides::Overrides;
use crate::templates::Template;
use crate::works::{NeedNames, Plan, Wanted, cluster_report, plan, present};

/// Longest name of a source: it is the value of a label on its Works.
const NAME_MAX: usize = 63;

/// What is decided from.
pub struct Input<'a> {
    /// The resource.
    pub resource: &'a FederatedResource,
    /// Its Works.
    pub works: &'a BTreeMap<ClusterName, Arc<Work>>,
    /// Clusters and cells.
    pub fleet: &'a FleetFacts,
    /// Objects of templates, where known.
    pub object: &'a dyn Fn(&str) -> Option<Option<ObjectName>>,
    /// The time.
    pub now: jiff::Timestamp,
}

/// Everything that is to be written.
#[derive(Debug, Default)]
pub struct Decision {
    /// The new status.
    pub status: FederatedResourceStatus,
    /// The template that must exist before Works refer to it.
    pub templates: Vec<Template>,
    /// Works to write and delete.
    pub works: Plan,
    /// What to tell.
    pub notes: Vec<Note>,
}

/// Decides. `NeedNames` asks to read some templates first.
pub fn decide(input: &Input<'_>) -> Result<Decision, NeedNames> {
    let prepared = match prepare(input) {
        Ok(prepared) => prepared,
        Err(refusal) => return Ok(refuse(input, &refusal)),
    };
    let Prepared { template, wanted, places, overrides, rejected, notes } = prepared;
    let summary = summary(input, &wanted);
    let mut given_up = given_up(input.works, &wanted, &summary);
    given_up.retain(|cluster| !input.fleet.departing.contains(cluster));
    let works = plan(&wanted, input.works, &given_up, input.resource.spec.deletion_policy, input.object)?;
    let status = show(input, &summary, &rejected);
    let mut decision = Decision { status, templates: vec![template], works, notes: Vec::new() };
    let is_new_spec = input.works.is_empty()
        || input.resource.status.as_ref().map(|status| status.observed_generation)
            != Some(decision.status.observed_generation);
    if is_new_spec {
        let unmatched = overrides.unmatched(&places);
        let unmatched =
            unmatched.findings.iter().map(|finding| format!("{} {}", finding.subject, finding.reason));
        for text in unmatched.chain(notes) {
            decision.notes.push(Note { is_warning: true, reason: "OverrideMatchesNothing".to_owned(), text });
        }
    }
    Ok(decision)
}

struct Prepared {
    template: Template,
    wanted: BTreeMap<ClusterName, Wanted>,
    places: Vec<Place>,
    overrides: Overrides,
    rejected: String,
    notes: Vec<String>,
}

fn prepare(input: &Input<'_>) -> Result<Prepared, Refusal> {
    let spec = &input.resource.spec;
    let overrides = Overrides::parse(&spec.overrides)?;
    let template = template(input.resource)?;
    let wish = placement(&spec.placement)?;
    let (fleet, held) = where_to_choose(&spec.placement, &wish, input);
    let chosen = place(&wish, &fleet, &held)
        .map_err(|error| Refusal::Unscheduled { error: error.into(), rejected: String::new() })?;
    let rejected = chosen.rejected().to_string();
    let places = places_of(&chosen, input.fleet, &fleet);
    let mut wanted = BTreeMap::new();
    let mut notes = Vec::new();
    for cluster in chosen.clusters() {
        let here: Vec<Place> = places.iter().filter(|place| place.cluster == cluster).cloned().collect();
        let patches = overrides.of_resource(&template.manifest, &here)?;
        notes.extend(patches.notes);
        // Cells are written down so that a later pass knows why the cluster was chosen (I21).
        let cells = chosen.cells.iter().filter(|(_, home)| **home == cluster);
        let difference = Difference {
            cells: cells.map(|(cell, _)| (input.fleet.label(cell), 0)).collect(),
            patches: patches.manifest,
            ..Difference::default()
        };
        let work = WorkSpec {
            template_ref: template.name.clone(),
            difference,
            deletion_policy: spec.deletion_policy,
            conflict: spec.conflict,
            ..WorkSpec::default()
        };
        wanted.insert(cluster, Wanted { spec: work, contents: [template.object()].into() });
    }
    Ok(Prepared { template, wanted, places, overrides, rejected, notes })
}

fn template(resource: &FederatedResource) -> Result<Template, Refusal> {
    let invalid = |field, message: String| Refusal::InvalidSpec { field, message };
    let name = resource.name_any();
    if name.len() > NAME_MAX {
        return Err(invalid(
            "metadata.name",
            format!("has {} characters: at most {NAME_MAX} are possible", name.len()),
        ));
    }
    let mut manifest = resource.spec.template.0.clone();
    if manifest["kind"] == "Secret" && manifest["apiVersion"] == "v1" {
        let message =
            "is a Secret, which is never put into a template: name it in dependencies of an application";
        return Err(invalid("spec.template.kind", message.to_owned()));
    }
    if manifest["kind"] == "CafeDeployment" {
        let message =
            "is a CafeDeployment, whose cells and groups the hub decides: make a FederatedDeployment of it";
        return Err(invalid("spec.template.kind", message.to_owned()));
    }
    let Some(metadata) = manifest.get_mut("metadata").and_then(serde_json::Value::as_object_mut) else {
        return Err(invalid("spec.template.metadata", "is missing: give at least a name".to_owned()));
    };
    if metadata.get("name").and_then(serde_json::Value::as_str).is_none_or(str::is_empty) {
        return Err(invalid("spec.template.metadata.name", "is missing".to_owned()));
    }
    let namespace = resource.namespace().unwrap_or_default();
    let given = metadata.get("namespace").and_then(serde_json::Value::as_str).unwrap_or(&namespace);
    if given != namespace {
        let message =
            format!("is {given:?}: it must be left out or be {namespace:?}, as the FederatedResource's own");
        return Err(invalid("spec.template.metadata.namespace", message));
    }
    // The agent drops it again where the kind has none.
    metadata.insert("namespace".to_owned(), namespace.into());
    for own in
        ["uid", "resourceVersion", "generation", "creationTimestamp", "managedFields", "ownerReferences"]
    {
        metadata.remove(own);
    }
    if let Some(object) = manifest.as_object_mut() {
        object.remove("status");
    }
    Template::new(manifest).map_err(|error| invalid("spec.template", error.to_string()))
}

/// What to choose among. A placement that asks for clusters only is about clusters, with cells or without: each one
/// stands for itself then, as one cell of its own name.
fn where_to_choose(written: &WrittenPlacement, wish: &Placement, input: &Input<'_>) -> (Fleet, Present) {
    let mut present = present(input.works, input.fleet);
    if !wish.units.is_empty() || written.cells.is_some() {
        // A cluster that stood for itself is no cell that somebody could have forgotten to declare.
        present.retain(|cell, cluster| cell.as_str() != cluster.as_str());
        return (input.fleet.fleet.clone(), present);
    }
    let mut fleet = Fleet { cells: BTreeMap::new(), ..input.fleet.fleet.clone() };
    for cluster in input.fleet.fleet.clusters.values() {
        if let Some(cell) = as_cell(cluster) {
            fleet.add_cell(cell);
        }
    }
    let stays = |work: &Arc<Work>| work.metadata.deletion_timestamp.is_none();
    let held = input.works.iter().filter(|(_, work)| stays(work));
    let held = held.filter_map(|(cluster, _)| Some((CellName::new(cluster.as_str()).ok()?, cluster.clone())));
    (fleet, held.collect())
}

fn as_cell(cluster: &ClusterView) -> Option<CellView> {
    let name = CellName::new(cluster.name.as_str()).ok()?;
    Some(CellView {
        label: name.default_label(),
        unit: UnitName::new(cluster.name.as_str()).ok()?,
        name,
        side: Side::A,
        cluster: cluster.name.clone(),
        labels: BTreeMap::new(),
        weight: Weight(0),
        free: None,
    })
}

/// Places for overrides: the real cells of the chosen clusters, or the clusters themselves where they have none.
fn places_of(chosen: &Chosen, facts: &FleetFacts, fleet: &Fleet) -> Vec<Place> {
    let mut found = places(chosen, facts);
    for (cell, cluster) in &chosen.cells {
        let is_there = found.iter().any(|place| place.cell == *cell);
        let (Some(view), Some(home)) = (fleet.cells.get(cell), fleet.clusters.get(cluster)) else { continue };
        if !is_there {
            let (unit, site) = (view.unit.clone(), home.site.clone());
            found.push(Place { cell: cell.clone(), unit, cluster: cluster.clone(), site });
        }
    }
    found
}

fn summary(input: &Input<'_>, wanted: &BTreeMap<ClusterName, Wanted>) -> Summary {
    let clusters: BTreeSet<&ClusterName> = wanted.keys().chain(input.works.keys()).collect();
    let reports = clusters.into_iter().map(|cluster| {
        let work = input.works.get(cluster).map(Arc::as_ref);
        (cluster.clone(), cluster_report(cluster, work, input.fleet, |_| true))
    });
    summarize(&BTreeMap::new(), &reports.collect())
}

fn is_ready(cluster: &ClusterSummary) -> bool {
    cluster.reach.counts() && cluster.applied == Applied::Yes
}

/// Clusters to leave: not chosen any more, and all others have it.
fn given_up(
    works: &BTreeMap<ClusterName, Arc<Work>>,
    wanted: &BTreeMap<ClusterName, Wanted>,
    summary: &Summary,
) -> BTreeSet<ClusterName> {
    let others = summary.clusters.iter().filter(|cluster| wanted.contains_key(&cluster.cluster));
    if wanted.is_empty() || !others.into_iter().all(is_ready) {
        return BTreeSet::new();
    }
    works.keys().filter(|cluster| !wanted.contains_key(*cluster)).cloned().collect()
}

fn show(input: &Input<'_>, summary: &Summary, rejected: &str) -> FederatedResourceStatus {
    let old = input.resource.status.clone().unwrap_or_default();
    let generation = input.resource.metadata.generation.unwrap_or_default();
    let all = summary.clusters.len();
    let ready = summary.clusters.iter().filter(|cluster| is_ready(cluster)).count();
    let mut conditions = old.conditions;
    let mut say = |words: (&str, &str, &str), message: &str| {
        conditions::set(&mut conditions, words, message, generation, input.now);
    };
    match (all, rejected) {
        (0, "") => say(("Scheduled", "False", "NoCluster"), "no cluster was found"),
        (0, _) => say(("Scheduled", "False", "NoCluster"), &format!("no cluster was found: {rejected}")),
        _ => say(("Scheduled", "True", "AllPlaced"), &format!("in {all} clusters")),
    }
    let failures: Vec<String> = summary
        .clusters
        .iter()
        .filter_map(|cluster| match &cluster.applied {
            Applied::Failed { message } => Some(format!("{}: {message}", cluster.cluster)),
            _ => None,
        })
        .collect();
    let waiting = summary.clusters.iter().filter(|cluster| !is_ready(cluster));
    let waiting: Vec<String> =
        waiting.map(|cluster| format!("{} ({})", cluster.cluster, cluster.reach)).collect();
    if !failures.is_empty() {
        say(("Applied", "False", "ApplyFailed"), &failures.join("; "));
    } else if !waiting.is_empty() {
        let message = format!("applied in {ready} of {all} clusters, waiting for {}", waiting.join(", "));
        say(("Applied", "False", "Applying"), &message);
    } else {
        say(("Applied", "True", "AllApplied"), &format!("applied in {all} clusters"));
    }
    FederatedResourceStatus {
        observed_generation: generation,
        clusters_ready: format!("{ready}/{all}"),
        clusters: summary.clusters.iter().map(cluster_status).collect(),
        conditions,
    }
}

fn refuse(input: &Input<'_>, refusal: &Refusal) -> Decision {
    let mut status = input.resource.status.clone().unwrap_or_default();
    let generation = input.resource.metadata.generation.unwrap_or_default();
    status.observed_generation = generation;
    let (about, reason, text) = refusal.condition();
    let before =
        conditions::find(&status.conditions, about).map(|held| (held.reason.clone(), held.message.clone()));
    conditions::set(&mut status.conditions, (about, "False", reason), &text, generation, input.now);
    let mut decision = Decision { status, ..Decision::default() };
    if before.is_none_or(|(held, message)| held != reason || message != text) {
        decision.notes.push(Note { is_warning: true, reason: reason.to_owned(), text });
    }
    decision
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::observe::fleet_of_tests;

    fn resource(placement: Value, template: Value) -> FederatedResource {
        let object = json!({
            "apiVersion": "federation.cafefed.dev/v1alpha1", "kind": "FederatedResource",
            "metadata": {"name": "notes", "namespace": "default", "generation": 1},
            "spec": {"placement": placement, "template": template},
        });
        serde_json::from_value(object).expect("a valid resource")
    }

    fn config_map() -> Value {
        json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "notes"}, "data": {"a": "1"}})
    }

    fn run(
        resource: &FederatedResource,
        works: &BTreeMap<ClusterName, Arc<Work>>,
        fleet: &FleetFacts,
    ) -> Decision {
        let now = jiff::Timestamp::UNIX_EPOCH;
        let decided = decide(&Input { resource, works, fleet, object: &|_| Some(None), now });
        decided.expect("all templates are known")
    }

    fn scheduled(decision: &Decision) -> (String, String) {
        let held = conditions::find(&decision.status.conditions, "Scheduled").expect("the condition");
        (held.reason.clone(), held.message.clone())
    }

    #[test]
    fn a_placement_by_clusters_needs_no_cells_and_stays_where_it_is() {
        let mut fleet = fleet_of_tests(true);
        fleet.fleet.cells.clear();
        fleet.cells.clear();
        let all = resource(json!({"clusters": {}}), config_map());
        let decision = run(&all, &BTreeMap::new(), &fleet);
        assert_eq!(decision.works.apply.len(), 2);
        assert_eq!(decision.templates[0].object().namespace, "default");
        let works = decision.works.apply.into_iter().map(|(cluster, spec)| {
            let mut work = Work::new("w", spec);
            work.metadata.generation = Some(1);
            (cluster, Arc::new(work))
        });
        let works = works.collect();
        let mut silent = fleet_of_tests(false);
        silent.fleet.cells.clear();
        let decision = run(&all, &works, &silent);
        assert_eq!(decision.works, Plan::default(), "a cluster that is not heard keeps what it has");
        assert_eq!(decision.status.clusters_ready, "0/2");
        let units = resource(json!({"units": ["rz00"], "clusters": {}}), config_map());
        let decision = run(&units, &works, &fleet_of_tests(true));
        assert_eq!(decision.works.apply.len(), 2, "now it is there for the cells");
    }

    #[test]
    fn what_cannot_be_sent_is_refused_by_field() {
        let fleet = fleet_of_tests(true);
        let reason = |template: Value| {
            let decision = run(&resource(json!({"units": ["rz00"]}), template), &BTreeMap::new(), &fleet);
            assert!(decision.works.apply.is_empty() && decision.templates.is_empty());
            scheduled(&decision).1
        };
        let secret = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}});
        assert!(reason(secret).starts_with("spec.template.kind: is a Secret"));
        let other =
            json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "s", "namespace": "other"}});
        assert!(reason(other).contains("must be left out or be \"default\""));
        assert!(reason(json!({"apiVersion": "v1", "kind": "ConfigMap"})).contains("give at least a name"));
    }

    #[test]
    fn an_unknown_unit_is_named() {
        let unknown = resource(json!({"units": ["rz77"]}), config_map());
        let (reason, message) = scheduled(&run(&unknown, &BTreeMap::new(), &fleet_of_tests(true)));
        assert_eq!(reason, "InvalidPlacement");
        assert!(message.contains("rz77") && message.contains("rz00"), "{message}");
    }
}
