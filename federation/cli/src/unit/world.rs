//! All that the verbs on units look at: the home map and the rules in force, read at once.

use crds::convert::{ConvertError, HomeParts, home_map, rule_set};
use crds::federation::MemberCluster;
use crds::ldc::{City, DeployUnit, LogicalUnit, RoutingProfile, RuleSet, Site};
use kube::ResourceExt;
use kube::api::ListParams;
use model::invariants::{self, Violation};
use model::{HomeMap, UidSpace};

use crate::cluster::condition;
use crate::failure::{Attempt, Failure};
use crate::hub::Hub;

/// Name of the RuleSet in force.
pub(super) const CURRENT: &str = "current";
/// Name of the one RoutingProfile.
const PROFILE: &str = "default";

/// The objects, and what they say in the words of the model.
#[derive(Debug)]
pub struct World {
    /// The home map, without objects that do not fit.
    pub home: HomeMap,
    /// Objects that do not fit.
    pub misfits: Vec<ConvertError>,
    /// The RuleSet in force, if there is one.
    pub current: Option<RuleSet>,
    /// The member clusters.
    pub members: Vec<MemberCluster>,
    /// The cells.
    pub cells: Vec<DeployUnit>,
    /// The units.
    pub units: Vec<LogicalUnit>,
}

/// The rules in force cannot be believed.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Inconsistent(#[from] ConvertError);

impl World {
    /// Reads it from the hub.
    pub async fn load(hub: &Hub) -> Result<Self, Failure> {
        let all = ListParams::default();
        let (cities, sites, members, units, cells) = (
            hub.all::<City>(),
            hub.all::<Site>(),
            hub.all::<MemberCluster>(),
            hub.all::<LogicalUnit>(),
            hub.all::<DeployUnit>(),
        );
        let (profiles, rules) = (hub.all::<RoutingProfile>(), hub.all::<RuleSet>());
        let (cities, sites, members, units, cells, profile, current) = tokio::try_join!(
            cities.list(&all),
            sites.list(&all),
            members.list(&all),
            units.list(&all),
            cells.list(&all),
            profiles.get_opt(PROFILE),
            rules.get_opt(CURRENT),
        )
        .attempt(|| "read the home map and the rules in force".into())?;
        let space = match profile {
            None => UidSpace::default(),
            Some(profile) => UidSpace::new(profile.spec.uid_space_size)
                .map_err(|error| Failure::Refused(format!("RoutingProfile {PROFILE}: {error}")))?,
        };
        let (home, misfits) = home_map(HomeParts {
            space,
            cities: &cities.items,
            sites: &sites.items,
            clusters: &members.items,
            units: &units.items,
            cells: &cells.items,
        });
        Ok(Self { home, misfits, current, members: members.items, cells: cells.items, units: units.items })
    }

    /// The rules in force in the words of the model; checked against their digest.
    pub fn rules(&self) -> Result<Option<model::RuleSet>, Inconsistent> {
        self.current.as_ref().map(rule_set).transpose().map_err(Inconsistent)
    }

    /// The rules in force, which must be there.
    pub(super) fn rules_in_force(&self) -> Result<model::RuleSet, Failure> {
        self.rules().map_err(|error| Failure::Refused(error.to_string()))?.ok_or_else(|| {
            Failure::Refused(
                "no rules are in force: `fedctl unit commit` puts the home map into force".into(),
            )
        })
    }

    /// Everything that is wrong with the home map, by name and number.
    #[must_use]
    pub fn faults(&self) -> Vec<String> {
        let misfits = self.misfits.iter().map(ToString::to_string);
        let broken: Vec<Violation> = match model::RuleSet::first(&self.home) {
            Ok(_) => Vec::new(),
            Err(violations) => violations,
        };
        misfits.chain(broken.iter().map(ToString::to_string)).collect()
    }

    /// Everything that is wrong with the rules in force against the home map.
    #[must_use]
    pub fn faults_of(&self, rules: &model::RuleSet) -> Vec<Violation> {
        let world = invariants::World::of_home(&self.home);
        // The last invariant compares with the rules before, which are not asked for here.
        invariants::check_all(rules, &world)
            .into_iter()
            .filter(|violation| violation.invariant != invariants::Invariant::I8)
            .collect()
    }

