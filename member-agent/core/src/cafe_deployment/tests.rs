//! Table tests of the plan for an application; walks over time are in the crate's fleet tests.
