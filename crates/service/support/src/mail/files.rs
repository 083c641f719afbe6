//! Files that came with mail about tickets.

use kontor_mailbox::files::{self, Content, Parting};
use kontor_model::{Field, Object};

pub(crate) const NAME: &str = "ticket_file";

/// What is done with a file of a ticket.
pub(crate) const CONTENT: Content = Content { object: NAME, whole: "ticket" };
pub(crate) const PARTING: Parting = Parting {
    object: NAME,
    wholes: &[("ticket", "ticket_id"), ("ticket_comment", "ticket_comment_id")],
    objects: &["ticket", "ticket_comment"],
};

pub(crate) fn object() -> Object {
    files::object(crate::SERVICE, NAME, "ticket_files", "ticket")
        .doc("A file that came with a mail about a ticket.")
        .field(
            Field::reference("ticket_comment", "ticket_comment")
                .indexed()
                .doc("The answer that it came with; null when it came with the ticket."),
        )
}
