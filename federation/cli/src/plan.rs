//! What is shown before something changes, and whether it then goes on.

use std::io::{self, BufRead, IsTerminal, Write};

use clap::Args;
use model::ruleset::Digest;

use crate::failure::Failure;
use crate::screen::{Screen, note};

/// What a verb is about to do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    lines: Vec<String>,
    notes: Vec<String>,
}

impl Plan {
    /// Begins with what is done in one sentence.
    pub fn new(what: impl Into<String>) -> Self {
        Self { lines: vec![what.into()], notes: Vec::new() }
    }

    /// Adds a detail.
    #[must_use]
    pub fn with(mut self, detail: impl AsRef<str>) -> Self {
        self.lines.extend(detail.as_ref().lines().map(|line| format!("  {line}")));
        self
    }

    /// Adds how things are at this moment, which is no part of what is decided: numbers that move all the time.
    #[must_use]
    pub fn noting(mut self, now: impl AsRef<str>) -> Self {
        self.notes.extend(now.as_ref().lines().map(|line| format!("  now: {line}")));
        self
    }

    /// What is done, in lines.
    #[must_use]
    pub fn lines(&self) -> &[String] {
        &self.lines
    }

    /// All that is shown.
    fn shown(&self) -> impl Iterator<Item = &String> {
        self.lines.iter().chain(&self.notes)
    }

    /// What `--confirm` compares: another plan has another one.
    #[must_use]
    pub fn digest(&self) -> String {
        Digest::of(self.lines.join("\n").as_bytes()).short()
    }
}

/// Flags of verbs that change something.
#[derive(Clone, Debug, Default, Args)]
pub struct Consent {
    /// Show the plan and its digest, and change nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// Do it without asking.
    #[arg(short = 'y', long, conflicts_with = "dry_run")]
    pub yes: bool,
    /// Do it only if the plan has this digest, without asking.
    #[arg(long = "confirm", value_name = "DIGEST", conflicts_with_all = ["dry_run", "yes"])]
    pub digest: Option<String>,
}

/// What happens where nobody can be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Caution {
    /// It goes on: the verb names its object, and it can be taken back.
    Usual,
    /// It is refused without `--yes` or `--confirm`: it cannot be taken back.
    Grave,
}

/// Whether and how to go on.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Way {
    Go,
    Stop,
    Ask,
    Refuse(Refusal),
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Refusal {
    OtherPlan,
    NobodyToAsk,
}

impl Consent {
    fn way(&self, plan: &Plan, caution: Caution, can_ask: bool) -> Way {
        match (&self.digest, caution) {
            _ if self.dry_run => Way::Stop,
            _ if self.yes => Way::Go,
            (Some(digest), _) if *digest == plan.digest() => Way::Go,
            (Some(_), _) => Way::Refuse(Refusal::OtherPlan),
            (None, _) if can_ask => Way::Ask,
            (None, Caution::Usual) => Way::Go,
            (None, Caution::Grave) => Way::Refuse(Refusal::NobodyToAsk),
        }
    }

    /// Shows the plan; says whether it is to be done now.
    pub fn settle(&self, screen: &mut Screen, plan: &Plan, caution: Caution) -> Result<bool, Failure> {
        let can_ask = io::stdin().is_terminal() && io::stderr().is_terminal();
        let way = self.way(plan, caution, can_ask);
        if way == Way::Stop {
            plan.shown().try_for_each(|line| screen.line(line))?;
            screen.line(format!("plan {}: nothing was changed (--confirm={0} does it)", plan.digest()))?;
            return Ok(false);
        }
        plan.shown().for_each(|line| note(line));
        match way {
            Way::Go => Ok(true),
            Way::Stop => Ok(false),
            Way::Ask if ask()? => Ok(true),
            Way::Ask => Err(Failure::Refused("not confirmed: nothing was changed".into())),
            Way::Refuse(Refusal::OtherPlan) => Err(Failure::Refused(format!(
                "the plan is another one now ({}): nothing was changed; look at it with --dry-run",
                plan.digest()
            ))),
            Way::Refuse(Refusal::NobodyToAsk) => Err(Failure::Usage(format!(
                "this cannot be taken back and there is no terminal to ask: give --yes or --confirm={}",
                plan.digest()
            ))),
        }
    }
}

fn ask() -> Result<bool, Failure> {
    let mut terminal = io::stderr();
    terminal.write_all(b"Go on? [y/N] ")?;
    terminal.flush()?;
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer)?;
    Ok(matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_to_consent() {
        let plan = Plan::new("remove member cluster hz-a").with("shop has 5 replicas there\nit leaves");
        assert_eq!(plan.lines().len(), 3);
        let other = Plan::new("remove member cluster hz-b");
        assert_eq!(plan.clone().noting("4/20 updated").digest(), plan.digest());
        let dry = Consent { dry_run: true, ..Consent::default() };
        let yes = Consent { yes: true, ..Consent::default() };
        let this = Consent { digest: Some(plan.digest()), ..Consent::default() };
        let none = Consent::default();
        use Caution::{Grave, Usual};
        assert_eq!(dry.way(&plan, Grave, true), Way::Stop);
        assert_eq!(yes.way(&plan, Grave, false), Way::Go);
        assert_eq!(this.way(&plan, Grave, false), Way::Go);
        assert_eq!(this.way(&other, Usual, true), Way::Refuse(Refusal::OtherPlan));
        assert_eq!(none.way(&plan, Usual, true), Way::Ask);
        assert_eq!(none.way(&plan, Usual, false), Way::Go);
        assert_eq!(none.way(&plan, Grave, false), Way::Refuse(Refusal::NobodyToAsk));
    }

    #[test]
    fn a_dry_run_prints_the_plan_with_its_digest() {
        let (reader, writer) = std::io::pipe().unwrap();
        let plan = Plan::new("scale shop");
        let consent = Consent { dry_run: true, ..Consent::default() };
        assert!(!consent.settle(&mut Screen::into_writer(writer), &plan, Caution::Usual).unwrap());
        let printed = io::read_to_string(reader).unwrap();
        assert_eq!(printed.lines().next(), Some("scale shop"));
        assert!(printed.contains(&plan.digest()), "{printed}");
    }
}
