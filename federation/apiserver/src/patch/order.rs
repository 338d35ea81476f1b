//! The order of a merged list: items of the patch in the order that the patch asks for, items that
//! only the server has stay where they were relative to them.

use serde_json::Value;

/// How items of a list are told apart.
#[derive(Clone, Copy)]
pub(super) enum Identity<'a> {
    /// Objects with this merge key.
    Key(&'a str),
    /// Scalars by value.
    Value,
}

impl Identity<'_> {
    /// What identifies `item`; `None` when the key is missing.
    pub(super) fn of<'v>(&self, item: &'v Value) -> Option<&'v Value> {
        match self {
            Self::Key(key) => item.get(key),
            Self::Value => Some(item),
        }
    }

    /// The place of the item with the identity of `item` in `list`.
    pub(super) fn position(&self, list: &[Value], item: &Value) -> Option<usize> {
        let wanted = self.of(item)?;
        list.iter().position(|candidate| self.of(candidate) == Some(wanted))
    }
}

/// Orders `merged`: `wanted` is the order that the patch asks for, `server` the list before.
pub(super) fn order(
    merged: Vec<Value>,
    wanted: &[Value],
    server: &[Value],
    identity: Identity<'_>,
) -> Vec<Value> {
    let mut of_patch = Vec::new();
    let mut of_server = Vec::new();
    for item in merged {
        match identity.position(wanted, &item) {
            Some(place) => of_patch.push((place, item)),
            None => of_server.push(item),
        }
    }
    of_patch.sort_by_key(|(place, _)| *place);
    let mut ordered = Vec::with_capacity(of_patch.len() + of_server.len());
    let mut left = of_server.into_iter().peekable();
    for (_, item) in of_patch {
        let place = identity.position(server, &item);
        while let Some(candidate) = left.peek() {
            match (identity.position(server, candidate), place) {
                (Some(earlier), Some(place)) if earlier < place => ordered.extend(left.next()),
                _ => break,
            }
        }
        ordered.push(item);
    }
    ordered.extend(left);
    ordered
}
