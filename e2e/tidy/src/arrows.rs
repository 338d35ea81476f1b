//! Which crate may know which: the arrows of design 05, over what cargo says of the graph.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

/// The crates of this workspace that each one may depend on, directly or through others. Tests, benches and
/// examples may depend on more. Whoever is not in the list stands on top and may know everybody.
pub const ARROWS: [(&str, &[&str]); 12] = [
    ("model", &[]),
    ("telemetry", &[]),
    ("crds", &["model"]),
    ("federation-core", &["model"]),
    ("member-agent-core", &["model"]),
    ("federation-store", &[]),
    ("federation-apiserver", &["federation-store"]),
    ("federation-hub-lib", &["model", "crds", "telemetry", "federation-core"]),
    (
        "federation",
        &[
            "model",
            "crds",
            "telemetry",
            "federation-core",
            "federation-store",
            "federation-apiserver",
            "federation-hub-lib",
        ],
    ),
    ("member-agent-workloads", &["model", "crds", "telemetry", "member-agent-core"]),
    ("member-agent", &["model", "crds", "telemetry", "member-agent-core", "member-agent-workloads"]),
    ("e2e-tidy", &[]),
];

/// The pure crates, which decide: no client, no runtime, no clock, no chance (design 05).
pub const PURE: [&str; 3] = ["model", "federation-core", "member-agent-core"];

/// What a pure crate cannot reach.
pub const IMPURE: [&str; 20] = [
    "kube",
    "kube-client",
    "kube-core",
    "kube-runtime",
    "k8s-openapi",
    "tokio",
    "async-std",
    "smol",
    "futures-executor",
    "hyper",
    "reqwest",
    "rand",
    "rand_core",
    "fastrand",
    "getrandom",
    "uuid",
    "jiff",
    "chrono",
    "time",
    "tracing-subscriber",
];

/// The packages of the workspace and all they reach.
#[derive(Clone, Debug, Default)]
pub struct Graph {
    /// Direct dependencies (not of tests) of each package, by name.
    pub edges: BTreeMap<String, BTreeSet<String>>,
    /// The workspace's own packages.
    pub own: BTreeMap<String, Package>,
}

/// One package of the workspace.
#[derive(Clone, Debug, Default)]
pub struct Package {
    /// Its folder.
    pub folder: PathBuf,
    /// The root files of its library, programs, tests, benches, examples and build script.
    pub roots: Vec<PathBuf>,
}

