//! What changes while it is looked at: in a terminal a picture in place, in a pipe the lines that are new.

use crossterm::cursor::MoveUp;
use crossterm::terminal::{Clear, ClearType};

use crate::failure::Failure;
use crate::screen::Screen;
use crate::table::Table;

/// A picture on the screen.
#[derive(Debug, Default)]
pub struct Live {
    drawn: usize,
    printed: Vec<Vec<String>>,
}

impl Live {
    /// Draws lines over the ones that were drawn before. Lines are cut at the width and height of the terminal:
    /// a line that wraps could not be drawn over.
    pub fn draw(&mut self, screen: &mut Screen, lines: &[String]) -> Result<(), Failure> {
        let (columns, rows) = screen.size();
        let mut text = String::new();
        if self.drawn > 0 {
            text.push_str(&format!("{}", MoveUp(u16::try_from(self.drawn).unwrap_or(u16::MAX))));
        }
        let shown = lines.len().min(rows.saturating_sub(1).max(1));
        for line in &lines[..shown] {
            text.extend(line.chars().take(columns));
            text.push_str(&format!("{}\n", Clear(ClearType::UntilNewLine)));
        }
        text.push_str(&format!("{}", Clear(ClearType::FromCursorDown)));
        self.drawn = shown;
        Ok(screen.text(&text)?)
    }

    /// Shows a table: in a terminal in place; in a pipe its header once, then rows that changed. Columns in
    /// `moving` (ages) change all the time and do not make a row a new one.
    pub fn table(&mut self, screen: &mut Screen, table: &Table, moving: &[&str]) -> Result<(), Failure> {
        if screen.is_terminal() {
            return self.draw(screen, &table.lines());
        }
        let lines = self.new_lines(table, moving);
        crate::show::lines(screen, &lines)
    }

    fn new_lines(&mut self, table: &Table, moving: &[&str]) -> Vec<String> {
        let still: Vec<usize> =
            (0..table.header.len()).filter(|at| !moving.contains(&table.header[*at].as_str())).collect();
        let key = |row: &Vec<String>| -> Vec<String> {
            still.iter().map(|at| row.get(*at).cloned().unwrap_or_default()).collect()
        };
        let all = table.lines();
        let mut lines = Vec::new();
        if self.printed.is_empty() && !table.rows.is_empty() {
            lines.push(all[0].clone());
        }
        let keys: Vec<Vec<String>> = table.rows.iter().map(key).collect();
        for (row, line) in keys.iter().zip(&all[1..]) {
            if !self.printed.contains(row) {
                lines.push(line.clone());
            }
        }
        if !keys.is_empty() {
            self.printed = keys;
        }
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pipe_gets_the_header_once_and_rows_that_changed() {
        let mut live = Live::default();
        let mut table = Table::new(["NAME", "READY", "AGE"]);
        assert!(live.new_lines(&table, &["AGE"]).is_empty());
        table.row(["a", "no", "1s"]);
        table.row(["b", "no", "1s"]);
        assert_eq!(live.new_lines(&table, &["AGE"]).len(), 3);
        table.rows[0][2] = "2s".into();
        assert!(live.new_lines(&table, &["AGE"]).is_empty());
        table.rows[1][1] = "yes".into();
        assert_eq!(live.new_lines(&table, &["AGE"]), ["b      yes     1s"]);
    }
}
