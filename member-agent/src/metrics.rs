//! Counters of the agent, for `--metrics-listen` (03 *Metrics*).

use std::net::SocketAddr;
use std::sync::Arc;

use http_body_util::Full;
use hyper::body::Bytes;
use hyper_util::rt::{TokioExecutor, TokioIo};
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;
use tokio::net::TcpListener;

/// The agent's own figures.
#[derive(Default)]
pub struct Metrics {
    /// 1 while a session with the hub is open.
    pub connected: Gauge,
    /// Sessions so far.
    pub sessions: Counter,
}

impl Metrics {
    fn register(&self, registry: &mut Registry) {
        registry.register(
            "cafefed_agent_connected",
            "1 while a session with the hub is open",
            self.connected.clone(),
        );
        registry.register("cafefed_agent_sessions", "Sessions with the hub so far", self.sessions.clone());
    }
}

/// Serves `/metrics` until the listener breaks.
pub async fn serve(address: SocketAddr, metrics: Arc<Metrics>) -> std::io::Result<()> {
    let mut registry = Registry::default();
    metrics.register(&mut registry);
    let registry = Arc::new(registry);
    let listener = TcpListener::bind(address).await?;
    loop {
        let (stream, _) = listener.accept().await?;
        let registry = registry.clone();
        tokio::spawn(async move {
            let answer = hyper::service::service_fn(move |request: hyper::Request<hyper::body::Incoming>| {
                let registry = registry.clone();
                async move { Ok::<_, std::convert::Infallible>(respond(&request, &registry)) }
            });
            let server = hyper_util::server::conn::auto::Builder::new(TokioExecutor::new());
            if let Err(error) = server.serve_connection(TokioIo::new(stream), answer).await {
                tracing::debug!(error = %error, "a metrics connection broke");
            }
        });
    }
}

fn respond(
    request: &hyper::Request<hyper::body::Incoming>,
    registry: &Registry,
) -> hyper::Response<Full<Bytes>> {
    let mut text = String::new();
    let code = match request.uri().path() {
        "/metrics" if encode(&mut text, registry).is_ok() => 200,
        _ => 404,
    };
    let mut response = hyper::Response::new(Full::new(Bytes::from(text)));
    *response.status_mut() = hyper::StatusCode::from_u16(code).unwrap_or_default();
    response
}
