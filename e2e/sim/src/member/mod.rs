//! A member cluster: its objects behind an API with versions, and a kubelet that starts what should run.

mod api;
mod kubelet;
mod pod;

pub(crate) use api::{Cafe, Config, Member, RecordObject, SetObject, Taken};
pub(crate) use pod::Pod;
