use super::record::Records;
use crate::testing::{cells, items, reader, text, texts, write, write_with};
use crate::text::TextSource;
use crate::{Cell, Format, FormatError, Options, Reason, Source, WriteOptions, open};
use proptest::prelude::*;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

fn sample(name: &str) -> crate::Reader {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../samples").join(name);
    let file = File::open(path).unwrap();
    open(Format::Csv, Source::Stream(Box::new(file)), &Options::default()).unwrap()
}

#[test]
fn sample_files_read_completely() {
    let counts = [
        ("northwind/orders.csv", 2155),
        ("sales-opportunities/accounts.csv", 85),
        ("sales-opportunities/products.csv", 7),
        ("sales-opportunities/sales_teams.csv", 35),
        ("sales-opportunities/sales_pipeline.csv", 8800),
    ];
    for (name, count) in counts {
        let rows: Vec<_> = sample(name).collect();
        assert_eq!(rows.iter().filter(|row| row.is_ok()).count(), count, "{name}");
        assert_eq!(rows.len(), count, "{name}");
    }
}

#[test]
fn a_repeated_header_gets_a_number() {
    let mut orders = sample("northwind/orders.csv");
    let columns = &orders.detected().columns;
    assert_eq!(columns.iter().filter(|name| *name == "OrderID").count(), 1);
    assert_eq!(columns[14], "OrderID_2");
    let row = orders.next().unwrap().unwrap();
    assert_eq!((row.number, row.line), (1, 2));
    assert_eq!(row.get("OrderID_2"), Some(&text("10248")));
    assert_eq!(row.get("ShipRegion"), Some(&Cell::Empty));
}

#[test]
fn delimiters_are_guessed_outside_quotes() {
    for (file, delimiter) in [
        ("a,b\n1,2\n", ','),
        ("a;b\n\"1,5,7,8\";2\n\"1,2,3\";4", ';'),
        ("a\tb, c, d\n1\t2\n3\t4, 5", '\t'),
        ("a|b|c\n\"x\ny|\"|2|3\n", '|'),
        ("name\nAda\n", ','),
        ("", ','),
    ] {
        let reader = reader(Format::Csv, file.as_bytes(), &Options::default()).unwrap();
        assert_eq!(reader.detected().delimiter, Some(delimiter), "{file:?}");
    }
}

#[test]
fn lines_are_counted_as_in_an_editor() {
    let rows = items(Format::Csv, b"a,b\r\n\r\n1,\"x\r\ny\"\r\n\r\n2,z,3\r\n3,w");
    let places: Vec<_> = rows
        .iter()
        .map(|row| match row {
            Ok(row) => (row.number, row.line),
            Err(error) => (error.number, error.line),
        })
        .collect();
    assert_eq!(places, [(1, 3), (2, 6), (3, 7)]);
    let error = rows[1].as_ref().unwrap_err();
    assert!(matches!(error.reason, Reason::TooManyCells { expected: 2, found: 3 }));
    assert_eq!(error.text, "2,z,3");
}

#[test]
fn short_rows_are_filled_and_trailing_delimiters_ignored() {
    let rows = texts(Format::Csv, b"a,b\n1\n1,2,,\n");
    assert_eq!(rows, [["1", ""], ["1", "2"]]);
}

#[test]
fn a_file_without_header_numbers_its_columns() {
    let options = Options { has_header: false, ..Options::default() };
    let reader = reader(Format::Csv, b"1,2\n3,4\n", &options).unwrap();
    assert_eq!(reader.detected().columns, ["column_1", "column_2"]);
    assert_eq!(reader.count(), 2);
}

#[test]
fn an_unclosed_quote_is_no_row() {
    let rows = items(Format::Csv, b"a,b\n1,2\n3,\"4\n5,6\n");
    assert_eq!(rows.len(), 2);
    let error = rows[1].as_ref().unwrap_err();
    assert!(matches!(error.reason, Reason::UnclosedQuote));
    assert_eq!(error.line, 3);
}

#[test]
fn encodings_are_recognised() {
    let (latin, _, _) = encoding_rs::WINDOWS_1252.encode("city\nMéxico\n");
    let mut little = vec![0xff, 0xfe];
    little.extend("city\nMéxico 🌎\n".encode_utf16().flat_map(u16::to_le_bytes));
    let mut big = vec![0xfe, 0xff];
    big.extend("city\nMéxico\n".encode_utf16().flat_map(u16::to_be_bytes));
    let mark = "\u{feff}city\nMéxico\n".as_bytes().to_vec();
    for (file, encoding, city) in [
        (latin.into_owned(), "windows-1252", "México"),
        (little, "UTF-16LE", "México 🌎"),
        (big, "UTF-16BE", "México"),
        (mark, "UTF-8", "México"),
    ] {
        let mut reader = reader(Format::Csv, &file, &Options::default()).unwrap();
        assert_eq!(reader.detected().encoding.as_deref(), Some(encoding));
        let row = reader.next().unwrap().unwrap();
        assert_eq!(row.get("city"), Some(&text(city)));
    }
}

#[test]
fn malformed_bytes_refuse_their_row_only() {
    let mut file = b"a\n".to_vec();
    file.extend(b"plain\n".repeat(20_000));
    file.extend(b"M\xe9xico\nlast\n");
    let rows = items(Format::Csv, &file);
    assert_eq!(rows.len(), 20_002);
    assert!(matches!(rows[20_000].as_ref().unwrap_err().reason, Reason::Encoding(_)));
    assert!(rows[20_001].is_ok());
}

