//! LIST of everything: whole, and in pages of 500. Bytes are counted and thrown away, so that the client's own work
//! is small and the same for both.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use http_body_util::BodyExt;
use kube::Client;
use kube::client::Body;
use serde_json::Value;

use super::Kind;
use crate::report::Figure;

/// How often.
const ROUNDS: usize = 5;

/// Consistent reads (no resourceVersion), whole and paged.
pub(super) async fn measure(client: &Client, subject: &str, kind: Kind, total: usize) -> Result<Vec<Figure>> {
    let (mut whole, mut paged) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        whole.push(whole_list(client, kind, total).await?);
        paged.push(pages(client, kind, total).await?);
    }
    let what = |how: &str| format!("LIST of {total} × {}, {how}", kind.name());
    Ok(vec![
        Figure::times(what("whole"), subject, &whole).aim("10 × kube-apiserver"),
        Figure::times(what("pages of 500"), subject, &paged),
    ])
}

async fn whole_list(client: &Client, kind: Kind, total: usize) -> Result<Duration> {
    let start = Instant::now();
    let request = http::Request::get(kind.path()).body(Body::empty())?;
    let mut body = client.send(request).await?.into_body();
    let mut bytes = 0;
    while let Some(frame) = body.frame().await {
        bytes += frame?.data_ref().map_or(0, |data| data.len());
    }
    anyhow::ensure!(bytes > total * 1000, "a list of {total} objects has only {bytes} bytes");
    Ok(start.elapsed())
}

async fn pages(client: &Client, kind: Kind, total: usize) -> Result<Duration> {
    let start = Instant::now();
    let (mut next, mut bytes) = (String::new(), 0);
    loop {
        let page = get(client, &format!("{}?limit=500{next}", kind.path())).await?;
        bytes += page.len();
        match continuation(&page) {
            Some(token) => next = format!("&continue={token}"),
            None => break,
        }
    }
    anyhow::ensure!(bytes > total * 1000, "pages of {total} objects have only {bytes} bytes");
    Ok(start.elapsed())
}

/// The token, without parsing the page: it stands before the items or behind them.
fn continuation(page: &[u8]) -> Option<String> {
    let field = b"\"continue\":\"";
    let edge = page.len().saturating_sub(1024);
    let find = |part: &[u8]| part.windows(field.len()).position(|w| w == field).map(|at| at + field.len());
    let from = find(&page[..page.len().min(1024)]).or_else(|| find(&page[edge..]).map(|at| at + edge))?;
    let to = page[from..].iter().position(|byte| *byte == b'"')? + from;
    let token = String::from_utf8_lossy(&page[from..to]).into_owned();
    // Base64 has characters that mean something in a query.
    (!token.is_empty()).then(|| token.replace('+', "%2B").replace('/', "%2F").replace('=', "%3D"))
}

async fn get(client: &Client, path: &str) -> Result<Vec<u8>> {
    let answer = client.send(http::Request::get(path).body(Body::empty())?).await?;
    anyhow::ensure!(answer.status() == 200, "GET {path} answered {}", answer.status());
    Ok(answer.into_body().collect().await?.to_bytes().to_vec())
}

/// How many objects there are.
pub(super) async fn count(client: &Client, kind: Kind) -> Result<usize> {
    let page: Value = serde_json::from_slice(&get(client, &format!("{}?limit=1", kind.path())).await?)?;
    let items = page["items"].as_array().context("a list without items")?.len();
    let rest = page["metadata"]["remainingItemCount"].as_u64().unwrap_or_default();
    Ok(items + usize::try_from(rest)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_continuation_is_found_at_both_ends() {
        let items = format!("\"items\":[{}]", "{},".repeat(1000));
        let first = format!("{{\"metadata\":{{\"continue\":\"a+b/c=\"}},{items}}}");
        let last = format!("{{{items},\"metadata\":{{\"continue\":\"x\"}}}}");
        assert_eq!(continuation(first.as_bytes()).unwrap(), "a%2Bb%2Fc%3D");
        assert_eq!(continuation(last.as_bytes()).unwrap(), "x");
        assert_eq!(continuation(b"{\"metadata\":{},\"items\":[]}"), None);
    }
}
