//! The server as a `tower` service, for clients in the same process: no TLS, no socket, the same handling.

use std::convert::Infallible;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures::FutureExt;
use futures::future::BoxFuture;
use http::{Request, Response};

use super::assembly::{ApiServer, Shared};
use super::handler::{Peer, handle};
use crate::http::body::Body;
use crate::resource::Caller;

/// Handles requests as one caller whose proof is that it has this service.
#[derive(Clone)]
pub struct LocalService {
    shared: Arc<Shared>,
    peer: Peer,
}

impl ApiServer {
    /// A service for `kube::Client::new(service, "default")` whose requests come from `caller`. The caller is
    /// authorized like any other.
    pub fn service(&self, caller: Caller) -> LocalService {
        let peer = Peer { identity: None, caller: Some(Arc::new(caller)) };
        LocalService { shared: self.shared.clone(), peer }
    }
}

impl<B> tower::Service<Request<B>> for LocalService
where
    B: http_body::Body<Data = Bytes> + Send + 'static,
    B::Error: std::fmt::Display + Send,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response<Body>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        handle(self.shared.clone(), self.peer.clone(), request).map(Ok).boxed()
    }
}
