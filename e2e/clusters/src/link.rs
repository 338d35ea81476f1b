//! A network link between two programs that a scenario can cut: a forwarder of TCP on 127.0.0.1.
//!
//! There are two ways to be cut off, and programs notice them differently: connections that are refused, and
//! connections that stay open and say nothing any more (half-open).

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::{Context, Result};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::ports::Port;

/// What the link does with bytes and new connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Everything passes.
    Open,
    /// Connections stay, also new ones are taken, and nothing passes. Bytes wait: they pass when it opens again,
    /// as they do after a healed partition.
    Silent,
    /// Connections are closed, and new ones closed at once.
    Refused,
}

/// A forwarder; it ends when it is dropped.
#[derive(Debug)]
pub struct Link {
    port: Port,
    state: watch::Sender<State>,
    bytes: Arc<AtomicU64>,
    _accepting: JoinSet<()>,
}

impl Link {
    /// Listens on a port of its own and forwards to `target`.
    pub async fn to(target: SocketAddr) -> Result<Self> {
        let port = Port::reserve()?;
        let listener = TcpListener::bind(port.address())
            .await
            .with_context(|| format!("listen on {} for a link to {target}", port.address()))?;
        let (state, watched) = watch::channel(State::Open);
        let bytes = Arc::new(AtomicU64::new(0));
        let mut accepting = JoinSet::new();
        accepting.spawn(accept(listener, target, watched, bytes.clone()));
        Ok(Self { port, state, bytes, _accepting: accepting })
    }

    /// The address to give to the program that is to come through this link.
    pub fn address(&self) -> SocketAddr {
        self.port.address()
    }

    /// Opens or cuts the link, for connections there are and those to come.
    pub fn set(&self, state: State) {
        self.state.send_replace(state);
    }

    /// Bytes that passed in both directions since the start.
    pub fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }
}

async fn accept(
    listener: TcpListener,
    target: SocketAddr,
    state: watch::Receiver<State>,
    bytes: Arc<AtomicU64>,
) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            Some(_) = connections.join_next() => {}
            accepted = listener.accept() => {
                let Ok((inbound, _)) = accepted else { continue };
                if *state.borrow() != State::Refused {
                    connections.spawn(carry(inbound, target, state.clone(), bytes.clone()));
                }
            }
        }
    }
}

/// Carries one connection until one side ends it or the link is refused.
async fn carry(inbound: TcpStream, target: SocketAddr, state: watch::Receiver<State>, bytes: Arc<AtomicU64>) {
    let mut refused = state.clone();
    let both = async {
        // A silent link does not even reach the other side.
        pass_when_open(&mut state.clone()).await;
        let Ok(outbound) = TcpStream::connect(target).await else { return };
        // Small writes must not wait for each other: a link adds no delay of its own.
        let _ = (inbound.set_nodelay(true), outbound.set_nodelay(true));
        let (from_near, to_near) = inbound.into_split();
        let (from_far, to_far) = outbound.into_split();
        tokio::join!(
            pump(from_near, to_far, state.clone(), bytes.clone()),
            pump(from_far, to_near, state.clone(), bytes.clone()),
        );
    };
    tokio::select! {
        () = both => {}
        // An error means that the link itself is gone.
        _ = refused.wait_for(|state| *state == State::Refused) => {}
    }
}

/// Moves bytes one way while the link is open.
async fn pump(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    mut state: watch::Receiver<State>,
    bytes: Arc<AtomicU64>,
) {
    let mut buffer = vec![0; 16 * 1024];
    while let Ok(read) = from.read(&mut buffer).await {
        pass_when_open(&mut state).await;
        bytes.fetch_add(read as u64, Ordering::Relaxed);
        if read == 0 || to.write_all(&buffer[..read]).await.is_err() {
            break;
        }
    }
    let _ = to.shutdown().await;
}

async fn pass_when_open(state: &mut watch::Receiver<State>) {
    // An error means that the link itself is gone, and its tasks with it.
    let _ = state.wait_for(|state| *state == State::Open).await;
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    /// A server that sends back what it gets.
    async fn echo() -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                tokio::spawn(async move {
                    let (mut from, mut to) = stream.split();
                    tokio::io::copy(&mut from, &mut to).await
                });
            }
        });
        address
    }

    async fn hear(stream: &mut TcpStream) -> std::io::Result<String> {
        let mut buffer = [0; 16];
        let read = stream.read(&mut buffer).await?;
        Ok(String::from_utf8_lossy(&buffer[..read]).into_owned())
    }

    #[tokio::test]
    async fn a_silent_link_keeps_connections_and_delivers_later() {
        let link = Link::to(echo().await).await.unwrap();
        let mut stream = TcpStream::connect(link.address()).await.unwrap();
        stream.write_all(b"one").await.unwrap();
        assert_eq!(hear(&mut stream).await.unwrap(), "one");
        assert_eq!(link.bytes(), 6);

        link.set(State::Silent);
        stream.write_all(b"two").await.unwrap();
        let nothing = tokio::time::timeout(Duration::from_millis(100), hear(&mut stream)).await;
        assert!(nothing.is_err(), "{nothing:?}");

        link.set(State::Open);
        assert_eq!(hear(&mut stream).await.unwrap(), "two");
    }

    #[tokio::test]
    async fn a_refused_link_closes_connections_old_and_new() {
        let link = Link::to(echo().await).await.unwrap();
        let mut old = TcpStream::connect(link.address()).await.unwrap();
        old.write_all(b"one").await.unwrap();
        assert_eq!(hear(&mut old).await.unwrap(), "one");

        link.set(State::Refused);
        assert!(matches!(hear(&mut old).await.as_deref(), Ok("") | Err(_)));
        let mut new = TcpStream::connect(link.address()).await.unwrap();
        assert!(matches!(hear(&mut new).await.as_deref(), Ok("") | Err(_)));

        link.set(State::Open);
        let mut again = TcpStream::connect(link.address()).await.unwrap();
        again.write_all(b"two").await.unwrap();
        assert_eq!(hear(&mut again).await.unwrap(), "two");
    }
}
