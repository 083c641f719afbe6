//! Standard error as the place of events: one event, one line.

use std::io::{self, Write};

use tracing_subscriber::fmt::MakeWriter;

use crate::escape;

pub(crate) struct Stderr;

impl MakeWriter<'_> for Stderr {
    type Writer = Line;

    fn make_writer(&self) -> Line {
        Line
    }
}

/// Takes a whole event per write, as `tracing_subscriber::fmt` gives it.
pub(crate) struct Line;

impl Write for Line {
    fn write(&mut self, event: &[u8]) -> io::Result<usize> {
        io::stderr().lock().write_all(&one_line(event))?;
        Ok(event.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}

fn one_line(event: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(event);
    let mut line = Vec::with_capacity(event.len() + 1);
    escape::push_text(&mut line, text.trim_end_matches('\n'));
    line.push(b'\n');
    line
}

#[cfg(test)]
mod tests {
    #[test]
    fn an_event_is_one_line() {
        assert_eq!(super::one_line(b"WARN a\nINFO forged \x1b[2J\n"), b"WARN a\\nINFO forged \\u001b[2J\n");
    }
}
