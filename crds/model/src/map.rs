//! The home map: units and cells as people declared them, and where they stand. It takes force only by a commit
//! (03, *Home map and force*).

use std::collections::{BTreeMap, BTreeSet};

use crate::cell::Cell;
use crate::city::City;
use crate::cluster::Cluster;
use crate::names::{CellName, CityName, ClusterName, SiteName, UnitName};
use crate::site::Site;
use crate::uid::{UidSet, UidSpace};
use crate::unit::Unit;

/// Everything that people declared about units and where they stand. References may dangle: objects come and go
/// one by one, and the invariants say what is missing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HomeMap {
    /// The UIDs there are.
    pub space: UidSpace,
    /// Cities by name.
    pub cities: BTreeMap<CityName, City>,
    /// Sites by name.
    pub sites: BTreeMap<SiteName, Site>,
    /// Member clusters by name.
    pub clusters: BTreeMap<ClusterName, Cluster>,
    /// Logical units by name.
    pub units: BTreeMap<UnitName, Unit>,
    /// Cells by name.
    pub cells: BTreeMap<CellName, Cell>,
}

impl HomeMap {
    /// A map without anything in it.
    #[must_use]
    pub fn new(space: UidSpace) -> Self {
        Self { space, ..Self::default() }
    }

    /// Adds or replaces a city.
    pub fn add_city(&mut self, city: City) {
        self.cities.insert(city.name.clone(), city);
    }

    /// Adds or replaces a site.
    pub fn add_site(&mut self, site: Site) {
        self.sites.insert(site.name.clone(), site);
    }

    /// Adds or replaces a cluster.
    pub fn add_cluster(&mut self, cluster: Cluster) {
        self.clusters.insert(cluster.name.clone(), cluster);
    }

    /// Adds or replaces a unit.
    pub fn add_unit(&mut self, unit: Unit) {
        self.units.insert(unit.name.clone(), unit);
    }

    /// Adds or replaces a cell.
    pub fn add_cell(&mut self, cell: Cell) {
        self.cells.insert(cell.name.clone(), cell);
    }

