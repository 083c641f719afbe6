//! Every route of `/v1` and of the documents about it, as one table.

pub use kontor_http::route::{Access, Gives, Mark, Route, Takes};

use crate::functions::AUTOMATION;
use Access::{Admin, Audit, Metadata, Open, Read, Signed, Write};
use Mark::{Partner, Private, Public};

pub(crate) const fn r(
    method: &'static str,
    path: &'static str,
    operation: &'static str,
    access: Access,
    mark: Mark,
    summary: &'static str,
) -> Route {
    Route::new(method, path, operation, access, mark, summary)
}

/// Records of any routed object, standard or custom (api.md 6).
pub const RECORDS: &[Route] = &[
    r(
        "GET",
        "/v1/{collection}",
        "listRecords",
        Read,
        Partner,
        "List records, newest first, with filters, sort and cursors.",
    )
    .kept(),
    r("POST", "/v1/{collection}", "createRecord", Write, Partner, "Create a record."),
    r(
        "POST",
        "/v1/{collection}/search",
        "searchRecords",
        Read,
        Partner,
        "List records by a body, for conditions that outgrow a URL.",
    )
    .kept(),
    r(
        "POST",
        "/v1/{collection}/batch",
        "batchRecords",
        Write,
        Partner,
        "Up to 1,000 creates, updates, upserts and deletes, each with its own result or all or nothing.",
    ),
    r("POST", "/v1/{collection}/aggregate", "aggregateRecords", Read, Partner, "Group records and measure the groups.")
        .kept(),
    r("GET", "/v1/{collection}/by/{field}/{value}", "readRecordBy", Read, Partner, "Read a record by a unique field.")
        .kept(),
    r(
        "PUT",
        "/v1/{collection}/by/{field}/{value}",
        "upsertRecord",
        Write,
        Partner,
        "Create a record, or merge into the one with this value.",
    ),
    r("GET", "/v1/{collection}/{id}", "readRecord", Read, Partner, "Read a record.").kept(),
    r(
        "PUT",
        "/v1/{collection}/{id}",
        "replaceRecord",
        Write,
        Partner,
        "Replace a record: what is left out becomes null or its default.",
    ),
    r("PATCH", "/v1/{collection}/{id}", "updateRecord", Write, Partner, "Change a record by a merge patch (RFC 7396)."),
    r("DELETE", "/v1/{collection}/{id}", "deleteRecord", Write, Partner, "Move a record to the bin."),
    r("POST", "/v1/{collection}/{id}/restore", "restoreRecord", Write, Partner, "Bring a record back from the bin."),
    r(
        "POST",
        "/v1/{collection}/{id}/purge",
        "purgeRecord",
        Admin,
        Private,
        "Remove a record for good, with its history.",
    ),
    r(
        "GET",
        "/v1/{collection}/{id}/history",
        "recordHistory",
        Read,
        Partner,
        "The audit trail of a record, newest first.",
    ),
    r(
        "GET",
        "/v1/{collection}/{id}/timeline",
        "recordTimeline",
        Read,
        Partner,
        "Activities and events about a record, newest first.",
    ),
    r("GET", "/v1/{collection}/{id}/shares", "listRecordShares", Read, Partner, "Whom a record is opened to."),
    r("POST", "/v1/{collection}/{id}/shares", "shareRecord", Write, Partner, "Open a record to a user or a team."),
    r("DELETE", "/v1/{collection}/{id}/shares/{share}", "unshareRecord", Write, Partner, "Take a share back."),
];

/// Actions of the objects that have some.
pub const ACTION: Route = r(
    "POST",
    "/v1/{collection}/{id}/{action}",
    "actOnRecord",
    Write,
    Partner,
    "Do something to a record that is more than changing its fields.",
)
.by_catalog()
.of_object();

/// Views of the objects that have some.
pub const VIEW: Route = r(
    "GET",
    "/v1/{collection}/{id}/{action}",
    "viewRecord",
    Read,
    Partner,
    "Read something of a record that is more than its fields.",
)
.by_catalog()
.of_object()
.any_answer();

