//! `/public/quotes/{token}`: a quote for whom it was made for, who reads it, accepts it with a name, or rejects it.

use futures::FutureExt;
use futures::future::BoxFuture;
use kontor_documents::format;
use kontor_documents::{Document, Language};
use kontor_model::show::escape_html;
use kontor_model::{Error, Fault, Json, Result, Value, time};
use kontor_records::{Found, Guest, Shown, Sight, Taken, Visit};
use serde_json::json;

use super::acts::{accepted, rejected};
use super::paper::{PAGE, document};

/// See the module.
pub(crate) struct Page;

impl Guest for Page {
    fn page(&self) -> &'static str {
        PAGE
    }

    fn object(&self) -> &'static str {
        "quote"
    }

    fn show<'a>(&'a self, sight: &'a Sight<'a>, visit: &'a Visit) -> BoxFuture<'a, Result<Shown>> {
        async move {
            let quote = &visit.record;
            if quote.text("status") == "draft" {
                return Err(Error::not_found());
            }
            let document = document(sight, quote, None).await?;
            if visit.input.get("format").and_then(Json::as_str) == Some("pdf") {
                let bytes = kontor_documents::pdf(document.sheet(), &document.seller.logo).await?;
                return Ok(Shown { file: Some((kontor_documents::PDF.to_owned(), bytes)), ..Shown::default() });
            }
            shown(sight, quote, &document)
        }
        .boxed()
    }

    fn take<'a>(&'a self, sight: &'a Sight<'a>, visit: &'a Visit) -> BoxFuture<'a, Result<Taken>> {
        async move {
            let quote = &visit.record;
            if quote.text("status") == "draft" {
                return Err(Error::not_found());
            }
            let input = &visit.input;
            let text = |name: &str| input.get(name).and_then(Json::as_str).map(str::trim).unwrap_or_default();
            let answer = text("answer");
            let name = text("name");
            if answer == "accept" && !(2..=255).contains(&name.chars().count()) {
                return Err(Fault::new("name", "required", "is the name of who accepts, of 2 to 255 characters").into());
            }
            let reason = text("reason");
            if reason.chars().count() > 255 || name.chars().count() > 255 {
                return Err(Fault::new("reason", "too_long", "has at most 255 characters").into());
            }
            let by = [
                ("answered_by", Some(name).filter(|name| !name.is_empty()).into()),
                ("answered_from", Value::from(visit.ip.map(|ip| ip.to_string()))),
            ];
            let plan = match answer {
                "accept" => accepted(sight, quote, &by).await?,
                "reject" => rejected(sight, quote, Some(reason).filter(|reason| !reason.is_empty()), &by)?,
                _ => {
                    let fault = Fault::new("answer", "not_allowed", "must be accept or reject");
                    return Err(fault.allowed(["accept", "reject"]).into());
                }
            };
            let status = if answer == "accept" { "accepted" } else { "rejected" };
            let data = json!({"number": quote.text("number"), "status": status}).to_string().into_bytes();
            // Who answered by a browser sees the page as it is then.
            let redirect = sight.link(PAGE, quote.id, &visit.mark).ok();
            Ok(Taken { plan, shown: Shown { data, redirect, ..Shown::default() } })
        }
        .boxed()
    }
}

/// The words of the page.
struct Words {
    accept: &'static str,
    accept_doc: &'static str,
    name: &'static str,
    reject: &'static str,
    reason: &'static str,
    accepted: &'static str,
    rejected: &'static str,
    expired: &'static str,
    by: &'static str,
    pdf: &'static str,
    of: &'static str,
}

const ENGLISH: Words = Words {
    accept: "Accept",
    accept_doc: "With your name you order what is offered here, at these prices.",
    name: "Your name",
    reject: "Reject",
    reason: "Reason",
    accepted: "This quote was accepted.",
    rejected: "This quote was rejected.",
    expired: "This quote is no longer valid. Please ask for a new one.",
    by: "By",
    pdf: "As PDF",
    of: "from",
};

const GERMAN: Words = Words {
    accept: "Annehmen",
    accept_doc: "Mit Ihrem Namen bestellen Sie, was hier angeboten ist, zu diesen Preisen.",
    name: "Ihr Name",
    reject: "Ablehnen",
    reason: "Grund",
    accepted: "Dieses Angebot wurde angenommen.",
    rejected: "Dieses Angebot wurde abgelehnt.",
    expired: "Dieses Angebot ist nicht mehr gültig. Bitte fragen Sie nach einem neuen.",
    by: "Von",
    pdf: "Als PDF",
    of: "von",
};

/// How the quote stands today.
fn standing<'a>(sight: &Sight<'_>, quote: &'a Found) -> &'a str {
    match quote.text("status") {
        "sent" if quote.int("valid_until").is_some_and(|last| last < sight.today()) => "expired",
        other => other,
    }
}

