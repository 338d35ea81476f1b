//! `fedctl cluster join`: a token, and the command that uses it.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::args::Output;
use crate::failure::Failure;
use crate::hub::Hub;
use crate::session::Session;
use crate::{show, time, token};

/// Columns of PEM (RFC 7468).
const PEM_COLUMNS: usize = 64;

/// Flags of `cluster join`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The name the cluster gets.
    #[arg(value_name = "CLUSTER")]
    pub cluster: String,
    /// The site it stands in.
    #[arg(long, value_name = "SITE")]
    pub site: String,
    /// Let it in at once.
    #[arg(long)]
    pub accept: bool,
    /// How long its token is good: 60s to 7d.
    #[arg(long, value_name = "DURATION", default_value = "1h", value_parser = time::seconds)]
    pub ttl: i64,
}

/// Runs `cluster join`.
pub(super) async fn run(session: &mut Session, args: Args) -> Result<(), Failure> {
    let hub = session.hub().await?;
    let asked =
        token::CreateArgs { cluster: args.cluster, site: args.site, accept: args.accept, ttl: args.ttl };
    let made = token::create(&hub, &asked).await?;
    let text = made.token.text();
    let command = join_command(&hub, &made.cluster, &text, asked.accept)?;
    match session.output {
        Output::Table | Output::Wide => show::lines(&mut session.screen, &command),
        Output::Name => Ok(session.screen.line(text)?),
        Output::Json | Output::Yaml => {
            let facts = serde_json::json!({
                "cluster": made.cluster, "token": text, "hub": hub.server(), "expires": made.expires.to_string(),
                "command": command,
            });
            show::data(&mut session.screen, session.output, &facts)
        }
    }
}

/// Lines for a shell near the cluster.
pub fn join_command(hub: &Hub, cluster: &str, token: &str, accept: bool) -> Result<Vec<String>, Failure> {
    let Some(authorities) = hub.config.root_cert.as_ref().filter(|certificates| !certificates.is_empty())
    else {
        let said =
            "the kubeconfig has no certificate-authority: an agent could not tell this hub from another";
        return Err(Failure::Refused(said.into()));
    };
    Ok(lines(&hub.server(), authorities, cluster, token, accept))
}

fn lines(server: &str, authorities: &[Vec<u8>], cluster: &str, token: &str, accept: bool) -> Vec<String> {
    let mut lines = vec![
        format!("# Run this where {cluster} is reached; KUBECONFIG is the kubeconfig of {cluster}."),
        "cat > hub-ca.crt <<'END'".to_owned(),
    ];
    lines.extend(authorities.iter().flat_map(|certificate| pem(certificate)));
    lines.push("END".into());
    lines.push(format!(
        "member-agent --hub {server} --hub-ca hub-ca.crt --token {token} --cluster {cluster} \\"
    ));
    lines.push(format!("  --kubeconfig \"$KUBECONFIG\" --state-dir ./{cluster}-agent"));
    if !accept {
        lines.push(format!("# Then, on the hub: fedctl cluster accept {cluster}"));
    }
    lines
}

fn pem(certificate: &[u8]) -> Vec<String> {
    let text = STANDARD.encode(certificate);
    let mut lines = vec!["-----BEGIN CERTIFICATE-----".to_owned()];
    let mut rest = text.as_str();
    while !rest.is_empty() {
        let (line, after) = rest.split_at(rest.len().min(PEM_COLUMNS));
        lines.push(line.to_owned());
        rest = after;
    }
    lines.push("-----END CERTIFICATE-----".into());
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_has_all_an_agent_needs() {
        let lines = lines("https://hub:6443", &[vec![7; 100]], "hz-a", "abcdef.0123456789abcdef", false);
        let text = lines.join("\n");
        for part in [
            "--hub https://hub:6443 ",
            "--token abcdef.0123456789abcdef ",
            "--cluster hz-a ",
            "fedctl cluster accept hz-a",
        ] {
            assert!(text.contains(part), "{part} in {text}");
        }
        let pem = text.split("'END'\n").nth(1).unwrap().split("\nEND").next().unwrap();
        let (_, parsed) = x509_parser::pem::parse_x509_pem(pem.as_bytes()).unwrap();
        assert_eq!(parsed.contents, vec![7; 100]);
    }
}
