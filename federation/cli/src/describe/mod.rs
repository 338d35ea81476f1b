//! `fedctl describe`: one object of any kind in full, and the events about it.

mod events;
mod tree;

use serde_json::Value;

use crate::args::AllNamespaces;
use crate::discover::Kinds;
use crate::failure::Failure;
use crate::get;
use crate::session::{self, Session};

/// Flags of `describe`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A kind, or KIND/NAME.
    #[arg(value_name = "KIND")]
    pub kind: String,
    /// Names; without any: all.
    #[arg(value_name = "NAME")]
    pub names: Vec<String>,
    /// By labels.
    #[arg(short = 'l', long, value_name = "SELECTOR")]
    pub selector: Option<String>,
}

/// Runs `describe`.
pub async fn run(session: &mut Session, args: Args) -> Result<(), Failure> {
    let hub = session.hub().await?;
    let kinds = Kinds::of(&hub).await?;
    let asked = get::Args {
        kind: args.kind,
        names: args.names,
        selector: args.selector,
        field_selector: None,
        all: AllNamespaces::default(),
        watch: crate::args::Watch::default(),
    };
    let mut first = true;
    for query in get::queries(&kinds, &asked, &hub.namespace)? {
        for object in get::fetch(&hub, &query).await? {
            let events = events::about(&hub, &object).await?;
            if !session.is_for_people() {
                crate::show::data(&mut session.screen, session.output, &object)?;
                continue;
            }
            if !first {
                session.screen.text("\n\n")?;
            }
            first = false;
            let mut lines = tree::lines(&object);
            lines.extend(events::lines(&events, session::now()));
            crate::show::lines(&mut session.screen, &lines)?;
        }
    }
    if first && session.is_for_people() {
        crate::screen::note(&format!("No {} found.", asked.kind));
    }
    Ok(())
}

/// A text of a field, or nothing.
fn text<'a>(object: &'a Value, pointer: &str) -> &'a str {
    object.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}
