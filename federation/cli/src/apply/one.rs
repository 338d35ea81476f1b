//! The apply of one object.

use serde_json::{Value, json};

use super::{Args, conflict};
use crate::discover::{Kind, Kinds};
use crate::failure::Failure;
use crate::hub::{Hub, MANAGER};
use crate::manifest::Manifest;

/// An object that is to be applied.
pub(super) struct Wanted {
    kind: Kind,
    name: String,
    path: String,
    object: Value,
}

/// What became of it.
pub(super) struct Done {
    /// The object as the hub has it now.
    pub(super) object: Value,
    /// What the hub warns of.
    pub(super) warnings: Vec<String>,
    what: What,
    took_over: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum What {
    Created,
    Configured,
    Unchanged,
}

impl Done {
    pub(super) fn said(&self, dry_run: bool) -> String {
        let what = match self.what {
            What::Created => "created",
            What::Configured => "configured",
            What::Unchanged => "unchanged",
        };
        let took =
            if self.took_over { " (took back fields that fedctl's own verbs had changed)" } else { "" };
        format!("{what}{}{took}", if dry_run { " (dry run)" } else { "" })
    }
}

impl Wanted {
    /// Finds its kind and its namespace.
    pub(super) fn new(
        kinds: &Kinds,
        hub: &Hub,
        manifest: Manifest,
        asked_namespace: Option<&str>,
    ) -> Result<Self, Failure> {
        let (api_version, kind) = (manifest.required("/apiVersion")?, manifest.required("/kind")?);
        let name = manifest.required("/metadata/name")?.to_owned();
        let kind = kinds.of_manifest(api_version, kind).cloned().ok_or_else(|| {
            manifest.wrong(format!(
                "the hub serves no {api_version} {kind}: `kubectl api-resources` lists what it serves"
            ))
        })?;
        let namespace = match (manifest.namespace(), asked_namespace) {
            (Some(own), Some(asked)) if own != asked => {
                let message = format!("{} {name} is of namespace {own}, but -n says {asked}", kind.kind);
                return Err(manifest.wrong(message));
            }
            (Some(own), _) => own.to_owned(),
            (None, _) => hub.namespace.clone(),
        };
        let path = kind.object_path(&namespace, &name);
        let mut object = manifest.object;
        if kind.namespaced {
            object["metadata"]["namespace"] = json!(namespace);
        }
        if let Some(Value::Object(metadata)) = object.get_mut("metadata") {
            // An apply must not send them; they are there when the file was read from a hub.
            metadata.remove("managedFields");
        }
        Ok(Self { kind, name, path, object })
    }

    /// `kind.group/name`.
    pub(super) fn name(&self) -> String {
        self.kind.name_of(&self.name)
    }

    /// Applies it; a conflict with fedctl's own verbs alone is none.
    pub(super) async fn apply(&self, hub: &Hub, args: &Args) -> Result<Done, Failure> {
        let attempt = format!("apply {}", self.name());
        let before = match hub.read(&self.path, "application/json", &attempt).await {
            Ok(object) => Some(object),
            Err(failure) if failure.is_not_found() => None,
            Err(failure) => return Err(failure),
        };
        let (answer, took_over) = match self.send(hub, args, args.force_conflicts, &attempt).await {
            Err(failure) if failure.status().is_some_and(conflict::is_with_own_verbs_only) => {
                (self.send(hub, args, true, &attempt).await?, true)
            }
            Err(failure) => return Err(conflict::explained(failure)),
            Ok(answer) => (answer, false),
        };
        let version = |object: &Value| object.pointer("/metadata/resourceVersion").cloned();
        let what = match &before {
            None => What::Created,
            Some(before) if version(before) == version(&answer.body) => What::Unchanged,
            Some(_) => What::Configured,
        };
        Ok(Done { object: answer.body, warnings: answer.warnings, what, took_over })
    }

    async fn send(
        &self,
        hub: &Hub,
        args: &Args,
        force: bool,
        attempt: &str,
    ) -> Result<crate::hub::Answer, Failure> {
        let dry_run = if args.dry_run { "&dryRun=All" } else { "" };
        let path =
            format!("{}?fieldManager={MANAGER}&fieldValidation=Strict&force={force}{dry_run}", self.path);
        hub.patch(&path, "application/apply-patch+yaml", &self.object, attempt).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_names_dry_runs_and_takeovers() {
        let done = |what, took_over| Done { object: Value::Null, warnings: vec![], what, took_over };
        assert_eq!(done(What::Created, false).said(false), "created");
        assert_eq!(done(What::Unchanged, false).said(true), "unchanged (dry run)");
        assert!(done(What::Configured, true).said(false).starts_with("configured (took back"));
    }
}
