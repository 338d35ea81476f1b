//! Writes a report: raw as JSON, and as a table into the document between two marks.

use std::path::Path;

use anyhow::{Context, Result};

use super::figure::{Figure, Report};

/// Writes `docs/benchmarks/NAME.json` below `root`, and the table of `NAME` in `docs/benchmarks.md`.
pub fn write(root: &Path, name: &str, report: &Report) -> Result<()> {
    let raw = root.join("docs/benchmarks").join(format!("{name}.json"));
    if let Some(folder) = raw.parent() {
        std::fs::create_dir_all(folder).with_context(|| format!("make {}", folder.display()))?;
    }
    let mut text = serde_json::to_string_pretty(report)?;
    text.push('\n');
    std::fs::write(&raw, text).with_context(|| format!("write {}", raw.display()))?;
    let document = root.join("docs/benchmarks.md");
    let text = std::fs::read_to_string(&document).with_context(|| format!("read {}", document.display()))?;
    let text = replace(&text, name, &table(report))?;
    std::fs::write(&document, text).with_context(|| format!("write {}", document.display()))
}

/// Puts `table` between the marks of `name`.
fn replace(text: &str, name: &str, table: &str) -> Result<String> {
    let (begin, end) = (format!("<!-- figures: {name} -->\n"), format!("<!-- end: {name} -->"));
    let missing = || format!("the document has no {} … {end}", begin.trim());
    let (before, rest) = text.split_once(&begin).with_context(missing)?;
    let (_, after) = rest.split_once(&end).with_context(missing)?;
    Ok(format!("{before}{begin}{table}{end}{after}"))
}

fn table(report: &Report) -> String {
    let mut text = format!(
        "`{}`, {}, {}.\n\n| what | of | figure | aim |\n|---|---|---|---|\n",
        report.command, report.at, report.machine
    );
    for figure in &report.figures {
        text.push_str(&row(figure));
    }
    text
}

fn row(figure: &Figure) -> String {
    format!("| {} | {} | {} | {} |\n", figure.what, figure.subject, figure.shown(), figure.aim)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_table_of_that_name_changes() {
        let text = "a\n<!-- figures: x -->\nold\n<!-- end: x -->\nb\n<!-- figures: y -->\n<!-- end: y -->\n";
        let new = replace(text, "x", "new\n").unwrap();
        assert_eq!(
            new,
            "a\n<!-- figures: x -->\nnew\n<!-- end: x -->\nb\n<!-- figures: y -->\n<!-- end: y -->\n"
        );
        assert!(replace(text, "z", "").unwrap_err().to_string().contains("no <!-- figures: z -->"));
    }

    #[test]
    fn a_table_has_a_row_for_each_figure() {
        let figures = vec![Figure::one("memory", "agent", 14.2, "MiB").aim("15 MiB")];
        let report = Report { command: "c".into(), at: "t".into(), machine: "m".into(), figures };
        assert!(table(&report).ends_with("| memory | agent | 14.2 MiB | 15 MiB |\n"));
    }
}
