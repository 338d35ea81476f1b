//! Stories: what the hub decides over a whole release, as transcripts that people review as text.
//!
//! A story is a file in `tests/stories/`: lines that begin with `> ` are commands, lines that begin with `#` are
//! remarks, everything else is what the hub said. `UPDATE_STORIES=1 cargo test -p federation-core` writes what it
//! says now. In the stories, members plan their groups with the planner that real agents use.

mod world;

use std::fs;
use std::path::Path;

use world::World;

/// Runs the commands of a story and writes it again with what the hub says.
fn replay(story: &str) -> String {
    let mut world = World::default();
    let mut transcript = String::new();
    for line in story.lines() {
        if line.is_empty() || line.starts_with('#') {
            transcript.push_str(line);
            transcript.push('\n');
        } else if let Some(command) = line.strip_prefix("> ") {
            transcript.push_str(line);
            transcript.push('\n');
            for said in world.run(command) {
                transcript.push_str(&format!("  {said}\n"));
            }
        }
    }
    transcript
}

#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "the runner reads and writes stories; the core it runs does not"
)]
fn stories_are_as_they_were_told() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/stories");
    let is_update = std::env::var("UPDATE_STORIES").is_ok_and(|value| value == "1");
    let mut paths: Vec<_> = fs::read_dir(&folder)
        .expect("the folder of stories is part of the crate")
        .map(|entry| entry.expect("its entries can be listed").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "txt"))
        .collect();
    paths.sort();
    assert!(!paths.is_empty(), "no story in {}", folder.display());
    for path in paths {
        let told = fs::read_to_string(&path).expect("a story is text");
        let now = replay(&told);
        if is_update {
            fs::write(&path, now).expect("a story can be written");
        } else {
            assert_eq!(now, told, "{} is told otherwise now", path.display());
        }
    }
}
