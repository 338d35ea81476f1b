//! Who owns whom. Pure: fed by watch events, asked for the next object to look at.
//!
//! An owner that is named but was never seen has no node, only dependents: upstream's virtual node. It
//! stays unknown until a watch shows it or a live look-up finds it absent.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

/// A UID, shared by all places that name it.
pub type Uid = Arc<str>;

/// How many absent UIDs are remembered, so that the dependents of one owner need one look-up together.
const REMEMBERED_ABSENT: usize = 10_000;

/// An owner reference, as far as it matters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owner {
    /// UID of the owner.
    pub uid: Uid,
    /// `apiVersion` of the owner.
    pub api_version: Box<str>,
    /// Kind of the owner.
    pub kind: Box<str>,
    /// Name of the owner.
    pub name: Box<str>,
    /// `blockOwnerDeletion`.
    pub blocks: bool,
}

/// On its way out or not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Deletion {
    /// No deletion time.
    #[default]
    None,
    /// A deletion time, and no finalizer of ours.
    Background,
    /// A deletion time and the finalizer `foregroundDeletion`.
    Foreground,
    /// A deletion time and the finalizer `orphan`.
    Orphan,
}

/// An object as a watch shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// Number of its kind in [`crate::controllers::kinds::Kinds`].
    pub kind: usize,
    /// Namespace; empty for cluster scope.
    pub namespace: Arc<str>,
    /// Name.
    pub name: Box<str>,
    /// Its owners.
    pub owners: Box<[Owner]>,
    /// Whether it is being deleted, and how.
    pub deletion: Deletion,
}

/// What the graph knows of an owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seen {
    /// It is there.
    Present(Deletion),
    /// It is there, but in another namespace than the dependent may name.
    Elsewhere,
    /// It is known to be gone.
    Absent,
    /// Nothing is known; look it up.
    Unknown,
}

/// A dependent of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dependent {
    /// UID.
    pub uid: Uid,
    /// What it is.
    pub node: Node,
    /// Whether it blocks the owner in question.
    pub blocks: bool,
}

/// An object to look at, with what the graph knows around it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// UID.
    pub uid: Uid,
    /// What it is.
    pub node: Node,
    /// Its owners' state, in the order of `node.owners`.
    pub owners: Vec<Seen>,
    /// What depends on it; filled for objects that are being deleted, or have dependents at all.
    pub dependents: Vec<Dependent>,
}

/// What depends on one object.
#[derive(Debug, Default)]
struct Dependents {
    all: BTreeSet<Uid>,
    /// How many references among them block the object's deletion; counted, because an object with very
    /// many dependents is asked for each of them that goes.
    blocking: usize,
}

/// The graph and the queue.
#[derive(Debug, Default)]
pub struct Graph {
    nodes: BTreeMap<Uid, Node>,
    dependents: BTreeMap<Uid, Dependents>,
    queue: BTreeSet<Uid>,
    busy: BTreeSet<Uid>,
    /// Changed while they were being worked on; they go back into the queue.
    again: BTreeSet<Uid>,
    absent: BTreeSet<Uid>,
    absent_order: VecDeque<Uid>,
    listing: BTreeMap<usize, BTreeSet<Uid>>,
}

impl Graph {
    /// A new list of a kind begins.
    pub fn begin(&mut self, kind: usize) {
        self.listing.insert(kind, BTreeSet::new());
    }

    /// The list is whole: what it did not show is gone.
    pub fn end(&mut self, kind: usize) {
        let Some(seen) = self.listing.remove(&kind) else { return };
        let gone = self.nodes.iter().filter(|(uid, node)| node.kind == kind && !seen.contains(*uid));
        let gone: Vec<Uid> = gone.map(|(uid, _)| Uid::clone(uid)).collect();
        for uid in gone {
            self.remove(&uid);
        }
    }

    /// An object is there.
    pub fn observe(&mut self, uid: &str, node: Node) {
        let uid: Uid =
            self.nodes.get_key_value(uid).map_or_else(|| Uid::from(uid), |(uid, _)| Uid::clone(uid));
        if let Some(seen) = self.listing.get_mut(&node.kind) {
            seen.insert(Uid::clone(&uid));
        }
        self.absent.remove(&uid);
        let old = self.nodes.get(&uid);
        if old == Some(&node) {
            return;
        }
        let was = old.map(|n| n.deletion).unwrap_or_default();
        if let Some(old) = self.nodes.remove(&uid) {
            self.unlink(&uid, &old);
            // An owner that is no longer named may have waited for this one.
            self.wake_owners(&old);
        }
        self.link(&uid, &node);
        // Dependents of an object that is now deleted in the foreground go before it. One that stops
        // blocking, or starts to be deleted, may free its owners.
        if node.deletion == Deletion::Foreground && was != Deletion::Foreground {
            self.wake_dependents(&uid);
        }
        self.wake_owners(&node);
        self.nodes.insert(Uid::clone(&uid), node);
        self.wake(&uid);
    }

