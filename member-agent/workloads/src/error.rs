//! What can go wrong between the plan and the API server.

/// An attempt that failed, with its cause.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A request was refused or did not arrive.
    #[error("{attempt}")]
    Request {
        /// What was attempted.
        attempt: String,
        /// Why it failed.
        #[source]
        source: Box<kube::Error>,
    },
    /// An object could not be written as JSON.
    #[error("write {what} as JSON")]
    Json {
        /// What was to be written.
        what: String,
        /// Why it failed.
        #[source]
        source: serde_json::Error,
    },
    /// A CRD did not become established.
    #[error(
        "CRD {name} is not established after {seconds} s: see its conditions with kubectl describe crd {name}"
    )]
    NotEstablished {
        /// Its name.
        name: String,
        /// How long it was waited for.
        seconds: u64,
    },
}

impl Error {
    /// Says what was attempted.
    pub(crate) fn request(attempt: impl Into<String>) -> impl FnOnce(kube::Error) -> Self {
        let attempt = attempt.into();
        move |source| Self::Request { attempt, source: Box::new(source) }
    }

    /// Says what was to be written.
    pub(crate) fn json(what: impl Into<String>) -> impl FnOnce(serde_json::Error) -> Self {
        let what = what.into();
        move |source| Self::Json { what, source }
    }

    /// The HTTP code of an answer of the API server.
    pub(crate) fn code(&self) -> Option<u16> {
        match self {
            Self::Request { source, .. } => code(source),
            _ => None,
        }
    }

    /// Whether somebody else wrote first, or the object is another one now.
    pub(crate) fn is_conflict(&self) -> bool {
        self.code() == Some(409)
    }

    /// Whether the object is gone.
    pub(crate) fn is_not_found(&self) -> bool {
        self.code() == Some(404)
    }

    /// The error and its causes in one line.
    pub(crate) fn chain(&self) -> String {
        let mut text = self.to_string();
        let mut cause = std::error::Error::source(self);
        while let Some(error) = cause {
            let more = error.to_string();
            if !text.contains(&more) {
                text.push_str(": ");
                text.push_str(&more);
            }
            cause = error.source();
        }
        text
    }
}

/// The HTTP code of an answer of the API server.
pub(crate) fn code(error: &kube::Error) -> Option<u16> {
    match error {
        kube::Error::Api(status) => Some(status.code),
        _ => None,
    }
}
