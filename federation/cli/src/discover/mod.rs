//! Kinds by any of their names: plural, singular, short, kind, `plural.group`, or a category.

mod kind;

use kube::core::discovery::v2::{APIGroupDiscovery, APIGroupDiscoveryList};
use model::ruleset::Digest;

use crate::failure::{Attempt, Failure};
use crate::hub::Hub;

pub use kind::{Kind, segment};

/// All kinds that a hub serves, those of the core and of our own groups first.
#[derive(Clone, Debug, Default)]
pub struct Kinds(Vec<Kind>);

impl Kinds {
    /// Asks the hub (two requests).
    pub async fn of(hub: &Hub) -> Result<Self, Failure> {
        let attempt = || "ask the hub which kinds it serves".to_owned();
        let (core, groups) = tokio::try_join!(
            hub.client.list_core_api_versions_aggregated(),
            hub.client.list_api_groups_aggregated()
        )
        .attempt(attempt)?;
        Ok(Self::read(core, groups))
    }

    fn read(core: APIGroupDiscoveryList, groups: APIGroupDiscoveryList) -> Self {
        let mut kinds: Vec<Kind> = core.items.into_iter().chain(groups.items).flat_map(read_group).collect();
        kinds.sort_by_key(|kind| !(kind.group.is_empty() || kind.group.ends_with(".cafefed.dev")));
        Self(kinds)
    }

    /// All of them.
    #[must_use]
    pub fn all(&self) -> &[Kind] {
        &self.0
    }

    /// The kinds that `word` means: one, or all of a category; or which ones are close to it.
    pub fn find(&self, word: &str) -> Result<Vec<&Kind>, Failure> {
        if let Some(kind) = self.0.iter().find(|kind| kind.is_called(word)) {
            return Ok(vec![kind]);
        }
        let word = word.to_lowercase();
        let listed: Vec<&Kind> = self
            .0
            .iter()
            .filter(|kind| kind.categories.contains(&word) && kind.verbs.iter().any(|verb| verb == "list"))
            .collect();
        if listed.is_empty() { Err(Failure::Usage(self.unknown(&word))) } else { Ok(listed) }
    }

    /// The one kind that `word` means.
    pub fn one(&self, word: &str) -> Result<&Kind, Failure> {
        match self.find(word)?.as_slice() {
            [kind] => Ok(kind),
            kinds => Err(Failure::Usage(format!(
                "{word} is a category of {} kinds: name one of them",
                kinds.len()
            ))),
        }
    }

    /// The kind of a manifest.
    #[must_use]
    pub fn of_manifest(&self, api_version: &str, kind: &str) -> Option<&Kind> {
        self.0.iter().find(|known| known.kind == kind && known.api_version() == api_version)
    }

    /// What is said about a word that names nothing.
    fn unknown(&self, word: &str) -> String {
        let start: String = word.chars().take(2).collect();
        let close: Vec<&str> = self
            .0
            .iter()
            .filter(|kind| kind.plural.starts_with(&start) || kind.kind.to_lowercase().contains(word))
            .map(|kind| kind.plural.as_str())
            .take(4)
            .collect();
        let close = match close.is_empty() {
            true => "`kubectl api-resources` lists them".to_owned(),
            false => format!("did you mean {}?", close.join(", ")),
        };
        format!("the hub serves no kind {word:?}: {close}")
    }

    /// One text for all that is served, to notice that two hubs serve the same.
    #[must_use]
    pub fn digest(&self) -> String {
        let names: Vec<String> =
            self.0.iter().map(|kind| format!("{}/{}", kind.api_version(), kind.plural)).collect();
        Digest::of(names.join("\n").as_bytes()).short()
    }
}

/// The kinds of a group, of its preferred version.
fn read_group(group: APIGroupDiscovery) -> Vec<Kind> {
    let name = group.metadata.and_then(|metadata| metadata.name).unwrap_or_default();
    let mut kinds: Vec<Kind> = Vec::new();
    for version in group.versions {
        for resource in version.resources {
            let plural = resource.resource.unwrap_or_default();
            if kinds.iter().any(|known| known.plural == plural) {
                continue;
            }
            kinds.push(Kind {
                group: name.clone(),
                version: version.version.clone().unwrap_or_default(),
                kind: resource.response_kind.and_then(|kind| kind.kind).unwrap_or_default(),
                singular: resource.singular_resource.unwrap_or_default(),
                short_names: resource.short_names,
                categories: resource.categories,
                namespaced: resource.scope.as_deref() == Some("Namespaced"),
                verbs: resource.verbs,
                plural,
            });
        }
    }
    kinds
}

#[cfg(test)]
pub(crate) mod tests {
    use proptest::prelude::*;

    use super::*;

    fn kind(group: &str, version: &str, kind: &str, plural: &str, short: &str, namespaced: bool) -> Kind {
        Kind {
            group: group.into(),
            version: version.into(),
            kind: kind.into(),
            plural: plural.into(),
            singular: kind.to_lowercase(),
            short_names: vec![short.into()],
            categories: if group.is_empty() { vec![] } else { vec!["fed".into()] },
            namespaced,
            verbs: vec!["list".into()],
        }
    }

    pub(crate) fn kinds() -> Kinds {
        Kinds(vec![
            kind("", "v1", "ConfigMap", "configmaps", "cm", true),
            kind("ldc.cafefed.dev", "v1alpha1", "DeployUnit", "deployunits", "cell", false),
            kind(
                "federation.cafefed.dev",
                "v1alpha1",
                "FederatedDeployment",
                "federateddeployments",
                "fdeploy",
                true,
            ),
        ])
    }

    #[test]
    fn a_kind_has_many_names_in_any_case() {
        let kinds = kinds();
        for word in [
            "cell",
            "Cell",
            "deployunits",
            "DeployUnit",
            "deployunits.ldc.cafefed.dev",
            "cell.v1alpha1.ldc.cafefed.dev",
        ] {
            assert_eq!(kinds.one(word).unwrap().kind, "DeployUnit", "{word}");
        }
        assert_eq!(kinds.find("fed").unwrap().len(), 2);
        assert!(kinds.one("fed").unwrap_err().to_string().contains("2 kinds"));
        let said = kinds.one("deploys").unwrap_err();
        assert_eq!(said.exit_code(), 2);
        assert!(said.to_string().contains("deployunits"), "{said}");
    }

    #[test]
    fn paths_are_those_of_the_api() {
        let kinds = kinds();
        let path = |word: &str, namespace| kinds.one(word).unwrap().path(namespace);
        assert_eq!(path("cm", Some("shop")), "/api/v1/namespaces/shop/configmaps");
        assert_eq!(path("cm", None), "/api/v1/configmaps");
        assert_eq!(path("cell", Some("shop")), "/apis/ldc.cafefed.dev/v1alpha1/deployunits");
        assert_eq!(kinds.one("cell").unwrap().name_of("rz00a"), "deployunit.ldc.cafefed.dev/rz00a");
        assert_eq!(kinds.one("cell").unwrap().stored_name("RZ00A"), "rz00a");
        assert_eq!(kinds.one("cm").unwrap().stored_name("A"), "A");
    }

    proptest! {
        #[test]
        fn a_name_never_leaves_its_segment(name: String) {
            let path = kinds().one("cm").unwrap().object_path("default", &name);
            prop_assert_eq!(path.matches('/').count(), 6);
            prop_assert!(!path.contains(['?', '#', ' ']));
            prop_assert!(path.parse::<http::Uri>().is_ok());
        }

        #[test]
        fn any_word_names_a_kind_or_is_refused(word: String) {
            let _ = kinds().find(&word);
        }
    }
}
