//! A world of any number of clusters, with one unit of one cell in each.

use anyhow::Result;
use federation_playground::world::apply;
use kube::Client;

/// The cluster of this number.
pub fn cluster(number: usize) -> String {
    format!("bench-{number:03}")
}

/// The unit that lives in the cluster of this number.
pub fn unit(number: usize) -> String {
    format!("u{number:03}")
}

/// What the nodes of its cell carry.
pub fn cell_label(number: usize) -> String {
    format!("U{number:03}A")
}

/// Puts cities, sites, units and cells on the hub for `clusters` clusters.
pub async fn lay_out(hub: &Client, clusters: usize) -> Result<()> {
    apply(hub, &text(clusters)).await
}

fn text(clusters: usize) -> String {
    let mut text = String::from(
        "{apiVersion: ldc.cafefed.dev/v1alpha1, kind: City, metadata: {name: benchmark}, spec: {displayName: Benchmark}}\n",
    );
    for number in 0..clusters {
        let (cluster, unit) = (cluster(number), unit(number));
        let document = |kind: &str, name: &str, spec: &str| {
            format!(
                "---\n{{apiVersion: ldc.cafefed.dev/v1alpha1, kind: {kind}, metadata: {{name: {name}}}, spec: {{{spec}}}}}\n"
            )
        };
        text += &document("Site", &cluster, "city: benchmark, role: Base");
        text += &document("LogicalUnit", &unit, &format!("type: RZone, baseUIDs: \"{number:02}\""));
        let cell = format!("unit: {unit}, side: A, cluster: {cluster}, weight: 100");
        text += &document("DeployUnit", &format!("{unit}a"), &cell);
    }
    text
}

#[cfg(test)]
mod tests {
    use federation_playground::world::documents;

    #[test]
    fn each_cluster_has_a_cell() {
        let objects = documents(&super::text(3)).unwrap();
        let cells: Vec<_> = objects.iter().filter(|o| o["kind"] == "DeployUnit").collect();
        assert_eq!(cells.len(), 3);
        assert_eq!(cells[2]["spec"]["cluster"], "bench-002");
    }
}
