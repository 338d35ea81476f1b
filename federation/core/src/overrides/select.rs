//! Which overrides apply in which place, in the order they are written.

use std::collections::BTreeSet;
use std::fmt;

use model::{CellName, ClusterName, SiteName, UnitName};

use super::ImageRewrite;
use crate::report::Report;

/// Where an override applies: every list that is not empty must hold the place's name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scope {
    /// Cells by name.
    pub cells: BTreeSet<CellName>,
    /// Clusters by name.
    pub clusters: BTreeSet<ClusterName>,
    /// Units by name.
    pub units: BTreeSet<UnitName>,
    /// Sites by name.
    pub sites: BTreeSet<SiteName>,
}

/// A cell with everything it can be selected by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The cell.
    pub cell: CellName,
    /// Its unit.
    pub unit: UnitName,
    /// Its cluster.
    pub cluster: ClusterName,
    /// The cluster's site.
    pub site: SiteName,
}

impl Scope {
    /// Whether the place is in scope.
    #[must_use]
    pub fn covers(&self, place: &Place) -> bool {
        fn holds<T: Ord>(list: &BTreeSet<T>, name: &T) -> bool {
            list.is_empty() || list.contains(name)
        }
        holds(&self.cells, &place.cell)
            && holds(&self.clusters, &place.cluster)
            && holds(&self.units, &place.unit)
            && holds(&self.sites, &place.site)
    }
}

/// What is different; `P` is a JSON patch, which this crate does not look into.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Difference<P> {
    /// JSON patches, applied in order.
    Patches(P),
    /// Image references, rewritten in every container.
    Images(ImageRewrite),
}

/// One override.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Override<P> {
    /// Where.
    pub scope: Scope,
    /// What.
    pub difference: Difference<P>,
}

/// What is odd about an override.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OverrideNote {
    /// No place of the application is in its scope.
    MatchesNothing {
        /// Names in its scope that the application has no place with.
        unknown: Vec<String>,
    },
    /// It covers some cells of a cluster and not others, but a cluster has one manifest; so it is left out there.
    CoversHalf {
        /// The cluster.
        cluster: ClusterName,
        /// Cells it covers.
        covered: Vec<String>,
        /// Cells it does not.
        others: Vec<String>,
    },
}

impl fmt::Display for OverrideNote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MatchesNothing { unknown } if unknown.is_empty() => {
                f.write_str("matches no cell of this application: no place has all of its names")
            }
            Self::MatchesNothing { unknown } => {
                write!(f, "matches no cell of this application: nothing here is named {}", unknown.join(", "))
            }
            Self::CoversHalf { cluster, covered, others } => write!(
                f,
                "covers {} of cluster {cluster} but not {}: one manifest serves both, so it is left out there",
                covered.join(", "),
                others.join(", ")
            ),
        }
    }
}

/// The overrides of one cluster's manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Applied<'a, P> {
    /// What is different, in order.
    pub differences: Vec<&'a Difference<P>>,
    /// What was left out; the subject is `overrides[i]`.
    pub report: Report<OverrideNote>,
}

/// The overrides that apply to the one manifest of a cluster, whose places of the application are `places`.
#[must_use]
pub fn for_cluster<'a, P>(overrides: &'a [Override<P>], places: &[Place]) -> Applied<'a, P> {
    let mut applied = Applied { differences: Vec::new(), report: Report::default() };
    for (index, over) in overrides.iter().enumerate() {
        let (covered, others): (Vec<&Place>, Vec<&Place>) =
            places.iter().partition(|place| over.scope.covers(place));
        match (covered.first(), others.is_empty()) {
            (None, _) => {}
            (Some(_), true) => applied.differences.push(&over.difference),
            (Some(place), false) => {
                let names = |places: &[&Place]| places.iter().map(|place| place.cell.to_string()).collect();
                let (cluster, covered, others) = (place.cluster.clone(), names(&covered), names(&others));
                let note = OverrideNote::CoversHalf { cluster, covered, others };
                applied.report.add(format_args!("overrides[{index}]"), note);
            }
        }
    }
    applied
}

