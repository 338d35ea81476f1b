//! Makes the files under `assets/` from the sources of Kubernetes: the published OpenAPI v3 documents
//! of `k8s.io/kubernetes`, and the `generated.proto` files of `k8s.io/api` and `k8s.io/apimachinery`.
//!
//! Run it when the version of Kubernetes moves; its output is checked in:
//! `cargo run -p federation-apiserver --example generate-builtin -- GO_MODULE_CACHE 1.36.1`.
//! It needs `protoc` in the path. What is kept is what `reachable` finds from the kinds named below.
#![allow(clippy::print_stdout)]

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use prost_reflect::prost::Message;
use prost_reflect::prost_types::{DescriptorProto, FileDescriptorSet};
use serde_json::{Map, Value};

/// The published documents that describe the kinds we serve.
const DOCUMENTS: &[&str] = &[
    "api__v1",
    "apis__apps__v1",
    "apis__authentication.k8s.io__v1",
    "apis__authorization.k8s.io__v1",
    "apis__autoscaling__v1",
    "apis__certificates.k8s.io__v1",
    "apis__coordination.k8s.io__v1",
    "apis__events.k8s.io__v1",
    "apis__policy__v1",
    "apis__rbac.authorization.k8s.io__v1",
];

/// What every server serves.
const HUB: &[&str] = &[
    "io.k8s.api.authentication.v1.SelfSubjectReview",
    "io.k8s.api.authentication.v1.TokenRequest",
    "io.k8s.api.authentication.v1.TokenReview",
    "io.k8s.api.authorization.v1.LocalSubjectAccessReview",
    "io.k8s.api.authorization.v1.SelfSubjectAccessReview",
    "io.k8s.api.authorization.v1.SelfSubjectRulesReview",
    "io.k8s.api.authorization.v1.SubjectAccessReview",
    "io.k8s.api.autoscaling.v1.Scale",
    "io.k8s.api.certificates.v1.CertificateSigningRequestList",
    "io.k8s.api.coordination.v1.LeaseList",
    "io.k8s.api.core.v1.ConfigMapList",
    "io.k8s.api.core.v1.EventList",
    "io.k8s.api.core.v1.NamespaceList",
    "io.k8s.api.core.v1.SecretList",
    "io.k8s.api.core.v1.ServiceAccountList",
    "io.k8s.api.events.v1.EventList",
    "io.k8s.api.rbac.v1.ClusterRoleBindingList",
    "io.k8s.api.rbac.v1.ClusterRoleList",
    "io.k8s.api.rbac.v1.RoleBindingList",
    "io.k8s.api.rbac.v1.RoleList",
    "io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions",
    "io.k8s.apimachinery.pkg.apis.meta.v1.Patch",
    "io.k8s.apimachinery.pkg.apis.meta.v1.Status",
];

/// What only a (simulated) member cluster serves.
const MEMBER: &[&str] = &[
    "io.k8s.api.apps.v1.ControllerRevisionList",
    "io.k8s.api.apps.v1.ReplicaSetList",
    "io.k8s.api.core.v1.Binding",
    "io.k8s.api.core.v1.NodeList",
    "io.k8s.api.core.v1.PodList",
    "io.k8s.api.core.v1.ServiceList",
    "io.k8s.api.policy.v1.Eviction",
    "io.k8s.api.policy.v1.PodDisruptionBudgetList",
];

