//! What the hub hands to each member: one Work per application and cluster, over shared immutable templates.
//!
//! Nothing is deleted because something is missing (I21): a Work goes only for a cluster that a placement has
//! given up, or when the application itself goes.

mod content;
mod plan;

pub use content::{ContentError, canonical_bytes, template_name, work_name};
pub use plan::{
    Action, DeletionPolicy, DesiredWork, Kept, ObjectName, ObservedWork, PrunePlan, WorkPlan, plan_works,
};
