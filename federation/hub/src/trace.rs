//! The trace of a change, as W3C trace context: the source's own, or one that follows from its uid and generation, so
//! that every pass over one generation names the same trace.

use sha2::{Digest, Sha256};

/// The `traceparent` of a source: what its annotation says, or a sampled one made of uid and generation.
pub fn traceparent(annotation: Option<&str>, uid: &str, generation: i64) -> String {
    if let Some(given) = annotation.filter(|text| is_traceparent(text)) {
        return given.to_owned();
    }
    let digest = hex::encode(Sha256::digest(format!("{uid}/{generation}")));
    format!("00-{}-{}-01", &digest[..32], &digest[32..48])
}

/// Version 00 of <https://www.w3.org/TR/trace-context/#traceparent-header>: all-zero ids are invalid.
fn is_traceparent(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let [version, trace, span, flags] = parts[..] else { return false };
    let is_hex = |part: &str, length: usize| {
        part.len() == length && part.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
    };
    let is_id = |part: &str, length: usize| is_hex(part, length) && part.bytes().any(|b| b != b'0');
    version == "00" && is_id(trace, 32) && is_id(span, 16) && is_hex(flags, 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_given_trace_is_kept_and_a_bad_one_replaced() {
        let given = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        assert_eq!(traceparent(Some(given), "u", 1), given);
        assert!(is_traceparent(&traceparent(Some("00-0-0-01"), "u", 1)));
        assert_eq!(traceparent(None, "u", 1), traceparent(None, "u", 1));
        assert_ne!(traceparent(None, "u", 1), traceparent(None, "u", 2));
    }
}
