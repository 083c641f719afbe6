//! Tickets and their comments.

mod comments;
mod course;
mod numbers;
mod rows;

use kontor_model::{Action, Field, FieldType, Object};

use crate::sla::terms::CLOCKS;

pub(crate) use comments::Comments;
pub(crate) use course::Course;
pub(crate) use course::words;
pub(crate) use numbers::Numbers;
pub(crate) use rows::Row;

pub(crate) const OPEN: &str = "open";
pub(crate) const PENDING: &str = "pending";
pub(crate) const SOLVED: &str = "solved";
pub(crate) const CLOSED: &str = "closed";

const STATUSES: &[&str] = &[OPEN, PENDING, SOLVED, CLOSED];
const CHANNELS: &[&str] = &["email", "phone", "web", "chat", "social", "api"];
const AGREEMENT: &[&str] = &["running", "paused", "met", "breached"];

pub(crate) fn ticket() -> Object {
    Object::new(crate::SERVICE, "ticket", "tickets")
        .doc("A request for help, until it is solved.")
        .owned()
        .named_by("subject")
        .field(Field::new("number", FieldType::text(40)).technical().unique().doc("The next one when none is sent."))
        .field(Field::new("subject", FieldType::text_between(1, 255)).personal().required().searched())
        .field(Field::new("description", FieldType::long_text()).personal())
        .field(Field::new("status", FieldType::enumeration(STATUSES.iter().copied())).default(OPEN))
        .field(
            Field::new("priority", FieldType::enumeration(crate::PRIORITIES.iter().copied()))
                .default("normal")
                .indexed(),
        )
        .field(Field::new("channel", FieldType::enumeration(CHANNELS.iter().copied())).doc("How it came in."))
        .field(Field::reference("contact", "contact").indexed().doc("Who asks."))
        .field(Field::reference("company", "company").indexed())
        .field(Field::reference("queue", "queue").indexed())
        .field(Field::reference("team", "team").indexed().doc("Who helps; the queue's team when none is sent."))
        .field(Field::reference("assignee", "user").indexed().doc("Who works on it."))
        .field(Field::reference("sla_policy", "sla_policy").doc("What was promised for this very ticket."))
        .field(
            Field::reference("applied_policy", "sla_policy")
                .read_only()
                .doc("The policy that counts: the ticket's own, else its queue's, else the one of its priority."),
        )
        .field(Field::new("first_response_due_at", FieldType::datetime()).read_only())
        .field(Field::new("next_response_due_at", FieldType::datetime()).read_only())
        .field(Field::new("resolution_due_at", FieldType::datetime()).read_only())
        .field(left("first_response_left_seconds"))
        .field(left("next_response_left_seconds"))
        .field(left("resolution_left_seconds"))
        .field(Field::new("first_responded_at", FieldType::datetime()).read_only())
        .field(Field::new("replied_at", FieldType::datetime()).read_only().doc("When the asker was last answered."))
        .field(
            Field::new("asked_at", FieldType::datetime())
                .read_only()
                .doc("Since when the asker waits for a further answer."),
        )
        .field(Field::new("solved_at", FieldType::datetime()).read_only())
        .field(Field::new("closed_at", FieldType::datetime()).read_only())
        .field(
            Field::new("sla_status", FieldType::enumeration(AGREEMENT.iter().copied()))
                .read_only()
                .doc("How the promises stand; null when there are none."),
        )
        .field(Field::new("breached_at", FieldType::datetime()).read_only().doc("When the first promise was broken."))
        .field(Field::new("sla_breached", FieldType::multi_enum(CLOCKS)).read_only().doc("The promises broken."))
        .field(Field::new("sla_warned", FieldType::multi_enum(CLOCKS)).read_only().doc("The promises warned about."))
        .field(
            Field::new("sla_next_at", FieldType::datetime())
                .read_only()
                .indexed()
                .doc("When a clock warns or runs out next."),
        )
        .field(Field::new("stopped_at", FieldType::datetime()).read_only().doc("Since when its clocks stand still."))
        .field(
            Field::new("pauses", FieldType::json())
                .read_only()
                .technical()
                .doc("When its clocks stood still: [[from, to], …] in Unix milliseconds."),
        )
        .field(Field::new("resolution", FieldType::long_text()).personal().doc("What solved it."))
        .field(
            Field::reference("merged_into", "ticket")
                .read_only()
                .doc("The ticket that goes on with what this one asked."),
        )
        .field(Field::new("merged_tickets", FieldType::integer()).read_only().doc("How many were merged into it."))
        .field(Field::new("csat", FieldType::integer_between(1, 5)).doc("How satisfied the asker was; 5 is best."))
        .field(Field::new("csat_comment", FieldType::long_text()).personal().doc("What the asker said about that."))
        .field(Field::new("tags", FieldType::tags()).personal())
        .field(
            Field::new("cc", FieldType::json())
                .read_only()
                .personal()
                .doc("The addresses that the mail which it came in by was copied to."),
        )
        .field(
            Field::new("message_id", FieldType::text(255))
                .technical()
                .read_only()
                .doc("The Message-ID of the mail that it came in by."),
        )
        .action(
            Action::new("assign", "Gives it to a user, or to the next member of the team when none is named.")
                .refuses(&[
                    ("ticket_state", "the ticket is closed"),
                    ("ticket_merged", "the ticket was merged into another; go on there"),
                    ("assign_round_robin", "nobody is named and no team takes turns"),
                ])
                .takes(Field::reference("assignee", "user")),
        )
        .action(
            Action::new("reply", "Answers the asker, or notes something for colleagues.")
                .refuses(&[
                    ("ticket_state", "the ticket is closed"),
                    ("ticket_merged", "the ticket was merged into another; go on there"),
                    ("canned_reply_queue", "the canned reply is for another queue"),
                    ("canned_reply_inactive", "the canned reply is not in use"),
                    ("no_receiver", "copies are named, and the asker is not written to"),
                    ("copy_unwanted", "who would get a copy is not to be written to"),
                ])
                .takes(Field::new("body", FieldType::long_text()).doc("Required without canned_reply_id."))
                .takes(Field::reference("canned_reply", "canned_reply").doc("Its text is sent, placeholders filled."))
                .takes(Field::new("public", FieldType::boolean()).default(true).doc("Whether the asker may read it."))
                .takes(
                    Field::new("cc", FieldType::json())
                        .doc("Addresses that get a copy, at most 20. Nobody where it is left out, whoever wrote in."),
                )
                .takes(
                    Field::new("pending", FieldType::boolean())
                        .default(false)
                        .doc("Whether it waits for the asker from now on."),
                )
                .makes("ticket_comment"),
        )
        .action(
            Action::new("resolve", "Says what solved it.")
                .refuses(&[
                    ("ticket_state", "the ticket is neither open nor pending"),
                    ("ticket_merged", "the ticket was merged into another; go on there"),
                ])
                .takes(Field::new("resolution", FieldType::long_text()).required()),
        )
        .action(Action::new("reopen", "Takes it up again.").refuses(&[
            ("ticket_state", "the ticket is open"),
            ("ticket_merged", "the ticket was merged into another; go on there"),
        ]))
        .action(Action::new("close", "Ends it; nothing is said about it any more.").refuses(&[
            ("ticket_state", "the ticket is closed"),
            ("ticket_merged", "the ticket was merged into another; go on there"),
        ]))
        .action(
            Action::new("merge", "Moves its comments to another ticket, which goes on with it, and closes it.")
                .refuses(&[
                    ("ticket_state", "the ticket, or the other one, is closed"),
                    ("ticket_merged", "the ticket was merged into another; go on there"),
                    ("merge_itself", "a ticket is not merged into itself"),
                    ("merge_comments", "the ticket has too many comments"),
                ])
                .takes(Field::reference("into", "ticket").required()),
        )
        .action(
            Action::new("rate", "Notes how satisfied the asker was with the solution.")
                .refuses(&[
                    ("ticket_state", "the ticket is not solved yet"),
                    ("ticket_merged", "the ticket was merged into another; go on there"),
                ])
                .takes(Field::new("csat", FieldType::integer_between(1, 5)).required().doc("5 is best."))
                .takes(Field::new("comment", FieldType::long_text())),
        )
}

