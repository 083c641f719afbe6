use csv_core::{ReadRecordResult, ReaderBuilder};

const CANDIDATES: [u8; 4] = [b',', b';', b'\t', b'|'];

/// The most records a guess is made from.
const RECORDS: usize = 200;

/// The delimiter under which most records have the same number of cells, and
/// among equals the one with the most cells; `,` when no candidate occurs.
/// `whole` tells whether the sample ends with the file.
pub fn delimiter(sample: &[u8], quote: u8, whole: bool) -> u8 {
    let mut best = (b',', 0, 1);
    for candidate in CANDIDATES.into_iter().filter(|byte| *byte != quote) {
        let widths = widths(sample, candidate, quote, whole);
        let Some((&width, count)) = widths
            .iter()
            .map(|width| (width, widths.iter().filter(|other| *other == width).count()))
            .max_by_key(|(width, count)| (*count, **width))
        else {
            continue;
        };
        let share = count * 1000 / widths.len();
        if width > 1 && (share, width) > (best.1, best.2) {
            best = (candidate, share, width);
        }
    }
    best.0
}

/// The number of cells of each record of the sample.
fn widths(mut sample: &[u8], delimiter: u8, quote: u8, whole: bool) -> Vec<usize> {
    let mut parser = ReaderBuilder::new().delimiter(delimiter).quote(quote).build();
    let mut output = [0; 1024];
    let mut ends = [0; 64];
    let mut widths = Vec::new();
    let mut width = 0;
    while widths.len() < RECORDS {
        let (result, read, _, cells) = parser.read_record(sample, &mut output, &mut ends);
        let exhausted = sample.is_empty();
        sample = sample.get(read..).unwrap_or_default();
        width += cells;
        match result {
            ReadRecordResult::Record if exhausted && !whole && !widths.is_empty() => break,
            ReadRecordResult::Record => widths.push(std::mem::take(&mut width)),
            ReadRecordResult::End => break,
            ReadRecordResult::InputEmpty | ReadRecordResult::OutputFull | ReadRecordResult::OutputEndsFull => {}
        }
    }
    widths
}
