//! A site: a data centre in a city.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::names::{CityName, SiteName};

/// Whether a site is there for good or rented for a while.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
pub enum SiteRole {
    /// It owns users.
    #[default]
    Base,
    /// It borrows users until a deadline.
    Elastic,
}

impl fmt::Display for SiteRole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Base => "Base",
            Self::Elastic => "Elastic",
        })
    }
}

/// A data centre.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Site {
    /// Its name.
    pub name: SiteName,
    /// The city it is in.
    pub city: CityName,
    /// Base or elastic.
    pub role: SiteRole,
}
