use super::{CATEGORIES, COLUMNS};
use crate::testing::{items, text, write};
use crate::{Cell, Format, Options, Reason, Row, Source, open};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::io::{self, Read};

fn only(file: &str) -> Row {
    let mut rows = items(Format::Vcard, file.as_bytes());
    assert_eq!(rows.len(), 1);
    rows.remove(0).unwrap()
}

#[test]
fn version_4_cards_become_rows() {
    let row = only(
        "BEGIN:VCARD\r\nVERSION:4.0\r\nUID:urn:uuid:1\r\nFN:Dr. Ada \r\n Lovelace\r\n\
         N:Lovelace;Ada;Augusta,King;Dr.;\r\nEMAIL;PREF=2:b@example.com\r\n\
         item1.EMAIL;PREF=1:a@example.com\r\nTEL;VALUE=uri;TYPE=\"voice,cell\":tel:+44-1\r\n\
         TEL;TYPE=work:+44 2\r\nORG:Analytical\\, Ltd;Engines\r\n\
         ADR;LABEL=\"a;b:c\":;;12 St James's Sq\\nFlat 1;London;;SW1;UK\r\nBDAY:18151210\r\n\
         NOTE:one\\ntwo\\; three\r\nCATEGORIES:maths,po\\,etry\r\nPHOTO:data:image/png;base64,\r\n AAAA\r\n\
         END:VCARD\r\n",
    );
    let expected = [
        ("full_name", "Dr. Ada Lovelace"),
        ("last_name", "Lovelace"),
        ("additional_names", "Augusta, King"),
        ("email", "a@example.com"),
        ("email_2", "b@example.com"),
        ("phone_mobile", "+44-1"),
        ("phone", "+44 2"),
        ("company", "Analytical, Ltd"),
        ("department", "Engines"),
        ("street", "12 St James's Sq\nFlat 1"),
        ("postal_code", "SW1"),
        ("note", "one\ntwo; three"),
        ("categories", "maths;po,etry"),
        ("uid", "urn:uuid:1"),
    ];
    for (column, value) in expected {
        assert_eq!(row.get(column), Some(&text(value)), "{column}");
    }
    assert_eq!(row.get("birthday"), Some(&Cell::Date("1815-12-10".into())));
    assert_eq!(row.get("suffix"), None);
}

#[test]
fn version_3_cards_become_rows() {
    let row = only(
        "begin:vcard\nversion:3.0\nfn:Bob\nn:Smith;Bob;;;\nTEL;TYPE=HOME,VOICE:1\nTEL;CELL;PREF:2\n\
         TEL;TYPE=CELL:3\nEMAIL;TYPE=INTERNET:b@example.com\nBDAY:1990-01-02T00:00:00Z\nend:vcard\n",
    );
    assert_eq!(row.get("phone_home"), Some(&text("1")));
    assert_eq!(row.get("phone_mobile"), Some(&text("2")));
    assert_eq!(row.get("phone_mobile_2"), Some(&text("3")));
    assert_eq!(row.get("birthday"), Some(&Cell::Date("1990-01-02".into())));
}

#[test]
fn bad_cards_are_refused_one_by_one() {
    let rows = items(
        Format::Vcard,
        b"BEGIN:VCARD\nVERSION:2.1\nFN:A\nEND:VCARD\n\nBEGIN:VCARD\nFN:B\nEND:VCARD\n\
          BEGIN:VCARD\nVERSION:4.0\nnonsense\nEND:VCARD\nBEGIN:VCARD\nVERSION:4.0\nFN:C\nEND:VCARD\n\
          BEGIN:VCARD\nVERSION:4.0\nFN:D\nBEGIN:VCARD\nVERSION:4.0\nFN:E\nEND:VCARD\nx",
    );
    let refused: Vec<bool> = rows.iter().map(Result::is_err).collect();
    assert_eq!(refused, [true, true, true, false, true, false, true]);
    let error = rows[1].as_ref().unwrap_err();
    assert_eq!((error.number, error.line), (2, 6));
    assert!(matches!(error.reason, Reason::Card(_)));
    assert_eq!(error.text, "BEGIN:VCARD\nFN:B\n");
}

#[test]
fn endless_lines_are_refused_unless_their_property_is_ignored() {
    for (head, refused) in [("NOTE:", true), ("PHOTO:", false)] {
        let head = format!("BEGIN:VCARD\nVERSION:4.0\nFN:A\n{head}");
        let stream = io::Cursor::new(head)
            .chain(io::repeat(b'x').take(16 * 1024 * 1024))
            .chain(b"\nEND:VCARD\nBEGIN:VCARD\nVERSION:4.0\nFN:B\nEND:VCARD\n".as_slice());
        let source = Source::Stream(Box::new(stream));
        let rows: Vec<_> = open(Format::Vcard, source, &Options::default()).unwrap().collect();
        assert_eq!(rows.len(), 2);
        assert_eq!(rows[0].is_err(), refused);
        assert!(rows[1].is_ok());
    }
}

#[test]
fn written_lines_are_folded() {
    let name = "ä".repeat(100);
    let file = write(Format::Vcard, &["first_name", "last_name"], &[vec![text(&name), text("Z")]]);
    let file = String::from_utf8(file).unwrap();
    assert!(file.starts_with("BEGIN:VCARD\r\nVERSION:4.0\r\nFN:"));
    assert!(file.split("\r\n").all(|line| line.len() <= 75));
    assert_eq!(only(&file).get("full_name"), Some(&text(&format!("{name} Z"))));
}

proptest! {
    #[test]
    fn written_cells_read_back(values in prop::collection::vec("([,;:\\\\\n \"]|\\PC){1,40}", COLUMNS.len())) {
        let mut columns: Vec<&str> = COLUMNS.to_vec();
        columns.extend(["email_2", "city_2", "phone_mobile_2", CATEGORIES]);
        let mut row: Vec<Cell> = columns
            .iter()
            .zip(values.iter().cycle())
            .map(|(name, value)| Cell::Text(format!("{name} {value}")))
            .collect();
        let birthday = columns.iter().position(|name| *name == "birthday").unwrap();
        row[birthday] = Cell::Date("1999-12-31".into());
        let file = write(Format::Vcard, &columns, &[row.clone()]);
        let expected: BTreeMap<_, _> =
            columns.iter().map(ToString::to_string).zip(row).collect();
        let file = String::from_utf8(file).unwrap();
        let read: BTreeMap<_, _> =
            only(&file).cells.into_iter().map(|(name, cell)| (name.to_string(), cell)).collect();
        prop_assert_eq!(read, expected);
    }
}
