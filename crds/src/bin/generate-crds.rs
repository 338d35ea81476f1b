//! Writes `crds/generated/*.yaml` from the Rust types: `cargo run -p crds --bin generate-crds -- DIR`.

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let dir = std::env::args().nth(1).ok_or("usage: generate-crds DIR")?;
    for (name, text) in crds::manifests::files()? {
        std::fs::write(std::path::Path::new(&dir).join(name), text)?;
    }
    Ok(())
}
