//! Taste as tests: arrows between crates, file sizes, stale generated files.
