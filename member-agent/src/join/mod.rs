//! How an agent gets and keeps its credential: token → CSR → certificate, rotated well before its end.

mod credential;
mod request;
mod rotate;

pub(crate) use credential::write_private;
pub use credential::{Credential, CredentialError, CredentialFiles};
pub use request::{JoinError, Joiner, join};
pub use rotate::{rotate, rotation_due};
