//! Starts member clusters by hand and keeps them until Ctrl-C, to try something on a real kube-apiserver:
//! `member-clusters hz1:RZ00A=2,RZ00B=2 hz2:RZ01A=1`.
#![expect(clippy::print_stdout, reason = "the kubeconfigs are what the program is asked for")]

use anyhow::{Context, Result, ensure};
use e2e_clusters::member::{Cell, Cluster, Options};

#[tokio::main]
async fn main() -> Result<()> {
    let options: Vec<Options> = std::env::args().skip(1).map(|arg| parse(&arg)).collect::<Result<_>>()?;
    ensure!(!options.is_empty(), "name at least one cluster, as in hz1:RZ00A=2,RZ00B=2");
    let clusters = Cluster::start_all(options).await?;
    for cluster in &clusters {
        println!("{}\t{}\t{}", cluster.name(), cluster.url(), cluster.kubeconfig_path().display());
    }
    tokio::signal::ctrl_c().await.context("wait for Ctrl-C")?;
    clusters.into_iter().for_each(Cluster::finish);
    Ok(())
}

/// Reads `NAME:CELL=NODES,CELL=NODES`.
fn parse(arg: &str) -> Result<Options> {
    let (name, cells) = arg.split_once(':').with_context(|| format!("{arg}: no colon after the name"))?;
    let cells = cells.split(',').map(|cell| {
        let (cell, nodes) = cell.split_once('=').with_context(|| format!("{arg}: no = in '{cell}'"))?;
        Ok(Cell::new(cell, nodes.parse().with_context(|| format!("{arg}: '{nodes}' is no number of nodes"))?))
    });
    Ok(Options::member(name, cells.collect::<Result<Vec<_>>>()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_cells_and_says_what_is_wrong() {
        let options = parse("hz1:RZ00A=2,RZ00B=1").unwrap();
        let cells: Vec<_> = options.cells.iter().map(|cell| (cell.name.as_str(), cell.nodes)).collect();
        assert_eq!((options.name.as_str(), cells), ("hz1", vec![("RZ00A", 2), ("RZ00B", 1)]));
        for bad in ["hz1", "hz1:RZ00A", "hz1:RZ00A=two"] {
            assert!(parse(bad).unwrap_err().to_string().starts_with(bad), "{bad}");
        }
    }
}
