//! Version 2: lists go on by cursor only; an offset counts rows that come and go meanwhile.

use super::VersionChange;

/// See the module.
pub struct ListsByCursor;

impl VersionChange for ListsByCursor {
    fn name(&self) -> &'static str {
        "lists_by_cursor"
    }

    fn about(&self) -> &'static str {
        "Lists have no offset: follow meta.page.next_cursor with cursor."
    }

    fn parameter(&self, name: &str) -> Option<&'static str> {
        (name == "offset").then_some("version 2 has no offset; send meta.page.next_cursor of the page before as cursor")
    }
}
