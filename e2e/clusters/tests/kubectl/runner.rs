//! Runs one subject with each kubectl, each time against a hub of its own.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use e2e_clusters::hub::Hub;
use e2e_clusters::process::{Command, Finished, Launch};
use e2e_clusters::tools::Tool;

/// The examples that users are shown.
const EXAMPLES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../deploy/examples");

/// One kubectl, and the hub that it talks to.
pub(crate) struct Kubectl {
    program: PathBuf,
    kubeconfig: PathBuf,
    folder: PathBuf,
}

/// Runs `subject` with every kubectl; namespace `shop` is there.
pub(crate) async fn each(name: &str, subject: impl AsyncFn(&Kubectl) -> Result<()>) -> Result<()> {
    for (version, program) in [("machine", machines_own()?), ("pinned", Tool::Kubectl.find()?)] {
        let hub = Hub::start(&format!("kubectl-{name}-{version}")).await?;
        let kubectl = Kubectl { program, kubeconfig: hub.kubeconfig(), folder: hub.workdir().to_owned() };
        kubectl.ok("create namespace shop").await?;
        subject(&kubectl).await.with_context(|| format!("{name} with {}", kubectl.program.display()))?;
        hub.finish();
    }
    Ok(())
}

fn machines_own() -> Result<PathBuf> {
    let folders = std::env::var_os("PATH").unwrap_or_default();
    let mut found = std::env::split_paths(&folders).map(|folder| folder.join("kubectl"));
    found.find(|path| path.is_file()).context("there is no kubectl on PATH: install one of 1.32 or later")
}

impl Kubectl {
    /// kubectl with `line` as its arguments, split at blanks.
    pub(crate) fn command(&self, line: &str) -> Command {
        Command::new(&self.program)
            .env("KUBECONFIG", &self.kubeconfig)
            // Its caches go by host and port, which another run may have had.
            .env("HOME", &self.folder)
            .args(line.split_ascii_whitespace())
    }

    /// The same as a program that runs on, with its output in `name.log`.
    pub(crate) fn launch(&self, name: &str, line: &str) -> (Launch, PathBuf) {
        let launch = Launch::new(name, &self.program, &self.folder)
            .env("KUBECONFIG", &self.kubeconfig)
            .env("HOME", &self.folder)
            .args(line.split_ascii_whitespace());
        (launch, self.folder.join(format!("{name}.log")))
    }

    /// Runs it.
    pub(crate) async fn run(&self, line: &str) -> Result<Finished> {
        self.command(line).run().await
    }

    /// Runs it and returns what it says; an error when it fails.
    pub(crate) async fn ok(&self, line: &str) -> Result<String> {
        self.run(line).await?.success()
    }

    /// Runs it and returns its complaint; an error when it succeeds.
    pub(crate) async fn fails(&self, line: &str) -> Result<String> {
        self.run(line).await?.failure()
    }

    /// Runs it with `manifest` as stdin and returns what it says.
    pub(crate) async fn ok_with(&self, line: &str, manifest: &str) -> Result<String> {
        self.command(line).input(as_yaml(manifest)).run().await?.success()
    }

    /// Runs it with `manifest` as stdin and returns its complaint.
    pub(crate) async fn fails_with(&self, line: &str, manifest: &str) -> Result<String> {
        self.command(line).input(as_yaml(manifest)).run().await?.failure()
    }

    /// Runs it and compares all that it says.
    pub(crate) async fn says(&self, line: &str, expected: &str) -> Result<()> {
        same(line, &self.ok(line).await?, expected)
    }

    /// Runs it with `manifest` as stdin and compares all that it says.
    pub(crate) async fn says_with(&self, line: &str, manifest: &str, expected: &str) -> Result<()> {
        same(line, &self.ok_with(line, manifest).await?, expected)
    }

    /// Runs it and compares its whole complaint.
    pub(crate) async fn complains(&self, line: &str, expected: &str) -> Result<()> {
        same(line, &self.fails(line).await?, expected)
    }

    /// The value at a JSON path of an object.
    pub(crate) async fn value(&self, object: &str, path: &str) -> Result<String> {
        self.ok(&format!("get {object} -o jsonpath={{{path}}}")).await
    }

    /// Writes a file into the folder of the run.
    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) -> Result<PathBuf> {
        let path = self.folder.join(name);
        std::fs::write(&path, content).with_context(|| format!("write {}", path.display()))?;
        Ok(path)
    }

    /// Brings the world of the examples in: cities, sites, units, cells.
    pub(crate) async fn apply_world(&self) -> Result<()> {
        self.ok(&format!("apply -f {EXAMPLES}/world.yaml")).await.map(|_| ())
    }

    /// Brings the application of the examples in.
    pub(crate) async fn apply_shop(&self) -> Result<()> {
        self.apply_world().await?;
        self.ok(&format!("apply -f {EXAMPLES}/shop/v1.yaml")).await.map(|_| ())
    }
}

/// kubectl takes what begins with a brace for JSON, which flow style YAML is not.
fn as_yaml(manifest: &str) -> String {
    let flow = manifest.starts_with('{') && !manifest.starts_with("{\"");
    if flow { format!("---\n{manifest}") } else { manifest.to_owned() }
}

/// Compares the whole of what a command said, but for blanks at the ends.
pub(crate) fn same(line: &str, said: &str, expected: &str) -> Result<()> {
    ensure!(said.trim() == expected.trim(), "kubectl {line} said\n{said}\nand not\n{expected}");
    Ok(())
}

/// Fails unless `text` contains all of `parts`.
pub(crate) fn contains(text: &str, parts: &[&str]) -> Result<()> {
    for part in parts {
        ensure!(text.contains(part), "{part:?} is not in\n{text}");
    }
    Ok(())
}

/// The lines of a table without its heading, each cell apart.
pub(crate) fn rows(table: &str) -> Vec<Vec<&str>> {
    table.lines().skip(1).map(|line| line.split_ascii_whitespace().collect()).collect()
}

/// The text of a file that may not be there yet.
pub(crate) fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_default()
}
