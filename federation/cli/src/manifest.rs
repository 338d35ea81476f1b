//! Manifests out of files, folders and the standard input.

use std::io::Read;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::Value;

use crate::failure::Failure;

/// One object of a file.
#[derive(Clone, Debug, PartialEq)]
pub struct Manifest {
    /// The file and the place in it, for messages: `shop.yaml, document 2`.
    pub place: String,
    /// The object.
    pub object: Value,
}

impl Manifest {
    fn text(&self, pointer: &str) -> Option<&str> {
        self.object.pointer(pointer).and_then(Value::as_str).filter(|text| !text.is_empty())
    }

    /// A field that must be there.
    pub fn required(&self, pointer: &str) -> Result<&str, Failure> {
        self.text(pointer).ok_or_else(|| {
            let field = pointer.trim_start_matches('/').replace('/', ".");
            self.wrong(format!("{field} is missing"))
        })
    }

    /// The namespace it names.
    #[must_use]
    pub fn namespace(&self) -> Option<&str> {
        self.text("/metadata/namespace")
    }

    /// Something is wrong with it.
    #[must_use]
    pub fn wrong(&self, message: String) -> Failure {
        Failure::Parse { attempt: self.place.clone(), message }
    }
}

/// The objects of all paths, in order. A folder stands for its YAML and JSON files by name, `-` for the standard
/// input.
pub fn read_all(paths: &[PathBuf], recursive: bool) -> Result<Vec<Manifest>, Failure> {
    let mut found = Vec::new();
    for path in paths {
        if path.as_os_str() == "-" {
            let mut text = String::new();
            let read = std::io::stdin().lock().read_to_string(&mut text);
            read.map_err(|source| Failure::File { path: "the standard input".into(), source })?;
            found.extend(parse("the standard input", &text)?);
            continue;
        }
        for file in files(path, recursive)? {
            let text = std::fs::read_to_string(&file).map_err(|source| unreadable(&file, source))?;
            found.extend(parse(&file.display().to_string(), &text)?);
        }
    }
    match found.is_empty() {
        true => Err(Failure::Usage("there is no object in the given files".into())),
        false => Ok(found),
    }
}

fn unreadable(path: &Path, source: std::io::Error) -> Failure {
    Failure::File { path: path.display().to_string(), source }
}

/// A file itself, or the manifests of a folder by name.
fn files(path: &Path, recursive: bool) -> Result<Vec<PathBuf>, Failure> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let entries = std::fs::read_dir(path).map_err(|source| unreadable(path, source))?;
    let mut entries = entries
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<Vec<_>, _>>()
        .map_err(|source| unreadable(path, source))?;
    entries.sort();
    let mut found = Vec::new();
    for entry in entries {
        let is_manifest =
            entry.extension().is_some_and(|end| ["yaml", "yml", "json"].iter().any(|known| end == *known));
        if entry.is_dir() && recursive {
            found.extend(files(&entry, recursive)?);
        } else if is_manifest && entry.is_file() {
            found.push(entry);
        }
    }
    Ok(found)
}

/// The documents of a YAML or JSON text. A key that stands twice is refused; lists are taken apart.
pub fn parse(file: &str, text: &str) -> Result<Vec<Manifest>, Failure> {
    let mut found = Vec::new();
    for (index, document) in serde_yaml_ng::Deserializer::from_str(text).enumerate() {
        let place = format!("{file}, document {}", index + 1);
        let wrong = |message: String| Failure::Parse { attempt: place.clone(), message };
        // By way of a YAML value, which refuses duplicate keys; JSON values silently take the last.
        let value = serde_yaml_ng::Value::deserialize(document).map_err(|error| wrong(error.to_string()))?;
        if value.is_null() {
            continue;
        }
        let object = serde_json::to_value(value).map_err(|error| wrong(error.to_string()))?;
        if !object.is_object() {
            return Err(wrong("this is no object: write apiVersion, kind, metadata and spec".into()));
        }
        take_apart(Manifest { place, object }, &mut found);
    }
    Ok(found)
}

fn take_apart(manifest: Manifest, into: &mut Vec<Manifest>) {
    let is_list = manifest.text("/kind").is_some_and(|kind| kind.ends_with("List"));
    match manifest.object.get("items") {
        Some(Value::Array(items)) if is_list => {
            for (index, item) in items.iter().enumerate() {
                let place = format!("{}, item {}", manifest.place, index + 1);
                into.push(Manifest { place, object: item.clone() });
            }
        }
        _ => into.push(manifest),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn documents_and_lists_are_taken_apart() {
        let text = "kind: A\n---\n---\n# nothing\n---\nkind: ConfigMapList\nitems: [{kind: B}, {kind: C}]\n";
        let found = parse("x.yaml", text).unwrap();
        let kinds: Vec<&str> = found.iter().map(|one| one.required("/kind").unwrap()).collect();
        assert_eq!(kinds, ["A", "B", "C"]);
        assert!(found[1].place.ends_with("item 1"), "{}", found[1].place);
        let missing = found[0].required("/metadata/name").unwrap_err().to_string();
        assert_eq!(missing, "x.yaml, document 1: metadata.name is missing");
    }

    #[test]
    fn what_is_no_object_is_refused_with_its_place() {
        for (text, part) in [
            ("kind: A\nkind: B\n", "duplicate"),
            ("- a\n", "no object"),
            ("kind: {\n", "document 1"),
            ("{\"kind\":\"A\",\"kind\":\"B\"}", "duplicate"),
        ] {
            let said = parse("x.yaml", text).unwrap_err().to_string();
            assert!(said.starts_with("x.yaml, document 1: ") && said.contains(part), "{said}");
        }
    }

    #[test]
    fn a_folder_stands_for_its_manifests_by_name() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        std::fs::create_dir(path("more")).unwrap();
        for (name, kind) in
            [("b.yaml", "B"), ("a.json", "{kind: A}"), ("c.txt", "no"), ("more/d.yml", "kind: D")]
        {
            let text = if kind.contains("kind") { kind.to_owned() } else { format!("kind: {kind}") };
            std::fs::write(path(name), text).unwrap();
        }
        let kinds = |recursive| -> Vec<String> {
            let found = read_all(&[folder.path().to_owned()], recursive).unwrap();
            found.iter().map(|one| one.required("/kind").unwrap().to_owned()).collect()
        };
        assert_eq!(kinds(false), ["A", "B"]);
        assert_eq!(kinds(true), ["A", "B", "D"]);
        let said = read_all(&[path("none.yaml")], false).unwrap_err().to_string();
        assert!(said.contains("none.yaml"), "{said}");
    }

    proptest! {
        #[test]
        fn no_text_is_a_surprise(text in "[a-z:{}\\[\\]\\-\\n &*!|>\"']{0,80}") {
            let _ = parse("x", &text);
        }
    }
}
