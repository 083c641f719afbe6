//! Letters that bring a document.

use kontor_documents::ubl::{self, Profile};
use kontor_documents::{Document, PDF, XML};
use kontor_model::{Attachment, ErrorCode, Letter, Result};
use kontor_records::refusal;

/// A letter with the document as PDF, and as electronic invoice where it is complete. `said` is in place of the usual
/// subject and words.
///
/// # Errors
/// 422000 `no_address`; those of the PDF.
pub(crate) async fn with(document: &Document, to: Option<&str>, said: Said) -> Result<Letter> {
    let to = to.unwrap_or(&document.buyer.email);
    if to.is_empty() {
        let detail = "there is no address to send it to; send to, or set billing_email or the customer's email";
        return Err(refusal("no_address", detail));
    }
    let pdf = kontor_documents::pdf(document.sheet(), &document.seller.logo).await?;
    let file = |ending: &str, media: &str, bytes| Attachment {
        name: format!("{}.{ending}", document.file_name()),
        media: media.to_owned(),
        bytes,
    };
    let mut attachments = vec![file("pdf", PDF, pdf)];
    match ubl::write(document, Profile::En16931) {
        Ok(xml) => attachments.push(file("xml", XML, xml)),
        // What is missing for one is told by its own view.
        Err(error) if error.code() == ErrorCode::RuleRefused => {}
        Err(error) => return Err(error),
    }
    let (subject, text) = kontor_documents::letter::usual(document, None);
    let answers = document.seller.email.clone();
    Ok(Letter {
        purpose: said.purpose,
        to: to.to_owned(),
        from_name: Some(document.seller.name.clone()),
        reply_to: (!answers.is_empty()).then_some(answers),
        subject: said.subject.unwrap_or(subject),
        text: said.text.unwrap_or(text),
        attachments,
        ..Letter::default()
    })
}

/// What a letter says that is not as usual.
pub(crate) struct Said {
    pub purpose: &'static str,
    pub subject: Option<String>,
    pub text: Option<String>,
}
