//! A city: units of one city take over from each other without crossing to another.

use crate::names::CityName;

/// A city.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct City {
    /// Its name.
    pub name: CityName,
    /// What screens show; empty: the name.
    pub display_name: String,
}
