//! iCalendar as text: content lines, folded and escaped (RFC 5545, 3.1 and 3.3.11).

/// Octets of a line without its end.
const LINE: usize = 75;

/// A calendar that is being written.
#[derive(Debug, Default)]
pub struct Calendar(String);

impl Calendar {
    /// A line whose value is written as it is.
    pub fn line(&mut self, name: &str, value: &str) {
        fold(&format!("{name}:{value}"), &mut self.0);
    }

    /// A line whose value is text.
    pub fn text(&mut self, name: &str, value: &str) {
        self.line(name, &escaped(value));
    }

    /// A moment in UTC (RFC 5545, 3.3.5); left out where there is none.
    pub fn moment(&mut self, name: &str, ms: Option<i64>) {
        if let Some(ms) = ms {
            self.line(name, &utc(ms));
        }
    }

    pub fn done(self) -> Vec<u8> {
        self.0.into_bytes()
    }
}

/// `20260301T090000Z` of Unix milliseconds.
pub fn utc(ms: i64) -> String {
    let text = kontor_model::time::datetime_text(ms);
    let digits: String =
        text.split('.').next().unwrap_or_default().chars().filter(|c| !matches!(c, '-' | ':')).collect();
    format!("{}Z", digits.trim_end_matches('Z'))
}

/// Text with what has a meaning escaped (RFC 5545, 3.3.11).
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.replace("\r\n", "\n").chars() {
        match c {
            '\\' | ';' | ',' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            c if c.is_control() && c != '\t' => {}
            c => out.push(c),
        }
    }
    out
}

/// A content line over as many lines as it takes; no character is cut.
fn fold(line: &str, out: &mut String) {
    let mut used = 0;
    for c in line.chars() {
        if used + c.len_utf8() > LINE {
            out.push_str("\r\n ");
            used = 1;
        }
        out.push(c);
        used += c.len_utf8();
    }
    out.push_str("\r\n");
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// RFC 5545, 3.3.11: the example of TEXT.
    #[test]
    fn the_example_of_the_standard() {
        assert_eq!(
            escaped("Project XYZ Final Review\nConference Room - 3B\nCome Prepared."),
            "Project XYZ Final Review\\nConference Room - 3B\\nCome Prepared."
        );
        assert_eq!(escaped("a;b,c\\d\r\ne\u{0}f"), "a\\;b\\,c\\\\d\\nef");
        assert_eq!(utc(1_772_355_600_000), "20260301T090000Z");
    }

    /// RFC 5545, 3.1: a folded line is the line again when each CRLF with the blank after it is taken out.
    #[test]
    fn long_lines_are_folded() {
        let mut calendar = Calendar::default();
        calendar.text(
            "DESCRIPTION",
            "This is a lo ng description that exists on a long line. Grüße, 你好".repeat(5).as_str(),
        );
        let folded = String::from_utf8(calendar.done()).unwrap();
        assert!(folded.split("\r\n").all(|line| line.len() <= 75) && folded.ends_with("\r\n"), "{folded}");
        assert!(folded.matches("\r\n ").count() > 3);
    }

    proptest! {
        #[test]
        fn nothing_breaks_out_of_its_line(text in any::<String>()) {
            let mut calendar = Calendar::default();
            calendar.text("SUMMARY", &text);
            let folded = String::from_utf8(calendar.done()).unwrap();
            let line = folded.replace("\r\n ", "");
            prop_assert_eq!(line.matches("\r\n").count(), 1);
            prop_assert!(!line.trim_end_matches("\r\n").chars().any(|c| c.is_control() && c != '\t'));
            prop_assert!(folded.split("\r\n").all(|line| line.len() <= LINE));
        }
    }
}