/// Message names of the same kinds, without the lists.
const HUB_MESSAGES: &[&str] = &[
    "k8s.io.api.authentication.v1.SelfSubjectReview",
    "k8s.io.api.authentication.v1.TokenRequest",
    "k8s.io.api.authentication.v1.TokenReview",
    "k8s.io.api.authorization.v1.LocalSubjectAccessReview",
    "k8s.io.api.authorization.v1.SelfSubjectAccessReview",
    "k8s.io.api.authorization.v1.SelfSubjectRulesReview",
    "k8s.io.api.authorization.v1.SubjectAccessReview",
    "k8s.io.api.autoscaling.v1.Scale",
    "k8s.io.api.certificates.v1.CertificateSigningRequest",
    "k8s.io.api.coordination.v1.Lease",
    "k8s.io.api.core.v1.ConfigMap",
    "k8s.io.api.core.v1.Event",
    "k8s.io.api.core.v1.Namespace",
    "k8s.io.api.core.v1.Secret",
    "k8s.io.api.core.v1.ServiceAccount",
    "k8s.io.api.events.v1.Event",
    "k8s.io.api.rbac.v1.ClusterRole",
    "k8s.io.api.rbac.v1.ClusterRoleBinding",
    "k8s.io.api.rbac.v1.Role",
    "k8s.io.api.rbac.v1.RoleBinding",
    "k8s.io.apimachinery.pkg.apis.meta.v1.DeleteOptions",
    "k8s.io.apimachinery.pkg.runtime.Unknown",
];

/// Message names of the kinds of a member cluster.
const MEMBER_MESSAGES: &[&str] = &[
    "k8s.io.api.apps.v1.ControllerRevision",
    "k8s.io.api.apps.v1.ReplicaSet",
    "k8s.io.api.core.v1.Binding",
    "k8s.io.api.core.v1.Node",
    "k8s.io.api.core.v1.Pod",
    "k8s.io.api.core.v1.Service",
    "k8s.io.api.policy.v1.Eviction",
    "k8s.io.api.policy.v1.PodDisruptionBudget",
];

/// The proto files that hold the messages.
const PROTOS: &[&str] = &[
    "k8s.io/api/apps/v1/generated.proto",
    "k8s.io/api/authentication/v1/generated.proto",
    "k8s.io/api/authorization/v1/generated.proto",
    "k8s.io/api/autoscaling/v1/generated.proto",
    "k8s.io/api/certificates/v1/generated.proto",
    "k8s.io/api/coordination/v1/generated.proto",
    "k8s.io/api/core/v1/generated.proto",
    "k8s.io/api/events/v1/generated.proto",
    "k8s.io/api/policy/v1/generated.proto",
    "k8s.io/api/rbac/v1/generated.proto",
];

fn main() -> Result<()> {
    let mut args = std::env::args().skip(1);
    let (Some(cache), Some(version)) = (args.next(), args.next()) else {
        bail!("usage: generate-builtin GO_MODULE_CACHE KUBERNETES_VERSION, for example ~/go/pkg/mod 1.36.1");
    };
    let modules = PathBuf::from(cache).join("k8s.io");
    let assets = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets");
    openapi(&modules.join(format!("kubernetes@v{version}/api/openapi-spec/v3")), &assets)?;
    let minor = version.strip_prefix("1.").context("the version of Kubernetes begins with 1.")?;
    protobuf(&modules, &format!("v0.{minor}"), &assets)
}

fn openapi(documents: &Path, assets: &Path) -> Result<()> {
    let mut all: Map<String, Value> = Map::new();
    for name in DOCUMENTS {
        let path = documents.join(format!("{name}_openapi.json"));
        let text = std::fs::read(&path).with_context(|| format!("read {}", path.display()))?;
        let document: Value =
            serde_json::from_slice(&text).with_context(|| format!("parse {}", path.display()))?;
        let schemas = document.pointer("/components/schemas").and_then(Value::as_object);
        for (name, schema) in schemas.with_context(|| format!("no schemas in {}", path.display()))? {
            all.insert(name.clone(), own_version_only(schema));
        }
    }
    let hub = reachable_definitions(&all, HUB)?;
    let member: BTreeSet<String> =
        reachable_definitions(&all, MEMBER)?.into_iter().filter(|name| !hub.contains(name)).collect();
    for (file, names) in [("openapi-hub.json.gz", hub), ("openapi-member.json.gz", member)] {
        let kept: BTreeMap<&String, &Value> = names.iter().map(|name| (name, &all[name])).collect();
        write_compressed(&assets.join(file), &serde_json::to_vec(&kept)?)?;
    }
    Ok(())
}