fn left(name: &str) -> Field {
    Field::new(name, FieldType::integer()).read_only().doc("Working time that was left when its clocks were stopped.")
}

pub(crate) fn ticket_comment() -> Object {
    Object::new(crate::SERVICE, "ticket_comment", "ticket_comments")
        .doc("An answer to, or a note about, a ticket.")
        .named_by("id")
        .part_of("ticket")
        .field(Field::reference("ticket", "ticket").required().indexed())
        .field(Field::new("body", FieldType::long_text()).personal().required())
        .field(Field::new("public", FieldType::boolean()).default(true).doc("Whether the asker may read it."))
        .field(Field::reference("contact", "contact").doc("The asker, when it is theirs."))
        .field(
            Field::new("cc", FieldType::json())
                .read_only()
                .personal()
                .doc("The addresses that the mail was copied to, the one that came in or the one that went out."),
        )
        .field(
            Field::new("message_id", FieldType::text(255))
                .technical()
                .read_only()
                .doc("The Message-ID of the mail that it came in by."),
        )
        .field(
            Field::new("mail_status", FieldType::enumeration(["queued", "sent", "failed", "bounced"]))
                .read_only()
                .doc("What became of the mail that it was sent by; null when it was not mailed."),
        )
        .field(Field::new("mail_reason", FieldType::text(255)).read_only().doc("Why it did not arrive."))
}
