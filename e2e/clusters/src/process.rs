//! Programs as processes: real components, our own binaries, and commands that run to their end.
//!
//! Nothing is left behind: a [`Program`] that is dropped is killed, and when the test process itself dies (a
//! signal, an abort) the kernel kills its children.

mod own;
mod program;
mod run;
mod spawn;

pub use own::{Own, path_of};
pub use program::{Launch, Program};
pub use run::{Command, Finished};
