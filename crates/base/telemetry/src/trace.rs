//! W3C Trace Context, level 1 (<https://www.w3.org/TR/trace-context-1/>).

use std::fmt;

/// The `traceparent` of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TraceContext {
    /// Never 0.
    pub trace_id: u128,
    /// The caller's span; never 0.
    pub parent_id: u64,
    pub sampled: bool,
}

impl TraceContext {
    /// Reads `00-<32 hex>-<16 hex>-<2 hex>`, lower case. Of a version above 00 the same part is read and the rest
    /// left alone (section 4.3). Anything else is `None`: the request then begins a trace of its own.
    #[must_use]
    pub fn parse(header: &str) -> Option<Self> {
        let mut parts = header.trim_matches([' ', '\t']).splitn(5, '-');
        let version = hex(parts.next()?, 2)?;
        let trace_id = hex(parts.next()?, 32)?;
        let parent_id = u64::try_from(hex(parts.next()?, 16)?).ok()?;
        let flags = hex(parts.next()?, 2)?;
        let is_known = version != 0xff && (version > 0 || parts.next().is_none());
        (is_known && trace_id != 0 && parent_id != 0).then_some(Self { trace_id, parent_id, sampled: flags & 1 == 1 })
    }

    /// The context that a call made under span `span_id` passes on.
    #[must_use]
    pub fn child(self, span_id: u64) -> Self {
        Self { parent_id: span_id, ..self }
    }

    /// Makes `span` part of this trace. Without the feature `otel` there is no trace to join, and nothing happens.
    pub fn attach(&self, span: &tracing::Span) {
        #[cfg(feature = "otel")]
        crate::otel::attach(self, span);
        #[cfg(not(feature = "otel"))]
        let _ = span;
    }
}

/// The header's text.
impl fmt::Display for TraceContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "00-{:032x}-{:016x}-{:02x}", self.trace_id, self.parent_id, u8::from(self.sampled))
    }
}

fn hex(digits: &str, length: usize) -> Option<u128> {
    let fits = digits.len() == length && digits.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    if fits { u128::from_str_radix(digits, 16).ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXAMPLE: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    #[test]
    fn the_example_of_the_specification_goes_through() {
        let context = TraceContext::parse(EXAMPLE).unwrap();
        assert_eq!(context.parent_id, 0xb7ad_6b71_6920_3331);
        assert!(context.sampled);
        assert_eq!(context.to_string(), EXAMPLE);
        assert_eq!(context.child(1).to_string(), "00-0af7651916cd43dd8448eb211c80319c-0000000000000001-01");
        assert!(!TraceContext::parse(&EXAMPLE.replace("-01", "-00")).unwrap().sampled);
    }

    #[test]
    fn a_later_version_may_say_more() {
        assert!(TraceContext::parse(&EXAMPLE.replacen("00", "cc", 1)).is_some());
        assert!(TraceContext::parse(&format!("{}-what-follows", EXAMPLE.replacen("00", "cc", 1))).is_some());
        assert!(TraceContext::parse(&format!("{EXAMPLE}-more")).is_none());
    }

    #[test]
    fn what_breaks_the_rules_is_ignored() {
        for header in [
            "",
            "00",
            "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "00-00000000000000000000000000000000-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
            "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0x",
            "00-+af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        ] {
            assert_eq!(TraceContext::parse(header), None, "{header}");
        }
    }
}
