//! Text in columns, as kubectl sets it.

/// Blanks between two columns.
const GAP: usize = 3;

/// Rows under a header.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    /// Names of the columns.
    pub header: Vec<String>,
    /// Rows; a missing cell is empty.
    pub rows: Vec<Vec<String>>,
}

impl Table {
    /// Without rows.
    #[must_use]
    pub fn new(header: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self { header: header.into_iter().map(Into::into).collect(), rows: Vec::new() }
    }

    /// Adds a row.
    pub fn row(&mut self, cells: impl IntoIterator<Item = impl Into<String>>) {
        self.rows.push(cells.into_iter().map(Into::into).collect());
    }

    /// The lines, header first. Empty cells stay empty; line ends are cut.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        self.lines_with(&self.widths())
    }

    /// The rows alone, set as wide as `widths` asks.
    #[must_use]
    pub fn lines_with(&self, widths: &[usize]) -> Vec<String> {
        std::iter::once(&self.header).chain(&self.rows).map(|row| set(row, widths)).collect()
    }

    /// Width of each column.
    #[must_use]
    pub fn widths(&self) -> Vec<usize> {
        let columns = self.header.len();
        let rows = || std::iter::once(&self.header).chain(&self.rows);
        (0..columns)
            .map(|column| {
                rows().map(|row| row.get(column).map_or(0, |cell| cell.chars().count())).max().unwrap_or(0)
            })
            .collect()
    }
}

fn set(row: &[String], widths: &[usize]) -> String {
    let mut line = String::new();
    for (column, cell) in row.iter().enumerate() {
        let cell = cell.replace(['\n', '\r', '\t'], " ");
        line.push_str(&cell);
        let width = widths.get(column).copied().unwrap_or(0) + GAP;
        line.extend(std::iter::repeat_n(' ', width.saturating_sub(cell.chars().count())));
    }
    line.truncate(line.trim_end().len());
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up_and_lines_have_no_tail() {
        let mut table = Table::new(["NAME", "CITY"]);
        table.row(["hz-a", "Hangzhou"]);
        table.row(["a-long-name", ""]);
        table.row(["x", "two\nlines"]);
        assert_eq!(
            table.lines(),
            ["NAME          CITY", "hz-a          Hangzhou", "a-long-name", "x             two lines"]
        );
    }
}
