//! The message descriptors of the kinds that are decoded (`assets/README.md`), unpacked on first use.

use std::io::Read;
use std::sync::LazyLock;

use flate2::read::GzDecoder;
use prost_reflect::{DescriptorPool, MessageDescriptor};

use crate::status::{ApiError, ApiResult};

/// The problem with an asset, as text: errors of a `static` are handed out more than once.
type Pool = Result<DescriptorPool, String>;

static HUB: LazyLock<Pool> = LazyLock::new(|| load(include_bytes!("../../assets/protobuf-hub.binpb.gz")));
static MEMBER: LazyLock<Pool> =
    LazyLock::new(|| load(include_bytes!("../../assets/protobuf-member.binpb.gz")));

fn load(asset: &[u8]) -> Pool {
    let mut bytes = Vec::new();
    GzDecoder::new(asset)
        .read_to_end(&mut bytes)
        .map_err(|e| format!("unpack the message descriptors: {e}"))?;
    DescriptorPool::decode(bytes.as_slice()).map_err(|e| format!("read the message descriptors: {e}"))
}

fn find(pool: &'static Pool, name: &str) -> ApiResult<Option<MessageDescriptor>> {
    pool.as_ref().map(|pool| pool.get_message_by_name(name)).map_err(ApiError::internal)
}

/// The envelope.
pub(super) fn unknown() -> ApiResult<MessageDescriptor> {
    find(&HUB, "k8s.io.apimachinery.pkg.runtime.Unknown")?
        .ok_or_else(|| ApiError::internal("the message descriptors lack runtime.Unknown"))
}

/// The message of a kind; `None` when it is not among those we decode.
pub(super) fn of(api_version: &str, kind: &str) -> ApiResult<Option<MessageDescriptor>> {
    // DeleteOptions come under the group of what is deleted.
    if matches!(kind, "DeleteOptions") {
        return find(&HUB, "k8s.io.apimachinery.pkg.apis.meta.v1.DeleteOptions");
    }
    let (group, version) = api_version.rsplit_once('/').unwrap_or(("core", api_version));
    let group =
        group.strip_suffix(".authorization.k8s.io").or(group.strip_suffix(".k8s.io")).unwrap_or(group);
    let name = format!("k8s.io.api.{group}.{version}.{kind}");
    match find(&HUB, &name)? {
        Some(found) => Ok(Some(found)),
        None => find(&MEMBER, &name),
    }
}

#[cfg(test)]
mod tests {
    use super::of;

    #[test]
    fn every_kind_has_its_message() {
        for kind in crate::builtin::member() {
            assert!(of(&kind.api_version(), &kind.kind).unwrap().is_some(), "{} is not decoded", kind.kind);
        }
        assert!(of("apps/v1", "DeleteOptions").unwrap().is_some());
        assert!(of("apps/v1", "Deployment").unwrap().is_none());
    }
}