    /// A watch or a live look-up says that the object is gone.
    pub fn remove(&mut self, uid: &str) {
        let Some((uid, node)) = self.nodes.remove_entry(uid) else {
            self.note_absent(&Uid::from(uid));
            return;
        };
        self.unlink(&uid, &node);
        self.queue.remove(&uid);
        self.wake_owners(&node);
        self.note_absent(&uid);
    }

    /// A live look-up says that there is no object with this UID.
    pub fn note_absent(&mut self, uid: &Uid) {
        if self.nodes.contains_key(uid) {
            return;
        }
        if self.absent.insert(Uid::clone(uid)) {
            self.absent_order.push_back(Uid::clone(uid));
            while self.absent_order.len() > REMEMBERED_ABSENT {
                if let Some(oldest) = self.absent_order.pop_front() {
                    self.absent.remove(&oldest);
                }
            }
        }
        self.wake_dependents(uid);
    }

    /// The next object to look at; it is then busy until [`Graph::done`].
    pub fn take(&mut self) -> Option<Item> {
        while let Some(uid) = self.queue.pop_first() {
            let needed = self.nodes.get(&uid).is_some_and(|node| self.needs_attention(&uid, node));
            let Some(item) = needed.then(|| self.item(&uid)).flatten() else { continue };
            self.busy.insert(uid);
            return Some(item);
        }
        None
    }

    /// Whether an object is worth a request. One with present owners, or with none, is not. One that waits
    /// for its dependents is when no one blocks it: the others are looked at for their own sake.
    fn needs_attention(&self, uid: &Uid, node: &Node) -> bool {
        match node.deletion {
            Deletion::Orphan => true,
            Deletion::Foreground => self.dependents.get(uid).is_none_or(|d| d.blocking == 0),
            Deletion::Background => false,
            Deletion::None => node.owners.iter().any(|owner| match self.seen(node, owner) {
                Seen::Present(deletion) => deletion == Deletion::Foreground,
                Seen::Elsewhere | Seen::Absent | Seen::Unknown => true,
            }),
        }
    }

    /// The attempt at an object has ended.
    pub fn done(&mut self, uid: &Uid) {
        self.busy.remove(uid);
        if self.again.remove(uid) {
            self.wake(uid);
        }
    }

    /// Looks at an object again, if it is still known.
    pub fn wake(&mut self, uid: &Uid) {
        if self.busy.contains(uid) {
            self.again.insert(Uid::clone(uid));
        } else if self.nodes.contains_key(uid) {
            self.queue.insert(Uid::clone(uid));
        }
    }

    /// How many objects it knows.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Whether it knows none.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    fn wake_dependents(&mut self, uid: &Uid) {
        let list: Vec<Uid> = self.dependents.get(uid).into_iter().flat_map(|d| &d.all).cloned().collect();
        for dependent in list {
            self.wake(&dependent);
        }
    }

    fn wake_owners(&mut self, node: &Node) {
        for owner in &node.owners {
            self.wake(&owner.uid);
        }
    }

    fn link(&mut self, uid: &Uid, node: &Node) {
        for owner in &node.owners {
            let list = self.dependents.entry(Uid::clone(&owner.uid)).or_default();
            list.all.insert(Uid::clone(uid));
            list.blocking += usize::from(owner.blocks);
        }
    }

    fn unlink(&mut self, uid: &Uid, node: &Node) {
        for owner in &node.owners {
            let Some(list) = self.dependents.get_mut(&owner.uid) else { continue };
            list.all.remove(uid);
            list.blocking = list.blocking.saturating_sub(usize::from(owner.blocks));
            if list.all.is_empty() && list.blocking == 0 {
                self.dependents.remove(&owner.uid);
            }
        }
    }

    fn item(&self, uid: &Uid) -> Option<Item> {
        let node = self.nodes.get(uid)?;
        let owners = node.owners.iter().map(|owner| self.seen(node, owner)).collect();
        let dependents = self.dependents.get(uid).into_iter().flat_map(|d| &d.all).filter_map(|dependent| {
            let found = self.nodes.get(dependent)?;
            let blocks = found.owners.iter().any(|o| o.uid == *uid && o.blocks);
            Some(Dependent { uid: Uid::clone(dependent), node: found.clone(), blocks })
        });
        Some(Item { uid: Uid::clone(uid), node: node.clone(), owners, dependents: dependents.collect() })
    }

    fn seen(&self, dependent: &Node, owner: &Owner) -> Seen {
        match self.nodes.get(&owner.uid) {
            Some(node) if node.namespace.is_empty() || node.namespace == dependent.namespace => {
                Seen::Present(node.deletion)
            }
            Some(_) => Seen::Elsewhere,
            None if self.absent.contains(&owner.uid) => Seen::Absent,
            None => Seen::Unknown,
        }
    }
}
