//! JSON patch, RFC 6902, with the caps of upstream.

use std::borrow::Cow;

use json_patch::{AddOperation, CopyOperation, MoveOperation, Patch, PatchOperation, ReplaceOperation};
use serde_json::Value;

use crate::decode::MAX_DEPTH;
use crate::status::{ApiError, ApiResult, Cause, Details};

/// Most operations of one patch.
pub const MAX_OPERATIONS: usize = 10_000;

/// Most bytes that all `copy` operations of one patch may copy together.
pub const MAX_COPIED: usize = 3 * 1024 * 1024;

/// Applies the operations in `body` to `target`.
///
/// # Errors
/// 400 when the body is not a JSON patch, 413 above [`MAX_OPERATIONS`], 422 when an operation fails
/// (a missing path, a `test` that does not hold, too much copied, deeper than
/// [`MAX_DEPTH`]). `target` is unusable then.
pub fn json_patch(target: &mut Value, body: &[u8]) -> ApiResult<()> {
    let Patch(operations) = serde_json::from_slice(body)
        .map_err(|error| ApiError::bad_request(format!("error decoding patch: {error}")))?;
    if operations.len() > MAX_OPERATIONS {
        let count = operations.len();
        return Err(ApiError::new(
            413,
            "RequestEntityTooLarge",
            format!(
                "Request entity too large: The allowed maximum operations in a JSON patch is {MAX_OPERATIONS}, got {count}"
            ),
        ));
    }
    let mut copied = 0;
    for operation in &operations {
        if let PatchOperation::Copy(copy) = operation
            && let Some(source) = target.pointer(copy.from.as_str())
        {
            copied += size_of(source, MAX_COPIED + 1 - copied);
            if copied > MAX_COPIED {
                return Err(refuse(&format!(
                    "Unable to complete the copy, the accumulated size increase of copy is {copied}, exceeding the limit {MAX_COPIED}"
                )));
            }
        }
        check_depth(target, operation)?;
        let operation = lenient(target, operation);
        json_patch::patch(target, std::slice::from_ref(&*operation))
            .map_err(|error| refuse(&error.kind.to_string_at(&operation)))?;
    }
    Ok(())
}

/// Upstream's library sets a member that is not there on `replace`, where RFC 6902 wants an error; clients rely
/// on it.
fn lenient<'a>(target: &Value, operation: &'a PatchOperation) -> Cow<'a, PatchOperation> {
    if let PatchOperation::Replace(ReplaceOperation { path, value }) = operation
        && target.pointer(path.as_str()).is_none()
        && let Some((parent, _)) = path.as_str().rsplit_once('/')
        && target.pointer(parent).is_some_and(Value::is_object)
    {
        return Cow::Owned(PatchOperation::Add(AddOperation { path: path.clone(), value: value.clone() }));
    }
    Cow::Borrowed(operation)
}

/// Refuses an operation that would nest the object deeper than a body may: many small operations can
/// build what no body can hold, and everything that walks over objects recurses.
fn check_depth(target: &Value, operation: &PatchOperation) -> ApiResult<()> {
    let (path, value) = match operation {
        PatchOperation::Add(AddOperation { path, value }) => (path, Some(value)),
        PatchOperation::Replace(ReplaceOperation { path, value }) => (path, Some(value)),
        PatchOperation::Move(MoveOperation { path, from }) => (path, target.pointer(from.as_str())),
        PatchOperation::Copy(CopyOperation { path, from }) => (path, target.pointer(from.as_str())),
        PatchOperation::Remove(_) | PatchOperation::Test(_) => return Ok(()),
    };
    if path.count() + value.map_or(0, depth) > MAX_DEPTH {
        return Err(refuse(&format!("the result would nest deeper than {MAX_DEPTH} levels")));
    }
    Ok(())
}

/// Levels of containers in `value`.
fn depth(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(depth).max().unwrap_or(0),
        Value::Object(map) => 1 + map.values().map(depth).max().unwrap_or(0),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => 0,
    }
}

/// The reason of a failed operation with the path that it names.
trait AtPath {
    fn to_string_at(&self, operation: &PatchOperation) -> String;
}

impl AtPath for json_patch::PatchErrorKind {
    fn to_string_at(&self, operation: &PatchOperation) -> String {
        let (name, path) = match operation {
            PatchOperation::Add(add) => ("add", &add.path),
            PatchOperation::Remove(remove) => ("remove", &remove.path),
            PatchOperation::Replace(replace) => ("replace", &replace.path),
            PatchOperation::Move(from) => ("move", &from.path),
            PatchOperation::Copy(copy) => ("copy", &copy.path),
            PatchOperation::Test(test) => ("test", &test.path),
        };
        format!("{name} operation does not apply to path \"{path}\": {self}")
    }
}

/// The length of `value` as JSON, counted up to `limit`.
fn size_of(value: &Value, limit: usize) -> usize {
    struct Counter(usize, usize);
    impl std::io::Write for Counter {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0 += bytes.len();
            if self.0 > self.1 { Err(std::io::ErrorKind::FileTooLarge.into()) } else { Ok(bytes.len()) }
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let mut counter = Counter(0, limit);
    // An error only says that the limit is passed; the count says it too.
    let _ = serde_json::to_writer(&mut counter, value);
    counter.0
}

/// 422 as upstream answers for a patch that does not apply, with the reason added; the field is upstream's word
/// for the body of a patch.
pub(super) fn refuse(why: &str) -> ApiError {
    let message = format!("the server rejected our request due to an error in our request: {why}");
    let cause =
        Cause { reason: "UnexpectedServerResponse".into(), message: why.into(), field: "patch".into() };
    ApiError::new(422, "Invalid", message).with(Details { causes: vec![cause], ..Details::default() })
}
