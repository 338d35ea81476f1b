//! How authentication and authorization read the cache and follow it.

use std::sync::Arc;

use bytes::Bytes;

use crate::authn::Lookup;
use crate::authz::{Authorizer, RbacKind};
use crate::cache::feed::{Feed, Observer};
use crate::cache::keys;

/// Objects as the cache has them now.
pub(super) struct CacheLookup {
    feed: Arc<Feed>,
}

impl CacheLookup {
    /// Looks into the caches of `feed`.
    pub(super) fn new(feed: Arc<Feed>) -> Self {
        Self { feed }
    }
}

impl Lookup for CacheLookup {
    fn get(&self, group: &str, plural: &str, namespace: &str, name: &str) -> Option<Bytes> {
        let kind = self.feed.by_path(&keys::path_of(group, plural))?;
        Some(kind.get(&keys::local(namespace, name))?.stored().clone())
    }
}

/// Keeps the authorizer's index current, so that a request that sees an object also obeys it.
pub(super) struct RbacFollower {
    authorizer: Arc<Authorizer>,
}

impl RbacFollower {
    /// Feeds `authorizer`.
    pub(super) fn new(authorizer: Arc<Authorizer>) -> Self {
        Self { authorizer }
    }
}

impl Observer for RbacFollower {
    fn changed(&self, kind_path: &str, local: &str, object: Option<&Bytes>) {
        let Some((group, plural)) = kind_path.split_once('/') else { return };
        let Some(kind) = RbacKind::of(group, plural) else { return };
        match object {
            Some(bytes) => {
                if let Err(error) = self.authorizer.apply(kind, bytes) {
                    tracing::warn!(name = local, %error, "a stored role or binding is left out");
                }
            }
            None => {
                let (namespace, name) = local.split_once('/').unwrap_or(("", local));
                self.authorizer.delete(kind, namespace, name);
            }
        }
    }
}
