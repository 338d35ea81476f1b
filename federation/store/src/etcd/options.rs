//! Which etcd, and with what credentials.

use std::fmt;
use std::time::Duration;

use etcd_client::{Certificate, ConnectOptions, Identity, TlsOptions};

use crate::StoreError;

/// How to reach etcd.
#[derive(Clone, PartialEq, Eq)]
pub struct EtcdOptions {
    /// `host:port` of every member that may be asked.
    pub endpoints: Vec<String>,
    /// Credentials; without them the connection is not encrypted.
    pub tls: Option<EtcdTls>,
    /// Name and password, where etcd has authentication switched on without certificates.
    pub user: Option<(String, String)>,
    /// How long one request may take before it counts as unavailable.
    pub request_timeout: Duration,
}

/// TLS credentials as PEM.
#[derive(Clone, PartialEq, Eq)]
pub struct EtcdTls {
    /// The authorities that sign the members' certificates.
    pub ca_pem: Vec<u8>,
    /// Our certificate and its key, for mutual TLS.
    pub identity_pem: Option<(Vec<u8>, Vec<u8>)>,
    /// The name the members' certificates must have, when it is not the host of the endpoint.
    pub server_name: Option<String>,
}

impl EtcdOptions {
    /// Reads `etcd://host:port,host:port`; credentials are added by the caller.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] with the part that cannot be read.
    pub fn parse(url: &str) -> Result<Self, StoreError> {
        let invalid = |what: String| StoreError::Invalid(format!("{what}; write etcd://host:port,host:port"));
        let list = url
            .strip_prefix("etcd://")
            .ok_or_else(|| invalid(format!("{url:?} does not begin with etcd://")))?;
        let mut endpoints = Vec::new();
        for endpoint in list.trim_end_matches('/').split(',') {
            let port = endpoint.rsplit_once(':').filter(|(host, _)| !host.is_empty()).map(|(_, port)| port);
            if port.and_then(|port| port.parse::<u16>().ok()).is_none() {
                return Err(invalid(format!("{endpoint:?} in {url:?} is not host:port")));
            }
            endpoints.push(endpoint.to_owned());
        }
        Ok(Self { endpoints, tls: None, user: None, request_timeout: Duration::from_secs(10) })
    }

    pub(crate) fn connect_options(&self) -> ConnectOptions {
        let mut options = ConnectOptions::new()
            // A member cut off from its leader must not serve a watch that stays silent for ever.
            .with_require_leader(true)
            // A half-open connection is noticed although nothing is sent on it.
            .with_keep_alive(Duration::from_secs(5), Duration::from_secs(5))
            .with_keep_alive_while_idle(true)
            .with_connect_timeout(Duration::from_secs(5));
        if let Some((name, password)) = &self.user {
            options = options.with_user(name, password);
        }
        if let Some(tls) = &self.tls {
            options = options.with_tls(tls.client_config());
        }
        options
    }
}

impl EtcdTls {
    fn client_config(&self) -> TlsOptions {
        let mut config = TlsOptions::new().ca_certificate(Certificate::from_pem(&self.ca_pem));
        if let Some((certificate, key)) = &self.identity_pem {
            config = config.identity(Identity::from_pem(certificate, key));
        }
        if let Some(name) = &self.server_name {
            config = config.domain_name(name);
        }
        config
    }
}

impl fmt::Debug for EtcdOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EtcdOptions")
            .field("endpoints", &self.endpoints)
            .field("tls", &self.tls)
            .field("user", &self.user.as_ref().map(|(name, _)| name))
            .field("request_timeout", &self.request_timeout)
            .finish()
    }
}

impl fmt::Debug for EtcdTls {
    /// Without the key.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EtcdTls")
            .field("mutual", &self.identity_pem.is_some())
            .field("server_name", &self.server_name)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_one_and_several_endpoints() {
        for (url, endpoints) in [
            ("etcd://a:2379", vec!["a:2379"]),
            ("etcd://10.0.0.1:2379,[::1]:2380/", vec!["10.0.0.1:2379", "[::1]:2380"]),
        ] {
            assert_eq!(EtcdOptions::parse(url).expect("it is well formed").endpoints, endpoints);
        }
    }

    #[test]
    fn names_what_cannot_be_read() {
        for (url, part) in [
            ("http://a:1", "does not begin"),
            ("etcd://", "\"\""),
            ("etcd://a:1,b", "\"b\""),
            ("etcd://:1", "\":1\""),
            ("etcd://a:99999", "\"a:99999\""),
        ] {
            let error = EtcdOptions::parse(url).expect_err("it is malformed").to_string();
            assert!(error.contains(part), "{error}");
        }
    }

    #[test]
    fn secrets_are_not_printed() {
        let mut options = EtcdOptions::parse("etcd://a:1").expect("it is well formed");
        options.user = Some(("u".into(), "pass-word".into()));
        options.tls = Some(EtcdTls {
            ca_pem: b"ca".to_vec(),
            identity_pem: Some((b"cert".to_vec(), b"key-bytes".to_vec())),
            server_name: None,
        });
        let printed = format!("{options:?}");
        assert!(
            !printed.contains("pass-word")
                && !printed.contains("key-bytes")
                && printed.contains("mutual: true")
        );
    }
}
