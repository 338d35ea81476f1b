//! Label selectors.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;
use model::selector::{Labels, Selector, SelectorError};

/// The selector in the model's words. Without any requirement it selects everything.
pub fn selector(from: &LabelSelector) -> Result<Selector, SelectorError> {
    let none = Labels::new();
    let expressions = from.match_expressions.as_deref().unwrap_or_default().iter().map(|expression| {
        let values = expression.values.as_deref().unwrap_or_default();
        (expression.key.as_str(), expression.operator.as_str(), values)
    });
    Selector::from_parts(from.match_labels.as_ref().unwrap_or(&none), expressions)
}

#[cfg(test)]
mod tests {
    use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelectorRequirement;

    use super::*;

    #[test]
    fn labels_and_expressions_are_anded() {
        let requirement = LabelSelectorRequirement {
            key: "tier".into(),
            operator: "In".into(),
            values: Some(vec!["web".into()]),
        };
        let from = LabelSelector {
            match_labels: Some([("app".to_owned(), "shop".to_owned())].into()),
            match_expressions: Some(vec![requirement]),
        };
        assert_eq!(selector(&from).unwrap().to_string(), "app=shop,tier=web");
    }

    #[test]
    fn an_unknown_operator_is_refused() {
        let requirement =
            LabelSelectorRequirement { key: "tier".into(), operator: "Near".into(), values: None };
        let from = LabelSelector { match_labels: None, match_expressions: Some(vec![requirement]) };
        assert!(selector(&from).unwrap_err().to_string().contains("Near"));
    }
}
