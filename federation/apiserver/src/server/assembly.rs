//! Putting a server together and taking it down.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use federation_store::{Store, StoreError};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::core::Core;
use super::limits::Limits;
use super::lookup::{CacheLookup, RbacFollower};
use super::options::Options;
use super::review::Review;
use super::{bootstrap, reviewers};
use crate::authn::{Authenticator, AuthenticatorConfig};
use crate::authz::{Authorizer, Escalation};
use crate::cache::feed::FeedError;
use crate::discovery::Discovery;
use crate::openapi::OpenApi;
use crate::resource::{Admission, Resource};
use crate::signer::SignerAdmission;
use crate::status::ApiError;

/// What a server is made of.
pub struct Config {
    /// Where objects are kept.
    pub store: Arc<dyn Store>,
    /// The kinds, in the order in which discovery shows them.
    pub resources: Vec<Resource>,
    /// Asked before each write, in order, after the server's own.
    pub admissions: Vec<Arc<dyn Admission>>,
    /// Who answers kinds that are never stored, by `GROUP/PLURAL` or `GROUP/PLURAL/SUBRESOURCE`, beside the
    /// reviews that the server answers itself.
    pub reviews: BTreeMap<String, Arc<dyn Review>>,
    /// Which proofs callers may bring beside client certificates.
    pub authentication: AuthenticatorConfig,
    /// Settings.
    pub options: Options,
}

impl Config {
    /// A server of `resources` over `store` with default settings.
    pub fn new(store: Arc<dyn Store>, resources: Vec<Resource>) -> Self {
        Self {
            store,
            resources,
            admissions: Vec::new(),
            reviews: BTreeMap::new(),
            authentication: AuthenticatorConfig::default(),
            options: Options::default(),
        }
    }
}

/// A server could not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The objects could not be read.
    #[error("fill the cache from the store")]
    Cache(#[from] FeedError),
    /// The objects that every server has could not be written.
    #[error("write {what}, which every server has")]
    Bootstrap {
        /// Kind and name.
        what: String,
        /// Why.
        #[source]
        source: ApiError,
    },
}

/// A running API server. Clones share it.
#[derive(Clone)]
pub struct ApiServer {
    pub(super) shared: Arc<Shared>,
}

/// The parts that requests are handled with.
pub(crate) struct Shared {
    /// Store, kinds, caches.
    pub(crate) core: Arc<Core>,
    /// Discovery documents.
    pub(crate) discovery: Discovery,
    /// OpenAPI documents.
    pub(crate) openapi: OpenApi,
    /// Who asks.
    pub(crate) authenticator: Arc<Authenticator>,
    /// Who may.
    pub(crate) authorizer: Arc<Authorizer>,
    /// How many at once.
    pub(crate) limits: Limits,
    /// Ends the tasks of the server itself.
    pub(crate) stopped: CancellationToken,
    /// The tasks of the server itself.
    pub(crate) tasks: TaskTracker,
}

impl ApiServer {
    /// Fills the cache, starts the feed, and writes the namespaces and roles that every server has.
    ///
    /// # Errors
    /// The store cannot be read or written.
    pub async fn start(config: Config) -> Result<Self, StartError> {
        let authorizer = Arc::new(Authorizer::new());
        let mut admissions: Vec<Arc<dyn Admission>> = vec![
            Arc::new(Escalation::new(authorizer.clone())),
            Arc::new(SignerAdmission::new(authorizer.clone())),
        ];
        admissions.extend(config.admissions);
        let resources: Vec<Arc<Resource>> = config.resources.into_iter().map(Arc::new).collect();
        let follower = Arc::new(RbacFollower::new(authorizer.clone()));
        let mut core = Core::new(config.store, resources, admissions, follower, config.options);
        let lookup = Arc::new(CacheLookup::new(core.feed.clone()));
        let accounts = config.authentication.service_accounts.clone();
        let authenticator = Arc::new(Authenticator::new(lookup, config.authentication));
        core.reviews = reviewers::all(&authorizer, &authenticator, accounts.as_ref(), &core.feed);
        core.reviews.extend(config.reviews);
        core.feed.load(&*core.store, core.options.history).await?;
        let shared = Arc::new(Shared {
            discovery: Discovery::new(&core.resources),
            openapi: OpenApi::new(&core.resources),
            limits: Limits::new(core.options.max_readonly, core.options.max_mutating),
            core: Arc::new(core),
            authenticator,
            authorizer,
            stopped: CancellationToken::new(),
            tasks: TaskTracker::new(),
        });
        let server = Self { shared };
        server.spawn_feed();
        server.spawn_compaction();
        bootstrap::run(&server.shared.core).await?;
        Ok(server)
    }

    /// The authorizer, for reviews and controllers beside the server.
    pub fn authorizer(&self) -> &Arc<Authorizer> {
        &self.shared.authorizer
    }

    /// The authenticator.
    pub fn authenticator(&self) -> &Arc<Authenticator> {
        &self.shared.authenticator
    }

    /// Adds figures of the owner to `/metrics`.
    pub fn register_metrics(&self, register: impl FnOnce(&mut prometheus_client::registry::Registry)) {
        self.shared.core.metrics.register(register);
    }

    /// The kinds that are served.
    pub fn resources(&self) -> &[Arc<Resource>] {
        &self.shared.core.resources
    }

    /// Whether [`ApiServer::drain`] was called.
    pub fn is_draining(&self) -> bool {
        self.shared.core.draining.is_cancelled()
    }

    /// Stops accepting, ends watches, lets requests that are under way finish for as long as the options say,
    /// and ends the tasks of the server. The store is not closed: it belongs to the caller.
    pub async fn drain(&self) {
        self.shared.core.draining.cancel();
        let limit = self.shared.core.options.drain;
        if tokio::time::timeout(limit, self.shared.limits.idle()).await.is_err() {
            tracing::warn!(?limit, "requests were still under way at the end of the drain");
        }
        self.shared.stopped.cancel();
        self.shared.tasks.close();
        self.shared.tasks.wait().await;
    }

    fn spawn_feed(&self) {
        let core = self.shared.core.clone();
        let stopped = self.shared.stopped.clone();
        self.shared.tasks.spawn(async move {
            tokio::select! {
                () = core.feed.run(core.store.clone()) => {}
                () = stopped.cancelled() => {}
            }
        });
    }

    /// Compacts up to where the store stood one interval ago, so that history is kept for one to two.
    fn spawn_compaction(&self) {
        let every = self.shared.core.options.compact_every;
        if every == Duration::ZERO {
            return;
        }
        let core = self.shared.core.clone();
        let stopped = self.shared.stopped.clone();
        self.shared.tasks.spawn(async move {
            let mut before = None;
            loop {
                tokio::select! {
                    () = tokio::time::sleep(every) => {}
                    () = stopped.cancelled() => return,
                }
                if let Some(revision) = before.replace(core.feed.reached()) {
                    match core.store.compact(revision).await {
                        Ok(()) | Err(StoreError::Compacted { .. }) => {}
                        Err(error) => {
                            tracing::warn!(revision, %error, "compaction failed; trying again later")
                        }
                    }
                }
            }
        });
    }
}
