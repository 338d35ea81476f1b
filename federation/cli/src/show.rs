//! Objects and small results in the form that was asked for.

use serde::Serialize;
use serde_json::{Value, json};

use crate::args::Output;
use crate::failure::Failure;
use crate::screen::Screen;
use crate::table::Table;

/// A result for both kinds of readers: a table for people, the same facts as data for programs.
pub struct Shown {
    /// For people.
    pub table: Table,
    /// Said instead of a table without rows.
    pub when_empty: String,
    /// For programs: objects, one for each row.
    pub objects: Vec<Value>,
    /// `kind.group/name` of each row.
    pub names: Vec<String>,
}

/// Prints a list.
pub fn list(screen: &mut Screen, output: Output, shown: &Shown) -> Result<(), Failure> {
    match output {
        Output::Table | Output::Wide if shown.table.rows.is_empty() => crate::screen::note(&shown.when_empty),
        Output::Table | Output::Wide => lines(screen, &shown.table.lines())?,
        Output::Name => lines(screen, &shown.names)?,
        Output::Json | Output::Yaml => data(screen, output, &list_of(shown.objects.clone()))?,
    }
    Ok(())
}

/// Objects as one `v1 List`, as kubectl wraps them.
#[must_use]
pub fn list_of(objects: Vec<Value>) -> Value {
    json!({"apiVersion": "v1", "kind": "List", "metadata": {"resourceVersion": ""}, "items": objects})
}

/// Prints lines.
pub fn lines(screen: &mut Screen, lines: &[impl AsRef<str>]) -> Result<(), Failure> {
    for line in lines {
        screen.line(line)?;
    }
    Ok(())
}

/// Prints data as JSON, or as YAML where that is asked for.
pub fn data(screen: &mut Screen, output: Output, value: &impl Serialize) -> Result<(), Failure> {
    let unfit = |error: &dyn std::fmt::Display| Failure::Parse {
        attempt: "print the result".into(),
        message: error.to_string(),
    };
    let text = match output {
        Output::Yaml => serde_yaml_ng::to_string(value).map_err(|error| unfit(&error))?,
        _ => serde_json::to_string_pretty(value).map_err(|error| unfit(&error))? + "\n",
    };
    Ok(screen.text(&text)?)
}

/// Prints the result of a change: a sentence for people, the object for programs.
pub fn change(
    screen: &mut Screen,
    output: Output,
    name: &str,
    said: &str,
    object: &impl Serialize,
) -> Result<(), Failure> {
    match output {
        Output::Table | Output::Wide => screen.line(said)?,
        Output::Name => screen.line(name)?,
        Output::Json | Output::Yaml => data(screen, output, object)?,
    }
    Ok(())
}

/// An object as data, with the kind that a typed list leaves out.
pub fn object<K>(object: &K) -> Value
where
    K: Serialize + kube::Resource<DynamicType = ()>,
{
    let mut value = serde_json::to_value(object).unwrap_or(Value::Null);
    if let Value::Object(fields) = &mut value {
        fields.insert("apiVersion".into(), K::api_version(&()).into());
        fields.insert("kind".into(), K::kind(&()).into());
        if let Some(Value::Object(metadata)) = fields.get_mut("metadata") {
            // Nobody reads it, and it is longer than the rest.
            metadata.remove("managedFields");
        }
    }
    value
}

/// `kind.group/name`, as `-o name` prints it.
pub fn name_of<K: kube::Resource<DynamicType = ()>>(name: &str) -> String {
    let kind = K::kind(&()).to_lowercase();
    match K::group(&()).as_ref() {
        "" => format!("{kind}/{name}"),
        group => format!("{kind}.{group}/{name}"),
    }
}
