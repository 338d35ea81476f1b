//! The part of kubectl's JSONPath that printer columns, selectable fields and scale paths use.
//!
//! `.a.b`, `['a.b']`, `.a\.b`, `[0]`, `[-1]`, `[*]`, `.*` and `[?(@.type=="Ready")]` with
//! `== != < <= > >=` or mere presence. No recursion, no slices, no functions.

use serde_json::Value;
use thiserror::Error;

/// Why a text is no path; positions are bytes.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum JsonPathError {
    /// A path begins with `.` or `[`.
    #[error("the path {0:?} does not begin with '.' or '['; write for example .spec.replicas")]
    Start(String),
    /// Something is missing or superfluous at a position.
    #[error("the path {path:?} is not understood at byte {at}: expected {expected}")]
    Syntax {
        /// The whole path.
        path: String,
        /// Where.
        at: usize,
        /// What should stand there.
        expected: &'static str,
    },
}

/// A parsed path.
#[derive(Clone, Debug, PartialEq)]
pub struct JsonPath {
    steps: Vec<Step>,
}

#[derive(Clone, Debug, PartialEq)]
enum Step {
    Field(String),
    Index(i64),
    All,
    Filter(Filter),
}

#[derive(Clone, Debug, PartialEq)]
struct Filter {
    left: Vec<Step>,
    test: Option<(Comparison, Value)>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl JsonPath {
    /// Reads a path; braces around it (`{.spec}`) are allowed.
    pub fn parse(text: &str) -> Result<Self, JsonPathError> {
        let inner = text.trim();
        let inner = inner.strip_prefix('{').and_then(|t| t.strip_suffix('}')).unwrap_or(inner);
        if !inner.starts_with(['.', '[']) {
            return Err(JsonPathError::Start(text.into()));
        }
        if inner == "." {
            return Ok(Self { steps: Vec::new() });
        }
        let mut parser = Parser { text: inner, at: 0 };
        let steps = parser.steps()?;
        if parser.at < inner.len() { Err(parser.expected("'.' or '['")) } else { Ok(Self { steps }) }
    }

    /// The first value that the path finds.
    pub fn first<'a>(&self, root: &'a Value) -> Option<&'a Value> {
        let mut found = None;
        visit(&self.steps, root, &mut |value| {
            found = Some(value);
            true
        });
        found
    }

    /// All values that the path finds, in the order of the document.
    pub fn all<'a>(&self, root: &'a Value) -> Vec<&'a Value> {
        let mut found = Vec::new();
        visit(&self.steps, root, &mut |value| {
            found.push(value);
            false
        });
        found
    }

    /// The field names, when the path consists of nothing else: `.spec.replicas` is `[spec, replicas]`.
    pub fn fields(&self) -> Option<Vec<&str>> {
        self.steps
            .iter()
            .map(|step| match step {
                Step::Field(name) => Some(name.as_str()),
                Step::Index(_) | Step::All | Step::Filter(_) => None,
            })
            .collect()
    }
}

/// Calls `take` with every value; stops when it says so.
fn visit<'a>(steps: &[Step], value: &'a Value, take: &mut dyn FnMut(&'a Value) -> bool) -> bool {
    let Some((step, rest)) = steps.split_first() else {
        return take(value);
    };
    match (step, value) {
        (Step::Field(name), Value::Object(map)) => map.get(name).is_some_and(|v| visit(rest, v, take)),
        (Step::Index(index), Value::Array(items)) => {
            let index = if *index < 0 { index + items.len() as i64 } else { *index };
            let item = usize::try_from(index).ok().and_then(|i| items.get(i));
            item.is_some_and(|v| visit(rest, v, take))
        }
        (Step::All, Value::Array(items)) => items.iter().any(|v| visit(rest, v, take)),
        (Step::All, Value::Object(map)) => map.values().any(|v| visit(rest, v, take)),
        (Step::Filter(filter), Value::Array(items)) => {
            items.iter().filter(|item| filter.holds(item)).any(|v| visit(rest, v, take))
        }
        _ => false,
    }
}

impl Filter {
    fn holds(&self, item: &Value) -> bool {
        let mut holds = false;
        visit(&self.left, item, &mut |value| {
            holds = match &self.test {
                None => true,
                Some((comparison, right)) => comparison.holds(value, right),
            };
            true
        });
        holds
    }
}

