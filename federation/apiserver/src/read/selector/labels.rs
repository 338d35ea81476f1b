//! Label selectors, set-based ones too: `app=shop,tier in (web,db),!canary`.
//!
//! Grammar and meaning: `apimachinery/pkg/labels/selector.go`.

use std::fmt;

/// All requirements must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct LabelSelector {
    requirements: Vec<Requirement>,
}

/// Why a selector cannot be read. The text is upstream's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unable to parse requirement: {0}")]
pub(crate) struct SelectorError(String);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Requirement {
    key: String,
    test: Test,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Test {
    Exists,
    Missing,
    In(Vec<String>),
    NotIn(Vec<String>),
    Greater(i64),
    Less(i64),
}

impl LabelSelector {
    /// Reads a selector; the empty text selects everything.
    pub(crate) fn parse(text: &str) -> Result<Self, SelectorError> {
        let mut lexer = Lexer { rest: text };
        let mut requirements = Vec::new();
        if lexer.peek() == Token::End {
            return Ok(Self::default());
        }
        loop {
            requirements.push(requirement(&mut lexer)?);
            match lexer.next() {
                Token::End => return Ok(Self { requirements }),
                Token::Comma => {}
                other => {
                    return Err(SelectorError(format!("found '{other}', expected: ',' or 'end of string'")));
                }
            }
        }
    }

    /// Whether it selects everything.
    pub(crate) fn is_empty(&self) -> bool {
        self.requirements.is_empty()
    }

    /// Whether labels, looked up by `label`, satisfy it.
    pub(crate) fn matches<'a>(&self, label: impl Fn(&str) -> Option<&'a str>) -> bool {
        self.requirements.iter().all(|r| r.test.holds(label(&r.key)))
    }
}

impl Test {
    fn holds(&self, value: Option<&str>) -> bool {
        match self {
            Self::Exists => value.is_some(),
            Self::Missing => value.is_none(),
            Self::In(values) => value.is_some_and(|v| values.iter().any(|w| w == v)),
            Self::NotIn(values) => value.is_none_or(|v| values.iter().all(|w| w != v)),
            Self::Greater(n) => value.and_then(|v| v.parse::<i64>().ok()).is_some_and(|v| v > *n),
            Self::Less(n) => value.and_then(|v| v.parse::<i64>().ok()).is_some_and(|v| v < *n),
        }
    }
}

fn requirement(lexer: &mut Lexer<'_>) -> Result<Requirement, SelectorError> {
    let missing = lexer.peek() == Token::Not;
    if missing {
        lexer.next();
    }
    let key = match lexer.next() {
        Token::Word(word) => word.to_owned(),
        other => {
            return Err(SelectorError(format!(
                "found '{other}', expected: !, identifier, or 'end of string'"
            )));
        }
    };
    check_key(&key)?;
    if missing {
        return Ok(Requirement { key, test: Test::Missing });
    }
    if matches!(lexer.peek(), Token::End | Token::Comma) {
        return Ok(Requirement { key, test: Test::Exists });
    }
    let test = match lexer.next() {
        Token::Equal => Test::In(vec![one_value(lexer)?]),
        Token::NotEqual => Test::NotIn(vec![one_value(lexer)?]),
        Token::Word("in") => Test::In(values(lexer)?),
        Token::Word("notin") => Test::NotIn(values(lexer)?),
        Token::Greater => Test::Greater(number(&one_value(lexer)?)?),
        Token::Less => Test::Less(number(&one_value(lexer)?)?),
        other => {
            return Err(SelectorError(format!("found '{other}', expected: in, notin, =, ==, !=, gt, lt")));
        }
    };
    Ok(Requirement { key, test })
}

fn one_value(lexer: &mut Lexer<'_>) -> Result<String, SelectorError> {
    match lexer.peek() {
        Token::End | Token::Comma => Ok(String::new()),
        Token::Word(word) => {
            lexer.next();
            check_value(word)?;
            Ok(word.to_owned())
        }
        other => Err(SelectorError(format!("found '{other}', expected: identifier"))),
    }
}

fn values(lexer: &mut Lexer<'_>) -> Result<Vec<String>, SelectorError> {
    match lexer.next() {
        Token::Open => {}
        other => return Err(SelectorError(format!("found '{other}', expected: '('"))),
    }
    let mut values = Vec::new();
    loop {
        match lexer.peek() {
            Token::Word(word) => {
                lexer.next();
                check_value(word)?;
                values.push(word.to_owned());
            }
            Token::Comma | Token::Close => values.push(String::new()),
            other => return Err(SelectorError(format!("found '{other}', expected: ',', ')' or identifier"))),
        }
        match lexer.next() {
            Token::Comma => {}
            Token::Close => return Ok(values),
            other => return Err(SelectorError(format!("found '{other}', expected: ',' or ')'"))),
        }
    }
}

