//! Our API server beside kube-apiserver with etcd: one after the other on the same machine, by the same client,
//! with the same objects, TLS and RBAC on both, and both durable before they answer.

mod contender;
mod creates;
mod list;
mod memory;
mod objects;
mod serve;
mod watchers;

use anyhow::Result;
use clap::Args;

pub use contender::Contender;
pub use objects::Kind;
pub use serve::{Serve, serve};

use crate::report::Figure;

/// How much.
#[derive(Args, Clone, Debug)]
pub struct Sizes {
    /// Objects of the first fill.
    #[arg(long, default_value_t = 10_000)]
    pub small: usize,
    /// Custom objects of the second fill.
    #[arg(long, default_value_t = 100_000)]
    pub large: usize,
    /// Watchers.
    #[arg(long, default_value_t = 1_000)]
    pub watchers: usize,
    /// Only ours, to try things out.
    #[arg(long)]
    pub alone: bool,
}

impl Default for Sizes {
    fn default() -> Self {
        Self { small: 10_000, large: 100_000, watchers: 1_000, alone: false }
    }
}

/// Both, ours first.
pub async fn measure(sizes: &Sizes) -> Result<Vec<Figure>> {
    let ours = Contender::ours().await?;
    let mut figures = of(&ours, sizes).await?;
    ours.end();
    if !sizes.alone {
        let theirs = Contender::theirs().await?;
        figures.extend(of(&theirs, sizes).await?);
        theirs.end();
        figures.sort_by(|a, b| a.what.cmp(&b.what));
    }
    Ok(figures)
}

async fn of(contender: &Contender, sizes: &Sizes) -> Result<Vec<Figure>> {
    let name = contender.name();
    let client = contender.connect().await?;
    let mut figures = vec![creates::one_writer(&client, name).await?];
    for (kind, total) in
        [(Kind::ConfigMap, sizes.small), (Kind::Custom, sizes.small), (Kind::Custom, sizes.large)]
    {
        let before = memory::Before::look(contender, &client, kind).await?;
        figures.push(creates::many_writers(&client, name, kind, total).await?);
        figures.extend(before.figures(contender, &client, total).await?);
        figures.extend(list::measure(&client, name, kind, total).await?);
    }
    figures.push(watchers::measure(contender, sizes.watchers).await?);
    Ok(figures)
}