impl Graph {
    /// Asks cargo.
    pub fn load(root: &std::path::Path) -> Result<Self> {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let output = Command::new(cargo)
            .args(["metadata", "--format-version=1", "--filter-platform=x86_64-unknown-linux-gnu"])
            .current_dir(root)
            .output()
            .context("run cargo metadata")?;
        let stderr = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "cargo metadata failed: {stderr}");
        Self::parse(&serde_json::from_slice(&output.stdout).context("read cargo metadata")?)
    }

    /// Reads what `cargo metadata` printed.
    pub fn parse(metadata: &Value) -> Result<Self> {
        let mut graph = Self::default();
        let mut names = BTreeMap::new();
        let members: BTreeSet<&str> =
            list(&metadata["workspace_members"]).filter_map(Value::as_str).collect();
        for package in list(&metadata["packages"]) {
            let (id, name) = (text(&package["id"])?, text(&package["name"])?);
            names.insert(id, name);
            if members.contains(id) {
                let manifest = PathBuf::from(text(&package["manifest_path"])?);
                let folder = manifest.parent().map(PathBuf::from).unwrap_or_default();
                let roots: Result<_> =
                    list(&package["targets"]).map(|target| Ok(text(&target["src_path"])?.into())).collect();
                graph.own.insert(name.to_owned(), Package { folder, roots: roots? });
            }
        }
        for node in list(&metadata["resolve"]["nodes"]) {
            let name = |id: &Value| {
                Ok::<_, anyhow::Error>(names.get(text(id)?).context("unknown package id")?.to_string())
            };
            let edges = graph.edges.entry(name(&node["id"])?).or_default();
            for dependency in list(&node["deps"]) {
                let used = list(&dependency["dep_kinds"]).any(|kind| kind["kind"] != "dev");
                if used {
                    edges.insert(name(&dependency["pkg"])?);
                }
            }
        }
        ensure!(!graph.own.is_empty(), "cargo metadata names no package of the workspace");
        Ok(graph)
    }

    /// The shortest way from one package to another, both included.
    fn way(&self, from: &str, to: &str) -> Option<Vec<String>> {
        let mut came_from: BTreeMap<&str, &str> = BTreeMap::new();
        let mut queue = std::collections::VecDeque::from([from]);
        while let Some(at) = queue.pop_front() {
            if at == to {
                let mut way = vec![at.to_owned()];
                let mut at = at;
                while let Some(before) = came_from.get(at).filter(|_| at != from) {
                    way.insert(0, (*before).to_owned());
                    at = before;
                }
                return Some(way);
            }
            for next in self.edges.get(at).into_iter().flatten() {
                if next != from && !came_from.contains_key(next.as_str()) {
                    came_from.insert(next, at);
                    queue.push_back(next);
                }
            }
        }
        None
    }

    /// Arrows that point up or across.
    pub fn check_arrows(&self) -> Vec<String> {
        let mut findings = Vec::new();
        for (from, allowed) in ARROWS {
            if !self.own.contains_key(from) {
                findings.push(format!("{from} is in the list of arrows and not in the workspace"));
            }
            for to in self.own.keys().filter(|to| *to != from && !allowed.contains(&to.as_str())) {
                if let Some(way) = self.way(from, to) {
                    findings.push(format!("{from} must not know {to}: {}", way.join(" -> ")));
                }
            }
        }
        findings
    }

    /// Pure crates that reach a client, a runtime, a clock or chance.
    pub fn check_pure(&self) -> Vec<String> {
        let pairs = PURE.iter().flat_map(|from| IMPURE.iter().map(move |to| (from, to)));
        pairs
            .filter_map(|(from, to)| self.way(from, to))
            .map(|way| format!("{} decides and must stay pure: {}", way[0], way.join(" -> ")))
            .collect()
    }
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn text(value: &Value) -> Result<&str> {
    value.as_str().with_context(|| format!("{value} is no text"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// All crates that have arrows, and the edges given.
    fn graph(edges: &[(&str, &str)]) -> Graph {
        let mut graph = Graph::default();
        for (name, _) in ARROWS {
            graph.own.insert(name.to_owned(), Package::default());
        }
        for (from, to) in edges {
            graph.edges.entry((*from).to_owned()).or_default().insert((*to).to_owned());
        }
        graph
    }

    #[test]
    fn arrows_that_point_down_pass() {
        let graph =
            graph(&[("crds", "model"), ("federation-hub-lib", "crds"), ("federation-hub-lib", "kube")]);
        assert!(graph.check_arrows().is_empty() && graph.check_pure().is_empty());
    }

    #[test]
    fn hub_and_agent_must_not_meet_even_through_another_crate() {
        let graph = graph(&[("member-agent", "glue"), ("glue", "federation-core")]);
        let found = graph.check_arrows();
        assert_eq!(
            found,
            ["member-agent must not know federation-core: member-agent -> glue -> federation-core"]
        );
    }

    #[test]
    fn a_core_that_reaches_a_runtime_is_found() {
        let graph = graph(&[("federation-core", "model"), ("model", "nice"), ("nice", "tokio")]);
        let found = graph.check_pure();
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(found[1].ends_with("federation-core -> model -> nice -> tokio"), "{found:?}");
    }

    #[test]
    fn dependencies_of_tests_do_not_count() {
        let kinds = |kind: Value| json!([{"kind": kind}]);
        let metadata = json!({
            "workspace_members": ["own 1"],
            "packages": [
                {"id": "own 1", "name": "own", "manifest_path": "/w/own/Cargo.toml",
                 "targets": [{"src_path": "/w/own/src/lib.rs"}]},
                {"id": "a 1", "name": "a"}, {"id": "b 1", "name": "b"}, {"id": "c 1", "name": "c"},
            ],
            "resolve": {"nodes": [{"id": "own 1", "deps": [
                {"pkg": "a 1", "dep_kinds": kinds(Value::Null)},
                {"pkg": "b 1", "dep_kinds": kinds(json!("dev"))},
                {"pkg": "c 1", "dep_kinds": kinds(json!("build"))},
            ]}]},
        });
        let graph = Graph::parse(&metadata).unwrap();
        assert_eq!(graph.edges["own"], BTreeSet::from(["a".to_owned(), "c".to_owned()]));
        assert_eq!(graph.own["own"].folder, PathBuf::from("/w/own"));
        assert_eq!(graph.own["own"].roots, [PathBuf::from("/w/own/src/lib.rs")]);
    }
}
