//! What happens to the pods of a simulated cluster: where they go, when they run, what their status says. Pure.
//!
//! Behaves as a kubelet does where the agent can tell: images are shown by their full name, an image that
//! changes makes a new container and a restart, a bad image stays in ImagePullBackOff, `Ready` needs every
//! readiness gate.

mod containers;
mod image;
mod placing;
mod status;

pub use placing::{Machine, place};
pub use status::{Delays, Next, next};
