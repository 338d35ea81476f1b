//! How verbs fail: one line that says what was tried, what went wrong, and what to do next.

use std::io;

use kube::core::Status;

/// Exit code of a wrong use.
pub const USAGE: u8 = 2;

/// Why a verb did not do what it was asked for.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The command line makes no sense.
    #[error("{0}")]
    Usage(String),
    /// It could be done and was not, or what was asked about is not well.
    #[error("{0}")]
    Refused(String),
    /// The hub refused or was not reached.
    #[error("{attempt}: {}", said_by(.source))]
    Hub {
        /// What was tried.
        attempt: String,
        /// What the client says.
        #[source]
        source: Box<kube::Error>,
    },
    /// The kubeconfig is of no use.
    #[error("{attempt}: {source}; see `fedctl doctor`")]
    Kubeconfig {
        /// What was tried.
        attempt: String,
        /// What is wrong with it.
        #[source]
        source: Box<kube::config::KubeconfigError>,
    },
    /// A file could not be read.
    #[error("read {path}: {source}")]
    File {
        /// The file.
        path: String,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// A text is not what it should be.
    #[error("{attempt}: {message}")]
    Parse {
        /// What was tried.
        attempt: String,
        /// What is wrong.
        message: String,
    },
    /// The result could not be printed.
    #[error("write the result: {0}")]
    Output(#[from] io::Error),
}

impl Failure {
    /// 1 for a failure, 2 for a wrong use, 0 when the reader of a pipe had enough.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Usage(_) => USAGE,
            _ if self.is_closed_pipe() => 0,
            _ => 1,
        }
    }

    /// Whether the reader of the output went away, which is no failure (`fedctl get unit | head -1`).
    #[must_use]
    pub fn is_closed_pipe(&self) -> bool {
        matches!(self, Self::Output(error) if error.kind() == io::ErrorKind::BrokenPipe)
    }

    /// The answer of the hub, where it is one.
    #[must_use]
    pub fn status(&self) -> Option<&Status> {
        match self {
            Self::Hub { source, .. } => match source.as_ref() {
                kube::Error::Api(status) => Some(status),
                _ => None,
            },
            _ => None,
        }
    }

    /// Whether the hub says that there is no such object.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        self.status().is_some_and(|status| status.code == 404)
    }
}

/// Says what was tried when the hub refuses.
pub trait Attempt<T> {
    /// With `what` as the attempt.
    fn attempt(self, what: impl FnOnce() -> String) -> Result<T, Failure>;
}

impl<T> Attempt<T> for Result<T, kube::Error> {
    fn attempt(self, what: impl FnOnce() -> String) -> Result<T, Failure> {
        self.map_err(|source| Failure::Hub { attempt: what(), source: Box::new(source) })
    }
}

/// The words of the hub, or the last cause of a failed connection; and what to do next.
fn said_by(error: &kube::Error) -> String {
    match error {
        kube::Error::Api(status) => {
            let said = if status.message.is_empty() { &status.reason } else { &status.message };
            let next = match status.code {
                401 => "; the hub does not know the user of this kubeconfig: get a new one",
                403 => "; ask an administrator of the hub for this right",
                409 if status.reason == "Conflict" => {
                    "; somebody changed it meanwhile: look again, then repeat"
                }
                429 | 503 => "; the hub is busy: try again",
                _ => "",
            };
            format!("{said}{next}")
        }
        other => {
            let mut last: &dyn std::error::Error = other;
            while let Some(cause) = last.source() {
                last = cause;
            }
            format!("{last}; is the hub running, and is it the one you mean? See `fedctl doctor`")
        }
    }
}

/// A message of several lines in one.
#[must_use]
pub fn one_line(text: &str) -> String {
    text.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exit_codes_are_told_apart() {
        assert_eq!(Failure::Usage(String::new()).exit_code(), 2);
        assert_eq!(Failure::Refused(String::new()).exit_code(), 1);
        let closed = Failure::Output(io::Error::from(io::ErrorKind::BrokenPipe));
        assert_eq!((closed.exit_code(), closed.is_closed_pipe()), (0, true));
        assert_eq!(Failure::Output(io::Error::from(io::ErrorKind::StorageFull)).exit_code(), 1);
    }

    #[test]
    fn a_refusal_is_one_line_that_says_what_to_do() {
        let status = Status::failure("it was\nchanged", "Conflict").with_code(409);
        let failure = Err::<(), _>(kube::Error::Api(Box::new(status))).attempt(|| "pause shop".into());
        let failure = failure.unwrap_err();
        let line = one_line(&failure.to_string());
        assert_eq!(
            line,
            "pause shop: it was; changed; somebody changed it meanwhile: look again, then repeat"
        );
        assert!(!failure.is_not_found());
    }
}
