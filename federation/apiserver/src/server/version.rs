//! `/version`: the Kubernetes version whose behaviour is implemented.

use serde_json::{Value, json};

/// Plain integers: clients compare them.
const MAJOR: &str = "1";
const MINOR: &str = "36";

/// The document. `build` is the version of the program.
pub(super) fn document(build: &str) -> Value {
    json!({
        "major": MAJOR,
        "minor": MINOR,
        "gitVersion": format!("v{MAJOR}.{MINOR}.0+{build}"),
        "gitCommit": "",
        "gitTreeState": "clean",
        "buildDate": "1970-01-01T00:00:00Z",
        "goVersion": "",
        "compiler": "rustc",
        "platform": format!("{}/{}", std::env::consts::OS, std::env::consts::ARCH),
    })
}
