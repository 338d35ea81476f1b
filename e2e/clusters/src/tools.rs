//! Where the real components of a member cluster are found.
//!
//! `e2e/clusters/tools/build.sh` builds them from pinned Go modules into a cache; `KUBEBUILDER_ASSETS`, when
//! set, comes first for the three programs it brings (design 06).

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

/// The programs that `build.sh` makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tool {
    /// The store of a cluster, and of the store's contract tests.
    Etcd,
    /// The API server.
    KubeApiserver,
    /// Namespaces, garbage collection, ReplicaSets, service accounts.
    KubeControllerManager,
    /// Binds pods to nodes.
    KubeScheduler,
    /// A kubectl as new as the API server.
    Kubectl,
    /// The simulated kubelet.
    Kwok,
    /// Helm 4.
    Helm,
}

impl Tool {
    /// The file name of the program.
    pub fn program(self) -> &'static str {
        match self {
            Self::Etcd => "etcd",
            Self::KubeApiserver => "kube-apiserver",
            Self::KubeControllerManager => "kube-controller-manager",
            Self::KubeScheduler => "kube-scheduler",
            Self::Kubectl => "kubectl",
            Self::Kwok => "kwok",
            Self::Helm => "helm",
        }
    }

    /// Whether a folder of `KUBEBUILDER_ASSETS` brings this program.
    fn in_assets(self) -> bool {
        matches!(self, Self::Etcd | Self::KubeApiserver | Self::Kubectl)
    }

    /// The path of the program, or an error that says how to get it.
    pub fn find(self) -> Result<PathBuf> {
        self.find_in(std::env::var_os("KUBEBUILDER_ASSETS").map(PathBuf::from).as_deref(), &cache_bin())
    }

    fn find_in(self, assets: Option<&Path>, cache: &Path) -> Result<PathBuf> {
        let from_assets = assets.filter(|_| self.in_assets()).map(|folder| folder.join(self.program()));
        if let Some(path) = from_assets.filter(|path| path.is_file()) {
            return Ok(path);
        }
        let path = cache.join(self.program());
        if !path.is_file() {
            bail!("{} is not there: run e2e/clusters/tools/build.sh", path.display());
        }
        Ok(path)
    }
}

/// The `bin` folder of the cache that `build.sh` fills: `$CAFEFED_TOOLS/bin`, or `~/.cache/cafefed/tools/bin`.
pub fn cache_bin() -> PathBuf {
    let tools = match std::env::var_os("CAFEFED_TOOLS") {
        Some(folder) => PathBuf::from(folder),
        None => PathBuf::from(std::env::var_os("HOME").unwrap_or_default()).join(".cache/cafefed/tools"),
    };
    tools.join("bin")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn assets_come_first_for_what_they_bring() {
        let (assets, cache) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        for folder in [&assets, &cache] {
            for tool in [Tool::Etcd, Tool::Kwok] {
                std::fs::write(folder.path().join(tool.program()), "").unwrap();
            }
        }
        let find = |tool: Tool| tool.find_in(Some(assets.path()), cache.path()).unwrap();
        assert_eq!(find(Tool::Etcd), assets.path().join("etcd"));
        assert_eq!(find(Tool::Kwok), cache.path().join("kwok"));
    }

    #[test]
    fn a_missing_tool_says_how_to_get_it() {
        let cache = tempfile::tempdir().unwrap();
        let error = Tool::Kwok.find_in(None, cache.path()).unwrap_err().to_string();
        assert!(error.ends_with("kwok is not there: run e2e/clusters/tools/build.sh"), "{error}");
    }
}
