//! Reading a selector as `kubectl -l` takes it.

use super::{Operator, Requirement, Selector, SelectorError};

/// A cursor over the characters of one selector.
struct Cursor {
    chars: Vec<char>,
    position: usize,
}

pub(super) fn selector(text: &str) -> Result<Selector, SelectorError> {
    let mut cursor = Cursor { chars: text.chars().collect(), position: 0 };
    let mut requirements = Vec::new();
    cursor.skip_spaces();
    if cursor.peek().is_none() {
        return Ok(Selector::default());
    }
    loop {
        requirements.push(cursor.requirement()?);
        cursor.skip_spaces();
        match cursor.peek() {
            None => return Ok(Selector::new(requirements)),
            Some(',') => cursor.position += 1,
            Some(_) => return Err(cursor.unexpected("',' or the end")),
        }
    }
}

impl Cursor {
    fn peek(&self) -> Option<char> {
        self.chars.get(self.position).copied()
    }

    fn skip_spaces(&mut self) {
        while self.peek().is_some_and(char::is_whitespace) {
            self.position += 1;
        }
    }

    fn take(&mut self, wanted: char) -> bool {
        let found = self.peek() == Some(wanted);
        self.position += usize::from(found);
        found
    }

    /// Characters up to a space or a sign of the syntax; may be none.
    fn word(&mut self) -> String {
        let begin = self.position;
        while self.peek().is_some_and(|c| !c.is_whitespace() && !matches!(c, ',' | '(' | ')' | '=' | '!')) {
            self.position += 1;
        }
        self.chars[begin..self.position].iter().collect()
    }

    fn unexpected(&self, expected: &'static str) -> SelectorError {
        let found = self.peek().map_or_else(|| "nothing".to_owned(), |c| format!("{c:?}"));
        SelectorError::Syntax { position: self.position, found, expected }
    }

    fn key(&mut self) -> Result<String, SelectorError> {
        self.skip_spaces();
        let key = self.word();
        if key.is_empty() { Err(self.unexpected("a label key")) } else { Ok(key) }
    }

    fn requirement(&mut self) -> Result<Requirement, SelectorError> {
        self.skip_spaces();
        if self.take('!') {
            let key = self.key()?;
            return Requirement::new(&key, Operator::DoesNotExist, []);
        }
        let key = self.key()?;
        self.skip_spaces();
        match self.peek() {
            None | Some(',') => Requirement::new(&key, Operator::Exists, []),
            Some('=') => {
                self.position += 1;
                self.take('=');
                self.single(&key, Operator::In)
            }
            Some('!') => {
                self.position += 1;
                if !self.take('=') {
                    return Err(self.unexpected("'=' after '!'"));
                }
                self.single(&key, Operator::NotIn)
            }
            Some(_) => self.list(&key),
        }
    }

    fn single(&mut self, key: &str, operator: Operator) -> Result<Requirement, SelectorError> {
        self.skip_spaces();
        let value = self.word();
        Requirement::new(key, operator, [value])
    }

    fn list(&mut self, key: &str) -> Result<Requirement, SelectorError> {
        let begin = self.position;
        let operator = match self.word().as_str() {
            "in" => Operator::In,
            "notin" => Operator::NotIn,
            _ => {
                self.position = begin;
                return Err(self.unexpected("'=', '!=', 'in' or 'notin'"));
            }
        };
        self.skip_spaces();
        if !self.take('(') {
            return Err(self.unexpected("'('"));
        }
        let mut values = Vec::new();
        loop {
            self.skip_spaces();
            values.push(self.word());
            self.skip_spaces();
            if self.take(')') {
                return Requirement::new(key, operator, values);
            }
            if !self.take(',') {
                return Err(self.unexpected("',' or ')'"));
            }
        }
    }
}