fn number(text: &str) -> Result<i64, SelectorError> {
    text.parse().map_err(|_| {
        SelectorError(format!(
            "values[0]: Invalid value: \"{text}\": for 'Gt', 'Lt' operators, the value must be an integer"
        ))
    })
}

fn check_key(key: &str) -> Result<(), SelectorError> {
    let (prefix, name) = key.split_once('/').unwrap_or(("", key));
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let ends = |t: &str| {
        t.starts_with(|c: char| c.is_ascii_alphanumeric()) && t.ends_with(|c: char| c.is_ascii_alphanumeric())
    };
    let good = name.len() <= 63 && ends(name) && name.chars().all(plain) && prefix.chars().all(plain);
    if good && (prefix.is_empty() != key.contains('/')) {
        return Ok(());
    }
    Err(SelectorError(format!(
        "<nil>: Invalid value: \"{key}\": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
    )))
}

fn check_value(value: &str) -> Result<(), SelectorError> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let edge = |c: char| c.is_ascii_alphanumeric();
    if value.len() <= 63 && value.chars().all(plain) && value.starts_with(edge) && value.ends_with(edge) {
        return Ok(());
    }
    Err(SelectorError(format!(
        "<nil>: Invalid value: \"{value}\": a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"
    )))
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Token<'a> {
    Word(&'a str),
    Comma,
    Open,
    Close,
    Not,
    Equal,
    NotEqual,
    Greater,
    Less,
    End,
}

impl fmt::Display for Token<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Word(word) => word,
            Self::Comma => ",",
            Self::Open => "(",
            Self::Close => ")",
            Self::Not => "!",
            Self::Equal => "=",
            Self::NotEqual => "!=",
            Self::Greater => ">",
            Self::Less => "<",
            Self::End => "",
        })
    }
}

#[derive(Clone, Copy)]
struct Lexer<'a> {
    rest: &'a str,
}

impl<'a> Lexer<'a> {
    fn peek(&self) -> Token<'a> {
        let mut ahead = *self;
        ahead.next()
    }

    fn next(&mut self) -> Token<'a> {
        self.rest = self.rest.trim_start();
        let fixed = [
            ("==", Token::Equal),
            ("!=", Token::NotEqual),
            ("=", Token::Equal),
            ("!", Token::Not),
            (",", Token::Comma),
            ("(", Token::Open),
            (")", Token::Close),
            (">", Token::Greater),
            ("<", Token::Less),
        ];
        for (text, token) in fixed {
            if let Some(rest) = self.rest.strip_prefix(text) {
                self.rest = rest;
                return token;
            }
        }
        let end =
            self.rest.find(|c: char| c.is_whitespace() || "=!,()<>".contains(c)).unwrap_or(self.rest.len());
        if end == 0 {
            return Token::End;
        }
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        Token::Word(word)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn matches(selector: &str, labels: &[(&str, &'static str)]) -> bool {
        let selector = LabelSelector::parse(selector).expect(selector);
        selector.matches(|key| labels.iter().find(|(k, _)| *k == key).map(|(_, v)| *v))
    }

    #[test]
    fn every_operator() {
        let labels = [("a", "x"), ("n", "5"), ("example.com/e", "")];
        let cases = [
            ("", true),
            ("a", true),
            ("b", false),
            ("!b", true),
            ("!a", false),
            ("a=x", true),
            ("a==x", true),
            ("a = y", false),
            ("a!=y", true),
            ("b!=y", true),
            ("a in (x, y)", true),
            ("a in (y)", false),
            ("b in (y)", false),
            ("a notin (x)", false),
            ("b notin (x)", true),
            ("n>4,n<6", true),
            ("n>5", false),
            ("a>1", false),
            ("example.com/e=", true),
            ("example.com/e in (,x)", true),
            ("a=x,b", false),
        ];
        for (selector, expected) in cases {
            assert_eq!(matches(selector, &labels), expected, "{selector}");
        }
    }

    #[test]
    fn what_is_no_selector_is_refused() {
        for text in
            ["a=x,", "=x", "a in x", "a in (x", "a x", "!", "a=x y", "a>b", "-a", "a=-", "a/b/c", "/a", "a!"]
        {
            assert!(LabelSelector::parse(text).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn never_panics(text in "[a-c/=!,() <>innot.-]{0,24}") {
            let _ = LabelSelector::parse(&text);
        }
    }
}
