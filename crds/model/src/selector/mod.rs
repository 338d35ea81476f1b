//! Label selectors as Kubernetes has them, over plain maps: `matchLabels` and `matchExpressions`, all ANDed.

mod parse;
mod requirement;

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

pub use requirement::{Operator, Requirement, SelectorError};

/// Labels of an object.
pub type Labels = BTreeMap<String, String>;

/// Requirements that must all hold. Without any it selects everything; whoever means nothing by an absent
/// selector says so with an `Option`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selector {
    requirements: Vec<Requirement>,
}

impl Selector {
    /// A selector of these requirements.
    #[must_use]
    pub const fn new(requirements: Vec<Requirement>) -> Self {
        Self { requirements }
    }

    /// A selector of `matchLabels` and `matchExpressions`; each expression is a key, an operator by its
    /// Kubernetes name (`In`, `NotIn`, `Exists`, `DoesNotExist`), and values.
    pub fn from_parts<'a>(
        match_labels: &Labels,
        match_expressions: impl IntoIterator<Item = (&'a str, &'a str, &'a [String])>,
    ) -> Result<Self, SelectorError> {
        let mut requirements = Vec::with_capacity(match_labels.len());
        for (key, value) in match_labels {
            requirements.push(Requirement::new(key, Operator::In, [value.clone()])?);
        }
        for (key, operator, values) in match_expressions {
            requirements.push(Requirement::new(key, operator.parse()?, values.iter().cloned())?);
        }
        Ok(Self { requirements })
    }

    /// The requirements.
    #[must_use]
    pub fn requirements(&self) -> &[Requirement] {
        &self.requirements
    }

    /// Whether it selects everything.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.requirements.is_empty()
    }

    /// Whether an object with `labels` is selected.
    #[must_use]
    pub fn matches(&self, labels: &Labels) -> bool {
        self.requirements.iter().all(|requirement| requirement.matches(labels))
    }
}

impl FromStr for Selector {
    type Err = SelectorError;

    /// Reads `app=shop,tier in (web, api),!legacy`, as `kubectl -l` does.
    fn from_str(text: &str) -> Result<Self, SelectorError> {
        parse::selector(text)
    }
}

impl fmt::Display for Selector {
    /// As `kubectl -l` takes it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, requirement) in self.requirements.iter().enumerate() {
            let comma = if place == 0 { "" } else { "," };
            write!(f, "{comma}{requirement}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn labels(pairs: &[(&str, &str)]) -> Labels {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn selects_as_kubernetes_does() {
        let shop = labels(&[("app", "shop"), ("example.com/tier", "web"), ("empty", "")]);
        for (text, selected) in [
            ("", true),
            ("app=shop", true),
            ("app==shop", true),
            ("app!=shop", false),
            ("other!=shop", true),
            ("app", true),
            ("!app", false),
            ("! other", true),
            ("app in (shop, pay)", true),
            ("app in (pay)", false),
            ("other in (pay)", false),
            ("app notin (pay)", true),
            ("other notin (pay)", true),
            ("app=shop,example.com/tier in (web),!legacy", true),
            ("app=shop,example.com/tier=api", false),
            ("empty=", true),
            ("app=", false),
            ("empty in (,x)", true),
        ] {
            assert_eq!(text.parse::<Selector>().unwrap().matches(&shop), selected, "{text}");
        }
    }

    #[test]
    fn bad_texts_say_what_is_wrong() {
        for (text, part) in [
            ("app=shop,", "position 9"),
            ("=shop", "position 0"),
            ("app in shop", "position 7"),
            ("app in (", "position 8"),
            ("app ~ shop", "position 4"),
            ("app=a b", "position 6"),
            ("/x=1", "\"/x\""),
            ("a/b/c=1", "\"a/b/c\""),
            ("app=-x", "\"-x\""),
        ] {
            let error = text.parse::<Selector>().unwrap_err().to_string();
            assert!(error.contains(part), "{text}: {error}");
        }
    }

    #[test]
    fn parts_are_checked() {
        let values = ["a".to_owned()];
        let no_labels = Labels::new();
        let one = |operator, values| Selector::from_parts(&no_labels, [("k", operator, values)]);
        assert!(one("In", &values[..]).is_ok());
        assert_eq!(
            one("Is", &values[..]).unwrap_err().to_string(),
            "\"Is\" is not a selector operator: use In, NotIn, Exists or DoesNotExist"
        );
        assert_eq!(
            one("In", &[][..]).unwrap_err().to_string(),
            "selector requirement In on key \"k\" needs at least one value"
        );
        assert!(one("Exists", &values[..]).is_err());
        let shop = labels(&[("app", "shop")]);
        assert!(Selector::from_parts(&shop, []).unwrap().matches(&shop));
    }

    fn requirement() -> impl Strategy<Value = Requirement> {
        let values = proptest::collection::btree_set("[a-c]{0,2}", 1..4);
        ("[a-c]{1,3}", 0..4_u8, values).prop_map(|(key, operator, values)| {
            let (operator, values) = match operator {
                0 => (Operator::In, values),
                1 => (Operator::NotIn, values),
                2 => (Operator::Exists, Default::default()),
                _ => (Operator::DoesNotExist, Default::default()),
            };
            Requirement::new(&key, operator, values).unwrap()
        })
    }

    proptest! {
        #[test]
        fn never_panics(text in "\\PC{0,60}") {
            let _ = text.parse::<Selector>();
        }

        #[test]
        fn never_panics_on_what_looks_right(text in "[ab!=,()inot ./-]{0,24}") {
            let _ = text.parse::<Selector>();
        }

        #[test]
        fn display_and_parse_are_a_round_trip(requirements in proptest::collection::vec(requirement(), 0..5)) {
            let selector = Selector::new(requirements);
            prop_assert_eq!(selector.to_string().parse::<Selector>().unwrap(), selector);
        }

        #[test]
        fn not_in_is_the_opposite_of_in(key in "[a-c]", values in proptest::collection::btree_set("[a-c]", 1..3),
            labels in proptest::collection::btree_map("[a-c]", "[a-c]", 0..4)) {
            let has = Requirement::new(&key, Operator::In, values.clone()).unwrap();
            let has_not = Requirement::new(&key, Operator::NotIn, values).unwrap();
            prop_assert_ne!(has.matches(&labels), has_not.matches(&labels));
        }
    }
}
