//! Rule sets, both ways. What is read is only believed when its digest is that of its content.

use std::collections::BTreeMap;

use k8s_openapi::jiff;
use kube::ResourceExt;
use model::ruleset::{ActiveC, Override, OverrideKind};
use model::{CellName, CityName, Epoch, RuleSet, Timestamp, UidSet, UidSpace, UnitName, Weight};

use super::ConvertError;
use crate::ldc::{self, EpochRef, OwnerOverride, RuleSetSpec};

/// The rules of an object, or what is wrong with it: a field that does not parse, or a digest of other content.
pub fn rule_set(object: &ldc::RuleSet) -> Result<RuleSet, ConvertError> {
    let (spec, name) = (&object.spec, object.name_any());
    let rules = read(spec).map_err(|(field, message)| ConvertError {
        kind: "RuleSet",
        name: name.clone(),
        field,
        message,
    })?;
    let digest = rules.digest().to_string();
    if digest != spec.digest {
        let message = format!("is {}, but the content has {digest}: it was changed by hand", spec.digest);
        return Err(ConvertError { kind: "RuleSet", name, field: "spec.digest", message });
    }
    Ok(rules)
}

/// The spec of an object that holds `rules`, with their digest. Refuses what the kind has no fields for.
pub fn rule_set_spec(rules: &RuleSet, committed_by: &str, reason: &str) -> Result<RuleSetSpec, ConvertError> {
    let refuse = |field, message: &str| ConvertError {
        kind: "RuleSet",
        name: rules.epoch.to_string(),
        field,
        message: message.to_owned(),
    };
    if !rules.forbids.is_empty() || !rules.claims.is_empty() {
        return Err(refuse("spec", "forbid windows and claims of switches cannot be stored yet"));
    }
    let mut writers = BTreeMap::new();
    for (unit, writer) in &rules.writers {
        let writer = writer.as_ref().ok_or_else(|| refuse("spec.writers", "a G unit has no writer"))?;
        writers.insert(unit.to_string(), writer.to_string());
    }
    let mut copies: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
    for active in &rules.active_c {
        copies
            .entry(active.city.to_string())
            .or_default()
            .insert(active.group.clone(), active.unit.to_string());
    }
    let weights = rules.weights.iter().map(|(unit, cells)| {
        let cells = cells.iter().map(|(cell, weight)| (cell.to_string(), weight.0)).collect();
        (unit.to_string(), cells)
    });
    Ok(RuleSetSpec {
        epoch: epoch_ref(rules.epoch),
        parent: rules.parent.map(epoch_ref),
        uid_space_size: rules.space.size(),
        base: rules.base.iter().map(|(unit, uids)| (unit.to_string(), uids.to_string())).collect(),
        overrides: rules.overrides.iter().map(write_override).collect(),
        weights: weights.collect(),
        writers,
        copies,
        fail_closed_after_seconds: rules
            .fail_closed_after_seconds
            .iter()
            .map(|(unit, seconds)| (unit.to_string(), *seconds))
            .collect(),
        digest: rules.digest().to_string(),
        committed_by: committed_by.to_owned(),
        reason: reason.to_owned(),
    })
}

fn epoch_ref(epoch: Epoch) -> EpochRef {
    EpochRef { generation: epoch.generation, counter: epoch.counter, text: epoch.to_string() }
}

fn write_override(over: &Override) -> OwnerOverride {
    OwnerOverride {
        kind: match over.kind {
            OverrideKind::Elastic => ldc::OverrideKind::Elastic,
            OverrideKind::Takeover => ldc::OverrideKind::Takeover,
        },
        from: over.from.to_string(),
        to: over.to.to_string(),
        uids: over.uids.to_string(),
        return_by: over.return_by.map(|at| at.to_string()),
    }
}