    /// Whether a cell is Ready, in a word: `Ready`, the reason why not, or `?` when nothing is known.
    pub(super) fn readiness(&self, cell: &str) -> String {
        let found = self.cells.iter().find(|known| known.name_any() == cell);
        let conditions =
            found.and_then(|cell| cell.status.as_ref()).map(|status| status.conditions.as_slice());
        match conditions.and_then(|conditions| condition(conditions, "Ready")) {
            Some(ready) if ready.status == "True" => "Ready".into(),
            Some(ready) if ready.status == "Unknown" => format!("Unknown ({})", ready.reason),
            Some(ready) => format!("NotReady ({})", ready.reason),
            None => "?".into(),
        }
    }
}

/// Whether a home map says what is in force, apart from loans and takeovers, which lie on top of it.
#[must_use]
pub fn is_as_committed(home: &HomeMap, rules: &model::RuleSet) -> bool {
    let wanted = model::RuleSet::of_home(home, rules.epoch);
    let base = |rules: &model::RuleSet| {
        (
            rules.space,
            rules.base.clone(),
            rules.weights.clone(),
            rules.writers.clone(),
            rules.active_c.clone(),
            rules.fail_closed_after_seconds.clone(),
        )
    };
    base(&wanted) == base(rules)
}

#[cfg(test)]
pub(super) mod tests {
    use model::{
        Cell, CellName, City as ModelCity, CityName, Cluster, ClusterName, Side, Site as ModelSite, SiteName,
        SiteRole, UidSet, Unit, UnitName, Weight,
    };

    use super::*;

    /// A small home map: RZ00 in hz-a and hz-b, RZ01 in sh-a, GZ00 with its writer in hz-a.
    pub(crate) fn home() -> HomeMap {
        let space = UidSpace::default();
        let mut map = HomeMap::new(space);
        for (cluster, city) in [("hz-a", "hangzhou"), ("hz-b", "hangzhou"), ("sh-a", "shanghai")] {
            let city = CityName::new(city).unwrap();
            let site = SiteName::new(cluster).unwrap();
            map.add_city(ModelCity { name: city.clone(), display_name: String::new() });
            map.add_site(ModelSite { name: site.clone(), city, role: SiteRole::Base });
            map.add_cluster(Cluster { name: ClusterName::new(cluster).unwrap(), site });
        }
        let unit = |name| UnitName::new(name).unwrap();
        map.add_unit(Unit::r_zone(unit("rz00"), UidSet::parse(space, "00-49").unwrap()));
        map.add_unit(Unit::r_zone(unit("rz01"), UidSet::parse(space, "50-99").unwrap()));
        map.add_unit(Unit::g_zone(unit("gz00"), CellName::new("gz00a").unwrap()));
        for (cell, side, cluster, weight) in [
            ("rz00a", Side::A, "hz-a", 50),
            ("rz00b", Side::B, "hz-b", 50),
            ("rz01a", Side::A, "sh-a", 100),
            ("gz00a", Side::A, "hz-a", 100),
        ] {
            let cluster = ClusterName::new(cluster).unwrap();
            map.add_cell(Cell::new(
                CellName::new(cell).unwrap(),
                unit(&cell[..4]),
                side,
                cluster,
                Weight(weight),
            ));
        }
        map
    }

    pub(crate) fn world(home: HomeMap) -> World {
        World { home, misfits: vec![], current: None, members: vec![], cells: vec![], units: vec![] }
    }

    #[test]
    fn a_gap_is_a_fault_with_its_numbers() {
        let good = world(home());
        assert_eq!(good.faults(), Vec::<String>::new());
        let mut bad = home();
        let rz01 = UnitName::new("rz01").unwrap();
        bad.add_unit(Unit::r_zone(rz01, UidSet::parse(bad.space, "60-99").unwrap()));
        let faults = world(bad).faults();
        assert!(faults.iter().any(|fault| fault.contains("50-59")), "{faults:?}");
    }

    #[test]
    fn loans_do_not_make_the_home_map_differ() {
        let home = home();
        let mut rules = model::RuleSet::first(&home).unwrap();
        assert!(is_as_committed(&home, &rules));
        rules.base.insert(UnitName::new("rz00").unwrap(), UidSet::parse(home.space, "00-48").unwrap());
        assert!(!is_as_committed(&home, &rules));
    }
}
