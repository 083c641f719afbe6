use crate::testing::{items, reader, text, write};
use crate::{Cell, Format, Options, Reason, Source, open};
use proptest::prelude::*;
use std::io::{self, Read};

#[test]
fn values_keep_their_type_and_text() {
    let file = br#"{"id":12345678901234567890.10,"n":null,"ok":true,"s":"a\u00e9\n","o":{"x":[1, 2]}}
 
{"id":1e400}"#;
    let rows = items(Format::Ndjson, file);
    assert_eq!(rows.len(), 2);
    let row = rows[0].as_ref().unwrap();
    assert_eq!(row.get("id"), Some(&Cell::Number("12345678901234567890.10".into())));
    assert_eq!(row.get("n"), Some(&Cell::Empty));
    assert_eq!(row.get("ok"), Some(&Cell::Bool(true)));
    assert_eq!(row.get("s"), Some(&text("aé\n")));
    assert_eq!(row.get("o"), Some(&Cell::Json("{\"x\":[1, 2]}".into())));
    let row = rows[1].as_ref().unwrap();
    assert_eq!((row.number, row.line), (2, 3));
    assert_eq!(row.get("id"), Some(&Cell::Number("1e400".into())));
    let reader = reader(Format::Ndjson, file, &Options::default()).unwrap();
    assert_eq!(reader.detected().columns, ["id", "n", "ok", "s", "o"]);
}

#[test]
fn bad_lines_are_refused_one_by_one() {
    let file = [
        r#"{"a":1,"a":2}"#,
        r#"{"a":{"b":1,"b":2}}"#,
        "[1]",
        "17",
        r#"{"a":1"#,
        r#"{"a":1} x"#,
        r#"{"a":01}"#,
        r#"{"a":1}"#,
    ];
    let rows = items(Format::Ndjson, file.join("\n").as_bytes());
    let refused: Vec<bool> = rows.iter().map(Result::is_err).collect();
    assert_eq!(refused, [true, true, true, true, true, true, true, false]);
    let error = rows[0].as_ref().unwrap_err();
    assert!(error.to_string().contains("\"a\" is repeated"), "{error}");
    assert_eq!(error.text, file[0]);
    assert!(matches!(rows[2].as_ref().unwrap_err().reason, Reason::NotAnObject));
}

#[test]
fn nesting_is_limited() {
    let nested = |depth: usize| format!("{{\"a\":{}1{}}}", "[".repeat(depth), "]".repeat(depth));
    for (depth, fits) in [(31, true), (32, false), (5000, false), (400_000, false)] {
        let rows = items(Format::Ndjson, nested(depth).as_bytes());
        assert_eq!(rows[0].is_ok(), fits, "{depth}");
    }
}

#[test]
fn an_endless_line_is_refused_and_passed() {
    let line = io::repeat(b'x').take(64 * 1024 * 1024);
    let stream = b"{\"a\":1}\n{\"a\":\"".chain(line).chain(b"\"}\n{\"a\":2}".as_slice());
    let source = Source::Stream(Box::new(stream));
    let rows: Vec<_> = open(Format::Ndjson, source, &Options::default()).unwrap().collect();
    assert_eq!(rows.len(), 3);
    let error = rows[1].as_ref().unwrap_err();
    assert!(matches!(error.reason, Reason::TooLong { .. }));
    assert!(error.text.len() < 4200);
    assert_eq!(rows[2].as_ref().unwrap().line, 3);
}

#[test]
fn what_is_no_json_is_written_as_text() {
    let row = [Cell::Number("+1".into()), Cell::Json("{\n\"a\":1}".into()), Cell::Json("{".into())];
    let file = write(Format::Ndjson, &["a", "b", "c"], &[row.to_vec()]);
    assert_eq!(String::from_utf8_lossy(&file), "{\"a\":\"+1\",\"b\":{ \"a\":1},\"c\":\"{\"}\n");
}

fn cell() -> impl Strategy<Value = Cell> {
    prop_oneof![
        Just(Cell::Empty),
        any::<bool>().prop_map(Cell::Bool),
        any::<String>().prop_map(Cell::Text),
        "-?(0|[1-9][0-9]{0,20})(\\.[0-9]{1,9})?([eE][+-]?[0-9]{1,3})?".prop_map(Cell::Number),
        "\\[[0-9](, [0-9]){0,3}\\]".prop_map(Cell::Json),
    ]
}

proptest! {
    #[test]
    fn written_cells_read_back(
        rows in prop::collection::vec(prop::collection::vec(cell(), 3), 0..6),
        name in "\\PC{0,8}",
    ) {
        let file = write(Format::Ndjson, &["a\"", "b", &format!("c{name}")], &rows);
        prop_assert_eq!(crate::testing::cells(Format::Ndjson, &file), rows);
    }
}
