//! Table tests of the plan for one set; walks over time are in the crate's fleet tests.
