/// A file format that tables can be read from and written to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// Comma-separated values, RFC 4180.
    Csv,
    /// One JSON object per line.
    Ndjson,
    /// Office Open XML workbook, ECMA-376.
    Xlsx,
    /// vCard 4.0 (RFC 6350); 3.0 (RFC 2426) is read as well.
    Vcard,
}

impl Format {
    /// All formats.
    pub const ALL: [Self; 4] = [Self::Csv, Self::Ndjson, Self::Xlsx, Self::Vcard];

    /// The format of a name or file extension, in any case: `csv`, `tsv`,
    /// `ndjson`, `jsonl`, `xlsx`, `vcard`, `vcf`.
    pub fn from_name(name: &str) -> Option<Self> {
        match name.to_ascii_lowercase().as_str() {
            "csv" | "tsv" | "tab" | "txt" => Some(Self::Csv),
            "ndjson" | "jsonl" => Some(Self::Ndjson),
            "xlsx" => Some(Self::Xlsx),
            "vcard" | "vcf" => Some(Self::Vcard),
            _ => None,
        }
    }

    /// The format that the extension of a file name stands for.
    pub fn from_file_name(name: &str) -> Option<Self> {
        name.rsplit_once('.').and_then(|(_, extension)| Self::from_name(extension))
    }

    /// The registered media type, with the character set for text formats.
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8",
            Self::Ndjson => "application/x-ndjson",
            Self::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            Self::Vcard => "text/vcard; charset=utf-8",
        }
    }

    /// The usual file extension, without a dot.
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Ndjson => "ndjson",
            Self::Xlsx => "xlsx",
            Self::Vcard => "vcf",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extensions_name_their_format() {
        for format in Format::ALL {
            assert_eq!(Format::from_name(format.extension()), Some(format));
        }
        assert_eq!(Format::from_file_name("a.b.XLSX"), Some(Format::Xlsx));
        assert_eq!(Format::from_file_name("csv"), None);
    }
}
