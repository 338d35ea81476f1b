//! The server as clients see it: through the in-process service, over an in-memory store.

mod deletes;
mod informers;
mod lists;
mod objects;
mod operate;
mod restarts;
mod subresources;
mod support;
mod tls;
mod watches;
