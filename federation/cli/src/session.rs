//! What every verb gets: the screen, the form of the output, and the hub once it is asked for.

use crate::args::{Global, Output};
use crate::connect;
use crate::failure::Failure;
use crate::hub::Hub;
use crate::screen::Screen;

/// One run of the program.
pub struct Session {
    /// Where results go.
    pub screen: Screen,
    /// How they are printed.
    pub output: Output,
    /// The flags that every verb knows.
    pub global: Global,
    hub: Option<Hub>,
}

impl Session {
    /// Over the standard output.
    #[must_use]
    pub fn new(global: Global) -> Self {
        Self { screen: Screen::standard(), output: global.output, global, hub: None }
    }

    /// The hub of the kubeconfig. No request is made yet.
    pub async fn hub(&mut self) -> Result<Hub, Failure> {
        if let Some(hub) = &self.hub {
            return Ok(hub.clone());
        }
        let hub = connect::hub(&self.global).await?;
        self.hub = Some(hub.clone());
        Ok(hub)
    }

    /// Whether people read the result, and not a program.
    #[must_use]
    pub fn is_for_people(&self) -> bool {
        matches!(self.output, Output::Table | Output::Wide)
    }
}

/// Now.
#[must_use]
pub fn now() -> jiff::Timestamp {
    jiff::Timestamp::now()
}