/// Options and `Status` are listed under every API group of upstream; one group is enough for ours.
fn own_version_only(schema: &Value) -> Value {
    const KEY: &str = "x-kubernetes-group-version-kind";
    let mut schema = schema.clone();
    if let Some(Value::Array(kinds)) = schema.get_mut(KEY)
        && kinds.len() > 1
    {
        kinds.retain(|kind| kind["group"] == "" && kind["version"] == "v1");
    }
    schema
}

fn reachable_definitions(all: &Map<String, Value>, roots: &[&str]) -> Result<BTreeSet<String>> {
    let mut found = BTreeSet::new();
    let mut next: Vec<String> = roots.iter().map(ToString::to_string).collect();
    while let Some(name) = next.pop() {
        let schema = all.get(&name).with_context(|| format!("no definition {name}"))?;
        if found.insert(name) {
            references(schema, &mut next);
        }
    }
    Ok(found)
}

fn references(schema: &Value, out: &mut Vec<String>) {
    match schema {
        Value::Object(map) => {
            if let Some(name) = map.get("$ref").and_then(Value::as_str) {
                out.extend(name.strip_prefix("#/components/schemas/").map(str::to_owned));
            }
            map.values().for_each(|value| references(value, out));
        }
        Value::Array(items) => items.iter().for_each(|value| references(value, out)),
        _ => {}
    }
}

fn protobuf(modules: &Path, version: &str, assets: &Path) -> Result<()> {
    let set = std::env::temp_dir().join(format!("generate-builtin-{}.binpb", std::process::id()));
    let status = Command::new("protoc")
        .arg(format!("--proto_path=k8s.io/api={}", modules.join(format!("api@{version}")).display()))
        .arg(format!(
            "--proto_path=k8s.io/apimachinery={}",
            modules.join(format!("apimachinery@{version}")).display()
        ))
        .arg("--include_imports")
        .arg(format!("--descriptor_set_out={}", set.display()))
        .args(PROTOS)
        .status()
        .context("run protoc")?;
    if !status.success() {
        bail!("protoc failed: {status}");
    }
    let bytes = std::fs::read(&set).context("read what protoc wrote")?;
    std::fs::remove_file(&set).context("remove what protoc wrote")?;
    let tags = go_tags(modules, version)?;
    for (file, roots) in
        [("protobuf-hub.binpb.gz", HUB_MESSAGES), ("protobuf-member.binpb.gz", MEMBER_MESSAGES)]
    {
        let mut all = FileDescriptorSet::decode(bytes.as_slice()).context("decode what protoc wrote")?;
        keep_reachable(&mut all, roots)?;
        mark(&mut all, &tags);
        write_compressed(&assets.join(file), &all.encode_to_vec())?;
    }
    Ok(())
}

/// Drops messages that `roots` do not use, then files without messages.
fn keep_reachable(all: &mut FileDescriptorSet, roots: &[&str]) -> Result<()> {
    let mut messages: BTreeMap<String, &DescriptorProto> = BTreeMap::new();
    for file in &all.file {
        for message in &file.message_type {
            messages.insert(format!("{}.{}", file.package(), message.name()), message);
        }
    }
    let mut kept: BTreeSet<String> = BTreeSet::new();
    let mut next: Vec<String> = roots.iter().map(ToString::to_string).collect();
    while let Some(name) = next.pop() {
        let message = *messages.get(&name).with_context(|| format!("no message {name}"))?;
        if kept.insert(name.clone()) {
            field_types(message, &format!(".{name}."), &mut next);
        }
    }
    let files: BTreeSet<String> = all
        .file
        .iter_mut()
        .filter_map(|file| {
            let package = file.package().to_owned();
            file.message_type.retain(|message| kept.contains(&format!("{package}.{}", message.name())));
            (!file.message_type.is_empty()).then(|| file.name().to_owned())
        })
        .collect();
    all.file.retain(|file| files.contains(file.name()));
    for file in &mut all.file {
        file.dependency.retain(|name| files.contains(name));
        file.public_dependency.clear();
        file.weak_dependency.clear();
    }
    Ok(())
}

