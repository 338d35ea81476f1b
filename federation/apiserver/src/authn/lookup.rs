//! What authentication needs of the stored objects.

use bytes::Bytes;

/// Objects by name, as the server's own cache has them now. Never blocks and never reads the store.
pub trait Lookup: Send + Sync + 'static {
    /// The canonical JSON of one object, or `None` if it is not there. `namespace` is empty for cluster
    /// scope; `group` is empty for the core group.
    fn get(&self, group: &str, plural: &str, namespace: &str, name: &str) -> Option<Bytes>;
}
