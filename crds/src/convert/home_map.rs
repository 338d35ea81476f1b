//! The home map out of cities, sites, member clusters, units and cells.

use kube::ResourceExt;
use model::{
    CellLabel, CellName, CityName, ClusterName, HomeMap, SiteName, SiteRole, UidSet, UidSpace, UnitName,
    UnitType, Weight,
};

use super::ConvertError;
use crate::federation::MemberCluster;
use crate::ldc::{self, City, DeployUnit, LogicalUnit, Site};

/// Everything that people declared.
#[derive(Clone, Copy, Debug, Default)]
pub struct HomeParts<'a> {
    /// The UIDs there are; `RoutingProfile` `default` says how many.
    pub space: UidSpace,
    /// Cities.
    pub cities: &'a [City],
    /// Sites.
    pub sites: &'a [Site],
    /// Member clusters.
    pub clusters: &'a [MemberCluster],
    /// Logical units.
    pub units: &'a [LogicalUnit],
    /// Cells.
    pub cells: &'a [DeployUnit],
}

/// The map, without the objects that do not fit, and what is wrong with each of these. References may dangle;
/// the invariants of the model say which do.
pub fn home_map(parts: HomeParts<'_>) -> (HomeMap, Vec<ConvertError>) {
    let mut map = HomeMap::new(parts.space);
    let mut errors = Vec::new();
    for object in parts.cities {
        keep(city(object), &mut errors, |found| map.add_city(found));
    }
    for object in parts.sites {
        keep(site(object), &mut errors, |found| map.add_site(found));
    }
    for object in parts.clusters {
        keep(cluster(object), &mut errors, |found| map.add_cluster(found));
    }
    for object in parts.units {
        keep(unit(object, parts.space), &mut errors, |found| map.add_unit(found));
    }
    for object in parts.cells {
        keep(cell(object), &mut errors, |found| map.add_cell(found));
    }
    (map, errors)
}

fn keep<T>(found: Result<T, ConvertError>, errors: &mut Vec<ConvertError>, add: impl FnOnce(T)) {
    match found {
        Ok(found) => add(found),
        Err(error) => errors.push(error),
    }
}

fn city(object: &City) -> Result<model::City, ConvertError> {
    let name = object.name_any();
    let error = |e| ConvertError::of("City", &name, "metadata.name", e);
    Ok(model::City {
        name: CityName::new(name.as_str()).map_err(error)?,
        display_name: object.spec.display_name.clone(),
    })
}

fn site(object: &Site) -> Result<model::Site, ConvertError> {
    let name = object.name_any();
    let error = |field| move |e| (field, e);
    let found = || {
        Ok(model::Site {
            name: SiteName::new(name.as_str()).map_err(error("metadata.name"))?,
            city: CityName::new(object.spec.city.as_str()).map_err(error("spec.city"))?,
            role: match object.spec.role {
                ldc::SiteRole::Base => SiteRole::Base,
                ldc::SiteRole::Elastic => SiteRole::Elastic,
            },
        })
    };
    found().map_err(|(field, e): (_, model::NameError)| ConvertError::of("Site", &name, field, e))
}

fn cluster(object: &MemberCluster) -> Result<model::Cluster, ConvertError> {
    let name = object.name_any();
    let error = |field| move |e| (field, e);
    let found = || {
        Ok(model::Cluster {
            name: ClusterName::new(name.as_str()).map_err(error("metadata.name"))?,
            site: SiteName::new(object.spec.site.as_str()).map_err(error("spec.site"))?,
        })
    };
    found().map_err(|(field, e): (_, model::NameError)| ConvertError::of("MemberCluster", &name, field, e))
}

fn cell(object: &DeployUnit) -> Result<model::Cell, ConvertError> {
    let name = object.name_any();
    let error = |field| move |e| (field, e);
    let found = || {
        Ok(model::Cell {
            name: CellName::new(name.as_str()).map_err(error("metadata.name"))?,
            unit: UnitName::new(object.spec.unit.as_str()).map_err(error("spec.unit"))?,
            side: match object.spec.side {
                ldc::Side::A => model::Side::A,
                ldc::Side::B => model::Side::B,
            },
            cluster: ClusterName::new(object.spec.cluster.as_str()).map_err(error("spec.cluster"))?,
            label: CellLabel::new(object.node_label_value()).map_err(error("spec.nodeLabelValue"))?,
            weight: Weight(u32::try_from(object.spec.weight).unwrap_or(0)),
        })
    };
    found().map_err(|(field, e): (_, model::NameError)| ConvertError::of("DeployUnit", &name, field, e))
}

