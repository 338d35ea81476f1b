//! The agent's credential on disk: one file, replaced as a whole, readable by its owner only.

use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use kube::config::AuthInfo;
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// How to reach the hub, and as whom.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Credential {
    /// Name of this cluster on the hub.
    pub cluster: String,
    /// The hub.
    pub hub_url: String,
    /// CA of the hub (PEM).
    pub ca_pem: String,
    /// Client certificate (PEM).
    pub certificate_pem: String,
    /// Its key (PEM).
    pub key_pem: String,
    /// When it was obtained, by this machine's clock; absent in files of older agents. A certificate begins some
    /// minutes before it is signed, so that its own beginning says less.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub obtained: Option<Timestamp>,
}

impl std::fmt::Debug for Credential {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Credential")
            .field("cluster", &self.cluster)
            .field("hub_url", &self.hub_url)
            .finish_non_exhaustive()
    }
}

/// What can be wrong with a stored credential.
#[derive(Debug, Error)]
pub enum CredentialError {
    /// The file cannot be read or written.
    #[error("cannot {attempt} {}", path.display())]
    File {
        /// `read`, `write`, `create`, `remove`.
        attempt: &'static str,
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The file is damaged.
    #[error("{} is damaged; delete it and join again with a new token", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: serde_json::Error,
    },
    /// The certificate cannot be read.
    #[error("the certificate of the credential cannot be read: {0}")]
    Certificate(String),
    /// The hub's address is none.
    #[error("{url:?} is not an address of a hub")]
    Url {
        /// The text.
        url: String,
        /// Why.
        #[source]
        source: http::uri::InvalidUri,
    },
}

impl Credential {
    /// Validity of the certificate: from, until.
    pub fn validity(&self) -> Result<(Timestamp, Timestamp), CredentialError> {
        let bad = |e: &dyn std::fmt::Display| CredentialError::Certificate(e.to_string());
        let (_, pem) =
            x509_parser::pem::parse_x509_pem(self.certificate_pem.as_bytes()).map_err(|e| bad(&e))?;
        let certificate = pem.parse_x509().map_err(|e| bad(&e))?;
        let validity = certificate.validity();
        let from = Timestamp::from_second(validity.not_before.timestamp()).map_err(|e| bad(&e))?;
        let until = Timestamp::from_second(validity.not_after.timestamp()).map_err(|e| bad(&e))?;
        Ok((from, until))
    }

    /// A client configuration for the hub with this certificate.
    pub fn config(&self) -> Result<kube::Config, CredentialError> {
        let mut config = hub_config(&self.hub_url, &self.ca_pem)?;
        config.auth_info = AuthInfo {
            client_certificate_data: Some(encode(&self.certificate_pem)),
            client_key_data: Some(encode(&self.key_pem).into()),
            ..AuthInfo::default()
        };
        Ok(config)
    }
}

fn encode(pem: &str) -> String {
    use base64::Engine;
    base64::engine::general_purpose::STANDARD.encode(pem)
}

/// A client configuration for the hub without any credential.
pub(super) fn hub_config(url: &str, ca_pem: &str) -> Result<kube::Config, CredentialError> {
    let uri = url.parse().map_err(|source| CredentialError::Url { url: url.to_owned(), source })?;
    let mut config = kube::Config::new(uri);
    let mut roots = Vec::new();
    for pem in x509_parser::pem::Pem::iter_from_buffer(ca_pem.as_bytes()) {
        roots.push(pem.map_err(|e| CredentialError::Certificate(e.to_string()))?.contents);
    }
    config.root_cert = Some(roots);
    config.connect_timeout = Some(std::time::Duration::from_secs(3));
    Ok(config)
}

/// Where the credential is kept.
#[derive(Clone, Debug)]
pub struct CredentialFiles {
    path: PathBuf,
}

impl CredentialFiles {
    /// `credential.json` in `state_dir`, which is made if it is not there.
    pub fn open(state_dir: &Path) -> Result<Self, CredentialError> {
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(state_dir).map_err(|source| {
            CredentialError::File { attempt: "create", path: state_dir.to_owned(), source }
        })?;
        Ok(Self { path: state_dir.join("credential.json") })
    }

    /// The stored credential, if there is one.
    pub fn load(&self) -> Result<Option<Credential>, CredentialError> {
        match std::fs::read(&self.path) {
            Ok(bytes) => serde_json::from_slice(&bytes)
                .map(Some)
                .map_err(|source| CredentialError::Damaged { path: self.path.clone(), source }),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(CredentialError::File { attempt: "read", path: self.path.clone(), source }),
        }
    }

    /// Replaces the stored credential; after a crash there is the old one or the new one. The key of the
    /// request that brought it is forgotten: the next request makes a fresh one.
    pub fn save(&self, credential: &Credential) -> Result<(), CredentialError> {
        let bytes = serde_json::to_vec_pretty(credential)
            .map_err(|source| CredentialError::Damaged { path: self.path.clone(), source })?;
        write(&self.path, &bytes)?;
        match std::fs::remove_file(self.pending()) {
            Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
                Err(CredentialError::File { attempt: "remove", path: self.pending(), source })
            }
            _ => Ok(()),
        }
    }

    /// The key of a request that was not answered yet.
    pub(super) fn load_pending_key(&self) -> Result<Option<String>, CredentialError> {
        match std::fs::read_to_string(self.pending()) {
            Ok(pem) => Ok(Some(pem)),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(CredentialError::File { attempt: "read", path: self.pending(), source }),
        }
    }

    /// Stores the key of a request before it is made.
    pub(super) fn save_pending_key(&self, pem: &str) -> Result<(), CredentialError> {
        write(&self.pending(), pem.as_bytes())
    }

    fn pending(&self) -> PathBuf {
        self.path.with_file_name("pending-key.pem")
    }
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), CredentialError> {
    write_private(path, bytes).map_err(|source| CredentialError::File {
        attempt: "write",
        path: path.to_owned(),
        source,
    })
}

/// Writes a file that only its owner may read, synced before it takes its name.
pub(crate) fn write_private(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let temporary = path.with_extension("new");
    let mut file =
        std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&temporary)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    std::fs::rename(&temporary, path)?;
    if let Some(dir) = path.parent() {
        std::fs::File::open(dir)?.sync_all()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn sample() -> Credential {
        Credential {
            cluster: "hz-a".into(),
            hub_url: "https://127.0.0.1:6443".into(),
            ca_pem: String::new(),
            certificate_pem: "c".into(),
            key_pem: "secret".into(),
            obtained: None,
        }
    }

    #[test]
    fn a_saved_credential_comes_back_and_is_private() {
        let dir = tempfile::tempdir().unwrap();
        let files = CredentialFiles::open(dir.path()).unwrap();
        assert_eq!(files.load().unwrap(), None);
        files.save(&sample()).unwrap();
        assert_eq!(files.load().unwrap(), Some(sample()));
        let mode = std::fs::metadata(dir.path().join("credential.json")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn a_half_written_file_says_what_to_do() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("credential.json"), b"{\"cluster\":").unwrap();
        let error = CredentialFiles::open(dir.path()).unwrap().load().unwrap_err();
        assert!(error.to_string().contains("join again with a new token"), "{error}");
    }

    #[test]
    fn the_key_is_not_in_the_debug_form() {
        assert!(!format!("{:?}", sample()).contains("secret"));
    }
}
