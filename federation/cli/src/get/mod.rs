//! `fedctl get`: objects of any kind, with the columns that the hub sets, so that they are those of kubectl.

pub(crate) use data::fetch;

mod data;
mod server_table;
mod watch;

use crate::args::{AllNamespaces, Output};
use crate::discover::{Kind, Kinds, segment};
use crate::failure::Failure;
use crate::screen::note;
use crate::session::Session;

/// Flags of `get`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A kind by any of its names, several (`mc,unit`), a category (`fed`), or KIND/NAME.
    #[arg(value_name = "KIND")]
    pub kind: String,
    /// Names; without any: all.
    #[arg(value_name = "NAME")]
    pub names: Vec<String>,
    /// By labels.
    #[arg(short = 'l', long, value_name = "SELECTOR")]
    pub selector: Option<String>,
    /// By fields.
    #[arg(long, value_name = "SELECTOR")]
    pub field_selector: Option<String>,
    /// Objects of all namespaces.
    #[command(flatten)]
    pub all: AllNamespaces,
    /// Stay and show changes.
    #[command(flatten)]
    pub watch: crate::args::Watch,
}

/// What is asked of one kind.
pub(crate) struct Query {
    pub(crate) kind: Kind,
    /// `None`: all namespaces.
    pub(crate) namespace: Option<String>,
    /// `None`: all objects.
    pub(crate) name: Option<String>,
    pub(crate) selector: Option<String>,
    pub(crate) field_selector: Option<String>,
}

impl Query {
    /// Path and query. One object of a watch is a list with a field selector.
    fn path(&self, parameters: &[(&str, &str)], as_list: bool) -> String {
        let mut path = self.kind.path(self.namespace.as_deref());
        let mut pairs: Vec<(&str, String)> = Vec::new();
        let mut fields = self.field_selector.clone();
        match &self.name {
            Some(name) if !as_list => path = format!("{path}/{}", segment(name)),
            Some(name) => fields = Some(format!("metadata.name={name}")),
            None => {}
        }
        pairs.extend(self.selector.clone().map(|selector| ("labelSelector", selector)));
        pairs.extend(fields.map(|selector| ("fieldSelector", selector)));
        pairs.extend(parameters.iter().map(|(key, value)| (*key, (*value).to_owned())));
        let query: Vec<String> =
            pairs.iter().map(|(key, value)| format!("{key}={}", segment(value))).collect();
        if query.is_empty() { path } else { format!("{path}?{}", query.join("&")) }
    }

    fn attempt(&self) -> String {
        match &self.name {
            Some(name) => format!("get {}", self.kind.name_of(name)),
            None => format!("list {}", self.kind.resource()),
        }
    }

    fn spans_namespaces(&self) -> bool {
        self.kind.namespaced && self.namespace.is_none()
    }
}

/// Runs `get`.
pub async fn run(session: &mut Session, args: Args) -> Result<(), Failure> {
    let hub = session.hub().await?;
    let kinds = Kinds::of(&hub).await?;
    let queries = queries(&kinds, &args, &hub.namespace)?;
    let people = session.is_for_people();
    if args.watch.watch {
        let [query] = queries.as_slice() else {
            return Err(Failure::Usage("--watch takes one kind, and one name at most".into()));
        };
        return match people {
            true => watch::table(session, &hub, query).await,
            false => watch::data(session, &hub, query).await,
        };
    }
    if !people {
        return data::print(session, &hub, &queries, args.names.len() != 1 && !args.kind.contains('/')).await;
    }
    let several = kinds_of(&queries) > 1;
    let mut found = false;
    let mut table: Option<(String, server_table::Table)> = None;
    for query in &queries {
        let next = server_table::fetch(&hub, query).await?;
        match &mut table {
            // Names of one kind share one table.
            Some((kind, table)) if *kind == query.kind.resource() => table.rows.extend(next.rows),
            _ => {
                found |= print(session, table.take(), several, found)?;
                table = Some((query.kind.resource(), next));
            }
        }
        if let Some((_, table)) = &mut table {
            table.prepare(query, several);
        }
    }
    found |= print(session, table, several, found)?;
    if !found {
        note(&nothing(&queries));
    }
    Ok(())
}

