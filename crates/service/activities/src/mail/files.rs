//! Files that came with e-mails.

use kontor_mailbox::files::{self, Content, Parting};
use kontor_model::Object;

const NAME: &str = "email_file";

/// What is done with a file of an e-mail.
pub(crate) const CONTENT: Content = Content { object: NAME, whole: "email" };
pub(crate) const PARTING: Parting = Parting { object: NAME, wholes: &[("email", "email_id")], objects: &["email"] };

pub(crate) fn object() -> Object {
    files::object(crate::SERVICE, NAME, "email_files", "email").doc("A file that came with an e-mail.")
}
