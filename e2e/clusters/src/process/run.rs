//! A command that runs to its end: kubectl, fedctl.

use std::ffi::OsString;
use std::io::{Read, Write};
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use super::spawn;
use crate::wait;

/// What is to be run.
#[derive(Clone, Debug)]
pub struct Command {
    path: PathBuf,
    args: Vec<OsString>,
    env: Vec<(OsString, OsString)>,
    input: Option<Vec<u8>>,
    limit: Duration,
}

/// What came of it.
#[derive(Clone, Debug)]
pub struct Finished {
    /// How it ended.
    pub status: ExitStatus,
    /// What it wrote to stdout.
    pub stdout: String,
    /// What it wrote to stderr.
    pub stderr: String,
    shown: String,
}

impl Command {
    /// Runs the program at `path`.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), args: Vec::new(), env: Vec::new(), input: None, limit: wait::LONG }
    }

    /// Adds one argument.
    #[must_use]
    pub fn arg(mut self, arg: impl Into<OsString>) -> Self {
        self.args.push(arg.into());
        self
    }

    /// Adds arguments.
    #[must_use]
    pub fn args<A: Into<OsString>>(mut self, args: impl IntoIterator<Item = A>) -> Self {
        self.args.extend(args.into_iter().map(Into::into));
        self
    }

    /// Sets a variable of the environment.
    #[must_use]
    pub fn env(mut self, name: impl Into<OsString>, value: impl Into<OsString>) -> Self {
        self.env.push((name.into(), value.into()));
        self
    }

    /// What the command reads from stdin; without it stdin is empty.
    #[must_use]
    pub fn input(mut self, input: impl Into<Vec<u8>>) -> Self {
        self.input = Some(input.into());
        self
    }

    /// Kills the command after `limit` (default [`wait::LONG`]) and makes that an error.
    #[must_use]
    pub fn limit(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    /// Runs it. A command that ends with a failure is a [`Finished`] too; one that cannot start or does not end
    /// is an error.
    pub async fn run(self) -> Result<Finished> {
        tokio::task::spawn_blocking(move || self.run_here()).await.context("run a command")?
    }

    fn run_here(self) -> Result<Finished> {
        let shown = format!("{} {}", self.path.display(), self.args.join(&OsString::from(" ")).display());
        let mut command = spawn::command(&self.path);
        command
            .args(&self.args)
            .envs(self.env.iter().map(|(name, value)| (name, value)))
            .stdin(if self.input.is_some() { Stdio::piped() } else { Stdio::null() })
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = spawn::start(command).with_context(|| format!("start {shown}"))?;
        let stdout = read_apart(child.stdout.take());
        let stderr = read_apart(child.stderr.take());
        if let (Some(mut stdin), Some(input)) = (child.stdin.take(), self.input) {
            // In a thread: a command that writes before it has read all would wait for us for ever. One that
            // ends without reading breaks the pipe, which is its good right.
            std::thread::spawn(move || {
                let _ = stdin.write_all(&input);
            });
        }
        let end = Instant::now() + self.limit;
        let status = loop {
            if let Some(status) = child.try_wait().with_context(|| format!("wait for {shown}"))? {
                break status;
            }
            if Instant::now() > end {
                let _ = child.kill();
                let _ = child.wait();
                let limit = self.limit;
                bail!("{shown} did not end within {limit:?}\n{}{}", text(stdout), text(stderr));
            }
            std::thread::sleep(Duration::from_millis(5));
        };
        Ok(Finished { status, stdout: text(stdout), stderr: text(stderr), shown })
    }
}

type Reader = std::thread::JoinHandle<Vec<u8>>;

fn read_apart(pipe: Option<impl Read + Send + 'static>) -> Reader {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut pipe) = pipe {
            // What was read before an error is what there is to show.
            let _ = pipe.read_to_end(&mut bytes);
        }
        bytes
    })
}

fn text(reader: Reader) -> String {
    String::from_utf8_lossy(&reader.join().unwrap_or_default()).into_owned()
}

impl Finished {
    /// Stdout of a command that must succeed; an error with all it wrote when it did not.
    pub fn success(self) -> Result<String> {
        if !self.status.success() {
            bail!("{} ended with {}\n{}{}", self.shown, self.status, self.stdout, self.stderr);
        }
        Ok(self.stdout)
    }

    /// Stderr of a command that must fail; an error with all it wrote when it did not.
    pub fn failure(self) -> Result<String> {
        if self.status.success() {
            bail!("{} succeeded and should not\n{}{}", self.shown, self.stdout, self.stderr);
        }
        Ok(self.stderr)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn both_ends_of_a_command() {
        let cat = Command::new("/bin/cat").input("from stdin").run().await.unwrap();
        assert_eq!(cat.clone().success().unwrap(), "from stdin");
        assert!(cat.failure().unwrap_err().to_string().contains("/bin/cat  succeeded and should not"));

        let fails = Command::new("/bin/sh").args(["-c", "echo why >&2; exit 4"]).run().await.unwrap();
        assert_eq!(fails.clone().failure().unwrap(), "why\n");
        assert!(fails.success().unwrap_err().to_string().contains("ended with exit status: 4\nwhy"));
    }

    #[tokio::test]
    async fn a_command_that_hangs_is_killed() {
        let hangs = Command::new("/bin/sleep").arg("100").limit(Duration::from_millis(50)).run().await;
        assert!(hangs.unwrap_err().to_string().contains("/bin/sleep 100 did not end within 50ms"));
    }
}
