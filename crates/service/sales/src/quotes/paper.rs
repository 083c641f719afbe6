//! Quotes on paper and in letters.

use futures::FutureExt;
use futures::future::BoxFuture;
use kontor_documents::letter::usual;
use kontor_documents::records as from;
use kontor_documents::{Buyer, Document, Issued, Kind, PDF, Stamp, TaxLine};
use kontor_model::{Attachment, Error, Letter, Result};
use kontor_records::{Found, Input, Look, Sheet, Sight, Viewed, refusal};

use super::acts;
use crate::documents::line::Line;
use crate::documents::totals::{Rate, parts};

/// The page of the link in a letter.
pub(super) const PAGE: &str = "quotes";

/// A quote as it is printed; as it was sent, once it is.
///
/// # Errors
/// 422000 `legal_entity_missing`; the database's.
pub(super) async fn document(sight: &Sight<'_>, quote: &Found, language: Option<&str>) -> Result<Document> {
    let found = acts::lines(sight, quote).await?;
    let sent_as = Issued::read(quote.value("as_sent"));
    let rates = found.iter().filter_map(|line| line.int("tax_rate_id"));
    let kinds = from::taxes_as(sight, rates, sent_as.as_ref()).await?;
    let rate = |line: &Found| {
        let id = line.int("tax_rate_id")?;
        kinds.get(&id).map(|kind| Rate { rate: kind.rate, id })
    };
    let currency = quote.text("currency").to_owned();
    let amounts = found.iter().map(|line| Line::found(line, "quote_id").amounts(rate(line)));
    let sums = parts(amounts, &currency).ok_or_else(|| Error::internal("a quote beyond what money can hold"))?;
    let kind = |rate: Option<Rate>| rate.and_then(|rate| kinds.get(&rate.id)).cloned();
    let seller = from::seller_as(sight, quote.value("legal_entity_id"), sent_as.as_ref()).await?;
    let buyer = match Buyer::read(quote.value("sent_to")) {
        Some(buyer) => buyer,
        None => from::buyer(sight, quote).await?,
    };
    let said = [language.unwrap_or_default(), quote.text("language"), buyer.language.as_str()];
    let int = |path: &str| quote.int(path).unwrap_or(0);
    let zone = &sight.settings().time_zone;
    let sent = quote.int("sent_at").map(|at| kontor_model::time::day_in(at, zone));
    Ok(Document {
        kind: Kind::Quote,
        language: from::language(said, &seller),
        stamp: (quote.text("status") == "draft").then_some(Stamp::Draft),
        number: quote.text("number").to_owned(),
        issued: Some(sent.unwrap_or_else(|| sight.today())),
        due: None,
        valid_until: quote.int("valid_until"),
        delivered: None,
        currency,
        lines: found.iter().zip(&sums.nets).map(|(line, net)| from::line(line, *net, kind(rate(line)))).collect(),
        taxes: sums
            .taxes
            .iter()
            .map(|(rate, base, tax)| TaxLine { kind: kind(*rate), base: *base, tax: *tax })
            .collect(),
        subtotal: int("subtotal"),
        tax: int("tax_total"),
        total: int("total"),
        notes: quote.text("notes").to_owned(),
        reason: String::new(),
        seller,
        buyer,
        preceding: None,
    })
}

/// What is printed, which has to be open to who asks for it.
const PRINTED: &[&str] = &["quote", "quote_line", "customer", "company", "contact"];

/// `GET /v1/quotes/{id}/pdf`
pub(crate) struct Pdf;

impl Look for Pdf {
    fn object(&self) -> &'static str {
        "quote"
    }

    fn name(&self) -> &'static str {
        "pdf"
    }

    fn show<'a>(&'a self, sight: &'a Sight<'a>, viewed: &'a Viewed) -> BoxFuture<'a, Result<Sheet>> {
        async move {
            from::sees_whole(sight, PRINTED)?;
            let document = document(sight, &viewed.record, viewed.input.text("language")).await?;
            let bytes = kontor_documents::pdf(document.sheet(), &document.seller.logo).await?;
            Ok(Sheet::File { media: viewed.media.clone(), name: format!("{}.pdf", document.file_name()), bytes })
        }
        .boxed()
    }
}

/// The letter that brings a quote, where one is wanted and there is somebody to send it to.
///
/// # Errors
/// 422000 `legal_entity_missing` where `to` was said; those of the PDF; the database's.
pub(super) async fn letter(sight: &Sight<'_>, quote: &Found, input: &Input) -> Result<Option<Letter>> {
    let wanted = input.text("to");
    if !input.flag("mail") {
        return match wanted {
            None => Ok(None),
            Some(_) => Err(refusal("quote_mail", "to is where it is mailed, and mail is false; send one of them")),
        };
    }
    let known = from::legal_entity(sight, quote.value("legal_entity_id")).await?.is_some();
    let email = match wanted {
        Some(to) => to.to_owned(),
        None if !known => return Ok(None),
        None => from::buyer(sight, quote).await?.email,
    };
    if email.is_empty() {
        return Ok(None);
    }
    from::sees_whole(sight, PRINTED)?;
    let document = Document { stamp: None, ..document(sight, quote, None).await? };
    let link = sight.link(PAGE, quote.id, "")?;
    let (subject, words) = usual(&document, Some(&link));
    let text = input.text("message").map_or(words, |message| format!("{message}\n\n{link}"));
    let mut attachments = Vec::new();
    if kontor_documents::SETS_PDF {
        let bytes = kontor_documents::pdf(document.sheet(), &document.seller.logo).await?;
        attachments.push(Attachment { name: format!("{}.pdf", document.file_name()), media: PDF.to_owned(), bytes });
    }
    let answers = document.seller.email.clone();
    Ok(Some(Letter {
        purpose: "quote",
        to: email,
        from_name: Some(document.seller.name.clone()),
        reply_to: (!answers.is_empty()).then_some(answers),
        subject,
        text,
        attachments,
        ..Letter::default()
    }))
}
