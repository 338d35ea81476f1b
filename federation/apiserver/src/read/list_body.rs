//! The body of a LIST: stored bytes joined in chunks, so that no list is ever one buffer.

use std::ops::Bound;
use std::sync::Arc;

use bytes::Bytes;
use futures::stream::{self, StreamExt};

use crate::cache::entry::{Entry, Objects};
use crate::cache::event::Form;
use crate::cache::feed::{namespace_bounds, walk};
use crate::http::answer::{Answer, Content, GZIP_FROM};
use crate::read::kind::Kind;
use crate::read::selector::Selector;

/// Bytes of one chunk.
const CHUNK: usize = 64 * 1024;

/// Where the items come from.
pub(crate) enum Source {
    /// A page that was collected.
    Page(std::vec::IntoIter<Arc<Entry>>),
    /// A walk over a snapshot that is taken up again for every chunk.
    Walk(Walk),
}

/// A walk over a snapshot, resumable without borrowing it.
pub(crate) struct Walk {
    objects: Objects,
    selector: Selector,
    last: Option<Arc<Entry>>,
    end: Option<String>,
}

impl Source {
    /// Everything that `selector` selects.
    pub(crate) fn walk(objects: Objects, selector: Selector) -> Self {
        Self::Walk(Walk::new(objects, selector))
    }
}

impl Walk {
    /// Everything that `selector` selects, in the order of keys.
    pub(crate) fn new(objects: Objects, selector: Selector) -> Self {
        let end = (!selector.namespace.is_empty()).then(|| namespace_bounds(&selector.namespace).1);
        Self { objects, selector, last: None, end }
    }

    /// Calls `take` for the next selected entries until it returns `false`; tells whether there may be more.
    pub(crate) fn go_on(&mut self, mut take: impl FnMut(&Arc<Entry>) -> bool) -> bool {
        let low = namespace_bounds(&self.selector.namespace).0;
        let start = match &self.last {
            Some(last) => Bound::Excluded(last.key()),
            None if self.selector.namespace.is_empty() => Bound::Unbounded,
            None => Bound::Included(low.as_str()),
        };
        let end = self.end.as_deref().map_or(Bound::Unbounded, Bound::Excluded);
        let mut stopped = None;
        for entry in walk(&self.objects, start, end).filter(|entry| self.selector.matches(entry)) {
            if !take(entry) {
                stopped = Some(entry.clone());
                break;
            }
        }
        let more = stopped.is_some();
        if more {
            self.last = stopped;
        }
        more
    }
}

/// A list document in the making.
pub(crate) struct ListBody {
    kind: Arc<Kind>,
    form: Form,
    now: i64,
    head: Vec<u8>,
    source: Source,
    first: bool,
}

impl ListBody {
    /// A document that begins with `head` and goes on with the items of `source`.
    pub(crate) fn new(kind: Arc<Kind>, form: Form, now: i64, head: Vec<u8>, source: Source) -> Self {
        Self { kind, form, now, head, source, first: true }
    }

    /// The answer: one piece when it is small, a stream otherwise.
    pub(crate) fn answer(mut self) -> Answer {
        let mut out = std::mem::take(&mut self.head);
        if !self.fill(&mut out, GZIP_FROM) {
            return Answer::whole(200, "application/json", out);
        }
        let mut answer = Answer::whole(200, "application/json", Bytes::new());
        let rest = stream::unfold(Some(self), |body| async move {
            let mut body = body?;
            let mut out = Vec::with_capacity(CHUNK + CHUNK / 4);
            let more = body.fill(&mut out, CHUNK);
            // A long list gives other tasks of the thread their turn.
            tokio::task::yield_now().await;
            Some((Bytes::from(out), more.then_some(body)))
        });
        answer.content = Content::Pieces(stream::once(async move { Bytes::from(out) }).chain(rest).boxed());
        answer
    }

    /// The whole document at once.
    pub(crate) fn whole(mut self) -> Bytes {
        let mut out = std::mem::take(&mut self.head);
        self.fill(&mut out, usize::MAX);
        out.into()
    }

    /// Appends items until `out` has `target` bytes; closes the document after the last. Tells whether there
    /// is more.
    fn fill(&mut self, out: &mut Vec<u8>, target: usize) -> bool {
        let writer = self.kind.writer(self.form, self.now);
        let first = &mut self.first;
        let mut take = |entry: &Arc<Entry>| {
            if !std::mem::take(first) {
                out.push(b',');
            }
            writer.item(entry, entry.revision, out);
            out.len() < target
        };
        let more = match &mut self.source {
            Source::Page(items) => items.any(|entry| !take(&entry)),
            Source::Walk(walk) => walk.go_on(take),
        };
        if !more {
            out.extend_from_slice(b"]}");
        }
        more
    }
}
