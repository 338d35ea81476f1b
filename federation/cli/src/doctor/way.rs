//! The way to the hub: kubeconfig, certificate, reachability, versions, clock, kinds.

use std::time::Instant;

use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimeParser;
use k8s_openapi::apimachinery::pkg::version::Info;
use kube::client::Body;

use super::finding::Finding;
use crate::discover::Kinds;
use crate::failure::{Attempt, Failure};
use crate::hub::Hub;
use crate::session::now;
use crate::time::age;

/// A certificate that ends sooner is worth a look, in seconds.
const CERTIFICATE_SOON: i64 = 14 * 86_400;
/// Seconds of difference between two clocks that are worth a look. Leases and certificates bear no more.
const CLOCK_WARN: i64 = 5;
/// Minor versions of Kubernetes below which the API is not what this program speaks.
const MINOR_MIN: u32 = 30;

/// Which hub is meant.
pub(super) fn kubeconfig(hub: &Hub) -> Finding {
    let said = format!("hub {}, namespace {}", hub.server(), hub.namespace);
    match hub.config.accept_invalid_certs {
        true => Finding::warn(
            "kubeconfig",
            format!("{said}, its certificate is not checked"),
            "take insecure-skip-tls-verify out",
        ),
        false => Finding::ok("kubeconfig", said),
    }
}

/// How long the client certificate is good.
pub(super) fn certificate(hub: &Hub, now: Timestamp) -> Finding {
    const CHECK: &str = "credential";
    let auth = &hub.config.auth_info;
    let pem = match (&auth.client_certificate_data, &auth.client_certificate) {
        (Some(data), _) => decode(data),
        (None, Some(path)) => std::fs::read(path).map_err(|error| format!("{path}: {error}")),
        (None, None) if auth.token.is_some() || auth.token_file.is_some() => {
            return Finding::ok(CHECK, "a bearer token");
        }
        (None, None) if auth.exec.is_some() => return Finding::ok(CHECK, "from a program (exec)"),
        (None, None) => {
            return Finding::warn(CHECK, "the kubeconfig has none", "the hub knows you as system:anonymous");
        }
    };
    match pem.and_then(|pem| ends(&pem)) {
        Ok(end) => judge_end(end, now),
        Err(error) => Finding::fail(
            CHECK,
            format!("the client certificate cannot be read: {error}"),
            "get a new kubeconfig",
        ),
    }
}

fn decode(data: &str) -> Result<Vec<u8>, String> {
    use base64::Engine;
    base64::engine::general_purpose::STANDARD.decode(data.trim()).map_err(|error| error.to_string())
}

fn ends(pem: &[u8]) -> Result<Timestamp, String> {
    let (_, pem) = x509_parser::pem::parse_x509_pem(pem).map_err(|error| error.to_string())?;
    let certificate = pem.parse_x509().map_err(|error| error.to_string())?;
    Timestamp::from_second(certificate.validity().not_after.timestamp()).map_err(|error| error.to_string())
}

fn judge_end(end: Timestamp, now: Timestamp) -> Finding {
    const CHECK: &str = "credential";
    let left = end.as_second() - now.as_second();
    match left {
        ..=0 => Finding::fail(
            CHECK,
            format!("the client certificate ended {} ago", age(end, now)),
            "get a new kubeconfig",
        ),
        1..CERTIFICATE_SOON => Finding::warn(
            CHECK,
            format!("the client certificate ends in {}", age(now, end)),
            "get a new kubeconfig soon",
        ),
        _ => Finding::ok(CHECK, format!("the client certificate is good for {}", age(now, end))),
    }
}

/// Whether it answers, in what time, with which version, and by which clock.
pub(super) async fn reach(hub: &Hub) -> (Vec<Finding>, bool) {
    let began = Instant::now();
    match version(hub).await {
        Err(failure) => {
            let next = "is it running? Is the address right, and a proxy or firewall between?";
            (vec![Finding::fail("hub", failure.to_string(), next)], false)
        }
        Ok((info, date)) => {
            let took = began.elapsed().as_millis();
            let mut findings =
                vec![Finding::ok("hub", format!("answers in {took} ms")), judge_version(&info)];
            findings.push(judge_clock(date, now()));
            (findings, true)
        }
    }
}

