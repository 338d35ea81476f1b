//! Names of sets: they follow from application, cell and revision.

/// The cell of an application without cells.
pub const ALL_CELLS: &str = "all";

/// Name of the InPlaceSet of a cell. `None` for an application without cells.
pub fn set_name(application: &str, cell: Option<&str>) -> String {
    match cell {
        Some(cell) => format!("{application}-{}", plain(cell)),
        None => application.to_owned(),
    }
}

/// Name of the ReplicaSet of a cell and revision.
pub fn replica_set_name(application: &str, cell: Option<&str>, revision: &str) -> String {
    format!("{}-{revision}", set_name(application, cell))
}

/// A label value as a part of a name: lower case, and `-` for what names cannot have.
fn plain(cell: &str) -> String {
    cell.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_plain() {
        assert_eq!(set_name("shop", Some("RZ00A")), "shop-rz00a");
        assert_eq!(set_name("shop", None), "shop");
        assert_eq!(replica_set_name("shop", Some("a_b"), "12ab"), "shop-a-b-12ab");
    }
}
