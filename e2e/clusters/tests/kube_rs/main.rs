//! kube-rs against the hub, over links that are cut at random and hubs that are killed: watches, stores,
//! controllers, leases, events, writers that race.

mod controller;
mod disturbance;
mod events;
mod races;
mod resume;
mod stores;
mod writer;