#[test]
fn binary_files_are_not_text() {
    let controls: Vec<u8> = (0..2000_u32).map(|index| (index % 31 + 1) as u8).collect();
    for file in [b"a,b\n1,\0\n".to_vec(), controls] {
        let error = reader(Format::Csv, &file, &Options::default()).unwrap_err();
        assert!(matches!(error, FormatError::NotText));
    }
    let options = Options { encoding: Some("klingon".into()), ..Options::default() };
    let error = reader(Format::Csv, b"a", &options).unwrap_err();
    assert!(matches!(error, FormatError::UnknownEncoding(_)));
}

/// Head, then one byte over and over, then tail.
fn endless(head: &'static [u8], length: u64, tail: &'static [u8]) -> Box<dyn Read + Send> {
    Box::new(head.chain(io::repeat(b'x').take(length)).chain(tail))
}

#[test]
fn an_endless_line_keeps_memory_flat() {
    const LINE: u64 = 64 * 1024 * 1024;
    let options = Options::default();
    for head in [b"a,b\n1,2\n".as_slice(), b"a,b\n1,2\n\"".as_slice()] {
        let source = Source::Stream(endless(head, LINE, b"\n3,4\n"));
        let rows: Vec<_> = open(Format::Csv, source, &options).unwrap().collect();
        assert_eq!(rows.len(), 3);
        let error = rows[1].as_ref().unwrap_err();
        assert!(matches!(error.reason, Reason::TooLong { limit: 1_048_576 }));
        assert_eq!((error.number, error.line), (2, 3));
        assert!(error.text.len() < 4200 && error.text.ends_with("[…]"));
        assert_eq!(rows[2].as_ref().unwrap().get("b"), Some(&text("4")));
        assert_eq!(rows[2].as_ref().unwrap().line, 4);

        let source = TextSource::new(endless(head, LINE, b"\n3,4\n"), None).unwrap();
        let mut records = Records::new(source, b',', b'"', options.max_line);
        while !matches!(records.advance(), Ok(false)) {
            assert!(records.retained() < options.max_line + 64 * 1024);
        }
    }
}

#[test]
fn the_length_limits_are_exact() {
    let options = Options { max_line: 5, max_cell: 3, ..Options::default() };
    let rows: Vec<_> = reader(Format::Csv, b"a,b\n12,34\n12,345\n1234,\n1,2\n", &options)
        .unwrap()
        .map(|row| row.map_err(|error| error.reason))
        .collect();
    assert!(rows[0].is_ok());
    assert!(matches!(rows[1], Err(Reason::TooLong { limit: 5 })));
    assert!(matches!(rows[2], Err(Reason::CellTooLong { limit: 3, .. })));
    assert!(rows[3].is_ok());
}

#[test]
fn too_many_columns_are_refused() {
    let header = ",".repeat(crate::MAX_COLUMNS);
    let error = reader(Format::Csv, header.as_bytes(), &Options::default()).unwrap_err();
    assert!(matches!(error, FormatError::TooManyColumns { found: 16_385 }));
    let file = format!("a,b\n{header},1\n1,2\n");
    let rows = items(Format::Csv, file.as_bytes());
    assert!(rows[0].is_err());
    assert!(rows[1].is_ok());
}

#[test]
fn formulas_are_guarded() {
    let row = vec![text("=1+1"), text("-5"), text("+49 30 1"), text("'=x"), text("a,\"b")];
    let file = write(Format::Csv, &["a", "b", "c", "d", "e"], std::slice::from_ref(&row));
    let expected = "a,b,c,d,e\r\n'=1+1,-5,'+49 30 1,''=x,\"a,\"\"b\"\r\n";
    assert_eq!(String::from_utf8_lossy(&file), expected);
    assert_eq!(cells(Format::Csv, &file), [row]);
    let options = WriteOptions { delimiter: b';', byte_order_mark: true, guard_formulas: false };
    let file = write_with(Format::Csv, &["a", "b"], &[vec![text("=1"), Cell::Empty]], &options);
    assert_eq!(String::from_utf8_lossy(&file), "\u{feff}a;b\r\n=1;\r\n");
}

/// Reading speed; run with `--release --ignored --nocapture`.
#[test]
#[ignore = "measures"]
fn rows_per_second() {
    let mut row = b"10248,VINET,5,1996-07-04,\"Vins, et alcools\",32.38,Reims,,51100,France\n".to_vec();
    let mut file = b"a,b,c,d,e,f,g,h,i,j\n".to_vec();
    row = row.repeat(1000);
    for _ in 0..1000 {
        file.extend_from_slice(&row);
    }
    let start = std::time::Instant::now();
    let source = Source::Stream(Box::new(io::Cursor::new(file)));
    let count = open(Format::Csv, source, &Options::default()).unwrap().filter(Result::is_ok).count();
    assert_eq!(count, 1_000_000);
    println!("{:.0} rows/s", count as f64 / start.elapsed().as_secs_f64());
}

proptest! {
    #[test]
    fn written_cells_read_back(
        rows in prop::collection::vec(prop::collection::vec("([=+@'\",;\t\r\n a0-]|\\PC){0,8}", 3), 0..8),
    ) {
        let rows: Vec<Vec<Cell>> = rows
            .iter()
            .map(|row| row.iter().map(|cell| Cell::text(cell)).collect())
            .collect();
        let file = write(Format::Csv, &["a", "b", "c"], &rows);
        let options = Options { delimiter: Some(b','), ..Options::default() };
        let read: Vec<Vec<Cell>> = reader(Format::Csv, &file, &options)
            .unwrap()
            .map(|row| row.unwrap().cells.into_iter().map(|(_, cell)| cell).collect())
            .collect();
        prop_assert_eq!(read, rows);
    }
}
