//! One line of the doctor.

use crate::failure::one_line;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Level {
    /// As it should be.
    Ok,
    /// Worth a look.
    Warn,
    /// Something does not work.
    Fail,
}

impl Level {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warn => "warn",
            Self::Fail => "FAIL",
        }
    }
}

/// What a check found, and what to do next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Finding {
    pub(super) check: &'static str,
    pub(super) level: Level,
    pub(super) said: String,
    pub(super) next: String,
}

impl Finding {
    pub(super) fn ok(check: &'static str, said: impl AsRef<str>) -> Self {
        Self::new(check, Level::Ok, said, "")
    }

    pub(super) fn warn(check: &'static str, said: impl AsRef<str>, next: &str) -> Self {
        Self::new(check, Level::Warn, said, next)
    }

    pub(super) fn fail(check: &'static str, said: impl AsRef<str>, next: &str) -> Self {
        Self::new(check, Level::Fail, said, next)
    }

    fn new(check: &'static str, level: Level, said: impl AsRef<str>, next: &str) -> Self {
        Self { check, level, said: one_line(said.as_ref()), next: next.to_owned() }
    }
}
