//! Every Rust file is in a module tree: a file that no `mod` names is never compiled, and rots.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use syn::{Attribute, Expr, ExprLit, Item, Lit, Meta};

/// The files that belong to the crate whose root file is `root`: itself and what its `mod` lines lead to.
pub fn reached(root: &Path) -> Result<BTreeSet<PathBuf>> {
    let mut found = BTreeSet::new();
    let folder = root.parent().unwrap_or(Path::new("")).to_owned();
    walk(root, &folder, &mut found)?;
    Ok(found)
}

/// Walks one file whose child modules are files of `folder`.
fn walk(file: &Path, folder: &Path, found: &mut BTreeSet<PathBuf>) -> Result<()> {
    if !found.insert(file.to_owned()) {
        return Ok(());
    }
    let text = std::fs::read_to_string(file).with_context(|| format!("read {}", file.display()))?;
    let parsed = syn::parse_file(&text).with_context(|| format!("parse {}", file.display()))?;
    walk_items(&parsed.items, file, folder, found)
}

fn walk_items(items: &[Item], file: &Path, folder: &Path, found: &mut BTreeSet<PathBuf>) -> Result<()> {
    for item in items {
        let Item::Mod(module) = item else { continue };
        let name = module.ident.to_string();
        if let Some((_, items)) = &module.content {
            walk_items(items, file, &folder.join(&name), found)?;
        } else if let Some(path) = path_attribute(&module.attrs) {
            // The path of an attribute starts at the folder of the file that has it.
            let child = file.parent().unwrap_or(Path::new("")).join(path);
            let folder = child.parent().unwrap_or(Path::new("")).to_owned();
            walk(&child, &folder, found)?;
        } else {
            let flat = folder.join(format!("{name}.rs"));
            let nested = folder.join(&name).join("mod.rs");
            let child = if flat.is_file() { flat } else { nested };
            walk(&child, &folder.join(&name), found)?;
        }
    }
    Ok(())
}

fn path_attribute(attributes: &[Attribute]) -> Option<String> {
    attributes.iter().find_map(|attribute| match &attribute.meta {
        Meta::NameValue(pair) if pair.path.is_ident("path") => match &pair.value {
            Expr::Lit(ExprLit { lit: Lit::Str(path), .. }) => Some(path.value()),
            _ => None,
        },
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mod_lines_lead_to_files_and_an_orphan_is_not_reached() {
        let dir = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| {
            let path = dir.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        write("lib.rs", "mod flat;\nmod old;\n#[cfg(test)]\n#[path = \"far/away.rs\"]\nmod tests;\n");
        write("flat.rs", "mod child;\nmod inner { mod deep; }\n");
        write("flat/child.rs", "");
        write("flat/inner/deep.rs", "");
        write("old/mod.rs", "mod child;");
        write("old/child.rs", "");
        write("far/away.rs", "mod near;");
        write("far/near.rs", "");
        write("orphan.rs", "");
        let reached: Vec<String> = reached(&dir.path().join("lib.rs"))
            .unwrap()
            .iter()
            .map(|path| path.strip_prefix(dir.path()).unwrap().display().to_string())
            .collect();
        let expected = [
            "far/away.rs",
            "far/near.rs",
            "flat/child.rs",
            "flat/inner/deep.rs",
            "flat.rs",
            "lib.rs",
            "old/child.rs",
            "old/mod.rs",
        ];
        assert_eq!(BTreeSet::from_iter(reached), BTreeSet::from(expected.map(str::to_owned)));
    }
}
