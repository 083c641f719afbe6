//! PDF by typst: typeset in this process, from fonts and a template that are in the binary. Nothing is read from disk
//! or from the network, and no text of a record is read as markup.

mod world;

use std::sync::LazyLock;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use kontor_model::{Error, ErrorCode, Result};
use tokio::sync::Semaphore;
use typst::foundations::Smart;
use typst_layout::PagedDocument;
use typst_pdf::PdfOptions;

use self::world::{Desk, Image};
use crate::sheet::Sheet;

/// Sheets that are set at the same time: it is work for a whole core.
const AT_ONCE: usize = 2;
/// How long a sheet may wait for its turn, and be set.
const PATIENCE: Duration = Duration::from_secs(20);
/// Runs that typst's memory outlives what it was made for.
const REMEMBERED: usize = 4;

static TURNS: LazyLock<Semaphore> = LazyLock::new(|| Semaphore::new(AT_ONCE));

/// A sheet as a PDF, with the seller's logo in base64 where there is one.
///
/// # Errors
/// 422000 `pdf_size` for more than is laid out; 503000 when there is no turn, or no end, in 20 seconds.
pub async fn pdf(sheet: Sheet, logo: &str) -> Result<Vec<u8>> {
    if let Some(excess) = sheet.excess() {
        return Err(kontor_records::refusal("pdf_size", excess));
    }
    let busy = |what: &str| Error::new(ErrorCode::Unavailable, format!("{what}; try again")).with_retry_after(2);
    let logo = logo.to_owned();
    let work = async {
        let turn = TURNS.acquire().await.map_err(Error::internal)?;
        tokio::task::spawn_blocking(move || {
            // Held until it is done, also when nobody waits any more.
            let _turn = turn;
            set(&sheet, &logo).map(|made| made.bytes)
        })
        .await
        .map_err(Error::internal)?
    };
    match tokio::time::timeout(PATIENCE, work).await {
        Ok(done) => done,
        Err(_) => Err(busy("the document could not be set in time")),
    }
}

/// Sets it, on this thread.
fn set(sheet: &Sheet, logo: &str) -> Result<Made> {
    let logo = image(logo);
    let made = attempt(sheet, logo.clone());
    // A picture that cannot be drawn is no reason to send no invoice.
    let made = if made.is_err() && logo.is_some() { attempt(sheet, None) } else { made };
    typst::comemo::evict(REMEMBERED);
    made
}

/// What was set.
struct Made {
    bytes: Vec<u8>,
    #[cfg_attr(not(test), expect(dead_code, reason = "what tests look at"))]
    pages: usize,
}

fn attempt(sheet: &Sheet, logo: Option<Image>) -> Result<Made> {
    let named = logo.as_ref().map(|image| image.name.to_owned()).unwrap_or_default();
    let sheet = Sheet { logo: named, ..sheet.clone() };
    let data = serde_json::to_vec(&sheet).map_err(Error::internal)?;
    let desk = Desk::new(data, logo);
    let first = |all: &[typst::diag::SourceDiagnostic]| {
        let text = all.first().map(|one| one.message.to_string()).unwrap_or_default();
        Error::internal(format!("typst: {text}"))
    };
    let document = typst::compile::<PagedDocument>(&desk).output.map_err(|all| first(&all))?;
    let options = PdfOptions { creator: Smart::Custom(Some("Kontor".to_owned())), ..PdfOptions::default() };
    let bytes = typst_pdf::pdf(&document, &options).map_err(|all| first(&all))?;
    Ok(Made { bytes, pages: document.pages().len() })
}

/// What the bytes say they are; nothing for anything but a PNG, JPEG or SVG.
fn image(base64: &str) -> Option<Image> {
    let bytes = STANDARD.decode(base64.trim()).ok().filter(|bytes| !bytes.is_empty())?;
    let name = crate::logo::Picture::of(&bytes)?.file();
    Some(Image { name, bytes })
}

#[cfg(test)]
mod tests;
