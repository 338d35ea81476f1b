//! Connections over TLS: accept, handshake, HTTP/1.1 or HTTP/2 as agreed, and an orderly end.

use std::convert::Infallible;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::assembly::{ApiServer, Shared};
use super::handler::{Peer, handle};
use crate::authn::Identity;

/// How long a client has for the handshake, and for the headers of a request.
const PATIENCE: Duration = Duration::from_secs(10);
/// How often a silent HTTP/2 connection is asked whether it lives, and how long it has for the answer.
const ALIVE: (Duration, Duration) = (Duration::from_secs(30), Duration::from_secs(15));
/// Requests that one HTTP/2 connection may have under way: a client's watches share one.
const STREAMS: u32 = 1000;
/// How long accepting pauses when the process is out of file descriptors.
const PAUSE: Duration = Duration::from_millis(50);

/// The listener does not work any more.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The socket was closed under it.
    #[error("accept connections")]
    Accept(#[source] io::Error),
}

impl ApiServer {
    /// Accepts connections until [`ApiServer::drain`] is called. Connections then get a GOAWAY (HTTP/2) or are
    /// closed after the request under way (HTTP/1.1).
    ///
    /// # Errors
    /// The listener itself fails; a failing connection is logged and no error.
    pub async fn serve(
        &self,
        listener: TcpListener,
        tls: Arc<rustls::ServerConfig>,
    ) -> Result<(), ServeError> {
        let acceptor = TlsAcceptor::from(tls);
        loop {
            let accepted = tokio::select! {
                accepted = listener.accept() => accepted,
                () = self.shared.core.draining.cancelled() => return Ok(()),
            };
            match accepted {
                Ok((stream, _)) => {
                    let task = connection(self.shared.clone(), acceptor.clone(), stream);
                    self.shared.tasks.spawn(task);
                }
                Err(error) if is_of_one_connection(&error) => {}
                Err(error) if is_out_of_files(&error) => {
                    tracing::warn!(%error, "cannot accept a connection now");
                    tokio::time::sleep(PAUSE).await;
                }
                Err(error) => return Err(ServeError::Accept(error)),
            }
        }
    }
}

async fn connection(shared: Arc<Shared>, acceptor: TlsAcceptor, stream: TcpStream) {
    // Small answers must not wait for more to come.
    let _ = stream.set_nodelay(true);
    let stream = match tokio::time::timeout(PATIENCE, acceptor.accept(stream)).await {
        Ok(Ok(stream)) => stream,
        Ok(Err(error)) => return tracing::debug!(%error, "a TLS handshake failed"),
        Err(_) => return tracing::debug!("a TLS handshake took too long"),
    };
    let peer = Peer { identity: identity(&stream), caller: None };
    let service = service_fn(|request| {
        let (shared, peer) = (shared.clone(), peer.clone());
        async move { Ok::<_, Infallible>(handle(shared, peer, request).await) }
    });
    let builder = builder();
    let mut serving = std::pin::pin!(builder.serve_connection(TokioIo::new(stream), service));
    let result = tokio::select! {
        result = serving.as_mut() => result,
        () = shared.core.draining.cancelled() => {
            serving.as_mut().graceful_shutdown();
            match tokio::time::timeout(shared.core.options.drain, serving).await {
                Ok(result) => result,
                Err(_) => return tracing::debug!("a connection was still busy at the end of the drain"),
            }
        }
    };
    if let Err(error) = result {
        tracing::debug!(%error, "a connection ended with an error");
    }
}

fn builder() -> auto::Builder<TokioExecutor> {
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(PATIENCE);
    builder
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(ALIVE.0)
        .keep_alive_timeout(ALIVE.1)
        .max_concurrent_streams(STREAMS);
    builder
}

/// Who the client certificate speaks of; a certificate that names nobody is as good as none.
fn identity(stream: &TlsStream<TcpStream>) -> Option<Arc<Identity>> {
    let (_, session) = stream.get_ref();
    let certificate = session.peer_certificates()?.first()?;
    match Identity::from_der(certificate) {
        Ok(identity) => Some(Arc::new(identity)),
        Err(error) => {
            tracing::debug!(%error, "a client certificate names nobody");
            None
        }
    }
}

fn is_of_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted)
}

fn is_out_of_files(error: &io::Error) -> bool {
    // ENFILE and EMFILE have no kind of their own.
    matches!(error.raw_os_error(), Some(23 | 24))
}
