//! One validation rule: expression, message, where its error goes.

use std::sync::Arc;

use kube_cel::cel::{self, objects::OptionalValue};
use serde_json::Value;

use super::budget::Budget;
use super::convert::to_cel;
use super::out_of_budget;
use super::program::{Program, ProgramError};
use crate::schema::{At, Path, shown};
use crate::status::{FieldError, FieldErrorKind};

/// Longest message that a `messageExpression` may make, in bytes (as upstream).
const MAX_MESSAGE: usize = 10 * 1024;

/// Why a rule cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum RuleError {
    /// `rule` is missing.
    #[error("the rule has no text under \"rule\"")]
    NoRule,
    /// An expression does not compile.
    #[error("compile {expression:?}: {source}")]
    Expression {
        /// The expression.
        expression: String,
        /// Why.
        #[source]
        source: ProgramError,
    },
    /// `reason` is not one of the known ones.
    #[error(
        "the reason {0:?} is not one of FieldValueInvalid, FieldValueForbidden, FieldValueRequired, FieldValueDuplicate"
    )]
    Reason(String),
}

/// A compiled entry of `x-kubernetes-validations`.
#[derive(Clone, Debug)]
pub struct Rule {
    source: Box<str>,
    program: Program,
    message: Option<Box<str>>,
    message_expression: Option<Program>,
    kind: FieldErrorKind,
    field_path: Option<Box<str>>,
    optional_old_self: bool,
}

impl Rule {
    /// Reads and compiles one entry.
    ///
    /// # Errors
    /// When the rule or its message expression does not compile, or the reason is unknown.
    pub fn from_json(rule: &Value) -> Result<Self, RuleError> {
        let text = |name: &str| {
            rule.get(name).and_then(Value::as_str).map(str::trim).filter(|text| !text.is_empty())
        };
        let source = text("rule").ok_or(RuleError::NoRule)?;
        let compile = |expression: &str| {
            let failed = |source| RuleError::Expression { expression: expression.to_owned(), source };
            Program::compile(expression).map_err(failed)
        };
        let kind = match text("reason") {
            None | Some("FieldValueInvalid") => FieldErrorKind::Invalid,
            Some("FieldValueForbidden") => FieldErrorKind::Forbidden,
            Some("FieldValueRequired") => FieldErrorKind::Required,
            Some("FieldValueDuplicate") => FieldErrorKind::Duplicate,
            Some(other) => return Err(RuleError::Reason(other.to_owned())),
        };
        Ok(Self {
            source: source.into(),
            program: compile(source)?,
            message: text("message").map(Into::into),
            message_expression: text("messageExpression").map(compile).transpose()?,
            kind,
            field_path: text("fieldPath").map(|path| path.trim_start_matches('.').into()),
            optional_old_self: rule.get("optionalOldSelf") == Some(&Value::Bool(true)),
        })
    }

    fn label(&self) -> &str {
        self.message.as_deref().unwrap_or(&self.source)
    }

    /// Whether this rule is evaluated for the change from `old` to `value`.
    fn applies(&self, value: &Value, old: Option<&Value>) -> bool {
        match old {
            Some(old) => self.program.uses_old_self() || old != value,
            None => !self.program.uses_old_self() || self.optional_old_self,
        }
    }

    fn old_variable(&self, old: Option<&Value>, at: At<'_>) -> cel::Value {
        let old = old.map(|old| to_cel(old, Some(at)));
        match (self.optional_old_self, old) {
            (true, Some(old)) => cel::Value::Opaque(Arc::new(OptionalValue::of(old))),
            (true, None) => cel::Value::Opaque(Arc::new(OptionalValue::none())),
            (false, old) => old.unwrap_or(cel::Value::Null),
        }
    }

    fn refuse(&self, value: &Value, path: &Path<'_>, detail: String) -> FieldError {
        let path = match (&self.field_path, path.is_root()) {
            (None, _) => path.to_string(),
            (Some(field), true) => field.to_string(),
            (Some(field), false) => format!("{path}.{field}"),
        };
        let error = FieldError::new(self.kind, path, detail);
        let with_value = matches!(self.kind, FieldErrorKind::Invalid | FieldErrorKind::Duplicate);
        if with_value && !value.is_object() && !value.is_array() { error.shown(shown(value)) } else { error }
    }

    fn message(&self, variables: &[(&str, cel::Value)], budget: &mut Budget) -> String {
        let made =
            self.message_expression.as_ref().and_then(|program| program.evaluate(variables, budget).ok());
        if let Some(cel::Value::String(text)) = made
            && !text.trim().is_empty()
            && text.len() <= MAX_MESSAGE
            && !text.contains('\n')
        {
            return text.trim().to_owned();
        }
        match &self.message {
            Some(message) => message.to_string(),
            None => format!("failed rule: {}", self.source),
        }
    }
}

/// Evaluates the rules of `at` itself for `value`.
pub(super) fn check(
    value: &Value,
    old: Option<&Value>,
    at: At<'_>,
    path: &Path<'_>,
    budget: &mut Budget,
    errors: &mut Vec<FieldError>,
) {
    let mut this: Option<cel::Value> = None;
    for rule in &at.rules {
        if !rule.applies(value, old) {
            continue;
        }
        if budget.is_spent() {
            errors.push(out_of_budget(path));
            return;
        }
        let this = this.get_or_insert_with(|| to_cel(value, Some(at)));
        let mut variables = vec![("self", this.clone())];
        if rule.program.uses_old_self()
            || rule.message_expression.as_ref().is_some_and(Program::uses_old_self)
        {
            variables.push(("oldSelf", rule.old_variable(old, at)));
        }
        match rule.program.evaluate(&variables, budget) {
            Ok(cel::Value::Bool(true)) => {}
            Ok(cel::Value::Bool(false)) => {
                let message = rule.message(&variables, budget);
                errors.push(rule.refuse(value, path, message));
            }
            Ok(_) => {
                let detail = format!("rule does not evaluate to a boolean: {}", rule.label());
                errors.push(FieldError::new(FieldErrorKind::Invalid, path.to_string(), detail));
            }
            Err(ProgramError::Budget) => {
                errors.push(out_of_budget(path));
                return;
            }
            Err(error) => {
                let detail = format!("{error} evaluating rule: {}", rule.label());
                errors.push(FieldError::new(FieldErrorKind::Invalid, path.to_string(), detail));
            }
        }
    }
}