fn print(
    session: &mut Session,
    table: Option<(String, server_table::Table)>,
    several: bool,
    after_another: bool,
) -> Result<bool, Failure> {
    let Some((_, table)) = table.filter(|(_, table)| !table.rows.is_empty()) else { return Ok(false) };
    if several && after_another {
        session.screen.line("")?;
    }
    crate::show::lines(&mut session.screen, &table.text(session.output == Output::Wide).lines())?;
    Ok(true)
}

fn kinds_of(queries: &[Query]) -> usize {
    queries.iter().map(|query| query.kind.resource()).collect::<std::collections::BTreeSet<_>>().len()
}

fn nothing(queries: &[Query]) -> String {
    match queries {
        [query] => match &query.namespace {
            Some(namespace) if query.kind.namespaced => {
                format!("No {} found in namespace {namespace}.", query.kind.plural)
            }
            _ => format!("No {} found.", query.kind.plural),
        },
        _ => "Nothing found.".to_owned(),
    }
}

/// What the arguments ask for.
pub(crate) fn queries(kinds: &Kinds, args: &Args, namespace: &str) -> Result<Vec<Query>, Failure> {
    let (word, mut names) = (args.kind.as_str(), args.names.clone());
    let word = match word.split_once('/') {
        Some((kind, name)) if names.is_empty() && !name.is_empty() => {
            names.push(name.to_owned());
            kind
        }
        Some(_) => return Err(Failure::Usage(format!("{word}: write KIND/NAME, or KIND NAME NAME"))),
        None => word,
    };
    if !names.is_empty()
        && (args.selector.is_some() || args.field_selector.is_some() || args.all.all_namespaces)
    {
        return Err(Failure::Usage("give names, or selectors and -A, but not both".into()));
    }
    let mut queries = Vec::new();
    for word in word.split(',').filter(|word| !word.is_empty()) {
        for kind in kinds.find(word)? {
            let query = |name: Option<&String>| Query {
                kind: kind.clone(),
                namespace: (kind.namespaced && !args.all.all_namespaces).then(|| namespace.to_owned()),
                name: name.map(|name| kind.stored_name(name)),
                selector: args.selector.clone(),
                field_selector: args.field_selector.clone(),
            };
            match names.is_empty() {
                true => queries.push(query(None)),
                false => queries.extend(names.iter().map(|name| query(Some(name)))),
            }
        }
    }
    Ok(queries)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::discover::tests::kinds;

    fn args(kind: &str, names: &[&str]) -> Args {
        Args {
            kind: kind.into(),
            names: names.iter().map(|name| (*name).to_owned()).collect(),
            selector: None,
            field_selector: None,
            all: AllNamespaces::default(),
            watch: crate::args::Watch::default(),
        }
    }

    #[test]
    fn names_and_kinds_become_paths() {
        let paths = |args: &Args| -> Vec<String> {
            let queries = queries(&kinds(), args, "shop").unwrap();
            queries.iter().map(|query| query.path(&[], false)).collect()
        };
        assert_eq!(paths(&args("cell", &["RZ00A"])), ["/apis/ldc.cafefed.dev/v1alpha1/deployunits/rz00a"]);
        assert_eq!(paths(&args("cm/a", &[])), ["/api/v1/namespaces/shop/configmaps/a"]);
        assert_eq!(paths(&args("cm,cell", &[])).len(), 2);
        let mut all = args("cm", &[]);
        all.all.all_namespaces = true;
        all.selector = Some("a in (b, c)".into());
        assert_eq!(paths(&all), ["/api/v1/configmaps?labelSelector=a%20in%20%28b%2C%20c%29"]);
    }

    #[test]
    fn what_makes_no_sense_is_wrong_use() {
        let mut both = args("cm", &["a"]);
        both.selector = Some("a=b".into());
        for args in [both, args("cm/a", &["b"]), args("cm/", &[]), args("nothing", &[])] {
            assert_eq!(queries(&kinds(), &args, "shop").err().unwrap().exit_code(), 2);
        }
    }

    #[test]
    fn a_watch_of_one_object_is_a_list_of_one() {
        let query = queries(&kinds(), &args("cell", &["rz00a"]), "shop").unwrap().remove(0);
        let path = query.path(&[("watch", "1")], true);
        assert!(path.ends_with("/deployunits?fieldSelector=metadata.name%3Drz00a&watch=1"), "{path}");
    }
}
