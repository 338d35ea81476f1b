//! Who confirmed: stamped by the server, whatever the writer says (03 *Confirmation*).

use federation_apiserver::resource::{Strategy, WriteContext};
use serde_json::Value;

/// The strategy of `Confirmation`.
pub(super) struct StampAuthor;

impl Strategy for StampAuthor {
    fn prepare_create(&self, ctx: &WriteContext, object: &mut Value) {
        if let Some(spec) = object.get_mut("spec").and_then(Value::as_object_mut) {
            spec.insert("author".to_owned(), ctx.caller.name.clone().into());
        }
    }
}

#[cfg(test)]
mod tests {
    use federation_apiserver::resource::{Caller, Endpoint};
    use serde_json::json;

    use super::*;

    #[test]
    fn the_writer_cannot_say_who_it_is() {
        let caller = Caller { name: "ann".into(), ..Caller::default() };
        let ctx = WriteContext { caller, endpoint: Endpoint::Main, now_unix_seconds: 0 };
        let mut object = json!({"spec": {"author": "bob"}});
        StampAuthor.prepare_create(&ctx, &mut object);
        assert_eq!(object["spec"]["author"], "ann");
    }
}
