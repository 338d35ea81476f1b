//! Sets of field paths and their algebra.

use std::cmp::Ordering;

use super::element::PathElement;
use crate::schema::{At, Kind};

/// A set of field paths, as a tree: an entry is in the set itself (`member`), or paths below it are,
/// or both. Entries are sorted; an entry that is neither does not exist.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FieldSet {
    pub(super) entries: Vec<Entry>,
}

/// One node of the tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) element: PathElement,
    pub(super) member: bool,
    pub(super) below: FieldSet,
}

impl Entry {
    fn is_empty(&self) -> bool {
        !self.member && self.below.is_empty()
    }
}

/// The two sides of an element during a walk over two sets.
enum Pair<'a> {
    Left(&'a Entry),
    Right(&'a Entry),
    Both(&'a Entry, &'a Entry),
}

/// Walks over two sorted sets at once.
fn zip<'a>(left: &'a FieldSet, right: &'a FieldSet) -> impl Iterator<Item = Pair<'a>> {
    let (mut left, mut right) = (left.entries.iter().peekable(), right.entries.iter().peekable());
    std::iter::from_fn(move || {
        let order = match (left.peek(), right.peek()) {
            (None, None) => return None,
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(a), Some(b)) => a.element.cmp(&b.element),
        };
        match order {
            Ordering::Less => left.next().map(Pair::Left),
            Ordering::Greater => right.next().map(Pair::Right),
            Ordering::Equal => left.next().zip(right.next()).map(|(a, b)| Pair::Both(a, b)),
        }
    })
}

impl FieldSet {
    /// The empty set.
    pub const fn new() -> Self {
        Self { entries: Vec::new() }
    }

    /// Whether no path is in the set.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The number of paths.
    pub fn len(&self) -> usize {
        self.entries.iter().map(|entry| usize::from(entry.member) + entry.below.len()).sum()
    }

    /// Adds `path`; its parents are not added. The empty path means the whole object, which nobody owns.
    pub fn insert(&mut self, path: &[PathElement]) {
        let Some((first, rest)) = path.split_first() else { return };
        let entry = self.entry(first);
        if rest.is_empty() {
            entry.member = true;
        } else {
            entry.below.insert(rest);
        }
    }

    fn entry(&mut self, element: &PathElement) -> &mut Entry {
        let place = match self.entries.binary_search_by(|entry| entry.element.cmp(element)) {
            Ok(place) => place,
            Err(place) => {
                let entry = Entry { element: element.clone(), member: false, below: Self::new() };
                self.entries.insert(place, entry);
                place
            }
        };
        &mut self.entries[place]
    }

    /// Whether `path` itself is in the set.
    pub fn has(&self, path: &[PathElement]) -> bool {
        let Some((first, rest)) = path.split_first() else { return false };
        self.get(first)
            .is_some_and(|entry| if rest.is_empty() { entry.member } else { entry.below.has(rest) })
    }

    pub(super) fn get(&self, element: &PathElement) -> Option<&Entry> {
        let place = self.entries.binary_search_by(|entry| entry.element.cmp(element)).ok()?;
        Some(&self.entries[place])
    }

    /// Adds an entry that belongs behind all others or anywhere else; empty ones are left out.
    pub(super) fn push(&mut self, element: PathElement, member: bool, below: Self) {
        if !member && below.is_empty() {
            return;
        }
        match self.entries.last() {
            Some(last) if last.element >= element => {
                let entry = self.entry(&element);
                entry.member |= member;
                entry.below = if entry.below.is_empty() { below } else { entry.below.union(&below) };
            }
            _ => self.entries.push(Entry { element, member, below }),
        }
    }

    fn keep(&mut self, entry: Entry) {
        if !entry.is_empty() {
            self.entries.push(entry);
        }
    }

    /// Paths in either set.
    pub fn union(&self, other: &Self) -> Self {
        if other.is_empty() {
            return self.clone();
        }
        let mut out = Self { entries: Vec::with_capacity(self.entries.len().max(other.entries.len())) };
        for pair in zip(self, other) {
            out.entries.push(match pair {
                Pair::Left(entry) | Pair::Right(entry) => entry.clone(),
                Pair::Both(a, b) => Entry {
                    element: a.element.clone(),
                    member: a.member || b.member,
                    below: a.below.union(&b.below),
                },
            });
        }
        out
    }

    /// Paths in both sets.
    pub fn intersection(&self, other: &Self) -> Self {
        let mut out = Self::new();
        for pair in zip(self, other) {
            if let Pair::Both(a, b) = pair {
                let below = a.below.intersection(&b.below);
                out.keep(Entry { element: a.element.clone(), member: a.member && b.member, below });
            }
        }
        out
    }

    /// Paths of this set that are not in `other`. A path below one of `other` stays.
    pub fn difference(&self, other: &Self) -> Self {
        let mut out = Self::new();
        for pair in zip(self, other) {
            match pair {
                Pair::Left(entry) => out.entries.push(entry.clone()),
                Pair::Right(_) => {}
                Pair::Both(a, b) => {
                    let below = a.below.difference(&b.below);
                    out.keep(Entry { element: a.element.clone(), member: a.member && !b.member, below });
                }
            }
        }
        out
    }

    /// Paths of this set that are neither in `other` nor below one of `other`.
    pub fn recursive_difference(&self, other: &Self) -> Self {
        let mut out = Self::new();
        for pair in zip(self, other) {
            match pair {
                Pair::Left(entry) => out.entries.push(entry.clone()),
                Pair::Right(_) => {}
                Pair::Both(_, b) if b.member => {}
                Pair::Both(a, b) => {
                    let below = a.below.recursive_difference(&b.below);
                    out.keep(Entry { element: a.element.clone(), member: a.member, below });
                }
            }
        }
        out
    }

    /// Calls `visit` with every path, the members of a level before what is below, as upstream lists them.
    pub fn for_each(&self, visit: &mut dyn FnMut(&[PathElement])) {
        fn walk(set: &FieldSet, path: &mut Vec<PathElement>, visit: &mut dyn FnMut(&[PathElement])) {
            for entry in set.entries.iter().filter(|entry| entry.member) {
                path.push(entry.element.clone());
                visit(path);
                path.pop();
            }
            for entry in set.entries.iter().filter(|entry| !entry.below.is_empty()) {
                path.push(entry.element.clone());
                walk(&entry.below, path, visit);
                path.pop();
            }
        }
        walk(self, &mut Vec::new(), visit);
    }

    /// The same set where declared fields with paths below are members too: `a.b.c` then also owns
    /// `a`, if `a` is a declared field and not a key of a map.
    pub(super) fn with_named_fields(mut self, at: Option<At<'_>>) -> Self {
        for entry in &mut self.entries {
            let child = match &entry.element {
                PathElement::Field(name) => {
                    let declared = at.and_then(|at| at.property(name));
                    entry.member |= declared.is_some() && !entry.below.is_empty();
                    declared.or_else(|| at.and_then(|at| at.child(name)))
                }
                PathElement::Key(_) => at.filter(|at| at.kind == Kind::Array).and_then(At::item),
                PathElement::Value(_) | PathElement::Index(_) => None,
            };
            entry.below = std::mem::take(&mut entry.below).with_named_fields(child);
        }
        self
    }
}

/// A path as messages show it: `.spec.containers[name="web"].image`.
pub(super) fn shown(path: &[PathElement]) -> String {
    path.iter().map(ToString::to_string).collect()
}
