use crate::MAX_COLUMNS;
use crate::error::FormatError;
use crate::row::{Cell, is_number};
use crate::writer::{Output, RowWriter};
use rust_xlsxwriter::{ExcelDateTime, Format, Workbook, Worksheet, XlsxError};

/// The rows of a sheet and the characters of a cell
/// (Excel specifications and limits).
const MAX_ROWS: u32 = 1_048_576;
const MAX_CHARACTERS: usize = 32_767;

/// The decimal digits that any binary64 number holds exactly.
const EXACT_DIGITS: usize = 15;

/// Writes one sheet. Its rows are collected in a temporary file, so memory
/// stays flat. Numbers of more than 15 digits are written as text, and text
/// of more than 32,767 characters is cut with a mark.
pub struct XlsxWriter {
    out: Output,
    book: Workbook,
    sheet: Worksheet,
    date: Format,
    time: Format,
    next_row: u32,
}

impl XlsxWriter {
    pub fn new(out: Output) -> Result<Self, FormatError> {
        let mut book = Workbook::new();
        let sheet = book.new_worksheet_with_constant_memory().map_err(failed)?;
        Ok(Self {
            out,
            book,
            sheet,
            date: Format::new().set_num_format("yyyy-mm-dd"),
            time: Format::new().set_num_format("yyyy-mm-dd hh:mm:ss"),
            next_row: 0,
        })
    }

    fn cell(&mut self, column: u16, cell: &Cell) -> Result<(), FormatError> {
        let (row, sheet) = (self.next_row, &mut self.sheet);
        match cell {
            Cell::Empty => return Ok(()),
            Cell::Bool(value) => sheet.write_boolean(row, column, *value),
            Cell::Number(text) => match exact(text) {
                Some(number) => sheet.write_number(row, column, number),
                None => sheet.write_string(row, column, cut(text)),
            },
            Cell::Date(text) => match date(text) {
                Some(value) => {
                    let format = if text.len() > 10 { &self.time } else { &self.date };
                    sheet.write_datetime_with_format(row, column, &value, format)
                }
                None => sheet.write_string(row, column, cut(text)),
            },
            Cell::Text(text) | Cell::Json(text) => sheet.write_string(row, column, cut(text)),
        }
        .map_err(failed)?;
        Ok(())
    }
}

impl RowWriter for XlsxWriter {
    fn begin(&mut self, columns: &[String]) -> Result<(), FormatError> {
        if columns.len() > MAX_COLUMNS {
            return Err(FormatError::TooManyColumns { found: columns.len() });
        }
        let header: Vec<_> = columns.iter().map(|name| Cell::text(name)).collect();
        self.row(&header)
    }

    fn row(&mut self, cells: &[Cell]) -> Result<(), FormatError> {
        if self.next_row >= MAX_ROWS {
            return Err(FormatError::TooLarge(format!("a sheet holds {MAX_ROWS} rows")));
        }
        for (column, cell) in (0_u16..).zip(cells) {
            self.cell(column, cell)?;
        }
        self.next_row += 1;
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> Result<(), FormatError> {
        self.book.push_worksheet(self.sheet);
        self.book.save_to_writer(&mut self.out).map_err(failed)?;
        Ok(self.out.flush()?)
    }
}

/// The number, if reading the sheet gives back the same decimal value.
fn exact(text: &str) -> Option<f64> {
    let mantissa = text.split(['e', 'E']).next().unwrap_or_default();
    let digits = mantissa.bytes().filter(u8::is_ascii_digit);
    let significant = digits.skip_while(|&digit| digit == b'0').count();
    let number: f64 = text.parse().ok()?;
    (is_number(text) && significant <= EXACT_DIGITS && number.is_finite()).then_some(number)
}

/// The date, if a sheet can hold it: years 1900 to 9999.
fn date(text: &str) -> Option<ExcelDateTime> {
    let shape = |byte: u8| if byte.is_ascii_digit() { b'd' } else { byte };
    let shape: Vec<u8> = text.bytes().map(shape).collect();
    let known = matches!(shape.as_slice(), b"dddd-dd-dd" | b"dddd-dd-ddTdd:dd:dd");
    ExcelDateTime::parse_from_str(text).ok().filter(|_| known && text >= "1900")
}

fn cut(text: &str) -> String {
    const MARK: &str = " […]";
    // Excel counts UTF-16 code units.
    if text.len() <= MAX_CHARACTERS || text.encode_utf16().count() <= MAX_CHARACTERS {
        return text.to_owned();
    }
    let mut room = MAX_CHARACTERS - MARK.encode_utf16().count();
    let whole = text.chars().take_while(|character| {
        let fits = character.len_utf16() <= room;
        room = room.saturating_sub(character.len_utf16());
        fits
    });
    whole.chain(MARK.chars()).collect()
}

fn failed(error: XlsxError) -> FormatError {
    match error {
        XlsxError::IoError(error) => FormatError::Io(error),
        error => FormatError::Broken(error.to_string()),
    }
}
