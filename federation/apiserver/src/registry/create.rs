//! POST.

use bytes::Bytes;
use rand::Rng;
use serde_json::Value;

use super::commit::{self, Outcome, canonical};
use super::namespaces::Guard;
use super::request::{Reply, Write, Written};
use super::{body, managed, meta, namespaces, prepare, review};
use crate::http::incoming::Encoding;
use crate::resource::Origin;
use crate::schema;
use crate::status::{ApiError, ApiResult};

/// How often another name is made up when the one that was is taken, or the namespace is looked at again.
const ATTEMPTS: usize = 8;
/// Random characters after a `generateName`.
const SUFFIX: usize = 5;
/// Longest `generateName` that is kept whole.
const STEM: usize = 58;
/// No vowels, so that no words come out; as upstream.
const LETTERS: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";

/// Creates the object in the body.
pub(crate) async fn create(write: &mut Write, encoding: Encoding, bytes: &Bytes) -> ApiResult<Written> {
    let resource = write.kind.resource.clone();
    let mut decoded = body::decode(encoding, bytes)?;
    let object = &mut decoded.value;
    body::match_path(&resource, &write.namespace, "", object)?;
    let warnings = body::prune(write, object, &decoded.duplicates)?;
    if !resource.verbs.read {
        return review::answer(write, decoded.value, warnings).await;
    }
    if !meta::text(object, "resourceVersion").is_empty() {
        return Err(ApiError::bad_request("resourceVersion should not be set on objects to be created"));
    }
    body::to_stored(write, object);
    meta::set(object, "uid", None);
    create_object(write, decoded.value, warnings, true).await
}

/// Creates `object`, which is of the stored kind and pruned. `record` says whether managedFields are still to
/// be written. Errors: 409 when the name is taken, 422, and what the admissions say.
pub(super) async fn create_object(
    write: &mut Write,
    mut object: Value,
    mut warnings: Vec<String>,
    record: bool,
) -> ApiResult<Written> {
    let stored = write.kind.stored.clone();
    let mut guard = namespaces::may_create(write, meta::text(&object, "name")).await?;
    own_fields(write, &mut object);
    meta::drop_empty(&mut object);
    stored.strategy.prepare_create(&write.ctx, &mut object);
    schema::default(&mut object, &stored.schema);
    if record {
        managed::record(write, None, &mut object);
    }
    let stem = meta::text(&object, "generateName").to_owned();
    let made_up = meta::text(&object, "name").is_empty() && !stem.is_empty();
    for attempt in 1.. {
        if made_up {
            meta::set(&mut object, "name", Some(name_from(&stem).into()));
        }
        let name = meta::text(&object, "name").to_owned();
        if attempt == 1 {
            prepare::validate(write, &name, &object, None)?;
        }
        warnings.extend(prepare::admit(write, &name, Some(&object), None).await?);
        let value = canonical(&object)?;
        let revision = match store(write, &name, &value, guard.as_ref()).await? {
            New::At(revision) => revision,
            New::NamespaceMoved if attempt < ATTEMPTS => {
                write.core.newest().await?;
                guard = namespaces::may_create(write, &name).await?;
                continue;
            }
            New::Taken if made_up && attempt < ATTEMPTS => continue,
            New::Taken => {
                let resource = &write.kind.resource;
                return Err(ApiError::already_exists(&resource.group, &resource.plural, &name));
            }
            New::NamespaceMoved => {
                return Err(ApiError::timeout("the namespace keeps changing; try again", 1));
            }
        };
        return Ok(Written { code: 201, reply: Reply::Object { name, value, revision }, warnings });
    }
    unreachable!("the loop returns at the latest after the last name")
}

/// What became of a new object.
enum New {
    /// It is there, at this revision; 0 when nothing was to be written.
    At(u64),
    /// There is another one of that name.
    Taken,
    /// Its namespace is not the one that was checked any more.
    NamespaceMoved,
}

async fn store(write: &Write, name: &str, value: &Bytes, guard: Option<&Guard>) -> ApiResult<New> {
    if write.dry_run {
        let taken = write.core.current(&write.kind, &write.namespace, name).await?.is_some();
        return Ok(if taken { New::Taken } else { New::At(0) });
    }
    Ok(match commit::create(write, name, value.clone(), guard).await? {
        Outcome::Done(revision) => New::At(revision),
        Outcome::Changed(Some(_)) => New::Taken,
        Outcome::Changed(None) => New::NamespaceMoved,
    })
}

/// Fills what the server owns and drops what a client may not set.
fn own_fields(write: &Write, object: &mut Value) {
    let custom = write.kind.stored.origin == Origin::Custom;
    for field in
        ["resourceVersion", "deletionTimestamp", "deletionGracePeriodSeconds", "selfLink", "generation"]
    {
        meta::set(object, field, None);
    }
    meta::set(object, "uid", Some(uuid::Uuid::new_v4().to_string().into()));
    meta::set(object, "creationTimestamp", Some(meta::time(write.ctx.now_unix_seconds)));
    if custom {
        meta::set(object, "generation", Some(1.into()));
        if write.kind.stored.subresources.status
            && let Some(map) = object.as_object_mut()
        {
            map.remove("status");
        }
    }
}

fn name_from(stem: &str) -> String {
    let mut rng = rand::rng();
    let cut = stem.char_indices().map(|(at, c)| at + c.len_utf8()).take_while(|end| *end <= STEM).last();
    let mut name = stem[..cut.unwrap_or(0)].to_owned();
    name.extend((0..SUFFIX).map(|_| LETTERS[rng.random_range(0..LETTERS.len())] as char));
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn made_up_names_keep_the_stem_within_bounds() {
        let name = name_from("web-");
        assert!(name.starts_with("web-") && name.len() == 9, "{name}");
        assert_eq!(name_from(&"a".repeat(100)).len(), STEM + SUFFIX);
        assert_eq!(name_from(&"ü".repeat(40)).chars().count(), STEM / 2 + SUFFIX);
    }
}
