//! Memory for each stored object: growth of resident memory divided by the objects that came.

use std::time::Duration;

use anyhow::Result;
use kube::Client;

use super::list::count;
use super::{Contender, Kind};
use crate::report::Figure;

/// Garbage of the writes has time to go.
const CALM: Duration = Duration::from_secs(10);

/// Resident memory before a fill.
#[derive(Debug)]
pub(super) struct Before {
    kind: Kind,
    objects: usize,
    server: u64,
    store: Option<u64>,
}

impl Before {
    /// Looks before the fill.
    pub(super) async fn look(contender: &Contender, client: &Client, kind: Kind) -> Result<Self> {
        let (server, store) = contender.resident()?;
        Ok(Self { kind, objects: count(client, kind).await?, server, store })
    }

    /// Looks again after it.
    pub(super) async fn figures(
        self,
        contender: &Contender,
        client: &Client,
        total: usize,
    ) -> Result<Vec<Figure>> {
        tokio::time::sleep(CALM).await;
        let (server, store) = contender.resident()?;
        let came = count(client, self.kind).await?.saturating_sub(self.objects).max(1) as f64;
        let each = |before: u64, after: u64| (after as f64 - before as f64) / 1024.0 / came;
        let what = |of: &str| format!("memory per {} up to {total}{of}", self.kind.name());
        let mut figures = vec![
            Figure::one(what(""), contender.name(), each(self.server, server), "KiB").aim("3 KiB"),
            Figure::one(what(", whole process"), contender.name(), server as f64 / 1_048_576.0, "MiB"),
        ];
        if let (Some(before), Some(after)) = (self.store, store) {
            figures.push(Figure::one(what(", etcd beside it"), contender.name(), each(before, after), "KiB"));
        }
        Ok(figures)
    }
}
