//! Ports that stay ours, also while the program that listens on them is down.
//!
//! A port that the system hands out (bind to 0, close, give to the program) can be taken by anybody in between,
//! and again whenever the program is restarted. So ports come from below the range that the system hands out,
//! and each one is held by a file lock: two test processes never use the same one, and the lock of a process
//! that died is free.

use std::fs::{File, OpenOptions};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};

use anyhow::{Context, Result, bail};

/// The first port tried, and the first one beyond: well above the services of a machine, and below 32768, where
/// Linux begins to hand out ports by itself.
const RANGE: std::ops::Range<u16> = 18_000..30_000;

/// A port on 127.0.0.1 that nobody else of these tests uses while this value lives.
#[derive(Debug)]
pub struct Port {
    number: u16,
    _lock: File,
}

impl Port {
    /// Reserves a free port.
    pub fn reserve() -> Result<Self> {
        let folder = std::env::temp_dir().join("cafefed-ports");
        std::fs::create_dir_all(&folder).with_context(|| format!("make {}", folder.display()))?;
        let span = RANGE.end - RANGE.start;
        let first: u16 = rand::random_range(0..span);
        for step in 0..span {
            let number = RANGE.start + (first + step) % span;
            let path = folder.join(number.to_string());
            let lock = OpenOptions::new()
                .create(true)
                .truncate(false)
                .write(true)
                .open(&path)
                .with_context(|| format!("open {}", path.display()))?;
            // Somebody who uses the port without our lock is found by binding it.
            if lock.try_lock().is_ok() && TcpListener::bind((Ipv4Addr::LOCALHOST, number)).is_ok() {
                return Ok(Self { number, _lock: lock });
            }
        }
        bail!("no free port between {} and {}", RANGE.start, RANGE.end)
    }

    /// The port's number.
    pub fn number(&self) -> u16 {
        self.number
    }

    /// The port as an address on 127.0.0.1.
    pub fn address(&self) -> SocketAddr {
        SocketAddr::from((Ipv4Addr::LOCALHOST, self.number))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reserved_ports_differ_and_can_be_bound() {
        let ports: Vec<Port> = (0..50).map(|_| Port::reserve().unwrap()).collect();
        let numbers: std::collections::BTreeSet<u16> = ports.iter().map(Port::number).collect();
        assert_eq!(numbers.len(), ports.len());
        TcpListener::bind(ports[0].address()).unwrap();
    }
}
