//! An etcd of a test's own: a process on free ports with a folder of its own.

use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use federation_store::{EtcdOptions, EtcdTls};

/// A running etcd; it ends with the value.
pub(crate) struct Etcd {
    process: Child,
    folder: tempfile::TempDir,
    ports: (u16, u16),
    tls: Option<EtcdTls>,
}

impl Etcd {
    pub(crate) fn start() -> Self {
        Self::start_in(tempfile::tempdir().expect("a temporary folder"), None)
    }

    /// With certificates of its own authority, and asking clients for theirs.
    pub(crate) fn start_with_tls() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let tls = credentials(&folder);
        Self::start_in(folder, Some(tls))
    }

    fn start_in(folder: tempfile::TempDir, tls: Option<EtcdTls>) -> Self {
        // Both listeners are open together, so that the ports differ.
        let free = || TcpListener::bind("127.0.0.1:0").expect("a free port");
        let (client, peer) = (free(), free());
        let port = |listener: &TcpListener| listener.local_addr().expect("an address").port();
        let ports = (port(&client), port(&peer));
        drop((client, peer));
        let process = spawn(&folder, ports, tls.is_some());
        Self { process, folder, ports, tls }
    }

    pub(crate) fn options(&self) -> EtcdOptions {
        let mut options =
            EtcdOptions::parse(&format!("etcd://127.0.0.1:{}", self.ports.0)).expect("well formed");
        options.tls.clone_from(&self.tls);
        options
    }

    pub(crate) fn kill(&mut self) {
        self.process.kill().expect("it can be killed");
        self.process.wait().expect("it can be waited for");
    }

    pub(crate) fn start_again(&mut self) {
        self.process = spawn(&self.folder, self.ports, self.tls.is_some());
    }
}

impl Drop for Etcd {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn spawn(folder: &tempfile::TempDir, (client, peer): (u16, u16), tls: bool) -> Child {
    let scheme = if tls { "https" } else { "http" };
    let client = format!("{scheme}://127.0.0.1:{client}");
    let peer = format!("http://127.0.0.1:{peer}");
    let path = |name: &str| folder.path().join(name).into_os_string().into_string().expect("a UTF-8 path");
    let mut command = Command::new(binary());
    command
        .args(["--name", "test", "--data-dir", &path("data"), "--log-level", "error", "--unsafe-no-fsync"])
        .args(["--listen-client-urls", &client, "--advertise-client-urls", &client])
        .args(["--listen-peer-urls", &peer, "--initial-advertise-peer-urls", &peer])
        .args(["--initial-cluster", &format!("test={peer}")]);
    if tls {
        command.args(["--cert-file", &path("server.crt"), "--key-file", &path("server.key")]).args([
            "--trusted-ca-file",
            &path("ca.crt"),
            "--client-cert-auth",
        ]);
    }
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("etcd starts")
}

/// Where `make tools` puts it.
fn binary() -> PathBuf {
    let tools = std::env::var_os("CAFEFED_TOOLS").map(PathBuf::from).or_else(|| {
        let home = std::env::var_os("HOME").map(PathBuf::from)?;
        Some(home.join(".cache/cafefed/tools"))
    });
    let path = tools.expect("HOME or CAFEFED_TOOLS is set").join("bin/etcd");
    assert!(
        path.is_file(),
        "the etcd tests need etcd at {}: run `make tools` (it builds etcd into $CAFEFED_TOOLS/bin, by default \
         ~/.cache/cafefed/tools/bin), then run the tests again",
        path.display()
    );
    path
}

/// An authority with a certificate for the server (written into the folder) and one for the client.
fn credentials(folder: &tempfile::TempDir) -> EtcdTls {
    use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
    let key = || KeyPair::generate().expect("a key");
    let mut authority = CertificateParams::new(Vec::new()).expect("parameters");
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(authority, key()).expect("an authority");
    let issue = |names: Vec<String>, usage| {
        let mut params = CertificateParams::new(names).expect("parameters");
        params.extended_key_usages.push(usage);
        let key = key();
        let certificate = params.signed_by(&key, &authority).expect("a certificate");
        (certificate.pem(), key.serialize_pem())
    };
    let (server, server_key) = issue(vec!["127.0.0.1".into()], rcgen::ExtendedKeyUsagePurpose::ServerAuth);
    let (client, client_key) = issue(vec!["client".into()], rcgen::ExtendedKeyUsagePurpose::ClientAuth);
    for (name, pem) in [("ca.crt", &authority.pem()), ("server.crt", &server), ("server.key", &server_key)] {
        std::fs::write(folder.path().join(name), pem).expect("the folder is writable");
    }
    EtcdTls {
        ca_pem: authority.pem().into_bytes(),
        identity_pem: Some((client.into_bytes(), client_key.into_bytes())),
        server_name: None,
    }
}
