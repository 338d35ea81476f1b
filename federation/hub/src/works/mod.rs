//! Works: what one cluster must hold for one source.
//!
//! [`Wanted`] is what a pass wants; [`plan`] compares it with what there is; [`Writer`] carries the plan out;
//! [`report`] reads what agents say, [`departure`] whether a Work that goes has done its duty.

mod departure;
mod plan;
mod report;
mod write;

pub use departure::{Departure, departure};
pub use plan::{NeedNames, Plan, Wanted, WorkName, plan, present, secret_copy};
pub use report::{cluster_report, generation, is_settled};
pub use write::{Source, WriteError, Writer};
