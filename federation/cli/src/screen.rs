//! The standard output: a closed pipe is an error that ends the program quietly, never a panic.

use std::io::{self, IsTerminal, Write};

/// Columns of a screen whose width is not known.
const WIDTH: usize = 100;

/// Where results go.
pub struct Screen {
    out: Box<dyn Write + Send>,
    is_terminal: bool,
}

impl Screen {
    /// The standard output.
    #[must_use]
    pub fn standard() -> Self {
        Self { out: Box::new(io::stdout()), is_terminal: io::stdout().is_terminal() }
    }

    /// Anything else that takes bytes; not a terminal.
    #[must_use]
    pub fn into_writer(out: impl Write + Send + 'static) -> Self {
        Self { out: Box::new(out), is_terminal: false }
    }

    /// Whether a person sees it as it comes.
    #[must_use]
    pub fn is_terminal(&self) -> bool {
        self.is_terminal
    }

    /// Columns and rows of the terminal.
    #[must_use]
    pub fn size(&self) -> (usize, usize) {
        match crossterm::terminal::size() {
            Ok((columns, rows)) if self.is_terminal && columns > 0 => (columns.into(), rows.into()),
            _ => (WIDTH, usize::MAX),
        }
    }

    /// One line.
    pub fn line(&mut self, text: impl AsRef<str>) -> io::Result<()> {
        self.out.write_all(text.as_ref().as_bytes())?;
        self.out.write_all(b"\n")?;
        self.out.flush()
    }

    /// Text as it is.
    pub fn text(&mut self, text: &str) -> io::Result<()> {
        self.out.write_all(text.as_bytes())?;
        self.out.flush()
    }
}

/// A line for people beside the result: on the standard error, so that a script reads only the result. That nobody
/// reads it any more is no failure.
pub fn note(text: &str) {
    let _ = writeln!(io::stderr(), "{text}");
}
