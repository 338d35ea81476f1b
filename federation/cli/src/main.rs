//! `fedctl`; installed as `kubectl-fed` it is `kubectl fed`.

fn main() -> std::process::ExitCode {
    fedctl::main()
}
