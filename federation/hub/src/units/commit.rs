//! Epoch 1: the home map into force. Later a home map takes force only by a switch (03 *Home map and force*).

use crds::convert::{self, ConvertError, HomeParts};
use crds::federation::MemberCluster;
use crds::ldc::{City, DeployUnit, LogicalUnit, RoutingProfile, RuleSet as RuleSetObject, Site};
use kube::api::{Api, ListParams, ObjectMeta, PostParams};
use model::{HomeMap, RuleSet, UidSpace};
use thiserror::Error;

/// What a commit came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Committed {
    /// Epoch 1 is in force now.
    First(Box<RuleSet>),
    /// A rule set was in force already, and says the same.
    Same(Box<RuleSet>),
}

/// Why nothing was committed.
#[derive(Debug, Error)]
pub enum CommitError {
    /// The hub does not answer.
    #[error("cannot read or write the hub")]
    Hub(#[from] kube::Error),
    /// Objects cannot be read.
    #[error("{}", list(.0))]
    Unreadable(Vec<ConvertError>),
    /// The map breaks invariants.
    #[error("{}", list(.0))]
    Violations(Vec<model::invariants::Violation>),
    /// Another map is in force.
    #[error(
        "epoch {epoch} is in force and the home map differs from it in {differences}; a home map takes force later only by a switch"
    )]
    Differs {
        /// In force.
        epoch: model::Epoch,
        /// How many differences.
        differences: usize,
    },
}

fn list<T: std::fmt::Display>(items: &[T]) -> String {
    items.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

/// The home map as it is declared now.
pub async fn read_home(client: &kube::Client) -> Result<HomeMap, CommitError> {
    let all = ListParams::default();
    let profile = Api::<RoutingProfile>::all(client.clone()).get_opt("default").await?;
    let cities = Api::<City>::all(client.clone()).list(&all).await?.items;
    let sites = Api::<Site>::all(client.clone()).list(&all).await?.items;
    let clusters = Api::<MemberCluster>::all(client.clone()).list(&all).await?.items;
    let units = Api::<LogicalUnit>::all(client.clone()).list(&all).await?.items;
    let cells = Api::<DeployUnit>::all(client.clone()).list(&all).await?.items;
    let (home, errors) = convert::home_map(HomeParts {
        space: space_of(profile.as_ref()),
        cities: &cities,
        sites: &sites,
        clusters: &clusters,
        units: &units,
        cells: &cells,
    });
    if errors.is_empty() { Ok(home) } else { Err(CommitError::Unreadable(errors)) }
}

/// The UID space a profile declares; the default one without a profile, or with one that says nothing sensible.
pub(super) fn space_of(profile: Option<&RoutingProfile>) -> UidSpace {
    profile.and_then(|p| UidSpace::new(p.spec.uid_space_size).ok()).unwrap_or_default()
}

/// The rule set in force, if there is one.
pub async fn read_rules(client: &kube::Client) -> Result<Option<RuleSet>, CommitError> {
    let current = Api::<RuleSetObject>::all(client.clone()).get_opt("current").await?;
    current.map(|c| convert::rule_set(&c).map_err(|e| CommitError::Unreadable(vec![e]))).transpose()
}

/// Makes epoch 1 out of the home map, by creating `current`: of two who try, one wins. A copy under the
/// epoch's name is its history.
pub async fn commit(
    client: &kube::Client,
    by: &str,
    reason: &str,
    dry_run: bool,
) -> Result<Committed, CommitError> {
    let home = read_home(client).await?;
    if let Some(current) = read_rules(client).await? {
        let differences = current.home_differences(&home).len();
        if differences == 0 {
            return Ok(Committed::Same(Box::new(current)));
        }
        return Err(CommitError::Differs { epoch: current.epoch, differences });
    }
    let rules = RuleSet::first(&home).map_err(CommitError::Violations)?;
    let spec = convert::rule_set_spec(&rules, by, reason).map_err(|e| CommitError::Unreadable(vec![e]))?;
    let api: Api<RuleSetObject> = Api::all(client.clone());
    let params = PostParams { dry_run, field_manager: Some(crds::names::HUB_MANAGER.to_owned()) };
    let history = format!("{}-{}", spec.epoch.generation, spec.epoch.counter);
    for name in ["current", history.as_str()] {
        let object = RuleSetObject {
            metadata: ObjectMeta { name: Some(name.to_owned()), ..ObjectMeta::default() },
            spec: spec.clone(),
        };
        match api.create(&params, &object).await {
            // The copy of an epoch that was written before a crash is the same one.
            Err(kube::Error::Api(status)) if name != "current" && status.is_already_exists() => {}
            result => drop(result?),
        }
    }
    Ok(Committed::First(Box::new(rules)))
}
