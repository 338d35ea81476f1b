//! The Kubernetes kinds of CAFE Federation, one file per kind (design: 03 API).
//!
//! * [`apps`]: workloads in member clusters: CafeDeployment, InPlaceSet.
//! * [`federation`]: clusters and what runs on them, on the hub.
//! * [`ldc`]: units and the rules in force, on the hub.
//! * [`names`]: every label, annotation, finalizer and namespace name, once.
//! * [`schema`]: pieces of schema that derive cannot say.
//! * [`convert`]: from kinds into the model, and back.
//! * [`manifests`]: the CRDs as they are checked in under `crds/generated`.

// The derive takes one `printcolumn` per column; the lint takes their keys for repeated attributes.
#![allow(clippy::duplicated_attributes)]
// `KubeSchema` repeats each struct inside a private scope, where its `pub` reaches nobody.
#![allow(unreachable_pub)]

pub mod apps;
pub mod convert;
pub mod federation;
pub mod ldc;
pub mod manifests;
pub mod names;
pub mod schema;
