//! What is new in an answer: without the quotation that mail programs leave below it.

/// Beginnings of lines that a quotation follows.
const MARKS: &[&str] =
    &["-----Original Message-----", "-----Ursprüngliche Nachricht-----", "________________________________"];

/// The text without the quotation at its end; all of it where nothing else would be left.
pub fn fresh(text: &str) -> &str {
    let mut end = text.len();
    if let Some(at) = MARKS.iter().filter_map(|mark| at_line(text, mark)).min() {
        end = at;
    }
    let kept = text.get(..end).unwrap_or(text).trim_end();
    let kept = unquoted(kept).trim_end();
    if kept.trim().is_empty() { text.trim() } else { kept }
}

fn at_line(text: &str, mark: &str) -> Option<usize> {
    text.match_indices(mark).map(|(at, _)| at).find(|at| *at == 0 || text.get(..*at).is_some_and(|t| t.ends_with('\n')))
}

/// Without the last lines that begin with `>`, and the line that says whose words they are.
fn unquoted(text: &str) -> &str {
    let mut end = text.len();
    let mut quoted = false;
    for line in text.rsplit('\n') {
        let is_quoted = line.starts_with('>');
        quoted |= is_quoted;
        if !is_quoted && !line.trim().is_empty() {
            break;
        }
        end = end.saturating_sub(line.len() + 1);
    }
    if !quoted {
        return text;
    }
    let kept = text.get(..end).unwrap_or_default().trim_end();
    // "On Friday Ada wrote:", perhaps over two lines.
    let mut attribution = kept.len();
    for (lines, line) in kept.rsplit('\n').enumerate() {
        attribution = attribution.saturating_sub(line.len() + usize::from(lines > 0));
        let so_far = kept.get(attribution..).unwrap_or_default();
        let says =
            so_far.trim_end().ends_with(':') && (so_far.contains('@') || so_far.contains(|c: char| c.is_ascii_digit()));
        if says || lines >= 1 {
            return if says { kept.get(..attribution).unwrap_or(kept) } else { kept };
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn quotations_go() {
        for (text, left) in [
            ("Thanks!\n\nOn 20 Nov 2026, Ada <a@b.example> wrote:\n> Hello\n>\n> World\n", "Thanks!"),
            ("Thanks!\n\nAm 20.11.2026 schrieb Ada\n<a@b.example>:\n> Hello\n", "Thanks!\n\nAm 20.11.2026 schrieb Ada"),
            ("Yes.\n-----Original Message-----\nFrom: x\n", "Yes."),
            ("> Hello\nMy answer\n", "> Hello\nMy answer"),
            ("> Hello\n", "> Hello"),
            ("Just this: 5\n", "Just this: 5"),
            ("No, because:\n> Hello", "No, because:"),
            ("", ""),
        ] {
            assert_eq!(fresh(text), left, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn it_is_a_beginning(text in "[ab>:@1é\\n -]{0,60}") {
            let left = fresh(&text);
            prop_assert!(text.trim_start().starts_with(left.trim_start()), "{left:?}");
            prop_assert_eq!(left.trim().is_empty(), text.trim().is_empty());
        }
    }
}
