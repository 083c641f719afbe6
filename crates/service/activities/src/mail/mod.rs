//! E-mails as activities: filed when they come in, sent when they are drafts, told what became of them.

mod fates;
pub(crate) mod files;
mod filing;
mod send;

pub(crate) use fates::Fates;
pub(crate) use filing::Filing;
pub(crate) use send::Send;
