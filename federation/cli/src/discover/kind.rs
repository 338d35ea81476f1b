//! One kind that the hub serves: its names and its paths.

/// A kind that the hub serves.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Kind {
    /// Group; empty for the core.
    pub group: String,
    /// Version.
    pub version: String,
    /// Kind.
    pub kind: String,
    /// Name in paths.
    pub plural: String,
    /// Name of one.
    pub singular: String,
    /// Short names.
    pub short_names: Vec<String>,
    /// Categories it belongs to.
    pub categories: Vec<String>,
    /// Whether its objects live in namespaces.
    pub namespaced: bool,
    /// What can be done with it.
    pub verbs: Vec<String>,
}

impl Kind {
    /// `group/version`, or the version alone in the core.
    #[must_use]
    pub fn api_version(&self) -> String {
        match self.group.as_str() {
            "" => self.version.clone(),
            group => format!("{group}/{}", self.version),
        }
    }

    /// The path of all its objects (without a namespace, or of a kind of cluster scope), or of those in one.
    #[must_use]
    pub fn path(&self, namespace: Option<&str>) -> String {
        let root = if self.group.is_empty() { "/api" } else { "/apis" };
        let inside = match namespace.filter(|_| self.namespaced) {
            Some(namespace) => format!("/namespaces/{}", segment(namespace)),
            None => String::new(),
        };
        format!("{root}/{}{inside}/{}", self.api_version(), self.plural)
    }

    /// The path of one object.
    #[must_use]
    pub fn object_path(&self, namespace: &str, name: &str) -> String {
        format!("{}/{}", self.path(Some(namespace)), segment(name))
    }

    /// `plural.group`.
    #[must_use]
    pub fn resource(&self) -> String {
        dotted(&self.plural, &self.group)
    }

    /// `kind.group/name`, as `-o name` prints it.
    #[must_use]
    pub fn name_of(&self, name: &str) -> String {
        format!("{}/{name}", dotted(&self.kind.to_lowercase(), &self.group))
    }

    /// A name as it is stored: for our own kinds people may write upper case.
    #[must_use]
    pub fn stored_name(&self, name: &str) -> String {
        if self.group.ends_with(".cafefed.dev") { name.to_ascii_lowercase() } else { name.to_owned() }
    }

    /// Whether `word` is one of its names.
    pub(super) fn is_called(&self, word: &str) -> bool {
        let word = word.to_lowercase();
        let (name, group) =
            word.split_once('.').map_or((word.as_str(), None), |(name, rest)| (name, Some(rest)));
        let named = name == self.plural
            || name == self.singular
            || name == self.kind.to_lowercase()
            || self.short_names.iter().any(|short| short == name);
        let grouped = match group {
            None => true,
            Some(group) => {
                group == self.group || group.strip_prefix(&format!("{}.", self.version)) == Some(&self.group)
            }
        };
        named && grouped
    }
}

fn dotted(name: &str, group: &str) -> String {
    if group.is_empty() { name.to_owned() } else { format!("{name}.{group}") }
}

/// One segment of a path: whatever is not allowed in a name is escaped, so that a name never changes the path.
#[must_use]
pub fn segment(text: &str) -> String {
    let mut path = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => path.push(byte.into()),
            _ => path.push_str(&format!("%{byte:02X}")),
        }
    }
    path
}
