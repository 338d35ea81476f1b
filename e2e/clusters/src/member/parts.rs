//! The components of a cluster: their files and their flags.

use std::path::PathBuf;

use anyhow::Result;
use rcgen::KeyPair;

use super::authority::Authority;
use super::kubeconfig;
use crate::ports::Port;
use crate::process::Launch;
use crate::tools::Tool;
use crate::workdir::Workdir;

/// The controllers that run: those that make, clean up and count what the scenarios use.
const CONTROLLERS: &str = "namespace-controller,garbage-collector-controller,replicaset-controller,\
    deployment-controller,disruption-controller,serviceaccount-controller,serviceaccount-token-controller,\
    certificatesigningrequest-signing-controller";

/// Where the files of a cluster are.
#[derive(Debug)]
pub(super) struct Layout {
    dir: PathBuf,
    port: u16,
    etcd_ports: [u16; 2],
    /// The kubeconfig of the administrator, and of every component: what they may do is not what is tested.
    pub(super) kubeconfig: PathBuf,
}

impl Layout {
    /// Writes keys, certificates and configuration into `workdir`.
    pub(super) fn write(
        workdir: &Workdir,
        authority: &Authority,
        port: &Port,
        etcd_ports: &[Port; 2],
    ) -> Result<Self> {
        workdir.write("ca.crt", authority.pem())?;
        workdir.write("ca.key", authority.key_pem())?;
        let server = authority.server()?;
        workdir.write("server.crt", &server.certificate)?;
        workdir.write("server.key", &server.key)?;
        let service_accounts = KeyPair::generate()?;
        workdir.write("service-accounts.key", service_accounts.serialize_pem())?;
        workdir.write("service-accounts.pub", service_accounts.public_key_pem())?;
        workdir.write(
            "kwok.yaml",
            concat!(include_str!("../../stages/node.yaml"), "---\n", include_str!("../../stages/pod.yaml")),
        )?;
        let admin = authority.client("admin", "system:masters")?;
        let url = format!("https://{}", port.address());
        let kubeconfig =
            workdir.write("admin.kubeconfig", kubeconfig::render("member", &url, authority, &admin)?)?;
        Ok(Self {
            dir: workdir.path().to_owned(),
            port: port.number(),
            etcd_ports: [etcd_ports[0].number(), etcd_ports[1].number()],
            kubeconfig,
        })
    }

    fn launch(&self, tool: Tool) -> Result<Launch> {
        // Clusters share a small machine: more threads than cores only add switches.
        Ok(Launch::new(tool.program(), tool.find()?, &self.dir).env("GOMAXPROCS", "2"))
    }

    fn file(&self, name: &str) -> String {
        self.dir.join(name).display().to_string()
    }

    /// etcd; without fsync unless it is to be `durable`: what is tested is not whether it survives a power cut.
    pub(super) fn etcd(&self, durable: bool) -> Result<Launch> {
        let [client, peer] = self.etcd_ports.map(|port| format!("http://127.0.0.1:{port}"));
        let etcd = self.launch(Tool::Etcd)?.args([
            format!("--data-dir={}", self.file("etcd")),
            format!("--listen-client-urls={client}"),
            format!("--advertise-client-urls={client}"),
            format!("--listen-peer-urls={peer}"),
            format!("--initial-advertise-peer-urls={peer}"),
            format!("--initial-cluster=default={peer}"),
            "--log-level=warn".to_owned(),
            // The default, 2 GiB, holds a benchmark's objects and their history only just.
            "--quota-backend-bytes=8589934592".to_owned(),
        ]);
        Ok(if durable { etcd } else { etcd.arg("--unsafe-no-fsync") })
    }

    /// The API server, with RBAC and client certificates.
    pub(super) fn apiserver(&self) -> Result<Launch> {
        Ok(self.launch(Tool::KubeApiserver)?.args([
            format!("--etcd-servers=http://127.0.0.1:{}", self.etcd_ports[0]),
            "--bind-address=127.0.0.1".to_owned(),
            format!("--secure-port={}", self.port),
            // Nobody reaches it through the Service `kubernetes`, and an address of this host is not accepted
            // as its endpoint.
            "--advertise-address=127.0.0.1".to_owned(),
            "--endpoint-reconciler-type=none".to_owned(),
            format!("--tls-cert-file={}", self.file("server.crt")),
            format!("--tls-private-key-file={}", self.file("server.key")),
            format!("--client-ca-file={}", self.file("ca.crt")),
            format!("--service-account-key-file={}", self.file("service-accounts.pub")),
            format!("--service-account-signing-key-file={}", self.file("service-accounts.key")),
            "--service-account-issuer=https://kubernetes.default.svc".to_owned(),
            "--service-cluster-ip-range=10.0.0.0/16".to_owned(),
            "--authorization-mode=RBAC".to_owned(),
            // As a hub it lets joining agents in.
            "--enable-bootstrap-token-auth=true".to_owned(),
            // This plugin taints new nodes until the node-lifecycle controller, which does not run here, unties
            // them.
            "--disable-admission-plugins=TaintNodesByCondition".to_owned(),
            // Without it an orderly stop waits a minute for the watches of the controllers.
            "--shutdown-watch-termination-grace-period=2s".to_owned(),
            "--profiling=false".to_owned(),
        ]))
    }

    /// Namespaces, garbage collection, ReplicaSets and what belongs to them.
    pub(super) fn controller_manager(&self) -> Result<Launch> {
        Ok(self.launch(Tool::KubeControllerManager)?.args([
            format!("--kubeconfig={}", self.kubeconfig.display()),
            format!("--controllers={CONTROLLERS}"),
            format!("--service-account-private-key-file={}", self.file("service-accounts.key")),
            format!("--root-ca-file={}", self.file("ca.crt")),
            format!("--cluster-signing-cert-file={}", self.file("ca.crt")),
            format!("--cluster-signing-key-file={}", self.file("ca.key")),
            "--leader-elect=false".to_owned(),
            "--secure-port=0".to_owned(),
            "--kube-api-qps=500".to_owned(),
            "--kube-api-burst=1000".to_owned(),
            "--profiling=false".to_owned(),
        ]))
    }

    /// Binds pods to nodes.
    pub(super) fn scheduler(&self) -> Result<Launch> {
        Ok(self.launch(Tool::KubeScheduler)?.args([
            format!("--kubeconfig={}", self.kubeconfig.display()),
            "--leader-elect=false".to_owned(),
            "--secure-port=0".to_owned(),
            "--kube-api-qps=500".to_owned(),
            "--kube-api-burst=1000".to_owned(),
            "--profiling=false".to_owned(),
        ]))
    }

    /// Simulated kubelets for all nodes.
    pub(super) fn kwok(&self) -> Result<Launch> {
        Ok(self.launch(Tool::Kwok)?.args([
            format!("--kubeconfig={}", self.kubeconfig.display()),
            format!("--config={}", self.file("kwok.yaml")),
            "--manage-all-nodes=true".to_owned(),
            "--cidr=10.128.0.1/12".to_owned(),
            "--node-ip=10.127.0.1".to_owned(),
            "--node-lease-duration-seconds=40".to_owned(),
        ]))
    }
}
