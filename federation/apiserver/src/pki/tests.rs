//! First start, restart, renewal, damage; and a real handshake.

use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, RootCertStore, ServerConnection};

use super::*;
use crate::authn::Identity;

/// Around now, because the TLS library looks at the real clock.
fn now() -> i64 {
    jiff::Timestamp::now().as_second()
}

fn open(dir: &Path, names: &[&str], now: i64) -> Result<Pki, PkiError> {
    let names: Vec<String> = names.iter().map(|n| (*n).to_owned()).collect();
    Pki::open(dir, &names, now)
}

fn handshake(
    pki: &Pki,
    name: &'static str,
    credential: Option<&Credential>,
) -> Result<Option<Identity>, rustls::Error> {
    let mut roots = RootCertStore::empty();
    roots.add(pki.authority().certificate_der().clone())?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots);
    let config = match credential {
        Some(c) => {
            let key = c.key_der().expect("our own key reads");
            builder.with_client_auth_cert(vec![c.certificate_der().clone()], key)?
        }
        None => builder.with_no_client_auth(),
    };
    let name = ServerName::try_from(name).expect("a valid name");
    let mut client = ClientConnection::new(Arc::new(config), name)?;
    let mut server = ServerConnection::new(pki.server_config().expect("our own material"))?;
    while client.is_handshaking() || server.is_handshaking() || client.wants_write() || server.wants_write() {
        let mut wire = Vec::new();
        client.write_tls(&mut wire).expect("memory takes all");
        server.read_tls(&mut wire.as_slice()).expect("memory gives all");
        server.process_new_packets()?;
        wire.clear();
        server.write_tls(&mut wire).expect("memory takes all");
        client.read_tls(&mut wire.as_slice()).expect("memory gives all");
        client.process_new_packets()?;
    }
    let leaf = server.peer_certificates().and_then(|c| c.first());
    Ok(leaf.map(|der| Identity::from_der(der).expect("our own certificate reads")))
}

#[test]
fn the_first_start_makes_all_and_the_next_keeps_it() {
    let home = tempfile::tempdir().expect("a directory");
    let dir = home.path().join("pki");
    let first = open(&dir, &["hub.example", "192.0.2.7"], now()).expect("opens");
    for (file, mode) in
        [("ca.key", 0o600), ("serving.pem", 0o600), ("admin.pem", 0o600), ("tokens.key", 0o600), ("", 0o700)]
    {
        let found = std::fs::metadata(dir.join(file)).expect("is there").permissions().mode() & 0o777;
        assert_eq!(found, mode, "{file}");
    }
    let again = open(&dir, &["hub.example", "192.0.2.7"], now()).expect("opens");
    assert_eq!(first.authority().certificate_pem(), again.authority().certificate_pem());
    assert_eq!(first.admin(), again.admin());
    assert_eq!(first.tokens().id(), again.tokens().id());
    assert_eq!(first.serving.not_after(), again.serving.not_after());
}

#[test]
fn clients_prove_themselves_by_certificate_or_not_at_all() {
    let home = tempfile::tempdir().expect("a directory");
    let pki = open(home.path(), &["hub.example", "192.0.2.7"], now()).expect("opens");
    for name in ["localhost", "hub.example", "127.0.0.1", "192.0.2.7", "kubernetes.default.svc"] {
        assert_eq!(handshake(&pki, name, None), Ok(None), "{name}");
    }
    assert!(handshake(&pki, "other.example", None).is_err());
    let admin =
        handshake(&pki, "localhost", Some(pki.admin())).expect("is trusted").expect("has a certificate");
    let caller = admin.caller_at(now()).expect("is valid now");
    assert_eq!(caller.name, "admin");
    assert_eq!(caller.groups, [MASTERS, "system:authenticated"]);
    assert_eq!(admin.caller_at(admin.not_after() + 1), None);

    let groups = vec!["a".to_owned(), "b".to_owned()];
    let two = pki
        .authority()
        .client_credential(&Subject { name: "u".into(), groups }, 600, now())
        .expect("is issued");
    let two = handshake(&pki, "localhost", Some(&two)).expect("is trusted").expect("has a certificate");
    assert_eq!(two.caller_at(now()).expect("is valid").groups, ["a", "b", "system:authenticated"]);

    let other_home = tempfile::tempdir().expect("a directory");
    let other = open(other_home.path(), &[], now()).expect("opens");
    assert!(handshake(&pki, "localhost", Some(other.admin())).is_err(), "another authority's certificate");
    let ended =
        pki.authority().client_credential(&Subject { name: "u".into(), groups: vec![] }, 60, now() - 3600);
    assert!(
        handshake(&pki, "localhost", Some(&ended.expect("is issued"))).is_err(),
        "a certificate that has ended"
    );
}