    /// The cells of a unit, by name.
    pub fn cells_of<'a>(&'a self, unit: &'a UnitName) -> impl Iterator<Item = &'a Cell> + 'a {
        self.cells.values().filter(move |cell| cell.unit == *unit)
    }

    /// R units and the users that are their own.
    pub fn base_owners(&self) -> impl Iterator<Item = (&UnitName, &UidSet)> {
        self.units.values().filter_map(|unit| Some((&unit.name, unit.base()?)))
    }

    /// The city a cluster stands in; `None` when its site is not declared.
    #[must_use]
    pub fn city_of_cluster(&self, cluster: &ClusterName) -> Option<&CityName> {
        let cluster = self.clusters.get(cluster)?;
        Some(&self.sites.get(&cluster.site)?.city)
    }

    /// The city a cell stands in; `None` when its cluster or site is not declared.
    #[must_use]
    pub fn city_of_cell(&self, cell: &CellName) -> Option<&CityName> {
        self.city_of_cluster(&self.cells.get(cell)?.cluster)
    }

    /// The cities that the cells of a unit stand in; one, for a unit that is laid out right.
    #[must_use]
    pub fn cities_of_unit(&self, unit: &UnitName) -> BTreeSet<&CityName> {
        self.cells_of(unit).filter_map(|cell| self.city_of_cluster(&cell.cluster)).collect()
    }

    /// A unit and the units templated on it, at any depth: what placing that unit places (03, `templateUnit`).
    #[must_use]
    pub fn with_templated(&self, unit: &UnitName) -> BTreeSet<UnitName> {
        let mut found = BTreeSet::from([unit.clone()]);
        loop {
            let more: Vec<UnitName> = self
                .units
                .values()
                .filter(|other| other.template_unit.as_ref().is_some_and(|of| found.contains(of)))
                .map(|other| other.name.clone())
                .filter(|name| !found.contains(name))
                .collect();
            if more.is_empty() {
                return found;
            }
            found.extend(more);
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::cell::{Side, Weight};
    use crate::site::SiteRole;

    pub(crate) fn unit(name: &str) -> UnitName {
        UnitName::new(name).unwrap()
    }

    pub(crate) fn cell(name: &str) -> CellName {
        CellName::new(name).unwrap()
    }

    pub(crate) fn uids(text: &str) -> UidSet {
        UidSet::parse(UidSpace::default(), text).unwrap()
    }

    fn r_zone(name: &str, base: &str, same_city: &str, cross_city: &str) -> Unit {
        let takeover = |name: &str| (!name.is_empty()).then(|| unit(name));
        let unit_type = crate::UnitType::RZone {
            base: uids(base),
            same_city: takeover(same_city),
            cross_city: takeover(cross_city),
            fail_closed_after_seconds: None,
        };
        Unit { name: unit(name), unit_type, template_unit: None }
    }

    /// The playground's world (03, *Names and an example*).
    pub(crate) fn playground() -> HomeMap {
        let mut map = HomeMap::new(UidSpace::default());
        let city = |name: &str| CityName::new(name).unwrap();
        for name in ["hangzhou", "shanghai"] {
            map.add_city(City { name: city(name), display_name: String::new() });
        }
        for (name, of) in [("hz-a", "hangzhou"), ("hz-b", "hangzhou"), ("sh-a", "shanghai")] {
            let site = SiteName::new(name).unwrap();
            map.add_site(Site { name: site.clone(), city: city(of), role: SiteRole::Base });
            map.add_cluster(Cluster { name: ClusterName::new(name).unwrap(), site });
        }
        map.add_unit(r_zone("rz00", "00-49", "rz01", "rz82"));
        map.add_unit(r_zone("rz01", "50-99", "rz00", "rz82"));
        map.add_unit(r_zone("rz82", "", "", ""));
        map.add_unit(Unit::g_zone(unit("gz00"), cell("gz00a")));
        map.add_unit(Unit::c_zone(unit("cz00"), city("hangzhou"), "c1".to_owned()));
        map.add_unit(Unit::c_zone(unit("cz82"), city("shanghai"), "c2".to_owned()));
        for (name, cluster) in [
            ("rz00a", "hz-a"),
            ("rz00b", "hz-b"),
            ("rz01a", "hz-a"),
            ("rz01b", "hz-b"),
            ("rz82a", "sh-a"),
            ("rz82b", "sh-a"),
            ("gz00a", "hz-a"),
            ("gz00b", "sh-a"),
            ("cz00a", "hz-a"),
            ("cz00b", "hz-b"),
            ("cz82a", "sh-a"),
            ("cz82b", "sh-a"),
        ] {
            let side = if name.ends_with('a') { Side::A } else { Side::B };
            let cluster = ClusterName::new(cluster).unwrap();
            map.add_cell(Cell::new(cell(name), unit(&name[..4]), side, cluster, Weight(50)));
        }
        map
    }

    /// [`playground`] with the elastic unit RZ90 of the slides, templated on RZ00, in Nanjing.
    pub(crate) fn slides() -> HomeMap {
        let mut map = playground();
        let nanjing = CityName::new("nanjing").unwrap();
        map.add_city(City { name: nanjing.clone(), display_name: String::new() });
        let site = SiteName::new("nj-a").unwrap();
        map.add_site(Site { name: site.clone(), city: nanjing, role: SiteRole::Elastic });
        map.add_cluster(Cluster { name: ClusterName::new("nj-a").unwrap(), site });
        let mut elastic = r_zone("rz90", "", "", "");
        elastic.template_unit = Some(unit("rz00"));
        map.add_unit(elastic);
        for (name, side) in [("rz90a", Side::A), ("rz90b", Side::B)] {
            let cluster = ClusterName::new("nj-a").unwrap();
            map.add_cell(Cell::new(cell(name), unit("rz90"), side, cluster, Weight(50)));
        }
        map
    }

    #[test]
    fn knows_where_things_stand() {
        let map = slides();
        assert_eq!(map.city_of_cell(&cell("rz00b")).unwrap().as_str(), "hangzhou");
        assert_eq!(map.cities_of_unit(&unit("gz00")).len(), 2);
        assert_eq!(map.city_of_cell(&cell("none")), None);
        let placed: Vec<String> = map.with_templated(&unit("rz00")).iter().map(UnitName::to_string).collect();
        assert_eq!(placed, ["rz00", "rz90"]);
    }

    #[test]
    fn units_templated_on_each_other_end() {
        let mut map = slides();
        map.units.get_mut(&unit("rz00")).unwrap().template_unit = Some(unit("rz90"));
        assert_eq!(map.with_templated(&unit("rz00")).len(), 2);
    }
}
