//! Starting a process so that it cannot outlive the test process.
//!
//! `setpriv --pdeathsig KILL` asks the kernel to kill the child when the *thread* that started it ends. Test
//! threads come and go, so one thread that lives as long as the process starts all children.

use std::ffi::OsStr;
use std::io;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command};
use std::sync::{OnceLock, mpsc};

struct Request {
    command: Command,
    reply: mpsc::SyncSender<io::Result<Child>>,
}

/// A command for `program` that dies with the test process, in a process group of its own: a Ctrl-C in the
/// terminal reaches the test process alone, which takes its children along.
pub(super) fn command(program: &Path) -> Command {
    let mut command = if Path::new("/usr/bin/setpriv").exists() {
        let mut command = Command::new("/usr/bin/setpriv");
        command.args([OsStr::new("--pdeathsig"), OsStr::new("KILL"), OsStr::new("--"), program.as_os_str()]);
        command
    } else {
        // Without util-linux only a killed test process leaves children behind.
        Command::new(program)
    };
    command.process_group(0);
    command
}

/// Starts `command` on the thread that lives as long as the process.
pub(super) fn start(command: Command) -> io::Result<Child> {
    static SPAWNER: OnceLock<mpsc::Sender<Request>> = OnceLock::new();
    let spawner = SPAWNER.get_or_init(|| {
        let (requests, inbox) = mpsc::channel::<Request>();
        std::thread::spawn(move || {
            for Request { mut command, reply } in inbox {
                // Nobody waits any more when the receiver is gone; the child then ends with its pipes.
                let _ = reply.send(command.spawn());
            }
        });
        requests
    });
    let (reply, answer) = mpsc::sync_channel(1);
    let gone = || io::Error::other("the thread that starts processes is gone");
    spawner.send(Request { command, reply }).map_err(|_| gone())?;
    answer.recv().map_err(|_| gone())?
}
