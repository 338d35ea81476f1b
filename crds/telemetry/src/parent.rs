//! A span's place in a trace, as the text that travels in an annotation.

use std::collections::HashMap;

use opentelemetry::propagation::TextMapPropagator;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt;

const HEADER: &str = "traceparent";

/// Makes `span` a child of the span that wrote this `traceparent`. A text that is none is ignored: a trace is
/// never a reason to fail.
pub fn adopt(span: &Span, traceparent: &str) {
    let carrier: HashMap<String, String> = [(HEADER.to_owned(), traceparent.to_owned())].into();
    let context = TraceContextPropagator::new().extract(&carrier);
    if let Err(error) = span.set_parent(context) {
        tracing::trace!(%error, "a span has no place in a trace");
    }
}

/// The `traceparent` of `span`; `None` where no traces are collected.
pub fn traceparent(span: &Span) -> Option<String> {
    let mut carrier: HashMap<String, String> = HashMap::new();
    TraceContextPropagator::new().inject_context(&span.context(), &mut carrier);
    carrier.remove(HEADER)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nonsense_is_ignored_and_no_subscriber_means_no_parent() {
        let span = tracing::info_span!("test");
        adopt(&span, "nonsense");
        adopt(&span, "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
        assert_eq!(traceparent(&span), None);
    }
}