fn shown(sight: &Sight<'_>, quote: &Found, document: &Document) -> Result<Shown> {
    let (words, language) = match document.language {
        Language::English => (&ENGLISH, "en"),
        Language::German => (&GERMAN, "de"),
    };
    let status = standing(sight, quote);
    let sheet = document.sheet();
    let title = format!("{} {} {}", sheet.title, words.of, document.seller.name);
    let mut html = format!("<h1>{}</h1>", escape_html(&sheet.title));
    html.push_str(&format!("<p>{}</p>", lines(&sheet.recipient)));
    for (name, value) in &sheet.meta {
        html.push_str(&format!("<p class=\"quiet\">{}: {}</p>", escape_html(name), escape_html(value)));
    }
    html.push_str(&table(&sheet));
    for paragraph in &sheet.paragraphs {
        html.push_str(&format!("<p>{}</p>", lines(&paragraph.lines().map(str::to_owned).collect::<Vec<_>>())));
    }
    if kontor_documents::SETS_PDF {
        html.push_str(&format!("<p><a href=\"?format=pdf\">{}</a></p>", words.pdf));
    }
    html.push_str(&answer(quote, status, words, document.language, sight));
    html.push_str(&format!("<p class=\"quiet\">{}</p>", escape_html(&sheet.return_address)));
    Ok(Shown {
        data: data(document, status).to_string().into_bytes(),
        html,
        title,
        language: language.to_owned(),
        ..Shown::default()
    })
}

fn lines(all: &[String]) -> String {
    all.iter().map(|line| escape_html(line)).collect::<Vec<_>>().join("<br>")
}

fn table(sheet: &kontor_documents::Sheet) -> String {
    let class = |right: bool| if right { " class=\"number\"" } else { "" };
    let mut out = "<table><thead><tr>".to_owned();
    for column in &sheet.columns {
        out.push_str(&format!("<th{}>{}</th>", class(column.right), escape_html(&column.title)));
    }
    out.push_str("</tr></thead><tbody>");
    for row in &sheet.rows {
        out.push_str("<tr>");
        for (cell, column) in row.iter().zip(&sheet.columns) {
            let text = lines(&cell.text.lines().map(str::to_owned).collect::<Vec<_>>());
            out.push_str(&format!("<td{}>{text}</td>", class(column.right)));
        }
        out.push_str("</tr>");
    }
    let across = sheet.columns.len().saturating_sub(1);
    let sums =
        sheet.totals.iter().map(|pair| (pair, "")).chain(sheet.grand.iter().map(|pair| (pair, " class=\"total\"")));
    for ((name, value), row) in sums {
        let (name, value) = (escape_html(name), escape_html(value));
        out.push_str(&format!("<tr{row}><td colspan=\"{across}\">{name}</td><td class=\"number\">{value}</td></tr>"));
    }
    out.push_str("</tbody></table>");
    out
}

/// What can be answered, or what was.
fn answer(quote: &Found, status: &str, words: &Words, language: Language, sight: &Sight<'_>) -> String {
    let said = match status {
        "sent" => {
            let Words { accept, accept_doc, name, reject, reason, .. } = words;
            return format!(
                "<form method=\"post\"><p>{accept_doc}</p><input type=\"hidden\" name=\"answer\" value=\"accept\">\
                 <label for=\"name\">{name}</label>\
                 <input id=\"name\" name=\"name\" required minlength=\"2\" maxlength=\"255\" autocomplete=\"name\">\
                 <button>{accept}</button></form>\
                 <form method=\"post\"><input type=\"hidden\" name=\"answer\" value=\"reject\">\
                 <label for=\"reason\">{reason}</label><textarea id=\"reason\" name=\"reason\" maxlength=\"255\"></textarea>\
                 <button class=\"second\">{reject}</button></form>"
            );
        }
        "accepted" => words.accepted,
        "rejected" => words.rejected,
        _ => return format!("<p><strong>{}</strong></p>", words.expired),
    };
    let by = Some(quote.text("answered_by")).filter(|by| !by.is_empty());
    let at = quote.int("answered_at").map(|at| time::day_in(at, &sight.settings().time_zone));
    let facts: Vec<String> = by
        .map(|by| format!("{} {by}", words.by))
        .into_iter()
        .chain(at.map(|day| format::day(day, language)))
        .map(|text| escape_html(&text))
        .collect();
    format!("<p><strong>{said}</strong> {}</p>", facts.join(", "))
}

/// For programs.
fn data(document: &Document, status: &str) -> serde_json::Value {
    let decimal = |units: i64| kontor_model::decimal::to_decimal(units, 4).normalize().to_string();
    json!({
        "number": document.number,
        "status": status,
        "valid_until": document.valid_until.map(time::date_text),
        "currency": document.currency,
        "seller": document.seller.name,
        "buyer": document.buyer.name,
        "lines": document.lines.iter().map(|line| json!({
            "description": line.description,
            "sku": line.sku,
            "quantity": decimal(line.quantity),
            "unit": line.unit,
            "unit_price": decimal(line.price),
            "discount": decimal(line.discount),
            "net": decimal(line.net),
        })).collect::<Vec<_>>(),
        "subtotal": decimal(document.subtotal),
        "tax_total": decimal(document.tax),
        "total": decimal(document.total),
        "notes": document.notes,
    })
}
