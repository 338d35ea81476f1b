//! What the hub says of this member: whether it is suspended, and how often it wants to hear from it.

use std::time::Duration;

use crds::federation::{MemberCluster, MemberClusterSpec};
use futures::StreamExt;
use kube::api::Api;
use kube::runtime::watcher::{self, Event, watcher};
use tokio::sync::watch;
use tracing::{info, warn};

use crate::inventory::Disk;

/// The member's own settings, kept on disk: a suspended member stays so without the hub.
pub(super) struct Settings {
    disk: Disk,
    pub(super) suspended: watch::Sender<bool>,
    pub(super) every: watch::Sender<Duration>,
}

impl Settings {
    /// As they were kept, or the defaults.
    pub(super) fn open(disk: Disk) -> Self {
        let kept = disk.load_member().unwrap_or_else(|error| {
            warn!(error = %error, "what the hub said of this member is not readable; it will say it again");
            None
        });
        let spec = kept
            .unwrap_or_else(|| MemberClusterSpec { heartbeat_seconds: 5, ..MemberClusterSpec::default() });
        let settings =
            Self { disk, suspended: watch::Sender::new(false), every: watch::Sender::new(interval(&spec)) };
        settings.suspended.send_replace(spec.suspended);
        settings
    }

    fn take(&self, spec: &MemberClusterSpec) {
        if let Err(error) = self.disk.save_member(spec) {
            warn!(error = %error, "cannot keep what the hub said of this member");
        }
        let changed =
            self.suspended.send_if_modified(|held| std::mem::replace(held, spec.suspended) != spec.suspended);
        if changed {
            info!(suspended = spec.suspended, "the hub changed what this member may do");
        }
        let every = interval(spec);
        self.every.send_if_modified(|held| std::mem::replace(held, every) != every);
    }

    /// Follows this member's object on the hub until the watch breaks.
    pub(super) async fn follow(&self, hub: kube::Client, cluster: &str) -> Result<(), watcher::Error> {
        let api: Api<MemberCluster> = Api::all(hub);
        let mine = watcher::Config::default().fields(&format!("metadata.name={cluster}"));
        let mut events = watcher(api, mine).boxed();
        while let Some(event) = events.next().await {
            if let Event::InitApply(member) | Event::Apply(member) = event? {
                self.take(&member.spec);
            }
        }
        Ok(())
    }
}

fn interval(spec: &MemberClusterSpec) -> Duration {
    Duration::from_secs(u64::try_from(spec.heartbeat_seconds).unwrap_or(5).max(1))
}
