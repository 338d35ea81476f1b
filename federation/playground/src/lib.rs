//! Hub and simulated member clusters in one process.