/// Everything else of version 1.
pub const OTHERS: &[Route] = &[
    r(
        "POST",
        "/v1/composite",
        "composite",
        Write,
        Partner,
        "Up to 1,000 operations over any objects in one transaction, with references between them.",
    )
    .by_catalog(),
    r("GET", "/v1/metadata/objects", "listObjects", Read, Partner, "The definitions of all objects.").by_catalog(),
    r("POST", "/v1/metadata/objects", "createObject", Metadata, Partner, "Make a custom object.").by_catalog(),
    r("GET", "/v1/metadata/objects/{object}", "readObject", Read, Partner, "The definition of an object.").by_catalog(),
    r("PATCH", "/v1/metadata/objects/{object}", "updateObject", Metadata, Partner, "Change a custom object.")
        .by_catalog(),
    r(
        "DELETE",
        "/v1/metadata/objects/{object}",
        "retireObject",
        Metadata,
        Partner,
        "Retire a custom object; its data are kept.",
    )
    .by_catalog(),
    r("GET", "/v1/metadata/objects/{object}/fields", "listFields", Read, Partner, "The fields of an object.")
        .by_catalog(),
    r("POST", "/v1/metadata/objects/{object}/fields", "createField", Metadata, Partner, "Add a custom field.")
        .by_catalog(),
    r("GET", "/v1/metadata/objects/{object}/fields/{field}", "readField", Read, Partner, "The definition of a field.")
        .by_catalog(),
    r(
        "PATCH",
        "/v1/metadata/objects/{object}/fields/{field}",
        "updateField",
        Metadata,
        Partner,
        "Change a custom field.",
    )
    .by_catalog(),
    r(
        "DELETE",
        "/v1/metadata/objects/{object}/fields/{field}",
        "retireField",
        Metadata,
        Partner,
        "Retire a custom field; its data are kept.",
    )
    .by_catalog(),
    r(
        "POST",
        "/v1/imports",
        "createImport",
        Write,
        Partner,
        "Import records from CSV, JSON lines or a spreadsheet; answers with a job.",
    )
    .streaming(),
    r(
        "GET",
        "/v1/request_logs",
        "listRequestLogs",
        Signed,
        Partner,
        "Finished requests of the last days, newest first: the caller's own, and for an administrator everyone's.",
    ),
    r("POST", "/v1/exports", "createExport", Read, Partner, "Export records; answers with a job."),
    r(
        "GET",
        "/v1/jobs",
        "listJobs",
        Signed,
        Partner,
        "Imports, exports and other jobs, newest first; those that have failed are the dead letters.",
    ),
    r("GET", "/v1/jobs/schedules", "listJobSchedules", Admin, Partner, "What puts jobs in by the clock."),
    r("GET", "/v1/jobs/{id}", "readJob", Signed, Partner, "State and progress of a job."),
    r(
        "POST",
        "/v1/jobs/{id}/retry",
        "retryJob",
        Write,
        Partner,
        "Try a job again that has failed, from where it had got.",
    ),
    r("POST", "/v1/jobs/{id}/cancel", "cancelJob", Write, Partner, "Stop a job after the chunk under way."),
    r(
        "GET",
        "/v1/jobs/{id}/result",
        "readJobResult",
        Signed,
        Partner,
        "The exported file, or the rows that an import refused.",
    )
    .any_answer(),
];

/// Who did what.
pub const AUDIT: &[Route] = &[
    r(
        "GET",
        "/v1/audit",
        "listAudit",
        Audit,
        Partner,
        "Who did what, newest first: every change and every sensitive read.",
    ),
    r("GET", "/v1/audit/{id}", "readAudit", Audit, Partner, "An entry of the audit."),
    r("POST", "/v1/audit/export", "exportAudit", Audit, Partner, "The audit as JSON lines, oldest first.").any_answer(),
    r(
        "GET",
        "/v1/audit/verify",
        "auditState",
        Audit,
        Partner,
        "The state of the audit's chain: its last seal, what is not sealed yet, the last verification.",
    ),
];

/// What persons ask for.
pub const PRIVACY: &[Route] = &[
    r(
        "POST",
        "/v1/privacy/requests",
        "createPrivacyRequest",
        Admin,
        Partner,
        "Take a person's request: access to everything that is known, erasure, or no sale of their data.",
    ),
    r("GET", "/v1/privacy/requests", "listPrivacyRequests", Admin, Partner, "Requests of persons, newest first."),
    r("GET", "/v1/privacy/requests/{id}", "readPrivacyRequest", Admin, Partner, "A request with its certificate."),
    r(
        "GET",
        "/v1/privacy/requests/{id}/archive",
        "readPrivacyArchive",
        Admin,
        Partner,
        "Everything that is known about the person, as JSON lines.",
    )
    .any_answer(),
    r("GET", "/v1/privacy/retention", "listRetention", Admin, Partner, "How long the records of each object are kept."),
    r(
        "PUT",
        "/v1/privacy/retention/{object}",
        "setRetention",
        Admin,
        Partner,
        "Say how long the records of an object are kept after their last change, and what happens then.",
    ),
    r(
        "DELETE",
        "/v1/privacy/retention/{object}",
        "removeRetention",
        Admin,
        Partner,
        "Keep the records of an object for good again.",
    ),
    r(
        "POST",
        "/v1/privacy/retention/run",
        "runRetention",
        Admin,
        Partner,
        "Count what the rules would meet; with dry_run false do it now, by a job.",
    ),
];

