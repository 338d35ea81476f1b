//! A server on a free port with its own authority, and clients of it.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use federation_apiserver::authn::AuthenticatorConfig;
use federation_apiserver::authn::service_account::ServiceAccountTokens;
use federation_apiserver::builtin;
use federation_apiserver::controllers;
use federation_apiserver::pki::{Credential, Pki, Subject, kubeconfig};
use federation_apiserver::resource::Caller;
use federation_apiserver::server::{ApiServer, Config};
use federation_store::EmbeddedStore;
use kube::Client;
use kube::config::{KubeConfigOptions, Kubeconfig};
use tokio_util::sync::CancellationToken;

/// Longer than anything here should take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// The server and what belongs to it. Everything ends when it is dropped.
pub(crate) struct World {
    home: tempfile::TempDir,
    pub(crate) pki: Pki,
    url: String,
    pub(crate) stop: CancellationToken,
    server: ApiServer,
}

impl Drop for World {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

impl World {
    /// Starts a server with the built-in kinds and all controllers.
    pub(crate) async fn start() -> Result<Self> {
        let home = tempfile::tempdir()?;
        let pki = Pki::open(home.path(), &[], now())?;
        let store = Arc::new(EmbeddedStore::in_memory()?);
        let tokens = ServiceAccountTokens::new(Arc::clone(pki.tokens()), "https://kubernetes.default.svc");
        let mut config = Config::new(store, builtin::hub());
        config.authentication = AuthenticatorConfig {
            service_accounts: Some(Arc::new(tokens)),
            bootstrap_tokens: true,
            ..AuthenticatorConfig::default()
        };
        let server = ApiServer::start(config).await?;
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("https://{}", listener.local_addr()?);
        let stop = CancellationToken::new();
        let (tls, serving) = (pki.server_config()?, server.clone());
        tokio::spawn(async move { serving.serve(listener, tls).await });
        let master = Caller {
            name: "system:kube-controller-manager".into(),
            groups: vec!["system:masters".into()],
            ..Caller::default()
        };
        let local = Client::new(server.service(master), "default");
        tokio::spawn(controllers::run(local, pki.authority().certificate_pem().to_owned(), stop.clone()));
        Ok(Self { home, pki, url, stop, server })
    }

    /// A client with the administrator's certificate.
    pub(crate) async fn admin(&self) -> Result<Client> {
        self.by_certificate(self.pki.admin()).await
    }

    /// A client with a fresh certificate for `name`.
    pub(crate) async fn user(&self, name: &str, groups: &[&str]) -> Result<Client> {
        let groups = groups.iter().map(|g| (*g).to_owned()).collect();
        let subject = Subject { name: name.into(), groups };
        let credential = self.pki.authority().client_credential(&subject, 3600, now())?;
        self.by_certificate(&credential).await
    }

    /// A client with a certificate.
    pub(crate) async fn by_certificate(&self, credential: &Credential) -> Result<Client> {
        let authority = self.pki.authority().certificate_pem();
        self.with_config(&kubeconfig::with_certificate(&self.url, authority, "u", credential)).await
    }

    /// A client with a certificate and a key, both PEM.
    pub(crate) async fn by_pem(&self, certificate: &str, key: &str) -> Result<Client> {
        use base64::Engine;
        let encode = |text: &str| base64::engine::general_purpose::STANDARD.encode(text);
        let mut config = Kubeconfig::from_yaml(&self.pki.admin_kubeconfig(&self.url))?;
        let user = config.auth_infos[0].auth_info.as_mut().context("has a user")?;
        user.client_certificate_data = Some(encode(certificate));
        user.client_key_data = Some(encode(key).into());
        client(config).await
    }

    /// A client with a bearer token.
    pub(crate) async fn by_token(&self, token: &str) -> Result<Client> {
        let authority = self.pki.authority().certificate_pem();
        self.with_config(&kubeconfig::with_token(&self.url, authority, "u", token)).await
    }

    async fn with_config(&self, text: &str) -> Result<Client> {
        client(Kubeconfig::from_yaml(text)?).await
    }

    /// Takes the server down in order.
    pub(crate) async fn end(self) {
        self.stop.cancel();
        self.server.drain().await;
        assert!(self.home.path().exists());
    }
}

async fn client(config: Kubeconfig) -> Result<Client> {
    let config = kube::Config::from_custom_kubeconfig(config, &KubeConfigOptions::default()).await?;
    Ok(Client::try_from(config)?)
}

/// Now, in Unix seconds.
pub(crate) fn now() -> i64 {
    jiff::Timestamp::now().as_second()
}

/// The code and the message of a refused request.
pub(crate) fn refusal<T: std::fmt::Debug>(answer: Result<T, kube::Error>) -> (u16, String) {
    match answer {
        Err(kube::Error::Api(status)) => (status.code, status.message.clone()),
        other => panic!("was not refused: {other:?}"),
    }
}

/// Asks until the answer is there.
pub(crate) async fn eventually<T, F>(what: &str, mut ask: impl FnMut() -> F) -> Result<T>
where
    F: Future<Output = Result<Option<T>>>,
{
    let ends = tokio::time::Instant::now() + PATIENCE;
    loop {
        if let Some(found) = ask().await? {
            return Ok(found);
        }
        if tokio::time::Instant::now() > ends {
            bail!("waited {PATIENCE:?} for: {what}");
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
