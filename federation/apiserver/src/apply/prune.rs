//! Takes out what a manager applied before and applies no more, unless somebody else owns it.

use serde_json::Value;

use super::extract::field_set_of_live;
use super::fieldset::FieldSet;
use super::remove::remove;
use crate::schema::At;

/// Prunes `merged`. `last` is what the manager applied before, `managed` the union of what all
/// managers own now, the new configuration included.
///
/// As upstream, in three steps: take out everything applied before; put back what somebody owns; put
/// back what only hung below a part that was taken out.
pub(super) fn prune(at: At<'_>, merged: &mut Value, last: &FieldSet, managed: &FieldSet) {
    if last.difference(managed).is_empty() {
        return;
    }
    let named = |set: FieldSet| set.with_named_fields(Some(at));
    let last = named(last.clone());
    let merged_set = named(field_set_of_live(merged, at));

    let mut pruned = merged.clone();
    remove(Some(at), &mut pruned, &last);

    let kept = named(field_set_of_live(&pruned, at)).union(&named(managed.clone()));
    pruned.clone_from(merged);
    remove(Some(at), &mut pruned, &merged_set.difference(&kept));

    let kept = named(field_set_of_live(&pruned, at));
    remove(Some(at), merged, &merged_set.difference(&kept).intersection(&last));
}