impl Comparison {
    fn holds(self, left: &Value, right: &Value) -> bool {
        let order = match (left, right) {
            (Value::String(a), Value::String(b)) => Some(a.cmp(b)),
            (Value::Number(a), Value::Number(b)) => {
                a.as_f64().zip(b.as_f64()).and_then(|(a, b)| a.partial_cmp(&b))
            }
            _ => None,
        };
        match self {
            Self::Equal => order.map_or(left == right, std::cmp::Ordering::is_eq),
            Self::NotEqual => order.map_or(left != right, std::cmp::Ordering::is_ne),
            Self::Less => order.is_some_and(std::cmp::Ordering::is_lt),
            Self::LessOrEqual => order.is_some_and(std::cmp::Ordering::is_le),
            Self::Greater => order.is_some_and(std::cmp::Ordering::is_gt),
            Self::GreaterOrEqual => order.is_some_and(std::cmp::Ordering::is_ge),
        }
    }
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Parser<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn take(&mut self, token: &str) -> bool {
        let found = self.rest().starts_with(token);
        if found {
            self.at += token.len();
        }
        found
    }

    fn spaces(&mut self) {
        self.at += self.rest().len() - self.rest().trim_start().len();
    }

    fn expected(&self, expected: &'static str) -> JsonPathError {
        JsonPathError::Syntax { path: self.text.into(), at: self.at, expected }
    }

    fn steps(&mut self) -> Result<Vec<Step>, JsonPathError> {
        let mut steps = Vec::new();
        loop {
            if self.take(".") {
                if self.rest().starts_with('[') {
                    continue;
                }
                if self.take("*") {
                    steps.push(Step::All);
                } else {
                    steps.push(Step::Field(self.name()?));
                }
            } else if self.take("[") {
                steps.push(self.bracket()?);
            } else {
                return Ok(steps);
            }
        }
    }

    /// A field name up to the next character that means something; `\` takes the next one as it is.
    fn name(&mut self) -> Result<String, JsonPathError> {
        let mut name = String::new();
        while let Some(c) = self.rest().chars().next() {
            if c == '\\' {
                self.at += 1;
                let Some(escaped) = self.rest().chars().next() else {
                    return Err(self.expected("a character after '\\'"));
                };
                name.push(escaped);
                self.at += escaped.len_utf8();
            } else if c.is_whitespace() || ".[]()=!<>'\"{}@|,*?".contains(c) {
                break;
            } else {
                name.push(c);
                self.at += c.len_utf8();
            }
        }
        if name.is_empty() { Err(self.expected("a field name")) } else { Ok(name) }
    }

    /// After `[`, with the closing bracket.
    fn bracket(&mut self) -> Result<Step, JsonPathError> {
        let step = if self.take("*") {
            Step::All
        } else if self.take("?(") {
            Step::Filter(self.filter()?)
        } else if self.rest().starts_with(['\'', '"']) {
            Step::Field(self.quoted()?)
        } else {
            Step::Index(self.integer()?)
        };
        if self.take("]") { Ok(step) } else { Err(self.expected("']'")) }
    }

    fn integer(&mut self) -> Result<i64, JsonPathError> {
        let end = self.rest().find(|c: char| !c.is_ascii_digit() && c != '-').unwrap_or(self.rest().len());
        let number =
            self.rest()[..end].parse().map_err(|_| self.expected("an index, '*', a name in quotes or '?('"));
        self.at += end;
        number
    }

    fn quoted(&mut self) -> Result<String, JsonPathError> {
        let quote = self.rest().chars().next().filter(|c| matches!(c, '\'' | '"'));
        let quote = quote.ok_or_else(|| self.expected("a quote"))?;
        self.at += 1;
        let mut text = String::new();
        let mut escaped = false;
        for (i, c) in self.rest().char_indices() {
            match c {
                '\\' if !escaped => escaped = true,
                c if c == quote && !escaped => {
                    self.at += i + 1;
                    return Ok(text);
                }
                c => {
                    escaped = false;
                    text.push(c);
                }
            }
        }
        Err(self.expected("the closing quote"))
    }

    /// After `?(`, with the closing parenthesis.
    fn filter(&mut self) -> Result<Filter, JsonPathError> {
        self.spaces();
        if !self.take("@") {
            return Err(self.expected("'@'"));
        }
        // Filters do not nest: their left side is fields, names in quotes and indexes.
        let left = self.plain_steps()?;
        self.spaces();
        let test = match self.comparison() {
            None => None,
            Some(comparison) => {
                self.spaces();
                Some((comparison, self.literal()?))
            }
        };
        self.spaces();
        if self.take(")") { Ok(Filter { left, test }) } else { Err(self.expected("')'")) }
    }

