//! Merges a configuration into the live object.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use serde_json::{Map, Value};

use super::element::PathElement;
use super::items::elements;
use super::shape::{Shape, field, shape};
use crate::schema::At;

/// Merges `config` into `live`: nothing goes, leaves take the value of the configuration, lists take
/// its order where it has one.
pub(super) fn merge(at: Option<At<'_>>, live: &mut Value, config: &Value) {
    match (shape(at, config), config, at) {
        (Shape::Map, Value::Object(fields), _) => maps(at, live, fields),
        (Shape::List, Value::Array(items), Some(at)) => lists(at, live, items),
        // Null asks for nothing below; it only stays where there was nothing either.
        (form @ (Shape::Map | Shape::List), _, _) => {
            let holds = match live {
                Value::Object(map) => form == Shape::Map && !map.is_empty(),
                Value::Array(items) => form == Shape::List && !items.is_empty(),
                _ => false,
            };
            if !holds {
                *live = config.clone();
            }
        }
        (Shape::Leaf, _, _) => live.clone_from(config),
    }
}

fn maps(at: Option<At<'_>>, live: &mut Value, fields: &Map<String, Value>) {
    if !live.is_object() {
        *live = Value::Object(Map::new());
    }
    let Value::Object(map) = live else { return };
    for (name, value) in fields {
        match map.get_mut(name) {
            Some(old) => merge(field(at, name), old, value),
            None => {
                map.insert(name.clone(), value.clone());
            }
        }
    }
}

fn lists(at: At<'_>, live: &mut Value, config: &[Value]) {
    let Value::Array(old) = live else {
        *live = Value::Array(config.to_vec());
        return;
    };
    let (Ok(left), Ok(right)) = (elements(at, old), elements(at, config)) else {
        *live = Value::Array(config.to_vec());
        return;
    };
    *old = Zipper::new(at, std::mem::take(old), left, config, right).run();
}

/// The walk over both lists at once that gives the merged order: items of the configuration in its
/// order, other items of the live list where they stood relative to the shared ones.
struct Zipper<'a> {
    at: At<'a>,
    left: VecDeque<(PathElement, Value)>,
    right: VecDeque<(PathElement, &'a Value)>,
    wanted: BTreeSet<PathElement>,
    /// Live items that the configuration mentions, taken out when their turn comes; `None` for items
    /// that stand twice, which the configuration replaces.
    shared: BTreeMap<PathElement, Option<Value>>,
    /// Shared elements in the order of the configuration, from the next one on.
    next: VecDeque<PathElement>,
    merged: BTreeSet<PathElement>,
    out: Vec<Value>,
}

impl<'a> Zipper<'a> {
    fn new(
        at: At<'a>,
        old: Vec<Value>,
        left: Vec<PathElement>,
        config: &'a [Value],
        right: Vec<PathElement>,
    ) -> Self {
        let wanted: BTreeSet<PathElement> = right.iter().cloned().collect();
        let mut shared: BTreeMap<PathElement, Option<Value>> = BTreeMap::new();
        let mut queue = VecDeque::with_capacity(left.len());
        for (element, item) in left.into_iter().zip(old) {
            if wanted.contains(&element) {
                let twice = shared.contains_key(&element);
                shared.insert(element.clone(), if twice { None } else { Some(item) });
                queue.push_back((element, Value::Null));
            } else {
                queue.push_back((element, item));
            }
        }
        let next = right.iter().filter(|element| shared.contains_key(*element)).cloned().collect();
        let right = right.into_iter().zip(config).collect();
        Self { at, left: queue, right, wanted, shared, next, merged: BTreeSet::new(), out: Vec::new() }
    }

    fn run(mut self) -> Vec<Value> {
        while !self.left.is_empty() || !self.right.is_empty() {
            if let (Some((left, _)), Some((right, _))) = (self.left.front(), self.right.front()) {
                if left == right {
                    self.left.pop_front();
                    self.take_right();
                    continue;
                }
                let other_turn = self.next.front().is_some_and(|next| next != left);
                if other_turn && self.wanted.contains(left) {
                    self.left.pop_front();
                    continue;
                }
            }
            if let Some((element, _)) = self.left.front() {
                if !self.wanted.contains(element) {
                    self.out.extend(self.left.pop_front().map(|(_, item)| item));
                    continue;
                }
                if self.merged.contains(element) {
                    self.left.pop_front();
                    continue;
                }
            }
            self.take_right();
        }
        self.out
    }

    fn take_right(&mut self) {
        let Some((element, config)) = self.right.pop_front() else { return };
        let merged = match self.shared.remove(&element).flatten() {
            Some(mut old) => {
                merge(self.at.item(), &mut old, config);
                old
            }
            None => config.clone(),
        };
        self.out.push(merged);
        if self.next.front() == Some(&element) {
            self.next.pop_front();
        }
        self.merged.insert(element);
    }
}
