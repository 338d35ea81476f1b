//! A disk that keeps what was synced and, when the power goes, any part of what was not: whole writes or sectors of
//! them, in any combination. It can also refuse from some operation on, as a full or broken disk does.

use std::io;
use std::sync::Arc;

use parking_lot::Mutex;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use redb::StorageBackend;

const SECTOR: usize = 512;

/// What the operation at which the disk stops does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    /// The power goes: what was not synced is lost, kept, or torn.
    PowerCut,
    /// The disk is full or broken: this and every later operation fails, what was written before stays.
    Refuse,
}

#[derive(Debug)]
enum Pending {
    Write { offset: u64, data: Vec<u8> },
    SetLen(u64),
}

#[derive(Debug)]
struct Platter {
    /// What a read sees.
    current: Vec<u8>,
    /// What survives a power cut for sure.
    synced: Vec<u8>,
    pending: Vec<Pending>,
    /// Changing operations until the disk stops.
    left: Option<(u64, Stop)>,
    stopped: bool,
    rng: StdRng,
}

/// The disk; clones are the same disk.
#[derive(Clone, Debug)]
pub(crate) struct Disk(Arc<Mutex<Platter>>);

impl Disk {
    /// An empty disk. The seed decides what survives a power cut.
    pub(crate) fn new(seed: u64) -> Self {
        Self(Arc::new(Mutex::new(Platter {
            current: Vec::new(),
            synced: Vec::new(),
            pending: Vec::new(),
            left: None,
            stopped: false,
            rng: StdRng::seed_from_u64(seed),
        })))
    }

    /// Stops the disk in the middle of the `operations`-th change from now.
    pub(crate) fn stop_after(&self, operations: u64, how: Stop) {
        self.0.lock().left = Some((operations, how));
    }

    /// Whether it has stopped.
    pub(crate) fn has_stopped(&self) -> bool {
        self.0.lock().stopped
    }

    /// Power and space are back: the disk as it was left.
    pub(crate) fn restart(&self) -> Self {
        let old = self.0.lock();
        Self(Arc::new(Mutex::new(Platter {
            current: old.current.clone(),
            synced: old.current.clone(),
            pending: Vec::new(),
            left: None,
            stopped: false,
            rng: old.rng.clone(),
        })))
    }
}

impl Platter {
    fn change(&mut self, change: Option<Pending>) -> io::Result<()> {
        if self.stopped {
            return Err(io::Error::other("the disk has stopped"));
        }
        if let Some((left, how)) = &mut self.left {
            if *left == 0 {
                let how = *how;
                self.stopped = true;
                if how == Stop::PowerCut {
                    self.pending.extend(change);
                    self.lose_power();
                }
                return Err(io::Error::new(io::ErrorKind::StorageFull, "no space left on the disk"));
            }
            *left -= 1;
        }
        match change {
            Some(change) => {
                apply(&mut self.current, &change, |_| true);
                self.pending.push(change);
            }
            None => {
                for change in self.pending.drain(..) {
                    apply(&mut self.synced, &change, |_| true);
                }
            }
        }
        Ok(())
    }

    fn lose_power(&mut self) {
        let mut image = self.synced.clone();
        for change in self.pending.drain(..) {
            match self.rng.random_range(0..3) {
                0 => {}
                1 => apply(&mut image, &change, |_| true),
                _ => {
                    let seed = self.rng.random::<u64>();
                    let mut tear = StdRng::seed_from_u64(seed);
                    apply(&mut image, &change, |_| tear.random_bool(0.5));
                }
            }
        }
        self.current = image;
    }
}

/// Applies a change, or those of its sectors that `keep` chooses.
fn apply(image: &mut Vec<u8>, change: &Pending, mut keep: impl FnMut(usize) -> bool) {
    match change {
        Pending::SetLen(len) => image.resize(*len as usize, 0),
        Pending::Write { offset, data } => {
            for (n, sector) in data.chunks(SECTOR).enumerate() {
                if keep(n) {
                    let from = *offset as usize + n * SECTOR;
                    let to = from + sector.len();
                    if image.len() < to {
                        image.resize(to, 0);
                    }
                    image[from..to].copy_from_slice(sector);
                }
            }
        }
    }
}

impl StorageBackend for Disk {
    fn len(&self) -> io::Result<u64> {
        Ok(self.0.lock().current.len() as u64)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let platter = self.0.lock();
        if platter.stopped && platter.left.is_some_and(|(_, how)| how == Stop::PowerCut) {
            return Err(io::Error::other("the power is off"));
        }
        let from = offset as usize;
        let bytes = platter.current.get(from..from + out.len());
        out.copy_from_slice(bytes.ok_or_else(|| io::Error::other("a read beyond the end"))?);
        Ok(())
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.0.lock().change(Some(Pending::SetLen(len)))
    }

    fn sync_data(&self) -> io::Result<()> {
        self.0.lock().change(None)
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.0.lock().change(Some(Pending::Write { offset, data: data.to_vec() }))
    }
}
