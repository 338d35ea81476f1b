//! From a decoded message to the JSON that the Go type would have.
//!
//! Field names are the JSON names. Types with a JSON form of their own are mapped by hand: `Quantity`,
//! `IntOrString`, `Time`, `MicroTime`, `RawExtension`, `FieldsV1`, `ExtraValue`. The generator marks what
//! the `.proto` files do not say: fields whose struct is inlined (option `lazy`), and fields that are
//! left out when they are zero (option `deprecated`); without that mark a pointer to zero is kept.

use std::borrow::Cow;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use jiff::fmt::temporal::DateTimePrinter;
use prost_reflect::{DynamicMessage, FieldDescriptor, MapKey, ReflectMessage, Value as Field};
use serde_json::{Map, Value, json};

use crate::status::{ApiError, ApiResult};

/// The JSON object of a message of a kind.
pub(super) fn object(message: &DynamicMessage) -> ApiResult<Value> {
    let mut map = Map::new();
    write_fields(message, &mut map)?;
    Ok(Value::Object(map))
}

fn write_fields(message: &DynamicMessage, map: &mut Map<String, Value>) -> ApiResult<()> {
    for (field, value) in message.fields() {
        let options = Marks::of(&field);
        if options.inlined {
            if let Field::Message(inner) = value {
                write_fields(inner, map)?;
            }
            continue;
        }
        if let Some(value) = value_of(value)?
            && !(options.omit_zero && is_zero(&value))
        {
            map.insert(field.name().to_owned(), value);
        }
    }
    Ok(())
}

/// What the generator marked on a field.
struct Marks {
    inlined: bool,
    omit_zero: bool,
}

impl Marks {
    fn of(field: &FieldDescriptor) -> Self {
        let options = field.field_descriptor_proto().options.as_ref();
        Self {
            inlined: options.is_some_and(|options| options.lazy()),
            omit_zero: options.is_some_and(|options| options.deprecated()),
        }
    }
}

fn is_zero(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(flag) => !flag,
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        // A struct without a pointer is always written in Go.
        Value::Object(_) => false,
    }
}

/// `None` for a zero time, which Go leaves out.
fn value_of(value: &Field) -> ApiResult<Option<Value>> {
    Ok(Some(match value {
        Field::Bool(flag) => json!(flag),
        Field::I32(number) | Field::EnumNumber(number) => json!(number),
        Field::I64(number) => json!(number),
        Field::U32(number) => json!(number),
        Field::U64(number) => json!(number),
        Field::F32(number) => json!(number),
        Field::F64(number) => json!(number),
        Field::String(text) => json!(text),
        Field::Bytes(bytes) => json!(STANDARD.encode(bytes)),
        Field::Message(message) => return message_value(message),
        Field::List(items) => {
            let items: ApiResult<Vec<Option<Value>>> = items.iter().map(value_of).collect();
            Value::Array(items?.into_iter().flatten().collect())
        }
        Field::Map(entries) => {
            let mut map = Map::new();
            for (key, value) in entries {
                let key = match key {
                    MapKey::String(key) => key.clone(),
                    other => format!("{other:?}"),
                };
                map.extend(value_of(value)?.map(|value| (key, value)));
            }
            Value::Object(map)
        }
    }))
}

fn message_value(message: &DynamicMessage) -> ApiResult<Option<Value>> {
    let descriptor = message.descriptor();
    Ok(match descriptor.full_name() {
        "k8s.io.apimachinery.pkg.api.resource.Quantity" => Some(json!(text(message, "string"))),
        "k8s.io.apimachinery.pkg.util.intstr.IntOrString" => Some(match number(message, "type") {
            0 => json!(number(message, "intVal")),
            _ => json!(text(message, "strVal")),
        }),
        "k8s.io.apimachinery.pkg.apis.meta.v1.Time" => time(message, 0)?,
        "k8s.io.apimachinery.pkg.apis.meta.v1.MicroTime" => time(message, 6)?,
        "k8s.io.apimachinery.pkg.runtime.RawExtension" => raw_json(message, "raw")?,
        "k8s.io.apimachinery.pkg.apis.meta.v1.FieldsV1" => raw_json(message, "Raw")?,
        name if name.ends_with(".ExtraValue") => {
            let items = message.get_field_by_name("items");
            items.map(|items| value_of(&items)).transpose()?.flatten()
        }
        _ => Some(object(message)?),
    })
}

fn field<'a>(message: &'a DynamicMessage, name: &str) -> Option<Cow<'a, Field>> {
    message.get_field_by_name(name)
}

fn text(message: &DynamicMessage, name: &str) -> String {
    field(message, name).and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}

fn number(message: &DynamicMessage, name: &str) -> i64 {
    field(message, name)
        .and_then(|value| value.as_i64().or_else(|| value.as_i32().map(i64::from)))
        .unwrap_or_default()
}

/// RFC 3339 with `digits` of a second; the empty message is Go's zero time.
fn time(message: &DynamicMessage, digits: u8) -> ApiResult<Option<Value>> {
    const PRINTERS: [DateTimePrinter; 2] =
        [DateTimePrinter::new().precision(Some(0)), DateTimePrinter::new().precision(Some(6))];
    if !message.has_field_by_name("seconds") && !message.has_field_by_name("nanos") {
        return Ok(None);
    }
    let (seconds, nanos) = (number(message, "seconds"), number(message, "nanos"));
    let nanos = i32::try_from(nanos).unwrap_or(i32::MAX);
    let at = Timestamp::new(seconds, nanos)
        .map_err(|error| ApiError::bad_request(format!("decode a time in the protobuf body: {error}")))?;
    let mut text = String::new();
    let printer = &PRINTERS[usize::from(digits > 0)];
    printer.print_timestamp(&at, &mut text).map_err(ApiError::internal)?;
    Ok(Some(Value::String(text)))
}

/// JSON text inside a message.
fn raw_json(message: &DynamicMessage, name: &str) -> ApiResult<Option<Value>> {
    let value = field(message, name);
    let bytes = value.as_deref().and_then(Field::as_bytes).map_or(&[][..], |bytes| bytes);
    if bytes.is_empty() {
        return Ok(None);
    }
    serde_json::from_slice(bytes)
        .map(Some)
        .map_err(|error| ApiError::bad_request(format!("decode JSON inside the protobuf body: {error}")))
}
