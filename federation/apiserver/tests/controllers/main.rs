//! A whole server over TLS with its controllers, seen by `kube::Client` as any client sees it.

mod collection;
mod namespaces;
mod rights;
mod signing;
mod tokens;
mod world;
