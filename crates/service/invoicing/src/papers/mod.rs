//! The papers of invoices, credit notes and customers: PDF, electronic invoices, statements of account, and letters
//! that bring them.

pub(crate) mod draw;
pub(crate) mod dunning;
pub(crate) mod letter;
mod looks;
mod statement;

use std::sync::Arc;

use kontor_documents::document::LANGUAGES;
use kontor_documents::ubl::PROFILES;
use kontor_documents::{PDF, XML};
use kontor_model::{Action, Field, FieldType, Object, View};
use kontor_records::Look;

use crate::refusals;

/// What this service shows.
pub(crate) fn all() -> Vec<Arc<dyn Look>> {
    vec![
        Arc::new(looks::Pdf("invoice")),
        Arc::new(looks::Pdf("credit_note")),
        Arc::new(looks::Ubl("invoice")),
        Arc::new(looks::Ubl("credit_note")),
        Arc::new(statement::StatementOf),
    ]
}

fn language() -> Field {
    Field::new("language", FieldType::enumeration(LANGUAGES.iter().copied()))
}

/// What invoices and credit notes say for their papers.
pub(crate) fn fields() -> Vec<Field> {
    vec![
        Field::new("billing_email", FieldType::email()).personal().doc("Where it is sent; left out, the customer's."),
        Field::new("billing_electronic_address", FieldType::text(100)).personal().doc(
            "Where electronic invoices go: scheme:id by the list EAS, such as 0088:4012345000009; left out, the \
             customer's.",
        ),
        Field::new("buyer_reference", FieldType::text(100))
            .technical()
            .doc("What the customer wants to find on it, such as a cost centre or a Leitweg-ID."),
        Field::new("purchase_order", FieldType::text(100)).technical().doc("The number of the customer's own order."),
        Field::reference("legal_entity", "legal_entity").doc("Who issues it; left out, the default one."),
        Field::new("language", FieldType::text(35))
            .doc("BCP 47, of its PDF; left out, the customer's, else the legal entity's."),
        Field::new("as_issued", FieldType::json()).read_only().doc(
            "The legal entity, the buyer and the kinds of tax as they were when it was issued: what its papers go by for ever.",
        ),
    ]
}

/// An object with its PDF.
pub(crate) fn shown(object: Object) -> Object {
    object.view(
        View::new("pdf", "The document, as it is printed and sent. A draft is marked as one.")
            .of(&[PDF])
            .takes(language().doc("Left out, the document's.")),
    )
}

/// The electronic invoice.
pub(crate) fn ubl_view() -> View {
    View::new("ubl", "The electronic invoice: UBL 2.1 by EN 16931. What is missing for one is named.").of(&[XML]).takes(
        Field::new("profile", FieldType::enumeration(PROFILES.iter().copied()))
            .doc("Rules on top of EN 16931; none where it is left out."),
    )
}

/// `send`
pub(crate) fn send_action(doc: &str) -> Action {
    Action::new("send", doc)
        .refuses(refusals::SEND)
        .takes(Field::new("to", FieldType::email()).doc("Left out, billing_email, else the customer's address."))
        .takes(Field::new("message", FieldType::text(5_000)).doc("In place of the usual words."))
}
