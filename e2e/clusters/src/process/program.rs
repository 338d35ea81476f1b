//! A program that runs until it is stopped: started, killed, paused, restarted by a scenario.

use std::ffi::OsString;
use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use rustix::process::{Pid, Signal, kill_process};

use super::spawn;
use crate::wait;

/// How many lines of a program's log an error shows.
const LOG_TAIL_LINES: usize = 25;

/// How a program is started, each time anew.
#[derive(Clone, Debug)]
pub struct Launch {
    name: String,
    path: PathBuf,
    args: Vec<OsString>,
    env: Vec<(OsString, OsString)>,
    log: PathBuf,
    ready_file: Option<PathBuf>,
}

impl Launch {
    /// The program at `path`, called `name` in messages; its output goes to `name.log` in `log_dir`.
    pub fn new(name: &str, path: impl Into<PathBuf>, log_dir: &Path) -> Self {
        Self {
            name: name.to_owned(),
            path: path.into(),
            args: Vec::new(),
            env: Vec::new(),
            log: log_dir.join(format!("{name}.log")),
            ready_file: None,
        }
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

    /// The program makes this file when it serves: adds `--ready-file FILE`, and [`Program::start`] waits for it.
    #[must_use]
    pub fn ready_file(mut self, file: impl Into<PathBuf>) -> Self {
        let file = file.into();
        self.args.extend([OsString::from("--ready-file"), file.clone().into_os_string()]);
        self.ready_file = Some(file);
        self
    }
}

/// A program and, while it runs, its process.
#[derive(Debug)]
pub struct Program {
    launch: Launch,
    child: Option<Child>,
}

impl Program {
    /// Starts the program, and waits for its ready file if it has one.
    pub async fn start(launch: Launch) -> Result<Self> {
        let mut program = Self { launch, child: None };
        program.start_again().await?;
        Ok(program)
    }

    /// Starts the program again after it was stopped or killed, with the same arguments and log.
    pub async fn start_again(&mut self) -> Result<()> {
        ensure!(self.child.is_none(), "{} runs already", self.launch.name);
        if let Some(file) = &self.launch.ready_file {
            // The file of the process before would make this one look ready.
            let _ = std::fs::remove_file(file);
        }
        let mut log = OpenOptions::new()
            .create(true)
            .append(true)
            .open(&self.launch.log)
            .with_context(|| format!("open {}", self.launch.log.display()))?;
        writeln!(log, "--- {} {:?}", self.launch.path.display(), self.launch.args)?;
        let mut command = spawn::command(&self.launch.path);
        command
            .args(&self.launch.args)
            .envs(self.launch.env.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log);
        let child = spawn::start(command).with_context(|| format!("start {}", self.launch.path.display()))?;
        self.child = Some(child);
        if let Some(file) = self.launch.ready_file.clone() {
            self.wait_ready(wait::LONG, async || {
                ensure!(file.exists(), "no file {}", file.display());
                Ok(())
            })
            .await?;
        }
        Ok(())
    }

    /// Waits until `look` succeeds; fails at once, with the end of the log, when the program ends before.
    pub async fn wait_ready(
        &mut self,
        limit: Duration,
        mut look: impl AsyncFnMut() -> Result<()>,
    ) -> Result<()> {
        let end = Instant::now() + limit;
        loop {
            self.check_running()?;
            let seen = match tokio::time::timeout(Duration::from_secs(5), look()).await {
                Ok(Ok(())) => return Ok(()),
                Ok(Err(error)) => error,
                Err(_) => anyhow::anyhow!("no answer within 5 s"),
            };
            if Instant::now() > end {
                let name = &self.launch.name;
                return Err(seen.context(format!("{name} was not ready in {limit:?}\n{}", self.log_tail())));
            }
            tokio::time::sleep(Duration::from_millis(30)).await;
        }
    }

