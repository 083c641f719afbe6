//! The rules that may refuse an action, and when: what the documentation names.

/// Name and sentence.
type Rule = (&'static str, &'static str);

const INVOICE_DRAFT: Rule = ("invoice_draft", "the invoice is a draft");
const INVOICE_OPEN: Rule = ("invoice_open", "the invoice is finalized already");
const INVOICE_PAID: Rule = ("invoice_paid", "the invoice is paid, or part of it");
const INVOICE_VOID: Rule = ("invoice_void", "the invoice was voided");
const INVOICE_UNCOLLECTIBLE: Rule = ("invoice_uncollectible", "the invoice was written off");
const INVOICE_CREDITED: Rule = ("invoice_credited", "the invoice was credited, or part of it");
const CREDIT_TOO_LARGE: Rule = ("credit_too_large", "more is credited than is left");
const AMOUNT_TOO_LARGE: Rule = ("amount_too_large", "an amount is beyond what money can hold");
const NEGATIVE_TOTAL: Rule = ("negative_total", "the invoice comes to less than nothing");
const DUE_BEFORE_ISSUE: Rule = ("due_before_issue", "it would fall due before its date");
const PAYMENT_AMOUNT: Rule = ("payment_amount", "the amount is not above zero");
const OVERPAYMENT: Rule = ("overpayment", "the amount is more than what is due");
const NO_LINES: Rule = ("no_lines", "there are no lines");
const PRICE_MISSING: Rule = ("price_missing", "a line has no price");
const CUSTOMER_MISSING: Rule = ("customer_missing", "there is no customer");
const ORDER_PAID: Rule = ("order_paid", "the order is paid");
const ORDER_FULFILLED: Rule = ("order_fulfilled", "the order is fulfilled");
const ORDER_CANCELLED: Rule = ("order_cancelled", "the order was cancelled");
const ORDER_CONFIRMED: Rule = ("order_confirmed", "the order is confirmed already");
const ORDER_NOT_CONFIRMED: Rule = ("order_not_confirmed", "the order is not confirmed yet");
const ORDER_INVOICED: Rule = ("order_invoiced", "the order has an invoice");
const PAYMENT_PENDING: Rule = ("payment_pending", "the money has not come yet");
const PAYMENT_FAILED: Rule = ("payment_failed", "the money never came");
const PAYMENT_REFUNDED: Rule = ("payment_refunded", "all of it was given back");
const REFUND_AMOUNT: Rule = ("refund_amount", "the amount is not above zero");
const REFUND_TOO_LARGE: Rule = ("refund_too_large", "the amount is more than what is left of it");
const NO_ADDRESS: Rule = ("no_address", "there is no address to send it to");
const LEGAL_ENTITY_MISSING: Rule = ("legal_entity_missing", "there is no legal entity that it is issued by");
const PDF_SIZE: Rule = ("pdf_size", "it is too long to be printed");

pub(crate) const FINALIZE: &[Rule] = &[
    INVOICE_OPEN,
    INVOICE_PAID,
    INVOICE_VOID,
    INVOICE_UNCOLLECTIBLE,
    CUSTOMER_MISSING,
    NO_LINES,
    PRICE_MISSING,
    NEGATIVE_TOTAL,
    DUE_BEFORE_ISSUE,
];

pub(crate) const PAY: &[Rule] = &[INVOICE_DRAFT, INVOICE_PAID, INVOICE_VOID, PAYMENT_AMOUNT, OVERPAYMENT];

pub(crate) const VOID: &[Rule] = &[INVOICE_DRAFT, INVOICE_PAID, INVOICE_VOID, INVOICE_UNCOLLECTIBLE, INVOICE_CREDITED];

pub(crate) const CREDIT: &[Rule] =
    &[INVOICE_DRAFT, INVOICE_VOID, INVOICE_CREDITED, CREDIT_TOO_LARGE, AMOUNT_TOO_LARGE, NO_LINES, PRICE_MISSING];

pub(crate) const WRITE_OFF: &[Rule] = &[INVOICE_DRAFT, INVOICE_PAID, INVOICE_VOID, INVOICE_UNCOLLECTIBLE];

pub(crate) const CONFIRM: &[Rule] =
    &[ORDER_PAID, ORDER_FULFILLED, ORDER_CANCELLED, ORDER_CONFIRMED, CUSTOMER_MISSING, NO_LINES, PRICE_MISSING];

pub(crate) const CANCEL: &[Rule] = &[ORDER_PAID, ORDER_FULFILLED, ORDER_CANCELLED, ORDER_INVOICED];

pub(crate) const FULFIL: &[Rule] = &[ORDER_FULFILLED, ORDER_CANCELLED, ORDER_NOT_CONFIRMED];

pub(crate) const INVOICING: &[Rule] = &[ORDER_CANCELLED, ORDER_INVOICED, CUSTOMER_MISSING, NO_LINES, PRICE_MISSING];

pub(crate) const REFUND: &[Rule] =
    &[PAYMENT_PENDING, PAYMENT_FAILED, PAYMENT_REFUNDED, REFUND_AMOUNT, REFUND_TOO_LARGE];

pub(crate) const SEND: &[Rule] = &[INVOICE_DRAFT, INVOICE_VOID, LEGAL_ENTITY_MISSING, NO_ADDRESS, PDF_SIZE];
