//! Benchmarks beside a peer, with raw figures kept.
