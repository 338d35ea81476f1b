//! The server's keys and certificates, in one directory that only its owner can read.
//!
//! | file | holds |
//! |---|---|
//! | `ca.crt`, `ca.key` | the authority that clients trust and client certificates come from |
//! | `serving.pem` | key and certificate of the server, renewed well before its end |
//! | `admin.pem` | key and certificate of an administrator (`O=system:masters`) |
//! | `tokens.key` | the key that signs ServiceAccount tokens |
//!
//! All are made on first start, each by one rename, so that none is ever half there. A file that is
//! damaged from outside stops the start with an error that says which one and what to do.

pub mod authority;
pub mod files;
pub mod kubeconfig;
pub mod serving;
pub mod tls;

use std::path::{Path, PathBuf};
use std::sync::Arc;

pub use authority::{Authority, Credential, Subject};
pub use files::write_private;
pub use serving::Serving;

use crate::authn::jwt::{KeyError, SigningKey};
use crate::authz::authorizer::MASTERS;

/// One day in seconds.
const DAY: i64 = 24 * 3600;
/// Life of the administrator's certificate, in seconds.
const ADMIN_SECONDS: i64 = 365 * DAY;

/// What can be wrong with the directory. Every text names the file and what to do.
#[derive(Debug, thiserror::Error)]
pub enum PkiError {
    /// The file system refused.
    #[error("{attempt} {}", path.display())]
    Io {
        /// Present-tense verb, for example `read`.
        attempt: &'static str,
        /// Which file.
        path: PathBuf,
        /// Its answer.
        #[source]
        source: std::io::Error,
    },
    /// A file is not what it should be.
    #[error("{} is damaged ({what}); {remedy}", path.display())]
    Damaged {
        /// Which file.
        path: PathBuf,
        /// What was found.
        what: String,
        /// What to do.
        remedy: &'static str,
    },
    /// A certificate without its key.
    #[error("{} is missing though {} is there; {remedy}", path.display(), beside.display())]
    Missing {
        /// Which file.
        path: PathBuf,
        /// The file that needs it.
        beside: PathBuf,
        /// What to do.
        remedy: &'static str,
    },
    /// A certificate could not be made.
    #[error("make a certificate for {subject:?}")]
    Issue {
        /// Its subject.
        subject: String,
        /// Why.
        #[source]
        source: rcgen::Error,
    },
    /// A certificate would have to live longer than the authority.
    #[error(
        "make a certificate for {subject:?}: the authority itself ended at {ended} (Unix seconds); move its files away and start again to make a new one"
    )]
    AuthorityEnded {
        /// Its subject.
        subject: String,
        /// When, in Unix seconds.
        ended: i64,
    },
    /// The TLS library refused our own material.
    #[error("set up TLS with the certificates of {}", dir.display())]
    Tls {
        /// The directory.
        dir: PathBuf,
        /// Why.
        #[source]
        source: tls::TlsError,
    },
}

/// All keys and certificates of one server.
pub struct Pki {
    dir: PathBuf,
    authority: Arc<Authority>,
    serving: Arc<Serving>,
    admin: Credential,
    tokens: Arc<SigningKey>,
}

impl Pki {
    /// Opens the directory, making what is not there yet. `names` are further host names and addresses
    /// of the server beside `localhost`, `127.0.0.1`, `::1` and the `kubernetes` service names; `now` is
    /// in Unix seconds. Blocks on the file system; meant for the start of a program.
    ///
    /// # Errors
    /// See [`PkiError`].
    pub fn open(dir: &Path, names: &[String], now: i64) -> Result<Self, PkiError> {
        files::make_private_dir(dir)?;
        let authority = Arc::new(Authority::open(dir, now)?);
        let serving = Arc::new(Serving::open(dir, Arc::clone(&authority), names, now)?);
        let admin = open_admin(dir, &authority, now)?;
        let tokens = Arc::new(open_tokens(dir)?);
        Ok(Self { dir: dir.to_owned(), authority, serving, admin, tokens })
    }

    /// The certificate authority.
    pub fn authority(&self) -> &Arc<Authority> {
        &self.authority
    }

    /// The key for ServiceAccount tokens.
    pub fn tokens(&self) -> &Arc<SigningKey> {
        &self.tokens
    }

    /// The administrator's certificate and key.
    pub fn admin(&self) -> &Credential {
        &self.admin
    }

    /// A rustls configuration that always serves the newest certificate.
    ///
    /// # Errors
    /// The TLS library refuses the authority.
    pub fn server_config(&self) -> Result<Arc<rustls::ServerConfig>, PkiError> {
        let config = tls::server_config(&self.authority, Arc::clone(&self.serving));
        config.map(Arc::new).map_err(|source| PkiError::Tls { dir: self.dir.clone(), source })
    }

    /// Renews the serving certificate when a third of its life or less is left; running connections and
    /// configurations need nothing. Call it every few hours. `true` if it did.
    ///
    /// # Errors
    /// The new certificate could not be made or written; the old one is still served.
    pub fn renew_if_due(&self, now: i64) -> Result<bool, PkiError> {
        self.serving.renew_if_due(now)
    }

    /// A kubeconfig of the administrator for the server at `url`.
    pub fn admin_kubeconfig(&self, url: &str) -> String {
        kubeconfig::with_certificate(url, self.authority.certificate_pem(), "admin", &self.admin)
    }

    /// Writes [`Pki::admin_kubeconfig`] to `path`, readable by its owner alone, in one step.
    ///
    /// # Errors
    /// The file system refuses.
    pub fn write_admin_kubeconfig(&self, path: &Path, url: &str) -> Result<(), PkiError> {
        write_private(path, self.admin_kubeconfig(url).as_bytes())
    }
}

fn open_admin(dir: &Path, authority: &Authority, now: i64) -> Result<Credential, PkiError> {
    const REMEDY: &str = "delete it, and a new one is made at the next start";
    let path = dir.join("admin.pem");
    if let Some(text) = files::read(&path)? {
        let kept = Credential::from_pem(&text).map_err(|what| PkiError::Damaged {
            path: path.clone(),
            what,
            remedy: REMEDY,
        })?;
        if authority.issued(&kept) && !kept.is_due(now) {
            return Ok(kept);
        }
    }
    let subject = Subject { name: "admin".into(), groups: vec![MASTERS.into()] };
    let made = authority.client_credential(&subject, ADMIN_SECONDS, now)?;
    write_private(&path, made.to_pem().as_bytes())?;
    Ok(made)
}

fn open_tokens(dir: &Path) -> Result<SigningKey, PkiError> {
    const REMEDY: &str =
        "restore it from a backup, or delete it: a new one is made and all ServiceAccount tokens end";
    let path = dir.join("tokens.key");
    let damaged = |what: KeyError| {
        let what = match std::error::Error::source(&what) {
            Some(source) => format!("{what}: {source}"),
            None => what.to_string(),
        };
        PkiError::Damaged { path: path.clone(), what, remedy: REMEDY }
    };
    if let Some(text) = files::read(&path)? {
        return SigningKey::from_pem(text.as_bytes()).map_err(damaged);
    }
    let key = authority::fresh_key("service account tokens")?.serialize_pem();
    write_private(&path, key.as_bytes())?;
    SigningKey::from_pem(key.as_bytes()).map_err(damaged)
}

#[cfg(test)]
mod tests;
