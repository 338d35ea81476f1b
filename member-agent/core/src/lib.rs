//! Pure decisions of the member agent: pod life, drift, deletion, heartbeat.
