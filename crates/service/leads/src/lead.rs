//! Leads.

use kontor_model::object::Derived;
use kontor_model::{Action, Field, FieldType, Object};
use kontor_records::likeness;

const SOURCES: &[&str] = &[
    "web",
    "referral",
    "event",
    "advertising",
    "social",
    "email",
    "phone",
    "chat",
    "partner",
    "list",
    "import",
    "other",
];
const STATUSES: &[&str] = &["new", "working", "nurturing", "qualified", "unqualified", "converted"];

pub(crate) fn object() -> Object {
    Object::new(crate::SERVICE, "lead", "leads")
        .doc("A person who may want to buy, before anyone has found out.")
        .view(likeness::duplicates_view())
        .action(likeness::merge_action("lead"))
        .action(likeness::unmerge_action("lead"))
        .owned()
        .field(Field::new("first_name", FieldType::text(100)).personal().searched())
        .field(Field::new("last_name", FieldType::text_between(1, 100)).personal().required().searched())
        .field(Field::new("name", FieldType::text(255)).personal().read_only().searched().doc("First and last name."))
        .field(Field::new("company_name", FieldType::text(255)).personal().searched())
        .field(Field::new("title", FieldType::text(150)).personal().doc("Position in the company."))
        .field(Field::new("email", FieldType::email()).personal().indexed())
        .field(Field::new("phone", FieldType::phone()).personal())
        .field(Field::new("city", FieldType::text(120)).personal())
        .field(
            Field::new("country", FieldType::country()).personal().doc("Telephone numbers without + are read in it."),
        )
        .field(Field::new("source", FieldType::enumeration(SOURCES.iter().copied())).indexed())
        .field(Field::reference("campaign", "campaign").indexed())
        .field(Field::reference("form", "form").indexed().doc("The form that it came by."))
        .fields(
            ["source", "medium", "campaign", "term", "content"]
                .map(|part| Field::new(&format!("utm_{part}"), FieldType::text(255)).technical()),
        )
        .field(
            Field::new("status", FieldType::enumeration(STATUSES.iter().copied()))
                .default("new")
                .indexed()
                .doc("Made converted by convert only, and for good."),
        )
        .field(
            Field::new("unqualified_reason", FieldType::text(255))
                .personal()
                .doc("Why it is no lead; asked for with unqualified."),
        )
        .field(
            Field::new("score", FieldType::integer_between(0, 100))
                .indexed()
                .doc("How likely it is to buy; 100 is most likely. The sum of the score rules where there are any."),
        )
        .field(
            Field::new("score_reasons", FieldType::json())
                .read_only()
                .doc("What the score is made of: [{\"rule\", \"points\"}]."),
        )
        .field(
            Field::new("score_model", FieldType::text(60)).technical().read_only().doc("What gave the score: rules."),
        )
        .field(Field::new("rating", FieldType::enumeration(["hot", "warm", "cold"])))
        .field(Field::new("interest", FieldType::text(255)).personal().doc("What it asked for."))
        .field(Field::new("estimated_value", FieldType::money()))
        .field(
            Field::new("do_not_sell", FieldType::boolean())
                .default(false)
                .doc("The person's data may not be sold or shared (CCPA, 1798.120)."),
        )
        .fields(Field::territory())
        .field(Field::new("tags", FieldType::tags()).personal())
        .field(Field::new("converted_at", FieldType::datetime()).read_only())
        .field(Field::reference("company", "company").read_only().doc("What it was converted to."))
        .field(Field::reference("contact", "contact").read_only().doc("Whom it was converted to."))
        .field(Field::reference("deal", "deal").read_only().doc("The deal that came of it."))
        .derive(Derived::Joined {
            target: "name".to_owned(),
            parts: vec!["first_name".to_owned(), "last_name".to_owned()],
        })
        .action(
            Action::new("qualify", "Says that the lead may buy.")
                .refuses(&[("lead_state", "the lead is qualified, unqualified or converted")]),
        )
        .action(
            Action::new("disqualify", "Says that the lead will not buy, and why.")
                .refuses(&[("lead_state", "the lead is unqualified or converted already")])
                .takes(Field::new("reason", FieldType::text_between(1, 255)).required()),
        )
        .action(
            Action::new(
                "assign",
                "Gives the lead to a user: the one that is named, else whom the assignment rules say.",
            )
            .refuses(&[
                ("lead_state", "the lead is converted"),
                ("no_assignment_rule", "nobody is named and no rule fits"),
            ])
            .takes(Field::reference("owner", "user")),
        )
        .action(
            Action::new("score", "Scores the lead anew by the score rules.").refuses(&[
                ("lead_state", "the lead is converted"),
                ("no_score_rule", "there is no active score rule"),
            ]),
        )
        .action(
            Action::new("convert", "Makes a company, a contact and a deal of the lead, or finds those that are there.")
                .refuses(&[("lead_state", "the lead is unqualified or converted already")])
                .takes(Field::new("deal", FieldType::json()).doc("Fields of the deal; none when it is left out."))
                .takes(Field::reference("company", "company").doc("Looked for, else made, when it is left out."))
                .takes(Field::reference("contact", "contact").doc("Looked for, else made, when it is left out."))
                .gives(&[("company", "company"), ("contact", "contact"), ("deal", "deal")]),
        )
}
