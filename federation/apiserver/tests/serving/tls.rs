//! The server over TLS: client certificates, a watch, an orderly end.

use federation_apiserver::pki::Pki;
use futures::{StreamExt, TryStreamExt};
use k8s_openapi::api::core::v1::ConfigMap;
use kube::api::{PostParams, WatchEvent, WatchParams};
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Api, Client, Config};

use crate::support::World;

type Outcome = Result<(), Box<dyn std::error::Error>>;

#[tokio::test]
async fn a_certificate_opens_the_server_and_a_drain_ends_the_watch() -> Outcome {
    let world = World::new().await;
    let folder = tempfile::tempdir()?;
    let now = jiff::Timestamp::now().as_second();
    let pki = Pki::open(folder.path(), &["localhost".to_owned(), "127.0.0.1".to_owned()], now)?;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("https://127.0.0.1:{}", listener.local_addr()?.port());
    let (server, tls) = (world.server.clone(), pki.server_config()?);
    let serving = tokio::spawn(async move { server.serve(listener, tls).await });

    let kubeconfig = Kubeconfig::from_yaml(&pki.admin_kubeconfig(&url))?;
    let config = Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default()).await?;
    let maps: Api<ConfigMap> = Api::namespaced(Client::try_from(config.clone())?, "default");
    let mut map = ConfigMap::default();
    map.metadata.name = Some("a".into());
    let made = maps.create(&PostParams::default(), &map).await?;
    let mut watch = maps.watch(&WatchParams::default(), "0").await?.boxed();
    match watch.try_next().await? {
        Some(WatchEvent::Added(seen)) => assert_eq!(seen.metadata.uid, made.metadata.uid),
        other => return Err(format!("no ADDED but {other:?}").into()),
    }

    let mut nobody = config;
    nobody.auth_info = kube::config::AuthInfo::default();
    let refused = Client::try_from(nobody)?.list_core_api_versions().await;
    assert!(matches!(refused, Err(kube::Error::Api(status)) if status.code == 401));

    world.server.drain().await;
    while watch.try_next().await?.is_some() {}
    serving.await??;
    Ok(())
}