#[test]
fn the_serving_certificate_is_renewed_in_place() {
    let home = tempfile::tempdir().expect("a directory");
    let long_ago = now() - 300 * DAY;
    let pki = open(home.path(), &[], long_ago).expect("opens");
    let config = pki.server_config().expect("our own material");
    assert!(!pki.renew_if_due(long_ago + 200 * DAY).expect("renews"));
    assert!(pki.renew_if_due(now()).expect("renews"));
    assert!(pki.serving.not_after() > now() + 300 * DAY);
    drop(config);
    let again = open(home.path(), &[], now()).expect("opens");
    assert_eq!(again.serving.not_after(), pki.serving.not_after());
    let more = open(home.path(), &["new.example"], now()).expect("opens");
    assert_eq!(handshake(&more, "new.example", None), Ok(None), "a new name means a new certificate");
}

#[test]
fn damage_names_the_file_and_what_to_do() {
    for file in ["ca.crt", "ca.key", "serving.pem", "admin.pem", "tokens.key"] {
        let home = tempfile::tempdir().expect("a directory");
        open(home.path(), &[], now()).expect("opens");
        let path = home.path().join(file);
        let whole = std::fs::read_to_string(&path).expect("is there");
        std::fs::write(&path, &whole[..whole.len() / 2]).expect("writes");
        let text = open(home.path(), &[], now()).err().expect("is refused").to_string();
        assert!(text.contains(file) && text.contains("is damaged") && text.contains(';'), "{text}");
    }
    let home = tempfile::tempdir().expect("a directory");
    open(home.path(), &[], now()).expect("opens");
    std::fs::remove_file(home.path().join("ca.key")).expect("is there");
    let text = open(home.path(), &[], now()).err().expect("is refused").to_string();
    assert!(text.contains("ca.key is missing though") && text.contains("restore it"), "{text}");

    // Ended between the two writes of the first start: the key has signed nothing, so go on with it.
    let home = tempfile::tempdir().expect("a directory");
    open(home.path(), &[], now()).expect("opens");
    for file in ["ca.crt", "serving.pem", "admin.pem", "tokens.key"] {
        std::fs::remove_file(home.path().join(file)).expect("is there");
    }
    let pki = open(home.path(), &[], now()).expect("opens");
    assert!(handshake(&pki, "localhost", Some(pki.admin())).is_ok());
}

#[test]
fn the_kubeconfig_has_all_a_client_needs() {
    let home = tempfile::tempdir().expect("a directory");
    let pki = open(home.path(), &[], now()).expect("opens");
    let path = home.path().join("admin.kubeconfig");
    pki.write_admin_kubeconfig(&path, "https://127.0.0.1:6443").expect("writes");
    let read = kube::config::Kubeconfig::read_from(&path).expect("kube reads it");
    let auth = read.auth_infos[0].auth_info.as_ref().expect("has a user");
    assert!(auth.client_certificate_data.is_some() && auth.client_key_data.is_some());
    let cluster = read.clusters[0].cluster.as_ref().expect("has a cluster");
    assert_eq!(cluster.server.as_deref(), Some("https://127.0.0.1:6443"));
    assert!(cluster.certificate_authority_data.is_some());
    assert_eq!(std::fs::metadata(&path).expect("is there").permissions().mode() & 0o777, 0o600);
}
