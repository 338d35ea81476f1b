//! What a rule set is, as one number: SHA-256 of its canonical JSON (RFC 8785).

use std::fmt;

use sha2::{Digest as _, Sha256};

use super::canonical::Json;
use super::{Claim, ForbidWindow, Override, RuleSet};
use crate::timestamp::Timestamp;
use crate::uid::UidSet;

/// A SHA-256 digest, shown as 64 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest([u8; 32]);

impl Digest {
    /// The digest of some bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// The first 12 hexadecimal digits: enough for people to tell two apart.
    #[must_use]
    pub fn short(&self) -> String {
        hex::encode(&self.0[..6])
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl RuleSet {
    /// The digest of this rule set, its epoch and parent included.
    #[must_use]
    pub fn digest(&self) -> Digest {
        Digest::of(self.to_json().to_string().as_bytes())
    }

    /// The rule set as canonical JSON: names of fields as the API has them, UIDs and epochs and times as text.
    #[must_use]
    pub fn to_json(&self) -> Json {
        let parent = self.parent.map_or(Json::Null, Json::text);
        let weights = self.weights.iter().map(|(unit, cells)| {
            let cells = cells.iter().map(|(cell, weight)| (cell.to_string(), Json::from(weight.0)));
            (unit.to_string(), Json::object(cells))
        });
        let writers = self
            .writers
            .iter()
            .map(|(unit, cell)| (unit.to_string(), cell.as_ref().map_or(Json::Null, Json::text)));
        let active_c = self.active_c.iter().map(|active| {
            Json::record([
                ("city", Json::text(&active.city)),
                ("group", Json::text(&active.group)),
                ("unit", Json::text(&active.unit)),
            ])
        });
        let leases = self
            .fail_closed_after_seconds
            .iter()
            .map(|(unit, seconds)| (unit.to_string(), Json::from(*seconds)));
        Json::record([
            ("epoch", Json::text(self.epoch)),
            ("parent", parent),
            ("uidSpace", Json::from(self.space.size())),
            ("base", Json::object(self.base.iter().map(|(unit, uids)| (unit.to_string(), text(uids))))),
            ("overrides", Json::array(self.overrides.iter().map(override_json))),
            ("weights", Json::object(weights)),
            ("forbids", Json::array(self.forbids.iter().map(forbid_json))),
            ("writers", Json::object(writers)),
            ("activeC", Json::array(active_c)),
            ("failClosedAfterSeconds", Json::object(leases)),
            ("claims", Json::array(self.claims.iter().map(claim_json))),
        ])
    }
}

fn text(uids: &UidSet) -> Json {
    Json::text(uids)
}

fn time(time: Option<Timestamp>) -> Json {
    time.map_or(Json::Null, Json::text)
}

fn override_json(over: &Override) -> Json {
    Json::record([
        ("kind", Json::text(over.kind)),
        ("from", Json::text(&over.from)),
        ("to", Json::text(&over.to)),
        ("uids", text(&over.uids)),
        ("returnBy", time(over.return_by)),
    ])
}

fn forbid_json(window: &ForbidWindow) -> Json {
    Json::record([
        ("uids", text(&window.uids)),
        ("holder", Json::text(&window.holder)),
        ("deadline", time(window.deadline)),
    ])
}

fn claim_json(claim: &Claim) -> Json {
    Json::record([
        ("holder", Json::text(&claim.holder)),
        ("step", Json::text(&claim.step)),
        ("uids", text(&claim.uids)),
        ("shards", Json::array(claim.shards.iter().map(Json::text))),
        ("units", Json::array(claim.units.iter().map(Json::text))),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::map::tests::{playground, uids, unit};

    #[test]
    fn says_the_same_for_the_same_and_another_for_another() {
        let rules = RuleSet::first(&playground()).unwrap();
        let digest = rules.digest();
        assert_eq!(rules.clone().digest(), digest);
        let mut moved = rules.clone();
        moved.base.insert(unit("rz00"), uids("00-48"));
        assert_ne!(moved.digest(), digest);
        let mut later = rules.clone();
        later.epoch = later.epoch.next();
        assert_ne!(later.digest(), digest);
        assert_eq!((digest.to_string().len(), digest.short().len()), (64, 12));
    }

    #[test]
    fn is_the_digest_of_text_that_anybody_can_make() {
        let empty = RuleSet::empty(crate::Epoch::FIRST, crate::UidSpace::default());
        let text = concat!(
            r#"{"activeC":[],"base":{},"claims":[],"epoch":"1.1","failClosedAfterSeconds":{},"forbids":[],"#,
            r#""overrides":[],"parent":null,"uidSpace":100,"weights":{},"writers":{}}"#
        );
        assert_eq!(empty.to_json().to_string(), text);
        assert_eq!(empty.digest(), Digest::of(text.as_bytes()));
        assert_eq!(
            Digest::of(b"abc").to_string(),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
    }
}
