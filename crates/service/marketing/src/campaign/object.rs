//! What a campaign and its members are.

use kontor_model::{Action, Field, FieldType, Object, View};

const STATUSES: &[&str] = &["draft", "scheduled", "running", "paused", "completed", "cancelled"];
const CHANNELS: &[&str] =
    &["email", "sms", "phone", "post", "web", "social", "search", "display", "event", "partner", "other"];
const MEMBER_STATUSES: &[&str] =
    &["added", "sent", "opened", "clicked", "responded", "converted", "bounced", "unsubscribed", "skipped", "failed"];

pub(crate) fn campaign() -> Object {
    Object::new(crate::SERVICE, "campaign", "campaigns")
        .doc("A planned effort to win attention, with a budget and a result.")
        .owned()
        .field(Field::new("name", FieldType::text_between(1, 255)).required().searched())
        .field(Field::new("description", FieldType::long_text()))
        .field(Field::new("status", FieldType::enumeration(STATUSES.iter().copied())).default("draft"))
        .field(Field::new("channel", FieldType::enumeration(CHANNELS.iter().copied())))
        .field(Field::new("budget", FieldType::price()))
        .field(Field::new("cost", FieldType::price()).doc("What it has cost so far."))
        .field(Field::new("starts_on", FieldType::date()))
        .field(Field::new("ends_on", FieldType::date()).doc("The last day."))
        .field(Field::reference("segment", "segment").doc("Whom it is for: contacts or leads."))
        .field(Field::reference("template", "template").doc("What is sent."))
        .field(Field::new("from_name", FieldType::text(120)).doc("The name beside the sender's address."))
        .field(Field::new("reply_to", FieldType::email()).doc("Where answers go."))
        .field(
            Field::new("consent_required", FieldType::boolean())
                .default(true)
                .doc("Whether only those are written to who have agreed to marketing; who has left never is."),
        )
        .field(Field::new("scheduled_at", FieldType::datetime()).read_only().doc("When it begins."))
        .field(Field::new("launched_at", FieldType::datetime()).read_only())
        .field(Field::new("completed_at", FieldType::datetime()).read_only())
        .field(
            Field::new("drawn", FieldType::boolean())
                .read_only()
                .default(false)
                .doc("Whether all of its segment are members."),
        )
        .field(
            Field::new("drawn_to", FieldType::any_reference()).read_only().doc("How far its segment was gone through."),
        )
        .fields(
            ["source", "medium", "campaign", "term", "content"]
                .map(|part| Field::new(&format!("utm_{part}"), FieldType::text(255))),
        )
        .action(
            Action::new("launch", "Begins: now, or at a time.")
                .takes(Field::new("at", FieldType::datetime()).doc("When; now when nothing is sent."))
                .refuses(&[
                    ("campaign_state", "it is neither a draft nor scheduled"),
                    ("no_template", "it goes by e-mail and has no template"),
                    ("template_incomplete", "the template lacks a subject, a body or the link to unsubscribe"),
                    ("no_members", "it has neither a segment nor members"),
                    ("segment_object", "its segment holds neither contacts nor leads"),
                    ("segment_reach", "the caller's role does not see everybody in the segment"),
                    ("segment_drawing", "the segment's members are being written down; try again in a moment"),
                    ("template_inactive", "the template is not active"),
                ]),
        )
        .action(
            Action::new("pause", "Stops sending until it is resumed.")
                .refuses(&[("campaign_state", "it does not run")]),
        )
        .action(Action::new("resume", "Goes on.").refuses(&[("campaign_state", "it is not paused")]))
        .action(
            Action::new("complete", "Says that it is over; who was not written to is not any more.")
                .refuses(&[("campaign_state", "it neither runs nor is paused")]),
        )
        .action(
            Action::new("cancel", "Gives it up; who was not written to is not any more.")
                .refuses(&[("campaign_state", "it is over")]),
        )
        .action(
            Action::new("enrol", "Adds people to it, besides those of its segment.")
                .takes(Field::new("contact_ids", FieldType::json()).doc("At most 1,000 ids of contacts."))
                .takes(Field::new("lead_ids", FieldType::json()).doc("At most 1,000 ids of leads."))
                .refuses(&[
                    ("no_person", "nobody is named"),
                    ("campaign_state", "it is over"),
                    ("already_enrolled", "one of them is in it already"),
                ]),
        )
        .view(View::new("results", "How many were reached, what became of them, and the deals that name it."))
}

pub(crate) fn campaign_member() -> Object {
    Object::new(crate::SERVICE, "campaign_member", "campaign_members")
        .doc("A person whom a campaign reaches: a contact or a lead.")
        .named_by("id")
        .part_of("campaign")
        .field(Field::reference("campaign", "campaign").required().indexed())
        .field(Field::reference("contact", "contact").indexed())
        .field(Field::reference("lead", "lead").indexed())
        .field(Field::new("status", FieldType::enumeration(MEMBER_STATUSES.iter().copied())).default("added"))
        .field(Field::new("reason", FieldType::text(255)).read_only().doc("Why nothing was sent, or why it came back."))
        .field(Field::new("sent_at", FieldType::datetime()).read_only())
        .field(Field::new("responded_at", FieldType::datetime()).doc("When the person answered, or filled in a form."))
        .field(Field::new("unsubscribed_at", FieldType::datetime()).read_only())
        .field(Field::new("converted_at", FieldType::datetime()).read_only().doc("When the lead was converted."))
        .field(
            Field::reference("waiting", "campaign").read_only().indexed().doc("The campaign, until its turn has come."),
        )
        .field(
            Field::new("person_key", FieldType::text(60))
                .technical()
                .read_only()
                .unique()
                .doc("Campaign and person: nobody is in it twice."),
        )
        .field(
            Field::new("address_key", FieldType::text(80))
                .technical()
                .read_only()
                .unique()
                .doc("Campaign and digest of the address: an address is written to once."),
        )
}
