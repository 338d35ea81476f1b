//! How many UIDs there are, and how one is written.

use std::fmt;

use serde::{Deserialize, Serialize};

/// UIDs in a space unless somebody says otherwise: the last two digits of a user id.
pub const DEFAULT_SIZE: u32 = 100;

/// One user shard: a number in `0..size` of its space.
pub type Uid = u32;

/// A space of no UIDs was asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a UID space of size 0 holds no user: give a size of at least 1 (the default is {DEFAULT_SIZE})")]
pub struct SpaceError;

/// The UIDs `0..size`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u32", into = "u32")]
pub struct UidSpace {
    size: u32,
}

impl UidSpace {
    /// The space `0..size`; a size of 0 is refused.
    pub const fn new(size: u32) -> Result<Self, SpaceError> {
        if size == 0 { Err(SpaceError) } else { Ok(Self { size }) }
    }

    /// Number of UIDs, at least 1.
    #[must_use]
    pub const fn size(self) -> u32 {
        self.size
    }

    /// The greatest UID.
    #[must_use]
    pub const fn last(self) -> Uid {
        self.size - 1
    }

    /// Decimal digits of the greatest UID: every UID is shown with so many (100 UIDs: two).
    #[must_use]
    pub const fn width(self) -> usize {
        match self.last().checked_ilog10() {
            Some(log) => log as usize + 1,
            None => 1,
        }
    }

    /// Whether `uid` is one of this space.
    #[must_use]
    pub const fn contains(self, uid: Uid) -> bool {
        uid < self.size
    }

    /// One UID as text, with leading zeros.
    #[must_use]
    pub fn show(self, uid: Uid) -> String {
        format!("{uid:0width$}", width = self.width())
    }
}

impl Default for UidSpace {
    fn default() -> Self {
        Self { size: DEFAULT_SIZE }
    }
}

impl TryFrom<u32> for UidSpace {
    type Error = SpaceError;
    fn try_from(size: u32) -> Result<Self, SpaceError> {
        Self::new(size)
    }
}

impl From<UidSpace> for u32 {
    fn from(space: UidSpace) -> Self {
        space.size
    }
}

impl fmt::Display for UidSpace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.show(0), self.show(self.last()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_width_follows_from_the_size() {
        for (size, width, text) in
            [(1, 1, "0-0"), (10, 1, "0-9"), (11, 2, "00-10"), (100, 2, "00-99"), (1000, 3, "000-999")]
        {
            let space = UidSpace::new(size).unwrap();
            assert_eq!((space.width(), space.to_string().as_str()), (width, text));
        }
        assert_eq!(UidSpace::new(0), Err(SpaceError));
        assert_eq!(UidSpace::new(u32::MAX).unwrap().width(), 10);
        assert_eq!(UidSpace::default().size(), 100);
    }
}