/// Overrides that apply nowhere, with the names that nothing has: a warning, by name.
#[must_use]
pub fn unmatched<P>(overrides: &[Override<P>], places: &[Place]) -> Report<OverrideNote> {
    let mut report = Report::default();
    for (index, Override { scope, .. }) in overrides.iter().enumerate() {
        if places.iter().any(|place| scope.covers(place)) {
            continue;
        }
        let mut unknown = Vec::new();
        let missing = |name: &str, found: bool| (!found).then(|| name.to_owned());
        let cell = |name: &CellName| places.iter().any(|place| place.cell == *name);
        let cluster = |name: &ClusterName| places.iter().any(|place| place.cluster == *name);
        let unit = |name: &UnitName| places.iter().any(|place| place.unit == *name);
        let site = |name: &SiteName| places.iter().any(|place| place.site == *name);
        unknown.extend(scope.cells.iter().filter_map(|name| missing(name.as_str(), cell(name))));
        unknown.extend(scope.clusters.iter().filter_map(|name| missing(name.as_str(), cluster(name))));
        unknown.extend(scope.units.iter().filter_map(|name| missing(name.as_str(), unit(name))));
        unknown.extend(scope.sites.iter().filter_map(|name| missing(name.as_str(), site(name))));
        report.add(format_args!("overrides[{index}]"), OverrideNote::MatchesNothing { unknown });
    }
    report
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fleet::tests::{cell, cluster, playground, unit};

    fn places(of: &str) -> Vec<Place> {
        let fleet = playground();
        let in_cluster = fleet.cells.values().filter(|cell| of.is_empty() || cell.cluster.as_str() == of);
        in_cluster
            .map(|cell| Place {
                cell: cell.name.clone(),
                unit: cell.unit.clone(),
                cluster: cell.cluster.clone(),
                site: fleet.clusters[&cell.cluster].site.clone(),
            })
            .collect()
    }

    fn over(scope: Scope, patch: u8) -> Override<u8> {
        Override { scope, difference: Difference::Patches(patch) }
    }

    #[test]
    fn apply_in_order_where_all_lists_hold() {
        let sh = || BTreeSet::from([cluster("sh-a")]);
        let overrides = [
            over(Scope { clusters: sh(), ..Scope::default() }, 1),
            over(Scope { units: BTreeSet::from([unit("rz00")]), ..Scope::default() }, 2),
            over(Scope::default(), 3),
            over(Scope { clusters: sh(), units: BTreeSet::from([unit("rz00")]), ..Scope::default() }, 4),
            over(Scope { sites: BTreeSet::from([SiteName::new("sh-a").unwrap()]), ..Scope::default() }, 5),
        ];
        let applied = for_cluster(&overrides, &places("sh-a"));
        let [one, three, five] = [1, 3, 5].map(Difference::Patches);
        assert_eq!(applied.differences, [&one, &three, &five]);
        assert!(applied.report.is_empty());
    }

    #[test]
    fn one_that_covers_half_of_a_cluster_is_left_out_and_named() {
        let overrides = [over(Scope { cells: BTreeSet::from([cell("rz82a")]), ..Scope::default() }, 1)];
        let applied = for_cluster(&overrides, &places("sh-a"));
        assert!(applied.differences.is_empty());
        assert_eq!(
            applied.report.to_string(),
            "overrides[0]: covers rz82a of cluster sh-a but not rz82b: one manifest serves both, so it is left \
             out there"
        );
        assert_eq!(for_cluster(&overrides, &places("sh-a")[..1]).differences.len(), 1);
    }

    #[test]
    fn those_that_match_nothing_are_named() {
        let overrides = [
            over(Scope { clusters: BTreeSet::from([cluster("sh-b")]), ..Scope::default() }, 1),
            over(
                Scope {
                    clusters: BTreeSet::from([cluster("sh-a")]),
                    units: BTreeSet::from([unit("rz00")]),
                    ..Scope::default()
                },
                2,
            ),
            over(Scope::default(), 3),
        ];
        assert_eq!(
            unmatched(&overrides, &places("")).to_string(),
            "overrides[0]: matches no cell of this application: nothing here is named sh-b; overrides[1]: matches \
             no cell of this application: no place has all of its names"
        );
    }
}
