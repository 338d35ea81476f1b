//! What people do in a run, and which faults there are.

use std::fmt;
use std::str::FromStr;

/// A kind of run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scenario {
    /// New images, rollbacks, pauses, confirmations.
    Release,
    /// Replicas and weights change.
    Scale,
    /// Units leave and come back, so that Works are deleted and made again.
    Move,
    /// The hub is lost for good after a while; members are on their own.
    HubLost,
    /// One process is killed after one write; the end must be that of a run without it.
    EveryWrite,
}

impl Scenario {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Release, Self::Scale, Self::Move, Self::HubLost, Self::EveryWrite];

    /// Its name on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Release => "release",
            Self::Scale => "scale",
            Self::Move => "move",
            Self::HubLost => "hub-lost",
            Self::EveryWrite => "every-write",
        }
    }

    /// Whether the network and the processes fail at random.
    pub(crate) const fn has_faults(self) -> bool {
        !matches!(self, Self::EveryWrite)
    }
}

impl fmt::Display for Scenario {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// No scenario has that name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownScenario(String);

impl fmt::Display for UnknownScenario {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known: Vec<&str> = Scenario::ALL.into_iter().map(Scenario::name).collect();
        write!(f, "no scenario is called {}: there are {}", self.0, known.join(", "))
    }
}

impl std::error::Error for UnknownScenario {}

impl FromStr for Scenario {
    type Err = UnknownScenario;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|scenario| scenario.name() == text)
            .ok_or_else(|| UnknownScenario(text.to_owned()))
    }
}
