use crate::testing::{Buffer, cells, items, reader, text, write};
use crate::{Cell, Format, FormatError, Options, Source, open};
use std::io::{Cursor, Write};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

fn number(text: &str) -> Cell {
    Cell::Number(text.to_owned())
}

fn date(text: &str) -> Cell {
    Cell::Date(text.to_owned())
}

#[test]
fn written_cells_read_back() {
    let columns = ["id", "amount", "when", "ok", "name", "id"];
    let rows = vec![
        vec![
            text("123456789012345678"),
            number("0.1"),
            date("2024-02-29"),
            Cell::Bool(true),
            text("=1+1 é <&"),
            Cell::Empty,
        ],
        vec![
            number("-42"),
            number("1100.04"),
            date("2016-10-20T13:45:59"),
            Cell::Bool(false),
            text(" x\ny "),
            number("7"),
        ],
        vec![number("999999999999999"), number("0.000001"), date("1999-12-31"), Cell::Empty, text("5"), text("z")],
    ];
    let file = write(Format::Xlsx, &columns, &rows);
    let opened = reader(Format::Xlsx, &file, &Options::default()).unwrap();
    assert_eq!(opened.detected().columns, ["id", "amount", "when", "ok", "name", "id_2"]);
    assert_eq!(opened.detected().sheet.as_deref(), Some("Sheet1"));
    assert_eq!(cells(Format::Xlsx, &file), rows);
    let first = items(Format::Xlsx, &file).remove(0).unwrap();
    assert_eq!((first.number, first.line), (1, 2));
}

#[test]
fn what_a_sheet_cannot_hold_becomes_text() {
    let long = "ä".repeat(40_000);
    let row = vec![number("123456789012345678"), date("1066-10-14"), text(&long)];
    let file = write(Format::Xlsx, &["a", "b", "c"], &[row]);
    let read = cells(Format::Xlsx, &file).remove(0);
    assert_eq!(read[0], text("123456789012345678"));
    assert_eq!(read[1], text("1066-10-14"));
    assert_eq!(read[2].as_text().chars().count(), 32_767);
    assert!(read[2].as_text().ends_with("[…]"));
}

#[test]
fn sheets_are_chosen_by_name() {
    let mut book = rust_xlsxwriter::Workbook::new();
    book.add_worksheet().write_string(0, 0, "first").unwrap();
    let sheet = book.add_worksheet().set_name("People").unwrap();
    sheet.write_string(2, 1, "name").unwrap();
    sheet.write_string(4, 1, "Ada").unwrap();
    sheet.write_string(5, 3, "stray").unwrap();
    let file = book.save_to_buffer().unwrap();
    let options = |name: &str| Options { sheet: Some(name.to_owned()), ..Options::default() };
    let people = reader(Format::Xlsx, &file, &options("People")).unwrap();
    assert_eq!(people.detected().columns, ["column_1", "name"]);
    let rows: Vec<_> = people.collect();
    assert_eq!(rows[0].as_ref().unwrap().line, 5);
    let error = rows[1].as_ref().unwrap_err();
    assert_eq!((error.line, error.text.as_str()), (6, "stray"));
    let error = reader(Format::Xlsx, &file, &options("None")).unwrap_err();
    assert!(matches!(error, FormatError::NoSheet { present, .. } if present.len() == 2));
}

fn archive(name: &str, contents: &[u8], blocks: usize) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    zip.start_file(name, SimpleFileOptions::default()).unwrap();
    for _ in 0..blocks {
        zip.write_all(contents).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn refusal(file: &[u8], options: &Options) -> FormatError {
    reader(Format::Xlsx, file, options).unwrap_err()
}

#[test]
fn bombs_are_refused() {
    let options = Options::default();
    let bomb = archive("xl/worksheets/sheet1.xml", &[b'<'; 1 << 20], 64);
    assert!(bomb.len() < 100_000);
    assert!(matches!(refusal(&bomb, &options), FormatError::TooLarge(_)));

    let small = Options { max_unpacked: 1000, ..Options::default() };
    let file = write(Format::Xlsx, &["a"], &[vec![text("x")]]);
    assert!(matches!(refusal(&file, &small), FormatError::TooLarge(_)));

    let cell = archive("xl/worksheets/sheet1.xml", &[b"<c>".as_slice(), &[b'x'; 2 << 20]].concat(), 1);
    assert!(matches!(refusal(&cell, &options), FormatError::TooLarge(_)));

    let count = archive("xl/sharedStrings.xml", b"<sst uniqueCount=\"99999999999\"></sst>", 1);
    assert!(matches!(refusal(&count, &options), FormatError::Broken(_)));
}

#[test]
fn a_wrong_declared_size_is_refused() {
    let mut bomb = archive("xl/worksheets/sheet1.xml", &[b'<'; 1 << 20], 64);
    let size = (64_u32 << 20).to_le_bytes();
    let places: Vec<_> = (0..bomb.len() - 4).filter(|&at| bomb[at..at + 4] == size).collect();
    assert!(!places.is_empty());
    for at in places {
        bomb[at..at + 4].copy_from_slice(&1000_u32.to_le_bytes());
    }
    assert!(matches!(refusal(&bomb, &Options::default()), FormatError::Broken(_)));
}

#[test]
fn damaged_files_are_refused() {
    let file = write(Format::Xlsx, &["a"], &[vec![text("x")], vec![number("1")]]);
    for length in (0..file.len()).step_by(97) {
        let error = refusal(&file[..length], &Options::default());
        assert!(matches!(error, FormatError::Broken(_)), "{length}: {error}");
    }
    let mut damaged = file.clone();
    for byte in &mut damaged[60..200] {
        *byte ^= 0x55;
    }
    assert!(matches!(refusal(&damaged, &Options::default()), FormatError::Broken(_)));
    let stream = Source::Stream(Box::new(Cursor::new(file)));
    let error = open(Format::Xlsx, stream, &Options::default()).unwrap_err();
    assert!(matches!(error, FormatError::NeedsSeek));
}

#[test]
fn a_sheet_has_a_last_row() {
    let mut writer = crate::writer(Format::Xlsx, Box::new(Buffer::default())).unwrap();
    let refused = (0..1_048_577).find_map(|_| writer.row(&[]).err());
    assert!(matches!(refused, Some(FormatError::TooLarge(_))));
}

/// Speed and peak memory of a full sheet; run alone with
/// `--release --ignored --nocapture`.
#[test]
#[ignore = "measures"]
fn a_million_rows() {
    let path = std::env::temp_dir().join(format!("kontor-rows-{}.xlsx", std::process::id()));
    let file = std::fs::File::create(&path).unwrap();
    let start = std::time::Instant::now();
    let mut writer = crate::writer(Format::Xlsx, Box::new(file)).unwrap();
    writer.begin(&["id", "name", "amount", "day"].map(str::to_owned)).unwrap();
    for row in 0..1_000_000 {
        let cells = [number(&row.to_string()), text(&format!("customer {row}")), number("19.99"), date("2024-02-29")];
        writer.row(&cells).unwrap();
    }
    writer.finish().unwrap();
    println!("written in {:?}", start.elapsed());
    let start = std::time::Instant::now();
    let source = Source::Seek(Box::new(std::fs::File::open(&path).unwrap()));
    let rows = open(Format::Xlsx, source, &Options::default()).unwrap();
    assert_eq!(rows.filter(Result::is_ok).count(), 1_000_000);
    println!("read in {:?}", start.elapsed());
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    println!("{:?}", status.lines().find(|line| line.starts_with("VmHWM")));
    std::fs::remove_file(path).unwrap();
}
