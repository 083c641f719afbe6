//! The cells of one worksheet as a stream.

use crate::error::FormatError;
use crate::reader::ReadSeek;
use crate::row::Cell;
use crate::xlsx::value;
use calamine::{Reader, Xlsx, XlsxCellReader, XlsxError};
use self_cell::{MutBorrow, self_cell};
use std::io::BufReader;
use std::panic::{AssertUnwindSafe, catch_unwind};

pub type Input = BufReader<Box<dyn ReadSeek + Send>>;
type Cells<'a> = XlsxCellReader<'a, Input>;

self_cell!(
    struct Borrowed {
        owner: MutBorrow<Xlsx<Input>>,
        #[not_covariant]
        dependent: Cells,
    }
);

/// A worksheet together with the workbook it is read from.
pub struct Sheet {
    cells: Borrowed,
    /// Its name.
    pub name: String,
    ended: bool,
}

impl Sheet {
    /// Opens the sheet of a name, or the first.
    pub fn open(input: Input, wanted: Option<&str>) -> Result<Self, FormatError> {
        let book = contained(|| Xlsx::new(input))?;
        let present = book.sheet_names();
        let name = match wanted {
            Some(name) => present.iter().find(|present| *present == name).cloned(),
            None => present.first().cloned(),
        };
        let Some(name) = name else {
            let name = wanted.unwrap_or_default().to_owned();
            return Err(FormatError::NoSheet { name, present });
        };
        let cells = contained(|| {
            Borrowed::try_new(MutBorrow::new(book), |book| book.borrow_mut().worksheet_cells_reader(&name))
        })?;
        Ok(Self { cells, name, ended: false })
    }

    /// The next cell with its row and column, both from 0.
    pub fn next_cell(&mut self) -> Result<Option<(u32, u32, Cell)>, FormatError> {
        if self.ended {
            return Ok(None);
        }
        let next = contained(|| {
            self.cells.with_dependent_mut(|_, cells| {
                let Some(found) = cells.next_cell()? else {
                    return Ok(None);
                };
                let (row, column) = found.get_position();
                Ok(Some((row, column, value::cell(found.get_value().clone()))))
            })
        })?;
        self.ended = next.is_none();
        Ok(next)
    }
}

/// Runs the workbook parser, whose panics on damaged input are errors here.
fn contained<T>(parse: impl FnOnce() -> Result<T, XlsxError>) -> Result<T, FormatError> {
    match catch_unwind(AssertUnwindSafe(parse)) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(XlsxError::Io(error))) => Err(FormatError::Io(error)),
        Ok(Err(error)) => Err(FormatError::Broken(error.to_string())),
        Err(_) => Err(FormatError::Broken("the workbook can't be parsed".into())),
    }
}
