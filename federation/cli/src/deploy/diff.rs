//! `fedctl deploy diff`: an old revision against what is wanted now.

use crds::federation::CafeTemplate;
use similar::TextDiff;

use super::revisions;
use super::target::Target;
use crate::failure::Failure;
use crate::session::Session;
use crate::show;

/// Lines shown around a difference.
const CONTEXT: usize = 3;

/// Flags of `deploy diff`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The application.
    #[arg(value_name = "NAME")]
    pub name: String,
    /// The revision, or the number of its release; otherwise the one before.
    #[arg(long, value_name = "REVISION")]
    pub to: Option<String>,
}

/// Runs `deploy diff`.
pub(super) async fn run(session: &mut Session, args: Args) -> Result<(), Failure> {
    let target = Target::load(session, &args.name).await?;
    let record = revisions::pick(&target.status, args.to.as_deref())?;
    let old = revisions::load(target.hub(), record).await?.template;
    let now = &target.application.spec.template;
    if !session.is_for_people() {
        let facts = serde_json::json!({"revision": record.revision, "old": old, "now": now});
        return show::data(&mut session.screen, session.output, &facts);
    }
    let names = [format!("revision {}", record.revision), "wanted now".to_owned()];
    let text = between(&old, now, &names)?;
    match text.is_empty() {
        true => session.screen.line(format!("revision {} is what is wanted now", record.revision))?,
        false => session.screen.text(&text)?,
    }
    Ok(())
}

/// A unified diff of two templates as YAML; empty when they are the same.
pub(super) fn between(
    old: &CafeTemplate,
    new: &CafeTemplate,
    names: &[String; 2],
) -> Result<String, Failure> {
    let yaml = |template: &CafeTemplate| {
        // By way of a JSON value, whose fields are in the order of their names.
        serde_json::to_value(template)
            .map_err(|error| error.to_string())
            .and_then(|value| serde_yaml_ng::to_string(&value).map_err(|error| error.to_string()))
    };
    let wrong = |message| Failure::Parse { attempt: "compare two revisions".into(), message };
    let (old, new) = (yaml(old).map_err(wrong)?, yaml(new).map_err(wrong)?);
    let diff = TextDiff::from_lines(&old, &new);
    Ok(diff.unified_diff().context_radius(CONTEXT).header(&names[0], &names[1]).to_string())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_new_image_is_two_lines() {
        let template = |image: &str| -> CafeTemplate {
            serde_json::from_value(json!({"spec": {"selector": {},
                "template": {"spec": {"containers": [{"name": "shop", "image": image}]}}}}))
            .unwrap()
        };
        let names = ["revision aaa".to_owned(), "wanted now".to_owned()];
        let text = between(&template("shop:v1"), &template("shop:v2"), &names).unwrap();
        let changed: Vec<&str> =
            text.lines().filter(|line| line.starts_with(['-', '+']) && line.contains("image")).collect();
        assert_eq!(changed, ["-      - image: shop:v1", "+      - image: shop:v2"], "{text}");
        assert!(text.starts_with("--- revision aaa\n+++ wanted now\n"), "{text}");
        assert_eq!(between(&template("shop:v1"), &template("shop:v1"), &names).unwrap(), "");
    }
}