    fn plain_steps(&mut self) -> Result<Vec<Step>, JsonPathError> {
        let mut steps = Vec::new();
        loop {
            if self.take(".") {
                steps.push(Step::Field(self.name()?));
            } else if self.rest().starts_with("[?") {
                return Err(self.expected("no filter inside a filter"));
            } else if self.take("[") {
                steps.push(self.bracket()?);
            } else {
                return Ok(steps);
            }
        }
    }

    fn comparison(&mut self) -> Option<Comparison> {
        const SIGNS: [(&str, Comparison); 6] = [
            ("==", Comparison::Equal),
            ("!=", Comparison::NotEqual),
            ("<=", Comparison::LessOrEqual),
            (">=", Comparison::GreaterOrEqual),
            ("<", Comparison::Less),
            (">", Comparison::Greater),
        ];
        SIGNS.into_iter().find(|(sign, _)| self.take(sign)).map(|(_, comparison)| comparison)
    }

    fn literal(&mut self) -> Result<Value, JsonPathError> {
        if self.rest().starts_with(['\'', '"']) {
            return self.quoted().map(Value::String);
        }
        for (word, value) in [("true", Value::Bool(true)), ("false", Value::Bool(false))] {
            if self.take(word) {
                return Ok(value);
            }
        }
        let end = self.rest().find(|c: char| c == ')' || c.is_whitespace()).unwrap_or(self.rest().len());
        let number = serde_json::from_str::<serde_json::Number>(&self.rest()[..end]);
        let number = number.map_err(|_| self.expected("a text in quotes, a number, true or false"))?;
        self.at += end;
        Ok(Value::Number(number))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn paths_find_what_kubectl_finds() {
        let object = json!({
            "spec": {"unit": "rz00", "app.kubernetes.io/name": "shop", "list": [{"a": 1}, {"a": 2}]},
            "status": {"conditions": [
                {"type": "Ready", "status": "False", "n": 3}, {"type": "Joined", "status": "True", "n": 5}]}
        });
        for (path, values) in [
            (".spec.unit", vec![json!("rz00")]),
            ("{.spec.unit}", vec![json!("rz00")]),
            (".spec['unit']", vec![json!("rz00")]),
            (".spec.app\\.kubernetes\\.io/name", vec![json!("shop")]),
            (".spec['app.kubernetes.io/name']", vec![json!("shop")]),
            (".spec.list[0].a", vec![json!(1)]),
            (".spec.list[-1].a", vec![json!(2)]),
            (".spec.list[7].a", vec![]),
            (".spec.list[*].a", vec![json!(1), json!(2)]),
            (".status.conditions[?(@.type==\"Joined\")].status", vec![json!("True")]),
            (".status.conditions[?(@.type == 'Ready')].status", vec![json!("False")]),
            (".status.conditions[?(@.type!='Ready')].type", vec![json!("Joined")]),
            (".status.conditions[?(@.n>=4)].type", vec![json!("Joined")]),
            (".status.conditions[?(@.none)].type", vec![]),
            (".spec.nothing.more", vec![]),
        ] {
            let parsed = JsonPath::parse(path).unwrap();
            let found: Vec<Value> = parsed.all(&object).into_iter().cloned().collect();
            assert_eq!(found, values, "{path}");
            assert_eq!(parsed.first(&object), values.first(), "{path}");
        }
    }

    #[test]
    fn what_is_no_path_is_refused_with_its_place() {
        for path in ["", "spec", ".", "..a", ".a[", ".a[x]", ".a[?(@.b==)]", ".a[?(b)]", ".a['x]", ".a]"] {
            let result = JsonPath::parse(path);
            assert_eq!(result.is_ok(), path == ".", "{path}: {result:?}");
        }
    }

    #[test]
    fn only_fields_are_a_plain_path() {
        assert_eq!(JsonPath::parse(".spec.replicas").unwrap().fields(), Some(vec!["spec", "replicas"]));
        assert_eq!(JsonPath::parse(".spec[0]").unwrap().fields(), None);
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "[.\\[\\]'\"a-c0-9*?(@)=!<>{}\\\\é -]{0,24}") {
            if let Ok(path) = JsonPath::parse(&text) {
                path.all(&json!({"a": [{"b": 1}, {"b": "c"}], "b": {"a": [1, 2]}}));
            }
        }

        #[test]
        fn any_field_is_found_by_its_quoted_name(name in "[^'\\\\\"]{1,12}") {
            let path = JsonPath::parse(&format!("['{name}']")).unwrap();
            let mut object = serde_json::Map::new();
            object.insert(name, json!(1));
            let object = Value::Object(object);
            prop_assert_eq!(path.first(&object), Some(&json!(1)));
        }
    }
}
