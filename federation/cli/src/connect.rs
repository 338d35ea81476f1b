//! From the kubeconfig to the hub, by the rules of kubectl.

use std::time::Duration;

use kube::Client;
use kube::config::{Config, KubeConfigOptions, Kubeconfig, KubeconfigError};

use crate::args::Global;
use crate::failure::{Attempt, Failure};
use crate::hub::Hub;

/// How long a connection may take before the hub counts as not there.
const CONNECT_LIMIT: Duration = Duration::from_secs(10);

/// The hub of `--kubeconfig`, of `$KUBECONFIG`, of `~/.kube/config`, or of the pod's own account.
pub async fn hub(global: &Global) -> Result<Hub, Failure> {
    let mut config = config(global).await?;
    config.connect_timeout = Some(CONNECT_LIMIT);
    let namespace = global.namespace.clone().unwrap_or_else(|| config.default_namespace.clone());
    let client = Client::try_from(config.clone()).attempt(|| "use the kubeconfig".into())?;
    Ok(Hub { client, namespace, config })
}

async fn config(global: &Global) -> Result<Config, Failure> {
    let explicit = global.kubeconfig.as_ref();
    let attempt = match explicit {
        Some(path) => format!("read kubeconfig {}", path.display()),
        None => "read the kubeconfig".to_owned(),
    };
    let failed = |source: KubeconfigError| Failure::Kubeconfig { attempt, source: Box::new(source) };
    let read = match explicit {
        Some(path) => Kubeconfig::read_from(path),
        None => Kubeconfig::read(),
    };
    let file = match read {
        Ok(file) => file,
        Err(source) if explicit.is_none() => return Config::incluster().map_err(|_| failed(source)),
        Err(source) => return Err(failed(source)),
    };
    let options = KubeConfigOptions { context: global.context.clone(), ..KubeConfigOptions::default() };
    Config::from_custom_kubeconfig(file, &options).await.map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(text: &str) -> (tempfile::TempDir, Global) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config");
        std::fs::write(&path, text).unwrap();
        (folder, Global { kubeconfig: Some(path), ..Global::default() })
    }

    const TWO: &str = "apiVersion: v1\nkind: Config\ncurrent-context: a\n\
        clusters: [{name: a, cluster: {server: 'https://127.0.0.1:1'}}, {name: b, cluster: {server: 'https://127.0.0.1:2'}}]\n\
        contexts: [{name: a, context: {cluster: a, user: u}}, {name: b, context: {cluster: b, user: u, namespace: shop}}]\n\
        users: [{name: u, user: {}}]\n";

    #[tokio::test]
    async fn context_and_namespace_are_taken_in_their_order() {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let (_folder, mut global) = file(TWO);
        let found = hub(&global).await.unwrap();
        assert_eq!((found.server().as_str(), found.namespace.as_str()), ("https://127.0.0.1:1", "default"));
        global.context = Some("b".into());
        let found = hub(&global).await.unwrap();
        assert_eq!((found.server().as_str(), found.namespace.as_str()), ("https://127.0.0.1:2", "shop"));
        global.namespace = Some("bank".into());
        assert_eq!(hub(&global).await.unwrap().namespace, "bank");
    }

    #[tokio::test]
    async fn what_is_wrong_with_the_file_is_said() {
        let (_folder, mut global) = file(TWO);
        global.context = Some("c".into());
        let said = hub(&global).await.err().unwrap().to_string();
        assert!(said.contains("context"), "{said}");
        global.kubeconfig = Some("/does/not/exist".into());
        let said = hub(&global).await.err().unwrap().to_string();
        assert!(said.contains("/does/not/exist"), "{said}");
    }
}