/// Names of top-level messages that the fields of `message` and of its nested map entries have.
fn field_types(message: &DescriptorProto, own_prefix: &str, out: &mut Vec<String>) {
    for field in &message.field {
        let name = field.type_name();
        if let Some(name) = name.strip_prefix('.').filter(|_| !name.starts_with(own_prefix)) {
            out.push(name.to_owned());
        }
    }
    for nested in &message.nested_type {
        field_types(nested, own_prefix, out);
    }
}

/// What a struct tag of Go says of a field and the `.proto` file does not.
struct Tag {
    json: String,
    inlined: bool,
    omit_zero: bool,
}

/// Tags by package, struct and protobuf name, read from the `types.go` files. One line is one field.
fn go_tags(modules: &Path, version: &str) -> Result<BTreeMap<(String, String, String), Tag>> {
    let mut tags = BTreeMap::new();
    let mut sources: Vec<(String, PathBuf)> = PROTOS
        .iter()
        .map(|proto| {
            let directory = proto.trim_start_matches("k8s.io/api/").trim_end_matches("/generated.proto");
            let package = format!("k8s.io.api.{}", directory.replace('/', "."));
            (package, modules.join(format!("api@{version}")).join(directory).join("types.go"))
        })
        .collect();
    let meta = modules.join(format!("apimachinery@{version}/pkg/apis/meta/v1/types.go"));
    sources.push(("k8s.io.apimachinery.pkg.apis.meta.v1".into(), meta));
    let quoted = |line: &str, key: &str| {
        let rest = line.split_once(&format!("{key}:\""))?.1;
        Some(rest.split_once('"')?.0.to_owned())
    };
    for (package, path) in sources {
        let text = std::fs::read_to_string(&path).with_context(|| format!("read {}", path.display()))?;
        let mut structure = String::new();
        for line in text.lines() {
            if let Some(rest) = line.strip_prefix("type ") {
                structure = rest.split_whitespace().next().unwrap_or_default().to_owned();
            }
            let (Some(json), Some(protobuf)) = (quoted(line, "json"), quoted(line, "protobuf")) else {
                continue;
            };
            let Some(name) = protobuf.split(',').find_map(|part| part.strip_prefix("name=")) else {
                continue;
            };
            // `Name *Type `, or `*Type ` for an embedded one.
            let declared = line.split('`').next().unwrap_or_default();
            let pointer = declared.split_whitespace().last().is_some_and(|type_| type_.starts_with('*'));
            let mut parts = json.split(',');
            let tag = Tag {
                json: parts.next().unwrap_or_default().to_owned(),
                inlined: json.contains(",inline"),
                omit_zero: !pointer && json.contains(",omitempty"),
            };
            tags.insert((package.clone(), structure.clone(), name.to_owned()), tag);
        }
    }
    Ok(tags)
}

/// Puts the tags on the fields: the JSON name, `lazy` for inlined structs, `deprecated` for fields that
/// are left out when zero. These options mean nothing else in the files of Kubernetes.
fn mark(all: &mut FileDescriptorSet, tags: &BTreeMap<(String, String, String), Tag>) {
    for file in &mut all.file {
        let package = file.package().to_owned();
        for message in &mut file.message_type {
            let structure = message.name().to_owned();
            for field in &mut message.field {
                let Some(tag) = tags.get(&(package.clone(), structure.clone(), field.name().to_owned()))
                else {
                    continue;
                };
                if !tag.json.is_empty() {
                    field.name = Some(tag.json.clone());
                    field.json_name = None;
                }
                let options = field.options.get_or_insert_default();
                options.lazy = tag.inlined.then_some(true);
                options.deprecated = tag.omit_zero.then_some(true);
            }
        }
    }
}

fn write_compressed(path: &Path, bytes: &[u8]) -> Result<()> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes)?;
    let compressed = encoder.finish()?;
    println!("{}: {} bytes, {} unpacked", path.display(), compressed.len(), bytes.len());
    std::fs::write(path, compressed).with_context(|| format!("write {}", path.display()))
}
