//! Settings of a server.

use std::time::Duration;

/// Settings; the defaults are those of kube-apiserver where it has the same one.
#[derive(Clone, Debug)]
pub struct Options {
    /// Requests that only read, at the same time; more get 429. Watches do not count.
    pub max_readonly: usize,
    /// Requests that write, at the same time; more get 429.
    pub max_mutating: usize,
    /// How long a request other than a watch may take.
    pub request_timeout: Duration,
    /// Watches without `timeoutSeconds` end after a random time between this and twice this.
    pub min_watch: Duration,
    /// Between two bookmarks.
    pub bookmark_every: Duration,
    /// The history of the store older than once or twice this is compacted; zero never compacts.
    pub compact_every: Duration,
    /// How many revisions before the newest are read back at a start, so that watches resume from shared events;
    /// older ones are replayed from the store for each watch.
    pub history: u64,
    /// How long draining waits for requests that are under way.
    pub drain: Duration,
    /// Whether a write into a namespace that is absent or terminating is refused.
    pub namespaces: bool,
    /// What `/version` says beside the version: the program's own version.
    pub build: String,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            max_readonly: 400,
            max_mutating: 200,
            request_timeout: Duration::from_secs(60),
            min_watch: Duration::from_secs(1800),
            bookmark_every: Duration::from_secs(60),
            compact_every: Duration::from_secs(300),
            history: 10_000,
            drain: Duration::from_secs(10),
            namespaces: true,
            build: env!("CARGO_PKG_VERSION").to_owned(),
        }
    }
}
