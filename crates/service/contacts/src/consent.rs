//! Consents.

use kontor_model::{Action, ErrorCode, Field, FieldType, Object};

const PURPOSES: &[&str] = &["marketing", "newsletter", "sales", "support", "profiling", "research", "third_party"];
const CHANNELS: &[&str] = &["email", "phone", "sms", "post", "web"];
/// Article 6(1) GDPR, a to f.
const BASES: &[&str] =
    &["consent", "contract", "legal_obligation", "vital_interests", "public_task", "legitimate_interests"];

pub(crate) fn object() -> Object {
    Object::new(crate::SERVICE, "consent", "consents")
        .doc("What a person may be contacted for, by which channel and by what right.")
        .named_by("purpose")
        .field(Field::reference("contact", "contact").indexed().doc("Whose it is, or lead_id."))
        .field(Field::reference("lead", "lead").indexed().doc("Whose it is before a contact is made of the lead."))
        .field(Field::new("purpose", FieldType::enumeration(PURPOSES.iter().copied())))
        .field(
            Field::new("channel", FieldType::enumeration(CHANNELS.iter().copied()))
                .doc("Any channel when there is none."),
        )
        .field(Field::new("legal_basis", FieldType::enumeration(BASES.iter().copied())).doc("Article 6(1) GDPR."))
        .field(Field::new("given_at", FieldType::datetime()))
        .field(Field::new("withdrawn_at", FieldType::datetime()))
        .field(Field::new("source", FieldType::text(255)).doc("Where it was given: the form, the call, the contract."))
        .field(
            Field::new("in_force_for", FieldType::text(80))
                .technical()
                .read_only()
                .unique()
                .taken_code(ErrorCode::RuleRefused)
                .doc("Contact, purpose and channel while it is in force: one consent at a time."),
        )
        .action(
            Action::new("withdraw", "Says that the person has taken it back.")
                .refuses(&[("consent_withdrawn", "it was taken back already")])
                .takes(Field::new("at", FieldType::datetime()).doc("When; now when nothing is sent.")),
        )
}
