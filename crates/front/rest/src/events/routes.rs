//! The routes of the event log, its stream and its dead letters, and of dashboards that follow it.

use Access::{Admin, Read, Signed};
use Mark::Partner;

use crate::routes::{Access, Mark, Route, r};

/// What happened.
pub const EVENTS: &[Route] = &[
    r(
        "GET",
        "/v1/dashboards/{id}/stream",
        "streamDashboard",
        Read,
        Partner,
        "A dashboard as server-sent events: every tile as it is, then each that has become another.",
    )
    .by_catalog()
    .any_answer(),
    r(
        "GET",
        "/v1/events",
        "listEvents",
        Signed,
        Partner,
        "The event log, oldest or newest first: what happened to records that the caller may read, as CloudEvents.",
    )
    .by_catalog(),
    r(
        "GET",
        "/v1/events/dead",
        "listDeadEvents",
        Admin,
        Partner,
        "Events that a service could not deal with, each with the reason.",
    ),
    r(
        "POST",
        "/v1/events/dead/{id}/replay",
        "replayDeadEvent",
        Admin,
        Partner,
        "Have an event dealt with again whose cause has been mended.",
    ),
    r(
        "GET",
        "/v1/events/stream",
        "streamEvents",
        Signed,
        Partner,
        "The event log as server-sent events, from now on or from a cursor.",
    )
    .by_catalog()
    .any_answer(),
];
