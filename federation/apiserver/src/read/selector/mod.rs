//! Which objects a LIST, WATCH or deletecollection is about.

mod fields;
mod labels;

pub(crate) use fields::FieldSelector;
pub(crate) use labels::LabelSelector;

use crate::cache::entry::Entry;
use crate::cache::keys;
use crate::cache::lanes::Interest;
use crate::resource::Resource;
use crate::status::ApiResult;

/// Scope and both selectors of a request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Selector {
    /// Empty: all namespaces, or cluster scope.
    pub(crate) namespace: String,
    /// What the labels must satisfy.
    pub(crate) labels: LabelSelector,
    /// What the fields must satisfy.
    pub(crate) fields: FieldSelector,
}

impl Selector {
    /// Reads both selectors. Errors: 400 naming the label or field.
    pub(crate) fn parse(resource: &Resource, namespace: &str, labels: &str, fields: &str) -> ApiResult<Self> {
        Ok(Self {
            namespace: namespace.to_owned(),
            labels: LabelSelector::parse(labels)
                .map_err(|e| crate::status::ApiError::bad_request(e.to_string()))?,
            fields: FieldSelector::parse(fields, resource)?,
        })
    }

    /// Whether it selects everything in its scope.
    pub(crate) fn is_everything(&self) -> bool {
        self.labels.is_empty() && self.fields.is_empty()
    }

    /// Whether `entry` is selected.
    pub(crate) fn matches(&self, entry: &Entry) -> bool {
        (self.namespace.is_empty() || entry.namespace() == self.namespace)
            && self.fields.matches(entry)
            && self.labels.matches(|key| entry.label(key))
    }

    /// The key of the only object that can match, if the selector names one.
    pub(crate) fn one_key(&self, namespaced: bool) -> Option<String> {
        let name = self.fields.name()?;
        let namespace =
            if self.namespace.is_empty() { self.fields.namespace() } else { Some(&*self.namespace) };
        match (namespaced, namespace) {
            (true, Some(namespace)) => Some(keys::local(namespace, name)),
            (false, _) => Some(name.to_owned()),
            (true, None) => None,
        }
    }

    /// The narrowest interest that covers the selector.
    pub(crate) fn interest(&self, namespaced: bool) -> Interest {
        if let Some(key) = self.one_key(namespaced) {
            return Interest::Object(key.into());
        }
        if let Some((index, value)) = self.fields.exact() {
            return Interest::Field(index, value.into());
        }
        if namespaced && !self.namespace.is_empty() {
            return Interest::Namespace(self.namespace.as_str().into());
        }
        Interest::All
    }
}
