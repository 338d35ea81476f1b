//! `crds/generated` is what the Rust types say: `make generate` brings it up to date.

use std::path::Path;

#[test]
fn generated_files_are_up_to_date() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("generated");
    let files = crds::manifests::files().expect("own types serialise");
    let mut known: Vec<String> = files.iter().map(|(name, _)| name.clone()).collect();
    for (name, text) in &files {
        let found = std::fs::read_to_string(dir.join(name)).unwrap_or_default();
        assert!(found == *text, "{name} is stale: run `make generate`");
    }
    let mut present: Vec<String> = std::fs::read_dir(&dir)
        .expect("crds/generated is there")
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .collect();
    known.sort();
    present.sort();
    assert_eq!(known, present, "a file in crds/generated belongs to no kind: delete it");
}
