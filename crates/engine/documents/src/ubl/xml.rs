//! XML as it is written: elements that are opened, closed and left out where they are empty.

use kontor_model::{Error, Result};
use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};

/// Writes indented XML 1.0 in UTF-8.
pub(super) struct Xml {
    writer: Writer<Vec<u8>>,
    failed: Option<std::io::Error>,
}

impl Xml {
    pub fn new() -> Self {
        let mut xml = Self { writer: Writer::new_with_indent(Vec::new(), b' ', 2), failed: None };
        xml.event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)));
        xml
    }

    fn event(&mut self, event: Event<'_>) {
        if let Err(error) = self.writer.write_event(event) {
            self.failed.get_or_insert(error);
        }
    }

    /// An element with others in it.
    pub fn within(&mut self, name: &str, inner: impl FnOnce(&mut Self)) {
        self.with(name, &[], inner);
    }

    /// The same with attributes.
    pub fn with(&mut self, name: &str, attributes: &[(&str, &str)], inner: impl FnOnce(&mut Self)) {
        self.event(Event::Start(BytesStart::new(name).with_attributes(attributes.iter().copied())));
        inner(self);
        self.event(Event::End(BytesEnd::new(name)));
    }

    /// An element with text; left out where there is none.
    pub fn text(&mut self, name: &str, text: &str) {
        self.said(name, &[], text);
    }

    /// The same with attributes.
    pub fn said(&mut self, name: &str, attributes: &[(&str, &str)], text: &str) {
        let text = clean(text);
        let text = text.trim();
        if text.is_empty() {
            return;
        }
        self.event(Event::Start(BytesStart::new(name).with_attributes(attributes.iter().copied())));
        self.event(Event::Text(BytesText::new(text)));
        self.event(Event::End(BytesEnd::new(name)));
    }

    pub fn finish(self) -> Result<Vec<u8>> {
        match self.failed {
            Some(error) => Err(Error::internal(error)),
            None => Ok(self.writer.into_inner()),
        }
    }
}

/// Without the characters that XML does not have (XML 1.0, 2.2).
fn clean(text: &str) -> String {
    let is_char =
        |c: &char| !matches!(c, '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}');
    text.chars().filter(is_char).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_escaped_and_empty_ones_left_out() {
        let mut xml = Xml::new();
        xml.with("a", &[("b", "\"<")], |xml| {
            xml.text("c", " <x> & \u{1}y ");
            xml.text("d", "  ");
        });
        let text = String::from_utf8(xml.finish().unwrap()).unwrap();
        assert_eq!(
            text,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<a b=\"&quot;&lt;\">\n  <c>&lt;x&gt; &amp; y</c>\n</a>"
        );
    }
}
