//! One step of a field path.

use std::cmp::Ordering;
use std::fmt;

use serde_json::{Map, Value};

/// A scalar inside a path: the value of a key, or an item of a set.
#[derive(Clone, Debug)]
pub enum Scalar {
    /// A whole number.
    Int(i64),
    /// Any other number.
    Float(f64),
    /// Text.
    Text(Box<str>),
    /// A truth value.
    Bool(bool),
    /// An explicit null.
    Null,
}

impl Scalar {
    /// The scalar in `value`; `None` for lists and objects.
    pub fn from_value(value: &Value) -> Option<Self> {
        Some(match value {
            Value::Null => Self::Null,
            Value::Bool(flag) => Self::Bool(*flag),
            Value::String(text) => Self::Text(text.as_str().into()),
            Value::Number(number) => match number.as_i64() {
                Some(int) => Self::Int(int),
                None => {
                    let float = number.as_f64().unwrap_or_default();
                    // 2^53: below it a whole float is one integer, and both print alike.
                    if float.fract() == 0.0 && float.abs() < 9_007_199_254_740_992.0 {
                        Self::Int(float as i64)
                    } else {
                        Self::Float(float)
                    }
                }
            },
            Value::Array(_) | Value::Object(_) => return None,
        })
    }

    /// The scalar as JSON.
    pub fn to_value(&self) -> Value {
        match self {
            Self::Int(int) => (*int).into(),
            Self::Float(float) => (*float).into(),
            Self::Text(text) => Value::String(text.to_string()),
            Self::Bool(flag) => Value::Bool(*flag),
            Self::Null => Value::Null,
        }
    }

    /// Upstream's order: numbers, text, booleans, null.
    fn rank(&self) -> u8 {
        match self {
            Self::Int(_) | Self::Float(_) => 0,
            Self::Text(_) => 1,
            Self::Bool(_) => 2,
            Self::Null => 3,
        }
    }
}

impl Ord for Scalar {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Int(a), Self::Int(b)) => a.cmp(b),
            (Self::Float(a), Self::Float(b)) => a.total_cmp(b),
            // An integer goes before the float of the same size, so that the order stays total.
            (Self::Int(a), Self::Float(b)) => (*a as f64).total_cmp(b).then(Ordering::Less),
            (Self::Float(a), Self::Int(b)) => a.total_cmp(&(*b as f64)).then(Ordering::Greater),
            (Self::Text(a), Self::Text(b)) => a.cmp(b),
            (Self::Bool(a), Self::Bool(b)) => a.cmp(b),
            _ => self.rank().cmp(&other.rank()),
        }
    }
}

impl PartialOrd for Scalar {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Scalar {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Scalar {}

/// One step of a field path. The order is upstream's: fields, keys, values, indexes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PathElement {
    /// A field of an object or a key of a map: `f:name`.
    Field(Box<str>),
    /// An item of a list of type map, by its keys in order of their names: `k:{"name":"a"}`.
    Key(Vec<(Box<str>, Scalar)>),
    /// An item of a list of type set: `v:"a"`.
    Value(Scalar),
    /// An item of any other list: `i:0`. Only read, never made.
    Index(i64),
}

impl PathElement {
    /// The step into field `name`.
    pub fn field(name: &str) -> Self {
        Self::Field(name.into())
    }

    /// The key of this step in a `fieldsV1` object.
    pub(super) fn to_key(&self) -> String {
        match self {
            Self::Field(name) => format!("f:{name}"),
            Self::Key(fields) => {
                let map: Map<String, Value> =
                    fields.iter().map(|(name, value)| (name.to_string(), value.to_value())).collect();
                format!("k:{}", Value::Object(map))
            }
            Self::Value(value) => format!("v:{}", value.to_value()),
            Self::Index(index) => format!("i:{index}"),
        }
    }

    /// Reads a key of a `fieldsV1` object; `Ok(None)` for a type that a later version may know.
    pub(super) fn from_key(key: &str) -> Result<Option<Self>, String> {
        let Some((kind, rest)) = key.split_once(':') else {
            return Err(format!("missing colon: {key}"));
        };
        Ok(Some(match kind {
            "f" => Self::field(rest),
            "v" => {
                let value: Value = serde_json::from_str(rest).map_err(|error| error.to_string())?;
                Self::Value(Scalar::from_value(&value).ok_or_else(|| format!("not a scalar: {key}"))?)
            }
            "i" => Self::Index(rest.parse().map_err(|_| format!("not an index: {key}"))?),
            "k" => {
                // The map is ordered by name, which is the order of a key.
                let map: std::collections::BTreeMap<String, Value> =
                    serde_json::from_str(rest).map_err(|error| error.to_string())?;
                let scalar = |(name, value): (String, Value)| {
                    let value = Scalar::from_value(&value).ok_or_else(|| format!("not a scalar: {key}"))?;
                    Ok::<_, String>((name.into_boxed_str(), value))
                };
                Self::Key(map.into_iter().map(scalar).collect::<Result<_, _>>()?)
            }
            _ => return Ok(None),
        }))
    }
}

impl fmt::Display for PathElement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Field(name) => write!(f, ".{name}"),
            Self::Key(fields) => {
                f.write_str("[")?;
                for (index, (name, value)) in fields.iter().enumerate() {
                    let comma = if index == 0 { "" } else { "," };
                    write!(f, "{comma}{name}={}", value.to_value())?;
                }
                f.write_str("]")
            }
            Self::Value(value) => write!(f, "[={}]", value.to_value()),
            Self::Index(index) => write!(f, "[{index}]"),
        }
    }
}
