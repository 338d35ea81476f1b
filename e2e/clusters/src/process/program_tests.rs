//! A shell stands for the program.

use super::*;

fn shell(dir: &Path, script: &str) -> Launch {
    Launch::new("shell", "/bin/sh", dir).args(["-c", script])
}

#[tokio::test]
async fn a_program_that_ends_early_shows_its_log() {
    let dir = tempfile::tempdir().unwrap();
    let launch = shell(dir.path(), "echo no such flag; exit 3").ready_file(dir.path().join("ready"));
    let error = format!("{:#}", Program::start(launch).await.unwrap_err());
    assert!(error.contains("shell ended with exit status: 3"), "{error}");
    assert!(error.contains("no such flag"), "{error}");
}

#[tokio::test]
async fn the_ready_file_of_an_earlier_start_does_not_count() {
    let dir = tempfile::tempdir().unwrap();
    let ready = dir.path().join("ready");
    // With -c the arguments after the script are $0, $1: the flag and the file.
    let launch = shell(dir.path(), "test -e $1 && exit 9; touch $1; exec sleep 100").ready_file(&ready);
    let mut program = Program::start(launch).await.unwrap();
    assert!(ready.exists());
    program.kill9().unwrap();
    assert!(program.check_running().unwrap_err().to_string().contains("shell is stopped"));
    program.start_again().await.unwrap();
    program.check_running().unwrap();
}

#[tokio::test]
async fn stop_is_graceful_and_says_when_it_was_not() {
    let dir = tempfile::tempdir().unwrap();
    let ready = dir.path().join("ready");
    let polite = "trap 'exit 0' TERM; touch $1; while :; do sleep 0.01; done";
    let mut program = Program::start(shell(dir.path(), polite).ready_file(&ready)).await.unwrap();
    assert!(program.stop(wait::LONG).await.unwrap().success());

    let deaf = "trap '' TERM; touch $1; while :; do sleep 0.01; done";
    let mut program = Program::start(shell(dir.path(), deaf).ready_file(&ready)).await.unwrap();
    let error = program.stop(Duration::from_millis(200)).await.unwrap_err().to_string();
    assert!(error.contains("did not end within 200ms"), "{error}");
    assert!(!program.is_running());
}

#[tokio::test]
async fn a_dropped_program_is_gone() {
    let dir = tempfile::tempdir().unwrap();
    let program = Program::start(shell(dir.path(), "exec sleep 100")).await.unwrap();
    let process = PathBuf::from(format!("/proc/{}", program.pid().unwrap()));
    assert!(process.exists());
    assert!(program.resident_bytes().unwrap() > 0);
    drop(program);
    assert!(!process.exists());
}

/// A thread of a test ends long before its process; the children it asked for must not end with it.
#[test]
fn a_program_outlives_the_thread_that_asked_for_it() {
    let dir = tempfile::tempdir().unwrap();
    let launch = shell(dir.path(), "exec sleep 100");
    let thread = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(Program::start(launch)).unwrap()
    });
    let mut program = thread.join().unwrap();
    std::thread::sleep(Duration::from_millis(300));
    program.check_running().unwrap();
}
