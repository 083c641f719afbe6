const MIB: usize = 1024 * 1024;

/// How a file is read. `Default` guesses whatever can be guessed.
#[derive(Debug, Clone)]
pub struct Options {
    /// Separator of CSV cells; `None`: guessed among `,` `;` tab and `|`.
    pub delimiter: Option<u8>,
    /// A label of the WHATWG Encoding Standard, for example `windows-1252`;
    /// `None`: guessed from a byte order mark, else UTF-8 where the first
    /// 64 KiB are valid UTF-8, else windows-1252.
    pub encoding: Option<String>,
    /// Quote character of CSV cells.
    pub quote: u8,
    /// Whether the first row of a CSV file or sheet names the columns.
    pub has_header: bool,
    /// Name of the XLSX sheet; `None`: the first.
    pub sheet: Option<String>,
    /// The longest record in bytes. A longer one is refused with its number,
    /// and reading goes on behind the end of the line.
    pub max_line: usize,
    /// The longest cell in bytes.
    pub max_cell: usize,
    /// The most bytes an XLSX file may unpack to, over all its entries.
    pub max_unpacked: u64,
    /// Whether the apostrophe that guards a CSV cell against being taken for
    /// a formula is removed; see [`WriteOptions::guard_formulas`].
    pub unguard_formulas: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            delimiter: None,
            encoding: None,
            quote: b'"',
            has_header: true,
            sheet: None,
            max_line: MIB,
            max_cell: MIB / 4,
            max_unpacked: 512 * MIB as u64,
            unguard_formulas: true,
        }
    }
}

/// How a file is written.
#[derive(Debug, Clone)]
pub struct WriteOptions {
    /// Separator of CSV cells.
    pub delimiter: u8,
    /// Whether a CSV file starts with a UTF-8 byte order mark, which some
    /// spreadsheet programs need to recognise UTF-8.
    pub byte_order_mark: bool,
    /// Whether CSV text that starts with `=`, `+`, `-`, `@`, tab or CR and is
    /// no plain number is written with a leading apostrophe, so that no
    /// spreadsheet program runs it as a formula (OWASP, "CSV Injection").
    /// Text that already starts with apostrophes before such a character gets
    /// one more, so that reading restores every text exactly.
    pub guard_formulas: bool,
}

impl Default for WriteOptions {
    fn default() -> Self {
        Self { delimiter: b',', byte_order_mark: false, guard_formulas: true }
    }
}
