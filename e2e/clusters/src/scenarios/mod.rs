//! What the federation promises, played on a [`World`](crate::world::World): one file per subject.
//!
//! A scenario owns the names it uses (an application is called as the scenario), leaves the world whole or lets
//! [`ground::heal`] make it so, and measures no time. [`play()`] runs them one after the other.

mod application;
mod cafe_deployment;
mod conflict;
mod credential;
mod deletion;
mod dependencies;
mod drift;
mod faults;
mod ground;
mod join;
mod manifests;
mod overrides;
mod play;
mod pods;
mod release;
mod removal;
mod resource;
mod rights;
mod scale;
mod suspended;

use anyhow::Result;
use futures::future::LocalBoxFuture;
pub use play::{main, play};

use crate::world::World;

/// One promise.
pub struct Scenario {
    /// `FILE::FUNCTION`.
    pub name: &'static str,
    /// Plays it.
    pub run: for<'a> fn(&'a mut dyn World) -> LocalBoxFuture<'a, Result<()>>,
    /// Whether the world must be able to end the API server of a member.
    pub restarts_members: bool,
}

macro_rules! scenarios {
    ($restarts:literal: $($module:ident :: $name:ident),* $(,)?) => {
        [$(Scenario {
            name: concat!(stringify!($module), "::", stringify!($name)),
            run: |world| Box::pin($module::$name(world)),
            restarts_members: $restarts,
        }),*]
    };
}

/// All of them, in the order in which they run.
pub fn all() -> Vec<Scenario> {
    let anywhere = scenarios![false:
        join::with_a_token_and_acceptance,
        join::a_wrong_token_is_refused,
        join::an_expired_token_is_refused,
        join::a_token_of_another_cluster_is_refused,
        join::a_name_belongs_to_its_cluster,
        rights::an_agent_touches_only_its_own,
        cafe_deployment::beta_then_batches_with_confirmation,
        cafe_deployment::a_pinned_cell_keeps_its_count,
        cafe_deployment::other_changes_recreate_pods,
        release::in_place_over_two_cells,
        release::the_groups_of_two_clusters_go_in_step,
        release::a_bad_image_stops_at_its_group,
        scale::out_and_in,
        overrides::an_image_registry_by_cluster,
        dependencies::are_carried_and_follow,
        resource::any_manifest_in_every_cluster,
        drift::fields_set_by_hand_are_corrected,
        drift::replicas_of_a_member_are_left_alone,
        conflict::an_unmanaged_object_stops_it,
        conflict::or_is_adopted_on_purpose,
        suspended::a_suspended_member_writes_nothing,
        deletion::with_policy_delete,
        deletion::with_policy_orphan,
        faults::the_hub_is_killed_in_mid_release,
        faults::an_agent_is_killed_in_mid_group,
        faults::the_hub_falls_silent_and_comes_back,
        faults::an_agent_starts_while_the_hub_is_away,
        removal::in_order_orphans_the_workloads,
        removal::in_order_deletes_when_told,
        credential::is_rotated_before_its_end,
    ];
    let with_restarts = scenarios![true:
        faults::the_api_server_of_a_member_is_restarted,
        removal::by_force_when_the_cluster_is_gone,
    ];
    anywhere.into_iter().chain(with_restarts).collect()
}
