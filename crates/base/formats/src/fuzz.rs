//! An entry point for fuzzing.

use crate::{Cell, Format, Options, Source, open};
use std::io::Cursor;

/// Reads arbitrary bytes as every format, with small limits, and returns the
/// number of rows and refused rows. No input may make it panic.
pub fn read_all(bytes: &[u8]) -> usize {
    let options = Options { max_line: 4096, max_cell: 1024, max_unpacked: 16 * 1024 * 1024, ..Options::default() };
    Format::ALL.iter().map(|&format| read(format, bytes, &options)).sum()
}

/// Reads arbitrary bytes as one format and returns the number of rows and
/// refused rows.
pub fn read(format: Format, bytes: &[u8], options: &Options) -> usize {
    let source = Source::Seek(Box::new(Cursor::new(bytes.to_vec())));
    let Ok(reader) = open(format, source, options) else {
        return 0;
    };
    let rows = reader.map(|row| match row {
        Ok(row) => row.cells.iter().filter(|(_, cell)| *cell != Cell::Empty).count(),
        Err(error) => error.to_string().len(),
    });
    rows.map(|_| 1).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{text, write};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn random_bytes_do_not_panic(bytes in prop::collection::vec(any::<u8>(), 0..2000)) {
            read_all(&bytes);
        }

        #[test]
        fn random_text_does_not_panic(text in "([\",;:{}\\[\\]\\\\\r\n\t =a1]|BEGIN:VCARD\n|END:VCARD\n|N;|\\PC){0,200}") {
            read_all(text.as_bytes());
        }

        #[test]
        fn damaged_files_do_not_panic(damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8)) {
            let row = vec![text("a"), Cell::Number("1".into()), Cell::Bool(true)];
            for format in Format::ALL {
                let mut file = write(format, &["email", "phone", "note"], &[row.clone(), row.clone()]);
                for (index, byte) in &damage {
                    let at = index.index(file.len());
                    file[at] = *byte;
                }
                read_all(&file);
            }
        }
    }
}
