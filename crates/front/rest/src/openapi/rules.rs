//! Rules of services about changes and views that are no part of an action: what may refuse them, for the document. A
//! test holds the list against the code of the services.

/// Objects, the rule, and when it refuses a change of one of their records.
const CHANGES: &[(&[&str], &str, &str)] = &[
    (&["company"], "company_hierarchy", "a company would be above itself"),
    (&["company"], "company_has_documents", "invoices or orders stand in the way of its deletion"),
    (&["customer"], "customer_has_documents", "invoices or orders stand in the way of its deletion"),
    (&["consent"], "one_consent_in_force", "there is one in force for this person, purpose and channel"),
    (&["pipeline", "stage", "territory"], "in_use", "records are in it; move them first"),
    (&["territory"], "territory_hierarchy", "a territory would be above itself"),
    (&["lead"], "unqualified_reason", "an unqualified lead says why"),
    (&["deal"], "stage_entry", "what the stage asks for is not there"),
    (&["deal"], "closed_stage", "won and lost are reached by the actions win and lose"),
    (&["deal"], "lost_reason", "a lost deal says why"),
    (&["quote", "quote_line"], "quote_state", "the quote is no draft any more"),
    (&["quote", "quote_line", "deal", "deal_line"], "price_missing", "no price was sent, and no price book has one"),
    (&["quote", "quote_line", "deal", "deal_line"], "inactive_product", "the product is not sold any more"),
    (
        &["quote", "quote_line", "deal", "deal_line", "order", "order_line", "invoice", "invoice_line"],
        "unknown_sku",
        "no product has this number",
    ),
    (
        &["quote", "quote_line", "deal", "deal_line", "order", "order_line", "invoice", "invoice_line", "payment"],
        "currency_mismatch",
        "it is in another currency than the document",
    ),
    (&["order", "order_line", "invoice", "invoice_line"], "sku_mismatch", "sku and product_id name two products"),
    (&["order", "order_line", "invoice", "invoice_line"], "unknown_tax_rate", "there is no such tax rate any more"),
    (&["order", "order_line", "invoice", "invoice_line"], "amount_too_large", "it comes to more than money can hold"),
    (&["order", "invoice"], "total_mismatch", "expected_total differs by more than 0.01"),
    (&["order", "order_line"], "confirmed_order", "the order is confirmed, and does not change"),
    (&["order"], "order_status", "its status is changed by its actions"),
    (&["order"], "order_kept", "the order was invoiced, and is kept"),
    (&["invoice", "invoice_line"], "finalized_invoice", "the invoice is finalized, and does not change"),
    (&["invoice"], "invoice_status", "its status is changed by its actions"),
    (&["invoice"], "reserved_number", "numbers of the series are given by finalize"),
    (&["payment"], "invoice_not_open", "the invoice is not open"),
    (&["payment"], "overpayment", "it is more than is due"),
    (&["payment"], "payment_amount", "the amount is not above zero"),
    (&["payment"], "payment_status", "it is refunded by its action"),
    (&["payment"], "settled_payment", "the payment is settled, and does not change"),
    (&["ticket_comment"], "ticket_state", "the ticket is closed"),
    (&["ticket_comment"], "ticket_merged", "the ticket was merged into another; go on there"),
    (&["campaign", "campaign_member"], "campaign_sent", "the campaign is under way"),
    (&["segment"], "segment_ring", "the segment would be a part of itself"),
    (&["segment"], "segment_depth", "segments name each other too deep"),
    (&["segment"], "segment_size", "a frozen segment that it names has too many members"),
    (&["segment"], "segment_kind", "it is frozen by its action, and does not change then"),
    (&["segment"], "segment_used", "a campaign is sent to it"),
    (&["sequence"], "sequence_used", "people are in it"),
    (&["calendar_feed"], "calendar_user", "it was made by no user, or by another"),
    (
        &["notification", "channel_preference", "saved_view", "default_view", "dashboard"],
        "own_only",
        "it is another user's",
    ),
    (&["saved_view"], "unknown_object", "there is no such object"),
    (&["saved_view"], "view_object", "a view stays one of its object"),
];

/// Object, view, rule, and when it refuses.
const VIEWS: &[(&str, &str, &str, &str)] = &[
    ("email_file", "content", "file_gone", "its bytes were erased, or this is a masked copy"),
    ("ticket_file", "content", "file_gone", "its bytes were erased, or this is a masked copy"),
    ("quote", "pdf", "legal_entity_missing", "there is no legal entity that makes the offer"),
    ("quote", "pdf", "pdf_size", "it is too long to be printed"),
    ("invoice", "pdf", "legal_entity_missing", "there is no legal entity that issues it"),
    ("invoice", "pdf", "pdf_size", "it is too long to be printed"),
    ("credit_note", "pdf", "legal_entity_missing", "there is no legal entity that issues it"),
    ("credit_note", "pdf", "pdf_size", "it is too long to be printed"),
    ("invoice", "ubl", "invoice_draft", "the invoice is a draft"),
    ("invoice", "ubl", "invoice_void", "the invoice is void"),
    ("invoice", "ubl", "einvoice_incomplete", "something is missing; errors name it"),
    ("invoice", "ubl", "einvoice_currency", "its currency has three digits"),
    ("credit_note", "ubl", "einvoice_incomplete", "something is missing; errors name it"),
    ("credit_note", "ubl", "einvoice_currency", "its currency has three digits"),
    ("customer", "statement", "statement_size", "there are too many invoices"),
    ("dashboard", "data", "dashboard_size", "what it shows is too much for one answer"),
    ("report", "result", "report_size", "what it shows is too much for one answer"),
    ("task", "ics", "no_time", "it has no time"),
    ("call", "ics", "no_time", "it has no time"),
    ("meeting", "ics", "no_time", "it has no time"),
    ("form", "embed", "no_inputs", "the form asks for nothing yet"),
];

/// What may refuse a change of a record.
pub fn of_changes(object: &str) -> Vec<(String, String)> {
    let own = CHANGES.iter().filter(|(objects, ..)| objects.contains(&object));
    own.map(|(_, rule, when)| ((*rule).to_owned(), (*when).to_owned())).collect()
}

/// What may refuse a view.
pub fn of_view(object: &str, view: &str) -> Vec<(String, String)> {
    let own = VIEWS.iter().filter(|(of, name, ..)| *of == object && *name == view);
    own.map(|(_, _, rule, when)| ((*rule).to_owned(), (*when).to_owned())).collect()
}
