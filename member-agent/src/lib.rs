//! The member agent: pulls work from the hub, applies it, reports back.
