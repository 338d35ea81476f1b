//! Making templates, each once, and remembering what they hold.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crds::federation::{WorkTemplate, WorkTemplateSpec};
use crds::names;
use crds::schema::Manifest;
use federation_core::work::ObjectName;
use kube::api::PostParams;
use kube::{Api, Client};

use super::{Template, object_of};

/// Why a template is not there.
#[derive(Debug, thiserror::Error)]
pub enum TemplateError {
    /// It could not be made.
    #[error("make template {name}")]
    Create {
        /// Its name.
        name: String,
        /// Why.
        #[source]
        source: kube::Error,
    },
    /// It could not be read.
    #[error("read template {name}")]
    Read {
        /// Its name.
        name: String,
        /// Why.
        #[source]
        source: kube::Error,
    },
    /// It is just being collected; in a moment it can be made anew.
    #[error("template {name} is being collected: it is made anew in a moment")]
    Going {
        /// Its name.
        name: String,
    },
}

enum Held {
    Here { used: Instant },
    Going,
}

#[derive(Default)]
struct State {
    held: BTreeMap<String, Held>,
    objects: BTreeMap<String, Option<ObjectName>>,
}

/// Templates that are known to be there.
pub struct Shelf {
    api: Api<WorkTemplate>,
    state: Mutex<State>,
}

impl Shelf {
    /// The templates of this hub.
    pub fn new(client: Client) -> Self {
        Self { api: Api::namespaced(client, names::TEMPLATES_NAMESPACE), state: Mutex::default() }
    }

    /// Makes sure that the template is there.
    pub async fn ensure(&self, template: &Template) -> Result<(), TemplateError> {
        {
            let mut state = self.lock();
            match state.held.get_mut(&template.name) {
                Some(Held::Here { used }) => {
                    *used = Instant::now();
                    return Ok(());
                }
                Some(Held::Going) => return Err(TemplateError::Going { name: template.name.clone() }),
                None => {}
            }
        }
        let spec = WorkTemplateSpec { manifest: Manifest(template.manifest.clone()) };
        let mut object = WorkTemplate::new(&template.name, spec);
        let label = (names::MANAGED_BY.to_owned(), names::CAFE_FEDERATION.to_owned());
        object.metadata.labels = Some([label].into());
        let params =
            PostParams { field_manager: Some(names::HUB_MANAGER.to_owned()), ..PostParams::default() };
        match self.api.create(&params, &object).await {
            Ok(_) => {}
            // Its name is its content: one that is there is the right one.
            Err(kube::Error::Api(status)) if status.is_already_exists() => {}
            Err(source) => return Err(TemplateError::Create { name: template.name.clone(), source }),
        }
        let mut state = self.lock();
        state.objects.insert(template.name.clone(), Some(template.object()));
        state.held.insert(template.name.clone(), Held::Here { used: Instant::now() });
        Ok(())
    }

    /// The object that a template holds, if that is known already.
    pub fn known_object(&self, name: &str) -> Option<Option<ObjectName>> {
        self.lock().objects.get(name).cloned()
    }

    /// Reads which object a template holds; `None`: there is no such template.
    pub async fn read_object(&self, name: &str) -> Result<Option<ObjectName>, TemplateError> {
        let error = |source| TemplateError::Read { name: name.to_owned(), source };
        let found = self.api.get_opt(name).await.map_err(error)?;
        let object = found.map(|template| object_of(&template.spec.manifest.0));
        self.lock().objects.insert(name.to_owned(), object.clone());
        Ok(object)
    }

    /// Takes a template for collection, unless it was used within `grace`.
    pub(super) fn begin_collect(&self, name: &str, grace: Duration) -> bool {
        let mut state = self.lock();
        match state.held.get(name) {
            Some(Held::Here { used }) if used.elapsed() < grace => return false,
            Some(Held::Going) => return false,
            _ => {}
        }
        state.held.insert(name.to_owned(), Held::Going);
        true
    }

    /// The collection of a template ended, one way or the other.
    pub(super) fn end_collect(&self, name: &str) {
        let mut state = self.lock();
        state.held.remove(name);
        state.objects.remove(name);
    }

    pub(super) const fn api(&self) -> &Api<WorkTemplate> {
        &self.api
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
