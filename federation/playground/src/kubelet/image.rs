//! Names of images as a runtime shows them, and which ones cannot be pulled.

/// The full name: registry, path and tag (`shop:v1` is `docker.io/library/shop:v1`).
pub(super) fn full_name(image: &str) -> String {
    let (first, rest) = image.split_once('/').unwrap_or(("", image));
    let has_registry = first.contains('.') || first.contains(':') || first == "localhost";
    let path = match (has_registry, first) {
        (true, _) => image.to_owned(),
        (false, "") => format!("docker.io/library/{rest}"),
        (false, _) => format!("docker.io/{image}"),
    };
    let last = path.rsplit('/').next().unwrap_or_default();
    if last.contains(':') || path.contains('@') { path } else { format!("{path}:latest") }
}

/// On demand: an image with `/broken` in its name, or with the tag `bad`.
pub(super) fn is_bad(image: &str) -> bool {
    image.contains("/broken") || image.rsplit(':').next() == Some("bad")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_filled_in_as_runtimes_do() {
        for (short, full) in [
            ("shop", "docker.io/library/shop:latest"),
            ("shop:v1", "docker.io/library/shop:v1"),
            ("team/shop:v1", "docker.io/team/shop:v1"),
            ("registry.example/shop:v1", "registry.example/shop:v1"),
            ("localhost:5000/shop", "localhost:5000/shop:latest"),
        ] {
            assert_eq!(full_name(short), full);
        }
        assert!(is_bad("registry.example/shop:bad"));
        assert!(is_bad("registry.example/broken:v1"));
        assert!(!is_bad("registry.example/badge:v1"));
    }
}
