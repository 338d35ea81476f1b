//! `fedctl delete`: objects by name, by label, or those of manifests.

use std::path::PathBuf;
use std::time::Duration;

use serde_json::{Value, json};

use crate::args::{AllNamespaces, Output};
use crate::discover::{Kind, Kinds};
use crate::failure::Failure;
use crate::get::{self, Query};
use crate::hub::Hub;
use crate::manifest;
use crate::plan::{Caution, Consent, Plan};
use crate::session::Session;
use crate::{show, time};

/// How often a deleted object is looked for until it is gone.
const LOOK_AGAIN: Duration = Duration::from_millis(200);

/// Flags of `delete`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A kind, or KIND/NAME.
    #[arg(value_name = "KIND", required_unless_present = "filename", conflicts_with = "filename")]
    pub kind: Option<String>,
    /// Names.
    #[arg(value_name = "NAME")]
    pub names: Vec<String>,
    /// The objects of these manifests.
    #[arg(short, long = "filename", value_name = "FILE")]
    pub filename: Vec<PathBuf>,
    /// Folders with all that is in them.
    #[arg(short = 'R', long)]
    pub recursive: bool,
    /// All objects with these labels.
    #[arg(short = 'l', long, value_name = "SELECTOR")]
    pub selector: Option<String>,
    /// Objects that are not there are no failure.
    #[arg(long)]
    pub ignore_not_found: bool,
    /// Do not wait until they are gone.
    #[arg(long)]
    pub no_wait: bool,
    /// Wait so long at most.
    #[arg(long, value_name = "DURATION", default_value = "10m", value_parser = time::seconds)]
    pub timeout: i64,
    /// Plan and consent.
    #[command(flatten)]
    pub consent: Consent,
}

/// An object that goes.
struct Victim {
    kind: Kind,
    path: String,
    name: String,
}

/// Runs `delete`.
pub async fn run(session: &mut Session, args: Args) -> Result<(), Failure> {
    let hub = session.hub().await?;
    let kinds = Kinds::of(&hub).await?;
    let victims = match &args.kind {
        None => of_manifests(&kinds, &hub, &args)?,
        Some(kind) => of_names(&kinds, &hub, kind, &args).await?,
    };
    if victims.is_empty() {
        crate::screen::note("nothing to delete");
        return Ok(());
    }
    let mut plan = Plan::new(format!("delete {} from {}", objects(victims.len()), hub.server()));
    for victim in &victims {
        plan = plan.with(victim.kind.name_of(&victim.name));
    }
    if !args.consent.settle(&mut session.screen, &plan, Caution::Usual)? {
        return Ok(());
    }
    for victim in &victims {
        delete(session, &hub, victim, &args).await?;
    }
    Ok(())
}

fn objects(count: usize) -> String {
    if count == 1 { "1 object".into() } else { format!("{count} objects") }
}

fn of_manifests(kinds: &Kinds, hub: &Hub, args: &Args) -> Result<Vec<Victim>, Failure> {
    let mut victims = Vec::new();
    for manifest in manifest::read_all(&args.filename, args.recursive)? {
        let (api_version, kind) = (manifest.required("/apiVersion")?, manifest.required("/kind")?);
        let name = manifest.required("/metadata/name")?;
        let kind = kinds
            .of_manifest(api_version, kind)
            .ok_or_else(|| manifest.wrong(format!("the hub serves no {api_version} {kind}")))?;
        let namespace = manifest.namespace().unwrap_or(&hub.namespace);
        victims.push(Victim {
            kind: kind.clone(),
            path: kind.object_path(namespace, name),
            name: name.into(),
        });
    }
    // What was made last may need what was made first.
    victims.reverse();
    Ok(victims)
}

async fn of_names(kinds: &Kinds, hub: &Hub, kind: &str, args: &Args) -> Result<Vec<Victim>, Failure> {
    let asked = get::Args {
        kind: kind.to_owned(),
        names: args.names.clone(),
        selector: args.selector.clone(),
        field_selector: None,
        all: AllNamespaces::default(),
        watch: crate::args::Watch::default(),
    };
    let mut victims = Vec::new();
    for query in get::queries(kinds, &asked, &hub.namespace)? {
        match &query.name {
            Some(name) => {
                let path = query.kind.object_path(&hub.namespace, name);
                victims.push(Victim { path, name: name.clone(), kind: query.kind });
            }
            None if query.selector.is_none() => {
                let said = format!("delete which {}? Give names, -l SELECTOR, or -f FILE", query.kind.plural);
                return Err(Failure::Usage(said));
            }
            None => victims.extend(selected(hub, query).await?),
        }
    }
    Ok(victims)
}

async fn selected(hub: &Hub, query: Query) -> Result<Vec<Victim>, Failure> {
    let found = get::fetch(hub, &query).await?;
    let names = found.iter().filter_map(|object| object.pointer("/metadata/name").and_then(Value::as_str));
    Ok(names
        .map(|name| Victim {
            path: query.kind.object_path(&hub.namespace, name),
            name: name.to_owned(),
            kind: query.kind.clone(),
        })
        .collect())
}

async fn delete(session: &mut Session, hub: &Hub, victim: &Victim, args: &Args) -> Result<(), Failure> {
    let name = victim.kind.name_of(&victim.name);
    let attempt = format!("delete {name}");
    let options = json!({"kind": "DeleteOptions", "apiVersion": "v1", "propagationPolicy": "Background"});
    let answer = match hub.delete(&victim.path, &options, &attempt).await {
        Err(failure) if failure.is_not_found() && args.ignore_not_found => return Ok(()),
        answer => answer?,
    };
    if !args.no_wait {
        wait_gone(hub, victim, &answer, args.timeout).await?;
    }
    match session.output {
        Output::Name => session.screen.line(name)?,
        Output::Json | Output::Yaml => show::data(&mut session.screen, session.output, &answer)?,
        Output::Table | Output::Wide => session.screen.line(format!("{name} deleted"))?,
    }
    Ok(())
}

/// Waits for finalizers; an object of the same name with another uid is another object.
async fn wait_gone(hub: &Hub, victim: &Victim, answer: &Value, limit: i64) -> Result<(), Failure> {
    let uid = ["/metadata/uid", "/details/uid"].iter().find_map(|at| answer.pointer(at)).cloned();
    let until = tokio::time::Instant::now() + Duration::from_secs(limit.unsigned_abs());
    let attempt = format!("wait until {} is gone", victim.kind.name_of(&victim.name));
    loop {
        let now = match hub.read(&victim.path, "application/json", &attempt).await {
            Err(failure) if failure.is_not_found() => return Ok(()),
            now => now?,
        };
        if uid.is_some() && now.pointer("/metadata/uid") != uid.as_ref() {
            return Ok(());
        }
        if tokio::time::Instant::now() >= until {
            let finalizers = now.pointer("/metadata/finalizers").map(Value::to_string).unwrap_or_default();
            return Err(Failure::Refused(format!(
                "{attempt}: still there after {limit}s, held by {finalizers}"
            )));
        }
        tokio::time::sleep(LOOK_AGAIN).await;
    }
}
