//! `GET /v1/{invoices,credit_notes}/{id}/{pdf,ubl}`

use futures::FutureExt;
use futures::future::BoxFuture;
use kontor_documents::records::sees_whole;
use kontor_documents::ubl::{self, Profile};
use kontor_model::Result;
use kontor_records::{Look, Sheet, Sight, Viewed, refusal};

use super::draw::{document, parts};

/// The document as PDF.
pub(super) struct Pdf(pub &'static str);

impl Look for Pdf {
    fn object(&self) -> &'static str {
        self.0
    }

    fn name(&self) -> &'static str {
        "pdf"
    }

    fn show<'a>(&'a self, sight: &'a Sight<'a>, viewed: &'a Viewed) -> BoxFuture<'a, Result<Sheet>> {
        async move {
            sees_whole(sight, &parts(self.0))?;
            let document = document(sight, &viewed.record, viewed.input.text("language")).await?;
            let bytes = kontor_documents::pdf(document.sheet(), &document.seller.logo).await?;
            Ok(Sheet::File { media: viewed.media.clone(), name: format!("{}.pdf", document.file_name()), bytes })
        }
        .boxed()
    }
}

/// The electronic invoice.
pub(super) struct Ubl(pub &'static str);

impl Look for Ubl {
    fn object(&self) -> &'static str {
        self.0
    }

    fn name(&self) -> &'static str {
        "ubl"
    }

    fn show<'a>(&'a self, sight: &'a Sight<'a>, viewed: &'a Viewed) -> BoxFuture<'a, Result<Sheet>> {
        async move {
            sees_whole(sight, &parts(self.0))?;
            let record = &viewed.record;
            match record.text("status") {
                "draft" => {
                    let detail = "a draft is no invoice yet; finalize it first";
                    return Err(refusal("invoice_draft", detail));
                }
                "void" => {
                    let detail = format!("the invoice {} is void; there is nothing to send", record.text("number"));
                    return Err(refusal("invoice_void", detail));
                }
                _ => {}
            }
            let document = document(sight, record, None).await?;
            let profile = Profile::named(viewed.input.text("profile").unwrap_or_default());
            let bytes = ubl::write(&document, profile)?;
            Ok(Sheet::File { media: viewed.media.clone(), name: format!("{}.xml", document.file_name()), bytes })
        }
        .boxed()
    }
}