fn unit(object: &LogicalUnit, space: UidSpace) -> Result<model::Unit, ConvertError> {
    let name = object.name_any();
    let unit_name =
        |field, text: &str| UnitName::new(text).map_err(|e| ConvertError::of("LogicalUnit", &name, field, e));
    let maybe = |field, text: &Option<String>| text.as_deref().map(|text| unit_name(field, text)).transpose();
    let template_unit = maybe("spec.templateUnit", &object.spec.template_unit)?;
    Ok(model::Unit {
        name: unit_name("metadata.name", &name)?,
        unit_type: unit_type(object, &name, space)?,
        template_unit,
    })
}

fn unit_type(object: &LogicalUnit, name: &str, space: UidSpace) -> Result<UnitType, ConvertError> {
    let spec = &object.spec;
    let error =
        |field, message: String| ConvertError { kind: "LogicalUnit", name: name.into(), field, message };
    let unit = |field, text: &Option<String>| {
        text.as_deref().map(UnitName::new).transpose().map_err(|e| error(field, e.to_string()))
    };
    match spec.type_ {
        ldc::UnitType::RZone => Ok(UnitType::RZone {
            base: UidSet::parse(space, spec.base_uids.as_deref().unwrap_or_default())
                .map_err(|e| error("spec.baseUIDs", e.to_string()))?,
            same_city: unit("spec.sameCity", &spec.same_city)?,
            cross_city: unit("spec.crossCity", &spec.cross_city)?,
            fail_closed_after_seconds: match &spec.fail_closed_after {
                None => None,
                Some(text) => Some(seconds(text).ok_or_else(|| {
                    error("spec.failClosedAfter", format!("{text:?} is no duration: write 5s, 2m or 1h"))
                })?),
            },
        }),
        ldc::UnitType::GZone => {
            let writer = spec.writer.as_deref().unwrap_or_default();
            let writer = CellName::new(writer).map_err(|e| error("spec.writer", e.to_string()))?;
            Ok(UnitType::GZone { writer })
        }
        ldc::UnitType::CZone => {
            let city = spec.city.as_deref().unwrap_or_default();
            let city = CityName::new(city).map_err(|e| error("spec.city", e.to_string()))?;
            Ok(UnitType::CZone { city, group: spec.group.clone().unwrap_or_default() })
        }
    }
}

/// `5s`, `2m`, `1h` in seconds.
fn seconds(text: &str) -> Option<u32> {
    let (number, factor) = match text.as_bytes().last()? {
        b's' => (text.strip_suffix('s')?, 1),
        b'm' => (text.strip_suffix('m')?, 60),
        b'h' => (text.strip_suffix('h')?, 3600),
        _ => return None,
    };
    number.parse::<u32>().ok()?.checked_mul(factor)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ldc::{DeployUnitSpec, LogicalUnitSpec};

    fn r_zone(name: &str, uids: &str) -> LogicalUnit {
        let spec = LogicalUnitSpec {
            base_uids: Some(uids.into()),
            fail_closed_after: Some("2m".into()),
            ..LogicalUnitSpec::default()
        };
        LogicalUnit::new(name, spec)
    }

    #[test]
    fn units_and_cells_become_a_map_with_default_labels() {
        let units = [r_zone("rz00", "00-49")];
        let spec =
            DeployUnitSpec { unit: "rz00".into(), cluster: "hz-a".into(), ..DeployUnitSpec::default() };
        let cells = [DeployUnit::new("rz00a", spec)];
        let (map, errors) = home_map(HomeParts { units: &units, cells: &cells, ..HomeParts::default() });
        assert_eq!(errors, []);
        let cell = map.cells.values().next().unwrap();
        assert_eq!(cell.label.as_str(), "RZ00A");
        let unit = map.units.values().next().unwrap();
        assert_eq!(unit.base().unwrap().to_string(), "00-49");
        assert!(matches!(unit.unit_type, UnitType::RZone { fail_closed_after_seconds: Some(120), .. }));
    }

    #[test]
    fn a_bad_object_is_left_out_and_named() {
        let units = [r_zone("rz00", "00-149"), r_zone("rz01", "50-99")];
        let (map, errors) = home_map(HomeParts { units: &units, ..HomeParts::default() });
        assert_eq!(map.units.len(), 1);
        assert_eq!((errors.len(), errors[0].field), (1, "spec.baseUIDs"));
        assert!(errors[0].to_string().starts_with("LogicalUnit rz00: spec.baseUIDs: "), "{}", errors[0]);
    }
}
