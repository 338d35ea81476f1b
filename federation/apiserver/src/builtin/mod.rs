//! The built-in kinds: what upstream compiles in, as [`Resource`]s.
//!
//! One file per kind or group with its columns and its [`crate::resource::Strategy`]. Schemas are those
//! Kubernetes publishes ([`definitions`]); rules and words are those of kube-apiserver 1.36.

mod cells;
mod certificates;
mod config_map;
mod containers;
mod controller_revision;
pub(crate) mod definitions;
mod event;
mod kind;
mod lease;
mod namespace;
mod node;
mod parts;
mod pod;
mod pod_cells;
mod pod_disruption_budget;
mod pod_template;
mod pod_update;
mod quantity;
mod rbac;
mod replica_set;
mod reviews;
mod secret;
mod service;
mod service_account;
mod structural;

use crate::resource::Resource;
use definitions::Library;

/// Kinds of every server: namespaces, configuration, identities, events, leases, RBAC, certificates,
/// reviews.
pub fn hub() -> Vec<Resource> {
    hub_of(&mut Library::new())
}

/// Kinds of a (simulated) member cluster: those of the hub, and nodes, pods and what stands around them.
pub fn member() -> Vec<Resource> {
    let library = &mut Library::new();
    let mut kinds = hub_of(library);
    kinds.extend([
        node::resource(library),
        pod::resource(library),
        service::resource(library),
        replica_set::resource(library),
        controller_revision::resource(library),
        pod_disruption_budget::resource(library),
    ]);
    kinds
}

fn hub_of(library: &mut Library) -> Vec<Resource> {
    let mut kinds = vec![
        namespace::resource(library),
        config_map::resource(library),
        secret::resource(library),
        service_account::resource(library),
        event::core(library),
        event::events(library),
        lease::resource(library),
        certificates::resource(library),
    ];
    kinds.extend(rbac::resources(library));
    kinds.extend(reviews::resources(library));
    kinds
}

#[cfg(test)]
mod captured;
#[cfg(test)]
mod tests;