type Fault = (&'static str, String);

fn fault<E: std::fmt::Display>(field: &'static str) -> impl Fn(E) -> Fault {
    move |error| (field, error.to_string())
}

fn read(spec: &RuleSetSpec) -> Result<RuleSet, Fault> {
    let space = UidSpace::new(spec.uid_space_size).map_err(fault("spec.uidSpaceSize"))?;
    let epoch = |from: &EpochRef| Epoch::new(from.generation, from.counter);
    let mut rules = RuleSet::empty(epoch(&spec.epoch), space);
    rules.parent = spec.parent.as_ref().map(epoch);
    for (unit, uids) in &spec.base {
        let unit = UnitName::new(unit.as_str()).map_err(fault("spec.base"))?;
        rules.base.insert(unit, UidSet::parse(space, uids).map_err(fault("spec.base"))?);
    }
    for over in &spec.overrides {
        rules.overrides.push(read_override(over, space)?);
    }
    for (unit, cells) in &spec.weights {
        let mut weights = BTreeMap::new();
        for (cell, weight) in cells {
            let cell = CellName::new(cell.as_str()).map_err(fault("spec.weights"))?;
            weights.insert(cell, Weight(*weight));
        }
        rules.weights.insert(UnitName::new(unit.as_str()).map_err(fault("spec.weights"))?, weights);
    }
    for (unit, cell) in &spec.writers {
        let unit = UnitName::new(unit.as_str()).map_err(fault("spec.writers"))?;
        let cell = CellName::new(cell.as_str()).map_err(fault("spec.writers"))?;
        rules.writers.insert(unit, Some(cell));
    }
    for (city, groups) in &spec.copies {
        for (group, unit) in groups {
            rules.active_c.push(ActiveC {
                city: CityName::new(city.as_str()).map_err(fault("spec.copies"))?,
                group: group.clone(),
                unit: UnitName::new(unit.as_str()).map_err(fault("spec.copies"))?,
            });
        }
    }
    rules.active_c.sort();
    for (unit, seconds) in &spec.fail_closed_after_seconds {
        let unit = UnitName::new(unit.as_str()).map_err(fault("spec.failClosedAfterSeconds"))?;
        rules.fail_closed_after_seconds.insert(unit, *seconds);
    }
    Ok(rules)
}

fn read_override(over: &OwnerOverride, space: UidSpace) -> Result<Override, Fault> {
    let return_by = match &over.return_by {
        None => None,
        Some(text) => {
            let at: jiff::Timestamp = text.parse().map_err(fault("spec.overrides.returnBy"))?;
            Some(Timestamp::from_millis(at.as_millisecond()))
        }
    };
    Ok(Override {
        kind: match over.kind {
            ldc::OverrideKind::Elastic => OverrideKind::Elastic,
            ldc::OverrideKind::Takeover => OverrideKind::Takeover,
        },
        from: UnitName::new(over.from.as_str()).map_err(fault("spec.overrides.from"))?,
        to: UnitName::new(over.to.as_str()).map_err(fault("spec.overrides.to"))?,
        uids: UidSet::parse(space, &over.uids).map_err(fault("spec.overrides.uids"))?,
        return_by,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules() -> RuleSet {
        let space = UidSpace::default();
        let unit = |name| UnitName::new(name).unwrap();
        let uids = |text| UidSet::parse(space, text).unwrap();
        let mut rules = RuleSet::empty(Epoch::new(1, 2), space);
        rules.parent = Some(Epoch::FIRST);
        rules.base.insert(unit("rz00"), uids("00-49"));
        rules.base.insert(unit("rz01"), uids("50-99"));
        rules.overrides.push(Override {
            kind: OverrideKind::Elastic,
            from: unit("rz00"),
            to: unit("rz90"),
            uids: uids("16-19"),
            return_by: Some(Timestamp::from_seconds(1_800_000_000)),
        });
        let weights = [(CellName::new("rz00a").unwrap(), Weight(100))];
        rules.weights.insert(unit("rz00"), weights.into());
        rules.writers.insert(unit("gz00"), Some(CellName::new("gz00a").unwrap()));
        let city = CityName::new("hangzhou").unwrap();
        rules.active_c.push(ActiveC { city, group: "c1".into(), unit: unit("cz00") });
        rules.fail_closed_after_seconds.insert(unit("rz00"), 5);
        rules
    }

    #[test]
    fn rules_survive_the_way_there_and_back() {
        let spec = rule_set_spec(&rules(), "ann", "test").unwrap();
        assert_eq!(rule_set(&ldc::RuleSet::new("current", spec)).unwrap(), rules());
    }

    #[test]
    fn a_change_by_hand_is_found_by_the_digest() {
        let mut spec = rule_set_spec(&rules(), "ann", "test").unwrap();
        spec.base.insert("rz00".into(), "00-48".into());
        let error = rule_set(&ldc::RuleSet::new("current", spec)).unwrap_err();
        assert_eq!(error.field, "spec.digest");
    }

    #[test]
    fn what_cannot_be_stored_is_refused() {
        let mut rules = rules();
        rules.writers.insert(UnitName::new("gz00").unwrap(), None);
        assert_eq!(rule_set_spec(&rules, "ann", "test").unwrap_err().field, "spec.writers");
    }
}