/// Spaces to try things in.
pub const SANDBOXES: &[Route] = &[
    r(
        "POST",
        "/v1/sandboxes",
        "createSandbox",
        Admin,
        Private,
        "Make a sandbox: empty, from samples, or a masked copy of live; answers with a job.",
    ),
    r("GET", "/v1/sandboxes", "listSandboxes", Admin, Private, "The sandboxes of the workspace."),
    r("GET", "/v1/sandboxes/{id}", "readSandbox", Admin, Private, "A sandbox with its state."),
    r(
        "DELETE",
        "/v1/sandboxes/{id}",
        "dropSandbox",
        Admin,
        Private,
        "Drop a sandbox with everything in it; answers with a job.",
    ),
    r(
        "POST",
        "/v1/sandboxes/{id}/refresh",
        "refreshSandbox",
        Admin,
        Private,
        "Fill a sandbox anew, as it was made; answers with a job.",
    ),
    r(
        "POST",
        "/v1/sandboxes/{id}/keys",
        "createSandboxKey",
        Admin,
        Private,
        "Make a key of a sandbox for its own use; the answer is its only sight.",
    ),
];

/// Messages that leave the house, or would.
pub const OUTBOX: &[Route] = &[
    r(
        "GET",
        "/v1/outbox",
        "listOutbox",
        Admin,
        Private,
        "Mail of the space, newest first: held, queued, sent, failed.",
    ),
    r("GET", "/v1/outbox/{id}", "readOutbox", Admin, Private, "A mail with its text."),
    r("DELETE", "/v1/outbox/{id}", "deleteOutbox", Admin, Private, "Remove a mail."),
    r("POST", "/v1/outbox/{id}/send", "sendOutbox", Admin, Private, "Let a mail out that was held, or failed."),
];

/// Mail that comes in.
pub const INBOUND: &[Route] = &[
    r(
        "POST",
        "/v1/inbound_emails",
        "receiveInboundEmail",
        Signed,
        Partner,
        "Hand over a mail that came in: it becomes a ticket, an answer or an e-mail, once. Needs the scope inbound_emails:write or admin.",
    )
    .streaming(),
    r("GET", "/v1/inbound_emails", "listInboundEmails", Admin, Private, "Mail that came in, newest first."),
    r("GET", "/v1/inbound_emails/{id}", "readInboundEmail", Admin, Private, "A mail that came in, and what was made of it."),
];

/// Pages for whoever has their link.
pub const PUBLIC: &[Route] = &[
    r(
        "GET",
        "/public/{page}/{token}",
        "showPublicPage",
        Open,
        Public,
        "What a link shows, to whoever has it: JSON for programs, a page for people.",
    )
    .by_catalog()
    .any_answer(),
    r(
        "POST",
        "/public/{page}/{token}",
        "answerPublicPage",
        Open,
        Public,
        "Answer what a link shows: a form's fields, an acceptance, a rating.",
    )
    .by_catalog()
    .own_body()
    .any_answer(),
];

/// The documents about the API.
pub const DOCUMENTS: &[Route] = &[
    r("GET", "/openapi/v1.json", "openapiV1", Open, Public, "The OpenAPI document of version 1.").by_catalog(),
    r("GET", "/openapi/v2.json", "openapiV2", Open, Public, "The OpenAPI document of version 2.").by_catalog(),
    r("GET", "/asyncapi.json", "asyncapi", Open, Public, "The AsyncAPI document of the events.").by_catalog(),
    r("GET", "/docs", "docs", Open, Public, "Swagger UI.").any_answer(),
    r("GET", "/docs/errors", "errorCatalogue", Open, Public, "Every error code, with what to do about it.")
        .any_answer(),
    r("GET", "/docs/{*file}", "docsFile", Open, Public, "A file of the Swagger UI.").any_answer(),
];

pub use crate::events::routes::EVENTS;
pub use crate::identity::routes::IDENTITY;
pub use crate::previews::PREVIEWS;
pub use crate::webhooks::routes::WEBHOOKS;

const COUNT: usize = 2
    + RECORDS.len()
    + OTHERS.len()
    + EVENTS.len()
    + WEBHOOKS.len()
    + AUTOMATION.len()
    + PREVIEWS.len()
    + AUDIT.len()
    + PRIVACY.len()
    + SANDBOXES.len()
    + OUTBOX.len()
    + INBOUND.len()
    + IDENTITY.len()
    + PUBLIC.len()
    + DOCUMENTS.len();

/// Every route that this crate answers.
pub const ROUTES: &[Route] = &joined();

#[expect(clippy::indexing_slicing, reason = "evaluated by the compiler, which refuses a place outside the table")]
const fn joined() -> [Route; COUNT] {
    let mut all = [r("", "", "", Open, Private, ""); COUNT];
    let tables = [
        RECORDS, OTHERS, EVENTS, WEBHOOKS, AUTOMATION, PREVIEWS, AUDIT, PRIVACY, SANDBOXES, OUTBOX, INBOUND, IDENTITY,
        PUBLIC, DOCUMENTS,
    ];
    all[0] = ACTION;
    all[1] = VIEW;
    let (mut table, mut at) = (0, 2);
    while table < tables.len() {
        let mut row = 0;
        while row < tables[table].len() {
            all[at] = tables[table][row];
            if table == 0 {
                all[at] = all[at].by_catalog();
            }
            at += 1;
            row += 1;
        }
        table += 1;
    }
    all
}