async fn version(hub: &Hub) -> Result<(Info, Option<Timestamp>), Failure> {
    let attempt = || format!("reach {}", hub.server());
    let request = http::Request::get("/version")
        .body(Body::empty())
        .map_err(kube::Error::HttpError)
        .attempt(attempt)?;
    let answer = hub.client.send(request).await.attempt(attempt)?;
    let code = answer.status();
    let date =
        answer.headers().get(http::header::DATE).and_then(|date| date.to_str().ok()).and_then(http_date);
    let bytes = answer.into_body().collect_bytes().await.attempt(attempt)?;
    if !code.is_success() {
        return Err(Failure::Refused(format!("{}: HTTP {code}", attempt())));
    }
    let info = serde_json::from_slice(&bytes).map_err(kube::Error::SerdeError).attempt(attempt)?;
    Ok((info, date))
}

/// `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110 5.6.7).
fn http_date(text: &str) -> Option<Timestamp> {
    DateTimeParser::new().parse_timestamp(text).ok()
}

fn judge_version(info: &Info) -> Finding {
    const CHECK: &str = "version";
    let said = format!("hub {}, fedctl {}", info.git_version, crate::version::CLIENT);
    let minor = info.minor.trim_end_matches(|c: char| !c.is_ascii_digit()).parse::<u32>();
    match (info.major.as_str(), minor) {
        ("1", Ok(minor)) if minor < MINOR_MIN => {
            Finding::warn(CHECK, said, "the hub speaks an API older than 1.30: some verbs may fail")
        }
        _ => Finding::ok(CHECK, said),
    }
}

fn judge_clock(theirs: Option<Timestamp>, ours: Timestamp) -> Finding {
    const CHECK: &str = "clock";
    let Some(theirs) = theirs else { return Finding::ok(CHECK, "the hub does not tell its time") };
    let skew = theirs.as_second() - ours.as_second();
    let said = format!("the hub's is {} s {} ours", skew.abs(), if skew < 0 { "behind" } else { "before" });
    match skew.abs() {
        0..=1 => Finding::ok(CHECK, "the hub has the same time"),
        2..=CLOCK_WARN => Finding::ok(CHECK, said),
        _ => Finding::warn(CHECK, said, "set one of the clocks right (NTP)"),
    }
}

/// Whether it serves the kinds of a hub.
pub(super) async fn kinds(hub: &Hub) -> (Finding, bool) {
    const CHECK: &str = "kinds";
    let kinds = match Kinds::of(hub).await {
        Ok(kinds) => kinds,
        Err(failure) => return (Finding::fail(CHECK, failure.to_string(), "see the hub's log"), false),
    };
    let wanted = crds::manifests::hub();
    let missing: Vec<&str> = wanted
        .iter()
        .filter(|crd| {
            !kinds
                .all()
                .iter()
                .any(|kind| kind.group == crd.spec.group && kind.plural == crd.spec.names.plural)
        })
        .map(|crd| crd.spec.names.kind.as_str())
        .collect();
    match missing.is_empty() {
        true => (Finding::ok(CHECK, format!("all {} are served", wanted.len())), true),
        false => {
            let next = "is this a hub? On a plain API server install crds/generated first";
            (Finding::fail(CHECK, format!("not served: {}", missing.join(", ")), next), false)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::finding::Level;
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(seconds).unwrap()
    }

    #[test]
    fn certificates_are_judged_by_what_is_left() {
        let level = |end| judge_end(at(end), at(1000)).level;
        assert_eq!(level(999), Level::Fail);
        assert_eq!(level(5000), Level::Warn);
        assert_eq!(level(1000 + CERTIFICATE_SOON), Level::Ok);
    }

    #[test]
    fn clocks_are_compared_by_the_date_header() {
        let date = http_date("Sun, 06 Nov 1994 08:49:37 GMT").unwrap();
        assert_eq!(date.to_string(), "1994-11-06T08:49:37Z");
        assert_eq!(http_date("yesterday"), None);
        assert_eq!(judge_clock(Some(at(10)), at(10)).level, Level::Ok);
        let late = judge_clock(Some(at(10)), at(40));
        assert!(late.level == Level::Warn && late.said.contains("30 s behind"), "{}", late.said);
        assert_eq!(judge_clock(None, at(40)).level, Level::Ok);
    }

    #[test]
    fn an_old_hub_is_warned_of() {
        let info = |minor: &str| Info { major: "1".into(), minor: minor.into(), ..Info::default() };
        assert_eq!(judge_version(&info("29+")).level, Level::Warn);
        assert_eq!(judge_version(&info("36")).level, Level::Ok);
    }
}