    /// An error with the end of the log when the program does not run.
    pub fn check_running(&mut self) -> Result<()> {
        let name = &self.launch.name;
        let Some(child) = &mut self.child else { bail!("{name} is stopped") };
        if let Some(status) = child.try_wait().with_context(|| format!("look after {name}"))? {
            bail!("{name} ended with {status}\n{}", self.log_tail());
        }
        Ok(())
    }

    /// Whether the process is there.
    pub fn is_running(&mut self) -> bool {
        self.check_running().is_ok()
    }

    /// The process id, while it runs.
    pub fn pid(&self) -> Option<u32> {
        self.child.as_ref().map(Child::id)
    }

    /// Resident memory in bytes, from `/proc`.
    pub fn resident_bytes(&self) -> Result<u64> {
        let pid = self.pid().with_context(|| format!("{} is stopped", self.launch.name))?;
        let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no VmRSS line")?;
        let kib: u64 = line.trim().trim_end_matches(" kB").trim().parse().context("read VmRSS")?;
        Ok(kib * 1024)
    }

    /// `kill -9`, and waits until the process is gone.
    pub fn kill9(&mut self) -> Result<()> {
        let name = &self.launch.name;
        let mut child = self.child.take().with_context(|| format!("{name} is stopped"))?;
        child.kill().with_context(|| format!("kill {name}"))?;
        child.wait().with_context(|| format!("wait for {name}"))?;
        Ok(())
    }

    /// Asks the program to end (SIGTERM) and waits; kills it, and says so, when it takes longer than `limit`.
    pub async fn stop(&mut self, limit: Duration) -> Result<ExitStatus> {
        self.signal(Signal::TERM)?;
        match self.ended(limit).await {
            Ok(status) => Ok(status),
            Err(error) => {
                self.kill9()?;
                Err(error)
            }
        }
    }

    /// Waits until the program ends by itself.
    pub async fn ended(&mut self, limit: Duration) -> Result<ExitStatus> {
        let end = Instant::now() + limit;
        loop {
            let name = &self.launch.name;
            let child = self.child.as_mut().with_context(|| format!("{name} is stopped"))?;
            if let Some(status) = child.try_wait().with_context(|| format!("look after {name}"))? {
                self.child = None;
                return Ok(status);
            }
            if Instant::now() > end {
                bail!("{name} did not end within {limit:?}\n{}", self.log_tail());
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Stops the process without ending it (SIGSTOP): its sockets stay open and say nothing.
    pub fn pause(&self) -> Result<()> {
        self.signal(Signal::STOP)
    }

    /// Lets a paused process go on.
    pub fn resume(&self) -> Result<()> {
        self.signal(Signal::CONT)
    }

    fn signal(&self, signal: Signal) -> Result<()> {
        let name = &self.launch.name;
        let child = self.child.as_ref().with_context(|| format!("{name} is stopped"))?;
        kill_process(Pid::from_child(child), signal).with_context(|| format!("send {signal:?} to {name}"))
    }

    /// The program's name in messages.
    pub fn name(&self) -> &str {
        &self.launch.name
    }

    /// Changes how the program is started; takes effect at the next start.
    pub fn set_launch(&mut self, launch: Launch) {
        self.launch = launch;
    }

    /// Where its output goes.
    pub fn log_path(&self) -> &Path {
        &self.launch.log
    }

    /// Its output so far, of all starts.
    pub fn log(&self) -> String {
        let bytes = std::fs::read(&self.launch.log).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// The last lines of its output, with the path of the rest.
    pub fn log_tail(&self) -> String {
        let log = self.log();
        let lines: Vec<&str> = log.lines().collect();
        let tail = &lines[lines.len().saturating_sub(LOG_TAIL_LINES)..];
        format!("end of {}:\n{}", self.launch.log.display(), tail.join("\n"))
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            // A process that is gone already cannot be killed, which is as good.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

#[cfg(test)]
#[path = "program_tests.rs"]
mod tests;
